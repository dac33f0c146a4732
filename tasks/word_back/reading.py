"""Reads the text of a Word document with its tracked changes: control by control, and what stands outside of any.

What is inserted and deleted again in the file is nobody's wish any more and is left out. Formatting is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import takewhile
from typing import Any

from tasks.word_back.values import clean

Element = Any  # lxml ships no types that mypy --strict accepts here
DEEPEST = 200


class Kind(StrEnum):
    """What became of a piece of text. GONE: inserted and deleted again."""

    KEEP = "keep"
    INS = "ins"
    DEL = "del"
    GONE = "gone"


@dataclass(frozen=True)
class Mark:
    """How a piece of text is marked: by whom and when, as the file says; `move` names a move whose two ends belong together."""

    kind: Kind = Kind.KEEP
    author: str = ""
    date: str = ""
    move: str = ""

    def within(self, outer: Mark) -> Mark:
        """A mark inside another: deleted where it was inserted is gone."""
        if outer.kind is Kind.KEEP or outer.kind is self.kind:
            return outer if self.kind is Kind.KEEP else self
        return outer if self.kind is Kind.KEEP else Mark(Kind.GONE)


PLAIN = Mark()


@dataclass(frozen=True)
class Piece:
    """Some text under one mark."""

    text: str
    mark: Mark = PLAIN


@dataclass
class Paragraph:
    """The pieces of a paragraph; `mark` is that of its end."""

    pieces: list[Piece] = field(default_factory=list)
    mark: Mark = PLAIN

    def text(self, *kinds: Kind) -> str:
        """The text of these kinds."""
        return "".join(piece.text for piece in self.pieces if piece.mark.kind in kinds)


@dataclass
class Block:
    """What stands in one control (`tag`), or one paragraph outside of all; `comments` are ids of those that begin here."""

    tag: str = ""
    paragraphs: list[Paragraph] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    is_placeholder: bool = False

    def sent(self) -> str:
        """The text with every change declined."""
        return "\n".join(paragraph.text(Kind.KEEP, Kind.DEL) for paragraph in self.paragraphs)

    def accepted(self) -> str:
        """The text with every change accepted."""
        return "\n".join(paragraph.text(Kind.KEEP, Kind.INS) for paragraph in self.paragraphs)


@dataclass(frozen=True)
class Remark:
    """A comment of the file."""

    author: str
    date: str
    text: str


def blocks_of(elements: Iterable[Element]) -> list[Block]:
    """The text of a document's body in order, without blocks that hold nothing at all."""
    reader = _Reader()
    for element in elements:
        reader.block(element, PLAIN)
    return [block for block in reader.blocks if block.tag or block.comments or block.sent().strip() or block.accepted().strip()]


def remarks_of(comments: Element | None) -> dict[str, Remark]:
    """The comments of a file by id."""
    found: dict[str, Remark] = {}
    for item in comments if comments is not None else ():
        if _local(item) == "comment":
            text = "\n".join(block.accepted() for block in blocks_of(item))
            found[_of(item, "id")] = Remark(_name(item), _of(item, "date")[:40], text.strip())
    return found


class _Reader:
    """Walks the body. `into` is the control it is in, `moves` the names of the moves whose ends are open."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.into: Block | None = None
        self.moves: dict[str, str] = {}
        self.depth = 0

    def block(self, element: Element, mark: Mark) -> None:
        """A paragraph, table or control, or something around them."""
        name = _local(element)
        self._bracket(name, element)
        if name == "p":
            self._paragraph(element, mark)
        elif name == "sdt":
            self._control(element, mark, self.block)
        elif name in _MARKS:
            for child in element:
                self.block(child, self._marked(name, element).within(mark))
        elif name not in _SKIPPED and self.depth < DEEPEST:
            self.depth += 1
            inner = self._row_mark(element).within(mark) if name in ("tr", "tc") else mark
            for child in element:
                self.block(child, inner)
            self.depth -= 1

    def _control(self, element: Element, mark: Mark, walk: Any) -> None:
        """A control of ours collects its text; what is no control of ours is only gone through."""
        about, content = _child(element, "sdtPr"), _child(element, "sdtContent")
        tag = _of(_child(about, "tag"), "val") if about is not None else ""
        outer = self.into
        if tag.startswith("f:"):
            self.into = Block(tag, is_placeholder=_child(about, "showingPlcHdr") is not None)
            self.blocks.append(self.into)
        for child in content if content is not None else ():
            walk(child, mark)
        self.into = outer

    def _paragraph(self, element: Element, mark: Mark) -> None:
        about = _child(_child(element, "pPr"), "rPr")
        own = Mark()
        for item in about if about is not None else ():
            if _local(item) in _MARKS:
                own = self._marked(_local(item), item).within(own)
        target = self.into
        if target is None:
            target = Block()
            self.blocks.append(target)
        paragraph = Paragraph(mark=own.within(mark))
        target.paragraphs.append(paragraph)
        for child in element:
            self._inline(child, mark, target)
        if own.kind is not Kind.KEEP and not own.move:
            same = next((piece.mark for piece in reversed(paragraph.pieces) if piece.mark.kind is own.kind and piece.mark.move), None)
            paragraph.mark = replace(paragraph.mark, move=same.move) if same else paragraph.mark

    def _inline(self, element: Element, mark: Mark, into: Block) -> None:
        name = _local(element)
        self._bracket(name, element)
        if name == "r":
            self._run(element, mark, into)
        elif name == "commentRangeStart" or (name == "commentReference" and _of(element, "id") not in into.comments):
            into.comments.append(_of(element, "id"))
        elif name == "sdt":
            self._control(element, mark, lambda child, inner: self._in_control(child, inner, into))
        elif name not in _SKIPPED and name != "pPr" and self.depth < DEEPEST:
            self.depth += 1
            inner = self._marked(name, element).within(mark) if name in _MARKS else mark
            for child in element:
                self._inline(child, inner, into)
            self.depth -= 1

    def _in_control(self, child: Element, mark: Mark, into: Block) -> None:
        target = self.into if self.into is not None else into
        if not target.paragraphs:
            target.paragraphs.append(Paragraph())
        self._inline(child, mark, target)

    def _run(self, element: Element, mark: Mark, into: Block) -> None:
        text = ""
        for child in element:
            name = _local(child)
            if name in ("t", "delText"):
                text += child.text or ""
            elif name == "commentReference" and _of(child, "id") not in into.comments:
                into.comments.append(_of(child, "id"))
            elif name in ("drawing", "pict", "object", "AlternateContent"):
                self._boxes(child)
            elif name != "br" or _of(child, "type") in ("", "textWrapping"):
                text += _SIGNS.get(name, "")
        if text and mark.kind is not Kind.GONE:
            into.paragraphs[-1].pieces.append(Piece(clean(text), mark))

    def _boxes(self, element: Element) -> None:
        """Text boxes stand outside of every control, each once: one inside another is met again when that is walked."""
        outer, self.into = self.into, None
        for box in element.iter("{*}txbxContent"):
            within = takewhile(lambda above: above is not element, box.iterancestors())
            if not any(_local(above) in ("Fallback", "txbxContent") for above in within):
                for child in box:
                    self.block(child, PLAIN)
        self.into = outer

    def _bracket(self, name: str, element: Element) -> None:
        """Moves are named by brackets around them."""
        if name in ("moveFromRangeStart", "moveToRangeStart"):
            self.moves[name.removesuffix("RangeStart")] = _of(element, "name")[:80]
        elif name in ("moveFromRangeEnd", "moveToRangeEnd"):
            self.moves.pop(name.removesuffix("RangeEnd"), None)

    def _marked(self, name: str, element: Element) -> Mark:
        return Mark(_MARKS[name], _name(element), _of(element, "date")[:40], self.moves.get(name, ""))

    def _row_mark(self, element: Element) -> Mark:
        """A row or cell that was inserted or deleted as a whole."""
        about = _child(element, "trPr") if _local(element) == "tr" else _child(element, "tcPr")
        for item in about if about is not None else ():
            kind = {"ins": "ins", "del": "del", "cellIns": "ins", "cellDel": "del"}.get(_local(item))
            if kind:
                return self._marked(kind, item)
        return PLAIN


_MARKS = {"ins": Kind.INS, "moveTo": Kind.INS, "del": Kind.DEL, "moveFrom": Kind.DEL}
_SIGNS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "\N{NON-BREAKING HYPHEN}"}
_SKIPPED = {"sectPr", "tblPr", "tblGrid", "trPr", "tcPr", "sdtPr", "sdtEndPr", "Fallback", "instrText"}


def _name(element: Element) -> str:
    return " ".join(clean(_of(element, "author")).split())[:80]


def _of(element: Element | None, name: str) -> str:
    """An attribute by its name, in whichever of Word's two namespaces."""
    if element is None:
        return ""
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _child(element: Element | None, name: str) -> Element | None:
    return next((item for item in element if _local(item) == name), None) if element is not None else None


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
