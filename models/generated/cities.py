"""Generated answers of phase 1: needs, profiles, and a matching taken as computed."""

from __future__ import annotations

from models.definition import Theme
from models.generated.story import Body, Story, likely_themes

MISSING = ("too few places", "no contact point", "information only in one language", "waiting times", "no cooperation between offices")
OFFERED = ("a steady programme", "one desk for all questions", "a trained team", "a network of volunteers")


def _themes(story: Story, most_more: int) -> list[tuple[Theme, bool]]:
    """The themes a city names, with whether each is a leading one; some chance ones among them."""
    *leading, shared = likely_themes(story.definition, story.organisation)
    named = [(theme, True) for theme in leading[:6]] or [(shared, True)]
    taken = {theme.slug for theme, _ in named} | {shared.slug}
    others = [theme for theme in story.definition.themes if theme.slug not in taken]
    more = story.rng.sample(others, min(len(others), story.rng.randint(0, most_more)))
    named += [(theme, False) for theme in more]
    return named if any(theme is shared for theme, _ in named) else [*named, (shared, False)]


def needs_assessment(story: Story) -> Body:
    """Needs on the city's likely themes and some others, the most severe first."""
    rng, here = story.rng, story.here
    population = rng.randrange(8, 200) * 1000
    share = rng.randrange(4, 31)
    foreign = population * share // 100
    needs = []
    for theme, leading in _themes(story, 2):
        title, missing = story.theme(theme.slug), rng.choice(MISSING)
        needs.append(
            {
                "theme": theme.slug,
                "title": f"{title}: {missing}",
                "description": f"Generated text. In the field of “{title}” the city names {missing}; newcomers and staff both feel it.",
                "severity": rng.randint(3, 5) if leading else rng.randint(1, 4),
                "people_affected": max(10, foreign // rng.randint(4, 12) // 10 * 10),
            }
        )
    needs.sort(key=lambda need: -int(str(need["severity"])))
    year = story.today.year - 1
    source = "Generated figure"
    return {
        "context": f"Generated text. {here} has about {population:,} residents; about {share} % of them are of foreign origin.",
        "population": population,
        "foreign_origin_share": share,
        "figures": [
            {"label": "Residents of foreign origin", "value": foreign, "unit": "people", "year": year, "source": source},
            {"label": "Share of residents of foreign origin", "value": share, "unit": "%", "year": year, "source": source},
        ],
        "governance": "Generated text. One department coordinates integration; decisions are the council's.",
        "services": [
            {
                "name": "Information desk",
                "description": "Generated text. First answers and the way to other offices.",
                "target_group": "Newcomers",
            },
            {"name": "Language courses", "description": "Generated text. Courses for beginners, twice a week.", "target_group": "Adults"},
        ],
        "stakeholders": [
            {"name": f"Newcomers' association in {here} (generated)", "kind": "migrants' association"},
            {"name": f"Advice centre in {here} (generated)", "kind": "non-governmental organisation"},
        ],
        "needs": needs,
        "gaps": [
            "Generated text. Services exist but do not refer to each other.",
            "Generated text. Evenings and weekends are not covered.",
        ],
        "data_limits": "Generated text. Figures are rounded; people without registration are not counted.",
    }


def city_profile(story: Story) -> Body:
    """Strengths on the likely themes; the first needs, where they are known, are the themes it wishes for."""
    rng, city = story.rng, story.definition.organisation(story.organisation)
    strengths = []
    for theme, leading in _themes(story, 2):
        title, offered = story.theme(theme.slug), rng.choice(OFFERED)
        strengths.append(
            {
                "theme": theme.slug,
                "title": f"{title}: {offered}",
                "description": f"Generated text. In the field of “{title}” the city runs {offered}.",
                "level": rng.randint(3, 5) if leading else rng.randint(1, 4),
                "evidence": f"Generated text. Running for {rng.randint(2, 9)} years; other cities have come to see it.",
            }
        )
    needs = story.latest("needs-assessment", scope=story.scope)
    wished = [need["theme"] for need in needs["needs"] if need["severity"] >= 4] if needs else []
    spoken = list(dict.fromkeys([*city.languages, story.definition.working_language]))
    return {
        "strengths": strengths,
        "capacity_mentees": city.capacity,
        "working_languages": spoken[:23] + spoken[-1:] if len(spoken) > 24 else spoken,
        "wished_themes": list(dict.fromkeys(wished)),
        "vetoes": [],
        "available": True,
        "practice": f"Generated text. The city is known for {strengths[0]['title']}.",
    }


def matching_proposal(story: Story) -> Body:
    """The matching as computed."""
    cities = len(story.definition.cities)
    return {
        "overrides": [],
        "note": f"Generated text. The computed pairs of the {cities} cities were checked and are proposed as they are.",
    }
