"""The second programme, quite different from IncluCities: no associations, no funder, a mentor with two mentees, a quiet August."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from models.definition import Definition, Kind, Side
from models.manifest import last_published
from models.method import METHOD, Over
from models.programme_file import read_programme
from models.settings import programmes_folder
from tasks.publishing import view_of
from tasks.rehearsal_folder import read_samples, rehearse
from tasks.rehearsing import Rehearsal
from tasks.rendering import render_html
from tests.world import made_once

PORTS = programmes_folder() / "ports-of-welcome"
THE_SIX = {"BE", "FR", "GR", "IT", "LV", "ES"}
ONLY_SHOP = "city-vale-de-sal"
TAKES_TWO = "porto-d-alem"

FUNDED = ("co-funded", "cofunded", "european union", "granting authority", "views and opinions", "emblem", "grant number", "amif")
OTHERS = ("inclucities", "cemr", "ccre", "migration work", "mechelen", "capaci", "brochure")
"""Words of the other programme's: none of them may be written into the method."""
FOREIGN = re.compile(rf"\b({'|'.join((*FUNDED, *OTHERS))})\b", re.IGNORECASE)

Line = dict[str, Any]


def programme() -> Definition:
    return read_programme(PORTS)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`out`: the rehearsal's folder without documents; `html`: the text of every published document."""

    def make(folder: Path) -> None:
        standing = rehearse(PORTS, folder / "out", documents=False)
        (folder / "html").mkdir()
        for edition in last_published(standing):
            html = render_html(view_of(standing, edition, "en"))
            (folder / "html" / f"{edition.deliverable}.{edition.scope}.txt").write_text(text_of(html), encoding="utf-8")

    return made_once(tmp_path_factory, "ports", make)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipped += tag in ("style", "script")
        self.found += [value or "" for name, value in attrs if name in ("alt", "title", "aria-label")]

    def handle_endtag(self, tag: str) -> None:
        self.skipped -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.found.append(data)


def text_of(html: str) -> str:
    """What a page says, without styles, its text alternatives included; in one line."""
    reader = _Text()
    reader.feed(html)
    return " ".join(" ".join(reader.found).split())


def lines(folder: Path, kind: str = "") -> list[Line]:
    found = [json.loads(line) for line in (folder / "out" / "timeline.jsonl").read_text(encoding="utf-8").splitlines()]
    return [line for line in found if kind in ("", line["kind"])]


def pairs(folder: Path) -> list[dict[str, str]]:
    return [line["detail"] for line in lines(folder, "matching-confirmed")]


def scopes(over: Over, found: list[dict[str, str]]) -> set[str]:
    """The scopes of the programme with these pairs, from its file."""
    cities = programme().cities
    return {
        Over.PROGRAMME: {"programme"},
        Over.CITY: {f"city-{city.slug}" for city in cities},
        Over.SHOP: {f"city-{city.slug}" for city in cities if city.one_stop_shop},
        Over.MENTEE: {f"city-{pair['mentee']}" for pair in found},
        Over.PAIR: {f"pair-{pair['mentee']}" for pair in found},
        Over.THEME: {f"theme-{pair['theme']}" for pair in found},
        Over.ASSOCIATION: set[str](),
        Over.ACADEMY: set[str](),
    }[over]


def expected(found: list[dict[str, str]]) -> set[tuple[str, str]]:
    """Every deliverable in every scope."""
    return {(spec.number, scope) for spec in METHOD.deliverables for scope in scopes(spec.over, found)}


# -- the file


def test_it_is_quite_different_from_inclucities() -> None:
    ports, inclucities = programme(), read_programme(programmes_folder() / "inclucities")
    mentors = [city for city in ports.cities if city.side is Side.MENTOR]
    assert sorted(city.capacity for city in mentors) == [1, 1, 2]
    assert sum(city.side is Side.MENTEE for city in ports.cities) == 4
    assert not {city.country for city in ports.cities} & THE_SIX
    assert ports.of_kind(Kind.ASSOCIATION) == []
    assert ports.funding is None
    assert len(ports.languages) == 2
    assert [f"city-{city.slug}" for city in ports.cities if city.one_stop_shop] == [ONLY_SHOP]
    assert len(ports.expected_results) == 2
    for name in ("themes", "expected_results", "organisations"):
        own, other = ({item.slug for item in getattr(each, name)} for each in (ports, inclucities))
        assert not own & other, name


def test_its_mailboxes_and_sites_are_nobodys() -> None:
    ports = programme()
    assert all(contact.mailbox.endswith(".example") for item in ports.organisations for contact in item.contacts)
    assert all(item.website is None or ".example" in item.website for item in ports.organisations)
    assert ports.illustrative


# -- the run


def test_it_is_rehearsed_to_closure(played: Path) -> None:
    assert [line["kind"] for line in lines(played)][-1] == "programme-closed"


def test_the_mentor_that_takes_two_has_two_pairs_and_every_document_of_both(played: Path) -> None:
    found = pairs(played)
    assert Counter(pair["mentor"] for pair in found) == {TAKES_TWO: 2, "stillfjord": 1, "zelena-luka": 1}
    mentees = [pair["mentee"] for pair in found if pair["mentor"] == TAKES_TWO]
    of_pairs = [spec.number for spec in METHOD.deliverables if spec.over is Over.PAIR]
    for mentee in mentees:
        for number in of_pairs:
            text = said(played, number, f"pair-{mentee}")
            other = next(slug for slug in mentees if slug != mentee)
            assert name(TAKES_TWO) in text, (number, mentee)
            assert name(mentee) in text, (number, mentee)
            assert name(other) not in text, (number, mentee)


def test_the_pair_with_samples_is_found(played: Path) -> None:
    assert {"mentor": TAKES_TWO, "mentee": "vale-de-sal", "theme": "first-hundred-days"} in pairs(played)


def test_every_deliverable_is_published_in_every_scope_it_has_and_in_no_other(played: Path) -> None:
    published = Counter((line["detail"]["deliverable"], line["scope"]) for line in lines(played, "edition-published"))
    assert set(published) == expected(pairs(played))
    assert set(published.values()) == {1}
    assert {number for number, _ in published} == {spec.number for spec in METHOD.deliverables} - {"D6.2"}
    assert [scope for number, scope in published if number == "D6.3"] == [ONLY_SHOP]
    assert len([scope for number, scope in published if number == "D7.1"]) == 4


def test_nothing_falls_due_and_nobody_meets_in_august(played: Path) -> None:
    due = [line["detail"]["due_on"] for line in lines(played) if "due_on" in line["detail"]]
    assert len(due) > 250
    assert [day for day in due if in_august(day)] == []
    assert re.findall(r"DTSTART[^:]*:\d{4}08.*", (played / "out" / "calendar.ics").read_text(encoding="utf-8")) == []
    assert [line["at"] for line in lines(played, "deadline-missed") if in_august(line["at"])] == []


def test_some_deadlines_would_have_fallen_into_august_and_say_why_they_moved(played: Path) -> None:
    moved = [line["detail"] for line in lines(played, "gate-opened") if in_august(line["detail"].get("asked_on") or "")]
    assert any("quiet period: August" in " ".join(detail["reasons"]) for detail in moved)


def in_august(day: str) -> bool:
    return day[5:7] == "08"


# -- its documents


def said(folder: Path, number: str, scope: str) -> str:
    return (folder / "html" / f"{number}.{scope}.txt").read_text(encoding="utf-8")


def name(slug: str) -> str:
    return programme().organisation(slug).name


def documents(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((folder / "html").glob("*.txt")):
        yield path.stem, path.read_text(encoding="utf-8")


def test_no_document_carries_a_funders_line_or_names_the_other_programme(played: Path) -> None:
    found = [(stem, words) for stem, text in documents(played) for words in FOREIGN.findall(text)]
    assert len(list(documents(played))) == len(expected(pairs(played)))
    assert found == []


def test_names_stand_in_documents_as_they_are_written(played: Path) -> None:
    everything = " ".join(text for _, text in documents(played))
    for written in (
        "Porto d'Além",
        "Stillfjord / Jaskesvuona",
        "Λευκή Σκάλα (Lefki Skala)",
        'Workshop "The Open Quay"',
        "جمعية أصدقاء البحر",
    ):
        assert written in everything, written
    assert "d&#39;" not in everything


def test_the_evaluation_is_made_against_its_own_two_results(played: Path) -> None:
    text = said(played, "D7.8", "programme")
    assert all(result.title in text for result in programme().expected_results)
    assert "long-term integration" not in text


def test_the_guide_knows_the_run_of_this_programme(played: Path) -> None:
    text = said(played, "D7.3", "programme")
    assert programme().title in text
    assert all(city.name in text for city in programme().cities)


# -- long


@pytest.mark.prove
@pytest.mark.parametrize("seed", [2, 3, 17])
def test_other_seeds_reach_closure_with_the_same_scopes(seed: int, tmp_path: Path) -> None:
    ports = programme()
    standing = Rehearsal(ports, read_samples(PORTS, ports), seed, tmp_path / "out").play()
    found = [{"mentor": pair.mentor, "mentee": pair.mentee, "theme": pair.theme} for pair in standing.programme.pairs]
    assert {(edition.deliverable, edition.scope) for edition in last_published(standing)} == expected(found)
    assert Counter(pair["mentor"] for pair in found)[TAKES_TWO] == 2


@pytest.mark.prove
def test_the_files_are_those_of_its_scopes_and_no_page_carries_a_funders_line(tmp_path: Path) -> None:
    from pypdf import PdfReader

    standing = rehearse(PORTS, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    found = [{"mentor": pair.mentor, "mentee": pair.mentee, "theme": pair.theme} for pair in standing.programme.pairs]
    assert {(row["deliverable"], row["scope"]) for row in manifest["editions"]} == expected(found)
    formats = {(row["deliverable"], row["scope"], row["format"]) for row in manifest["editions"]}
    specs = METHOD.by_number
    assert formats == {(number, scope, format_) for number, scope in expected(found) for format_ in specs[number].formats}
    assert [row["scope"] for row in manifest["editions"] if row["format"] == "site"] == [ONLY_SHOP]
    for row in manifest["editions"]:
        if row["format"] == "pdf":
            text = " ".join(page.extract_text() for page in PdfReader(tmp_path / "out" / row["path"]).pages)
            assert FOREIGN.findall(text) == [], row["path"]
