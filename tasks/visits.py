"""What is read off a pair's study visits for the report on one of them: its own agenda and report, findings, promises of earlier ones.

An edition's content has the visits up to its phase; which one it is about, its number says (`domain.md`, "The deliverables, numbered").
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tasks.key_factors import titles_of
from tasks.reading import Reading

Json = dict[str, Any]
VISIT_OF = {"D4.1": 1, "D5.1": 2, "D7.7": 3}
AGENDA, REPORT = "visit-agenda", "visit-report"


def number(doc: Reading) -> int:
    """Which of the three visits the document is about."""
    return VISIT_OF[str(doc.content["number"])]


def gate(kind: str, visit: int) -> str:
    """The gate at which that visit's agenda or report is asked for: "visit-2-report"."""
    return f"visit-{visit}-{kind.removeprefix('visit-')}"


def body(doc: Reading, kind: str, visit: int) -> Json:
    """The agenda or report of that visit, its last; empty where there is none."""
    found = [item["body"] for item in doc.all(kind) if item["gate"] == gate(kind, visit)]
    return dict(found[-1]) if found else {}


def findings(benchmark: Json, report: Json) -> list[Json]:
    """Findings under their key factors, in the benchmark's order.

    Shape: `[{"id", "title": "" where the benchmark does not have it, "findings": [{"finding", "consequence"}]}]`.
    """
    titles = titles_of(benchmark)
    found: dict[str, list[Json]] = {key: [] for key in titles}
    for row in report.get("findings") or []:
        found.setdefault(str(row["key_factor"]), []).append(row)
    return [{"id": key, "title": titles.get(key, ""), "findings": rows} for key, rows in found.items() if rows]


def unseen(benchmark: Json, report: Json) -> list[Json]:
    """The benchmark's key factors on which the report finds nothing."""
    seen = {str(row["key_factor"]) for row in report.get("findings") or []}
    return [factor for factor in benchmark.get("key_factors") or [] if str(factor["id"]) not in seen]


def compared(agenda: Json, report: Json) -> Json:
    """The visit against its agenda; sessions are the same where their titles are.

    Shape: `{"planned", "held": numbers of sessions, "same", "only_planned", "only_held": [titles]}`.
    """
    planned, held = _titles(agenda.get("sessions") or []), _titles(report.get("programme") or [])
    return {
        "planned": sum(planned.values()),
        "held": sum(held.values()),
        "same": sum((planned & held).values()),
        "only_planned": _told(agenda.get("sessions") or [], planned - held),
        "only_held": _told(report.get("programme") or [], held - planned),
    }


def _titles(sessions: list[Json]) -> Counter[str]:
    return Counter(str(session["title"]).casefold() for session in sessions)


def _told(sessions: list[Json], titles: Counter[str]) -> list[str]:
    """Titles as they were written, as often as they were counted."""
    left = titles.copy()
    found = []
    for session in sessions:
        if left[str(session["title"]).casefold()] > 0:
            left[str(session["title"]).casefold()] -= 1
            found.append(str(session["title"]))
    return found


def promised_before(doc: Reading) -> list[Json]:
    """Follow-ups of the earlier visits: `[follow_up + {"visit": number}]`, in the order of the visits."""
    earlier = range(1, number(doc))
    return [row | {"visit": visit} for visit in earlier for row in body(doc, REPORT, visit).get("follow_ups") or []]


def unreported(doc: Reading) -> list[int]:
    """The earlier visits on which no report is there."""
    return [visit for visit in range(1, number(doc)) if not body(doc, REPORT, visit)]
