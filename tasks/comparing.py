"""Comparing two lists within a bound: somebody else wrote them, and may have written such as take ages to compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import accumulate

EFFORT = 4_000_000
"""Pairs that are looked at, about a second or two."""

Opcode = tuple[str, int, int, int, int]
"""What became of a stretch, as difflib says it: equal, replace, delete or insert, from and to in the one, from and to in the other."""


class TooMuch(Exception):
    """Comparing these lists would take longer than may be spent on it."""


class Effort:
    """How much comparing may still be done."""

    def __init__(self, left: int = EFFORT) -> None:
        self.left = left

    def spend(self, amount: int) -> None:
        """TooMuch where less than that is left; what is left then stays for smaller things."""
        if amount > self.left:
            raise TooMuch
        self.left -= amount


class Compared(SequenceMatcher[str]):
    """Two lists of texts, compared as `difflib` does it. Asked for an answer, it raises TooMuch where that costs more than is left.

    Lists with few texts in common, or the same ones again and again, cost the square of their length and more.
    """

    def __init__(self, one: Sequence[str], other: Sequence[str], effort: Effort) -> None:
        super().__init__(None, one, other, autojunk=False)
        self.effort, self.length = effort, len(one)
        often = Counter(other)
        self.cost = [0, *accumulate(1 + often[item] for item in one)]

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None):  # type: ignore[no-untyped-def] # noqa: ANN201 - as in difflib
        """One step of the comparison."""
        self.effort.spend(self.cost[self.length if ahi is None else ahi] - self.cost[alo])
        return super().find_longest_match(alo, ahi, blo, bhi)


def opcodes(one: Sequence[str], other: Sequence[str], effort: Effort) -> list[Opcode]:
    """How the one becomes the other; as a whole where more may not be spent."""
    try:
        return list(Compared(one, other, effort).get_opcodes())
    except TooMuch:
        return [("replace", 0, len(one), 0, len(other))]
