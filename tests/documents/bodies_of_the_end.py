"""Invented bodies of the phases that end a programme, and the record of its run."""

from __future__ import annotations

from typing import Any

from models.method import METHOD
from tests.documents.bodies import synthesis

Json = dict[str, Any]
RESULTS = (
    {"slug": "integration", "title": "Better long-term integration", "description": "In medium-sized cities."},
    {"slug": "cooperation", "title": "Better cooperation across borders", "description": None},
    {"slug": "competences", "title": "More competences", "description": None},
)


def toolkit_notes(theme: str = "city-for-all", **changes: Any) -> Json:
    return {
        "theme": theme,
        "introduction": "What the theme is about.",
        "how_to_use": "Work through it as a team.",
        "steps": ["Rate yourselves", "Read the practices"],
        "self_assessment": "Have newcomers at the table when you rate.",
        "tips": ["Invite the sceptics"],
        "exercises": [
            {"title": "A newcomer's first week", "purpose": "Other eyes", "minutes": 60, "steps": ["Draw the week", "Mark the doors"]}
        ],
        "resources": [
            {"title": "Action sheet", "kind": "template", "use": "Writing an action", "website": "https://tools.example/sheet"},
            {"title": "Checklist", "kind": "", "use": "Preparing a visit", "website": None},
        ],
    } | changes


def evaluation(rating: int = 4, before: int = 1, after: int = 4, **changes: Any) -> Json:
    return {
        "results": [{"result": one["slug"], "rating": rating, "evidence": f"Seen in {one['slug']}."} for one in RESULTS],
        "competences": [{"competence": "Planning with newcomers", "before": 2, "after": 4}],
        "cooperation": {
            "partners_before": before,
            "partners_after": after,
            "joint_activities": ["A shared summer camp"],
            "continues": True,
            "how": "A call every quarter.",
        },
        "next_steps": [
            {"what": "Invite other cities", "who": "Mayor's office", "by": None},
            {"what": "Report to the council", "who": "Integration officer", "by": "2023-06-30"},
        ],
        "remarks": "",
    } | changes


def judged(*slugs: str) -> Json:
    """The synthesis with a judgement for each of the results, or for those named."""
    chosen = slugs or tuple(str(one["slug"]) for one in RESULTS)
    return synthesis() | {"results": [{"result": slug, "judgement": f"The facilitator on {slug}."} for slug in chosen]}


def peer_review(plan: str = "bergamo-sul-mare", **ratings: int) -> Json:
    """A review of one plan; ratings by criterion."""
    rated = ratings or {"can-be-done": 4, "lasts": 2}
    return {
        "reviews": [
            {
                "plan": plan,
                "strengths": ["Clear owners"],
                "gaps": ["No word on housing"],
                "ratings": [{"criterion": key, "rating": value, "reason": f"Why {key}"} for key, value in rated.items()],
                "suggestions": [
                    {"action": "A1", "suggestion": "Begin a month earlier"},
                    {"action": None, "suggestion": "Say who deputises"},
                ],
            }
        ],
        "take_home": ["One desk for all offices"],
        "note": "Read by two departments.",
    }


def competence(name: str = "Asking good questions", before: float = 2.4, after: float = 3.8) -> Json:
    return {"competence": name, "before": before, "after": after, "answers": 18}


def record(**changes: Any) -> Json:
    starts = ["2020-06-17", "2020-09-10", "2020-11-02", "2021-03-01", "2021-09-06", "2021-12-01", "2022-04-04"]
    ends = ["2020-09-09", "2020-12-20", "2021-02-26", "2021-07-30", "2021-12-22", "2023-01-20", None]
    return {
        "start_on": "2020-06-17",
        "matched_on": "2020-09-01",
        "closed_on": None,
        "known_until": "2022-11-30",
        "phases": [
            {
                "number": at + 1,
                "title": METHOD.phases[at].title,
                "planned_on": starts[at],
                "opened_on": starts[at],
                "due_on": "2020-09-06" if at == 0 else ends[at],
                "completed_on": ends[at],
                "gates": 20,
                "done": 20 if ends[at] else 10,
                "on_time": 15 if ends[at] else 7,
                "late": 4 if ends[at] else 3,
                "extended": 2,
                "without": 1 if ends[at] else 0,
                "rounds": 3,
            }
            for at in range(7)
        ],
        "answers": [
            {"role": "project-lead", "asked": 80, "answered": 76, "on_time": 60, "late": 16, "without": 4, "days": 23.0},
            {"role": "council", "asked": 4, "answered": 0, "on_time": 0, "late": 0, "without": 0, "days": None},
        ],
        "gates": [
            {
                "phase": 1,
                "key": "needs",
                "title": "Needs assessment questionnaire",
                "count": 8,
                "planned_days": 28.0,
                "actual_days": 33.0,
                "late": 3,
            }
        ],
        "rounds": [
            {
                "phase": 1,
                "key": "needs-approval",
                "title": "Needs assessment: the mayor's delegate approves",
                "asked": 8,
                "at_once": 6,
                "returned": 3,
                "rejected": 0,
                "most": 2,
            },
            {
                "phase": 2,
                "key": "practices-approval",
                "title": "Catalogue of good practices",
                "asked": 1,
                "at_once": 1,
                "returned": 0,
                "rejected": 0,
                "most": 0,
            },
        ],
        "meetings": [
            {
                "key": "visit-1",
                "phase": 4,
                "scope": "pair-bergamo-sul-mare",
                "mode": "in-person",
                "met": "virtual",
                "planned_on": "2021-05-20",
                "happened_on": "2021-06-03",
                "without": False,
            },
            {
                "key": "visit-1",
                "phase": 4,
                "scope": "pair-liepkalns",
                "mode": "in-person",
                "met": None,
                "planned_on": "2021-05-20",
                "happened_on": "2021-05-20",
                "without": False,
            },
            {
                "key": "visit-3",
                "phase": 7,
                "scope": "pair-liepkalns",
                "mode": "in-person",
                "met": None,
                "planned_on": "2022-05-20",
                "happened_on": None,
                "without": False,
            },
        ],
        "open": [
            {
                "phase": 7,
                "key": "plan-adoption",
                "title": METHOD.gates["plan-adoption"].title,
                "scope": "city-bergamo-sul-mare",
                "asked_on": "2022-06-01",
                "planned_on": "2022-07-15",
                "due_on": "2022-07-29",
                "round": 1,
                "owed_by": [{"organisation": "bergamo-sul-mare", "role": "council"}],
            }
        ],
        "decisions": {"approve": 60, "return": 7},
        "tacit": 2,
        "changes": [
            {
                "on": "2020-08-01",
                "kind": "deadline-moved",
                "what": "Needs assessment questionnaire",
                "where": "city-norden",
                "old": "2020-07-15",
                "new": "2020-08-15",
                "why": "extended by the coordinator",
            },
            {
                "on": "2021-02-01",
                "kind": "went-without",
                "what": "City profile",
                "where": "city-hafen",
                "old": None,
                "new": None,
                "why": "",
            },
        ],
        "notices": {"sent": 640, "reminders": 210, "failed": 1, "by_kind": {"invitation": 430, "reminder": 210}},
    } | changes
