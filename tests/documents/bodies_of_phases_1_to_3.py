"""Invented contribution bodies of phases 1 to 3, valid for the samples' programme."""

from __future__ import annotations

from typing import Any

from tests.documents.bodies import THEMES

Json = dict[str, Any]


def pair_terms() -> Json:
    return {
        "theme": "city-for-all",
        "aim": "Both cities know who arrives, and meet them with one voice.\n\nThe plan is adopted by the council.",
        "duties": [
            {"party": "mentee", "role": "Project lead of the mentee", "tasks": ["Writes the action plan", "Asks finance early"]},
            {"party": "mentor", "role": "Project lead of the mentor", "tasks": ["Shows the open house", "Comments on the plan"]},
            {"party": "both", "role": "Press offices", "tasks": ["Tell residents what was seen"]},
        ],
        "calendar": [
            {"what": "First study visit", "on": "2021-05-20", "note": "Moves online if travel is not possible"},
            {"what": "Transfer workshop", "on": "2021-12-14", "note": ""},
            {"what": "Meeting of both mayors", "on": None, "note": "After the elections"},
        ],
        "resources": [
            {"what": "Time of the project lead", "by": "mentor", "days": 20, "amount": None},
            {"what": "Time of the project lead and of finance", "by": "mentee", "days": 45, "amount": None},
            {"what": "Interpreters at the visits", "by": "mentee", "days": None, "amount": 3000},
            {"what": "Travel of both groups", "by": "programme", "days": None, "amount": 9000},
            {"what": "A room with a hearing loop", "by": "mentor", "days": None, "amount": None},
        ],
        "languages": ["en", "it"],
        "interpretation": "The host finds the interpreters; the mentee pays for them.",
        "communication": "A call on the first Tuesday of each month.",
        "data_protection": "Function mailboxes and counts only; nothing on individual migrants.",
        "exit": "A month's notice in writing to the coordinator.",
        "replacement": "The Steering Committee names another mentor within two months.",
        "special_terms": ["Photographs only with consent", "Papers of the visits belong to both cities"],
    }


def practice(at: int = 0, **changes: Any) -> Json:
    return {
        "title": f"Open house number {at + 1}",
        "theme": list(THEMES)[at % 3],
        "local_government": "",
        "problem": "Newcomers and neighbours never met.\n\nRumours filled the gap.",
        "target_group": "Newcomers and their neighbours",
        "description": "A house in which people cook together every Thursday.",
        "cost": "About 40 000 euro a year, city budget",
        "results": "About 200 people come in a month, as counted at the door.",
        "conditions": "A kitchen, and two people who stay for some years.",
        "transferability": "A school kitchen does as well.",
        "contact_role": "Head of the integration office",
        "website": "https://www.norden.example/open-house",
    } | changes


def practices(count: int = 1, **changes: Any) -> Json:
    return {"practices": [practice(at, **changes) for at in range(count)]}


def stakeholder(at: int = 0, **changes: Any) -> Json:
    kinds = ("migrants-association", "non-governmental-organisation", "municipal-service", "other-public-body", "education")
    return {
        "organisation": f"Association of newcomers number {at + 1} (illustrative)",
        "kind": kinds[at % 5],
        "interest": 5 - at % 3,
        "influence": 1 + at % 4,
        "contribution": "Knows what stops people from coming",
        "invited": at % 2 == 0,
    } | changes


def stakeholder_map(count: int = 5) -> Json:
    return {
        "summary": "Those who care most can move least.",
        "stakeholders": [stakeholder(at) for at in range(count)],
        "missing": ["Farm workers who live outside the town"],
        "approach": "The project lead calls on each of them.",
    }


def member(at: int = 0, **changes: Any) -> Json:
    return {
        "organisation": f"Association of newcomers number {at + 1} (illustrative)",
        "kind": "school" if at else "migrants' association",
        "migrant_led": at == 0,
        "consent": True,
        "role": "Speaks for learners",
    } | changes


def network(count: int = 3) -> Json:
    return {
        "mandate": "The network is heard before the plan goes to the council.",
        "members": [member(at) for at in range(count)],
        "meetings": "Every second month in the evening, at the school.",
        "decision_rules": "By consent; different opinions are written down.",
        "data_protection": "Only organisations are listed.",
        "exception": None,
    }


def network_without_migrants() -> Json:
    exception = {"reason": "The newcomers' association is being founded.", "by": "2021-06-30"}
    return network() | {"members": [member(at, migrant_led=False) for at in range(3)], "exception": exception}


def training() -> Json:
    return {
        "title": "Mentoring training for all cities",
        "summary": "Two mornings online.\n\nThe pairs worked in rooms of their own.",
        "mode": "virtual",
        "starts_on": "2020-12-09",
        "ends_on": "2020-12-10",
        "participants": [
            {"role": "City officers", "side": "other", "invited": 24, "attended": 18},
            {"role": "Officers of associations", "side": "association", "invited": None, "attended": 7},
        ],
        "objectives": ["Everybody knows what a mentor does", "Each pair has its first questions"],
        "programme": [
            session("2020-12-10", "09:30", "Asking instead of telling"),
            session("2020-12-09", "11:00", "Founding a network", summary="Who is at the table.\n\nWho is missing."),
            session("2020-12-09", "09:30", "Mentoring step by step"),
        ],
        "evaluation": [
            {"question": "The training was useful for my work.", "mean": 4.2, "answers": 21},
            {"question": "There was enough time.", "mean": 1, "answers": 20},
        ],
        "comments": ["More time in small groups, please."],
        "materials": [
            {"title": "Slides", "kind": "slides", "website": "https://www.cities.example/slides"},
            {"title": "Checklist for a visit", "kind": "", "website": None},
        ],
        "follow_ups": [{"what": "Send the slides", "who": "Facilitator", "by": "2020-12-18"}],
        "competences": [
            {"competence": "Asking the right questions", "before": 2.4, "after": 3.8, "answers": 21},
            {"competence": "Finding rooms", "before": 4.5, "after": 4.2, "answers": 21},
            {"competence": "Writing minutes", "before": 4, "after": 4, "answers": 21},
        ],
    }


def session(on: str, starts: str | None, title: str, **changes: Any) -> Json:
    return {
        "on": on, "starts": starts, "ends": None, "title": title, "place": "Online", "who": "Facilitator", "summary": "", "key_factors": [],
    } | changes  # fmt: skip


def visit(number: int, starts_on: str, ends_on: str, **changes: Any) -> Json:
    return {
        "host": "norden",
        "guest": "bergamo-sul-mare",
        "mode": "in-person",
        "starts_on": starts_on,
        "ends_on": ends_on,
        "number": number,
        "focus": ("See the practice", "Consolidate the plan", "Review all plans")[number - 1],
        "agenda": ["A walk to the open house", f"Talks of visit number {number}"],
    } | changes


def visit_plan() -> Json:
    back = {"host": "bergamo-sul-mare", "guest": "norden"}
    return {
        "introduction": "The pair wants to see, to consolidate and to review.",
        "visits": [
            visit(1, "2021-05-20", "2021-05-21", mode="virtual"),
            visit(2, "2021-10-28", "2021-11-02"),
            visit(3, "2022-05-12", "2022-05-12", mode="hybrid", **back),
        ],
        "roles": [{"role": "Project lead of the host", "tasks": "Proposes places and people"}],
        "network_participation": "Each visit has an evening with the network of the host.",
        "logistics": "Rooms without steps; interpreters on all days.",
        "budget": [
            {"item": "Travel and nights, visit 2", "amount": 4000, "paid_by": "Programme budget"},
            {"item": "Interpreters", "amount": 1500, "paid_by": "Host"},
            {"item": "Travel and nights, visit 3", "amount": 2500, "paid_by": "Programme budget"},
        ],
        "budget_total": None,
        "questions": [
            {"question": "What would you leave out today?", "key_factor": None},
            {"question": "Who was against it at first?", "key_factor": "KF2"},
            {"question": "What did it cost?", "key_factor": "KF1"},
        ],
    }
