"""What is computed from an action plan and what belongs to it: budget by funding state, gaps per key factor, needs answered."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
STATES = ("secured", "applied", "none")
FULLY = 4
"""The top of the self-assessment's scale."""


def budget(actions: list[Json], costing: Json) -> Json:
    """Cost of every action and the sums by funding state, in whole euro.

    Shape: `{"rows": [{"id", "title", "staff", "other", "total", "source", "state", "costed"}], "by_state": {state: euro}, "total"}`;
    `costed` is the total by finance's costing, None where it has not costed that action; `unplanned` its items for actions that
    are not in the plan.
    """
    costed = {str(item["action"]): item for item in costing.get("items") or []}
    rows = [_cost(action, costed.get(str(action["id"]))) for action in actions]
    by_state = {state: sum(row["total"] for row in rows if row["state"] == state) for state in STATES}
    ids = {str(action["id"]) for action in actions}
    return {
        "rows": rows,
        "unplanned": [item for key, item in costed.items() if key not in ids],
        "by_state": by_state,
        "staff": sum(row["staff"] for row in rows),
        "other": sum(row["other"] for row in rows),
        "total": sum(row["total"] for row in rows),
        "costed": sum(row["costed"] is not None for row in rows),
    }


def _cost(action: Json, item: Json | None) -> Json:
    """The plan's own figures, for it is the plan that is decided on and it comes after the costing; finance's where the plan has none."""
    own, costed = _euro(action), _euro(item or {})
    said = item if item and not any(own) else action
    staff, other = costed if said is item else own
    funding = said.get("funding") or {}
    state = str(funding.get("state") or "none")
    return {
        "id": action["id"], "title": action["title"], "staff": staff, "other": other, "total": staff + other,
        "source": funding.get("source") or "", "state": state if state in STATES else "none",
        "costed": sum(costed) if item else None,
    }  # fmt: skip


def _euro(said: Json) -> tuple[int, int]:
    cost = said.get("cost") or {}
    return int(cost.get("staff") or 0), int(cost.get("other") or 0)


def factors(benchmark: Json, first: Json, second: Json, actions: list[Json]) -> list[Json]:
    """Every key factor with its ratings before and after, the gap that is left, and the actions that work on it.

    `first` and `second` are the self-assessments before and after, empty where there is none. `before` and `after` of a row are
    `{"rating", "evidence"}` or None.
    """
    early, late = ({str(rating["key_factor"]): rating for rating in body.get("ratings") or []} for body in (first, second))
    found = []
    for factor in benchmark.get("key_factors") or []:
        key = str(factor["id"])
        before, after = early.get(key), late.get(key)
        now = after or before
        found.append(
            {
                "factor": factor,
                "before": before,
                "after": after,
                "gap": FULLY - int(now["rating"]) if now else None,
                "actions": [action["id"] for action in actions if key in (action.get("key_factors") or [])],
            }
        )
    return found


def answered(needs: list[Json], actions: list[Json]) -> list[Json]:
    """Every need with the ids of the actions that name it."""
    return [
        {"need": need, "actions": [action["id"] for action in actions if need["title"] in (action.get("needs") or [])]} for need in needs
    ]


def logic(plan: Json) -> list[Json]:
    """For every objective the actions that serve it, and the needs and key factors these name, each once."""
    actions = plan.get("actions") or []
    return [_chain(one, [action for action in actions if action.get("objective") == one["id"]]) for one in plan.get("objectives") or []]


def _chain(objective: Json, serving: list[Json]) -> Json:
    needs = dict.fromkeys(need for action in serving for need in action.get("needs") or [])
    keys = dict.fromkeys(key for action in serving for key in action.get("key_factors") or [])
    return {"objective": objective, "actions": serving, "needs": list(needs), "key_factors": list(keys)}


def compared(contributions: list[Json], costings: list[Json] | None = None) -> list[Json]:
    """The current plan of every city side by side: its last one, with counts and sums in whole euro.

    `costings` are contributions; what they have to say to the sums is `budget`'s rule.
    """
    current = {item["organisation"]: item["body"] for item in contributions}
    costed = {item["organisation"]: item["body"] for item in costings or []}
    return [
        {
            "city": city,
            "objectives": len(plan.get("objectives") or []),
            "actions": len(plan.get("actions") or []),
            "factors": len({key for action in plan.get("actions") or [] for key in action.get("key_factors") or []}),
            "sums": budget(plan.get("actions") or [], costed.get(city, {})),
            "vision": plan.get("vision") or "",
            "sectors": list(dict.fromkeys(action["sector"] for action in plan.get("actions") or [] if action.get("sector"))),
        }
        for city, plan in current.items()
    ]
