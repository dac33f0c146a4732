"""Saving a draft, several people at once, and handing it in: each save is kept, the last forty of them, and a draft counts once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models.contributions import Attachment, Contribution, Revision
from models.database import reading
from models.doors import drafting
from models.doors.answering import Offered
from models.doors.drafting import KEPT_SAVES, Base, Beginning, Saved, StaleDraft
from models.drafts import Draft
from models.errors import Refused
from models.merging import Clash
from tests.world import DESK, World, at_once, body_for

CEDAR = "city-cedar"
EMPTY: dict[str, Any] = {"context": "", "governance": "", "needs": {"order": ["e1"], "items": {"e1": {"title": ""}}}}


def save(world: World, base: Base, writer: str = "", *, beginning: Beginning | None = None, **changes: Any) -> Saved:
    with world.changing() as (session, standing):
        gate = standing.gate("needs", CEDAR)
        start = beginning or Beginning(EMPTY)
        return drafting.save(session, standing, gate, "cedar", changes, base, writer, world.now, beginning=start)


def hand_in(world: World, base: Base, *, beginning: Beginning | None = None, newest: int | None = None) -> Revision:
    start = beginning or Beginning(EMPTY)
    with world.changing() as (session, standing):
        gate = standing.gate("needs", CEDAR)
        offered = Offered("cedar", "it", body_for(session, standing, gate, "cedar", world.now), writer="Anna")
        seen = start.revision if newest is None else newest
        return drafting.hand_in(session, standing, gate, offered, base, start, DESK, world.now, newest=seen)


def drafts(world: World) -> list[Draft]:
    with reading(world.engine) as session:
        return [draft for draft in session.scalars(select(Draft)) if [save.state for save in draft.history]]


def test_saves_are_numbered_and_the_last_forty_kept(small: World) -> None:
    base = Base()
    for number in range(1, KEPT_SAVES + 6):
        base = save(small, base, "Anna", context=f"Text {number}").base
        assert base == Base(0, number)
    [draft] = drafts(small)
    assert [item.number for item in draft.history] == list(range(6, KEPT_SAVES + 6))
    assert draft.history[-1].state["context"] == f"Text {KEPT_SAVES + 5}"


def test_what_changes_nothing_is_no_save(small: World) -> None:
    assert save(small, Base(), context="").base == Base()
    assert drafts(small) == []
    first = save(small, Base(), context="A town.")
    assert save(small, first.base, context="A town.").base == first.base


def test_a_conflict_says_who_and_when_and_whoever_saw_too_long_ago_overwrites_nothing(small: World) -> None:
    save(small, Base(), "Anna", context="Anna's")
    at = small.now
    small.now += timedelta(minutes=5)
    save(small, Base(), "Carla", governance="Carla's")
    [conflict] = save(small, Base(), "Berta", context="Berta's").conflicts
    assert (conflict.writer, conflict.when, conflict.theirs, conflict.mine) == ("Anna", at, "Anna's", "Berta's")
    base = Base(0, 2)
    for number in range(KEPT_SAVES + 1):
        base = save(small, base, "Carla", governance=str(number)).base
    late = save(small, Base(0, 1), "Berta", context="Berta's", governance="Berta's")
    assert [item.clash for item in late.conflicts] == [Clash.TEXT, Clash.TEXT]
    assert late.state["context"] == "Anna's"


def test_two_who_save_at_the_very_same_moment_both_stay(world: World) -> None:
    """On each kind of database: one may be told to try again, and nothing is lost then."""

    def saving(**changes: Any) -> Any:
        def work() -> None:
            for _ in range(4):
                try:
                    save(world, Base(), **changes)
                except Exception as error:  # noqa: BLE001 - what the desk does: it tries again
                    last = error
                else:
                    return
            raise last

        return work

    assert at_once(saving(context="A town."), saving(governance="The mayor.")) == [None, None]
    [draft] = drafts(world)
    assert (draft.history[-1].state["context"], draft.history[-1].state["governance"]) == ("A town.", "The mayor.")


def test_an_answer_that_arrived_since_the_check_is_not_replaced_unseen(small: World) -> None:
    base = save(small, Base(), context="A town.").base
    with pytest.raises(StaleDraft, match="Another answer arrived"):
        hand_in(small, base, beginning=Beginning(EMPTY, 1), newest=0)
    assert len(drafts(small)) == 1
    assert hand_in(small, base, beginning=Beginning(EMPTY, 1), newest=1).number == 1


def test_handing_in_ends_the_draft_takes_its_files_along_and_counts_once(small: World) -> None:
    base = save(small, Base(), "Anna", context="A town.").base
    with small.changing() as (session, standing):
        gate = standing.gate("needs", CEDAR)
        session.add(Attachment(programme_id=standing.programme.id, gate_id=gate.id, organisation="cedar", received_at=small.now,
                               filename="a.pdf", media_type="application/pdf", sha256="0" * 64, size=1, data=b"x"))  # fmt: skip
    with pytest.raises(StaleDraft):
        hand_in(small, Base())
    first = hand_in(small, base)
    assert (first.writer, first.number) == ("Anna", 1)
    again = hand_in(small, base, beginning=Beginning(EMPTY, 1))
    assert again.id == first.id
    assert drafts(small) == []
    with pytest.raises(StaleDraft):
        save(small, base, context="Too late.", beginning=Beginning(EMPTY, 1))
    assert drafts(small) == []
    with reading(small.engine) as session:
        assert session.scalars(select(Attachment.revision_id)).all() == [first.id]
        assert len(session.scalars(select(Contribution)).one().revisions) == 1
    told = str([event.detail for event in small.events()])
    assert "Anna" not in told


def test_a_draft_that_ended_without_a_new_revision_is_never_taken_for_the_next_one(small: World) -> None:
    """At a gate that is closed the same body is handed in once more: there is no new revision, and an old tab must not be misread."""
    hand_in(small, save(small, Base(), context="A town.").base)
    start = Beginning(EMPTY | {"context": "A town."}, 1)
    old = save(small, Base(1, 0), beginning=start, context="A small town.").base
    assert hand_in(small, old, beginning=start).number == 1
    assert drafts(small) == []
    with pytest.raises(StaleDraft, match="handed in meanwhile"):
        save(small, old, beginning=start, context="From the old tab.")
    assert hand_in(small, old, beginning=start).number == 1, "the back button"
    new = save(small, Base(1, 0), beginning=start, context="A large town.").base
    assert new.save > old.save
    for base in (old, Base(1, 1)):
        with pytest.raises(StaleDraft, match="handed in meanwhile"):
            save(small, base, beginning=start, context="From the old tab.")
    with pytest.raises(StaleDraft):
        hand_in(small, old, beginning=start)
    [draft] = drafts(small)
    assert draft.history[-1].state["context"] == "A large town."


def test_nobody_writes_where_nothing_is_asked_of_them(small: World) -> None:
    with small.changing() as (session, standing):
        gates = [(standing.gate("needs", CEDAR), "damson"), (standing.gate("needs-approval", CEDAR), "cedar")]
        for gate, organisation in gates:
            with pytest.raises(Refused):
                drafting.save(session, standing, gate, organisation, {"context": "x"}, Base(), "", small.now, beginning=Beginning(EMPTY))
    assert drafts(small) == []


def test_more_than_can_be_kept_is_refused(small: World) -> None:
    with pytest.raises(Refused, match="more than can be kept"):
        save(small, Base(), context="x" * (drafting.LARGEST + 1))


@pytest.mark.parametrize("text", ["", "1", "1.", ".1", "-1.2", "1.2.3", "\u0661.\u0662", "x.y", "9" * 40 + ".1"])
def test_a_base_that_is_none_is_the_beginning(text: str) -> None:
    assert Base.read(text) == Base()
    assert Base.read(str(Base(3, 14))) == Base(3, 14)
