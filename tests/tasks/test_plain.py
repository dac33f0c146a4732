"""A door's refusal as people read it: titles, names and days for keys, and what somebody wrote as it was."""

from __future__ import annotations

from datetime import date

import pytest

from models.database import reading
from models.standing import load
from tasks.plain import plainly
from tasks.wording import Words
from tests.deployments.desk_world import World, launched, opened, play


@pytest.fixture(scope="module")
def matched(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = launched(tmp_path_factory.mktemp("matched"))
    play(world, opened("pair-agreement"))
    return world


SAID = [
    ("needs @ city-cedar is satisfied: there is nothing to decide now.", "“Needs assessment questionnaire” (Cedar) is satisfied: there"),
    ("needs @ city-cedar asks 'cedar', not 'alliance'.", "“Needs assessment questionnaire” (Cedar) asks Cedar, not Alliance"),
    ("The 'mayor-delegate' of 'cedar' has decided", "The mayor's delegate of Cedar has decided"),
    ("any more: D1.1 @ city-cedar. Keep it", "any more: “Needs assessment” (Cedar). Keep it"),
    ("2024-03-30 is over", "30 March 2024 is over"),
    ("“2024-03-30” in “on” is no date", "“2024-03-30” in “on” is no date"),
    ("'2024-03-30' is no date", "'2024-03-30' is no date"),
    ("somebody @ city-cedar said 'so'", "somebody @ city-cedar said 'so'"),
    ("See /a/2024-03-30-minutes", "See /a/2024-03-30-minutes"),
]


@pytest.mark.parametrize(("message", "said"), SAID)
def test_keys_are_said_as_what_they_name_and_days_in_words(matched: World, message: str, said: str) -> None:
    with reading(matched.engine) as session:
        assert plainly(Words("en"), load(session, "orchard"), message).startswith(said)


def test_a_pair_is_named_by_both_its_cities(matched: World) -> None:
    with reading(matched.engine) as session:
        standing = load(session, "orchard")
        pair = standing.programme.pairs[0]
        both = [standing.organisation(slug).name for slug in (pair.mentor, pair.mentee)]
        said = plainly(Words("en"), standing, f"pair-agreement @ {pair.scope} is decided by an act: give its number and its date.")
        assert f"({both[0]} and {both[1]}) is decided by an act" in said


def test_in_another_language_the_names_go_into_its_own_sentence(matched: World) -> None:
    with reading(matched.engine) as session:
        said = plainly(Words("it"), load(session, "orchard"), f"{date(2024, 3, 30)} is over: a promise is for today or a later day.")
        assert said.startswith("30 marzo 2024")
        assert "promise" not in said
