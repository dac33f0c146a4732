"""Writing a contribution before it is handed in: saves that never overwrite each other, and what becomes of a draft when it is handed in.

No events here: a draft is nobody's word yet. What counts begins with `answering.contribute`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models.contributions import Contribution, Revision
from models.doors.answering import Offered, Origin, contribute
from models.drafts import Draft, DraftSave
from models.editions import sha256_of
from models.errors import Refused
from models.gates import Gate
from models.merging import UNSEEN, Clash, Met, Path, Tree, Unseen, merge, node_at
from models.method import GateKind
from models.standing import Standing

KEPT_SAVES = 40
LARGEST = 4 * 1024 * 1024
"""Characters of a draft as JSON; a contribution may be a quarter of that."""


class StaleDraft(Refused):
    """What was typed belongs to a draft that is gone: it was handed in meanwhile. Nothing was changed."""


@dataclass(frozen=True)
class Base:
    """What a page was made from: the newest revision when the draft was begun, and the number of the save it showed (each 0 for none)."""

    revision: int = 0
    save: int = 0

    def __str__(self) -> str:
        return f"{self.revision}.{self.save}"

    @classmethod
    def read(cls, text: str) -> Base:
        """As a form brings it back; nothing sensible is the beginning."""
        first, _, second = text.partition(".")
        is_ours = first.isdecimal() and second.isdecimal() and len(text) < 20 and text.isascii()
        return cls(int(first), int(second)) if is_ours else cls()


@dataclass(frozen=True)
class Conflict:
    """A place where somebody else was at work at the same time: what they made of it, who and when, and what the writer wanted."""

    path: Path
    clash: Clash
    theirs: str
    mine: str
    writer: str
    when: datetime


@dataclass(frozen=True)
class Saved:
    """What a save left behind: the base of the next one, the whole state, and what could not be merged."""

    base: Base
    state: Tree
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True)
class Beginning:
    """What a draft starts from: the state of the last revision that was not declined, or an empty one.

    `revision` is the number of the newest there is, declined or not (0: none): it tells a draft from those before it, whose saves had
    the same numbers.
    """

    state: Tree
    revision: int = 0


def draft_of(session: Session, gate: Gate, organisation: str) -> Draft | None:
    """The unfinished contribution of an organisation at a gate, with its saves."""
    query = select(Draft).where(Draft.gate_id == gate.id, Draft.organisation == organisation).options(selectinload(Draft.history))
    return session.scalars(query).one_or_none()


def current(draft: Draft | None, beginning: Beginning) -> Saved:
    """How a contribution stands that is being written, or would begin."""
    if draft is None or not draft.history:
        return Saved(Base(beginning.revision, 0), beginning.state)
    last = draft.history[-1]
    return Saved(Base(draft.based_on or 0, last.number), last.state)


def save(
    session: Session,
    standing: Standing,
    gate: Gate,
    organisation: str,
    changes: Mapping[str, Any],
    base: Base,
    writer: str,
    now: datetime,
    *,
    beginning: Beginning,
    language: str = "en",
) -> Saved:
    """Bring changes into the draft: the state as the writer left it, or the part of it that their page had.

    `base` says what that page showed. Different places merge. Where both changed one place, the stored text stays and the conflict is
    handed back with both texts. What changes nothing is no save. StaleDraft where the draft was handed in since the page was made; Refused
    where nothing can be contributed.
    """
    _check(standing, gate, organisation)
    draft = draft_of(session, gate, organisation)
    before = current(draft, beginning)
    if base.revision != before.base.revision:
        raise StaleDraft("This was handed in meanwhile. What you wrote since then is not in it.")
    merged = merge(_seen(draft, base, beginning), changes, before.state)
    conflicts = tuple(_conflict(draft, base, met, now) for met in merged.met)
    if merged.tree == before.state:
        return Saved(before.base, before.state, conflicts)
    if _size(merged.tree) > LARGEST:
        raise Refused("This is more than can be kept. Shorten it, or attach what is long as a file.")
    draft = draft or _begun(session, standing, gate, organisation, beginning, language, now)
    draft.saves += 1
    draft.saved_at = now
    draft.history.append(DraftSave(number=draft.saves, saved_at=now, writer=writer, state=merged.tree))
    del draft.history[:-KEPT_SAVES]
    session.flush()
    return Saved(Base(before.base.revision, draft.saves), merged.tree, conflicts)


def hand_in(
    session: Session,
    standing: Standing,
    gate: Gate,
    offered: Offered,
    base: Base,
    beginning: Beginning,
    origin: Origin,
    now: datetime,
    *,
    newest: int,
) -> Revision:
    """Hand in what was shown last; the draft is gone then. Once more, from a back button or a second tab, gives the same revision.

    `newest` is the newest revision there was when it was shown. StaleDraft where the draft was changed, or something else arrived, such
    as a file, since then.
    """
    draft = draft_of(session, gate, offered.organisation)
    before = current(draft, beginning)
    if draft is None and base.revision < beginning.revision:
        return _last(session, gate, offered.organisation)
    if base != before.base:
        raise StaleDraft("This was changed since you looked at it. Look it over once more, then hand it in.")
    if newest < beginning.revision:
        raise StaleDraft("Another answer arrived since you looked at this. Look it over once more, then hand it in.")
    revision = _last(session, gate, offered.organisation) if beginning.revision and not gate.is_open else None
    if revision is None or not revision.says_still(sha256_of(offered.body)):
        revision = contribute(session, standing, gate, offered, origin, now)
    if draft is not None:
        session.delete(draft)
        session.flush()
    return revision


def _check(standing: Standing, gate: Gate, organisation: str) -> None:
    if standing.programme.closed_at is not None:
        closed = f"{standing.programme.closed_at:%d %B %Y}"
        raise Refused(f"{standing.programme.title} was closed on {closed}: nothing can be added to it any more.")
    if gate.spec.kind is not GateKind.CONTRIBUTION:
        raise Refused(f"{gate.label} takes no contribution: it asks for another thing ({gate.spec.kind}).")
    if organisation not in [party.organisation for party in standing.parties(gate)]:
        raise Refused(f"{gate.label} does not ask {organisation!r}.")


def _begun(
    session: Session, standing: Standing, gate: Gate, organisation: str, beginning: Beginning, language: str, now: datetime
) -> Draft:
    draft = Draft(
        programme_id=standing.programme.id,
        gate_id=gate.id,
        organisation=organisation,
        language=language,
        based_on=beginning.revision or None,
        started_at=now,
        saved_at=now,
        saves=0,
        history=[DraftSave(number=0, saved_at=now, writer="", state=beginning.state)],
    )
    session.add(draft)
    return draft


def _seen(draft: Draft | None, base: Base, beginning: Beginning) -> Tree | Unseen:
    """The state that a page showed; unknown where that save is not kept any more."""
    if draft is None:
        return beginning.state if base.save == 0 else UNSEEN
    return next((item.state for item in draft.history if item.number == base.save), UNSEEN)


def author_of(draft: Draft | None, path: Path, since: int = 0) -> tuple[str, datetime | None]:
    """Who changed a place last, of the saves after one that are kept, and when; who saved last where that is not known any more."""
    saves = draft.history if draft else []
    for before, after in reversed(list(pairwise(saves))):
        if after.number > since and node_at(before.state, path) != node_at(after.state, path):
            return after.writer, after.saved_at
    return (saves[-1].writer, saves[-1].saved_at) if saves else ("", None)


def _conflict(draft: Draft | None, base: Base, met: Met, now: datetime) -> Conflict:
    writer, when = author_of(draft, met.path, base.save)
    return Conflict(met.path, met.clash, met.theirs, met.mine, writer, when or now)


def _last(session: Session, gate: Gate, organisation: str) -> Revision:
    query = select(Contribution).where(Contribution.gate_id == gate.id, Contribution.organisation == organisation)
    return session.scalars(query.options(selectinload(Contribution.revisions))).one().revisions[-1]


def _size(tree: Any) -> int:
    """Characters of all texts and keys of a tree."""
    if isinstance(tree, Mapping):
        return sum(len(key) + 4 + _size(value) for key, value in tree.items())
    return sum(len(str(item)) + 4 for item in tree) if isinstance(tree, list) else len(str(tree))
