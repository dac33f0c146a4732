"""What the manifest and the covers say of an approval: the completing decision on one exact content."""

from __future__ import annotations

from typing import Any

from models.decisions import Verdict
from models.editions import Edition
from models.gates import Gate, Outcome

NOBODY: dict[str, Any] = {"state": "none", "role": None, "at": None, "content_sha256": None}


def approval_of(gate: Gate, edition: Edition) -> dict[str, Any]:
    """`{"state", "role", "at", "content_sha256"}` of an edition, from its gate's decisions.

    Stale where the content that was approved is not the content there is; tacit where nobody objected in time.
    """
    if gate.outcome == Outcome.TACIT:
        return {"state": "tacit", "role": None, "at": _at(gate), "content_sha256": edition.content_sha256}
    approvals = [item for item in gate.decided_in_this_round() if item.verdict == Verdict.APPROVE]
    if not approvals:
        return {**NOBODY, "gap": _gap(gate)}
    last = approvals[-1]
    bound = last.bound.get(f"{edition.deliverable}/{edition.scope}")
    state = "approved" if bound == edition.content_sha256 else "stale"
    return {"state": state, "role": last.role, "at": f"{last.at:%Y-%m-%dT%H:%M:%SZ}", "content_sha256": bound}


def unapproved(gate: Gate) -> dict[str, Any]:
    """The approval of something that was proceeded without: none, and the gap is named."""
    return {**NOBODY, "gap": _gap(gate)}


def _gap(gate: Gate) -> str:
    if gate.outcome == Outcome.WITHOUT:
        return f"{gate.spec.title}: the programme went on without it."
    return f"{gate.spec.title}: not decided."


def _at(gate: Gate) -> str | None:
    return f"{gate.satisfied_at:%Y-%m-%dT%H:%M:%SZ}" if gate.satisfied_at else None
