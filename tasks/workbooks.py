"""A contribution's workbook between the rows and the file: what goes out, what comes back, what it would change, what is taken over.

The file itself is `tasks.workbook`; keeping what came back is `models.doors.proposing`. No web framework.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.contributions import Contribution, Revision, RevisionState
from models.doors import drafting, proposing
from models.doors.answering import Origin
from models.doors.drafting import Base, Saved
from models.doors.proposing import Returned, check_waits
from models.drafts import Proposal
from models.errors import Overtaken
from models.gates import Gate
from models.links import Link
from models.merging import UNSEEN, Clash, Tree, Unseen, merge
from models.standing import Standing
from tasks.forms.state import field_at, id_of, state_of
from tasks.forms.typed import Path
from tasks.notice_views import name_of, scope_names
from tasks.page_fields import Form, asked_fields
from tasks.workbook import About, Read, checked, read_workbook, workbook_of
from tasks.workbook.changes import Change, changes_of, label_of, said
from tasks.writing import Writing

KIND = "workbook"
MOST_FAULTS = 500
"""How many faults of one file are told; whoever has put these right uploads it again."""


@dataclass(frozen=True)
class Met:
    """An answer that both the workbook and somebody here changed since it was downloaded."""

    id: str
    label: str
    held: str
    wished: str


@dataclass(frozen=True)
class Preview:
    """What taking a workbook over would change. `since`: what changed here after it was downloaded; None where that is not known."""

    tree: Tree
    changes: list[Change]
    met: list[Met]
    since: list[Change] | None
    paths: dict[str, tuple[Path, str]]
    """Of each answer that both changed: where it stands, and the workbook's text."""


def about_of(standing: Standing, gate: Gate, link: Link, writing: Writing) -> About:
    """What a workbook says of itself."""
    words, base = writing.words, writing.saved.base
    return About(
        programme=standing.programme.id,
        gate=gate.key,
        scope=gate.scope,
        organisation=link.organisation,
        programme_title=standing.programme.title,
        title=words.gettext(gate.spec.title),
        asks=words.gettext(gate.spec.asks),
        name=name_of(standing, link.organisation),
        about=scope_names(standing, gate.scope),
        due_on=gate.due_on if gate.is_open else None,
        revision=base.revision,
        save=base.save,
    )


def file_of(about: About, writing: Writing) -> bytes:
    """The workbook to download: with the draft where there is one, else with what was handed in last."""
    return workbook_of(writing.kind, writing.fields, writing.saved.state, about, writing.offer)


# -- coming back ---------------------------------------------------------------------------------------------------


def read_in(standing: Standing, gate: Gate, link: Link, writing: Writing, name: str, data: bytes) -> Returned:
    """What a workbook says that came back, to be kept and looked over. BadWorkbook where nothing can be read of it.

    Of a section that was handed on only its own fields are read, whatever else is in the file.
    """
    read = read_workbook(data, writing.kind, writing.fields, about_of(standing, gate, link, writing), writing.offer)
    here = writing.saved.state
    mine = merge(here, read.state, here).tree  # what it says, and what it does not say as it is here
    names = {field.name for field in writing.fields}
    faults = [fault for fault in checked(read, writing.kind, mine, writing.offer) if not fault.path or fault.path[0] in names]
    lines = [fault.place.said(fault.message, writing.words) for fault in faults]
    body = {"state": read.state, "faults": lines[:MOST_FAULTS], "base": str(_base(read)), "opens": sorted(names)}
    return Returned(KIND, name, hashlib.sha256(data).hexdigest(), body)


def is_open_to(writing: Writing, proposal: Proposal) -> bool:
    """Whether a link may look a workbook over: of a section that was handed on, one that was read for nothing beyond its fields.

    Whoever settles a workbook settles the whole of it, and its faults speak of every field it was read for.
    """
    names = {field.name for field in writing.fields}
    asked = {field.name for field in asked_fields(writing.kind)}
    return names == asked or names.issuperset(proposal.body.get("opens", asked))


def _base(read: Read) -> Base:
    return Base(read.stamp.revision, read.stamp.save)


def _seen(session: Session, gate: Gate, link: Link, writing: Writing, base: Base) -> Tree | Unseen:
    """What the workbook was filled with when it was downloaded; unknown where that is not kept any more."""
    draft = writing.draft
    if base.save:
        kept = draft.history if draft is not None and (draft.based_on or 0) == base.revision else []
        return next((item.state for item in kept if item.number == base.save), UNSEEN)
    if base.revision == writing.beginning.revision:
        return writing.beginning.state
    if not base.revision:
        return state_of(asked_fields(writing.kind), None)
    query = select(Revision).join(Contribution, Revision.contribution_id == Contribution.id)
    found = session.scalars(
        query.where(Contribution.gate_id == gate.id, Contribution.organisation == link.organisation, Revision.number == base.revision)
    ).one_or_none()
    if found is None or found.state == RevisionState.DECLINED:  # a draft does not start from what was declined
        return UNSEEN
    return state_of(asked_fields(writing.kind), found.body)


# -- looking it over -----------------------------------------------------------------------------------------------


def preview_of(session: Session, gate: Gate, link: Link, writing: Writing, proposal: Proposal) -> Preview:
    """What a workbook that waits would change as things stand now."""
    here, offer = writing.saved.state, writing.offer
    state = {field.name: proposal.body["state"][field.name] for field in writing.fields if field.name in proposal.body["state"]}
    seen = _seen(session, gate, link, writing, Base.read(str(proposal.body["base"])))
    merged = merge(seen, state, here)
    met: list[Met] = []
    paths: dict[str, tuple[Path, str]] = {}
    for item in merged.met:
        field = field_at(writing.fields, item.path)
        if item.clash is Clash.TEXT and field is not None:
            place = tuple(part for part, kept in zip(item.path, _names(writing, item.path), strict=True) if kept)
            label = label_of(writing.fields, merged.tree, item.path, offer)
            met.append(Met(id_of(item.path), label, said(field, place, item.theirs, offer), said(field, place, item.mine, offer)))
            paths[id_of(item.path)] = (item.path, item.mine)
    since = None if isinstance(seen, Unseen) else changes_of(writing.fields, seen, here, offer)
    return Preview(merged.tree, changes_of(writing.fields, here, merged.tree, offer), met, since, paths)


def _names(writing: Writing, path: Path) -> list[bool]:
    """Of each part of a path whether it is a field's name, and not an entry's key."""
    known: list[bool] = []
    for length in range(1, len(path) + 1):
        above = field_at(writing.fields, path[: length - 1]) if length > 1 else None
        is_key = above is not None and bool(known) and known[-1] and above.form is Form.ENTRIES
        known.append(not is_key)
    return known


def take_over(
    session: Session, standing: Standing, gate: Gate, link: Link, writing: Writing, proposal: Proposal, wished: Collection[str],
    shown: Base, writer: str, origin: Origin, now: datetime,
) -> Saved:  # fmt: skip
    """Bring a workbook into the draft as one save. `wished`: the ids of answers that both changed, where the workbook's is to stand.

    Overtaken where the draft was saved, or something handed in, since the preview was `shown`: it has to be looked over anew.
    """
    check_waits(proposal)
    if shown != writing.saved.base:
        raise Overtaken(
            writing.words.gettext("Somebody saved something here since you opened this page. Nothing was taken over: look it over again.")
        )
    preview = preview_of(session, gate, link, writing, proposal)
    tree = preview.tree
    for place, (path, text) in preview.paths.items():
        if place in wished:
            _put(tree, path, text)
    proposing.take_over(session, standing, gate, proposal, {"changes": len(preview.paths)}, origin, now)
    return drafting.save(
        session, standing, gate, link.organisation, tree, shown, writer, now, beginning=writing.beginning, language=writing.language
    )


def _put(tree: Any, path: Path, text: str) -> None:
    for part in path[:-1]:
        tree = tree["items"][part] if "items" in tree and "order" in tree else tree[part]
    tree[path[-1]] = text


def plain_name(name: str) -> str:
    """What a file is called here: its last part, of letters, digits and the usual marks."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isalnum() or char in "._- ()")[:80].strip() or "workbook.xlsx"
