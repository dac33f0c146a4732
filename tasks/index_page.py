"""The first page of a rehearsal's folder, from its manifest and a summary of its timeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from models.method import METHOD
from tasks import charts
from tasks.files import put
from tasks.rendering import environment
from tasks.wording import Words

Json = dict[str, Any]
TONES = {"approved": "good", "tacit": "good", "pending": "amber", "none": "amber", "stale": "red"}
STATES = {
    "approved": "approved",
    "tacit": "tacit consent",
    "pending": "awaiting approval",
    "none": "without approval",
    "stale": "approval no longer holds",
}
COUNTED = {
    "notice-sent": "notices",
    "decision-recorded": "decisions",
    "contribution-received": "contributions",
    "gate-satisfied": "gates passed",
    "deadline-moved": "deadlines moved",
    "deadline-missed": "deadlines missed",
    "edition-published": "editions published",
}
"""Kinds of events counted at the top of the page."""


def render_index(manifest: Json, timeline_summary: Json, out: Path) -> Path:
    """Write `index.html` into the folder and give its path.

    `timeline_summary`: `{"title"?, "summary"?, "seed", "start_on", "closed_at", "counts": {kind: n}, "names"?: {slug: name},
    "phases": [{"number", "title", "opened_at", "completed_at", "planned_on"}], "pairs": [{"mentor", "mentee", "theme"}]}` with names
    in `pairs`. Titles and names fall back to the manifest's slugs.
    """
    names = timeline_summary.get("names") or {}
    summary: Json = {"seed": manifest.get("seed"), "summary": "", "pairs": [], "start_on": None, "closed_at": None} | timeline_summary
    rows = manifest.get("editions") or []
    page = (
        environment("en")
        .get_template("documents/rehearsal.html")
        .render(
            title=summary.get("title") or Words("en").label(str(manifest["programme"])),
            summary=summary,
            counts=_counts(summary.get("counts") or {}, rows),
            chart=charts.phases(summary.get("phases") or []),
            phases=_phases(rows, names),
            shops=[{"href": quote(row["path"]), "subject": _subject(row["scope"], names)} for row in rows if row["format"] == "site"],
        )
    )
    put(out / "index.html", page.encode())
    return out / "index.html"


def _counts(counts: Json, rows: list[Json]) -> list[tuple[int, str]]:
    said = [(int(counts[kind]), label) for kind, label in COUNTED.items() if counts.get(kind)]
    return [*said, (len(rows), "files")] if rows else said


def _phases(rows: list[Json], names: Json) -> list[Json]:
    found = []
    for phase in METHOD.phases:
        own = [row for row in rows if row["phase"] == phase.number]
        deliverables = [
            {"number": item.number, "title": item.title, "editions": _editions(of(own, item.number), names)}
            for item in METHOD.deliverables
            if of(own, item.number)
        ]
        if own:
            count = sum(len(item["editions"]) for item in deliverables)
            found.append({"number": phase.number, "title": phase.title, "deliverables": deliverables, "count": count})
    return found


def of(rows: list[Json], number: str) -> list[Json]:
    """The rows of one deliverable."""
    return [row for row in rows if row["deliverable"] == number]


def _editions(rows: list[Json], names: Json) -> list[Json]:
    """The rows of one deliverable, one entry a scope, with a link to each of its files."""
    scopes: dict[str, list[Json]] = {}
    for row in rows:
        scopes.setdefault(row["scope"], []).append(row)
    several = len({row["language"] for row in rows}) > 1
    return [
        {
            "subject": _subject(scope, names),
            "version": own[0]["version"],
            "state": STATES.get(own[0]["approval"]["state"], own[0]["approval"]["state"]),
            "tone": TONES.get(own[0]["approval"]["state"], "amber"),
            "links": [{"href": quote(row["path"]), "label": _label(row, several)} for row in own],
        }
        for scope, own in scopes.items()
    ]


def _label(row: Json, several: bool) -> str:
    said = str(row["format"]).upper()
    return f"{said} {row['language']}" if several else said


def _subject(scope: str, names: Json) -> str:
    kind, _, slug = scope.partition("-")
    if not slug:
        return "Programme"
    name = str(names.get(slug) or slug.replace("-", " ").title())
    return f"{name} and its mentor" if kind == "pair" else name
