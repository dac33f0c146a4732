"""The best assignment without one of its pairs, for every pair at once: the shortest ways to pass a displaced mentee on.

Knows matrices only; what rows and columns are is `assignment`. A row that may not keep its place takes another's, which takes
another's, until one takes the first one's. Places that nobody has are held by rows that cost nothing anywhere, so that every way of
changing is such a round. As the assignment is the best, no round gains, so that shortest paths exist (Floyd and Warshall); solving
anew for every pair would take n times the time of one solution instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Alternative:
    """By how much the cost rises without a row's place, and the column that each row that moves takes then."""

    rise: float
    moved: dict[int, int]


class Passing:
    """An assignment of lowest cost, `places[row]` the column it gives each row; costs are whole numbers, `inf` forbids."""

    def __init__(self, costs: Costs, places: Indices) -> None:
        self._rows = len(places)
        nobodys = np.setdiff1d(np.arange(costs.shape[1]), places)
        self._costs = np.vstack([costs, np.zeros((len(nobodys), costs.shape[1]))])
        self._places = np.concatenate([places, nobodys])
        self._now = self._costs[np.arange(len(self._places)), self._places]
        self._paths, self._onward = _shortest(self._costs[:, self._places] - self._now[:, None])

    def without(self, row: int, barred: NDArray[np.bool_]) -> Alternative | None:
        """The best assignment in which `row` takes none of the `barred` columns, its own among them; None where there is none."""
        first_step = np.where(barred, np.inf, self._costs[row] - self._now[row])
        rounds = first_step[self._places] + self._paths[:, row]
        displaced = int(np.argmin(rounds))
        if not np.isfinite(rounds[displaced]):
            return None
        moved = {row: int(self._places[displaced])}
        while displaced != row:
            onward = int(self._onward[displaced, row])
            if displaced < self._rows:
                moved[displaced] = int(self._places[onward])
            displaced = onward
        return Alternative(float(rounds.min()), moved)

    def as_good(self) -> Iterator[tuple[int, int]]:
        """Every (row, column) that some assignment of the same cost holds, the given one's among them."""
        rises = self._costs[:, self._places] - self._now[:, None] + self._paths.T
        for row, held in zip(*np.nonzero(rises[: self._rows] == 0), strict=True):
            yield int(row), int(self._places[held])


def _shortest(steps: Costs) -> tuple[Costs, Indices]:
    """All shortest paths from row to row, and on each the row after the first."""
    paths = steps.copy()
    onward = np.tile(np.arange(len(steps), dtype=np.intp), (len(steps), 1))
    for middle in range(len(steps)):
        through = paths[:, middle, None] + paths[None, middle, :]
        shorter = through < paths
        np.copyto(paths, through, where=shorter)
        np.copyto(onward, onward[:, middle, None], where=shorter)
    return paths, onward
