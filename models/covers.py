"""What stands on a document's cover: facts about the edition that are not part of its content and never hashed."""

from __future__ import annotations

from typing import Any

from models.advance import reviewed
from models.decisions import Decision
from models.doors.approvals import NOBODY
from models.editions import Edition, EditionState
from models.gates import Gate
from models.method import METHOD
from models.standing import Standing

PENDING = {**NOBODY, "state": "pending", "gap": None}


def cover(standing: Standing, edition: Edition) -> dict[str, Any]:
    """Number, title, lead beneficiary, work package, type, dissemination level, dates, versions, authors, approval.

    Source: `domain.md`, "What the deliverables contain" (EU grant practice).
    """
    spec, gate = edition.spec, deciding_gate(standing, edition)
    prefix = standing.definition.funding.work_package_prefix if standing.definition.funding else "WP"
    return {
        "number": spec.number,
        "title": spec.title,
        "lead": _lead(standing, edition),
        "work_package": f"{prefix}{spec.phase}",
        "type": str(spec.type),
        "dissemination": "PU",
        "due_on": gate.planned_on.isoformat() if gate and gate.planned_on else None,
        "actual_on": standing.today(edition.published_at).isoformat() if edition.published_at else None,
        "versions": _versions(standing, edition),
        "authors": _authors(standing, edition),
        "approval": {"gap": None, **(edition.approval or PENDING)},
        "act": _act(gate),
    }


def deciding_gate(standing: Standing, edition: Edition) -> Gate | None:
    """The gate whose decision completes the edition's deliverable."""
    for gate in standing.gates_of(edition.spec.approved_at):
        if (edition.deliverable, edition.scope) in reviewed(standing, gate):
            return gate
    return None


def _lead(standing: Standing, edition: Edition) -> str:
    kind, _, slug = edition.scope.partition("-")
    pair = standing.pair_of(edition.scope)
    if kind == "pair" and pair is not None:
        slug = pair.mentee
    elif kind not in ("city", "association"):
        slug = standing.definition.coordinator
    return standing.definition.organisation(slug).name


def _versions(standing: Standing, edition: Edition) -> list[dict[str, Any]]:
    """All versions of the document so far; plans of three phases are one lineage."""
    lineage = edition.spec.lineage
    family = [item.number for item in METHOD.deliverables if item.number == edition.deliverable or (lineage and item.lineage == lineage)]
    return [
        {"version": item.version, "on": standing.today(item.published_at or item.built_at).isoformat(), "state": item.state}
        for item in standing.programme.editions
        if item.scope == edition.scope and item.deliverable in family and item.id <= edition.id
    ]


def _authors(standing: Standing, edition: Edition) -> list[str]:
    slugs = dict.fromkeys(item["organisation"] for items in edition.content["contributions"].values() for item in items)
    return [standing.definition.organisation(slug).name for slug in slugs or (standing.definition.coordinator,)]


def _act(gate: Gate | None) -> dict[str, Any] | None:
    """The council's act behind the approval, where there is one."""
    acts: list[Decision] = [item for item in gate.decided_in_this_round() if item.act_number] if gate else []
    if not acts:
        return None
    return {"number": acts[-1].act_number, "on": acts[-1].act_on.isoformat() if acts[-1].act_on else None}


def watermark(standing: Standing, edition: Edition) -> str | None:
    """What is printed across each page: a rehearsal is never mistaken for the real thing, a review edition for the final."""
    if standing.programme.rehearsal:
        return "Rehearsal"
    return None if edition.state == EditionState.PUBLISHED else "For review"
