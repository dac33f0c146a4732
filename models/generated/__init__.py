"""Seeded bodies for every kind of contribution, for any programme: plainly generic, and consistent with one another.

They stand in for partners in rehearsals and demonstrations; the flag `generated` is set by whoever hands them in.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from models.definition import Definition
from models.generated import agreements, benchmarks, cities, closing, learning, networks, plans, toolkits, visit_plans, visits, workshops
from models.generated.story import Body, Story

GENERATORS: dict[str, Callable[[Story], Body]] = {
    "needs-assessment": cities.needs_assessment,
    "city-profile": cities.city_profile,
    "matching-proposal": cities.matching_proposal,
    "pair-terms": agreements.pair_terms,
    "good-practice": benchmarks.good_practice,
    "benchmark": benchmarks.benchmark,
    "self-assessment": benchmarks.self_assessment,
    "stakeholder-map": networks.stakeholder_map,
    "training-record": learning.training_record,
    "support-network": networks.support_network,
    "visit-plan": visit_plans.visit_plan,
    "visit-agenda": visits.visit_agenda,
    "visit-briefing": visits.visit_briefing,
    "visit-report": visits.visit_report,
    "action-plan": plans.action_plan,
    "costing": plans.costing,
    "comments": plans.comments,
    "opinion": plans.opinion,
    "peer-review": workshops.peer_review,
    "workshop-record": workshops.workshop_record,
    "academy-record": workshops.academy_record,
    "one-stop-shop": networks.one_stop_shop,
    "toolkit-notes": toolkits.toolkit_notes,
    "lesson": closing.lesson,
    "evaluation": closing.evaluation,
    "synthesis": closing.synthesis,
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
