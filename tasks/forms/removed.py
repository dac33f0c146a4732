"""An entry of a list that was removed, and its way back to its place: every save of a draft is kept for a while, and one of them has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.drafts import Draft
from models.errors import Refused
from models.merging import IsEmpty, node_at
from tasks.forms.posted import Posted, list_at
from tasks.forms.state import at, field_at, id_of, order_of
from tasks.forms.typed import Path
from tasks.page_fields import Field, Form


@dataclass(frozen=True)
class Removed:
    """An entry that is not there any more: its list, what it said last, and the keys of the list as it stood then."""

    path: Path
    asked: Field
    entry: Mapping[str, Any]
    order: tuple[str, ...]

    @property
    def id(self) -> str:
        """As the page named it."""
        return id_of(self.path)

    @property
    def list_id(self) -> str:
        """The list it stood in."""
        return id_of(self.path[:-1])

    @property
    def number(self) -> int:
        """Which entry of its list it was."""
        return self.order.index(self.path[-1]) + 1


def removed_at(draft: Draft | None, fields: Sequence[Field], state: Mapping[str, Any], path: Path, is_empty: IsEmpty) -> Removed | None:
    """The entry that stood at a path; None where it stands there still, said nothing, or is in no save that is kept.

    Nor is there anything to bring back where what it stood in is gone too.
    """
    asked = field_at(fields, path)
    above, key = path[:-1], path[-1] if path else ""
    if draft is None or asked is None or asked.form is not Form.ENTRIES or field_at(fields, above) is not asked:
        return None
    if at(state, above) is None or key in order_of(at(state, above)):
        return None
    for save in reversed(draft.history):
        order = order_of(node_at(save.state, above))
        if key in order:
            entry = node_at(save.state, path)
            return None if is_empty(path, entry) else Removed(path, asked, entry, tuple(order))
    return None


def bring_back(found: Posted, state: Mapping[str, Any], removed: Removed) -> None:
    """Put an entry back into the changes of a form, behind what it stood behind. Refused where its list is full by now."""
    part = list_at(found.changes, removed.path[:-1], state)
    if part is None:
        return
    order: list[str] = part["order"]
    if removed.asked.many and len(order) >= removed.asked.many:
        raise Refused("There is no room for this entry any more. Remove another one, then bring it back.")
    before = [key for key in removed.order[: removed.number - 1] if key in order]
    order.insert(order.index(before[-1]) + 1 if before else 0, removed.path[-1])
    part["items"][removed.path[-1]] = removed.entry
