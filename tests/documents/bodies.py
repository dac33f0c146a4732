"""Invented contribution bodies, one of each kind the documents have a layout of their own for."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
THEMES = {"city-for-all": "A vision of a city for all", "language": "Formal and informal language learning", "work": "Decent employment"}


def needs(population: int = 30_000, count: int = 5) -> Json:
    themes = list(THEMES)
    return {
        "context": "A town by the sea, with a harbour and an old centre.\n\nPeople have come and gone for centuries.",
        "population": population,
        "foreign_origin_share": 12.5,
        "figures": [
            {
                "label": "Households with a member born abroad",
                "value": 2150,
                "unit": "households",
                "year": 2020,
                "source": "Municipal register",
            }
        ],
        "governance": "The council decides; the social department acts.",
        "services": [{"name": "Evening courses", "description": "Two groups a week.", "target_group": "Adults"}],
        "stakeholders": [{"name": "Association of newcomers (illustrative)", "kind": "migrants' association"}],
        "needs": [
            {
                "theme": themes[at % 3],
                "title": f"Need number {at + 1}, said in one line",
                "description": "What is missing and for whom.",
                "severity": 5 - at % 5,
                "people_affected": 400,
            }
            for at in range(count)
        ],
        "gaps": ["Nobody coordinates the courses."],
        "data_limits": "Second homes hide who really lives here.",
    }


def profile() -> Json:
    return {
        "strengths": [
            {
                "theme": "city-for-all",
                "title": "One desk for all",
                "description": "Since 2015.",
                "level": 4,
                "evidence": "Visited by ten cities.",
            }
        ],
        "capacity_mentees": 1,
        "working_languages": ["en", "it"],
        "wished_themes": ["language"],
        "vetoes": [],
        "available": True,
        "practice": "A house where newcomers and neighbours cook together every Thursday.",
    }


def benchmark(count: int = 4) -> Json:
    return {
        "theme": "city-for-all",
        "title": "A city everyone finds the way in",
        "policy_background": "European action plan on integration.",
        "statement": "Everyone who arrives finds, within a month, the services they need.",
        "key_factors": [
            {
                "id": f"KF{at + 1}",
                "title": f"Condition number {at + 1} is in place",
                "why": "Without it nothing works.",
                "how": "By doing it together.",
                "guiding_questions": ["Who is asked?", "Who answers?"],
                "indicators": ["Share of people reached"],
                "mentor_example": "The mentor's open house.",
            }
            for at in range(count)
        ],
        "additional_factors": ["National law"],
        "sources": ["European Website on Integration"],
    }


def ratings(value: int = 1, count: int = 4) -> Json:
    return {
        "ratings": [{"key_factor": f"KF{at + 1}", "rating": value, "evidence": "Minutes of the working group."} for at in range(count)],
        "note": "",
    }


def action(at: int) -> Json:
    year, month = 2022 + at % 2, at % 12 + 1
    return {
        "id": f"A{at + 1}",
        "title": f"Open evening courses in neighbourhood number {at + 1}",
        "objective": "O1" if at % 2 == 0 else "O2",
        "rationale": "People work by day.",
        "needs": ["Need number 1, said in one line"],
        "benchmark": "",
        "key_factors": ["KF1"],
        "sector": "Education",
        "target_group": "Adult newcomers",
        "description": "Courses twice a week in three schools.",
        "steps": ["Find rooms", "Find teachers", "Begin"],
        "lead": {"department": "Social affairs", "role": "Integration officer"},
        "partners": ["Library"],
        "migrant_involvement": "Learners choose the hours.",
        "start": f"{year}-{month:02}-01",
        "end": f"{year + 1}-{month:02}-28",
        "milestones": [{"title": "First course opens", "on": f"{year}-{month:02}-20"}],
        "cost": {"staff": 20000, "other": 5000},
        "funding": {"source": "City budget", "state": ("secured", "applied", "none")[at % 3]},
        "indicator": {
            "definition": "Learners who finish",
            "unit": "people",
            "source": "Lists, as counts",
            "baseline": {"value": 40, "on": "2021-12-31"},
            "target": {"value": 120, "on": "2023-12-31"},
            "frequency": "yearly",
        },
        "risk": {
            "title": "No teacher is found",
            "likelihood": 2,
            "impact": 4,
            "mitigation": "A shared pool",
            "owner": "Integration officer",
        },
        "assumptions": ["Schools stay open"],
        "mentor_practice": "Open house",
        "adaptation": "In schools instead.",
        "sustainability": "In the budget from 2024.",
        "priority": ("high", "medium", "low")[at % 3],
        "status": "planned",
        "progress": 0,
    }


def plan(count: int = 4) -> Json:
    return {
        "foreword": "A word by the mayor's office.",
        "summary": "The plan in short.",
        "context": "Where we stand.",
        "vision": "A city for all.",
        "objectives": [
            {"id": "O1", "title": "Find the way", "description": "In the first month."},
            {"id": "O2", "title": "Speak the language", "description": ""},
        ],
        "logic": "Courses lead to contact.",
        "actions": [action(at) for at in range(count)],
        "governance": "A board of five.",
        "participation": "The network meets monthly.",
        "monitoring": "Every quarter.",
        "risks": [{"title": "Elections", "likelihood": 3, "impact": 3, "mitigation": "Early decision", "owner": "Mayor's office"}],
        "communication": "In four languages.",
        "sustainability": "Posts become permanent.",
        "annexes": [{"title": "Bodies consulted", "text": "A list."}],
    }


def service(topic: str = "language-courses", **changes: Any) -> Json:
    return {
        "topic": topic,
        "name": "Courses for beginners",
        "description": "Twice a week.",
        "organisation": "City library",
        "where": "Town hall, ground floor",
        "when": "Monday to Friday, mornings",
        "cost": "free",
        "documents": ["A letter with your address"],
        "languages": ["it", "en"],
        "eligibility": "everybody",
        "booking": "no appointment needed",
        "papers_needed": False,
        "reported": "Nothing is reported.",
        "phone": "112",
        "mailbox": "courses@city.example",
        "website": "https://www.city.example/courses",
        "checked_on": "2021-09-01",
        "checked_by": "Service owner",
        "recheck_days": None,
        "status": "active",
    } | changes


def shop(*services: Json) -> Json:
    return {
        "publisher": "City of Bergamo sul Mare",
        "maintained_by": "Integration office",
        "languages": ["en", "it", "ar"],
        "introduction": "Welcome.",
        "own_site": None,
        "services": list(
            services or (service(), service("health", name="Doctor without appointment"), service("emergencies", name="Emergency call"))
        ),
        "feedback": "feedback@city.example",
        "accessibility": "",
        "imprint": None,
    }


def lesson() -> Json:
    return {"summary": "Start with people.", "worked": ["Cooking together"], "did_not_work": ["Meetings at noon"], "advice": ["Ask first"]}


def synthesis() -> Json:
    return {
        "introduction": "This guide is for any city.",
        "why": "Because neighbours learn best from neighbours.",
        "comparison": {"summary": "Plans differ in size.", "strengths": ["Concrete"], "gaps": ["Little on housing"]},
        "recommendations": ["Begin early"],
        "tools": [{"name": "Needs questionnaire", "purpose": "Same questions for all"}],
        "costs": "Two days a week per city.",
        "online_in_person": "Preparation works online.",
        "pitfalls": ["August"],
        "checklist": ["A named lead in every city"],
        "toolkit_introduction": "Read your theme first.",
        "key_messages": ["Mentoring works both ways"],
        "outlook": "Associations carry on.",
    }
