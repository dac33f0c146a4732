"""Comments on sections of a document: beside which part of the form its authors find them, and what became of the section since.

A comment is about a section of the document as it was read; its author writes in a form. What joins the two are the words that stand in
both: a section is about the part of the form whose answers it shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.advance import reviewed
from models.contributions import RevisionState
from models.decisions import Decision, Remark, Verdict
from models.editions import Edition
from models.gates import Gate
from models.method import METHOD
from models.standing import Standing
from tasks.decided import returning, role_title
from tasks.notice_views import name_of
from tasks.page_changes import Section, partners
from tasks.pages import revisions_of
from tasks.sections import sections_in
from tasks.wording import Words

SHORTEST = 6
"""Characters of an answer that is looked for in a document; shorter ones stand anywhere."""
COUNTS_AS = 80
"""Characters that count of one answer, so that a long text does not outweigh many short ones."""
SAME_NAME = 1000
"""What it counts where section and part of the form are called the same."""


@dataclass(frozen=True)
class Comment:
    """A comment on a section, with who wrote it in which role, when, and on which version. `section` is its number and title."""

    text: str
    organisation: str
    role: str
    verdict: Verdict
    at: datetime
    document: str
    version: str
    section: str


@dataclass(frozen=True)
class Returned:
    """The comments with which a contribution came back: by the top-level field of the form they are about, and those on no part of it."""

    beside: Mapping[str, tuple[Comment, ...]] = field(default_factory=dict)
    whole: tuple[Comment, ...] = ()

    def on(self, names: Iterable[str]) -> list[Comment]:
        """The comments on any of these fields."""
        return [comment for name in dict.fromkeys(names) for comment in self.beside.get(name, ())]


@dataclass(frozen=True)
class Earlier:
    """A comment on an earlier version, and whether its section has changed since; `is_own`: the reader's."""

    comment: Comment
    is_own: bool
    changed: bool


# -- for the authors -----------------------------------------------------------------------------------------------


def returned_to(session: Session, standing: Standing, gate: Gate, organisation: str, words: Words) -> Returned:
    """The comments with which a contribution came back, of all who have decided on it; nothing where it did not, or was handed in again."""
    decisions = returning(standing, gate)
    accepted = [item for item in revisions_of(session, gate, organisation) if item.state == RevisionState.ACCEPTED] if decisions else []
    if not accepted:
        return Returned()
    body, since = accepted[-1].body, accepted[-1].received_at
    beside: dict[str, tuple[Comment, ...]] = {}
    whole: list[Comment] = []
    for decision in decisions:
        for remark in remarks_of(decision) if decision.at >= since else ():
            edition = edition_of(standing, decision, remark.document)
            comment = _comment(standing, decision, remark, edition)
            name = _about(standing, edition, remark, body, words) if edition else ""
            if name:
                beside[name] = (*beside.get(name, ()), comment)
            else:
                whole.append(comment)
    return Returned(beside, tuple(whole))


def _about(standing: Standing, edition: Edition, remark: Remark, body: Mapping[str, Any], words: Words) -> str:
    """The field whose answers the section shows most of; empty where it shows none, or the comment is on the whole document."""
    sections = sections_in(standing, edition, words.language)
    at = _place(sections, remark.section)
    if at is None:
        return ""
    text, title = " ".join(_text(sections, at)), sections[at].title.casefold()
    found = {
        name: sum(min(len(piece), COUNTS_AS) for piece in set(_pieces(value, words)) if piece in text)
        + SAME_NAME * (words.label(name).casefold() == title)
        for name, value in body.items()
    }
    best = max(found, key=lambda name: found[name], default="")
    return best if best and found[best] else ""


def _pieces(value: Any, words: Words) -> Iterator[str]:
    """The answers in a part of a body as a document shows them: paragraphs, and numbers that are not small."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _pieces(item, words)
    elif isinstance(value, list):
        for item in value:
            yield from _pieces(item, words)
    elif isinstance(value, str):
        yield from (piece for line in value.split("\n") if len(piece := " ".join(line.split())) >= SHORTEST)
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 1000:
        yield words.number(value)


# -- for those who decide anew -------------------------------------------------------------------------------------


def earlier_on(
    standing: Standing, edition: Edition, reader: tuple[str, str], language: str
) -> tuple[dict[int, tuple[Earlier, ...]], list[Earlier]]:
    """Comments on earlier versions of an edition, by the index of the section that theirs has become, and those on none that is there.

    `reader`: organisation and role.
    """
    beside: dict[int, tuple[Earlier, ...]] = {}
    lost: list[Earlier] = []
    new = sections_in(standing, edition, language)
    for decision in _decisions_on(standing, edition):
        old_edition = edition_of(standing, decision, edition.deliverable)
        remarks = [item for item in remarks_of(decision) if item.document == edition.deliverable]
        if not remarks or old_edition is None or old_edition.number >= edition.number:
            continue
        old = sections_in(standing, old_edition, language)
        became = {was: now for now, was in partners(old, new).items()}
        is_own = (decision.organisation, decision.role) == reader
        for remark in remarks:
            comment, was = _comment(standing, decision, remark, old_edition), _place(old, remark.section)
            now = became.get(was) if was is not None else None
            if was is None or now is None:
                lost.append(Earlier(comment, is_own, old != new))
            else:
                beside[now] = (*beside.get(now, ()), Earlier(comment, is_own, _text(old, was) != _text(new, now)))
    return beside, lost


def earlier_on_said(standing: Standing, gate: Gate, title: str, sha256: str, reader: tuple[str, str]) -> tuple[Earlier, ...]:
    """Comments of earlier rounds on a contribution that is decided on as it is."""
    return tuple(
        Earlier(_comment(standing, item, remark, None), (item.organisation, item.role) == reader, sha256 not in item.bound.values())
        for item in gate.decisions
        if item.round < gate.round
        for remark in remarks_of(item)
        if (remark.document, remark.title) == ("", title)
    )


def _decisions_on(standing: Standing, edition: Edition) -> list[Decision]:
    """All that was ever decided on any version of a document, the oldest first."""
    place = (edition.deliverable, edition.scope)
    keys = [spec.key for spec in METHOD.gates.values() if edition.deliverable in spec.reviews]
    gates = [gate for key in keys for gate in standing.gates_of(key) if gate.is_approval and place in reviewed(standing, gate)]
    return sorted((item for gate in gates for item in gate.decisions), key=lambda item: (item.at, item.id))


# -- both ----------------------------------------------------------------------------------------------------------


def remarks_of(decision: Decision) -> list[Remark]:
    """The comments of a decision on single sections."""
    return [Remark(**{"document": "", "section": "", "title": ""} | row) for row in decision.remarks or ()]


def edition_of(standing: Standing, decision: Decision, deliverable: str) -> Edition | None:
    """The very edition of a deliverable that was decided on."""
    for place, sha256 in decision.bound.items():
        number, _, scope = place.partition("/")
        if number == deliverable:
            return next((item for item in reversed(standing.editions_of(number, scope)) if item.content_sha256 == sha256), None)
    return None


def _comment(standing: Standing, decision: Decision, remark: Remark, edition: Edition | None) -> Comment:
    return Comment(
        text=remark.comment,
        organisation=name_of(standing, decision.organisation),
        role=role_title(decision.role),
        verdict=Verdict(decision.verdict),
        at=decision.at,
        document=remark.document,
        version=edition.version if edition else "",
        section=f"{remark.section} {remark.title}".strip(),
    )


def _place(sections: Sequence[Section], number: str) -> int | None:
    """The section of that number; None for a comment on the whole document."""
    return next((at for at, section in enumerate(sections) if section.number == number), None) if number else None


def _text(sections: Sequence[Section], at: int) -> tuple[str, ...]:
    """What a section says, with the parts below it."""
    found = [sections[at].title, *sections[at].blocks]
    for section in sections[at + 1 :]:
        if section.level <= sections[at].level:
            break
        found += [section.title, *section.blocks]
    return tuple(found)
