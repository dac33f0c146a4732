"""Where the cities' answers allow no matching, the report says so, nobody can confirm it, and the facilitator can mend it."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from models.decisions import Verdict
from models.errors import Refused
from models.standing import Standing
from tests.world import World, launched

REASON = "Both have asked for each other since; the vetoes were a misunderstanding."


def _everybody_vetoes(world: World) -> None:
    world.answer("needs")
    world.wait_days(15)
    vetoes = {"alder": ["cedar", "damson"], "birch": ["cedar", "damson"], "cedar": ["alder", "birch"], "damson": ["alder", "birch"]}
    for city, others in vetoes.items():
        listed = [{"city": other, "reason": "too far away"} for other in others]
        world.contribute("profile", f"city-{city}", vetoes=listed)
    world.settle()
    world.wait_days(21)
    world.answer("needs-approval")


def _pairs(standing: Standing) -> set[tuple[str, str]]:
    return {(pair.mentor, pair.mentee) for pair in standing.programme.pairs}


def test_an_impossible_matching_is_reported_refused_and_mended_by_overrides(engine: Engine) -> None:
    world = launched(engine)
    _everybody_vetoes(world)
    world.contribute("matching", "programme", overrides=[])
    world.settle()
    with world.looking() as standing:
        assert standing.gate("matching-approval", "programme").is_open
    with pytest.raises(Refused, match="no pairs to confirm"):
        world.decide("matching-approval", "programme", "board")

    world.decide("matching-approval", "programme", "board", Verdict.RETURN, "Set the pairs with a reason.")
    overrides = [
        {"mentor": "alder", "mentee": "cedar", "theme": "work", "reason": REASON},
        {"mentor": "birch", "mentee": "damson", "theme": "work", "reason": REASON},
    ]
    world.contribute("matching", "programme", overrides=overrides)
    world.settle()
    world.decide("matching-approval", "programme", "board")
    with world.looking() as standing:
        assert _pairs(standing) == {("alder", "cedar"), ("birch", "damson")}
