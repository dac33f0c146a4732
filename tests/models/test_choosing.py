"""Two answers to one question: the second is kept with the draft until somebody chooses, whoever closes their browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from models.database import reading
from models.doors import choosing, drafting
from models.doors.answering import Offered
from models.doors.choosing import Pick
from models.doors.drafting import Base, Beginning, Saved
from models.drafts import Draft, OtherAnswer
from models.errors import Refused
from models.merging import Clash
from tests.world import DESK, World, body_for

CEDAR = "city-cedar"
EMPTY: dict[str, Any] = {"context": "", "governance": "", "needs": {"order": ["e1"], "items": {"e1": {"title": "Rooms", "note": ""}}}}
PLACE = ("context",)


def save(world: World, base: Base, writer: str = "", picks: dict[Any, Pick] | None = None, **changes: Any) -> Saved:
    with world.changing() as (session, standing):
        gate = standing.gate("needs", CEDAR)
        return drafting.save(
            session, standing, gate, "cedar", changes, base, writer, world.now, beginning=Beginning(EMPTY), picks=picks
        )  # fmt: skip


def waiting(world: World) -> list[OtherAnswer]:
    with reading(world.engine) as session:
        draft = session.scalars(select(Draft)).one()
        return choosing.open_answers(draft, draft.history[-1].state)


def texts(world: World) -> list[str]:
    return [item.text for item in waiting(world)]


def held(world: World) -> Any:
    with reading(world.engine) as session:
        return session.scalars(select(Draft)).one().history[-1].state


@pytest.fixture
def two(small: World) -> tuple[World, Base, int]:
    """Anna's answer stands and Berta's is kept beside it: the base of Berta's page, and the number of her answer."""
    save(small, Base(), "Anna", context="Anna's")
    small.now += timedelta(minutes=5)
    saved = save(small, Base(), "Berta", context="Berta's")
    return small, saved.base, saved.conflicts[0].number


def test_the_second_answer_is_kept_with_who_wrote_it_and_when(two: tuple[World, Base, int]) -> None:
    world, *_ = two
    [other] = waiting(world)
    assert (other.place, other.text, other.writer, other.written_at) == ("context", "Berta's", "Berta", world.now)
    assert held(world)["context"] == "Anna's"
    save(world, Base(0, 1), governance="Carla goes on elsewhere.")
    assert texts(world) == ["Berta's"]


def test_whoever_sees_both_chooses_the_other_one(two: tuple[World, Base, int]) -> None:
    world, base, number = two
    save(world, base, "Carla", {PLACE: Pick(shown=frozenset({number}), choice=str(number))}, context="Anna's")
    assert (held(world)["context"], waiting(world)) == ("Berta's", [])


def test_whoever_sees_both_chooses_the_one_that_stands_or_puts_them_together(two: tuple[World, Base, int]) -> None:
    world, base, number = two
    save(world, base, "Carla", {PLACE: Pick(shown=frozenset({number}), choice="mine")}, context="Anna's and Berta's")
    assert (held(world)["context"], waiting(world)) == ("Anna's and Berta's", [])


@pytest.mark.parametrize(("choice", "stands"), [("mine", "Berta's, better"), ("theirs", "Anna's")])
def test_whoever_wrote_it_chooses_at_once(two: tuple[World, Base, int], choice: str, stands: str) -> None:
    world, base, number = two
    if choice == "mine":
        save(world, base, "Berta", {PLACE: Pick(own=number, choice="mine")}, context=stands)
    else:
        save(world, base, "Berta", {PLACE: Pick("Berta's", number, choice="theirs")})
    assert (held(world)["context"], waiting(world)) == (stands, [])


def test_whoever_goes_on_writing_it_has_one_answer_under_a_new_number(two: tuple[World, Base, int]) -> None:
    world, base, number = two
    saved = save(world, base, "Berta", {PLACE: Pick("Berta's, longer", number)})
    [conflict] = saved.conflicts
    assert (conflict.clash, conflict.theirs, conflict.mine, conflict.writer) == (Clash.TEXT, "Anna's", "Berta's, longer", "Anna")
    assert texts(world) == ["Berta's, longer"]
    assert conflict.number != number
    late = save(world, base, "Carla", {PLACE: Pick(shown=frozenset({number}), choice=str(number))}, context="Anna's")
    assert held(world)["context"] == "Anna's", "Carla chose what she saw, and that is not there any more"
    assert (texts(world), late.settled) == (["Berta's, longer"], ())


def test_the_same_page_sent_twice_keeps_one_answer(two: tuple[World, Base, int]) -> None:
    world, *_ = two
    save(world, Base(), "Berta", context="Berta's")
    assert texts(world) == ["Berta's"]


def test_an_answer_that_was_not_chosen_is_not_brought_back_by_the_page_that_still_shows_it(two: tuple[World, Base, int]) -> None:
    world, base, number = two
    save(world, base, "Carla", {PLACE: Pick(shown=frozenset({number}), choice="mine")}, context="Anna's")
    saved = save(world, base, "Berta", {PLACE: Pick("Berta's", number)}, governance="Berta goes on.")
    assert (saved.conflicts, saved.settled, waiting(world)) == ((), (PLACE,), [])
    save(world, base, "Berta", {PLACE: Pick("Berta's, and more", number)})
    assert texts(world) == ["Berta's, and more"], "what was written since was chosen by nobody"


def test_what_is_emptied_is_given_up(two: tuple[World, Base, int]) -> None:
    world, base, number = two
    saved = save(world, base, "Berta", {PLACE: Pick("", number)})
    assert (saved.conflicts, saved.settled, waiting(world)) == ((), (PLACE,), [])


def test_a_choice_does_not_touch_an_answer_that_was_not_shown(two: tuple[World, Base, int]) -> None:
    world, base, number = two
    save(world, Base(), "Carla", context="Carla's")
    save(world, base, "Berta", {PLACE: Pick(own=number, choice="mine")}, context="Berta's")
    assert (held(world)["context"], texts(world)) == ("Berta's", ["Carla's"])


def test_a_choice_that_meets_another_change_loses_neither(two: tuple[World, Base, int]) -> None:
    world, base, number = two
    save(world, Base(0, 1), "Anna", context="Anna's, changed")
    save(world, base, "Berta", {PLACE: Pick(own=number, choice="mine")}, context="Berta's")
    assert (held(world)["context"], texts(world)) == ("Anna's, changed", ["Berta's"])


def test_what_becomes_the_answer_anyway_needs_no_choice(two: tuple[World, Base, int]) -> None:
    world, *_ = two
    save(world, Base(0, 1), "Anna", context="Berta's")
    assert waiting(world) == []


def test_an_entry_with_an_answer_to_choose_is_not_removed_by_whoever_has_not_seen_it(small: World) -> None:
    seen = EMPTY["needs"]["items"]["e1"]
    save(small, Base(), "Anna", needs={"items": {"e1": seen | {"note": "Anna's"}}})
    number = save(small, Base(), "Berta", needs={"items": {"e1": seen | {"note": "Berta's"}}}).conflicts[0].number
    gone = {"order": [], "items": {}}
    saved = save(small, Base(0, 1), "Anna", needs=gone)
    assert [item.clash for item in saved.conflicts] == [Clash.I_REMOVED]
    assert texts(small) == ["Berta's"]
    save(small, saved.base, "Anna", {("needs", "e1", "note"): Pick(shown=frozenset({number}))}, needs=gone)
    assert (held(small)["needs"], waiting(small)) == (gone, [])


def test_who_goes_on_in_an_entry_that_was_removed_with_both_answers_seen_brings_it_back_with_what_they_wrote(small: World) -> None:
    seen = EMPTY["needs"]["items"]["e1"]
    save(small, Base(), "Anna", needs={"items": {"e1": seen | {"note": "Anna's"}}})
    berta = save(small, Base(), "Berta", needs={"items": {"e1": seen | {"note": "Berta's"}}})
    number, place = berta.conflicts[0].number, ("needs", "e1", "note")
    save(small, berta.base, "Carla", {place: Pick(shown=frozenset({number}))}, needs={"order": [], "items": {}})
    page = {"items": {"e1": {"title": "Rooms"}}}
    save(small, berta.base, "Berta", {place: Pick("Berta's", number)}, needs=page)
    assert held(small)["needs"]["order"] == [], "she has written nothing since"
    back = save(small, berta.base, "Berta", {place: Pick("Berta's, and more", number)}, needs=page)
    assert held(small)["needs"]["items"]["e1"]["note"] == "Berta's, and more"
    assert (held(small)["needs"]["order"], [item.clash for item in back.conflicts]) == (["e1"], [Clash.THEY_REMOVED])


def test_nothing_is_handed_in_while_a_choice_is_open_and_handing_in_ends_all(two: tuple[World, Base, int]) -> None:
    world, base, number = two

    def hand_in(base: Base) -> int:
        with world.changing() as (session, standing):
            gate = standing.gate("needs", CEDAR)
            offered = Offered("cedar", "it", body_for(session, standing, gate, "cedar", world.now))
            return drafting.hand_in(session, standing, gate, offered, base, Beginning(EMPTY), DESK, world.now, newest=0).number

    with pytest.raises(Refused, match="two answers to one question"):
        hand_in(base)
    chosen = save(world, base, "Carla", {PLACE: Pick(shown=frozenset({number}), choice="mine")}, context="Anna's")
    assert hand_in(chosen.base) == 1
    with reading(world.engine) as session:
        assert session.scalar(select(func.count()).select_from(OtherAnswer)) == 0


def test_there_is_an_end_to_what_is_kept_and_nothing_is_dropped_for_it(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "MOST_OPEN", 2)
    save(small, Base(), "Anna", context="Anna's")
    for writer in ("Berta", "Carla"):
        save(small, Base(), writer, context=f"{writer}'s")
    with pytest.raises(Refused, match="Too many questions"):
        save(small, Base(), "Dora", context="Dora's")
    assert texts(small) == ["Berta's", "Carla's"]
    monkeypatch.setattr(drafting, "LARGEST", 2000)
    with pytest.raises(Refused, match="more than can be kept"):
        save(small, Base(), "Berta", {PLACE: Pick("x" * 2000, waiting(small)[0].number)})
    assert texts(small) == ["Berta's", "Carla's"]


def test_only_the_last_of_what_was_chosen_from_is_remembered(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "KEPT_SETTLED", 3)
    base = save(small, Base(), "Anna", context="Anna's").base
    for turn in range(6):
        saved = save(small, Base(), "Berta", context=f"Berta's {turn}")
        base = save(small, base, "Berta", {PLACE: Pick(own=saved.conflicts[0].number, choice="theirs")}).base
    save(small, base, governance="x", picks={PLACE: Pick()})
    with reading(small.engine) as session:
        kept = session.scalars(select(OtherAnswer.text).order_by(OtherAnswer.number)).all()
    assert kept == ["Berta's 3", "Berta's 4", "Berta's 5"]
