"""The manifest: one row per file of every last published edition (contract in `design.md`), and its JSON Schema."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.editions import Edition
from models.standing import Standing

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Scope = Annotated[str, Field(pattern="^(programme|(pair|city|association|theme)-[a-z0-9-]+)$")]


class Approval(BaseModel):
    """The completing decision."""

    model_config = ConfigDict(extra="forbid")
    state: Literal["none", "pending", "approved", "tacit", "stale"]
    role: str | None
    at: Moment | None
    content_sha256: Sha256 | None


class Row(BaseModel):
    """One file."""

    model_config = ConfigDict(extra="forbid")
    path: Annotated[str, Field(pattern=r"^(deliverables|shops)/[^\\]+$")]
    deliverable: Annotated[str, Field(pattern=r"^D[1-7]\.[1-8]$")]
    slug: str
    scope: Scope
    phase: Annotated[int, Field(ge=1, le=7)]
    language: str
    format: Literal["pdf", "html", "docx", "svg", "png", "site"]
    version: str
    title: str
    content_sha256: Sha256
    file_sha256: Sha256
    approval: Approval


class Manifest(BaseModel):
    """What a folder of deliverables holds."""

    model_config = ConfigDict(extra="forbid", title="Manifest of published editions")
    programme: str
    seed: int | None
    editions: list[Row]


class Line(BaseModel):
    """One line of `timeline.jsonl`."""

    model_config = ConfigDict(extra="forbid", title="One event of the timeline")
    at: Moment
    kind: Literal[
        "programme-launched", "phase-opened", "phase-held", "phase-released", "phase-stuck", "phase-completed", "gate-opened",
        "gate-reopened", "gate-withdrawn", "gate-satisfied", "contribution-received", "contribution-kept", "tray-settled",
        "attachment-received", "attachment-withdrawn", "file-taken-over", "decision-recorded",
        "deadline-moved", "deadline-missed", "time-requested", "time-answered", "promise-recorded", "promise-withdrawn",
        "matching-confirmed", "escalation-released", "edition-built", "edition-published",
        "notice-sent", "notice-failed", "links-withdrawn", "section-handed-on", "section-withdrawn", "programme-closed",
    ]  # fmt: skip
    phase: Annotated[int, Field(ge=1, le=7)] | None
    gate: str | None
    pair: Annotated[str, Field(pattern="^pair-")] | None
    scope: Scope | None
    organisation: str | None
    detail: dict[str, Any]


def row(edition: Edition, *, path: str, format_: str, language: str, file_sha256: str) -> dict[str, Any]:
    """The manifest's row of one file."""
    approval = {key: edition.approval.get(key) for key in ("state", "role", "at", "content_sha256")}
    return {
        "path": path,
        "deliverable": edition.deliverable,
        "slug": edition.spec.slug,
        "scope": edition.scope,
        "phase": edition.spec.phase,
        "language": language,
        "format": format_,
        "version": edition.version,
        "title": edition.spec.title,
        "content_sha256": edition.content_sha256,
        "file_sha256": file_sha256,
        "approval": approval,
    }


def last_published(standing: Standing, scopes: Collection[str] | None = None) -> list[Edition]:
    """The last published edition of each number and scope, of these scopes or of all, in the table's order."""
    found: dict[tuple[str, str], Edition] = {}
    for edition in standing.editions_within(scopes):
        if edition.published_at is not None:
            found[edition.deliverable, edition.scope] = edition
    return sorted(found.values(), key=lambda item: (item.spec.phase, int(item.deliverable.partition(".")[2]), item.scope))
