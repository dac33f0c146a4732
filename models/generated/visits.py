"""Generated agendas, briefing packs and reports of study visits: one visit told three times, each time as far as it is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from models.definition import Meeting
from models.generated.benchmarks import key_factors
from models.generated.meetings_ahead import host_and_guest, meeting, mentor_of, short_name, tuesday_from
from models.generated.story import Body, Story

AGENDA_WEEKS = 7
"""How long before the visit its agenda is proposed. Source: `domain.md`, "The seven phases"."""
SOONEST_DAYS, REPORT_DAYS = 14, 7
"""How far ahead an agenda looks at least; how long before its report a visit without a usable agenda ended."""

# day of the visit, starts, ends, title, place, who leads it, what happens, whether it is about key factors
SESSIONS = {
    1: (
        (0, "09:30", "10:00", "Welcome", "Town hall", "Project lead of the host", "Both cities say what they hope for.", False),
        (0, "10:00", "12:30", "The practice where it happens", "Where the practice is at home", "Integration officer", "A walk.", True),
        (0, "14:00", "16:30", "Talks with those who run it", "Offices of the city", "Heads of the services", "Questions first.", True),
        (0, "18:00", "19:30", "An evening with the network", "Community centre", "Local support network", "Newcomers tell.", False),
        (1, "09:30", "12:00", "First ideas for actions", "Town hall", "Facilitator", "One idea for each key factor.", True),
        (1, "12:00", "12:30", "What follows", "Town hall", "Project leads of both cities", "Promises with dates.", False),
    ),
    2: (
        (0, "09:30", "10:00", "Welcome back", "Town hall", "Project lead of the host", "What has changed since the first visit.", False),
        (0, "10:00", "12:30", "The plan, action by action", "Town hall", "Project lead of the guest", "What holds, what does not.", True),
        (0, "14:00", "16:30", "Talks with finance and departments", "Town hall", "Heads of department", "What it takes.", True),
        (1, "09:30", "11:30", "The network looks at the plan", "Community centre", "Local support network", "Comments are noted.", True),
        (1, "11:30", "12:30", "What follows", "Town hall", "Facilitator", "Promises with dates.", False),
    ),
    3: (
        (0, "09:30", "10:00", "Welcome", "Town hall", "Project lead of the host", "How far the plan has come.", False),
        (0, "10:00", "12:30", "The plan as it goes to the council", "Council chamber", "Project lead of the mentee", "In full.", True),
        (0, "14:00", "16:30", "What has already begun", "Around the city", "Integration officer", "Seen on the spot.", True),
        (0, "18:00", "19:30", "An evening with the network", "Community centre", "Local support network", "What must stay.", False),
        (1, "09:30", "12:00", "What the mentor would do differently", "Town hall", "Facilitator", "Advice, action by action.", True),
    ),
}
BETWEEN = ("10:00", "16:00", "On the spot, in small groups", "Around the city", "Services of the host", "As the guests wish.")
"""What takes place on the days of a longer visit that are neither its first nor its last."""
AIMS = {
    1: ("See the practice at work", "Understand what it costs and who carries it", "Come home with ideas for actions"),
    2: ("Test each action with those who know the work", "Find out what each action costs", "Agree what has to change in the plan"),
    3: ("Review the whole plan before it is decided", "See what has begun", "Agree how the two cities stay in touch"),
}
# role, side, least, most; fewer than five are never counted
EXPECTED = (
    ("City officers", "host", 6, 14),
    ("City officers", "guest", 5, 9),
    ("Members of the local support network", "local-support-network", 6, 18),
    ("Elected members", "host", 5, 8),
)
SEEN = (
    "Seen at work in two offices",
    "Told by those who run it",
    "Discussed with the local support network",
    "Shown with last year's figures",
)
IDEAS = (
    "Open one evening a week",
    "Ask newcomers before the form is printed",
    "One folder for all offices",
    "Begin in one neighbourhood",
)
OBSTACLES = (
    "Two offices with different rules",
    "No line of its own in the budget yet",
    "Few people with time for it",
    "Rooms only in the mornings",
)
RECOMMENDED = {
    1: ("Begin with one neighbourhood", "Name one person who answers for the plan", "Ask finance before the plan is written"),
    2: ("Give every action a date and an owner", "Leave out what nobody can carry", "Take up what the network said"),
    3: ("Take the plan to the council before the summer", "Measure the baseline now", "Tell residents what was decided"),
}
PROMISED = (
    ("Send the job description of the team", "Project lead of the host", 14),
    ("Send the figures of the last three years", "Integration officer of the host", 28),
    ("Call again and compare notes", "Project leads of both cities", 35),
    ("Tell the local support network what was seen", "Project lead of the guest", 21),
)
SAID = (
    ("We were asked for the first time.", "Member of the local support network"),
    ("It began with a table and six chairs.", "Officer of the host"),
    ("I want to try this at home on Monday.", "Officer of the guest"),
)


def number_of(gate: str) -> int:
    """Which of the three visits a gate belongs to: "visit-2-report" is about the second."""
    found = re.match(r"visit-([123])-", gate)
    return int(found[1]) if found else 1


def visit_agenda(story: Story) -> Body:
    """What the guest proposes: the days of the visit plan where they are still ahead, sessions that cover every key factor."""
    number = number_of(story.gate)
    first, last = _planned_days(story, number)
    plan = meeting(story, f"visit_{number}")
    host, guest = host_and_guest(story, f"visit_{number}")
    budget = _budget(story, plan)
    return {
        "host": host,
        "guest": guest,
        "mode": plan.mode,
        "starts_on": first.isoformat(),
        "ends_on": last.isoformat(),
        "aims": [f"{line} (generated)" for line in AIMS[number]],
        "sessions": _sessions(story, number, plan, first, last),
        "participants": _expected(story),
        "network_participation": "Generated text. The local support networks of both cities are invited to the sessions with residents.",
        "interpreters": ["For the meetings with residents (generated)"],
        "needs": ["Step-free rooms (generated)"],
        "logistics": "Generated text. " + ("One link for all sessions." if plan.mode == "virtual" else "Everything can be walked."),
        "budget": budget,
        "budget_total": sum(line["amount"] for line in budget),
    }


def _planned_days(story: Story, number: int) -> tuple[date, date]:
    """The days in the pair's visit plan; two days from a Tuesday some weeks ahead where the plan has none to come."""
    plan = story.latest("visit-plan", scope=story.scope)
    for visit in plan["visits"] if plan else ():
        first = date.fromisoformat(visit["starts_on"])
        if visit["number"] == number and first >= story.today + timedelta(days=SOONEST_DAYS):
            return first, max(date.fromisoformat(visit["ends_on"]), first + timedelta(days=1))
    first = tuesday_from(story.today + timedelta(weeks=AGENDA_WEEKS))
    return first, first + timedelta(days=1)


def _sessions(story: Story, number: int, plan: Meeting, first: date, last: date) -> list[Body]:
    """The sessions of that visit on its first and last day, and one on each day between; key factors are shared out over them."""
    about = [at for at, session in enumerate(SESSIONS[number]) if session[-1]]
    shares: dict[int, list[str]] = {at: [] for at in about}
    for at, factor in enumerate(_settled(story)):
        shares[about[at % len(about)]].append(factor)
    rows = [_session(plan, (first, last)[day], told, shares.get(at, [])) for at, (day, *told, _) in enumerate(SESSIONS[number])]
    between = [_session(plan, first + timedelta(days=day), BETWEEN, []) for day in range(1, (last - first).days)]
    return sorted([*rows, *between], key=lambda session: (session["on"], session["starts"]))


def _session(plan: Meeting, on: date, told: Sequence[Any], factors: list[str]) -> Body:
    starts, ends, title, place, who, summary = told
    return {
        "on": on.isoformat(),
        "starts": starts,
        "ends": ends,
        "title": title,
        "place": "Online" if plan.mode == "virtual" else place,
        "who": who,
        "summary": f"Generated text. {summary}",
        "key_factors": factors,
    }


def _settled(story: Story) -> list[str]:
    """Ids of the key factors of the pair's benchmark; none where no benchmark came in."""
    benchmark = story.latest("benchmark", scope=story.scope)
    return [str(factor["id"]) for factor in benchmark["key_factors"]] if benchmark else []


def _expected(story: Story) -> list[Body]:
    """Who is expected, by role; of the facilitator come fewer than five, so no count is given."""
    rows = [
        {"role": role, "side": side, "invited": story.rng.randint(least, most), "attended": None} for role, side, least, most in EXPECTED
    ]
    return [*rows, {"role": "Facilitator", "side": "facilitator", "invited": None, "attended": None}]


def _budget(story: Story, plan: Meeting) -> list[Body]:
    """Travel unless the visit is a call, and interpreters."""
    payer = "Programme budget" if story.definition.funding else "Each city for its own people"
    items = ["Interpreters"] if plan.mode == "virtual" else ["Travel and nights", "Interpreters"]
    return [{"item": f"{item} (generated)", "amount": story.rng.randrange(5, 30) * 100, "paid_by": payer} for item in items]


def visit_briefing(story: Story) -> Body:
    """What the host sends: whom the guests meet as in the agenda, and the practices or the plan they come to see."""
    number = number_of(story.gate)
    agenda = _agenda(story, number)
    here = short_name(story, agenda["host"])
    leading = dict.fromkeys(session["who"] for session in agenda["sessions"] if session["who"])
    return {
        "practicalities": f"Generated text. All sessions are online; the link from {here} comes by mail the week before."
        if agenda["mode"] == "virtual"
        else f"Generated text. Everybody meets at the town hall of {here}; the way there is described in the invitation.",
        "people": [{"role": role, "organisation": "", "why": "Leads a session and answers questions (generated)"} for role in leading]
        or [{"role": "Project lead of the host", "organisation": "", "why": "Answers questions (generated)"}],
        "background": _background(story, number),
        "reading": ["The benchmark and its key factors (generated)", "The plan of the study visits (generated)"],
        "access": "Generated text. All rooms can be reached without steps; the host's project lead answers questions.",
    }


def _agenda(story: Story, number: int) -> Mapping[str, Any]:
    """The agenda of that visit; one made up where none came in."""
    gate = f"visit-{number}-agenda"
    found = next((item["body"] for item in story.written("visit-agenda", scope=story.scope) if item["gate"] == gate), None)
    return found or visit_agenda(replace(story, gate=gate))


def _background(story: Story, number: int) -> list[Body]:
    """The mentor's practices; from the second visit on the mentee's plan as well."""
    factors = _settled(story)
    found: list[Body] = []
    if number > 1 and (plan := story.latest("action-plan", scope=f"city-{story.place}")):
        about = [key for key in factors if any(key in action["key_factors"] for action in plan["actions"])]
        found.append({"title": "The action plan as it stands", "text": plan["summary"], "key_factors": about})
    found += [{"title": practice["title"], "text": practice["description"], "key_factors": []} for practice in practices(story)]
    return found[:30] or [
        {"title": "The city and its newcomers (generated)", "text": "Generated text. Who lives here.", "key_factors": factors[:1]}
    ]


def practices(story: Story) -> Sequence[Mapping[str, Any]]:
    """What the mentor of the scope's pair wrote down of its practice, that on the pair's theme first."""
    written = story.latest("good-practice", organisation=mentor_of(story))
    return sorted(written["practices"], key=lambda practice: practice["theme"] != story.pair_theme) if written else ()


def visit_report(story: Story) -> Body:
    """What took place: as the agenda had it, with a finding on every key factor of the benchmark; its days are over."""
    number = number_of(story.gate)
    agenda = _agenda(story, number)
    shift = _shift(story, agenda)
    host, guest = short_name(story, agenda["host"]), short_name(story, agenda["guest"])
    return {
        "mode": agenda["mode"],
        "starts_on": _moved(agenda["starts_on"], shift),
        "ends_on": _moved(agenda["ends_on"], shift),
        "participants": _came(story, agenda["participants"]),
        "host": agenda["host"],
        "guest": agenda["guest"],
        "summary": f"Generated text. {guest} visited {host}; {len(agenda['sessions'])} sessions took place.",
        "objectives": list(agenda["aims"]),
        "programme": [dict(session) | {"on": _moved(session["on"], shift)} for session in agenda["sessions"]],
        "network_participation": "Generated text. Members of the local support networks took part and put their own questions.",
        "findings": [_finding(story, factor) for factor in key_factors(story)],
        "ideas": _ideas(story),
        "obstacles": [f"{line} (generated)" for line in story.some(OBSTACLES, 1, 2)],
        "recommendations": [f"{line} (generated)" for line in RECOMMENDED[number]],
        "follow_ups": [
            {"what": f"{what} (generated)", "who": who, "by": story.days(days)} for what, who, days in PROMISED[: story.rng.randint(2, 4)]
        ],
        "quotes": [
            {"text": f"{text} (generated)", "role": role, "consent": True} for text, role in SAID[: story.rng.randint(0, len(SAID))]
        ],
    }


def _shift(story: Story, agenda: Mapping[str, Any]) -> timedelta:
    """By how much the visit took place earlier than the agenda says: not at all where the agenda's days are over."""
    last = date.fromisoformat(agenda["ends_on"])
    return timedelta(0) if last <= story.today else story.today - timedelta(days=REPORT_DAYS) - last


def _moved(day: str, shift: timedelta) -> str:
    return (date.fromisoformat(day) + shift).isoformat()


def _ideas(story: Story) -> list[str]:
    """What to do at home: the mentor's practice first, where it is written down."""
    seen = [f"As at the mentor's: {practice['title']}"[:280] for practice in practices(story)[:1]]
    return [f"{line} (generated)" for line in [*seen, *story.some(IDEAS, 1, 3)]]


def _came(story: Story, expected: Iterable[Mapping[str, Any]]) -> list[Body]:
    """Most of those expected came; a count that would fall under five is left out."""
    rows: list[Body] = []
    for row in expected:
        invited = row["invited"]
        came = None if invited is None else invited - story.rng.randint(0, invited // 4)
        rows.append(dict(row) | {"attended": came if came is None or came >= 5 or came == 0 else None})
    return rows


def _finding(story: Story, factor: Mapping[str, Any]) -> Body:
    return {
        "key_factor": factor["id"],
        "finding": f"Generated text. “{factor['title']}”: {story.rng.choice(SEEN).lower()}; it needs a mandate and one person with time.",
        "consequence": "Generated text. To be an action of the plan." if story.rng.random() < 0.7 else "",
    }
