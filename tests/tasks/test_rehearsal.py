"""The rehearsal and the folder it leaves: the contract of `design.md`, on the real programme and on small ones."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from email import message_from_bytes, policy
from itertools import pairwise
from pathlib import Path
from typing import Any

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from models.errors import BadFile, ProgrammeError
from models.events import Event, EventKind
from models.manifest import Line, Manifest
from models.method import METHOD
from models.settings import programmes_folder
from models.standing import Standing
from tasks.rehearsal_folder import MARK, rehearse
from tasks.rehearsing import Rehearsal
from tests.world import PERSON, made_once, one_pair, write_programme

INCLUCITIES = programmes_folder() / "inclucities"
TABLE = {
    "D1.1": 8,
    "D1.2": 1,
    "D1.3": 4,
    "D1.4": 8,
    "D2.1": 4,
    "D2.2": 1,
    "D3.1": 1,
    "D3.2": 8,
    "D3.3": 4,
    "D4.1": 4,
    "D4.2": 4,
    "D5.1": 4,
    "D5.2": 4,
    "D5.3": 4,
    "D6.1": 4,
    "D6.2": 3,
    "D6.3": 8,
    "D6.4": 4,
    "D7.1": 4,
    "D7.2": 1,
    "D7.3": 1,
    "D7.4": 1,
    "D7.5": 4,
    "D7.6": 1,
    "D7.7": 4,
    "D7.8": 1,
}
"""Scope counts of `domain.md`, "The deliverables, numbered"."""


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "timeline.jsonl").read_text(encoding="utf-8").splitlines()]


def of(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [line for line in lines(folder) if line["kind"] == kind]


def digests(folder: Path) -> dict[str, str]:
    """Every file of a folder and the hash of its bytes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="session")
def inclucities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real programme's folder, without documents."""
    return made_once(tmp_path_factory, "inclucities", lambda folder: void(rehearse(INCLUCITIES, folder / "out", documents=False))) / "out"


@pytest.fixture(scope="session")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders `a` and `b` of the smallest programme with the same seed; `b` replaces an older rehearsal."""

    def make(folder: Path) -> None:
        programme = write_programme(one_pair(), folder)
        (folder / "b" / "mail").mkdir(parents=True)
        (folder / "b" / MARK).touch()
        (folder / "b" / "mail" / "old.eml").touch()
        for name in ("a", "b"):
            rehearse(programme, folder / name, documents=False)

    return made_once(tmp_path_factory, "twins", make)


@pytest.fixture(scope="session")
def smallest(twins: Path) -> Path:
    """The smallest programme's folder."""
    return twins / "a"


def void(_: object) -> None:
    """For what is called for its effect."""


# -- the folder ------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["inclucities", "smallest"])
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


def test_the_timeline_begins_with_the_launch_and_ends_with_the_closure(folder: Path) -> None:
    kinds = [line["kind"] for line in lines(folder)]
    assert kinds[0] == "programme-launched"
    assert kinds[-1] == "programme-closed"
    assert (kinds.count("programme-launched"), kinds.count("programme-closed")) == (1, 1)


def test_every_line_is_valid_and_time_never_runs_backwards(folder: Path) -> None:
    validator = Draft202012Validator(Line.model_json_schema())
    found = lines(folder)
    assert [error for line in found for error in validator.iter_errors(line)] == []
    assert all(before["at"] <= after["at"] for before, after in pairwise(found))


def test_without_documents_the_manifest_is_valid_and_empty(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(Manifest.model_json_schema()).iter_errors(manifest)) == []
    assert manifest["editions"] == []
    assert manifest["seed"] == 1


def test_every_notice_that_was_sent_is_a_parsable_message(folder: Path) -> None:
    files = sorted({line["detail"]["file"] for line in of(folder, "notice-sent")})
    assert len(files) > 250
    for number, name in enumerate(files):
        data = (folder / name).read_bytes()
        assert not message_from_bytes(data).defects
        if number % 25 == 0:  # the policy that understands addresses and alternatives takes its time
            message = message_from_bytes(data, policy=policy.default)
            assert message["To"].addresses[0].domain.endswith(".example")
            body = message.get_body(("plain",))
            assert body is not None
            assert message["Subject"]
            assert body.get_content().strip()


def test_every_message_in_the_folder_stands_in_the_timeline(folder: Path) -> None:
    named = {line["detail"]["file"] for line in of(folder, "notice-sent")}
    assert {path.relative_to(folder).as_posix() for path in folder.glob("mail/**/*.eml")} == named


def test_every_phase_opens_and_completes_once_in_the_order_of_its_edges(folder: Path) -> None:
    opened, completed = of(folder, "phase-opened"), of(folder, "phase-completed")
    assert [line["phase"] for line in opened] == [1, 2, 3, 4, 5, 6, 7]
    assert sorted(line["phase"] for line in completed) == [1, 2, 3, 4, 5, 6, 7]


def test_no_event_carries_a_mailbox_or_the_name_of_a_person(folder: Path) -> None:
    text = (folder / "timeline.jsonl").read_text(encoding="utf-8")
    assert "@" not in text
    assert PERSON not in text


def test_academies_are_held_after_the_third_visits_while_phase_7_is_under_way(folder: Path) -> None:
    visits = [line["at"] for line in of(folder, "gate-satisfied") if line["gate"] == "visit-3"]
    academies = [line["at"] for line in of(folder, "gate-opened") if line["gate"] == "academy"]
    (begins,) = [line["at"] for line in of(folder, "phase-opened") if line["phase"] == 7]
    (ends,) = [line["at"] for line in of(folder, "phase-completed") if line["phase"] == 7]
    assert academies
    assert all(begins < academy < ends for academy in academies)
    assert min(visits) < min(academies)


def test_the_calendar_holds_every_deadline_and_meeting_under_a_uid_of_its_own(folder: Path) -> None:
    calendar = icalendar.Calendar.from_ical((folder / "calendar.ics").read_bytes())
    uids = [str(event["UID"]) for event in calendar.walk("VEVENT")]
    gates = {(line["gate"], line["scope"]) for line in of(folder, "gate-opened")}
    meetings = sum(uid.startswith("meeting.") for uid in uids)
    assert len(uids) == len(set(uids)) == len(gates) + meetings
    assert meetings >= 5


def test_a_page_for_people_is_there(folder: Path) -> None:
    assert (folder / "index.html").read_text(encoding="utf-8").lower().startswith("<!doctype html>")


# -- the real programme ----------------------------------------------------------------------------------------------


def test_the_four_pairs_of_the_real_programme_are_found(inclucities: Path) -> None:
    pairs = {(line["detail"]["mentor"], line["detail"]["mentee"]) for line in of(inclucities, "matching-confirmed")}
    assert pairs == {("brussels", "saint-jean-de-la-ruelle"), ("mechelen", "capaci"), ("fuenlabrada", "livadia"), ("schaerbeek", "jelgava")}


def test_every_deliverable_of_the_table_is_published_in_every_scope(inclucities: Path) -> None:
    published = of(inclucities, "edition-published")
    assert Counter(line["detail"]["deliverable"] for line in published) == TABLE
    assert len({(line["detail"]["deliverable"], line["scope"]) for line in published}) == 95


def test_the_rehearsal_begins_on_the_historical_day(inclucities: Path) -> None:
    assert lines(inclucities)[0]["at"].startswith("2020-06-17")


def test_gates_of_pairs_do_not_exist_before_the_pairs(inclucities: Path) -> None:
    found = lines(inclucities)
    first = next(number for number, line in enumerate(found) if line["kind"] == "matching-confirmed")
    assert not [line for line in found[:first] if (line["scope"] or "").startswith(("pair-", "theme-"))]


# -- the same and another --------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_also_in_the_place_of_an_earlier_run(twins: Path) -> None:
    first = digests(twins / "a")
    assert len(first) > 200
    assert digests(twins / "b") == first


@pytest.mark.prove
def test_documents_change_nothing_about_the_timeline_and_the_manifest_names_each_file(twins: Path, tmp_path: Path) -> None:
    rehearse(twins, tmp_path / "out")
    assert (tmp_path / "out" / "timeline.jsonl").read_bytes() == (twins / "a" / "timeline.jsonl").read_bytes()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(Manifest.model_json_schema()).iter_errors(manifest)) == []
    assert {row["deliverable"] for row in manifest["editions"]} == set(TABLE)
    for row in manifest["editions"]:
        path = tmp_path / "out" / row["path"]
        if row["format"] != "site":
            assert hashlib.sha256(path.read_bytes()).hexdigest() == row["file_sha256"], row["path"]
    by_edition: dict[tuple[str, str], set[str]] = {}
    for row in manifest["editions"]:
        by_edition.setdefault((row["deliverable"], row["scope"]), set()).add(row["content_sha256"])
    assert all(len(shas) == 1 for shas in by_edition.values())


# -- any seed --------------------------------------------------------------------------------------------------------


@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(min_value=3, max_value=10_000))
def test_every_seed_reaches_closure_by_the_rules_and_in_its_own_way(seed: int, smallest: Path, tmp_path: Path) -> None:
    rehearsal = Rehearsal(one_pair(), {}, seed, tmp_path / str(seed))
    standing = rehearsal.play()
    events = rehearsal.events()
    assert standing.programme.closed_at is not None
    assert [event.as_line() for event in events] != lines(smallest)
    assert all(gate.is_satisfied for gate in standing.programme.gates)
    assert Counter(event.phase for event in events if event.kind == EventKind.PHASE_COMPLETED) == dict.fromkeys(range(1, 8), 1)
    each_gate_was_satisfied_once_in_each_round(standing, events)
    no_gate_opened_before_its_predecessors(standing, events)
    no_approval_opened_without_its_review_edition(standing, events)
    unapproved_editions_name_their_gap(standing)


def each_gate_was_satisfied_once_in_each_round(standing: Standing, events: Sequence[Event]) -> None:
    satisfied = Counter((event.gate, event.scope) for event in events if event.kind == EventKind.GATE_SATISFIED)
    taken_back = Counter((event.gate, event.scope) for event in events if event.kind in (EventKind.GATE_REOPENED, EventKind.GATE_WITHDRAWN))
    for gate in standing.programme.gates:
        key = gate.key, gate.scope
        assert 1 <= satisfied[key] <= 1 + taken_back[key], gate.label


def no_gate_opened_before_its_predecessors(standing: Standing, events: Sequence[Event]) -> None:
    done: set[tuple[str | None, str | None]] = set()
    for event in events:
        key = event.gate, event.scope
        if event.kind == EventKind.GATE_SATISFIED:
            done.add(key)
        elif event.kind in (EventKind.GATE_REOPENED, EventKind.GATE_WITHDRAWN):
            done.discard(key)
        elif event.kind == EventKind.GATE_OPENED:
            before = standing.predecessors(standing.gate(str(event.gate), str(event.scope)))
            assert before is not None
            assert {(other.key, other.scope) for other in before} <= done, key


def no_approval_opened_without_its_review_edition(standing: Standing, events: Sequence[Event]) -> None:
    built: set[str | None] = set()
    asked = 0
    for event in events:
        if event.kind == EventKind.EDITION_BUILT:
            built.add(event.detail["deliverable"])
        elif event.kind == EventKind.GATE_OPENED and METHOD.gates[str(event.gate)].reviews:
            asked += 1
            assert set(METHOD.gates[str(event.gate)].reviews) <= built, event.gate
    assert asked > 20


def unapproved_editions_name_their_gap(standing: Standing) -> None:
    for edition in standing.programme.editions:
        if edition.published_at is None:
            continue
        if edition.approval["state"] == "none":
            assert "went on without it" in edition.approval["gap"]
        else:
            assert (edition.approval["state"], edition.approval["content_sha256"]) == ("approved", edition.content_sha256)


# -- what is refused -------------------------------------------------------------------------------------------------


def test_a_folder_that_no_rehearsal_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ProgrammeError, match="is not empty and no rehearsal made it"):
        rehearse(INCLUCITIES, tmp_path, documents=False)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_language_without_a_catalogue_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ProgrammeError, match="There is no catalogue for tlh"):
        rehearse(INCLUCITIES, tmp_path / "out", languages=("en", "tlh"))
    assert not (tmp_path / "out").exists()


def test_a_faulty_programme_is_refused_with_its_faults(tmp_path: Path) -> None:
    (tmp_path / "programme.yaml").write_text("id: x\n")
    with pytest.raises(BadFile):
        rehearse(tmp_path, tmp_path / "out", documents=False)
    assert not (tmp_path / "out").exists()
