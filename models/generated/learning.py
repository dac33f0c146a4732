"""The generated record of the mentoring training: one day, online, counted and evaluated."""

from __future__ import annotations

from models.generated.story import Body, Story

SESSIONS = (
    ("09:30", "10:30", "Mentoring step by step", "What a mentor does, and what a mentee may expect."),
    ("10:45", "12:00", "Asking instead of telling", "Pairs practise with a question of their own."),
    ("13:30", "14:45", "Founding a local support network", "Who is at the table, and who is still missing."),
    ("15:00", "16:00", "Planning a study visit", "Each pair writes down its first questions."),
)
ROLES = (("City officers", "other", 16, 40), ("Members of local support networks", "local-support-network", 8, 20))
OF_ASSOCIATIONS = ("Officers of associations", "association", 5, 12)
QUESTIONS = ("The training was useful for my work.", "There was enough time to practise.", "I know what happens next.")
COMPETENCES = (
    "Asking a partner city the right questions",
    "Founding a network with migrant-led bodies",
    "Planning a study visit",
    "Working with a benchmark and key factors",
)
MATERIALS = (
    ("Slides of the training", "slides"),
    ("Checklist for a study visit", "checklist"),
    ("Questions for a stakeholder map", "form"),
)


def training_record(story: Story) -> Body:
    """A day on which no more answer than came; what people can do is better afterwards or the same."""
    participants = _participants(story)
    came = sum(row["attended"] for row in participants)
    answers = max(5, came - story.rng.randint(0, came // 3))
    return {
        "title": "Mentoring training for all cities",
        "summary": f"Generated text. The {len(story.definition.cities)} cities were trained online on one day; {came} people took part.",
        "mode": "virtual",
        "starts_on": story.today.isoformat(),
        "ends_on": story.today.isoformat(),
        "participants": participants,
        "objectives": [
            "All cities know what a mentor does and what a mentee may expect (generated)",
            "Each city knows how to found its local support network (generated)",
            "Each pair has its first questions for the study visits (generated)",
        ],
        "programme": [_session(story, *session) for session in SESSIONS],
        "evaluation": [{"question": question, "mean": mean(story, 34, 48), "answers": answers} for question in QUESTIONS],
        "comments": ["More time in small groups, please (generated)", "Good to hear how others began (generated)"],
        "materials": [{"title": f"{title} (generated)", "kind": kind, "website": None} for title, kind in MATERIALS],
        "follow_ups": [{"what": "Send the slides to all cities (generated)", "who": "Facilitator", "by": story.days(14)}],
        "competences": [competence_row(story, competence, answers) for competence in COMPETENCES],
    }


def _participants(story: Story) -> list[Body]:
    associations = any(organisation.kind == "association" for organisation in story.definition.organisations)
    found = []
    for role, side, least, most in [*ROLES, OF_ASSOCIATIONS] if associations else ROLES:
        attended = story.rng.randint(least, most)
        found.append({"role": role, "side": side, "invited": attended + story.rng.randint(0, 6), "attended": attended})
    return found


def _session(story: Story, starts: str, ends: str, title: str, summary: str) -> Body:
    return {
        "on": story.today.isoformat(),
        "starts": starts,
        "ends": ends,
        "title": title,
        "place": "Online",
        "who": "Facilitator",
        "summary": f"Generated text. {summary}",
        "key_factors": [],
    }


def competence_row(story: Story, competence: str, answers: int) -> Body:
    """A competence that is rated higher afterwards, or the same."""
    before = mean(story, 18, 32)
    return {"competence": competence, "before": before, "after": _plain(before + story.rng.randint(0, 15) / 10), "answers": answers}


def mean(story: Story, least: int, most: int) -> float:
    """A mean of ratings between two tenths of a point."""
    return _plain(story.rng.randint(least, most) / 10)


def _plain(value: float) -> float:
    """One decimal, and 4 rather than 4.0: the form in which a contribution keeps numbers."""
    rounded = round(value, 1)
    return int(rounded) if rounded.is_integer() else rounded
