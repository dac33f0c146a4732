"""Checks what a workbook says by the rules of its kind, and tells every fault at its cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.forms.checking import check
from tasks.forms.options import Offer
from tasks.forms.typed import Path
from tasks.workbook.reading import CellFault, Place, Read


def checked(read: Read, kind: str, state: Mapping[str, Any], offer: Offer) -> list[CellFault]:
    """All faults of a workbook: those of its cells, what is left out, and the rules of its kind; each answer is told of once.

    `state` is what would be handed in: what the workbook says, with what it does not say taken from the draft.
    """
    faults = list(read.faults)
    told = {fault.path for fault in faults if fault.path}
    around = {path[:length] for path in told for length in range(1, len(path) + 1)}
    for problem in check(kind, state, offer.definition, offer.known, offer.words, offer.city).problems:
        place = _place(read, problem.path)
        if place is not None and not _is_told(problem.path, told, around):
            faults.append(CellFault(place, problem.message, problem.path))
    order = {place: number for number, place in enumerate(read.places.values())}
    return sorted(faults, key=lambda fault: order.get(fault.place, -1))


def _is_told(path: Path, told: set[Path], around: set[Path]) -> bool:
    """Whether the answer at a path, something in it (`around` has what is around each), or what it is in, has a fault already."""
    return path in around or any(path[:length] in told for length in range(1, len(path)))


def _place(read: Read, path: Path) -> Place | None:
    """The cell of an answer; of what has none that of the entry or list around it. None where the workbook says nothing of it."""
    for length in range(len(path), 0, -1):
        if path[:length] in read.places:
            return read.places[path[:length]]
    inside = [place for other, place in read.places.items() if other[: len(path)] == path]
    return inside[0] if inside and path else None if path else Place("")
