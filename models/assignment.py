"""The exact best assignment of mentees to mentors' places, on whole numbers, with ties settled by slug.

Knows slugs and values only; what a pair is worth, and what forbids one, is `matching`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from models.alternatives import Passing

Pair = tuple[str, str]
"""Mentee and mentor, in this order: pairs sort by mentee."""

NONE: frozenset[Pair] = frozenset()


@dataclass(frozen=True)
class Assignment:
    """Every mentee with a mentor, pairs in the order of the mentees' slugs.

    `rank` orders assignments: the value first, then how many pairs there are, so that a city that could be either does not stay
    alone without need.
    """

    pairs: tuple[Pair, ...]
    value: int
    rank: int


@dataclass(frozen=True)
class _Roles:
    """One way to settle who is a mentee: the rows and columns that are left of the whole matrix."""

    mentees: frozenset[str]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]


@dataclass(frozen=True)
class _Solution:
    """The best assignment for one way, with the rows and columns it came from."""

    assignment: Assignment
    way: _Roles
    costs: NDArray[np.float64]
    places: NDArray[np.intp]

    @cached_property
    def passing(self) -> Passing:
        """What is best without single pairs."""
        return Passing(self.costs, self.places)


class Network:
    """Who could mentor whom: `values` of the pairs allowed, `seats` of every possible mentor, sure mentees and `either`.

    All 2^n ways to settle the n cities that may be either are tried, so the caller keeps n small.
    """

    def __init__(
        self, values: Mapping[Pair, int], seats: Mapping[str, int], mentees: Collection[str], either: Collection[str] = ()
    ) -> None:
        self.values = values
        self._rows = sorted({*mentees, *either})
        self._columns = [mentor for mentor in sorted(seats) for _ in range(seats[mentor])]
        self._row_of = {mentee: row for row, mentee in enumerate(self._rows)}
        self._sure = frozenset(mentees)
        self._either = sorted(either)
        self._scale = len(self._rows) + 1
        self._costs = self._matrix()
        self._roles = list(self._ways())
        self._mentors = np.array(self._columns)
        self._known: dict[tuple[frozenset[Pair], frozenset[Pair]], list[_Solution]] = {}

    @property
    def ways(self) -> int:
        """In how many ways it can be settled who is a mentee."""
        return len(self._roles)

    def best(self, given: frozenset[Pair] = NONE, without: frozenset[Pair] = NONE) -> Assignment | None:
        """An assignment of the highest rank that holds all of `given` and none of `without`; None where there is none."""
        solutions = self._solutions(given, without)
        return solutions[0].assignment if solutions else None

    def without_each(
        self, pairs: Iterable[Pair], given: frozenset[Pair] = NONE, without: frozenset[Pair] = NONE
    ) -> dict[Pair, Assignment | None]:
        """For each of the pairs, none of them given, the best assignment that does without it as well."""
        found: dict[Pair, Assignment | None] = dict.fromkeys(pairs)
        for solution in self._solutions(given, without):
            lower = [pair for pair, other in found.items() if other is None or other.rank < solution.assignment.rank]
            if not lower:
                break
            for pair in lower:
                other, trial = found[pair], self._without(solution, pair)
                if trial is not None and (other is None or trial.rank > other.rank):
                    found[pair] = trial
        return found

    def first(self, given: frozenset[Pair] = NONE, without: frozenset[Pair] = NONE) -> Assignment | None:
        """Of the best assignments the one whose pairs come first by slug, whatever order the cities were given in."""
        found = self.best(given, without)
        if found is None:
            return None
        tied = [solution for solution in self._solutions(given, without) if solution.assignment.rank == found.rank]
        open_to = [self._as_good(solution) for solution in tied]
        certain = {(mentee, mentor) for mentee, mentor in found.pairs if all(each.get(mentee) == {mentor} for each in open_to)}
        if len(certain) == len(found.pairs):
            return found
        roles = [solution.way for solution in tied]
        fixed = given | certain
        for pair in sorted({(mentee, mentor) for each in open_to for mentee in each for mentor in each[mentee]}):
            if any(pair[0] == mentee for mentee, _ in fixed):
                continue
            trial = found if pair in found.pairs else self._best_of(roles, fixed | {pair}, without)
            if trial is not None and trial.rank == found.rank:
                found, fixed = trial, fixed | {pair}
        return found

    def conflict(self, given: frozenset[Pair] = NONE) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Mentees who cannot all be placed, none of them superfluous, and the mentors open to them: fewer places than mentees.

        By Hall's theorem there is such a set exactly when no assignment exists. Cities that may be either count as mentors here:
        as mentees they would only need places themselves. Call it only where `best` found nothing.
        """
        open_to = np.isfinite(self._restricted(given, NONE))
        sure = sorted(self._sure)
        short = [self._row_of[mentee] for mentee in sure]
        for row in list(short):
            fewer = [other for other in short if other != row]
            if not _can_place(open_to[fewer]):
                short = fewer
        mentors = {self._columns[column] for column in np.flatnonzero(open_to[short].any(axis=0))}
        return tuple(self._rows[row] for row in short), tuple(sorted(mentors))

    def _matrix(self) -> NDArray[np.float64]:
        # Whole numbers in floats: sums are exact up to 2^53.
        costs = np.full((len(self._rows), len(self._columns)), np.inf)
        columns: dict[str, list[int]] = {}
        for column, mentor in enumerate(self._columns):
            columns.setdefault(mentor, []).append(column)
        for (mentee, mentor), value in self.values.items():
            costs[self._row_of[mentee], columns[mentor]] = -value
        return costs

    def _ways(self) -> Iterator[_Roles]:
        for count in range(len(self._either) + 1):
            for chosen in combinations(self._either, count):
                mentees = self._sure | frozenset(chosen)
                rows = [row for row, city in enumerate(self._rows) if city in mentees]
                columns = [column for column, city in enumerate(self._columns) if city not in chosen]
                if len(rows) <= len(columns):
                    yield _Roles(mentees, np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp))

    def _restricted(self, given: frozenset[Pair], without: frozenset[Pair]) -> NDArray[np.float64]:
        """The costs with the other mentors of a given pair's mentee, and the pairs to do without, forbidden."""
        costs = self._costs.copy()
        for mentee, mentor in given:
            costs[self._row_of[mentee], self._mentors != mentor] = np.inf
        for mentee, mentor in without:
            costs[self._row_of[mentee], self._mentors == mentor] = np.inf
        return costs

    def _solutions(self, given: frozenset[Pair], without: frozenset[Pair]) -> list[_Solution]:
        """The best assignment of every way that has one, the highest rank first."""
        key = (given, without)
        if key not in self._known:
            self._known[key] = sorted(self._search(self._roles, given, without), key=lambda item: item.assignment.rank, reverse=True)
        return self._known[key]

    def _search(self, roles: list[_Roles], given: frozenset[Pair], without: frozenset[Pair]) -> Iterator[_Solution]:
        costs = self._restricted(given, without)
        placed = {mentee for mentee, _ in given}
        for way in roles:
            if placed <= way.mentees and (solution := self._solve(costs, way)):
                yield solution

    def _solve(self, costs: NDArray[np.float64], way: _Roles) -> _Solution | None:
        part = costs[np.ix_(way.rows, way.columns)]
        if np.isinf(part).all(axis=1).any():
            return None
        try:
            _, places = linear_sum_assignment(part)
        except ValueError:  # SciPy's answer where forbidden pairs leave no complete assignment
            return None
        return _Solution(self._assigned(way, places), way, part, places)

    def _assigned(self, way: _Roles, places: NDArray[np.intp]) -> Assignment:
        """The assignment that gives each row of the way its place."""
        chosen = zip(way.rows, way.columns[places], strict=True)
        pairs = tuple(sorted((self._rows[row], self._columns[column]) for row, column in chosen))
        value = sum(self.values[pair] for pair in pairs)
        return Assignment(pairs, value, value * self._scale + len(pairs))

    def _without(self, solution: _Solution, pair: Pair) -> Assignment | None:
        """The best assignment of the solution's way that does without the pair."""
        if pair not in solution.assignment.pairs:
            return solution.assignment
        row = int(np.searchsorted(solution.way.rows, self._row_of[pair[0]]))
        found = solution.passing.without(row, self._mentors[solution.way.columns] == pair[1])
        if found is None:
            return None
        places = solution.places.copy()
        places[list(found.moved)] = list(found.moved.values())
        return self._assigned(solution.way, places)

    def _best_of(self, roles: list[_Roles], given: frozenset[Pair], without: frozenset[Pair]) -> Assignment | None:
        found = (solution.assignment for solution in self._search(roles, given, without))
        return max(found, key=lambda item: item.rank, default=None)

    def _as_good(self, solution: _Solution) -> dict[str, set[str]]:
        """The mentors that each mentee of the way has in one assignment or another of the solution's rank."""
        found: dict[str, set[str]] = {}
        for row, column in solution.passing.as_good():
            mentee, mentor = self._rows[solution.way.rows[row]], self._columns[solution.way.columns[column]]
            found.setdefault(mentee, set()).add(mentor)
        return found


def _can_place(open_to: NDArray[np.bool_]) -> bool:
    """Is there a place of its own for every row?"""
    if open_to.shape[0] > open_to.shape[1]:
        return False
    rows, columns = linear_sum_assignment(~open_to)
    return bool(open_to[rows, columns].all())
