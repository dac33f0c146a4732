"""What documents say of the run, computed from its record (`models.record`): rates, delays, returns, how people met, lateness."""

from __future__ import annotations

from datetime import date
from typing import Any

from tasks import gatherings
from tasks.wording import Words, as_day

Json = dict[str, Any]
MEETINGS = {
    "visit-1": "First study visit",
    "visit-2": "Second study visit",
    "workshop": "Transfer workshop",
    "visit-3": "Third study visit",
    "academy": "Training academy",
}
CHANGES = {
    "deadline-moved": "Deadline moved",
    "gate-reopened": "Asked again",
    "went-without": "Gone on without",
    "phase-held": "Phase held",
    "phase-released": "Phase went on",
}
NOTICES = {
    "invitation": "Requests",
    "approval-request": "Requests for approval",
    "reminder": "Reminders",
    "overdue": "Overdue notices",
    "escalation": "Escalations",
    "decision": "Decisions passed on",
    "returned": "Requests to revise",
    "deadline-moved": "Moved deadlines",
    "deliverable": "Deliverables published",
    "phase": "Phases completed",
    "digest": "Morning digests",
}

MINUS = "\N{MINUS SIGN}"


def meeting(key: str, words: Words) -> str:
    """A meeting of the method in words."""
    return words.gettext(MEETINGS[key]) if key in MEETINGS else words.label(key)


def change(key: str, words: Words) -> str:
    """A kind of change in words."""
    return words.gettext(CHANGES[key]) if key in CHANGES else words.label(key)


def notice(key: str, words: Words) -> str:
    """A kind of notice in words."""
    return words.gettext(NOTICES[key]) if key in NOTICES else words.label(key)


def totals(record: Json) -> Json:
    """Sums over all phases: `{"gates", "done", "on_time", "late", "without", "extended", "rounds", "share": on time, of one or None}`."""
    keys = ("gates", "done", "on_time", "late", "without", "extended", "rounds")
    found: Json = {key: sum(row.get(key) or 0 for row in record.get("phases") or []) for key in keys}
    return found | {"share": found["on_time"] / found["done"] if found["done"] else None}


def delays(record: Json) -> list[Json]:
    """Every phase with the days it opened and ended after plan; negative: before it, None: not known yet."""
    return [
        row
        | {"opened_after": _between(row["planned_on"], row["opened_on"]), "ended_after": _between(row.get("due_on"), row["completed_on"])}
        for row in record.get("phases") or []
    ]


def _between(first: Any, last: Any) -> int | None:
    start, end = as_day(first), as_day(last)
    return (end - start).days if start and end else None


def returned(record: Json) -> Json:
    """Approvals asked for, given at the first asking, returned and rejected; `rows` those that came back, most often first."""
    rows = record.get("rounds") or []
    back = [row for row in rows if row["returned"] or row["rejected"]]
    back.sort(key=lambda row: (-row["returned"], -row["rejected"], row["phase"], row["key"]))
    return {
        "asked": sum(row["asked"] for row in rows),
        "at_once": sum(row["at_once"] for row in rows),
        "returned": sum(row["returned"] for row in rows),
        "rejected": sum(row["rejected"] for row in rows),
        "tacit": record.get("tacit") or 0,
        "rows": back,
    }


def meetings(record: Json) -> Json:
    """Meetings with the days each took place after plan, and how many took place in which mode: `{"rows", "modes": {mode: count}}`.

    Only what a report says is counted: how people were to meet is no proof of how they met.
    """
    rows = [row | {"after": _between(row["planned_on"], row["happened_on"])} for row in record.get("meetings") or []]
    held = [row["met"] for row in rows if row["happened_on"] and row.get("met")]
    return {"rows": rows, "modes": {mode: held.count(mode) for mode in dict.fromkeys(held)}}


def how(row: Json, words: Words) -> str:
    """How people met by their report; without one, how it was planned, said to be so."""
    if row.get("met"):
        return gatherings.mode(row["met"], words)
    return words.gettext("planned: %(mode)s") % {"mode": gatherings.mode(row["mode"], words)}


def days_late(row: Json, today: date) -> int:
    """How many days an open gate is past its deadline; 0 on the day itself and before."""
    return max(_between(row["due_on"], today) or 0, 0)


def signed(days: int | None, words: Words) -> str:
    """Days after plan, with a plus or minus sign where there are any; a dash where it is not known."""
    if days is None:
        return words.number(None)
    sign = "+" if days > 0 else MINUS if days < 0 else ""
    return f"{sign}{words.number(abs(days), 0)}"
