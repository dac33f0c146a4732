"""Invented bodies of phases 4 to 7: visits, consultation, workshop, academy and peers. Valid for the samples' programme."""

from __future__ import annotations

from typing import Any

from tests.documents.bodies_of_phases_1_to_3 import session

Json = dict[str, Any]
MENTOR, MENTEE = "norden", "bergamo-sul-mare"
DAYS = {1: ("2021-05-20", "2021-05-21"), 2: ("2021-10-28", "2021-11-02"), 3: ("2022-05-12", "2022-05-12")}
MODES = {1: "virtual", 2: "in-person", 3: "hybrid"}


def direction(number: int) -> Json:
    """The mentor receives twice, then the mentee."""
    host, guest = (MENTOR, MENTEE) if number < 3 else (MENTEE, MENTOR)
    first, last = DAYS[number]
    return {"host": host, "guest": guest, "mode": MODES[number], "starts_on": first, "ends_on": last}


def sessions(number: int, *titles: str) -> list[Json]:
    """A session an hour, on the first day of the visit."""
    first, _ = DAYS[number]
    return [session(first, f"{9 + at:02}:30", title, place="Town hall") for at, title in enumerate(titles)]


def visit_agenda(number: int = 1, **changes: Any) -> Json:
    return {
        **direction(number),
        "aims": ["Understand who carries the practice"],
        "sessions": sessions(number, f"Welcome to visit {number}", "A walk to the open house", "Talks with finance"),
        "participants": [{"role": "City officers", "side": "guest", "invited": 8, "attended": None}],
        "network_participation": "The network joins in the evening.",
        "interpreters": ["Italian – English, both days"],
        "needs": ["A hearing loop"],
        "logistics": "Everything can be walked.",
        "budget": [{"item": "Interpreters", "amount": 1500, "paid_by": "Host"}],
        "budget_total": 1500,
    } | changes


def finding(at: int) -> Json:
    return {
        "key_factor": f"KF{at + 1}",
        "finding": f"Seen at the counter: condition {at + 1} rests on two people.\n\nBoth have been there from the start.",
        "consequence": f"Name a deputy for condition {at + 1}." if at % 2 == 0 else "",
    }


def visit_report(number: int = 1, factors: int = 4, **changes: Any) -> Json:
    return {
        **direction(number),
        "participants": [
            {"role": "City officers", "side": "host", "invited": 12, "attended": 10},
            {"role": "City officers", "side": "guest", "invited": 8, "attended": 7},
            {"role": "Members of the network", "side": "local-support-network", "invited": None, "attended": None},
            {"role": "Elected members", "side": "host", "invited": 6, "attended": 0},
        ],
        "summary": f"Visit {number} was about what makes the open house last.\n\nIt ended with an evening at long tables.",
        "objectives": [f"Objective of visit {number}", "Find out what it costs"],
        "programme": sessions(number, f"Welcome to visit {number}", "A walk to the open house", "An evening at long tables"),
        "network_participation": "Four bodies of both networks sat at every table.",
        "findings": [finding(at) for at in range(factors)],
        "ideas": [f"Cook together from visit {number} on", "One folder for all offices"],
        "obstacles": ["Two offices with different rules"],
        "recommendations": ["Begin with one neighbourhood", "Ask finance before the summer"],
        "follow_ups": [
            {"what": f"Send the papers of visit {number}", "who": "Project lead of the host", "by": "2022-06-30"},
            {"what": f"Call again after visit {number}", "who": "Both project leads", "by": None},
        ],
        "quotes": [{"text": f"On visit {number} we were asked for the first time.", "role": "Member of the network", "consent": True}],
    } | changes


def comment(at: int = 0, **changes: Any) -> Json:
    return {
        "comment": f"Comment number {at + 1}: more evenings, please.",
        "author_role": ("Migrants' association", "Advice centre", "Municipal officer")[at % 3],
        "response": f"Response number {at + 1}: yes, from autumn on." if at % 2 == 0 else f"Response number {at + 1}: not this year.",
        "change": f"A{at + 1} has two more evenings." if at % 2 == 0 else "",
    } | changes


def comments(count: int = 5, **changes: Any) -> Json:
    return {
        "held_on": "2021-11-20",
        "summary": "An evening at the school.\n\nThe plan was read out in three languages.",
        "comments": [comment(at) for at in range(count)],
    } | changes


def opinion(**changes: Any) -> Json:
    return {"summary": "A good plan that a small team can carry.", "keep": ["A1"], "change": [], "add": ["A word on housing"]} | changes


def workshop(**changes: Any) -> Json:
    return {
        "title": "Transfer workshop on the open house",
        "summary": "A day on what can be passed on.\n\nNothing was copied.",
        "mode": "hybrid",
        "starts_on": "2021-12-14",
        "ends_on": "2021-12-14",
        "participants": [
            {"role": "City officers", "side": "host", "invited": 12, "attended": 11},
            {"role": "Officers of other cities", "side": "other", "invited": None, "attended": None},
        ],
        "objectives": ["The plan meets its peers"],
        "programme": [session("2021-12-14", "10:00", "The plan in brief", summary="Ten minutes, then questions.")],
        "evaluation": [{"question": "The feedback was concrete.", "mean": 4.4, "answers": 11}],
        "comments": ["Smaller groups next time."],
        "materials": [{"title": "Form for feedback", "kind": "form", "website": "https://www.norden.example/form"}],
        "follow_ups": [{"what": "Send the feedback in writing", "who": "Project lead of the mentor", "by": "2021-12-20"}],
        "transferred": [transfer(), transfer("Asking in the queue", giver=MENTEE, taker=MENTOR, key_factor=None)],
        "quotes": [{"text": "We copied the question, not the answer.", "role": "Officer of the mentee", "consent": True}],
        "conclusions": "The plan holds; two actions begin later.",
    } | changes


def transfer(practice: str = "The open house", **changes: Any) -> Json:
    return {
        "practice": practice,
        "giver": MENTOR,
        "taker": MENTEE,
        "adaptation": "In a school kitchen instead.\n\nOn Fridays.",
        "key_factor": "KF2",
    } | changes


def academy(**changes: Any) -> Json:
    return {
        "title": "Academy on cities for all",
        "summary": "Two days with twenty local governments.",
        "mode": "in-person",
        "starts_on": "2022-11-10",
        "ends_on": "2022-11-11",
        "participants": [{"role": "Officers of local governments", "side": "other", "invited": 40, "attended": 34}],
        "objectives": ["Members can use the benchmark"],
        "programme": [
            session("2022-11-10", "10:00", "The method step by step"),
            session("2022-11-11", "09:00", "Working on own cases"),
        ],
        "evaluation": [{"question": "I would use the toolkit.", "mean": 3.5, "answers": 30}],
        "comments": ["More on money."],
        "materials": [{"title": "Toolkit draft", "kind": "toolkit", "website": None}],
        "follow_ups": [{"what": "Send the slides to all members", "who": "Officer of the association", "by": "2022-11-30"}],
        "audience": "Members with fewer than 50 000 residents, invited by circular.",
        "competences": [{"competence": "Using a benchmark", "before": 2.1, "after": 3.6, "answers": 30}],
        "next_steps": "The toolkit goes on the association's site.",
    } | changes


RATED = {"answers-the-needs": 5, "clear-and-complete": 4, "can-be-done": 4, "migrants-take-part": 3, "paid-for": 1}


def plan_review(plan: str = MENTEE, **changes: Any) -> Json:
    return {
        "plan": plan,
        "strengths": [f"Each action of {plan} has an owner"],
        "gaps": [f"{plan} leaves open who pays after a year"],
        "ratings": [{"criterion": key, "rating": value, "reason": f"Reason for {key}"} for key, value in RATED.items()],
        "suggestions": [
            {"action": "A1", "suggestion": "Begin a month earlier"},
            {"action": None, "suggestion": "One page that everybody can read"},
        ],
    } | changes


def peer_review(*plans: str) -> Json:
    """Feedback on these plans; on the mentee's own and another where none is named."""
    return {
        "reviews": [plan_review(plan) for plan in plans or (MENTEE, "liepkalns")],
        "take_home": ["One desk for all offices"],
        "note": "Read by the project lead and two departments.",
    }
