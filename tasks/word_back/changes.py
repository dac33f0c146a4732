"""What is different in one text that came back: tracked changes as the file has them, and what was changed without being tracked.

A text is laid out as segments. Kept and deleted ones together are exactly what was sent; which of the others are taken is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from tasks.comparing import Effort, opcodes
from tasks.page_fields import Form
from tasks.word_back.reading import PLAIN, Kind, Mark, Paragraph, Piece

MOST_CHANGES = 150
"""In one text; a text with more is offered as one change."""
BETWEEN = {Form.TEXT: "\n\n", Form.LINES: "\n", Form.LINE: " "}
TOKEN = re.compile(r"\n|(?:\w+|[^\w\s])[^\S\n]*|[^\S\n]+")
"""A word or sign with the blanks after it."""


@dataclass(frozen=True)
class Segment:
    """A stretch of text: kept, inserted or deleted; `change` numbers the change it belongs to, 0 where it is kept."""

    kind: Kind
    text: str
    change: int = 0


@dataclass(frozen=True)
class Change:
    """What somebody did at one place: inserted, deleted, or replaced one by the other."""

    number: int
    author: str
    date: str
    is_tracked: bool
    move: str


@dataclass(frozen=True)
class Marked:
    """A text that was sent, with what was done to it."""

    segments: tuple[Segment, ...]
    changes: tuple[Change, ...]

    def text(self, accepted: Collection[int]) -> str:
        """The text that results from accepting these changes and declining all others."""
        return "".join(
            item.text
            for item in self.segments
            if item.kind is Kind.KEEP or (item.kind is Kind.INS) == (item.change in accepted)
        )  # fmt: skip

    @property
    def all(self) -> frozenset[int]:
        """The numbers of all changes."""
        return frozenset(change.number for change in self.changes)


def pieces_of(paragraphs: Sequence[Paragraph], form: Form) -> list[Piece]:
    """A text of several paragraphs as one, with what stands between two of them marked like the end of the first."""
    found: list[Piece] = []
    ends = _ends(paragraphs)
    for number, paragraph in enumerate(paragraphs):
        found += paragraph.pieces
        if number < len(paragraphs) - 1 and ends[number].kind is not Kind.GONE:
            found.append(Piece(BETWEEN[form], ends[number]))
    return found


def _ends(paragraphs: Sequence[Paragraph]) -> list[Mark]:
    """The marks of the paragraphs' ends.

    The last end stays in its control: where the last paragraph was added or taken out as a whole, its mark is that of the end before.
    """
    ends = [paragraph.mark for paragraph in paragraphs]
    for last in range(len(paragraphs) - 1, 0, -1):
        kinds = {piece.mark.kind for piece in paragraphs[last].pieces if piece.text}
        mark = ends[last]
        if mark.kind is Kind.KEEP and kinds in ({Kind.DEL}, {Kind.INS}) and last == len(paragraphs) - 1:
            mark = paragraphs[last].pieces[-1].mark
        if mark.kind not in (Kind.INS, Kind.DEL) or kinds - {mark.kind} or ends[last - 1].kind not in (Kind.KEEP, mark.kind):
            break
        if ends[last - 1].kind is Kind.KEEP:
            ends[last - 1] = mark
    return ends


def marked(base: str, pieces: Sequence[Piece], effort: Effort | None = None) -> Marked:
    """The changes between a text as it was sent and as it came back; from where the effort is spent, what was not tracked is one change."""
    segments = list(_joined(_against(base, pieces, effort or Effort())))
    while segments and segments[-1][1].kind is Kind.INS and not segments[-1][0].strip():
        segments.pop()
    while segments and segments[0][1].kind is Kind.INS and not segments[0][0].strip():
        segments.pop(0)
    found = _numbered(segments)
    if len(found.changes) > MOST_CHANGES:
        whole = Mark(Kind.INS)
        return _numbered([(base, replace(whole, kind=Kind.DEL)), (found.text(found.all), whole)])
    return found


_Part = tuple[str, Mark]


def _against(base: str, pieces: Sequence[Piece], effort: Effort) -> Iterator[_Part]:
    """The pieces, and where they do not give back what was sent, the difference as untracked changes."""
    parts = [(piece.text, piece.mark) for piece in pieces if piece.mark.kind is not Kind.GONE]
    came = "".join(text for text, mark in parts if mark.kind is not Kind.INS)
    if came == base:
        yield from parts
        return
    queue = _Queue(parts)
    for text, is_same, is_base in _difference(base, came, effort):
        if is_base:
            yield text, Mark(Kind.DEL)
        else:
            yield from queue.taken(len(text), is_same=is_same)
    yield from queue.taken(0, is_same=True)


class _Queue:
    """The parts of a text that came back, taken off the front letter by letter of what is not inserted."""

    def __init__(self, parts: list[_Part]) -> None:
        self.parts = parts[::-1]

    def taken(self, count: int, *, is_same: bool) -> Iterator[_Part]:
        """So many letters with the insertions on the way. New ones are untracked insertions, and if deleted again nothing."""
        while self.parts and (count or self.parts[-1][1].kind is Kind.INS):
            text, mark = self.parts.pop()
            if mark.kind is Kind.INS:
                yield text, mark
                continue
            if len(text) > count:
                self.parts.append((text[count:], mark))
                text = text[:count]
            count -= len(text)
            if is_same:
                yield text, mark
            elif mark.kind is Kind.KEEP:
                yield text, Mark(Kind.INS)


def _difference(base: str, came: str, effort: Effort) -> Iterator[tuple[str, bool, bool]]:
    """(text, stands in both, stands in the base only), in order."""
    one, two = TOKEN.findall(base), TOKEN.findall(came)
    start = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    most = min(len(one), len(two)) - start
    end = next((at for at in range(most) if one[-1 - at] != two[-1 - at]), most)
    if start:
        yield "".join(one[:start]), True, False
    inner_one, inner_two = one[start : len(one) - end], two[start : len(two) - end]
    for code, a, b, c, d in opcodes(inner_one, inner_two, effort):
        if code == "equal":
            yield "".join(inner_two[c:d]), True, False
            continue
        if b > a:
            yield "".join(inner_one[a:b]), False, True
        if d > c:
            yield "".join(inner_two[c:d]), False, False
    if end:
        yield "".join(two[len(two) - end :]), True, False


def _joined(parts: Iterator[_Part]) -> Iterator[_Part]:
    """Neighbours under the same mark as one, whatever minute they were made in."""
    held: _Part | None = None
    for text, mark in parts:
        if not text:
            continue
        if held is not None and _who(held[1]) == _who(mark) and held[1].kind is mark.kind:
            held = (held[0] + text, held[1])
        else:
            if held is not None:
                yield held
            held = (text, mark)
    if held is not None:
        yield held


def _numbered(parts: Sequence[_Part]) -> Marked:
    """Neighbouring changes of one person are one change; so are the two ends of a move within the text."""
    segments: list[Segment] = []
    changes: list[Change] = []
    moved: dict[str, int] = {}
    before = PLAIN
    for text, mark in parts:
        if mark.kind is Kind.KEEP:
            segments.append(Segment(Kind.KEEP, text))
        else:
            number = moved.get(mark.move) or (segments[-1].change if before.kind is not Kind.KEEP and _who(before) == _who(mark) else 0)
            if not number:
                number = len(changes) + 1
                changes.append(Change(number, mark.author, mark.date, bool(mark.author or mark.date), mark.move))
            if mark.move:
                moved[mark.move] = number
            segments.append(Segment(mark.kind, text, number))
        before = mark
    return Marked(tuple(segments), tuple(changes))


def _who(mark: Mark) -> tuple[str, bool, str]:
    return mark.author, bool(mark.author or mark.date), mark.move
