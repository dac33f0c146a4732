"""The promises about a programme's rows: they hold at every stage, and each is seen to be broken when it is."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import Engine, text

from models.contributions import Attachment
from models.database import reading
from models.doors.attaching import Upload, attach
from models.verify import PIECE, programmes, violations
from tests.models import files
from tests.models.conftest import STAGES, At
from tests.world import World, launched


def broken(world: World) -> list[str]:
    with reading(world.engine) as session:
        return [str(found) for found in violations(session, world.programme)]


def tamper(world: World, statement: str) -> None:
    with world.engine.execution_options(changing=True).begin() as connection:
        assert connection.execute(text(statement)).rowcount >= 1


@pytest.mark.parametrize("stage", [*STAGES, "closed"])
def test_every_promise_holds_at_every_stage(at: At, stage: str) -> None:
    world = at(stage)
    assert broken(world) == []
    with reading(world.engine) as session:
        assert programmes(session) == ["orchard"]


def test_mail_that_set_out_before_something_else_happened_breaks_no_promise(at: At) -> None:
    world = at("needs-approval")
    tamper(world, "update event set kind = 'notice-failed', at = '2020-01-01' where number = 9")
    assert not [found for found in broken(world) if "earlier than" in found]


def test_a_clock_that_was_set_back_does_not_turn_history_round(engine: Engine) -> None:
    world = launched(engine)
    before = world.events()[-1]
    world.now -= timedelta(hours=7)
    world.answer("needs", scope="city-cedar")
    after = world.events("gate-satisfied", gate="needs")[-1]
    assert after.number > before.number
    assert after.at == before.at
    assert broken(world) == []


def attached(world: World, data: bytes) -> int:
    with world.changing() as (session, standing):
        gate = standing.gate("needs", "city-cedar")
        return attach(session, standing, gate, "cedar", Upload("act.pdf", data), "", world.now).id


def test_a_files_bytes_are_those_that_came_in(world: World) -> None:
    data = files.PDF.removesuffix(b"%%EOF\n") + b"0" * (2 * PIECE + 17) + b"\n%%EOF\n"
    number = attached(world, data)
    assert broken(world) == []
    with world.changing() as (session, _):
        session.get_one(Attachment, number).data = data.replace(b"0", b"1", 1)
    (other,) = broken(world)
    assert other == f"attachments: attachment {number}: is not the file that came in: its bytes are not those of {sha256(data).hexdigest()}"
    with world.changing() as (session, _):
        session.get_one(Attachment, number).data = data[:-1]
    (shorter,) = broken(world)
    assert shorter == f"attachments: attachment {number}: has {len(data) - 1} bytes, but {len(data)} came in"


def test_large_files_are_looked_at_piece_by_piece(small: World) -> None:
    attached(small, files.PDF.removesuffix(b"%%EOF\n") + b"0" * 12_000_000 + b"\n%%EOF\n")
    broken(small)
    tracemalloc.start()
    assert broken(small) == []
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 6_000_000


@pytest.mark.parametrize(
    ("stage", "statement", "told"),
    [
        pytest.param("needs-approval", "delete from event where number = 5", "were written", id="an event is lost"),
        pytest.param(
            "needs-approval", "update event set at = '2020-01-01' where number = 9", "earlier than the one before", id="time goes back"
        ),
        pytest.param("closed", "update event set kind = 'phase-opened' where kind = 'programme-closed'", "has 0 closures", id="no closure"),
        pytest.param(
            "needs-approval",
            "update gate set state = 'satisfied' where key = 'needs-approval' and scope = 'city-alder'",
            "is satisfied; by its history it would be open",
            id="a gate changed without an event",
        ),
        pytest.param(
            "matching-approval",
            "update event set kind = 'deadline-moved' where kind = 'gate-satisfied' and gate = 'profile' and scope = 'city-alder'",
            "needs-approval @ city-alder opened before profile @ city-alder was satisfied",
            id="a gate opened out of turn",
        ),
        pytest.param(
            "closed", "update gate set state = 'open' where key = 'lessons'", "is completed, but lessons", id="a phase completed too early"
        ),
        pytest.param(
            "needs-approval",
            "delete from notice where gate_id in (select id from gate where key = 'needs-approval')",
            "is open and nobody was told",
            id="nobody was told",
        ),
        pytest.param(
            "needs-approval", "update gate set due_on = null where state = 'open'", "open without a day by which", id="no deadline"
        ),
        pytest.param("closed", "delete from decision where role = 'council'", "is approved without", id="a decision is lost"),
        pytest.param(
            "matching-approval",
            "update revision set state = 'tray' where id = 1",
            "satisfied without a contribution",
            id="a contribution is lost",
        ),
        pytest.param(
            "needs-approval", "update revision set body = '{}' where id = 1", "is not what was handed in", id="a contribution is changed"
        ),
        pytest.param("closed", "update edition set content = '{}' where id = 3", "is not the content its hash", id="an edition is changed"),
        pytest.param(
            "closed",
            "update edition set approval = json_set(approval, '$.content_sha256', 'other') where deliverable = 'D1.1'",
            "other content than was approved",
            id="another content is published",
        ),
        pytest.param(
            "closed",
            "update event set kind = 'edition-built' where kind = 'edition-published' and scope = 'city-alder'",
            "was published 0 times",
            id="a publication without an event",
        ),
        pytest.param(
            "needs-approval", "update notice set state = 'sent' where id = 1", "is sent and went out 0 times", id="a notice never sent"
        ),
        pytest.param(
            "needs-approval",
            "insert into promise (programme_id, gate_id, organisation, until, note, made_at)"
            " select 'orchard', id, 'cedar', '2024-03-12', '', opened_at from gate where key = 'needs' and scope = 'city-cedar'",
            "stands though its gate is not open",
            id="a promise outlives its gate",
        ),
        pytest.param(
            "needs-approval",
            "insert into time_request"
            " (programme_id, gate_id, gate_round, organisation, role, until, reason, writer, asked_at, state, version)"
            " select 'orchard', id, 0, 'cedar', 'project-lead', '2024-03-12', 'x', '', opened_at, 'asked', 1 from gate where key = 'needs'"
            " and scope = 'city-cedar'",
            "waits for an answer though its gate is not open",
            id="a request outlives its gate",
        ),
        pytest.param(
            "needs-approval",
            "update revision set state = 'declined' where id = 1",
            "is declined and was settled at None",
            id="something left the tray unseen",
        ),
    ],
)
def test_a_broken_promise_is_told(at: At, stage: str, statement: str, told: str) -> None:
    world = at(stage)
    tamper(world, statement)
    assert any(told in one for one in broken(world))
