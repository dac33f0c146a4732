"""Programme files: the shipped ones are valid, and every faulty one of the corpus is told where it is wrong, all at once.

A file of `tests/corpus` begins with what is expected: `# expect: LINE: message`, of which the beginning is enough.
"""

from __future__ import annotations

import re
import time
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest

from models.definition import Definition, Kind, Meeting, Moment, Side
from models.errors import BadFile
from models.fault_words import PATTERN_WORDS
from models.mailbox import ascii_mailbox
from models.method import METHOD
from models.method.graph import cycle, gate_edges
from models.programme_file import definition_schema, located, programme_from, read_programme
from models.settings import programmes_folder
from models.yaml_lines import load

ROOT = Path(__file__).parents[2]
CORPUS = sorted((ROOT / "tests" / "corpus").glob("*.yaml"))
SHIPPED = [ROOT / "deployments" / "programmes" / name / "programme.yaml" for name in ("inclucities", "new")]
STARTER = SHIPPED[1].read_text(encoding="utf-8")
INCLUCITIES = read_programme(SHIPPED[0])


def faults(text: str) -> list[str]:
    with pytest.raises(BadFile) as refused:
        programme_from(text, "p.yaml")
    return refused.value.lines()


def starter(*changes: tuple[str, str]) -> str:
    """The starter file with some of its text replaced, each at its first place."""
    text = STARTER
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_a_faulty_file_is_told_all_its_faults_on_their_lines(file: Path) -> None:
    expected = re.findall(r"^# expect: (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    with pytest.raises(BadFile) as refused:
        read_programme(file)
    told = [line.removeprefix(f"{file}:") for line in refused.value.lines()]
    assert expected
    assert [line[: len(wanted)] for line, wanted in zip(told, expected, strict=True)] == expected


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_a_fault_stands_on_the_line_of_its_key(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    with pytest.raises(BadFile) as refused:
        read_programme(file)
    for fault in refused.value.faults:
        key = next((part for part in reversed(fault.path.split(".")) if not part.isdigit()), "")
        missing = key == "side" and "needs 'side'" in fault.message
        assert 1 <= fault.line <= len(lines)
        assert missing or "missing key" in fault.message or key in lines[fault.line - 1] or "- " in lines[fault.line - 1]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.parent.name)
def test_the_shipped_files_are_valid_by_folder_and_by_file(file: Path) -> None:
    assert read_programme(file) == read_programme(file.parent)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.parent.name)
def test_the_schema_for_editors_accepts_the_shipped_files(file: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(definition_schema())
    jsonschema.validate(load(file.read_bytes(), str(file)).data, definition_schema(), cls=jsonschema.Draft202012Validator)


def test_the_schema_for_editors_refuses_a_misspelt_key() -> None:
    with pytest.raises(jsonschema.ValidationError, match="titel"):
        jsonschema.validate(load(starter(("title:", "titel:")), "p").data, definition_schema())


def test_every_pattern_of_the_schema_is_put_in_words() -> None:
    patterns = set(re.findall(r"'pattern': '((?:[^'\\]|\\.)*)'", repr(definition_schema())))
    assert {pattern.replace("\\\\", "\\") for pattern in patterns} <= set(PATTERN_WORDS)
    assert patterns


def test_a_definition_survives_being_stored_and_read_again() -> None:
    assert Definition.model_validate_json(INCLUCITIES.model_dump_json()) == INCLUCITIES


def test_inclucities_is_the_brochures_programme() -> None:
    sides = [city.side for city in INCLUCITIES.cities]
    assert (sides.count(Side.MENTOR), sides.count(Side.MENTEE)) == (4, 4)
    assert len(INCLUCITIES.of_kind(Kind.ASSOCIATION)) == 7
    assert {city.association for city in INCLUCITIES.cities} == {found.slug for found in INCLUCITIES.of_kind(Kind.ASSOCIATION)}
    assert set(INCLUCITIES.meetings.academy.by) == {found.slug for found in INCLUCITIES.organisations if found.hosts_academy}
    assert INCLUCITIES.historical_start == date(2020, 6, 17)
    assert {(pair.mentor, pair.mentee) for pair in INCLUCITIES.historical_pairs} == {
        ("brussels", "saint-jean-de-la-ruelle"), ("mechelen", "capaci"), ("fuenlabrada", "livadia"), ("schaerbeek", "jelgava"),
    }


def test_inclucities_weeks_agree_with_its_historical_dates() -> None:
    meetings: list[Meeting] = [getattr(INCLUCITIES.meetings, name) for name in type(INCLUCITIES.meetings).model_fields]
    moments: list[Moment] = [moment for meeting in meetings for moment in (meeting, *meeting.by.values())]
    start = INCLUCITIES.historical_start
    assert start
    phases = [(phase.week, phase.historical_on) for phase in INCLUCITIES.phases]
    for week, historical_on in phases + [(moment.week, moment.historical_on) for moment in moments]:
        assert historical_on
        assert abs((start + timedelta(weeks=week) - historical_on).days) <= 3


def test_every_mailbox_of_the_shipped_files_is_a_function_at_a_reserved_domain() -> None:
    contacts = [contact for file in SHIPPED for found in read_programme(file).organisations for contact in found.contacts]
    assert all(contact.mailbox.endswith(".example") and contact.name is None for contact in contacts)


def test_ten_megabytes_are_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "programme.yaml"
    file.write_bytes(b"# " + b"x" * 10_000_000)
    started = time.perf_counter()
    with pytest.raises(BadFile, match="larger than"):
        read_programme(tmp_path)
    assert time.perf_counter() - started < 0.5


def test_a_folders_faults_name_the_file_as_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "programme.yaml").write_text("a: 1\n", encoding="utf-8")
    with pytest.raises(BadFile) as refused:
        read_programme(f"{tmp_path}/./")
    assert refused.value.name == f"{tmp_path}/./programme.yaml"


def test_a_file_that_is_not_there_is_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(BadFile) as refused:
        read_programme(tmp_path)
    assert refused.value.lines() == [f"{tmp_path}/programme.yaml:1: there is no such file"]


def test_faults_of_shape_and_of_meaning_are_told_together() -> None:
    told = faults(starter(("    country: ES", "    county: ES\n    country: XX"), ("zone: Europe/Riga", "zone: Europe/Rigga")))
    assert [re.sub(r"^p.yaml:\d+: ", "", line) for line in told] == [
        "organisations.5.county: unknown key 'county': did you mean 'country'?",
        "organisations.5.country: unknown country 'XX'; write its ISO 3166 code, such as 'BE'",
        "organisations.7.zone: unknown time zone 'Europe/Rigga': did you mean 'Europe/Riga'?",
    ]


def test_a_misspelt_role_is_not_told_a_second_time_as_a_missing_one() -> None:
    told = faults(starter(("{role: project-lead, mailbox: integration@cedar", "{role: projekt-lead, mailbox: integration@cedar")))
    assert len(told) == 1
    assert "did you mean 'project-lead'?" in told[0]


def test_cities_of_either_side_can_make_pairs_among_themselves() -> None:
    text = re.sub(r"(?m)^    side: (mentor|mentee)\b", "    side: either", STARTER)
    assert {city.side for city in programme_from(text, "p").cities} == {Side.EITHER}


def test_a_mentor_with_room_for_two_makes_a_matching_possible() -> None:
    one_mentor = ("    side: mentor\n", "    side: mentee\n")
    assert "3 mentees and room for 1" in faults(starter(one_mentor))[0]
    assert programme_from(starter(one_mentor, ("capacity: 1 ", "capacity: 3 ")), "p").cities


def test_a_gate_may_wait_for_a_further_one() -> None:
    changed = programme_from(starter(("after: []", "after: [stakeholders]")), "p").gates["practices"]
    assert changed.after == ["stakeholders"]


def test_a_gate_waiting_for_closure_closes_a_circle_whatever_it_is() -> None:
    told = faults(starter(("  practices:", "  needs:"), ("after: []", "after: [closure]")))
    assert len(told) == 1
    assert "each waiting for the next: needs → closure → needs;" in told[0]


def test_the_method_itself_has_no_circle() -> None:
    assert cycle(gate_edges(METHOD, {})) is None


def test_a_circle_is_named_from_what_waits_to_what_it_waits_for() -> None:
    found = cycle({"a": ["b"], "b": ["c"], "c": ["a"], "d": []})
    assert found
    assert found[0] == found[-1]
    assert {*pairwise(found)} == {("a", "b"), ("b", "c"), ("c", "a")}


@pytest.mark.parametrize(
    ("written", "mailbox"),
    [
        ("d'amico@town.example", "d'amico@town.example"),
        ("Office@Bücher.example", "Office@xn--bcher-kva.example"),
        ("office@δήμος.example", "office@xn--jxalzmp.example"),
    ],
)
def test_a_domain_in_any_script_is_converted(written: str, mailbox: str) -> None:
    assert ascii_mailbox(written) == mailbox


@pytest.mark.parametrize("written", [
    "a", "a@b@c.example", "ä@b.example", "a@b", ".a@b.example", "a b@c.example", "a@-b.example", "a@b..example", "@b.example",
    "a@b.example\n", f"{'a' * 65}@b.example", "a@bü cher.example",
])
def test_what_is_no_mailbox_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="@"):
        ascii_mailbox(written)


def test_a_name_alone_finds_the_programme_that_comes_with_the_project_unless_one_is_at_that_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert located("inclucities") == programmes_folder() / "inclucities"
    assert [located(name) for name in ("nonsense", "../programmes/inclucities")] == [Path("nonsense"), Path("../programmes/inclucities")]
    (tmp_path / "inclucities").mkdir()
    assert located("inclucities") == programmes_folder() / "inclucities"
    (tmp_path / "inclucities" / "programme.yaml").touch()
    (tmp_path / "new").touch()
    (tmp_path / "mine").mkdir()
    assert [located(name) for name in ("inclucities", "new", "mine")] == [Path("inclucities"), Path("new"), Path("mine")]
