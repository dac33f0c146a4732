"""What changed between two versions of a document, section by section and word by word, read from the pages they are rendered to.

The page is what people read, so it is what is compared: figures computed anew count as much as texts somebody wrote.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lxml import html as lxml_html

from tasks.comparing import Compared, Effort, Opcode, TooMuch, opcodes

BLOCKS = frozenset({"p", "li", "tr", "dt", "caption", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6", "div", "section", "article"})
"""Elements that begin a new paragraph. A row of a table is one, its cells beside each other, and so is a fact with its name."""

BEFORE = {"td": " | ", "th": " | ", "dd": ": ", "br": " / "}
"""What stands between the parts of such a paragraph."""

LIKE = 0.35
"""From which share of words in common a paragraph counts as changed; below, one was taken out and another put in."""

MOST_WORDS = 1500
"""Of a paragraph that is compared word by word; a longer one is shown as taken out and put in."""

MOST_BLOCKS = 1500
"""Of a section that is aligned paragraph by paragraph."""

AROUND = 14
"""Words shown on each side of a change; what is between is left out."""


class Kind(StrEnum):
    """What became of a piece of text, or of a section. `gap`: text without a change that is left out here."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    GAP = "gap"


@dataclass(frozen=True)
class Section:
    """A numbered part of a document; `number` is empty for a document without any, such as a picture."""

    number: str
    title: str
    anchor: str
    """Its place on the document's page, empty for the whole of it."""
    level: int
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """A piece of a paragraph."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Change:
    """A section of the new version, or one that is gone, and what changed in it, a tuple of runs for each paragraph."""

    section: Section
    kind: Kind
    paragraphs: tuple[tuple[Run, ...], ...] = ()


# -- reading a page ------------------------------------------------------------------------------------------------


def sections_of(page: str) -> tuple[Section, ...]:
    """The numbered sections of a rendered edition, without cover, contents list and the notes about the document itself."""
    root = lxml_html.fromstring(page)
    main = root.find(".//main")
    if main is None:
        said = " ".join("".join(item.itertext()) for item in root.iter("{*}desc", "desc"))
        return (Section("", "", "", 2, tuple(re.findall(r"\S.*?(?:\.(?= )|$)", " ".join(said.split())))),)
    found: list[tuple[Any, list[str]]] = []
    for block in _blocks(main):
        if isinstance(block, str):
            if found:
                found[-1][1].append(block)
        elif block.get("id") == "about":
            break
        else:
            found.append((block, []))
    return tuple(_section(heading, blocks) for heading, blocks in found)


def _section(heading: Any, blocks: list[str]) -> Section:
    number = _text(heading.find("span")).strip()
    title = " ".join(_text(heading).split())[len(number) :].strip()
    return Section(number, title, heading.get("id") or "", int(heading.tag[1]), tuple(blocks))


def _blocks(main: Any) -> Iterator[Any]:
    """The texts of the paragraphs in order, and in their places the headings that have a number, or begin the notes, as elements."""
    words: list[str] = []

    def flush() -> Iterator[str]:
        text = " ".join("".join(words).split()).strip(" |")
        words.clear()
        if text:
            yield text

    def walk(element: Any) -> Iterator[Any]:
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag in ("h2", "h3") and (element.find("span[@class='no']") is not None or element.get("id") == "about"):
            yield from flush()
            yield element
        elif tag not in ("svg", "style", "script", ""):
            if tag in BLOCKS:
                yield from flush()
            words.append((BEFORE.get(tag, "") if any(map(str.strip, words)) else "") + (element.text or ""))
            for child in element:
                yield from walk(child)
            if tag in BLOCKS and tag != "dt":
                yield from flush()
        if element is not main:
            words.append(element.tail or "")

    yield from walk(main)
    yield from flush()


def _text(element: Any) -> str:
    return "" if element is None else "".join(element.itertext())


# -- comparing -----------------------------------------------------------------------------------------------------


def compare(old: Sequence[Section], new: Sequence[Section]) -> tuple[Change, ...]:
    """Every section of the new version in its order with what changed in it; those that are gone where they stood."""
    partner = partners(old, new)
    taken = set(partner.values())
    gone = [at for at in range(len(old)) if at not in taken]
    found: list[Change] = []
    effort = Effort()
    behind = 0
    for at, section in enumerate(new):
        was = partner.get(at)
        while was is not None and gone and gone[0] < max(was, behind):
            found.append(_gone(old[gone.pop(0)]))
        behind = max(behind, was or 0)
        found.append(_changed(old[was], section, effort) if was is not None else Change(section, Kind.ADDED, _whole(section, Kind.ADDED)))
    return (*found, *(_gone(old[at]) for at in gone))


def partners(old: Sequence[Section], new: Sequence[Section]) -> dict[int, int]:
    """For each section of the new version the one of the old it was: that of the same title, else of the same number."""
    found: dict[int, int] = {}
    for keys in (_by_title, _by_number):
        before = {key: at for at, key in enumerate(keys(old)) if at not in found.values()}
        for at, key in enumerate(keys(new)):
            if at not in found and key in before:
                found[at] = before.pop(key)
    return found


def _by_title(sections: Sequence[Section]) -> list[tuple[int, str, int]]:
    seen: Counter[tuple[int, str]] = Counter()
    keys = []
    for section in sections:
        key = (section.level, section.title)
        keys.append((*key, seen[key]))
        seen[key] += 1
    return keys


def _by_number(sections: Sequence[Section]) -> list[str]:
    return [section.number for section in sections]


def _gone(section: Section) -> Change:
    return Change(section, Kind.REMOVED, _whole(section, Kind.REMOVED))


def _whole(section: Section, kind: Kind) -> tuple[tuple[Run, ...], ...]:
    return tuple((Run(kind, block),) for block in section.blocks)


def _changed(old: Section, new: Section, effort: Effort) -> Change:
    head: tuple[tuple[Run, ...], ...] = () if old.title == new.title else (tuple(words_changed(old.title, new.title, effort)),)
    if old.blocks == new.blocks:
        return Change(new, Kind.CHANGED if head else Kind.SAME, head)
    return Change(new, Kind.CHANGED, head + tuple(_paragraphs(old.blocks, new.blocks, effort)))


def _paragraphs(old: Sequence[str], new: Sequence[str], effort: Effort) -> Iterator[tuple[Run, ...]]:
    if len(old) + len(new) > MOST_BLOCKS:
        yield from ((Run(Kind.REMOVED, text),) for text in old)
        yield from ((Run(Kind.ADDED, text),) for text in new)
        return
    for what, begin, end, start, stop in opcodes(old, new, effort):
        if what == "equal":
            yield (Run(Kind.GAP, ""),)
            continue
        before, after = list(old[begin:end]), list(new[start:stop])
        while before and after:
            yield from _one_for_one(before.pop(0), after.pop(0), effort)
        yield from ((Run(Kind.REMOVED, text),) for text in before)
        yield from ((Run(Kind.ADDED, text),) for text in after)


def _one_for_one(old: str, new: str, effort: Effort) -> Iterator[tuple[Run, ...]]:
    runs = tuple(words_changed(old, new, effort))
    if any(run.kind is Kind.SAME for run in runs):
        yield runs
    else:
        yield from ((run,) for run in runs)


def words_changed(old: str, new: str, effort: Effort) -> Iterator[Run]:
    """One paragraph against another, word by word; as a whole where they have little in common."""
    before, after = old.split(), new.split()
    codes = _codes(before, after, effort)
    if not codes:
        yield Run(Kind.REMOVED, old)
        yield Run(Kind.ADDED, new)
        return
    for place, (what, begin, end, start, stop) in enumerate(codes):
        if what == "equal":
            yield from _around(after[start:stop], is_first=place == 0, is_last=place == len(codes) - 1)
        if what in ("delete", "replace"):
            yield Run(Kind.REMOVED, " ".join(before[begin:end]))
        if what in ("insert", "replace"):
            yield Run(Kind.ADDED, " ".join(after[start:stop]))


def _codes(before: list[str], after: list[str], effort: Effort) -> list[Opcode]:
    """How one paragraph becomes the other; nothing where they have little in common, or comparing them takes too long."""
    if max(len(before), len(after)) > MOST_WORDS:
        return []
    try:
        found = Compared(before, after, effort)
        return list(found.get_opcodes()) if found.ratio() >= LIKE else []
    except TooMuch:
        return []


def _around(words: list[str], *, is_first: bool, is_last: bool) -> Iterator[Run]:
    """Unchanged words, with those left out that stand far from any change."""
    head, tail = (0 if is_first else AROUND), (0 if is_last else AROUND)
    if len(words) <= head + tail + AROUND:
        yield Run(Kind.SAME, " ".join(words))
        return
    if head:
        yield Run(Kind.SAME, " ".join(words[:head]))
    yield Run(Kind.GAP, "")
    if tail:
        yield Run(Kind.SAME, " ".join(words[-tail:]))
