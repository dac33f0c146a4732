"""What a toolkit brings together on a theme: benchmarks, ratings and plans of its pairs, everybody's practices, the notes on it."""

from __future__ import annotations

from typing import Any

from models.method import METHOD
from tasks.catalogue import whose
from tasks.evaluations import before_and_after, benchmark, latest
from tasks.key_factors import titles_of
from tasks.reading import Reading

Json = dict[str, Any]
STEPS = range(5)
"""The steps of the self-assessment's scale, 0 to 4."""


def themes(doc: Reading) -> list[str]:
    """The theme a toolkit is about, or the themes of all pairs, in their order."""
    if doc.kind_of_scope == "theme":
        return [doc.slug_of_scope]
    return list(dict.fromkeys(str(pair["theme"]) for pair in doc.pairs))


def on_theme(doc: Reading, theme: str) -> Json:
    """All there is on a theme.

    Shape: `{"theme", "scope", "notes": body, "pairs": [{"mentor", "mentee", "scope", "city", "benchmark": body, "ratings": as
    evaluations.before_and_after, "plan": body}], "practices": [{"practice", "organisation", "whose"}]}`; the mentors' practices first.
    """
    pairs = [_pair(doc, pair) for pair in doc.pairs if pair["theme"] == theme]
    return {
        "theme": theme,
        "scope": f"theme-{theme}",
        "notes": latest(doc, "toolkit-notes", f"theme-{theme}"),
        "pairs": pairs,
        "practices": practices(doc, theme, {pair["mentor"] for pair in pairs}),
    }


def _pair(doc: Reading, pair: Json) -> Json:
    mentee = str(pair["mentee"])
    return {
        "mentor": pair["mentor"],
        "mentee": mentee,
        "scope": f"pair-{mentee}",
        "city": f"city-{mentee}",
        "benchmark": benchmark(doc, mentee),
        "ratings": before_and_after(doc, mentee),
        "plan": latest(doc, "action-plan", f"city-{mentee}"),
    }


def practices(doc: Reading, theme: str, mentors: set[str]) -> list[Json]:
    """The practices on a theme, those of its mentors first."""
    rows = [
        {"practice": practice, "organisation": item["organisation"]}
        for item in doc.all("good-practice")
        for practice in item["body"].get("practices") or []
        if practice["theme"] == theme
    ]
    rows.sort(key=lambda row: row["organisation"] not in mentors)
    return [row | {"whose": whose(row, doc)} for row in rows]


def practices_owed(doc: Reading) -> bool:
    """Whether anybody who was to bring in practices has not; what else is missing does not count."""
    return any(METHOD.gates[item["gate"]].contribution == "good-practice" for item in doc.missing if item["gate"] in METHOD.gates)


def factor_titles(pair: Json, keys: list[str]) -> list[str]:
    """Key factors by id and title; the id alone where the pair's benchmark does not have it."""
    known = titles_of(pair["benchmark"])
    return [f"{key} {known[key]}" if key in known else key for key in keys]


def sources(on: Json) -> list[str]:
    """What the benchmarks on a theme are drawn from, each once."""
    return list(dict.fromkeys(line for pair in on["pairs"] for line in pair["benchmark"].get("sources") or []))
