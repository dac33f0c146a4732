"""Contents of the documents about a whole programme: two pairs with everything they have contributed, from needs to evaluation."""

from __future__ import annotations

from typing import Any

from models.method import METHOD
from tests.documents.bodies import action, benchmark, lesson, needs, plan, ratings
from tests.documents.bodies_of_phases_1_to_3 import practice, training
from tests.documents.bodies_of_the_end import competence, evaluation, judged, peer_review, record, toolkit_notes
from tests.documents.samples import content, said

Json = dict[str, Any]
BERGAMO, LIEPKALNS = "bergamo-sul-mare", "liepkalns"


def whole(number: str, scope: str = "programme", **changes: Any) -> Json:
    """The content of that deliverable with all contributions of both pairs that it draws on; `changes` replace top-level keys."""
    spec = METHOD.by_number[number]
    every = contributions()
    known = {kind: [item for item in every[kind] if item["phase"] <= spec.phase] for kind in spec.draws_on}
    return content(number, scope, known, record=record() if spec.from_record else None) | changes


def without(whole: Json, kind: str, **where: str) -> Json:
    """The content without the contributions of a kind that have those values (`gate`, `scope`, `organisation`)."""
    kept = [item for item in whole["contributions"][kind] if any(item[key] != value for key, value in where.items())]
    return whole | {"contributions": whole["contributions"] | {kind: kept}}


def changed(whole: Json, kind: str, at: int, **body: Any) -> Json:
    """The content with other values in the body of that kind's contribution."""
    items = list(whole["contributions"][kind])
    items[at] = items[at] | {"body": items[at]["body"] | body}
    return whole | {"contributions": whole["contributions"] | {kind: items}}


def contributions() -> dict[str, list[Json]]:
    """Bergamo: rated 1, then 3, on four key factors; three versions of its plan. Liepkalns: rated 2, then 2, on three; one version."""
    return {
        "needs-assessment": [said("needs", f"city-{slug}", slug, needs()) for slug in (BERGAMO, LIEPKALNS)],
        "good-practice": [
            said("practices", "city-norden", "norden", {"practices": [practice(0), practice(1)]}),
            said("practices", "city-liepkalns", LIEPKALNS, {"practices": [practice(6, title="Choir of neighbours")]}),
            said("practices", "city-hafen", "hafen", {"practices": [practice(1, title="Talking over tea")]}),
        ],
        "benchmark": [
            said("benchmark", f"pair-{BERGAMO}", "guide", benchmark(4)),
            said("benchmark", f"pair-{LIEPKALNS}", "guide", benchmark(3) | {"theme": "language", "title": "A city that speaks"}),
        ],
        "self-assessment": [
            said("self-assessment", f"city-{BERGAMO}", BERGAMO, ratings(1, 4)),
            said("self-assessment", f"city-{LIEPKALNS}", LIEPKALNS, ratings(2, 3)),
            said("self-assessment-after", f"city-{BERGAMO}", BERGAMO, ratings(3, 4)),
            said("self-assessment-after", f"city-{LIEPKALNS}", LIEPKALNS, ratings(2, 3)),
        ],
        "training-record": [said("training", "programme", "lead", training())],
        "academy-record": [
            said(
                "academy-record",
                "association-lead",
                "lead",
                {"title": "Academy by the sea", "competences": [competence("Leading a network")]},
            )
        ],
        "action-plan": [*plans_of_bergamo(), said("plan-final", f"city-{LIEPKALNS}", LIEPKALNS, plan(2))],
        "costing": [said("costing", f"city-{BERGAMO}", BERGAMO, costing())],
        "peer-review": [
            said("peer-feedback", f"pair-{BERGAMO}", "norden", peer_review(BERGAMO)),
            said("peer-feedback", f"pair-{LIEPKALNS}", "hafen", peer_review(LIEPKALNS, lasts=5)),
        ],
        "toolkit-notes": [
            said("toolkit-notes", "theme-city-for-all", "guide", toolkit_notes()),
            said("toolkit-notes", "theme-language", "guide", toolkit_notes("language", exercises=[], tips=[])),
        ],
        "lesson": [said("lessons", f"city-{slug}", slug, lesson()) for slug in ("norden", BERGAMO)],
        "evaluation": [
            said("evaluation", "city-norden", "norden", evaluation(5, 2, 5)),
            said("evaluation", "city-hafen", "hafen", evaluation(4, 0, 3)),
            said("evaluation", f"city-{BERGAMO}", BERGAMO, evaluation(4, 1, 4)),
            said("evaluation", f"city-{LIEPKALNS}", LIEPKALNS, evaluation(2, 3, 2, competences=[], cooperation=stays_alone())),
        ],
        "synthesis": [said("synthesis", "programme", "guide", judged())],
    }


def plans_of_bergamo() -> list[Json]:
    """Three actions, then A4 added and A1 changed, then A3 dropped."""
    draft, revised = plan(3) | {"governance": ""}, plan(4)
    revised["actions"][0] = action(0) | {"target_group": "Everybody", "cost": {"staff": 30000, "other": 1000}}
    final = revised | {"actions": [revised["actions"][at] for at in (0, 1, 3)]}
    stages = (("plan-draft", draft), ("plan-revised", revised), ("plan-final", final))
    return [said(gate, f"city-{BERGAMO}", BERGAMO, body) for gate, body in stages]


def costing() -> Json:
    """A1 alone, dearer than in the plan and only applied for."""
    item = {"action": "A1", "cost": {"staff": 40000, "other": 2000}, "funding": {"source": "Region", "state": "applied"}, "note": ""}
    return {"items": [item], "total": None, "assumptions": [], "note": ""}


def stays_alone() -> Json:
    return {"partners_before": 3, "partners_after": 2, "joint_activities": [], "continues": False, "how": "No time this year."}
