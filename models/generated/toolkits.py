"""Generated notes of the facilitator for the toolkit on a theme."""

from __future__ import annotations

from collections.abc import Iterator

from models.generated.story import Body, Story

LONGEST_LINE = 300
STEPS = (
    "Bring those concerned to one table, newcomers among them",
    "Rate yourselves on each key factor and write down the evidence",
    "Choose the two key factors with the lowest ratings",
    "Read what other cities do about them",
    "Write one action for each, with an owner, a date and an indicator",
    "Rate yourselves again after a year",
)
TIPS = (
    "Invite the office that says no first",
    "Do not begin with the money",
    "Ask newcomers before the plan is written, not after",
    "Write down what you decided not to do",
)

# title, purpose, minutes, steps
EXERCISES = (
    (
        "A newcomer's first week",
        "See the services through a newcomer's eyes",
        60,
        ("Draw the week on a wall", "Mark every door somebody has to find", "Mark where nobody answers"),
    ),
    (
        "Three questions to an office",
        "Find out where two offices pass each other by",
        45,
        ("Ask what happens after your own part", "Ask who is told", "Compare the answers of both offices"),
    ),
    ("The plan in five minutes", "Say what matters most", 30, ("Each says the plan in one minute", "The others say what they understood")),
)

# title, kind, what it is good for
RESOURCES = (
    ("Template of an action sheet", "template", "Writing down one action completely"),
    ("Table of key factors", "template", "Benchmark, key factors and ratings on one page"),
    ("Checklist for a study visit", "checklist", "Preparing a visit so that its questions are answered"),
)


def toolkit_notes(story: Story) -> Body:
    """What the facilitator writes for the scope's theme; the rest of the toolkit comes from benchmark, practices and plans."""
    title = story.theme(story.place)
    practices = list(_practices(story))
    factors = len(set(_factors(story)))
    mentees = sum(pair["theme"] == story.place for pair in story.pairs)
    return {
        "theme": story.place,
        "introduction": f"Generated text. Cities working on “{title}”: {mentees} as mentees, with {factors} key factors between them.",
        "how_to_use": f"Generated text. Work through the steps once; practices to read: {len(practices)}.",
        "steps": [f"{line} (generated)" for line in story.some(STEPS, 4, 6)],
        "self_assessment": "Generated text. Offices, associations and newcomers rate together, from 0 to 4; where they differ, talk first.",
        "tips": [f"{line} (generated)" for line in story.some(TIPS, 1, 3)],
        "exercises": [
            {"title": name, "purpose": purpose, "minutes": minutes, "steps": [f"{line} (generated)" for line in steps]}
            for name, purpose, minutes, steps in EXERCISES[: story.rng.randint(1, len(EXERCISES))]
        ],
        "resources": [{"title": name, "kind": kind, "use": use, "website": None} for name, kind, use in RESOURCES]
        + [
            {"title": name, "kind": "practice", "use": "Seeing how another city does it (generated)", "website": None}
            for name in practices[:5]
        ],
    }


def _factors(story: Story) -> Iterator[str]:
    """Key factors of all benchmarks on the theme, each with its pair."""
    for item in story.written("benchmark"):
        if item["body"]["theme"] == story.place:
            yield from (f"{item['scope']} {factor['id']}" for factor in item["body"]["key_factors"])


def _practices(story: Story) -> Iterator[str]:
    """Titles of all practices on the theme, each once, as they may stand on a line of their own."""
    seen = {name.casefold() for name, _, _ in RESOURCES}
    for item in story.written("good-practice"):
        for practice in item["body"]["practices"]:
            title = f"Practice: {practice['title']}"[:LONGEST_LINE].rstrip()
            if practice["theme"] == story.place and title.casefold() not in seen:
                seen.add(title.casefold())
                yield title
