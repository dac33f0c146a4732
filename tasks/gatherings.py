"""What is said of any meeting: its days, how people met, who came, how they rated it. Shared by training, visits and workshops.

Counts of 1 to 4 people are suppressed before they reach a document, so a sum is the least that is known.
"""

from __future__ import annotations

from typing import Any

from babel.dates import format_interval

from tasks.wording import Words, as_day

Json = dict[str, Any]
MODES = {"in-person": "in person", "virtual": "online", "hybrid": "in person and online"}
SIDES = {
    "host": "Host",
    "guest": "Guest",
    "local-support-network": "Local support network",
    "association": "Association",
    "facilitator": "Facilitator",
    "other": "Others",
}


def mode(key: str, words: Words) -> str:
    """How people meet, in words."""
    return words.gettext(MODES[key]) if key in MODES else key


def side(key: str, words: Words) -> str:
    """Where participants come from, in words."""
    return words.gettext(SIDES[key]) if key in SIDES else key


def days(first: Any, last: Any, words: Words) -> str:
    """One day, or from the first to the last: "20–21 May 2021"."""
    start, end = as_day(first), as_day(last)
    if start is None or end is None or start == end:
        return words.date(first if start else last)
    return format_interval(start, end, "yMMMMd", locale=words.locale)


def hours(session: Json, words: Words) -> str:
    """When a session starts and ends, as far as that is said: "09:30–11:00"; empty where nothing is."""
    if not session.get("starts"):
        return ""
    if not session.get("ends"):
        return words.gettext("from %(start)s") % {"start": session["starts"]}
    return f"{session['starts']}–{session['ends']}"


def by_day(sessions: list[Json]) -> list[Json]:
    """Sessions under their days: `[{"on": ISO day, "sessions": [session]}]`, each day's in the order of their hours."""
    found: dict[str, list[Json]] = {}
    for session in sessions:
        found.setdefault(str(session["on"]), []).append(session)
    return [{"on": day, "sessions": sorted(found[day], key=lambda one: str(one.get("starts") or ""))} for day in sorted(found)]


def attendance(rows: list[Json]) -> Json:
    """Participants with the share that came, and the sums of what is known.

    Shape: `{"rows": [row + {"share": of one or None}], "invited", "attended": sum or None where no row says, "complete"}`;
    `complete` is whether every row says how many came.
    """
    came = [row["attended"] for row in rows if row.get("attended") is not None]
    invited = [row["invited"] for row in rows if row.get("invited") is not None]
    return {
        "rows": [row | {"share": _share(row)} for row in rows],
        "invited": sum(invited) if len(invited) == len(rows) else None,
        "attended": sum(came) if came else None,
        "complete": len(came) == len(rows),
    }


def _share(row: Json) -> float | None:
    if not row.get("invited") or row.get("attended") is None:
        return None
    return float(row["attended"] / row["invited"])


def changes(competences: list[Json]) -> Json:
    """Competences with the change of their mean, and how many rose, stayed and fell.

    Shape: `{"rows": [row + {"change": float}], "rose", "same", "fell"}`.
    """
    rows = [row | {"change": round(row["after"] - row["before"], 2)} for row in competences]
    return {
        "rows": rows,
        "rose": sum(1 for row in rows if row["change"] > 0),
        "same": sum(1 for row in rows if row["change"] == 0),
        "fell": sum(1 for row in rows if row["change"] < 0),
    }


def released(body: Json) -> list[Json]:
    """What people said and agreed to be quoted with (`domain.md`, "Visit report")."""
    return [row for row in body.get("quotes") or [] if row.get("consent") is True]
