"""Phases 1 and 2 of IncluCities through the desk alone: a real Prefect server, worker, desk and SMTP server, a browser for each mailbox.

`JOURNEY_PICTURES=folder` keeps pictures of a handful of pages before they are sent.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from deployments.up import start_desk
from models.contribution_file import ContributionFile, read_contribution, sample_paths
from models.contributions import Contribution
from models.database import reading
from models.decisions import Decision, Entry, Verdict
from models.programme import PhaseState
from models.programme_file import read_programme
from models.settings import programmes_folder
from tasks.page_fields import asked_fields
from tests.flows.real_server import Server, real_server
from tests.journeys.filling import as_boxes_say
from tests.journeys.people import People, people
from tests.journeys.playing import Play
from tests.journeys.post import Post
from tests.mail_server import MailServer, mail_server
from tests.oracle import everything_wrong

pytestmark = [pytest.mark.prove, pytest.mark.server]

PROGRAMME = "inclucities"
KICK_OFF = datetime(2020, 6, 17, 8, tzinfo=UTC)
PHASES = (1, 2)
ITALIAN = {f"{name}.example" for name in ("integration@capaci", "segreteria-sindaco@capaci", "progetti@aiccre")}
RETURNED = {
    ("needs-approval", "city-livadia"): "Please say of which year the figures are, and who was not counted.",
    ("pair-agreement", "pair-jelgava"): "Who pays for the travel if a visit is put off?",
}
REVISED = {
    ("needs", "city-livadia"): {"data_limits": "The figures are of 2019. People without papers were not counted."},
    ("pair-terms", "pair-jelgava"): {"exit": "Each city may leave with a month's notice. Whoever puts a visit off pays what was booked."},
}
IN_WORD = frozenset({("needs", "city-livadia")})
IN_EXCEL = frozenset({("association-practices", "association-femp"), ("practices", "city-mechelen")})


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def server(tmp_path: Path, mail: MailServer) -> Iterator[Server]:
    """Everything `make up` starts, at the hour of the kick-off."""
    with real_server(tmp_path, NOTIFY_URLS=mail.url()) as running:
        running.set_clock(KICK_OFF)
        start_desk(running.found, running.children)
        yield running


def samples() -> dict[tuple[str, str], ContributionFile]:
    """What comes with the programme, in Italian where there is an Italian one."""
    definition = read_programme(programmes_folder() / PROGRAMME)
    found = [read_contribution(path, definition) for path in sample_paths(programmes_folder() / PROGRAMME)]
    found.sort(key=lambda item: item.language == "it")
    return {(item.gate, item.scope): item for item in found}


def test_everybody_answers_through_their_own_link_and_two_phases_are_completed(
    server: Server, mail: MailServer, chromium: str, capsys: pytest.CaptureFixture[str]
) -> None:
    began, desk = time.monotonic(), server.found.desk_url
    run = server.run("launch-programme", programme=PROGRAMME, start="2020-06-17")
    server.wait("launch", lambda: server.state(run) == "Completed")
    post = Post(mail, desk, server.environment["DESK_SECRET"])
    pictures = os.environ.get("JOURNEY_PICTURES")
    with people(chromium, desk, Path(pictures) if pictures else None) as everybody:
        play = Play(server, post, everybody, PROGRAMME, samples(), dict(RETURNED), REVISED, IN_EXCEL, IN_WORD)
        try:
            play.until_completed(*PHASES)
            play.until_published(lambda: not unpublished(server))
        finally:
            with capsys.disabled():
                print(f"\n{play.table()}\n{time.monotonic() - began:.0f} s in all")  # noqa: T201 - the figures, for whoever runs it
        assert everybody.faults == []
        for person in everybody.known.values():
            assert person.tokens <= {item.token for item in post.boxes[person.mailbox]}, f"{person.mailbox} used a link of others"
        assert {mailbox for mailbox, person in everybody.known.items() if set(person.languages) == {"it"}} == ITALIAN
        assert {person.has_script for person in everybody.known.values() if person.is_on_phone} == {True, False}
        shown_to_everybody(everybody)
    assert all(server.standing(PROGRAMME).phase(number).state == PhaseState.COMPLETED for number in PHASES)
    settled(server, play)
    assert everything_wrong(server.engine, PROGRAMME, post.arrived) == []


def unpublished(server: Server) -> list[str]:
    """What of the two phases is approved and not yet published with its files."""
    standing = server.standing(PROGRAMME)
    wanted = tuple(f"D{phase}." for phase in PHASES)
    editions = [item for item in standing.programme.editions if item.deliverable.startswith(wanted)]
    newest = {(item.deliverable, item.scope): item for item in sorted(editions, key=lambda item: item.id)}
    return [
        f"{item.deliverable} {item.scope}"
        for item in newest.values()
        if not (item.published_at and any(file.stamped and file.format == "pdf" for file in item.files))
    ]


def shown_to_everybody(everybody: People) -> None:
    """The published deliverables of both phases are on the desk's public page."""
    person = next(iter(everybody.known.values()))
    person.page.goto(f"{everybody.desk}/documents/")
    listed = person.page.locator("main").inner_text()
    assert [number for number in ("D1.1", "D1.2", "D1.3", "D1.4", "D2.1", "D2.2") if number not in listed] == []


def settled(server: Server, play: Play) -> None:
    """Every contribution is what was typed, and every one and every decision came through the desk, from those asked."""
    with reading(server.engine) as session:
        for item in session.scalars(select(Contribution)).all():
            fields, sample = asked_fields(item.kind), play.samples[item.gate_key, item.scope]
            revised = sample.body | REVISED.get((item.gate_key, item.scope), {})
            for revision in item.revisions:
                said = sample.body if revision.number == 1 else revised
                assert as_boxes_say(fields, revision.body) == as_boxes_say(fields, said), f"{item.gate_key} {item.scope}"
                assert (revision.entry, revision.on_behalf, revision.language) == (Entry.DESK, False, sample.language)
        decisions = session.scalars(select(Decision)).all()
        assert {(item.entry, item.on_behalf) for item in decisions} == {(Entry.DESK, False)}
        returned = [item for item in decisions if item.verdict == Verdict.RETURN]
        assert sorted(remark["comment"] for item in returned for remark in item.remarks or ()) == sorted(RETURNED.values())
    gates = [gate for gate in play.standing.programme.gates if gate.phase in PHASES]
    assert {(act.gate, act.scope) for act in play.acts} == {(gate.key, gate.scope) for gate in gates}
