"""Generated action plans, their costing, comments and the mentor's opinion: one lineage that agrees with itself."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

from models.generated.benchmarks import key_factors
from models.generated.story import Body, Story

DEPARTMENTS = ("Social affairs", "Education", "Culture and participation", "Economy and work", "Housing")
STEPS = (
    "Agree the mandate",
    "Find the partners",
    "Train the team",
    "Begin in one neighbourhood",
    "Look at the results",
    "Extend to the city",
)
HISTORY = "History of this plan"
PAYERS = ("City budget", "Regional fund", "European fund", "Foundation")


def action_plan(story: Story) -> Body:
    """The first plan from needs, key factors and ratings; every later one from the one before it."""
    before = story.latest("action-plan", scope=story.scope)
    plan = deepcopy(dict(before)) if before else _first_plan(story)
    version = 1 + sum(1 for _ in story.written("action-plan", scope=story.scope))
    history = {"title": HISTORY, "text": f"Generated text. Version {version} handed in, {story.today.isoformat()}."}
    plan["annexes"] = [*(annex for annex in plan["annexes"] if annex["title"] != HISTORY), history][-20:]
    if before:
        _cost(story, plan)
        _complete(plan)
    if story.gate == "plan-final":
        _begin(story, plan)
    return plan


def _first_plan(story: Story) -> Body:
    """One action for each of the key factors with the lowest ratings, at most five."""
    rng, title = story.rng, story.theme(story.pair_theme)
    assessed = story.latest("self-assessment", scope=story.scope)
    ratings = {rating["key_factor"]: rating["rating"] for rating in assessed["ratings"]} if assessed else {}
    factors = sorted(key_factors(story), key=lambda factor: ratings.get(factor["id"], 0))[: rng.randint(3, 5)]
    objectives = [
        {"id": "O1", "title": f"{title}: newcomers find their way", "description": "Generated text. In reach for all."},
        {"id": "O2", "title": f"{title}: offices and associations work together", "description": "Generated text. One way for all."},
    ]
    return {
        "foreword": "",
        "summary": f"Generated text. {story.here} wants to get further with “{title}” by {len(factors)} actions.",
        "context": f"Generated text. The plan answers the needs assessment of {story.here}.",
        "vision": f"Generated text. In five years “{title}” is taken for granted in {story.here}.",
        "objectives": objectives,
        "logic": "Generated text. Each action brings about one key factor; together they make the benchmark reachable.",
        "actions": [_action(story, number, factor, title) for number, factor in enumerate(factors, start=1)],
        "governance": "",
        "participation": "",
        "monitoring": "",
        "risks": [],
        "communication": "",
        "sustainability": "",
        "annexes": [],
    }


def _action(story: Story, number: int, factor: Mapping[str, Any], theme: str) -> Body:
    rng = story.rng
    begins, lasts = rng.randrange(30, 180, 10), rng.randrange(180, 720, 30)
    need = _need(story, number)
    department = rng.choice(DEPARTMENTS)
    reached = rng.randrange(2, 20) * 10
    return {
        "id": f"A{number}",
        "title": f"{factor['title']}: action {number}"[:300],
        "objective": f"O{1 + number % 2}",
        "rationale": f"Generated text. It answers the need “{need}”." if need else "Generated text. It answers a need of the city.",
        "needs": [need] if need else [],
        "benchmark": f"{theme} within reach",
        "key_factors": [factor["id"]],
        "sector": department,
        "target_group": rng.choice(("Newcomers", "Families", "Adults who learn the language", "Young people")),
        "description": f"Generated text. The city brings about: {factor['title']}.",
        "steps": story.some(STEPS, 3, 5),
        "lead": {"department": department, "role": "Head of department"},
        "partners": ["Local support network"],
        "migrant_involvement": "Generated text. Newcomers take part in planning and in the yearly review.",
        "start": story.days(begins),
        "end": story.days(begins + lasts),
        "milestones": [{"title": "Half of the way", "on": story.days(begins + lasts // 2)}],
        "cost": {"staff": rng.randrange(5, 60) * 1000, "other": rng.randrange(1, 30) * 1000},
        "funding": {"source": "", "state": "none"},
        "indicator": {
            "definition": "Newcomers reached in a year",
            "unit": "people",
            "source": "Counts of the department",
            "baseline": {"value": 0, "on": story.days(0)},
            "target": {"value": reached, "on": story.days(begins + lasts)},
            "frequency": rng.choice(("quarterly", "half-yearly", "yearly")),
        },
        "risk": {
            "title": "Too little time of staff",
            "likelihood": rng.randint(1, 5),
            "impact": rng.randint(1, 5),
            "mitigation": "Begin smaller and extend",
            "owner": "Project lead",
        },
        "assumptions": ["The council keeps its decision (generated)"],
        "mentor_practice": _practice(story),
        "adaptation": "Generated text. Smaller, and carried by the department that exists.",
        "sustainability": "Generated text. Taken into the regular budget after the first year.",
        "priority": rng.choice(("high", "high", "medium", "low")),
        "status": "planned",
        "progress": 0,
    }


def _need(story: Story, number: int) -> str:
    """Title of a need the action answers: those on the pair's theme first."""
    assessment = story.latest("needs-assessment", scope=story.scope)
    if not assessment:
        return ""
    needs = sorted(assessment["needs"], key=lambda need: need["theme"] != story.pair_theme)
    return str(needs[(number - 1) % len(needs)]["title"])


def _practice(story: Story) -> str:
    """The mentor's practice on the theme, as the mentor named it."""
    written = story.latest("good-practice", organisation=story.mentor) if story.mentor else None
    return str(written["practices"][0]["title"]) if written else "The practice seen at the mentor's"


def _cost(story: Story, plan: Body) -> None:
    """Takes cost and funding over from the costing, where there is one."""
    costing = story.latest("costing", scope=story.scope)
    items = {item["action"]: item for item in costing["items"]} if costing else {}
    for action in plan["actions"]:
        if item := items.get(action["id"]):
            action["cost"], action["funding"] = dict(item["cost"]), dict(item["funding"])


def _complete(plan: Body) -> None:
    """Adds the chapters a first draft leaves open; what somebody wrote stays."""
    chapters = {
        "foreword": "Generated text. The city thanks all who took part.",
        "governance": "Generated text. A steering group of departments and network meets four times a year.",
        "participation": "Generated text. The local support network was consulted and goes on advising.",
        "monitoring": "Generated text. Each indicator is measured as its action says; the council reads a report once a year.",
        "communication": "Generated text. Residents are told in the languages they speak.",
        "sustainability": "Generated text. The departments take the actions into their own plans.",
    }
    for key, text in chapters.items():
        plan[key] = plan.get(key) or text
    if not plan.get("risks"):
        risk = {
            "title": "A change of priorities",
            "likelihood": 2,
            "impact": 4,
            "mitigation": "Report early and often",
            "owner": "Project lead",
        }
        plan["risks"] = [risk]


def _begin(story: Story, plan: Body) -> None:
    """Marks what has begun by the day of the final plan."""
    for action in plan["actions"]:
        if action["status"] == "planned" and date.fromisoformat(action["start"]) <= story.today:
            action["status"], action["progress"] = "under-way", story.rng.randrange(10, 60, 10)


def _action_ids(story: Story) -> list[str]:
    """Ids of the current plan's actions; the first three where no plan came in."""
    plan = story.latest("action-plan", scope=f"city-{story.place}")
    return [action["id"] for action in plan["actions"]] if plan else ["A1", "A2", "A3"]


def costing(story: Story) -> Body:
    """A cost for each action of the current plan, near what the plan says."""
    rng = story.rng
    plan = story.latest("action-plan", scope=story.scope)
    planned = {action["id"]: action["cost"] for action in plan["actions"]} if plan else {}
    items: list[Body] = []
    for action in _action_ids(story):
        staff = planned[action]["staff"] if action in planned else rng.randrange(5, 60) * 1000
        other = planned[action]["other"] if action in planned else rng.randrange(1, 30) * 1000
        state = rng.choice(("secured", "applied", "none"))
        items.append(
            {
                "action": action,
                "cost": {"staff": staff + rng.randrange(0, 5) * 500, "other": other + rng.randrange(0, 5) * 500},
                "funding": {"source": "" if state == "none" else rng.choice(PAYERS), "state": state},
                "note": "Generated figure",
            }
        )
    total = sum(item["cost"]["staff"] + item["cost"]["other"] for item in items)
    return {"items": items, "total": total, "assumptions": ["Prices of this year (generated)"], "note": "Generated text. Rounded figures."}


def comments(story: Story) -> Body:
    """Comments of the local support network on actions of the current plan."""
    answered = []
    for action in story.some(_action_ids(story), 2, 3):
        taken = story.rng.random() < 0.7
        answered.append(
            {
                "comment": f"Generated text. Action {action} should begin earlier and say who is asked.",
                "author_role": story.rng.choice(("Migrants' association", "Advice centre", "Municipal officer")),
                "response": "Generated text. Agreed." if taken else "Generated text. Not possible this year; noted for the review.",
                "change": f"Generated text. Steps of {action} were changed." if taken else "",
            }
        )
    return {"held_on": story.today.isoformat(), "summary": "Generated text. A meeting of the network in the evening.", "comments": answered}


def opinion(story: Story) -> Body:
    """The mentor's advice on its mentee's plan."""
    ids = _action_ids(story)
    return {
        "summary": f"Generated text. The plan of {story.here} is feasible and builds on what we have shown.",
        "keep": [f"{ids[0]}: its first steps (generated)"],
        "change": [f"{ids[-1]}: fewer partners at the beginning (generated)"],
        "add": ["A date for the first review (generated)"],
    }
