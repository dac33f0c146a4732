"""Generated records of transfer workshops and academies, and what the peers say of the plans they have read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from models.contribution_kinds.learning import Criterion
from models.definition import Meeting
from models.generated.learning import competence_row, mean
from models.generated.meetings_ahead import meeting, mentor_of, short_name
from models.generated.story import Body, Story
from models.generated.visits import practices

LONGEST_LINE = 300
MOST_TRANSFERS, MOST_STRENGTHS = 4, 3
RATED_WELL, RATED_LOW = 4, 3
"""From this rating on a criterion is named as a strength; up to that one as a gap."""
SERIOUS = 12
"""Likelihood times impact, both from 1 to 5, from which a main risk is called serious."""

# starts, ends, title, who leads it, what happens
WORKSHOP = (
    ("09:30", "10:00", "Welcome, and how to read a plan", "Facilitator", "What feedback is for."),
    ("10:00", "11:30", "The plans in brief", "Project leads of the mentees", "Ten minutes for each plan."),
    ("11:45", "13:00", "Feedback in small groups", "Facilitator", "Strengths and gaps by criterion."),
    ("14:00", "15:30", "What is passed on, and how it is adapted", "Project lead of the mentor", "Practice by practice."),
    ("15:30", "16:00", "What we take home", "Facilitator", "Promises with dates."),
)
ACADEMY = (
    ("10:00", "10:30", "Welcome", "The association", "Why cities learn from cities."),
    ("10:30", "12:00", "The method step by step", "Facilitator", "From needs to a plan."),
    ("13:00", "14:30", "Practices of the cities", "Project leads of the cities", "Three tables, three practices."),
    ("14:45", "16:00", "Working on own cases", "Facilitator", "Everybody leaves with a first step."),
)
# role, side, least, most
AT_WORKSHOP = (
    ("City officers", "host", 6, 14),
    ("City officers", "guest", 5, 10),
    ("Members of the local support network", "local-support-network", 5, 15),
    ("Officers of other cities", "other", 5, 12),
)
AT_ACADEMY = (
    ("Officers of local governments", "other", 12, 45),
    ("Elected members", "other", 5, 15),
    ("Migrants' associations", "local-support-network", 5, 12),
)
ASKED = {
    "workshop": ("The workshop was useful for our plan.", "The feedback was concrete.", "I know what we will change."),
    "academy": ("The academy was useful for my work.", "I would use the toolkit.", "There was time for own cases."),
}
COMPETENCES = (
    "Using a benchmark and key factors",
    "Working with a local support network",
    "Writing an action with an indicator",
    "Learning from another city",
)
MATERIALS = {
    "workshop": (("Form for feedback on a plan", "form"), ("Slides of the plans in brief", "slides")),
    "academy": (("Toolkit draft", "toolkit"), ("Slides of the academy", "slides"), ("Template of an action sheet", "template")),
}
WRITTEN = ("More time in small groups, please", "Good to see that others began small")
PROMISED = {
    "workshop": (("Send the feedback in writing", "Project lead of the mentor", 10), ("Revise the plan", "Project lead of the mentee", 60)),
    "academy": (("Send slides and toolkit draft to all members", "The association", 14),),
}
TAKEN_HOME = ("One table for all offices", "A short plan that everybody can read", "Asking newcomers before anything is printed")


def _held(story: Story, what: str, plan: Meeting, sessions: Sequence[tuple[str, ...]], roles: Sequence[tuple[str, str, int, int]]) -> Body:
    """What workshop and academy have in common: one day, counted and rated by no more people than came."""
    participants = [_counted(story, *role) for role in roles]
    came = sum(row["attended"] for row in participants)
    answers = max(5, came - story.rng.randint(0, came // 3))
    return {
        "mode": plan.mode,
        "starts_on": story.today.isoformat(),
        "ends_on": story.today.isoformat(),
        "participants": participants,
        "programme": [_session(story, plan, *session) for session in sessions],
        "evaluation": [{"question": question, "mean": mean(story, 34, 48), "answers": answers} for question in ASKED[what]],
        "comments": [f"{line} (generated)" for line in story.some(WRITTEN, 1, 2)],
        "materials": [{"title": f"{title} (generated)", "kind": kind, "website": None} for title, kind in MATERIALS[what]],
        "follow_ups": [{"what": f"{task} (generated)", "who": who, "by": story.days(days)} for task, who, days in PROMISED[what]],
    }


def _counted(story: Story, role: str, side: str, least: int, most: int) -> Body:
    attended = story.rng.randint(least, most)
    return {"role": role, "side": side, "invited": attended + story.rng.randint(0, 6), "attended": attended}


def _session(story: Story, plan: Meeting, *session: str) -> Body:
    starts, ends, title, who, summary = session
    return {
        "on": story.today.isoformat(),
        "starts": starts,
        "ends": ends,
        "title": title,
        "place": "Online" if plan.mode == "virtual" else "Town hall",
        "who": who,
        "summary": f"Generated text. {summary}",
        "key_factors": [],
    }


def workshop_record(story: Story) -> Body:
    """The workshop of a pair: what the mentee's plan takes over from the mentor, and one thing the other way."""
    held = _held(story, "workshop", meeting(story, "workshop"), WORKSHOP, AT_WORKSHOP)
    mentor, mentee = short_name(story, mentor_of(story)), short_name(story, story.place)
    transferred = _transferred(story)
    came = sum(row["attended"] for row in held["participants"])
    return held | {
        "title": f"Transfer workshop of {mentor} and {mentee}",
        "summary": f"Generated text. {came} people took part; passed on: {len(transferred)} ways of working.",
        "objectives": [f"The plan of {mentee} meets its peers (generated)", "Practices are adapted, not copied (generated)"],
        "transferred": transferred,
        "quotes": [{"text": "We copied the question, not the answer. (generated)", "role": "Officer of a mentee", "consent": True}]
        if story.rng.random() < 0.5
        else [],
        "conclusions": f"Generated text. {mentee} revises its plan with the feedback; {mentor} stays available for questions.",
    }


def _transferred(story: Story) -> list[Body]:
    """What the actions draw on, each practice once, else what the mentor wrote down; last, what the mentor takes from the mentee."""
    plan = story.latest("action-plan", scope=f"city-{story.place}")
    drawn = {action["mentor_practice"]: action for action in (plan["actions"] if plan else ()) if action["mentor_practice"]}
    rows = [
        _transfer(story, practice, action["adaptation"], next(iter(action["key_factors"]), None)) for practice, action in drawn.items()
    ] or [_transfer(story, str(practice["title"]), practice["transferability"], None) for practice in practices(story)]
    back = _transfer(story, "Asking newcomers first (generated)", "Generated text. Taken up by one department.", None)
    back["giver"], back["taker"] = back["taker"], back["giver"]
    return [*rows[:MOST_TRANSFERS], back]


def _transfer(story: Story, practice: str, adaptation: str, factor: str | None) -> Body:
    return {
        "practice": practice,
        "giver": mentor_of(story),
        "taker": story.place,
        "adaptation": adaptation or "Generated text. Begun smaller.",
        "key_factor": factor,
    }


def academy_record(story: Story) -> Body:
    """The academy an association hosted for its members."""
    held = _held(story, "academy", story.definition.meetings.academy, ACADEMY, AT_ACADEMY)
    came = sum(row["attended"] for row in held["participants"])
    answers = held["evaluation"][0]["answers"]
    themes = len({pair["theme"] for pair in story.pairs})
    return held | {
        "title": f"Training academy of {story.here}"[:LONGEST_LINE],
        "summary": f"Generated text. {came} people from local governments worked with the method and the cities' practices.",
        "objectives": ["Members know the method (generated)", f"Members know what the pairs learned; themes: {themes} (generated)"],
        "audience": "Generated text. Officers and elected members of local governments, invited through the association's circular.",
        "competences": [competence_row(story, competence, answers) for competence in COMPETENCES],
        "next_steps": "Generated text. The association puts the toolkit on its site and offers a call for questions twice a year.",
    }


def peer_review(story: Story) -> Body:
    """The mentor on the plan of its own mentee and on one other, where there is one."""
    others = sorted({str(item["scope"]) for item in story.written("action-plan")} - {f"city-{story.place}"})
    read = [f"city-{story.place}", *story.some(others, 1, 1)] if others else [f"city-{story.place}"]
    return {
        "reviews": [_review(story, scope) for scope in read],
        "take_home": [f"{line} (generated)" for line in story.some(TAKEN_HOME, 1, 2)],
        "note": "Generated text. The project lead and two departments read the plans and agreed on the ratings.",
    }


def _review(story: Story, scope: str) -> Body:
    """Ratings counted from the plan's own actions; what it lacks is what is rated low."""
    plan = story.latest("action-plan", scope=scope)
    actions: Sequence[Mapping[str, Any]] = plan["actions"] if plan else ()
    ratings = [_rating(criterion, actions) for criterion in Criterion]
    good = [row["reason"] for row in ratings if row["rating"] >= RATED_WELL][:MOST_STRENGTHS]
    low = list(dict.fromkeys(row["reason"] for row in ratings if row["rating"] <= RATED_LOW))
    unpaid = [action["id"] for action in actions if not FULFILS[Criterion.FUNDING][0](action)]
    return {
        "plan": scope.removeprefix("city-"),
        "strengths": good or ["The theme is clear (generated)"],
        "gaps": low or ["A date for the first review (generated)"],
        "ratings": ratings,
        "suggestions": [
            *({"action": action, "suggestion": "Say who pays, and from when (generated)"} for action in unpaid[:1]),
            {"action": None, "suggestion": "One page that everybody can read (generated)"},
        ],
    }


def _rating(criterion: Criterion, actions: Sequence[Mapping[str, Any]]) -> Body:
    """From 1 to 5 by the share of actions that fulfil it."""
    fulfils, said = FULFILS[criterion]
    number = sum(1 for action in actions if fulfils(action))
    if not actions:
        return {"criterion": str(criterion), "rating": 1, "reason": "No plan has come in (generated)"}
    reason = f"{number} of {len(actions)} actions {said} (generated)"
    return {"criterion": str(criterion), "rating": 1 + round(4 * number / len(actions)), "reason": reason}


FULFILS: dict[Criterion, tuple[Callable[[Mapping[str, Any]], bool], str]] = {
    Criterion.NEEDS: (lambda action: bool(action["needs"]), "name a need they answer"),
    Criterion.CLARITY: (lambda action: bool(action["steps"]), "have steps"),
    Criterion.FEASIBILITY: (lambda action: _risk(action) < SERIOUS, "have no serious risk"),
    Criterion.PARTICIPATION: (lambda action: bool(action["migrant_involvement"]), "say how newcomers take part"),
    Criterion.FUNDING: (lambda action: action["funding"]["state"] == "secured", "have secured money"),
    Criterion.SUSTAINABILITY: (lambda action: bool(action["sustainability"]), "say how they last"),
}
"""What an action must have to count for a criterion, and how that is said."""


def _risk(action: Mapping[str, Any]) -> int:
    risk = action.get("risk")
    return int(risk["likelihood"]) * int(risk["impact"]) if risk else 0
