"""Generated terms of a pair: who does what, when, with which means, and how one of the two leaves."""

from __future__ import annotations

from models.generated.meetings_ahead import meeting, mentor_of, shared_languages, short_name, tuesday_in, week_of
from models.generated.story import Body, Story

TERMS_WEEK, BENCHMARK_WEEKS = 14, 8
"""When terms are written, from launch, and how long a benchmark takes in phase 2. Source: `domain.md`, "The seven phases"."""
MEETINGS = {
    "visit_1": "First study visit",
    "visit_2": "Second study visit",
    "workshop": "Transfer workshop",
    "visit_3": "Third study visit",
}
DUTIES = (
    ("mentor", "Project lead of the mentor", ("Shows its practice and brings in those who run it", "Gives an opinion on the plan")),
    ("mentee", "Project lead of the mentee", ("Writes the action plan", "Asks finance, departments and the local support network early")),
    ("both", "Project leads of both cities", ("Prepare each visit together", "Report in the time agreed")),
)
PASSED_ON = ("association", "Contact of the association", ("Passes the results on to its members",))


def pair_terms(story: Story) -> Body:
    """Terms on the pair's theme, in the languages both cities work in, with the meetings as the programme file plans them."""
    mentor, mentee = short_name(story, mentor_of(story)), short_name(story, story.place)
    return {
        "theme": story.pair_theme,
        "aim": f"Generated text. {mentor} and {mentee} want to get further with “{story.theme(story.pair_theme)}”: "
        "a plan that the council adopts, and contacts between the offices that last.",
        "duties": _duties(story),
        "calendar": _calendar(story),
        "resources": _resources(story),
        "languages": shared_languages(story),
        "interpretation": "Generated text. The host finds interpreters for meetings with residents; the guest translates short papers.",
        "communication": "Generated text. A call every month; after each visit both cities tell their residents what was seen.",
        "data_protection": "Generated text. Function mailboxes and counts only; no data on individual migrants is exchanged.",
        "exit": "Generated text. Either city may leave with a month's notice in writing to the coordinator.",
        "replacement": "Generated text. The Steering Committee looks for another partner for the city that stays; papers are handed on.",
        "special_terms": ["Photographs of people only with their consent (generated)"],
    }


def _duties(story: Story) -> list[Body]:
    """Both sides, and the association where the mentee has one."""
    found = [*DUTIES, PASSED_ON] if story.definition.organisation(story.place).association else list(DUTIES)
    return [{"party": party, "role": role, "tasks": [f"{task} (generated)" for task in tasks]} for party, role, tasks in found]


def _calendar(story: Story) -> list[Body]:
    """The benchmark, then the meetings, in the order of their days."""
    settled = story.definition.phase_plan(2).week + BENCHMARK_WEEKS
    entries = [(settled, "Benchmark and key factors settled", "After the pair's workshop")]
    for key, what in MEETINGS.items():
        online = meeting(story, key).mode == "virtual"
        entries.append((week_of(story, key), what, "Online" if online else "Moves online if travel is not possible"))
    entries.sort(key=lambda entry: entry[0])
    return [
        {"what": what, "on": tuesday_in(story, week, TERMS_WEEK).isoformat(), "note": f"{note} (generated)"} for week, what, note in entries
    ]


def _resources(story: Story) -> list[Body]:
    """Days of work of both sides, the money for travel, and rooms, which are neither."""
    days, travel = story.rng.randrange(15, 45, 5), story.rng.randrange(4, 13) * 1000
    return [
        {"what": "Time of the project lead (generated)", "by": "mentor", "days": days, "amount": None},
        {"what": "Time of the project lead (generated)", "by": "mentee", "days": days + 20, "amount": None},
        {"what": "Time of departments and finance (generated)", "by": "mentee", "days": 10, "amount": None},
        {
            "what": "Travel and interpreters (generated)",
            "by": "programme" if story.definition.funding else "both",
            "days": None,
            "amount": travel,
        },
        {"what": "Rooms for meetings (generated)", "by": "both", "days": None, "amount": None},
    ]
