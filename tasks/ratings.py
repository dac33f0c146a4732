"""Ratings on their scales: where a bar stands, the notes that say whose the scale is, what a self-assessment leaves to do."""

from __future__ import annotations

from typing import Any

from models.contribution_kinds.benchmarks import SCALE_NOTE
from models.contribution_kinds.meetings import SELF_SCALE_NOTE
from tasks.plans import factors
from tasks.wording import Words

Json = dict[str, Any]
SLIVER = 0.8
"""The least width of a bar, in per cent, so that the lowest rating is seen as well."""


def scale_note(words: Words) -> str:
    """What 0 to 4 mean, and that the scale is this software's own."""
    return words.gettext(SCALE_NOTE)


def self_scale_note(words: Words) -> str:
    """Who rated from 1 to 5, and that the scale is this software's own."""
    return words.gettext(SELF_SCALE_NOTE)


def ticks(least: int, most: int) -> list[Json]:
    """A mark for every whole step of the scale: `[{"x": per cent, "label": step}]`."""
    return [{"x": _x(step, least, most), "label": step} for step in range(least, most + 1)]


def bar(value: float, least: int, most: int) -> Json:
    """A bar from the start of the scale to the value, in per cent."""
    return {"x": 0.0, "w": max(_x(value, least, most), SLIVER)}


def way(before: float, after: float, least: int, most: int) -> Json:
    """A bar between two values with a mark at the later one, in per cent."""
    first, last = sorted((_x(before, least, most), _x(after, least, most)))
    return {"x": first, "w": max(round(last - first, 2), SLIVER), "marks": [_x(after, least, most)]}


def _x(value: float, least: int, most: int) -> float:
    return round((value - least) / (most - least) * 100, 2)


def baseline(benchmark: Json, contributions: list[Json]) -> Json:
    """The mentee's first self-assessment against the benchmark, and what is left to the top of the scale.

    `contributions` are self-assessments, oldest first. Shape: `{"rows": as plans.factors, "gaps": rated rows with the widest gap
    first, "unrated": rows without a rating, "strangers": ratings of key factors the benchmark does not have, "rated": count, "note"}`.
    """
    body: Json = contributions[0]["body"] if contributions else {}
    rows = factors(benchmark, body, {}, [])
    known = {str(row["factor"]["id"]) for row in rows}
    rated = [row for row in rows if row["before"]]
    return {
        "rows": rows,
        "gaps": sorted((row for row in rated if row["gap"]), key=lambda row: -row["gap"]),
        "unrated": [row for row in rows if not row["before"]],
        "strangers": [rating for rating in body.get("ratings") or [] if str(rating["key_factor"]) not in known],
        "rated": len(rated),
        "note": body.get("note") or "",
    }
