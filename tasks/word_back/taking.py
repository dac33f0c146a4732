"""What a document that came back changes in what is held now, and the texts that result from what somebody accepted of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.page_fields import Form
from tasks.word_back.changes import Change, Marked, Segment
from tasks.word_back.places import Path, Place, paired
from tasks.word_back.reading import Kind
from tasks.word_back.returned import base_places

ACCEPT, DECLINE, FILE, OURS = "accept", "decline", "file", "ours"


@dataclass(frozen=True)
class Choice:
    """One change to accept or decline. `name` is that of the form's field; both ends of a move have the same and are chosen once."""

    name: str
    change: Change
    removed: str
    added: str
    is_first: bool


@dataclass(frozen=True)
class Offer:
    """One text of the file beside what is held now. `held` is None where it is not there any more."""

    number: int
    path: Path
    trail: tuple[str, ...]
    form: Form
    base: str
    held: Place | None
    marked: Marked
    choices: tuple[Choice, ...]
    remarks: tuple[Mapping[str, str], ...]
    is_open: bool
    """Whether this link may change it."""

    @property
    def whole(self) -> str:
        """The text with every change accepted."""
        return tidy(self.form, self.marked.text(self.marked.all))

    @property
    def differs(self) -> bool:
        """Whether our text has changed since the document was sent, in another way than the file."""
        return self.held is not None and self.held.text not in (self.base, self.whole)

    @property
    def is_done(self) -> bool:
        """What the file says is what is held already."""
        return bool(self.choices) and self.held is not None and self.held.text == self.whole

    @property
    def can_take(self) -> bool:
        """Whether there is anything to choose."""
        return bool(self.choices) and self.held is not None and self.is_open and not self.is_done

    @property
    def rival(self) -> str:
        """The name of the form's field that says which text is taken, where both have changed."""
        return f"t-{self.number}"


@dataclass(frozen=True)
class Taken:
    """What was chosen: new texts by their keys in what is held, the top-level fields they are in, and how much of the file that is."""

    texts: dict[Path, str]
    names: frozenset[str]
    accepted: int
    declined: int


def offers(found: Mapping[str, Any], held: Sequence[Place], only: frozenset[str] | None, *, same_draft: bool) -> list[Offer]:
    """Every text of a file that came back, beside what is held now; `only` are the top-level fields a link may change, None for all.

    `same_draft`: what is held began with the revision the file was made from, so that entries have the keys they had.
    """
    base = base_places(dict(found))
    keyed = {place.keys: place for place in held}
    now = {place.path: keyed[place.keys] for place in base if place.keys in keyed} if same_draft else paired(base, held)
    moves: dict[str, str] = {}
    return [_offer(field, now, moves, only) for field in found["fields"]]


def _offer(field: Mapping[str, Any], now: Mapping[Path, Place], moves: dict[str, str], only: frozenset[str] | None) -> Offer:
    path = tuple(field["path"].split("/"))
    found = Marked(
        tuple(Segment(Kind(kind), text, number) for kind, text, number in field["segments"]),
        tuple(Change(**change) for change in field["changes"]),
    )
    return Offer(
        number=field["number"],
        path=path,
        trail=tuple(field["trail"]),
        form=Form(field["form"]),
        base=field["base"],
        held=now.get(path),
        marked=found,
        choices=tuple(_choice(field["number"], change, found, moves) for change in found.changes),
        remarks=tuple(field["remarks"]),
        is_open=only is None or path[0] in only,
    )


def _choice(number: int, change: Change, found: Marked, moves: dict[str, str]) -> Choice:
    name = f"c-{number}-{change.number}"
    first = moves.setdefault(change.move, name) if change.move else name
    said = {kind: "".join(item.text for item in found.segments if item.change == change.number and item.kind is kind) for kind in Kind}
    return Choice(first, change, said[Kind.DEL], said[Kind.INS], first == name)


def chosen(offered: Sequence[Offer], form: Mapping[str, str]) -> Taken:
    """The texts that result from a form: every change has a field `accept` or `decline`, and declined is what has none.

    Where our text has changed as well, the field `t-<number>` must say `file`, or ours stays.
    """
    texts: dict[Path, str] = {}
    names: set[str] = set()
    accepted: set[str] = set()
    every: set[str] = set()
    for offer in offered:
        every |= {choice.name for choice in offer.choices}
        taken = {choice.change.number for choice in offer.choices if form.get(choice.name) == ACCEPT}
        if offer.held is None or not offer.can_take or not taken or (offer.differs and form.get(offer.rival) != FILE):
            continue
        accepted |= {choice.name for choice in offer.choices if choice.change.number in taken}
        text = tidy(offer.form, offer.marked.text(taken))
        if text != offer.held.text:
            texts[offer.held.keys] = text
            names.add(offer.path[0])
    return Taken(texts, frozenset(names), len(accepted), len(every - accepted))


def everything(offered: Sequence[Offer]) -> dict[str, str]:
    """The form in which everything is accepted; texts that were changed on both sides stay ours."""
    return {choice.name: ACCEPT for offer in offered for choice in offer.choices}


def tidy(form: Form, text: str) -> str:
    """As a form would send it: no blank lines at the ends, no empty lines in a list, one line where there is one."""
    if form is Form.LINE:
        return " ".join(text.split())
    if form is Form.LINES:
        return "\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip())
    return re.sub(r"\n{3,}", "\n\n", text).strip()
