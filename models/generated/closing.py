"""Generated lessons and evaluations of the cities, and the facilitator's synthesis."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from models.definition import ExpectedResult, Kind
from models.generated.story import Body, Story

WORKED = (
    "Seeing a practice where it happens",
    "One contact person in each city",
    "The local support network at the table",
    "Short forms with few questions",
)
FAILED = (
    "Deadlines in the budget weeks",
    "Too many people on the first visit",
    "Figures that nobody could find",
    "Translations that came late",
)
ADVICE = (
    "Begin with the needs, not with a project",
    "Ask finance early",
    "Bring newcomers in before the plan is written",
    "Plan twice the time for answers",
)
COMPETENCES = (
    "Asking a partner city the right questions",
    "Planning services with newcomers",
    "Writing actions with an indicator",
    "Working across departments",
)
TOGETHER = (
    "A call of the two teams every month",
    "A stand at the other city's open day",
    "A shared application for funding",
    "An exchange of two colleagues for a week",
)
NEXT = (
    ("Report to the council on what was reached", "Project lead"),
    ("Put what works into the next budget", "Finance department"),
    ("Rate the key factors again", "Local support network"),
    ("Invite another city to see it", "Integration officer"),
)

REACHED = 3.5
"""The mean rating, from 1 to 5, from which a generated judgement speaks of a result as largely reached."""


def lesson(story: Story) -> Body:
    """What worked, what did not, and advice."""
    return {
        "summary": f"Generated text. {story.here} would take part again.",
        "worked": [f"{line} (generated)" for line in story.some(WORKED, 2, 3)],
        "did_not_work": [f"{line} (generated)" for line in story.some(FAILED, 1, 2)],
        "advice": [f"{line} (generated)" for line in story.some(ADVICE, 2, 3)],
    }


def _bearers(story: Story) -> str:
    """Who carries the method on: the associations, where there are any."""
    return "the associations carry" if story.definition.of_kind(Kind.ASSOCIATION) else "the coordinator carries"


def synthesis(story: Story) -> Body:
    """The facilitator's texts, with numbers counted from what came in."""
    plans = {item["scope"]: item["body"] for item in story.earlier if item["kind"] == "action-plan"}
    actions = sum(len(plan["actions"]) for plan in plans.values())
    lessons = [item["body"] for item in story.earlier if item["kind"] == "lesson"]
    cities = len(story.definition.cities)
    pitfalls = list(dict.fromkeys(line for body in lessons for line in body["did_not_work"]))[:12]
    advice = list(dict.fromkeys(line for body in lessons for line in body["advice"]))[:12]
    return {
        "introduction": f"Generated text. This guide shows how {cities} cities mentored each other, step by step.",
        "why": "Generated text. Cities learn fastest from cities that have solved the same problem.",
        "comparison": {
            "summary": f"Generated text. {len(plans)} plans with {actions} actions were compared.",
            "strengths": ["Each action answers a need (generated)", "Newcomers take part in planning (generated)"],
            "gaps": ["Funding is open for part of the actions (generated)", "Few indicators have a baseline (generated)"],
        },
        "recommendations": [
            "Agree the baseline before the first action begins (generated)",
            "Review the plans together after a year (generated)",
        ],
        "tools": [
            {"name": "Needs questionnaire", "purpose": "Every city answers the same questions"},
            {"name": "Key-factor table", "purpose": "Benchmark, key factors and ratings on one page"},
        ],
        "costs": "Generated text. Count on one day a week of the project lead in each city.",
        "online_in_person": "Generated text. Preparation works online; practices are best seen in person.",
        "pitfalls": pitfalls or ["Too little time for answers (generated)"],
        "checklist": advice or ["A mandate of the council (generated)"],
        "toolkit_introduction": "Generated text. Begin with the self-assessment, then read the key factors with the lowest ratings.",
        "key_messages": [f"{cities} cities, {len(plans)} action plans, {actions} actions", "Cities learn from cities"],
        "outlook": f"Generated text. The cities stay in touch; {_bearers(story)} the method on.",
        "results": [_judgement(story, result) for result in story.definition.expected_results],
    }


def _judgement(story: Story, result: ExpectedResult) -> Body:
    """What the cities' ratings come to."""
    evaluations = {item["organisation"]: item["body"] for item in story.earlier if item["kind"] == "evaluation"}
    ratings = [row["rating"] for body in evaluations.values() for row in body["results"] if row["result"] == result.slug]
    if not ratings:
        return {"result": result.slug, "judgement": "Generated text. No city has rated it, so nothing can be said."}
    cities, mean = len(story.definition.cities), fmean(ratings)
    said = f"Generated text. {len(ratings)} of {cities} cities rate it, {mean:.1f} of 5 on average."
    return {"result": result.slug, "judgement": f"{said} {'Largely' if mean >= REACHED else 'Partly'} reached."}


def evaluation(story: Story) -> Body:
    """How far the expected results were reached in the city: evidence from its self-assessments, partners and competences."""
    competences, partners = _competences(story), _cooperation(story)
    facts = (
        _growth(story),
        f"Partners abroad: {partners['partners_before']} before, {partners['partners_after']} now.",
        f"Competences rated higher than before: {sum(row['after'] > row['before'] for row in competences)} of {len(competences)}.",
    )
    return {
        "results": [
            {"result": result.slug, "rating": story.rng.choice((3, 4, 4, 5)), "evidence": f"Generated text. {facts[number % len(facts)]}"}
            for number, result in enumerate(story.definition.expected_results)
        ],
        "competences": competences,
        "cooperation": partners,
        "next_steps": [
            {"what": f"{what} (generated)", "who": who, "by": story.days(story.rng.randrange(60, 360, 30))}
            for what, who in NEXT[: story.rng.randint(2, len(NEXT))]
        ],
        "remarks": "",
    }


def _growth(story: Story) -> str:
    """How the self-assessment changed, in words; a city that has none says so."""
    rated = {item["gate"]: item["body"] for item in story.earlier if item["kind"] == "self-assessment" and item["scope"] == story.scope}
    if not rated:
        return "Seen in the work of the departments; there is no self-assessment of this city."
    sums = [sum(row["rating"] for row in body["ratings"]) for body in rated.values()]
    factors = len(next(iter(rated.values()))["ratings"])
    if len(sums) == 1:
        return f"Rated {sums[0]} points on {factors} key factors before; not rated again."
    return f"Self-assessment on {factors} key factors: {sums[0]} points before, {sums[-1]} after."


def _competences(story: Story) -> list[dict[str, Any]]:
    """What the training set out to teach, as the city's own team rates it; other competences where no record came in."""
    trained = story.latest("training-record") or {}
    names = [str(row["competence"]) for row in trained.get("competences") or []] or list(COMPETENCES)
    found = []
    for name in names[:4]:
        before = story.rng.randint(1, 3)
        found.append({"competence": name, "before": before, "after": before + story.rng.choice((0, 1, 1, 2))})
    return found


def _cooperation(story: Story) -> dict[str, Any]:
    before, goes_on = story.rng.randint(0, 3), story.rng.random() < 0.85
    return {
        "partners_before": before,
        "partners_after": before + story.rng.randint(1, 4),
        "joint_activities": [f"{line} (generated)" for line in story.some(TOGETHER, 1, 2)],
        "continues": goes_on,
        "how": "Generated text. A call every quarter." if goes_on else "Generated text. There is no time for it this year.",
    }
