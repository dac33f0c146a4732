"""The graph of the gates: which waits for which, and whether it goes round in a circle."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from models.method.spec import AnchorKind, GateSpec, Method


def cycle(edges: Mapping[str, Iterable[str]]) -> list[str] | None:
    """A shortest circle in `edges` (key: what it waits for); None without one.

    Each waits for the next, and the first is repeated at the end.
    """
    try:
        TopologicalSorter(edges).prepare()
    except CycleError:
        known = {key: list(waited_for) for key, waited_for in edges.items()}
        return min(filter(None, (_way_back(key, known) for key in known)), key=len)
    return None


def _way_back(start: str, edges: Mapping[str, Iterable[str]]) -> list[str] | None:
    """The shortest circle through `start`, breadth first."""
    came_from: dict[str, str] = {}
    reached = deque([start])
    while reached:
        key = reached.popleft()
        for waited_for in edges.get(key, ()):
            if waited_for == start:
                return [*_steps(key, came_from), start]
            if waited_for not in came_from:
                came_from[waited_for] = key
                reached.append(waited_for)
    return None


def _steps(key: str, came_from: Mapping[str, str]) -> list[str]:
    steps = [key]
    while steps[-1] in came_from:
        steps.append(came_from[steps[-1]])
    return steps[::-1]


def gate_edges(method: Method, added: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """What every gate of the method waits for, with the gates a programme file adds to that.

    A gate waits for those it comes after, for the one its deadline counts from, and with `*` for all others.
    """
    return {key: [*_waits_for(gate, method), *added.get(key, ())] for key, gate in method.gates.items()}


def _waits_for(gate: GateSpec, method: Method) -> list[str]:
    if "*" in gate.after:
        return [key for key in method.gates if key != gate.key]
    counted_from = [gate.anchor.key] if gate.anchor.kind is AnchorKind.GATE else []
    return [*gate.after, *(key for key in counted_from if key not in gate.after)]
