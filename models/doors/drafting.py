"""Writing a contribution before it is handed in: saves that never overwrite each other, and what becomes of a draft when it is handed in.

No events here: a draft is nobody's word yet. What counts begins with `answering.contribute`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models.contributions import Contribution, Revision
from models.doors import choosing
from models.doors.answering import Offered, Origin, contribute
from models.doors.choosing import Pick
from models.drafts import Draft, DraftSave
from models.editions import sha256_of
from models.errors import Refused
from models.gates import Gate
from models.merging import UNSEEN, Clash, IsEmpty, Met, Path, Tree, Unseen, merge, node_at, says_nothing, text_at
from models.method import GateKind
from models.standing import Standing

KEPT_SAVES = 40
LARGEST = 4 * 1024 * 1024
"""Characters of a draft as JSON; a contribution may be a quarter of that."""


class StaleDraft(Refused):
    """What was typed belongs to a draft that is gone: it was handed in meanwhile. Nothing was changed."""


@dataclass(frozen=True)
class Base:
    """What a page was made from: the newest revision when the draft was begun, and the number of the save it showed (each 0 for none).

    No two saves at a gate have the same number, also those of drafts that have ended.
    """

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
    """A place where somebody else was at work at the same time: what they made of it, who and when, and what the writer wanted.

    `own`: how whoever wanted it calls themselves. `number`: what their answer is kept under, 0 where it is not. `was`: where an entry
    that both added stood on the page it came from.
    """

    path: Path
    clash: Clash
    theirs: str
    mine: str
    writer: str
    when: datetime
    own: str = ""
    number: int = 0
    was: Path = ()


@dataclass(frozen=True)
class Saved:
    """What a save left behind: the base of the next one, the whole state, and what could not be merged.

    `settled`: where the page said there was something to choose, and there is not any more.
    """

    base: Base
    state: Tree
    conflicts: tuple[Conflict, ...] = ()
    settled: tuple[Path, ...] = ()
    draft: Draft | None = None


@dataclass(frozen=True)
class Beginning:
    """What a draft starts from: the state of the last revision that was not declined, or an empty one.

    `revision` is the number of the newest there is, declined or not (0: none): it tells a draft from those before it, whose saves had
    the same texts. `is_empty` says whether an entry of a list is as a new one is.
    """

    state: Tree
    revision: int = 0
    is_empty: IsEmpty = says_nothing


def draft_of(session: Session, gate: Gate, organisation: str) -> Draft | None:
    """The unfinished contribution of an organisation at a gate, with its saves and the answers to choose from."""
    return session.scalars(_DRAFT, {"gate": gate.id, "organisation": organisation}).unique().one_or_none()


_DRAFT = (
    select(Draft)
    .where(Draft.gate_id == bindparam("gate"), Draft.organisation == bindparam("organisation"))
    .options(joinedload(Draft.history), selectinload(Draft.others))
)


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
    picks: Mapping[Path, Pick] | None = None,
) -> Saved:
    """Bring changes into the draft: the state as the writer left it, or the part of it that their page had.

    `base` says what that page showed, `picks` what it says of questions with several answers. Different places merge. Where both changed
    one place, the stored text stays, the other is kept beside it, and the conflict is handed back with both. What changes nothing is no
    save. StaleDraft where the draft was handed in since the page was made; Refused where nothing can be contributed.
    """
    _check(standing, gate, organisation)
    draft, picks = draft_of(session, gate, organisation), picks or {}
    before = current(draft, beginning)
    if base.revision != before.base.revision or _is_of_an_ended_one(draft, base):
        raise StaleDraft("This was handed in meanwhile. What you wrote since then is not in it.")
    seen = seen_at(draft, base, beginning)
    wished = choosing.carried_out(draft, changes, picks, before.state)
    merged = merge(seen, wished, before.state, is_empty=beginning.is_empty, held=choosing.held(draft, picks, before.state))
    texts = {met.path: met.mine for met in merged.met if met.clash is Clash.TEXT}
    is_changed = merged.tree != before.state
    conflicts = [_conflict(draft, base, met, writer, now) for met in merged.met]  # before this save is one of those it asks
    if not is_changed and not texts and not (picks and draft) and not any(pick.mine for pick in picks.values()):
        return Saved(before.base, before.state, tuple(conflicts))
    draft = draft or _begun(session, standing, gate, organisation, beginning, language, now)
    if is_changed:
        draft.saves += 1
        draft.saved_at = now
        draft.history.append(DraftSave(number=draft.saves, saved_at=now, writer=writer, state=merged.tree))
        del draft.history[:-KEPT_SAVES]
    decided = choosing.settle(draft, picks, texts, seen, before.state, merged.tree, now)
    waiting = {path: pick.mine for path, pick in picks.items() if pick.mine is not None and path not in decided}
    kept = choosing.keep(draft, texts, waiting, picks, merged.tree, writer, now)
    if _size(merged.tree) + sum(len(item.text) for item in draft.others) > LARGEST:
        raise Refused("This is more than can be kept. Shorten it, or attach what is long as a file.")
    session.flush()
    older = [Met(path, Clash.TEXT, text_at(merged.tree, path), text) for path, text in kept.texts.items() if path not in texts]
    conflicts += [_conflict(draft, Base(), met, writer, now) for met in older]
    told = tuple(replace(item, number=kept.numbers.get(item.path, 0)) for item in conflicts)
    return Saved(Base(before.base.revision, draft.history[-1].number), merged.tree, told, tuple(kept.settled), draft)


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
    as a file, since then. Refused while a question has several answers.
    """
    draft = draft_of(session, gate, offered.organisation)
    before = current(draft, beginning)
    if is_handed_in(draft, base, beginning):
        return _handed_in(session, gate, offered.organisation).revisions[-1]
    if base != before.base:
        raise StaleDraft("This was changed since you looked at it. Look it over once more, then hand it in.")
    if newest < beginning.revision:
        raise StaleDraft("Another answer arrived since you looked at this. Look it over once more, then hand it in.")
    if choosing.open_answers(draft, before.state):
        raise Refused("There are two answers to one question. Choose which is to stand, then hand this in.")
    revision = _handed_in(session, gate, offered.organisation).revisions[-1] if beginning.revision and not gate.is_open else None
    if revision is None or not revision.says_still(sha256_of(offered.body)):
        revision = contribute(session, standing, gate, offered, origin, now)
    if draft is not None:
        _handed_in(session, gate, offered.organisation).draft_saves = draft.saves
        session.delete(draft)
        session.flush()
    return revision


def is_handed_in(draft: Draft | None, base: Base, beginning: Beginning) -> bool:
    """Whether what a page shows was handed in since, and no other draft begun."""
    return draft is None and beginning.revision > 0 and (base.revision < beginning.revision or base.save > 0)


def _check(standing: Standing, gate: Gate, organisation: str) -> None:
    if standing.programme.closed_at is not None:
        closed = f"{standing.programme.closed_at:%Y-%m-%d}"
        raise Refused(f"{standing.programme.title} was closed on {closed}: nothing can be added to it any more.")
    if gate.spec.kind is not GateKind.CONTRIBUTION:
        raise Refused(f"{gate.label} takes no contribution: it asks for another thing ({gate.spec.kind}).")
    if organisation not in [party.organisation for party in standing.parties(gate)]:
        raise Refused(f"{gate.label} does not ask {organisation!r}.")


def _begun(
    session: Session, standing: Standing, gate: Gate, organisation: str, beginning: Beginning, language: str, now: datetime
) -> Draft:
    own = (Contribution.gate_id == gate.id, Contribution.organisation == organisation)
    ended = session.scalar(select(Contribution.draft_saves).where(*own)) or 0
    draft = Draft(
        programme_id=standing.programme.id,
        gate_id=gate.id,
        organisation=organisation,
        language=language,
        based_on=beginning.revision or None,
        started_at=now,
        saved_at=now,
        saves=ended,
        counted_from=ended,
        answers=0,
        others=[],
        history=[DraftSave(number=0, saved_at=now, writer="", state=beginning.state)],
    )
    session.add(draft)
    return draft


def seen_at(draft: Draft | None, base: Base, beginning: Beginning) -> Tree | Unseen:
    """The state that a page showed; unknown where that save is not kept any more."""
    if draft is None:
        return beginning.state
    return next((item.state for item in draft.history if item.number == base.save), UNSEEN)


def last_save_of(draft: Draft | None, names: Collection[str] | None = None) -> DraftSave | None:
    """The last save, or the last that changed one of these fields; None where there is none such among those that are kept."""
    if draft is None or names is None:
        return draft.history[-1] if draft and draft.history else None
    for before, after in reversed(list(pairwise(draft.history))):
        if any(before.state.get(name) != after.state.get(name) for name in names):
            return after
    return None


def author_of(draft: Draft | None, path: Path, since: int = 0) -> tuple[str, datetime | None]:
    """Who changed a place last, of the saves after one that are kept, and when; who saved last where that is not known any more."""
    saves = draft.history if draft else []
    for before, after in reversed(list(pairwise(saves))):
        if after.number > since and node_at(before.state, path) != node_at(after.state, path):
            return after.writer, after.saved_at
    return (saves[-1].writer, saves[-1].saved_at) if saves else ("", None)


def _is_of_an_ended_one(draft: Draft | None, base: Base) -> bool:
    """Whether a page showed a save of a draft that has ended, though the newest revision is still the same."""
    return base.save > 0 and (draft is None or base.save <= draft.counted_from)


def _conflict(draft: Draft | None, base: Base, met: Met, own: str, now: datetime) -> Conflict:
    writer, when = author_of(draft, met.was or met.path, base.save)
    return Conflict(met.path, met.clash, met.theirs, met.mine, writer, when or now, own, was=met.was)


def _handed_in(session: Session, gate: Gate, organisation: str) -> Contribution:
    """The contribution, where there is one for sure."""
    query = select(Contribution).where(Contribution.gate_id == gate.id, Contribution.organisation == organisation)
    return session.scalars(query.options(selectinload(Contribution.revisions))).one()


def _size(tree: Any) -> int:
    """Characters of all texts and keys of a tree."""
    if isinstance(tree, Mapping):
        return sum(len(key) + 4 + _size(value) for key, value in tree.items())
    return sum(len(str(item)) + 4 for item in tree) if isinstance(tree, list) else len(str(tree))
