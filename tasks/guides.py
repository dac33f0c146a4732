"""What the methodological guide reads off the method itself: who does what, and what each of the seven steps consists of."""

from __future__ import annotations

import re
from typing import Any

from models.method import METHOD, GateKind, GateSpec
from tasks.wording import Words

ROLES = {
    "coordinator": "Coordinator",
    "facilitator": "Facilitator",
    "steering-committee": "Steering Committee",
    "association-contact": "Association of local governments",
    "project-lead": "City project lead",
    "mayor-delegate": "Mayor's delegate",
    "council": "Council",
    "finance": "Finance department",
    "departments": "City departments",
    "service-owner": "Service owner",
    "translator": "Translator",
    "deputy": "Deputy",
}
"""The method's roles in words."""


def role(key: str, words: Words) -> str:
    """A role of the method in words; any other text as it is."""
    return words.gettext(ROLES[key]) if key in ROLES else key


def roles(words: Words) -> list[dict[str, Any]]:
    """Every role that acts, with the phases it acts in, what it contributes, decides on and confirms."""
    found: dict[str, dict[str, Any]] = {}
    for gate in METHOD.gates.values():
        for actor in gate.actors:
            key = actor.role.value
            row = found.setdefault(key, {"role": role(key, words), "phases": [], "contributes": [], "decides": [], "confirms": []})
            if gate.phase not in row["phases"]:
                row["phases"].append(gate.phase)
            if (title := words.gettext(short_title(gate.title))) not in row[_part(gate)]:
                row[_part(gate)].append(title)
    return [found[key] for key in ROLES if key in found]


def steps(record: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The seven phases as steps: the method's gates and deliverables with what the run's record knows of each."""
    known = {row["number"]: row for row in (record or {}).get("phases") or []}
    timed = {row["key"]: row for row in (record or {}).get("gates") or []}
    return [
        {
            "phase": phase,
            "gates": [(gate, timed.get(gate.key)) for gate in phase.gates],
            "deliverables": [item for item in METHOD.deliverables if item.phase == phase.number],
            "record": known.get(phase.number),
        }
        for phase in METHOD.phases
    ]


def who(gate: GateSpec, words: Words) -> str:
    """The roles that act at a gate, in words."""
    return words.listing(list(dict.fromkeys(role(actor.role.value, words) for actor in gate.actors)))


def waits(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The gates whose median time differed most from plan, at most twelve, the longest overrun first."""
    rows = [row for row in record.get("gates") or [] if row.get("planned_days") is not None and row.get("actual_days") is not None]
    rows.sort(key=lambda row: (-(row["actual_days"] - row["planned_days"]), row["phase"], row["key"]))
    return rows[:12]


def short_title(title: str) -> str:
    """A gate's title without who decides and without the number of the visit: what a role has to do with."""
    said = re.sub(r"study visit \d", "the study visits", re.sub(r"( v\d\.\d)?: .*", "", title), flags=re.IGNORECASE)
    said = said.replace("visits takes", "visits take")
    return said[:1].upper() + said[1:]


def _part(gate: GateSpec) -> str:
    return {GateKind.CONTRIBUTION: "contributes", GateKind.APPROVAL: "decides", GateKind.EVENT: "confirms"}[gate.kind]
