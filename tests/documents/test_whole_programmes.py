"""Every document of both programmes, played from launch to closure: there, whole, and nothing in it that should not be."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from lxml import html as parser

from models.definition import Definition, Kind
from models.method import METHOD
from models.programme_file import read_programme
from models.settings import programmes_folder
from tasks.rehearsal_folder import rehearse
from tests.documents.headings import HEADINGS
from tests.tasks.test_rehearsal import TABLE
from tests.world import made_once

pytestmark = pytest.mark.prove

PROGRAMMES = ("inclucities", "ports-of-welcome")
LEAKS = re.compile(r"\{\{|\}\}|\{%|%\}|\bNone\b(?! of)|\bUndefined\b|\bTODO\b|\bnan\b|lorem ipsum|<[a-z]+[ >]|\bdict_|object at 0x|%\(")

HEADING = re.compile("h[2-6]")
Row = dict[str, Any]


def void(_: object) -> None:
    """For a callable whose answer is not wanted."""


@pytest.fixture(scope="module", params=PROGRAMMES)
def out(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one programme, rehearsed with all its documents."""

    def make(name: str, folder: Path) -> None:
        void(rehearse(programmes_folder() / name, folder / "out"))

    return made_once(tmp_path_factory, f"documents of {request.param}", partial(make, request.param)) / "out"


def rows(out: Path, *formats: str) -> list[Row]:
    """The manifest's rows in those formats."""
    found: list[Row] = json.loads((out / "manifest.json").read_text())["editions"]
    return [row for row in found if row["format"] in formats]


def text_of(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    return " ".join(" ".join(document[index].get_textpage().get_text_range() for index in range(len(document))).split())


def test_every_deliverable_is_there_for_all_its_scopes(out: Path) -> None:
    count = Counter(row["deliverable"] for row in rows(out, "pdf"))
    definition = programme_of(out)
    if definition.id == "inclucities":
        assert dict(count) == TABLE
        return
    academies = [item for item in definition.of_kind(Kind.ASSOCIATION) if item.hosts_academy]
    assert academies == []
    assert set(count) == set(METHOD.by_number) - {"D6.2"}
    assert count["D1.1"] == len(definition.cities)
    assert count["D6.3"] == sum(city.one_stop_shop for city in definition.cities) == 1
    assert count["D1.3"] == count["D4.2"] == count["D7.1"] == 4


def test_every_pdf_has_its_sections_in_order_and_no_trace_of_a_template(out: Path) -> None:
    found = {row["path"]: text_of(out / row["path"]) for row in rows(out, "pdf")}
    assert {path: LEAKS.findall(text)[:3] for path, text in found.items() if LEAKS.search(text)} == {}
    lacking = {}
    for row in rows(out, "pdf"):
        at, text = 0, found[row["path"]]
        for heading in HEADINGS[row["deliverable"]]:
            at = text.find(heading, at)
            if at < 0:
                lacking[row["path"]] = heading
                break
    assert lacking == {}


def test_no_section_of_any_document_is_empty(out: Path) -> None:
    pages = {row["path"]: parser.document_fromstring((out / row["path"]).read_text(encoding="utf-8")) for row in rows(out, "html")}
    assert {path: found for path, page in pages.items() for main in page.xpath("//main") if (found := empty_headings(main))} == {}


def empty_headings(main: Any) -> list[str]:
    """Headings after which neither text nor a drawing comes before the next one of the same or a higher level."""
    found, waiting = [], None
    for element in main.iter():
        if HEADING.fullmatch(str(element.tag)):
            if waiting is not None and element.tag <= waiting.tag:
                found.append(waiting.text_content())
            waiting = element
        elif waiting is not None and waiting not in element.iterancestors() and (element.tag == "svg" or says(element.text)):
            waiting = None
        if waiting is not None and waiting is not element and waiting not in element.iterancestors() and says(element.tail):
            waiting = None
    return found + ([waiting.text_content()] if waiting is not None else [])


def says(text: str | None) -> bool:
    return bool(text and text.strip())


def test_every_page_says_that_it_is_a_sample(out: Path) -> None:
    for row in rows(out, "pdf"):
        document = pypdfium2.PdfDocument(out / row["path"])
        for index in range(len(document)):
            text = " ".join(document[index].get_textpage().get_text_range().split())
            assert "not a statement of any city or organisation" in text, (row["path"], index + 1)


def test_the_funders_line_is_on_every_document_or_on_none(out: Path) -> None:
    funded = programme_of(out).funding is not None
    for row in rows(out, "pdf"):
        text = text_of(out / row["path"])
        assert ("Co-funded by the European Union" in text) == funded, row["path"]
        assert ("granting authority" in text) == funded, row["path"]


def test_each_document_comes_in_the_formats_of_the_table(out: Path) -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows(out, "pdf", "html", "docx", "svg", "png", "site"):
        found.setdefault((row["deliverable"], row["scope"]), set()).add(row["format"])
    assert {key: formats for key, formats in found.items() if formats != set(METHOD.by_number[key[0]].formats)} == {}


def programme_of(out: Path) -> Definition:
    return read_programme(programmes_folder() / json.loads((out / "manifest.json").read_text())["programme"])
