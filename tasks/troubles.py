"""What keeps a phase from going on, in words: held by a person, stuck, or just being mended by the sweep."""

from __future__ import annotations

from dataclasses import dataclass

from models.doors import steering
from models.programme import Phase, PhaseState


@dataclass(frozen=True)
class Trouble:
    """`name` (held, stuck, healing), what it means, what to do, and what was said when a run broke last (other people's words)."""

    name: str
    means: str
    to_do: str
    said: str = ""


def trouble_of(phase: Phase) -> Trouble | None:
    """None where all is well."""
    if phase.state == PhaseState.HELD:
        again = f"To go on: in Prefect, Deployments, phase-{phase.number}, Run, with programme {phase.programme_id}."
        means = "Its run was cancelled. What partners answer is still taken, but no reminder goes out and no step begins."
        return Trouble("held", means, again)
    if not phase.relaunches or phase.state == PhaseState.COMPLETED:
        return None
    said = phase.trouble or ""
    if steering.is_stuck(phase):
        means = f"{phase.relaunches} runs broke one after the other; another is tried at least once an hour."
        return Trouble("stuck", means, "See the log of the last one (in Prefect: Runs, tag “stuck”) and of the worker (var/log).", said)
    return Trouble("healing", "Its run broke; another takes its place.", "There is nothing to do.", said)
