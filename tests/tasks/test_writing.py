"""What a draft begins with, and that what was written before an answer was declined is never taken for what came after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session, selectinload

from models.contributions import Contribution, Revision
from models.database import reading
from models.doors import drafting, tray
from models.doors.answering import Offered
from models.doors.drafting import Base, Saved, StaleDraft
from models.gates import Gate
from models.links import Link
from models.standing import Standing, load
from tasks.coordinator_pages import waiting_at
from tasks.wording import Words
from tasks.writing import Writing, writing_of
from tests.world import DESK, World, launched

CEDAR = "city-cedar"


@pytest.fixture
def world(engine: Engine) -> World:
    return launched(engine)


@contextmanager
def writing(world: World) -> Iterator[tuple[Session, Standing, Gate, Writing]]:
    with world.changing() as (session, standing):
        gate = standing.gate("needs", CEDAR)
        link = Link("act", world.programme, gate.id, None, "cedar", "project-lead", date(2024, 12, 31))
        yield session, standing, gate, writing_of(session, standing, gate, link, None, world.now, Words("en"))


def save(world: World, base: Base | None = None, **changes: Any) -> Saved:
    """As a page sends it: of the base it showed, or of what is there now."""
    with writing(world) as (session, standing, gate, found):
        return drafting.save(
            session, standing, gate, "cedar", changes, base or found.saved.base, "Anna", world.now, beginning=found.beginning
        )


def hand_in(world: World) -> int:
    with writing(world) as (session, standing, gate, found):
        assert found.checked.body is not None
        offered = Offered("cedar", "it", found.checked.body)
        newest = found.beginning.revision
        return drafting.hand_in(session, standing, gate, offered, found.saved.base, found.beginning, DESK, world.now, newest=newest).number


def decline(world: World) -> None:
    with world.changing() as (session, standing):
        (kept,) = tray.waiting(session, standing)
        tray.decline(session, standing, kept, "Too late for this edition.", world.now)


def revisions(world: World) -> list[Revision]:
    query = select(Contribution).where(Contribution.gate_key == "needs", Contribution.scope == CEDAR)
    with reading(world.engine) as session:
        return session.scalars(query.options(selectinload(Contribution.revisions))).one().revisions


def test_a_page_from_before_a_declined_answer_overwrites_nothing_written_since(world: World) -> None:
    world.answer("needs", scope=CEDAR)
    save(world, context="Late, at first.")
    shown = save(world, governance="A board.").base
    assert hand_in(world) == 2
    decline(world)
    save(world, context="Anew.")
    anew = save(world, governance="A board.")
    assert anew.base.save > shown.save, "numbers go on, so that no two drafts have the same"
    with pytest.raises(StaleDraft):
        save(world, shown, context="Late, at first, and corrected.")
    with writing(world) as (*_, found):
        assert found.saved.state["context"] == "Anew."


def test_after_a_declined_answer_a_draft_starts_from_what_counts(world: World) -> None:
    world.answer("needs", scope=CEDAR)
    with writing(world) as (*_, found):
        before = found.beginning.state
    save(world, context="Late.")
    hand_in(world)
    decline(world)
    with writing(world) as (*_, found):
        assert (found.beginning.state, found.beginning.revision) == (before, 2)


def test_what_was_declined_and_is_handed_in_once_more_is_kept_once_more(world: World) -> None:
    world.answer("needs", scope=CEDAR)
    for number in (2, 3):
        save(world, context="Late.")
        assert hand_in(world) == number
        decline(world)
    assert [item.state for item in revisions(world)] == ["accepted", "declined", "declined"]


def test_the_coordinator_sees_who_saved_last_without_every_save_being_read(world: World) -> None:
    save(world, context="A town.")
    save(world, governance="A board.")
    asked: list[str] = []

    def listen(*told: Any) -> None:
        asked.append(str(told[2]))

    event.listen(world.engine, "before_cursor_execute", listen)
    with reading(world.engine) as session:
        standing = load(session, world.programme)
        (owing,) = waiting_at(session, standing, standing.gate("needs", CEDAR), world.now).parties
    event.remove(world.engine, "before_cursor_execute", listen)
    assert (owing.draft_at, owing.draft_by) == (world.now, "Anna")
    assert not [statement for statement in asked if "draft_save.state" in statement]
