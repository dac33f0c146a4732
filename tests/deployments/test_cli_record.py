"""`inclucities record`: the run as it is now, from a real database, as a page and a PDF."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from lxml import html as parser
from pypdf import PdfReader
from sqlalchemy import Engine, text

from deployments.cli import main
from models.database import connect
from models.doors import steering
from tasks.periodic import record_as_at, render_record
from tests.world import PERSON, World, launched, one_pair

CEDAR = "city-cedar"


@dataclass
class Said:
    """What a command left: its exit code and both streams."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def world(tmp_path: Path, migrated_sqlite: Path) -> Iterator[World]:
    """Five weeks in: Alder has answered in time; Cedar was given more time and is late; nobody has approved anything."""
    shutil.copy(migrated_sqlite, tmp_path / "cli.db")
    engine = connect(f"sqlite:///{tmp_path}/cli.db")
    world = launched(engine, one_pair())
    world.contribute("needs", "city-alder")
    world.wait_days(20)
    with world.changing() as (session, standing):
        steering.extend(session, standing, standing.gate("needs", CEDAR), date(2024, 4, 8), "the budget", world.now)
    world.contribute("profile", "city-alder")
    world.wait_days(21)
    with engine.begin() as connection:
        connection.execute(text("create table clock (at text)"))
        connection.execute(text("insert into clock values (:at)"), {"at": f"{world.now:%Y-%m-%dT%H:%M:%S}"})
    yield world
    engine.dispose()


@pytest.fixture
def run(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The console script's function on that database, at its moment, without a server."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/cli.db")
    monkeypatch.setenv("VAR", str(tmp_path / "var"))

    def command(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["inclucities", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
            raise SystemExit(0)
        captured = capsys.readouterr()
        return Said(int(ended.value.code or 0), captured.out, captured.err)

    return command


@pytest.fixture
def page(world: World) -> str:
    """The page as the command writes it."""
    with world.changing() as (session, standing):
        return render_record(record_as_at(session, standing, world.now))


def section(page: str, title: str) -> list[list[str]]:
    """The cells of all rows of the section with that heading, row by row."""
    sections = parser.document_fromstring(page).xpath("//main/section")
    (found,) = [one for one in sections if title in one.find("h2").text_content()]
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found.xpath(".//tr")]


def test_the_record_is_written_as_a_page_and_a_pdf(run: Run, tmp_path: Path) -> None:
    said = run("record", "sapling", "--out", tmp_path / "out")
    page, pdf = (tmp_path / "out" / f"record-sapling-2024-04-14.{ending}" for ending in ("html", "pdf"))
    assert (said.code, said.out.split()) == (0, [str(page), str(pdf)])
    printed = " ".join(text for sheet in PdfReader(pdf).pages for text in sheet.extract_text().split())
    for heading in (
        "Record of the run", "As at 14 April 2024", "What is open, and who owes it", "Phases, planned against real",
        "Who answered, and when",
        "What was returned", "Visits, workshops and academies", "Deliverables", "What changed on the way", "Notices",
    ):  # fmt: skip
        assert heading in printed


def test_it_names_who_owes_what_since_when_and_how_late(page: str) -> None:
    head, *rows = section(page, "What is open")
    assert head == ["What is waited for", "For", "Owed by", "Asked on", "Due", "Days late"]
    assert ["Needs assessment questionnaire", "Cedar", "Cedar (City project lead)", "4 Mar 2024", "8 Apr 2024", "6"] in rows
    assert ["City profile", "Cedar", "Cedar (City project lead)", "18 Mar 2024", "29 Apr 2024", "–"] in rows


def test_it_counts_answers_changes_and_deliverables(page: str) -> None:
    assert ["City project lead", "4", "2", "50%", "2", "0", "0", "3"] in section(page, "Who answered")
    (change,) = section(page, "What changed")[1:]
    assert change[1:] == [
        "Needs assessment questionnaire",
        "Cedar",
        "Deadline moved: 2 Apr 2024 → 8 Apr 2024",
        "extended by the coordinator",
    ]
    deliverables = {row[0]: row[2:] for row in section(page, "Deliverables")[1:]}
    assert len(deliverables) == 26
    assert (deliverables["D1.1"], deliverables["D1.3"]) == (["2", "1", "1", "0"], ["known after the matching", "0", "0", "0"])


def test_nobodys_name_mailbox_or_remark_is_in_it(page: str) -> None:
    assert "the budget" not in page
    assert PERSON not in page
    assert "@cedar.example" not in page


def test_a_second_time_it_replaces_the_days_files_by_the_same_bytes_and_changes_nothing_in_the_database(
    run: Run, world: World, tmp_path: Path
) -> None:
    rows, files = world.rows(), [tmp_path / f"record-sapling-2024-04-14.{ending}" for ending in ("html", "pdf")]
    run("record", "sapling", "--out", tmp_path)
    before = [file.read_bytes() for file in files]
    assert run("record", "sapling", "--out", tmp_path).code == 0
    assert [file.read_bytes() for file in files] == before
    assert world.rows() == rows


def test_before_the_first_answer_it_says_so(sqlite_engine: Engine) -> None:
    small = launched(sqlite_engine)
    with small.changing() as (session, standing):
        page = render_record(record_as_at(session, standing, small.now))
    said = " ".join(parser.document_fromstring(page).text_content().split())
    assert "No approval had been asked for" in said
    assert "No deadline was moved, nothing was asked again, and nothing was gone without." in said
    assert "Notices sent: 0" in said


def test_a_programme_that_was_not_launched_is_told_plainly(run: Run, tmp_path: Path) -> None:
    said = run("record", "grove", "--out", tmp_path / "out")
    assert said.code == 1
    assert "No programme 'grove' has been launched. Launched: sapling." in said.err
    assert not (tmp_path / "out").exists()
    assert run("record").code == 2
