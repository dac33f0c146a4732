"""What is computed for the cross-plan review: the plans side by side, what they leave open, what peers say, how they grew."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from models.contribution_kinds.learning import Criterion
from tasks.evaluations import before_and_after, benchmark, latest
from tasks.plans import answered, compared
from tasks.reading import Reading
from tasks.wording import Words

Json = dict[str, Any]
CRITERIA = {
    Criterion.NEEDS: "It answers the needs",
    Criterion.CLARITY: "It is clear and complete",
    Criterion.FEASIBILITY: "It can be done",
    Criterion.PARTICIPATION: "Migrants take part",
    Criterion.FUNDING: "It is paid for",
    Criterion.SUSTAINABILITY: "It lasts",
}


def criterion(key: str, words: Words) -> str:
    """What a plan is looked at for, in words."""
    return words.gettext(CRITERIA[Criterion(key)]) if key in set(Criterion) else words.label(key)


def rows(doc: Reading) -> list[Json]:
    """The current plan of every mentee that has one, as `plans.compared` with what it answers and what it leaves open.

    Beside it: `needs` and `factors_all` (how many there are, None where they are not known), `answered` (needs its actions name),
    `unanswered` (titles), `untouched` (key factors no action works on), `unfunded` (actions without funding), `plan`, `ratings`.
    """
    found = compared(doc.all("action-plan"), doc.all("costing"))
    order = [str(pair["mentee"]) for pair in doc.pairs]
    found.sort(key=lambda row: order.index(row["city"]) if row["city"] in order else len(order))
    return [row | _open_ends(doc, row) for row in found]


def _open_ends(doc: Reading, row: Json) -> Json:
    city = str(row["city"])
    plan = latest(doc, "action-plan", f"city-{city}")
    actions = plan.get("actions") or []
    needs = latest(doc, "needs-assessment", f"city-{city}").get("needs") or []
    factors = benchmark(doc, city).get("key_factors") or []
    worked_on = {key for action in actions for key in action.get("key_factors") or []}
    named = {need for action in actions for need in action.get("needs") or []}
    unanswered = [item["need"]["title"] for item in answered(needs, actions) if not item["actions"]]
    return {
        "plan": plan,
        "needs": len(needs) if needs else None,
        "answered": len(needs) - len(unanswered) if needs else len(named),
        "unanswered": unanswered,
        "factors_all": len(factors) if factors else None,
        "factors": sum(factor["id"] in worked_on for factor in factors) if factors else len(worked_on),
        "untouched": [f"{factor['id']} {factor['title']}" for factor in factors if factor["id"] not in worked_on],
        "unfunded": [item["id"] for item in row["sums"]["rows"] if item["state"] == "none"],
        "ratings": before_and_after(doc, city),
    }


def without_plan(doc: Reading) -> list[str]:
    """The mentees that have no plan yet."""
    written = {item["organisation"] for item in doc.all("action-plan")}
    return [str(pair["mentee"]) for pair in doc.pairs if pair["mentee"] not in written]


def sums(found: list[Json]) -> Json:
    """All plans together: actions, euro by funding state and in total, and the dearest plan's total."""
    states = {state: sum(row["sums"]["by_state"][state] for row in found) for state in ("secured", "applied", "none")}
    return {
        "objectives": sum(row["objectives"] for row in found),
        "actions": sum(row["actions"] for row in found),
        "by_state": states,
        "total": sum(states.values()),
        "highest": max((row["sums"]["total"] for row in found), default=0),
    }


# -- peers -------------------------------------------------------------------------------------------------------------


def peers(doc: Reading) -> list[Json]:
    """What peers say of each plan, plan by plan in the order of the pairs.

    Shape: `[{"plan": city, "reviews": [{"by", "review"}], "means": {criterion: 1 to 5 or None}, "mean": of all ratings}]`.
    """
    said: dict[str, list[Json]] = {str(pair["mentee"]): [] for pair in doc.pairs}
    for item in doc.all("peer-review"):
        for review in item["body"].get("reviews") or []:
            said.setdefault(str(review["plan"]), []).append({"by": item["organisation"], "review": review})
    return [_of_plan(plan, reviews) for plan, reviews in said.items() if reviews]


def _of_plan(plan: str, reviews: list[Json]) -> Json:
    ratings = [row for one in reviews for row in one["review"].get("ratings") or []]
    by_criterion = {key.value: [row["rating"] for row in ratings if row["criterion"] == key.value] for key in CRITERIA}
    return {
        "plan": plan,
        "reviews": reviews,
        "means": {key: round(fmean(values), 2) if values else None for key, values in by_criterion.items()},
        "mean": round(fmean(row["rating"] for row in ratings), 2) if ratings else None,
    }


def take_home(doc: Reading) -> list[Json]:
    """What the reviewers would do at home: `[{"by", "lines"}]`."""
    return [
        {"by": item["organisation"], "lines": item["body"]["take_home"]} for item in doc.all("peer-review") if item["body"].get("take_home")
    ]


# -- versions ----------------------------------------------------------------------------------------------------------


def versions(doc: Reading, city: str) -> list[Json]:
    """A city's plan from version to version, with the plan's own figures.

    Shape: `[{"gate", "objectives", "actions": count, "total": euro, "secured": euro, "since": None for the first, else {"added":
    ["A5 title"], "dropped", "changed": [{"action", "what": [field]}], "chapters": [field]}}]`.
    """
    own = [item for item in doc.all("action-plan") if item["organisation"] == city]
    bodies = [item["body"] for item in own]
    facts = [compared([item])[0] for item in own]
    return [
        {
            "gate": item["gate"],
            "objectives": facts[at]["objectives"],
            "actions": facts[at]["actions"],
            "total": facts[at]["sums"]["total"],
            "secured": facts[at]["sums"]["by_state"]["secured"],
            "since": _since(bodies[at - 1], bodies[at]) if at else None,
        }
        for at, item in enumerate(own)
    ]


def _since(before: Json, after: Json) -> Json:
    old, new = ({str(action["id"]): action for action in plan.get("actions") or []} for plan in (before, after))
    return {
        "added": [_named(action) for key, action in new.items() if key not in old],
        "dropped": [_named(action) for key, action in old.items() if key not in new],
        "changed": [{"action": _named(new[key]), "what": what} for key in new if key in old and (what := _differing(old[key], new[key]))],
        "chapters": [key for key in _differing(before, after) if key not in ("actions", "annexes")],
    }


def _named(action: Json) -> str:
    return f"{action['id']} {action['title']}"


def _differing(before: Json, after: Json) -> list[str]:
    return [key for key in after if (before.get(key) or None) != (after[key] or None)]
