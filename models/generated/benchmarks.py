"""Generated contributions of phase 2, and the self-assessment when it comes again in phase 7."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.generated.story import Body, Story

FACTORS = (
    ("Newcomers know what there is", "information in several languages"),
    ("Offices work together", "one agreed way from office to office"),
    ("Staff are trained", "training and exchange every year"),
    ("Newcomers take part in decisions", "seats and a budget for those concerned"),
    ("Money is there for some years", "a line of its own in the budget"),
    ("Services are in reach", "places and hours that fit working people"),
    ("Results are measured", "a few figures, looked at twice a year"),
)
EVIDENCE = ("minutes of the working group", "counts of the last year", "interviews with three offices", "a survey of users")


def good_practice(story: Story) -> Body:
    """One or two practices, on the city's own strengths where it has named some."""
    profile = story.latest("city-profile", organisation=story.organisation)
    if profile:
        themes = list(dict.fromkeys(strength["theme"] for strength in profile["strengths"]))[: story.rng.randint(1, 2)]
    else:
        themes = [story.rng.choice(story.definition.themes).slug]
    return {"practices": [_practice(story, theme) for theme in themes]}


def _practice(story: Story, theme: str) -> Body:
    title = story.theme(theme)
    return {
        "title": f"{title}: practice of {story.here}"[:300],
        "theme": theme,
        "local_government": "" if story.scope.startswith("city-") else "A member of the association (generated)",
        "problem": f"Generated text. Newcomers met closed doors in the field of “{title}”.",
        "target_group": "Newcomers in their first two years",
        "description": "Generated text. A small team brings offices, associations and newcomers to one table and follows up.",
        "cost": f"About {story.rng.randrange(2, 16) * 10_000:,} euro a year (generated)",
        "results": f"Generated text. About {story.rng.randrange(4, 60) * 10} people reached in a year.",
        "conditions": "Generated text. A mandate of the council and one person with time for it.",
        "transferability": "Generated text. Works in smaller cities with fewer partners.",
        "contact_role": "Integration officer",
        "website": None,
    }


def key_factors(story: Story) -> list[Mapping[str, Any]]:
    """The key factors of the scope's pair; generated ones where no benchmark came in."""
    written = story.latest("benchmark", scope=f"pair-{story.place}")
    return list((written or benchmark(story))["key_factors"])


def benchmark(story: Story) -> Body:
    """The benchmark of a pair on its theme, with three to five key factors."""
    rng, title = story.rng, story.theme(story.pair_theme)
    mentor = story.name(story.mentor) if story.mentor else "the mentor city"
    chosen = sorted(rng.sample(range(len(FACTORS)), rng.randint(3, 5)))
    factors = []
    for number, index in enumerate(chosen, start=1):
        condition, means = FACTORS[index]
        factors.append(
            {
                "id": f"KF{number}",
                "title": condition,
                "why": f"Generated text. Without it “{title}” stays a wish.",
                "how": f"Generated text. By {means}.",
                "guiding_questions": [f"Who answers for this: “{condition}”?", "How would a newcomer notice?"],
                "indicators": [f"Share of offices with {means}", "Number of newcomers reached in a year"],
                "mentor_example": f"Generated text. {mentor} began with {means}.",
            }
        )
    return {
        "theme": story.pair_theme,
        "title": f"{title} within reach",
        "policy_background": "Generated text. European and national policy name the field; the city has its own council decision.",
        "statement": f"Generated text. Every newcomer in {story.here} finds what “{title}” stands for within the first year.",
        "key_factors": factors,
        "additional_factors": ["The labour market of the region (generated)", "National rules on residence (generated)"],
        "sources": ["Contributions of both cities (generated)"],
    }


def self_assessment(story: Story) -> Body:
    """A rating on each key factor of the pair's benchmark; a second assessment is mostly as good as the first or better."""
    before = next((item["body"] for item in story.written("self-assessment", scope=story.scope) if item["gate"] != story.gate), None)
    known = {rating["key_factor"]: int(rating["rating"]) for rating in before["ratings"]} if before else {}
    ratings = []
    for factor in key_factors(story):
        step = story.rng.choice((0, 1, 1, 1, 2, 2, 0, -1))
        first = story.rng.randint(0, 3)
        rating = min(4, max(0, known[factor["id"]] + step)) if factor["id"] in known else first
        evidence = f"Generated text. Seen in {story.rng.choice(EVIDENCE)}."
        ratings.append({"key_factor": factor["id"], "rating": rating, "evidence": evidence})
    return {"ratings": ratings, "note": "Generated text. Agreed by the project lead and the local support network."}
