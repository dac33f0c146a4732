"""Generated plans of a pair's study visits: days and direction from the programme file, questions from the benchmark."""

from __future__ import annotations

from datetime import date, timedelta

from models.generated.meetings_ahead import host_and_guest, meeting, mentor_of, short_name, tuesday_from, tuesday_in, week_of
from models.generated.story import Body, Story

PLAN_WEEK = 10
"""When the plan is written, in weeks from the start of phase 3. Source: `domain.md`, "The seven phases"."""
LEAST_WEEKS_BETWEEN = 4
VISITS = (
    ("See the practice and plan actions", ("A walk to the practice", "Talks with those who run it", "First ideas for actions")),
    ("Consolidate the plan", ("What became of the first ideas", "Talks with finance and departments", "The plan, action by action")),
    ("Review all action plans", ("The plan as it goes to the council", "What the mentor would do differently", "How contact is kept")),
)
ASKED = ("How did it begin, and who was against it?", "What did it cost in the first year?", "What would you leave out today?")
ROLES = (
    ("Project lead of the host", "Proposes places and people to meet, books rooms and interpreters"),
    ("Project lead of the guest", "Collects the questions, writes the report"),
    ("Local support networks", "Take part in one session of each visit"),
    ("Facilitator", "Leads the sessions on the action plan"),
)


def visit_plan(story: Story) -> Body:
    """Three visits one after the other, a budget that adds up, and a question on each key factor of the benchmark."""
    visits: list[Body] = []
    for number, (focus, agenda) in enumerate(VISITS, start=1):
        visits.append(_visit(story, number, focus, agenda, visits[-1]["ends_on"] if visits else None))
    budget = _budget(story, visits)
    both = f"{short_name(story, mentor_of(story))} and {short_name(story, story.place)}"
    return {
        "introduction": f"Generated text. {both} visit each other three times: to see, to consolidate and to review.",
        "visits": visits,
        "roles": [{"role": role, "tasks": f"{tasks} (generated)"} for role, tasks in ROLES],
        "network_participation": "Generated text. Each visit has an evening with the local support network of the city that receives.",
        "logistics": "Generated text. Rooms without steps; meetings with residents are interpreted; childcare on request.",
        "budget": budget,
        "budget_total": sum(line["amount"] for line in budget),
        "questions": _questions(story),
    }


def _visit(story: Story, number: int, focus: str, agenda: tuple[str, ...], after: str | None) -> Body:
    """One visit, some weeks after the one before it however the file has it."""
    key = f"visit_{number}"
    now = story.definition.phase_plan(3).week + PLAN_WEEK
    first = tuesday_in(story, week_of(story, key), now)
    if after:
        first = max(first, tuesday_from(date.fromisoformat(after) + timedelta(weeks=LEAST_WEEKS_BETWEEN)))
    host, guest = host_and_guest(story, key)
    return {
        "host": host,
        "guest": guest,
        "mode": meeting(story, key).mode,
        "starts_on": first.isoformat(),
        "ends_on": (first + timedelta(days=story.rng.randint(1, 2))).isoformat(),
        "number": number,
        "focus": focus,
        "agenda": [f"{line} (generated)" for line in agenda],
    }


def _budget(story: Story, visits: list[Body]) -> list[Body]:
    """Travel for those visits that are no calls, and interpreters for all."""
    payer = "Programme budget" if story.definition.funding else "Each city for its own people"
    travels = [visit["number"] for visit in visits if visit["mode"] != "virtual"]
    lines = [{"item": f"Travel and nights, visit {number} (generated)", "amount": story.rng.randrange(15, 40) * 100} for number in travels]
    lines.append({"item": "Interpreters (generated)", "amount": story.rng.randrange(5, 20) * 100})
    return [line | {"paid_by": payer} for line in lines]


def _questions(story: Story) -> list[Body]:
    """One on each key factor where a benchmark has come in, then some on the whole."""
    benchmark = story.latest("benchmark", scope=f"pair-{story.place}")
    found = [
        {"question": f"How did you bring this about: {factor['title']}?"[:300], "key_factor": factor["id"]}
        for factor in (benchmark["key_factors"] if benchmark else [])
    ]
    return [*found, *({"question": question, "key_factor": None} for question in ASKED)]
