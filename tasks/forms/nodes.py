"""A draft as a tree of form nodes: everything a page needs to ask a question, and nothing of how it looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from models.contribution_kinds.meetings import CLOCK
from models.contribution_kinds.parts import MAILBOX, PHONE
from models.doors.drafting import Conflict
from models.drafts import OtherAnswer
from tasks.forms.options import Choice, Offer
from tasks.forms.state import counted, id_of, order_of
from tasks.forms.typed import Path, Problem, shown, to_read
from tasks.page_fields import Field, Form
from tasks.wording import Words

FEW = 4
"""Up to so many choices stand on the page; more are in a drop-down."""
SCALE = 6
INLINE = 8
"""Entries with more texts than that, or with lists inside, have a page of their own."""
COLLAPSED_FROM = 3
"""From so many entries on each is folded to one line."""

INPUTS = {CLOCK: "time", MAILBOX: "email", PHONE: "tel", r"^https?://[^\s<>]+$": "url"}


@dataclass(frozen=True)
class Other:
    """An answer that one may choose instead: the number it is kept under, what it says in words, whose it is and from when."""

    number: int
    answer: str
    writer: str
    when: datetime


@dataclass(frozen=True)
class Node:
    """One question, group, list or entry.

    `control` says how it is asked: line, text, lines, number, date, time, email, tel, url, radios, scale, select, checks; or what it is:
    group, entries, entry. `value` is what the reader's language shows; `answer` what was answered in words, for reading.
    """

    path: Path
    control: str
    label: str
    help: str = ""
    example: str = ""
    unit: str = ""
    required: bool = False
    value: str = ""
    answer: str = ""
    options: tuple[Choice, ...] = ()
    errors: tuple[str, ...] = ()
    children: tuple[Node, ...] = ()
    conflict: Conflict | None = None
    theirs: str = ""
    """What somebody else answered at the same time, in words."""
    others: tuple[Other, ...] = ()
    entry: str = ""
    """What one entry of a list is called."""
    is_big: bool = False
    """Entries of this list have pages of their own."""
    may_add: bool = True
    summary: str = ""
    is_left_out: bool = False
    """An entry in which nothing is said: it is not handed in."""
    limit: int = 0

    @property
    def id(self) -> str:
        """As the page names it."""
        return id_of(self.path)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The choices made, of a question that allows several."""
        return tuple(self.value.split("\n")) if self.value else ()

    @property
    def is_wrong(self) -> bool:
        """Whether something here or below is to be put right or to be settled."""
        return bool(self.errors or self.conflict or self.others) or any(child.is_wrong for child in self.children)

    @property
    def is_collapsed(self) -> bool:
        """Whether the entries of a list are folded."""
        return len(self.children) >= COLLAPSED_FROM


@dataclass(frozen=True)
class View:
    """What nodes are made with: choices, words, and what there is to say at single places."""

    offer: Offer
    problems: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    conflicts: Mapping[Path, Conflict] = field(default_factory=dict)
    others: Mapping[Path, Sequence[OtherAnswer]] = field(default_factory=dict)

    @property
    def words(self) -> Words:
        """How the reader's language says things."""
        return self.offer.words

    def nodes(self, fields: Sequence[Field], state: Any, path: Path = ()) -> tuple[Node, ...]:
        """The questions of a part of a contribution."""
        return tuple(self._node(item, state.get(item.name) if isinstance(state, Mapping) else None, (*path, item.name)) for item in fields)

    def entry(self, asked: Field, state: Any, path: Path, number: int) -> Node:
        """One entry of a list, with its questions."""
        children = self.nodes(asked.fields, state, path)
        label = f"{self.words.label(asked.entry or asked.name)} {self.words.number(number)}"
        return Node(path, "entry", label, children=children, summary=_summary(children), errors=self.problems.get(path, ()))

    def _node(self, asked: Field, state: Any, path: Path) -> Node:
        said = Node(
            path,
            "line",
            self.words.label(asked.name),
            help=self.words.gettext(asked.says) if asked.says else "",
            unit=self.words.gettext(asked.unit) if asked.unit else "",
            required=asked.is_required or asked.fewest > 0,
            errors=self.problems.get(path, ()),
            conflict=self.conflicts.get(path),
        )
        if asked.form is Form.GROUP:
            return replace(said, control="group", children=self.nodes(asked.fields, state, path))
        if asked.form is Form.ENTRIES:
            return self._list(said, asked, state, path)
        text = state if isinstance(state, str) else ""
        return self._leaf(said, asked, said.conflict.mine if said.conflict else text, path)

    def _list(self, said: Node, asked: Field, state: Any, path: Path) -> Node:
        keys, counts = order_of(state), counted(asked, state)
        entries = tuple(
            replace(self.entry(asked, state["items"][key], (*path, key), number), is_left_out=key not in counts)
            for number, key in enumerate(keys, start=1)
        )
        return replace(
            said, control="entries", children=entries, entry=self.words.label(asked.entry), is_big=is_big(asked), limit=asked.many,
            may_add=not asked.many or len(keys) < asked.many,
        )  # fmt: skip

    def _leaf(self, said: Node, asked: Field, text: str, path: Path) -> Node:
        choices = self.offer.choices(asked, path)
        control = _control(asked, choices, text)
        example = "" if choices or control == "scale" else _example(asked, self.words)
        if control == "scale":
            choices = [Choice(str(n), self.words.number(n)) for n in range(int(asked.least or 0), int(asked.most or 0) + 1)]
        given = text.split("\n") if control == "checks" else [text]
        names = {choice.value: choice.label for choice in choices}
        if choices:
            choices += [Choice(value, value) for value in given if value and value not in names]
        if control == "checks":  # what is chosen comes first and in its own order, which says something
            choices.sort(key=lambda choice: given.index(choice.value) if choice.value in given else len(given))
        return replace(
            said, control=control, value=text if choices else shown(asked, text, self.words), options=tuple(choices), example=example,
            answer=self._answer(asked, names, text), theirs=self._answer(asked, names, said.conflict.theirs) if said.conflict else "",
            others=tuple(
                Other(item.number, self._answer(asked, names, item.text), item.writer, item.written_at)
                for item in self.others.get(path, ())
                if not said.conflict or item.number != said.conflict.number
            ),
        )  # fmt: skip

    def _answer(self, asked: Field, names: Mapping[str, str], text: str) -> str:
        if names:
            return ", ".join(names.get(value, value) for value in text.split("\n") if value)
        return self.words.date(text) if asked.form is Form.DATE and text else to_read(asked, text, self.words)


def by_path(problems: Iterable[Problem]) -> dict[Path, tuple[str, ...]]:
    """Messages by the place they are about."""
    found: dict[Path, tuple[str, ...]] = {}
    for problem in problems:
        found[problem.path] = (*found.get(problem.path, ()), problem.message)
    return found


def is_big(asked: Field) -> bool:
    """Whether entries of a list are too much to stand one below the other."""
    return size(asked.fields) > INLINE or any(item.form is Form.ENTRIES for item in asked.fields)


def size(fields: Sequence[Field]) -> int:
    """How many texts a part of a contribution has, with one entry in each list."""
    return sum(size(item.fields) if item.fields else 1 for item in fields)


def _control(asked: Field, choices: Sequence[Choice], text: str) -> str:
    match asked.form:
        case Form.LINES:
            return "checks" if choices else "lines"
        case Form.WHOLE if asked.is_required and asked.least is not None and asked.most is not None and asked.most - asked.least < SCALE:
            return "scale"
        case Form.WHOLE | Form.NUMBER:
            return "number"
        case Form.DATE:
            return "date"
        case Form.TEXT:
            return "text"
    if choices:
        return "radios" if len(choices) <= FEW and (asked.is_required or asked.default != "null") else "select"
    kind = INPUTS.get(asked.pattern, "line")
    return "line" if kind == "time" and text and len(text) != 5 else kind


def _example(asked: Field, words: Words) -> str:
    if asked.form is Form.DATE or not asked.example:
        return ""
    if asked.form is Form.YES_NO_WORDS:
        return words.gettext("no")
    return shown(asked, words.example(asked.example), words)


def _summary(children: Sequence[Node]) -> str:
    """An entry in one line: its id and title, or whatever it begins with."""
    texts = {child.path[-1]: child.answer for child in children if child.answer and not child.children}
    named = [texts[name] for name in ("id", "title", "name", "label", "what", "organisation", "role", "item") if name in texts][:2]
    if not named and children and children[0].options:
        named = [children[0].answer]
    first = " · ".join(filter(None, named)) or next(iter(texts.values()), "")
    line = " ".join(first.split())
    return line if len(line) <= 90 else line[:89] + "…"
