"""Seeded bodies for every kind of contribution, for any programme: plainly generic, and consistent with one another.

They stand in for partners in rehearsals and demonstrations; the flag `generated` is set by whoever hands them in.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from models.definition import Definition
from models.generated import benchmarks, cities, closing, networks, plans
from models.generated.records import TITLES, record_of
from models.generated.story import Body, Story

GENERATORS: dict[str, Callable[[Story], Body]] = {
    "needs-assessment": cities.needs_assessment,
    "city-profile": cities.city_profile,
    "matching-proposal": cities.matching_proposal,
    "good-practice": benchmarks.good_practice,
    "benchmark": benchmarks.benchmark,
    "self-assessment": benchmarks.self_assessment,
    "support-network": networks.support_network,
    "action-plan": plans.action_plan,
    "costing": plans.costing,
    "comments": plans.comments,
    "opinion": plans.opinion,
    "one-stop-shop": networks.one_stop_shop,
    "lesson": closing.lesson,
    "synthesis": closing.synthesis,
    **{kind: record_of(kind) for kind in TITLES},
}


def generate(
    kind: str,
    *,
    gate: str,
    scope: str,
    organisation: str,
    definition: Definition,
    earlier: Sequence[Mapping[str, Any]],
    rng: random.Random,
    today: date,
    pairs: Sequence[Mapping[str, str]] = (),
) -> Body:
    """A body valid for `kind`, consistent with the `earlier` contributions; the same state of `rng` gives the same body.

    `earlier` holds `{"gate", "kind", "scope", "organisation", "body"}`, oldest first; `pairs` the confirmed pairs as
    `{"mentor", "mentee", "theme"}`: with them a benchmark is on its pair's theme, without on the mentee's first need.
    KeyError for an unknown kind.
    """
    return GENERATORS[kind](Story(kind, gate, scope, organisation, definition, earlier, rng, today, pairs))
