"""A programme of which only the rows are read that somebody asks for: what a page shows, under the same rules as a whole `Standing`.

A page is about one gate or one organisation of hundreds. Doors that decide want all rows, read in their own transaction: `load`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session, joinedload

from models.editions import Edition
from models.gates import Gate
from models.notices import unsent_of
from models.organisations import Organisation
from models.programme import Programme
from models.standing import Standing, definition_in_force, the_programme
from models.wishes import Promise, TimeRequest, promises_of, requests_of


def _asking(row: type[Gate | Edition], *where: ColumnElement[bool]) -> Select[Any]:
    """Rows of a programme with what hangs on them. Made once: building a statement takes as long as running it."""
    below = joinedload(Gate.decisions) if row is Gate else joinedload(Edition.files)
    return select(row).where(row.programme_id == bindparam("programme"), *where).options(below).order_by(row.id)


_SCOPES: BindParameter[list[str]] = bindparam("scopes", expanding=True)
_EVERY_GATE = _asking(Gate)
_GATE = _asking(Gate, Gate.id == bindparam("id"))
_GATES_OF = _asking(Gate, Gate.key == bindparam("key"))
_GATES_WITHIN = _asking(Gate, Gate.scope.in_(_SCOPES))
_ORGANISATIONS = select(Organisation).where(Organisation.programme_id == bindparam("programme")).options(joinedload(Organisation.contacts))
_ORGANISATION = _ORGANISATIONS.where(Organisation.slug == bindparam("slug"))
_EVERY_EDITION = _asking(Edition)
_EDITIONS_WITHIN = _asking(Edition, Edition.scope.in_(_SCOPES))


class Glance(Standing):
    """A standing that asks for rows as it needs them. What was read once is not read again: it lives as long as its session."""

    def __init__(self, session: Session, programme: Programme) -> None:
        self.session = session
        self.programme = programme
        self.definition, self.calendar = definition_in_force(programme.definitions[-1])
        self.refresh()

    def refresh(self) -> None:
        """Whatever was read is asked for anew."""
        for name in ("unsent", "promises", "requests"):
            self.__dict__.pop(name, None)
        self._every: list[Gate] | None = None
        self._one: dict[int, Gate | None] = {}
        self._keyed: dict[str, list[Gate]] = {}
        self._scoped: dict[str, list[Gate]] = {}
        self._near: dict[str, frozenset[str]] = {}
        self._forget()

    @property
    def is_whole(self) -> bool:
        """Not this one."""
        return False

    def _ask(self, statement: Select[Any], **values: Any) -> list[Any]:
        return list(self.session.scalars(statement, {"programme": self.programme.id, **values}).unique())

    # -- gates ---------------------------------------------------------------------------------------------------

    def all_gates(self) -> Sequence[Gate]:
        if self._every is None:
            self._every = self._ask(_EVERY_GATE)
            self._keyed, self._scoped = {}, {scope: [] for scope in self._scoped}
            for gate in self._every:
                self._keyed.setdefault(gate.key, []).append(gate)
                self._scoped.setdefault(gate.scope, []).append(gate)
        return self._every

    def gate_by_id(self, gate_id: int) -> Gate | None:
        if gate_id not in self._one:
            self._one[gate_id] = next(iter(self._ask(_GATE, id=gate_id)), None)
        return self._one[gate_id]

    def gates_of(self, key: str) -> list[Gate]:
        if key not in self._keyed:
            self._keyed[key] = [] if self._every is not None else self._ask(_GATES_OF, key=key)
        return self._keyed[key]

    def find_gate(self, key: str, scope: str) -> Gate | None:
        return next((gate for gate in self.gates_within([scope]) if gate.key == key), None)

    def gates_within(self, scopes: Collection[str]) -> list[Gate]:
        missing = [scope for scope in scopes if scope not in self._scoped]
        self._scoped |= {scope: [] for scope in missing}
        for gate in self._ask(_GATES_WITHIN, scopes=missing) if missing and self._every is None else ():
            self._scoped[gate.scope].append(gate)
        return sorted((gate for scope in set(scopes) for gate in self._scoped[scope]), key=lambda gate: gate.id)

    def gates_near(self, scope: str, keys: Iterable[str]) -> list[Gate]:
        if scope == "programme":  # everything has to do with that
            return super().gates_near(scope, keys)
        if scope not in self._near:
            self._near[scope] = frozenset(other for other in self.all_scopes() if self.touch(scope, other))
        found = self.gates_within(self._near[scope])
        return [gate for key in keys for gate in found if gate.key == key]

    # -- other rows ------------------------------------------------------------------------------------------------

    def organisation(self, slug: str) -> Organisation:
        """The first one asked for comes alone, for most pages are about one; with a second come all, for then there are many."""
        if self._organisations is None:
            self._organisations = {item.slug: item for item in self._ask(_ORGANISATION, slug=slug)}
        if slug not in self._organisations:
            self._organisations = {item.slug: item for item in self._ask(_ORGANISATIONS)}
        return self._organisations[slug]

    def editions_within(self, scopes: Collection[str] | None = None) -> Sequence[Edition]:
        return self._ask(_EVERY_EDITION) if scopes is None else self._ask(_EDITIONS_WITHIN, scopes=list(scopes))

    def editions_of(self, deliverable: str, scope: str) -> list[Edition]:
        return [item for item in self.editions_within([scope]) if item.deliverable == deliverable]

    @cached_property
    def unsent(self) -> int:  # type: ignore[override]  # a field of the whole standing
        return unsent_of(self.session, self.programme.id)

    @cached_property
    def promises(self) -> list[Promise]:  # type: ignore[override]  # a field of the whole standing
        return promises_of(self.session, self.programme.id)

    @cached_property
    def requests(self) -> list[TimeRequest]:  # type: ignore[override]  # a field of the whole standing
        return requests_of(self.session, self.programme.id)


def glance(session: Session, programme_id: str, *, locked: bool = False) -> Standing:
    """A programme to look at, inside the session only. Refused where there is no such programme.

    `locked` as for `load`: for what changes rows that no rule looks at, such as drafts.
    """
    return Glance(session, the_programme(session, programme_id, locked=locked))
