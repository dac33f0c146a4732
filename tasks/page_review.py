"""What somebody who decides reads: each document with what changed since the version before, and a place for a comment on every section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy.orm import Session

from models.doors.attaching import pending_of
from models.editions import Edition
from models.gates import Gate
from models.links import Link
from models.method import METHOD
from models.standing import Standing
from tasks.attachments import Attached, attached, attached_for
from tasks.decided import Decided, decided
from tasks.notice_views import name_of
from tasks.page_changes import Change, Kind, compare
from tasks.page_remarks import Earlier, earlier_on, earlier_on_said
from tasks.pages import Said, editions_at
from tasks.sections import KEPT, sections_in


@dataclass(frozen=True)
class Place:
    """A section that can be commented on: the name of its field, and what the remark is recorded about."""

    field: str
    document: str
    section: str
    title: str


@dataclass(frozen=True)
class Part:
    """A section as the page shows it, with what changed; `place` is None for one that is gone."""

    change: Change
    place: Place | None
    edition_id: int
    earlier: tuple[Earlier, ...] = ()
    """What was said of it in earlier versions."""


@dataclass(frozen=True)
class Reviewed:
    """One document: what it is compared with, and its parts. `since` is empty for a first version, which is read as a whole."""

    edition_id: int
    number: str
    since: str
    since_id: int | None
    """The earlier edition's id where the link opens it, too."""
    parts: tuple[Part, ...]
    lost: tuple[Earlier, ...] = ()
    """What was said of earlier versions as a whole, or of sections that are gone."""

    @property
    def changed(self) -> tuple[Part, ...]:
        """The parts to look at: those that are not as they were."""
        return tuple(part for part in self.parts if part.change.kind is not Kind.SAME) if self.since else ()

    @property
    def unchanged(self) -> tuple[Part, ...]:
        """The others, of a first version all."""
        return tuple(part for part in self.parts if part.change.kind is Kind.SAME) if self.since else self.parts


@dataclass(frozen=True)
class Review:
    """Everything beside the form of a decision. `evidence`: a signed file that was uploaded and is waiting for the decision."""

    documents: tuple[Reviewed, ...]
    said: tuple[Place, ...]
    """Places for comments on contributions that are decided on as they are, in the order of `Ask.said`."""
    files: tuple[tuple[str, str, tuple[Attached, ...]], ...]
    """What came with the contributions: title of the gate, name of the organisation, files."""
    evidence: Attached | None
    said_earlier: tuple[tuple[Earlier, ...], ...] = ()
    """What was said of each of these contributions in earlier rounds."""
    earlier: tuple[Decided, ...] = ()
    """The decisions of earlier rounds."""

    def places(self) -> Iterator[Place]:
        """Every place for a comment."""
        for document in self.documents:
            yield from (part.place for part in document.parts if part.place is not None)
        yield from self.said


def review_of(session: Session, standing: Standing, gate: Gate, link: Link, language: str, said: tuple[Said, ...]) -> Review:
    """What the page of an approval shows of the documents that are decided on; section titles in the reader's language."""
    documents = tuple(_reviewed(standing, gate, link, edition, language) for edition in editions_at(standing, gate))
    waiting = pending_of(session, gate, link.organisation)
    files = tuple((title, name_of(standing, slug), found) for title, slug, found in attached_for(session, standing, gate))
    places = tuple(Place(f"remark.said.{at}", "", "", f"{item.title}: {item.organisation}") for at, item in enumerate(said))
    reader = (link.organisation, link.role)
    earlier = tuple(decided(session, standing, gate, item) for item in gate.decisions if item.round < gate.round)
    both = zip(places, said, strict=True)
    said_earlier = tuple(earlier_on_said(standing, gate, place.title, item.sha256, reader) for place, item in both)
    return Review(documents, places, files, attached(waiting[-1:], waiting)[0] if waiting else None, said_earlier, earlier)


def previous_of(standing: Standing, gate: Gate, link: Link, edition: Edition) -> Edition | None:
    """The version to compare with: the one the reader decided on last, else the one before.

    For a first version it is the last of the deliverable that precedes it in its line, if there is one.
    """
    earlier = [item for item in standing.editions_of(edition.deliverable, edition.scope) if item.number < edition.number]
    seen = {
        str(item.bound.get(f"{edition.deliverable}/{edition.scope}"))
        for item in gate.decisions
        if (item.organisation, item.role) == (link.organisation, link.role)
    }
    if earlier:
        return next((item for item in reversed(earlier) if item.content_sha256 in seen), earlier[-1])
    for number in reversed(_line_before(edition)):
        found = standing.latest_edition(number, edition.scope)
        if found is not None:
            return found
    return None


def _line_before(edition: Edition) -> list[str]:
    """The deliverables that are earlier versions of the same document: D4.2 and D5.2 of D7.1."""
    if not edition.spec.lineage:
        return []
    line = [item.number for item in METHOD.deliverables if item.lineage == edition.spec.lineage]
    return line[: line.index(edition.deliverable)]


def _reviewed(standing: Standing, gate: Gate, link: Link, edition: Edition, language: str) -> Reviewed:
    new = sections_in(standing, edition, language)
    old = previous_of(standing, gate, link, edition)
    changes = _compared(sections_in(standing, old, language), new) if old else tuple(Change(section, Kind.SAME) for section in new)
    beside, lost = earlier_on(standing, edition, (link.organisation, link.role), language)
    is_open = old is not None and (old.deliverable, old.scope) == (edition.deliverable, edition.scope)
    return Reviewed(
        edition_id=edition.id,
        number=edition.deliverable,
        since="" if old is None else old.version if is_open else f"{old.deliverable} {old.version}",
        since_id=old.id if old is not None and is_open else None,
        parts=tuple(Part(change, _place(edition, change), edition.id, told) for change, told in _with_earlier(changes, beside)),
        lost=tuple(lost),
    )


def _with_earlier(changes: Sequence[Change], beside: Mapping[int, tuple[Earlier, ...]]) -> Iterator[tuple[Change, tuple[Earlier, ...]]]:
    """Each section with what was said of it: those that are there stand in their order."""
    at = 0
    for change in changes:
        yield change, () if change.kind is Kind.REMOVED else beside.get(at, ())
        at += change.kind is not Kind.REMOVED


def _place(edition: Edition, change: Change) -> Place | None:
    if change.kind is Kind.REMOVED:
        return None
    section = change.section
    return Place(f"remark.{edition.deliverable}.{section.anchor or 'whole'}", edition.deliverable, section.number, section.title)


_compared = lru_cache(maxsize=KEPT)(compare)
