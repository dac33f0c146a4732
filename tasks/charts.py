"""Geometry of the charts: where a bar starts, how long it is, where a line of text breaks. The SVG itself is in `templates/charts`.

Same data, same picture: nothing is measured with a font, widths come from a fixed table that errs on the wide side.
"""

from __future__ import annotations

import base64
import math
from datetime import date, timedelta
from html import escape
from typing import Any

from markupsafe import Markup

from tasks.wording import NOTHING, Words, as_day

NARROW = frozenset("iIjlft.,;:!'’|()[] ")
BROAD = frozenset("mwMW@%—")
HEAT_STEPS = 5
DAYS_OF_A_PHASE = ("planned_on", "opened_at", "completed_at", "opened_on", "completed_on")


def watermark(text: str) -> Markup:
    """A page background with the text across it, as a data address for CSS."""
    size = min(90, int(1150 / max(len(text), 8)))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600"><text x="300" y="320" text-anchor="middle" '
        f'font-family="Noto Sans" font-weight="700" font-size="{size}" fill="#12395f" fill-opacity="0.07" '
        f'transform="rotate(-35 300 300)">{escape(text)}</text></svg>'
    )
    return Markup("data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode())  # noqa: S704 - base64 of escaped text


def width_of(text: str, size: float) -> float:
    """About how wide a text is in that font size, in the same unit; rather too wide than too narrow."""
    return size * sum(_advance(letter) for letter in text)


def wrap(text: Any, width: float, size: float, lines: int = 3) -> list[str]:
    """Break a text into at most that many lines; what does not fit ends in an ellipsis, a too long word is cut."""
    found: list[str] = []
    line = ""
    for word in _pieces(str(text), width, size):
        longer = f"{line} {word}".strip()
        if width_of(longer, size) <= width:
            line = longer
        else:
            found.append(line)
            line = word
    found.append(line)
    found = [one for one in found if one]
    if len(found) > lines:
        found = [*found[: lines - 1], _shortened(found[lines - 1], width, size)]
    return found


def heat(value: float | None, highest: float = 1.0) -> str:
    """The colour class of a cell: `h0` for nothing to `h5` for the highest."""
    if value is None or value <= 0 or highest <= 0:
        return "h0"
    return f"h{max(1, min(HEAT_STEPS, math.ceil(value / highest * HEAT_STEPS)))}"


def gantt(actions: list[dict[str, Any]], words: Words) -> dict[str, Any]:
    """Bars of the actions that have a start and an end, on one scale of per cent; ticks at quarters or years.

    Shape: `{"rows": [{"action", "x", "w", "marks": [x], "when"}], "ticks": [{"x", "label"}], "undated": [action]}`.
    """
    spans = [(one, as_day(one.get("start")), as_day(one.get("end"))) for one in actions]
    dated = [(one, first, last) for one, first, last in spans if first and last]
    undated = [one for one, first, last in spans if not (first and last)]
    if not dated:
        return {"rows": [], "ticks": [], "undated": undated}
    scale = Scale(min(first for _, first, _ in dated), max(last for _, _, last in dated))
    rows = [
        {
            "action": one,
            "x": scale.x(first),
            "w": max(scale.x(last) - scale.x(first), 0.8),
            "marks": [scale.x(day) for mark in one.get("milestones") or [] if (day := as_day(mark.get("on")))],
            "when": f"{words.month(first)} {NOTHING} {words.month(last)}",
        }
        for one, first, last in sorted(dated, key=lambda row: (row[1], row[2], str(row[0].get("id"))))
    ]
    return {"rows": rows, "ticks": scale.ticks(), "undated": undated}


def phases(rows: list[dict[str, Any]], until: Any = None) -> dict[str, Any]:
    """Phases as planned and as they were, in per cent: `{"rows": [{"phase", "planned", "x", "w"}], "ticks"}`; x None: never opened.

    The bar of a phase that is still open ends on the day `until`, without one at the end of the chart.
    """
    days = [day for row in rows for key in DAYS_OF_A_PHASE if (day := as_day(row.get(key)))]
    if not days:
        return {"rows": [], "ticks": []}
    known = as_day(until)
    scale = Scale(min(days), max([*days, known] if known else days))
    end = scale.x(known) if known else 100.0
    return {"rows": [_phase(row, scale, end) for row in rows], "ticks": scale.ticks()}


def _phase(row: dict[str, Any], scale: Scale, now: float) -> dict[str, Any]:
    opened = as_day(row.get("opened_at") or row.get("opened_on"))
    completed = as_day(row.get("completed_at") or row.get("completed_on"))
    planned = as_day(row.get("planned_on"))
    x = scale.x(opened) if opened else None
    end = scale.x(completed) if completed else now
    return {"phase": row, "planned": scale.x(planned) if planned else None, "x": x, "w": max(end - x, 0.8) if x is not None else None}


class Scale:
    """Days to per cent, from the first day of the first month to the end of the last."""

    def __init__(self, first: date, last: date) -> None:
        self.first = first.replace(day=1)
        self.last = _next_month(last)
        self.days = max((self.last - self.first).days, 1)

    def x(self, day: date) -> float:
        """Where a day stands, 0 to 100, rounded so that the same data gives the same picture."""
        return round((day - self.first).days / self.days * 100, 2)

    def ticks(self) -> list[dict[str, Any]]:
        """At most six marks, as many as have room for their months: starts of months, quarters, half-years or years."""
        months = _months(self.first, self.last)
        step = next((step for step in (1, 3, 6, 12, 24, 60, 120) if len([day for day in months if _fits(day, step)]) <= 6), 120)
        return [{"x": self.x(day), "on": day} for day in months if _fits(day, step) and self.x(day) <= 92]


def donut(share: float, radius: float) -> tuple[float, float]:
    """Dash and gap of a circle's stroke that shows a share of 100."""
    around = 2 * math.pi * radius
    filled = around * max(0.0, min(share, 100.0)) / 100
    return round(filled, 2), round(around - filled, 2)


def _fits(day: date, step: int) -> bool:
    return (day.year * 12 + day.month - 1) % step == 0


def _months(first: date, last: date) -> list[date]:
    found = [first]
    while (following := _next_month(found[-1])) < last:
        found.append(following)
    return found


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _advance(letter: str) -> float:
    if letter in NARROW:
        return 0.34
    if letter in BROAD or ord(letter) > 0x2E80:
        return 0.98
    return 0.69 if letter.isupper() else 0.585


def _pieces(text: str, width: float, size: float) -> list[str]:
    pieces: list[str] = []
    for word in text.split():
        rest = word
        while width_of(rest, size) > width and len(rest) > 1:
            cut = max(1, int(len(rest) * width / width_of(rest, size)) - 1)
            pieces.append(rest[:cut])
            rest = rest[cut:]
        pieces.append(rest)
    return pieces


def _shortened(line: str, width: float, size: float) -> str:
    while line and width_of(line + "…", size) > width:
        line = line[:-1]
    return line.rstrip() + "…"
