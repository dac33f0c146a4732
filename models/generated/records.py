"""Generated records: terms, maps, agendas, briefings, reports and notes."""

from __future__ import annotations

from collections.abc import Callable

from models.generated.benchmarks import key_factors
from models.generated.story import Body, Story

TITLES = {
    "pair-terms": "Terms of the pair",
    "stakeholder-map": "Stakeholder map",
    "training-record": "Mentoring training",
    "visit-plan": "Plan of the study visits",
    "visit-agenda": "Agenda of the study visit",
    "visit-briefing": "Briefing pack",
    "visit-report": "Report of the study visit",
    "peer-review": "Peer feedback",
    "workshop-record": "Transfer workshop",
    "toolkit-notes": "Toolkit draft",
    "academy-record": "Training academy",
}
HELD = frozenset({"training-record", "visit-report", "workshop-record", "academy-record"})
"""Records of something that took place."""

# heading, text, items; "{here}" is the scope's name
SECTIONS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "pair-terms": (
        ("Roles", "The mentor shows and advises; the mentee plans and decides.", ()),
        ("Calendar", "Three study visits and a transfer workshop, as the programme has them.", ()),
        ("Resources", "Each city bears its own cost of staff.", ()),
        ("Languages", "The programme's working language; interpreters where needed.", ()),
        ("Data protection", "Function mailboxes only; no data on individual migrants.", ()),
        ("Exit and replacement", "Either city may leave with a month's notice to the coordinator.", ()),
    ),
    "stakeholder-map": (
        ("Migrants' associations", "", ("Newcomers' association: speaks for those concerned",)),
        ("Public bodies", "", ("Employment office: referrals", "School office: places")),
        ("Civil society", "", ("Advice centre: legal advice",)),
    ),
    "training-record": (
        ("Objectives", "All cities know what a mentor does and what a mentee may expect.", ()),
        ("Programme", "", ("Mentoring step by step", "Asking instead of telling", "Planning a visit")),
        ("Materials", "", ("Slides", "Checklist for visits")),
    ),
    "visit-plan": (
        ("Dates and mode", "Three visits, in person where possible.", ()),
        ("Roles", "", ("Host: agenda and places", "Guest: questions and report")),
        ("Budget", "Travel and interpreters are paid by the programme.", ()),
        ("Questions", "", ("How did it begin?", "What did it cost?", "Who was against it, and why?")),
    ),
    "visit-agenda": (
        ("First day", "", ("Welcome", "The city and its newcomers", "A walk to the practice")),
        ("Second day", "", ("Talks with the team", "Working on the action plan", "Next steps")),
        ("Needs", "Interpreters for the meeting with the network.", ()),
    ),
    "visit-briefing": (
        ("Practicalities", "How to arrive, where to meet.", ()),
        ("Whom you will meet, by role", "", ("Integration officer", "Members of the local support network")),
        ("Background", "The practice in a page.", ()),
    ),
    "visit-report": (
        ("Programme", "As in the agenda.", ()),
        ("Obstacles", "", ("Two offices with different rules",)),
        ("Recommendations", "", ("Begin with one neighbourhood",)),
        ("Follow-ups", "", ("Send the job description", "Call again in a month")),
    ),
    "peer-review": (
        ("Strengths", "", ("Clear owners for each action",)),
        ("Gaps", "", ("Funding after the first year",)),
        ("What we take home", "One table for all offices.", ()),
    ),
    "workshop-record": (
        ("Aims", "Plans meet their peers.", ()),
        ("Programme", "", ("Plans in brief", "Feedback in small groups", "What we take home")),
        ("What was transferred", "The way of asking newcomers first.", ()),
        ("Next steps", "", ("Revise the plan",)),
    ),
    "toolkit-notes": (
        ("How to use it", "Rate yourself, choose the lowest key factors, read the practices.", ()),
        ("Self-assessment", "Rate each key factor from 0 to 4 and name the evidence.", ()),
        ("Resources", "", ("Templates of the programme",)),
    ),
    "academy-record": (
        ("Aims", "Members of the association learn from the pairs.", ()),
        ("Programme", "", ("The method", "Practices of the cities", "Working on own cases")),
        ("Evaluation", "Most of those present would use the toolkit.", ()),
        ("Materials", "", ("Toolkit draft", "Slides")),
    ),
}


def record_of(kind: str) -> Callable[[Story], Body]:
    """The generator of a kind of record."""

    def record(story: Story) -> Body:
        about = _about(story)
        sections = [
            {"heading": heading, "text": f"Generated text. {text}" if text else "", "items": [f"{item} (generated)" for item in items]}
            for heading, text, items in SECTIONS[kind]
        ]
        return {
            "title": f"{TITLES[kind]}: {about}"[:300],
            "summary": f"Generated text. {TITLES[kind]}, {about}.",
            "held_on": story.today.isoformat() if kind in HELD else None,
            "sections": sections + _from_the_run(kind, story),
        }

    return record


def _about(story: Story) -> str:
    """What the record is about, by the scope's name."""
    if story.scope.startswith("theme-"):
        return story.theme(story.place)
    if story.scope.startswith("pair-") and story.mentor:
        return f"{story.name(story.mentor)} and {story.here}"
    return story.here if story.scope != "programme" else story.definition.title


def _from_the_run(kind: str, story: Story) -> list[Body]:
    """Sections that draw on what came in before: counts, key factors, practices."""
    if kind in HELD:
        counts = [f"{role}: {story.rng.randint(5, 30)}" for role in ("City staff", "Local support network", "Elected members")]
        held = [{"heading": "Participants by role", "text": "", "items": counts}]
        if kind != "visit-report":
            return held
        found = [f"{factor['id']}: {factor['title']}. Seen at work; needs a mandate (generated)" for factor in key_factors(story)]
        return [*held, {"heading": "Findings per key factor", "text": "", "items": [line[:300] for line in found]}]
    if kind == "toolkit-notes":
        return [section for section in (_factors(story), _practices(story)) if section["items"]]
    return []


def _factors(story: Story) -> Body:
    """Key factors of all benchmarks on the theme."""
    benchmarks = {
        item["scope"]: item["body"] for item in story.earlier if item["kind"] == "benchmark" and item["body"]["theme"] == story.place
    }
    titles = dict.fromkeys(factor["title"] for body in benchmarks.values() for factor in body["key_factors"])
    return {"heading": "Key factors", "text": "", "items": list(titles)[:60]}


def _practices(story: Story) -> Body:
    """Titles of all practices on the theme."""
    bodies = [item["body"] for item in story.earlier if item["kind"] == "good-practice"]
    titles = dict.fromkeys(practice["title"] for body in bodies for practice in body["practices"] if practice["theme"] == story.place)
    return {"heading": "Practices", "text": "", "items": list(titles)[:60]}
