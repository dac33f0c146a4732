"""Where a programme stands: its rows with the look-ups that rules need. Reads only; nothing here changes a row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from models.calendar import Calendar
from models.definition import Definition, Role
from models.editions import Edition
from models.errors import Refused
from models.gates import Gate
from models.method import AFTER_MATCHING, METHOD, AnchorKind, GateKind, Of, Over
from models.notices import unsent_of
from models.organisations import Organisation
from models.programme import DefinitionVersion, Meeting, Pair, Phase, Programme
from models.wishes import Promise, TimeRequest, WishState, promises_of, requests_of

WORK_BEGINS = time(8)
"""When a day's work begins in the coordinator's office: what opens on a day opens then."""


@dataclass(frozen=True)
class Party:
    """Who is asked at a gate: an organisation in a role."""

    organisation: str
    role: Role


_in_force: dict[str, tuple[Definition, Calendar]] = {}
"""Definitions never change once in force, so one reading per process and content is enough."""


def definition_in_force(version: DefinitionVersion) -> tuple[Definition, Calendar]:
    """The definition of a stored version with its calendar."""
    if version.sha256 not in _in_force:
        definition = Definition.model_validate(version.body)
        _in_force[version.sha256] = definition, Calendar(definition)
    return _in_force[version.sha256]


@dataclass
class Standing:
    """One programme with all its rows and the definition in force.

    Call `refresh` after gates, pairs or meetings were added. Rules ask for rows by the look-ups of its first part only: `Glance` has the
    same rules over rows that are read as they are asked for.
    """

    programme: Programme
    unsent: int = 0
    """Notices still on their way; the programme closes when there are none."""
    promises: list[Promise] = field(default_factory=list)
    """What partners have promised; look at those that stand with `promises_at`."""
    requests: list[TimeRequest] = field(default_factory=list)
    """What more time was asked for; look at those that wait for an answer with `requests_at`."""
    definition: Definition = field(init=False)
    calendar: Calendar = field(init=False)

    def __post_init__(self) -> None:
        self.definition, self.calendar = definition_in_force(self.programme.definitions[-1])
        self.refresh()

    def refresh(self) -> None:
        """Build the look-ups anew from the rows."""
        self._by_key: dict[str, list[Gate]] = {}
        for gate in self.programme.gates:
            self._by_key.setdefault(gate.key, []).append(gate)
        self._gates_by_id = {gate.id: gate for gate in self.programme.gates}
        self._gates = {(gate.key, gate.scope): gate for gate in self.programme.gates}
        self._index_editions()
        self._forget()

    def _forget(self) -> None:
        """What rules have found out from rows is found out anew."""
        self._pairs = {pair.mentee: pair for pair in self.programme.pairs}
        self._about: dict[str, frozenset[str]] = {}
        self._before: dict[int, list[Gate] | None] = {}
        self._parties: dict[int, tuple[Party, ...]] = {}
        self._meetings: dict[tuple[str, str], Meeting] | None = None
        self._organisations: dict[str, Organisation] | None = None
        self._defined = {item.slug: item for item in self.definition.organisations}

    # -- rows ----------------------------------------------------------------------------------------------------

    @property
    def is_whole(self) -> bool:
        """Whether all rows were read at once; doors that decide want it so."""
        return True

    def all_gates(self) -> Sequence[Gate]:
        """Every gate, in the order in which they were made."""
        return self.programme.gates

    def find_gate(self, key: str, scope: str) -> Gate | None:
        """The gate of that key in exactly that scope."""
        return self._gates.get((key, scope))

    def gate_by_id(self, gate_id: int) -> Gate | None:
        return self._gates_by_id.get(gate_id)

    def gates_of(self, key: str) -> list[Gate]:
        return self._by_key.get(key, [])

    def gates_within(self, scopes: Collection[str]) -> list[Gate]:
        """The gates of these scopes, in the order in which they were made."""
        return [gate for gate in self.programme.gates if gate.scope in scopes]

    def gates_near(self, scope: str, keys: Iterable[str]) -> list[Gate]:
        """The gates of these keys that have to do with a scope, key by key."""
        return [other for key in keys for other in self.gates_of(key) if self.touch(scope, other.scope)]

    def editions_within(self, scopes: Collection[str] | None = None) -> Sequence[Edition]:
        """The editions of these scopes, or all, oldest first."""
        return [item for item in self.programme.editions if scopes is None or item.scope in scopes]

    def editions_of(self, deliverable: str, scope: str) -> list[Edition]:
        """All editions of a deliverable in a scope, oldest first."""
        if len(self.programme.editions) != self._indexed:
            self._index_editions()
        return self._editions.get((deliverable, scope), [])

    def _index_editions(self) -> None:
        self._editions: dict[tuple[str, str], list[Edition]] = {}
        for item in self.programme.editions:
            self._editions.setdefault((item.deliverable, item.scope), []).append(item)
        self._indexed = len(self.programme.editions)

    # -- look-ups ------------------------------------------------------------------------------------------------

    @property
    def is_matched(self) -> bool:
        """Whether the Steering Committee has confirmed the pairs."""
        return self.programme.matched_at is not None

    def phase(self, number: int) -> Phase:
        return self.programme.phases[number - 1]

    def gate(self, key: str, scope: str) -> Gate:
        """The gate of that key and scope; Refused, with what there is, where there is none."""
        found = self.find_gate(key, scope)
        if found is None:
            scopes = ", ".join(gate.scope for gate in self.gates_of(key)) or "none yet"
            raise Refused(f"There is no gate {key!r} for {scope!r}. Its scopes: {scopes}.")
        return found

    def gates_in(self, phase: int) -> list[Gate]:
        return [gate for gate in self.all_gates() if gate.phase == phase]

    def organisation(self, slug: str) -> Organisation:
        if self._organisations is None:
            self._organisations = {item.slug: item for item in self.programme.organisations}
        return self._organisations[slug]

    def pair_of(self, scope: str) -> Pair | None:
        """The one pair a pair's or mentee city's scope speaks of."""
        kind, _, slug = scope.partition("-")
        return self._pairs.get(slug) if kind in ("pair", "city") else None

    def latest_edition(self, deliverable: str, scope: str) -> Edition | None:
        found = self.editions_of(deliverable, scope)
        return found[-1] if found else None

    # -- scopes --------------------------------------------------------------------------------------------------

    def scopes(self, over: Over) -> list[str]:
        """The scopes a gate or deliverable of that reach has now; those of pairs are known after the matching."""
        cities = self.definition.cities
        associations = [item for item in self.definition.organisations if item.kind == "association"]
        match over:
            case Over.PROGRAMME:
                return ["programme"]
            case Over.CITY:
                return [f"city-{item.slug}" for item in cities]
            case Over.SHOP:
                return [f"city-{item.slug}" for item in cities if item.one_stop_shop]
            case Over.ASSOCIATION:
                return [f"association-{item.slug}" for item in associations]
            case Over.ACADEMY:
                return [f"association-{item.slug}" for item in associations if item.hosts_academy]
            case Over.MENTEE:
                return [f"city-{pair.mentee}" for pair in self.programme.pairs]
            case Over.PAIR:
                return [pair.scope for pair in self.programme.pairs]
            case Over.THEME:
                return list(dict.fromkeys(f"theme-{pair.theme}" for pair in self.programme.pairs))

    def all_scopes(self) -> list[str]:
        """Every scope there is now."""
        return list(dict.fromkeys(scope for over in Over for scope in self.scopes(over)))

    def pairs_about(self, scope: str) -> frozenset[str]:
        """The mentees of the pairs a scope has to do with."""
        if scope not in self._about:
            self._about[scope] = frozenset(self._mentees(scope))
        return self._about[scope]

    def _mentees(self, scope: str) -> Iterable[str]:
        kind, _, slug = scope.partition("-")
        for pair in self.programme.pairs:
            associations = {self._defined[city].association for city in (pair.mentor, pair.mentee)}
            if (
                kind == "programme"
                or (kind == "pair" and slug == pair.mentee)
                or (kind == "city" and slug in (pair.mentor, pair.mentee))
                or (kind == "theme" and slug == pair.theme)
                or (kind == "association" and slug in associations)
            ):
                yield pair.mentee

    def touch(self, one: str, other: str) -> bool:
        """Whether two scopes have to do with each other: the same, the whole programme, or a pair in common."""
        if one == other or "programme" in (one, other):
            return True
        kinds = {one.partition("-")[0], other.partition("-")[0]}
        if len(kinds) == 1:
            return False
        if kinds == {"city", "association"}:
            city, association = sorted((one, other), key=lambda scope: scope.startswith("association"))
            return self._defined[city.removeprefix("city-")].association == association.removeprefix("association-")
        return bool(self.pairs_about(one) & self.pairs_about(other))

    # -- gates ---------------------------------------------------------------------------------------------------

    def predecessors(self, gate: Gate) -> list[Gate] | None:
        """The gates that must be satisfied before this one; None while some of them do not exist yet."""
        if gate.id not in self._before:
            self._before[gate.id] = self._find_predecessors(gate)
        return self._before[gate.id]

    def _find_predecessors(self, gate: Gate) -> list[Gate] | None:
        spec = gate.spec
        if spec.after == ("*",):
            return [other for other in self.all_gates() if other is not gate] if self.is_matched else None
        change = self.definition.gates.get(gate.key)
        keys = (*spec.after, *(change.after if change else ()))
        if not self.is_matched and any(METHOD.gates[key].over in AFTER_MATCHING for key in keys):
            return None
        return self.gates_near(gate.scope, keys)

    def is_free(self, gate: Gate) -> bool:
        """Whether every gate before this one is satisfied."""
        before = self.predecessors(gate)
        return before is not None and all(other.is_satisfied for other in before)

    def parties(self, gate: Gate) -> tuple[Party, ...]:
        """Who is asked at a gate, without repetition, in the method's order."""
        if gate.id not in self._parties:
            found = [Party(self._slug_of(gate, actor.of), actor.role) for actor in gate.spec.actors]
            self._parties[gate.id] = tuple(dict.fromkeys(found))
        return self._parties[gate.id]

    def _slug_of(self, gate: Gate, of: Of) -> str:
        pair = self.pair_of(gate.scope)
        match of:
            case Of.COORDINATOR:
                return self.definition.coordinator
            case Of.FACILITATOR:
                return self.definition.facilitator
            case Of.COMMITTEE:
                return self.definition.committee
            case Of.SELF:
                return gate.scope.partition("-")[2]
            case Of.HOST | Of.GUEST:
                meeting = self.meeting(gate.spec.meeting, gate.scope)
                return meeting.host if of is Of.HOST else (meeting.guest or meeting.host)
            case Of.MENTOR | Of.MENTEE if pair is not None:
                return pair.mentor if of is Of.MENTOR else pair.mentee
        raise Refused(f"{gate.label} asks a {of} and its scope has none.")

    def asked_of(self, slug: str) -> list[tuple[Gate, Party]]:
        """The gates at which an organisation is asked, in each of its roles, whatever their state."""
        scopes = self._asked_within(slug)
        gates = self.all_gates() if scopes is None else self.gates_within(scopes)
        return [(gate, party) for gate in gates for party in self.parties(gate) if party.organisation == slug]

    def _asked_within(self, slug: str) -> frozenset[str] | None:
        """The scopes in which an organisation can be asked: what `_slug_of` says, read backwards. None: those who run it, everywhere."""
        if slug in (self.definition.coordinator, self.definition.facilitator, self.definition.committee):
            return None
        own = {f"{kind}-{slug}" for kind in ("city", "association", "pair", "theme")}
        pairs = [pair for pair in self.programme.pairs if slug in (pair.mentor, pair.mentee)]
        own |= {scope for pair in pairs for scope in (pair.scope, f"city-{pair.mentee}")}
        return frozenset(own | {item.scope for item in self.programme.meetings if slug in (item.host, item.guest)})

    def open_parties(self, gate: Gate) -> list[Party]:
        """Those who are still to act at an open gate."""
        done = {(item.organisation, item.role) for item in gate.decided_in_this_round()}
        return [party for party in self.parties(gate) if (party.organisation, party.role) not in done]

    def promises_at(self, gate: Gate) -> list[Promise]:
        """The promises about a gate that stand."""
        return [item for item in self.promises if item.gate_id == gate.id and item.withdrawn_at is None]

    def requests_at(self, gate: Gate) -> list[TimeRequest]:
        """The requests for more time at a gate that wait for an answer."""
        return [item for item in self.requests if item.gate_id == gate.id and item.state == WishState.ASKED]

    def meeting(self, key: str, scope: str) -> Meeting:
        """The meeting of that key in exactly that scope."""
        if self._meetings is None:
            self._meetings = {(item.key, item.scope): item for item in self.programme.meetings}
        if (key, scope) not in self._meetings:
            raise Refused(f"No {key} is planned for {scope}.")
        return self._meetings[key, scope]

    # -- dates ---------------------------------------------------------------------------------------------------

    def today(self, now: datetime) -> date:
        """The coordinator's date."""
        return self.calendar.local_date(self.definition.coordinator, now)

    def work_begins(self, day: date) -> datetime:
        """When that day's work begins in the coordinator's office, UTC."""
        return self.calendar.at(self.definition.coordinator, day, WORK_BEGINS)

    def anchor_on(self, gate: Gate) -> date | None:
        """The day its deadline counts from: the latest of those that touch its scope; None while it is not known.

        A city that is in no pair has none of its own: it goes by everybody's.
        """
        anchor = gate.spec.anchor
        match anchor.kind:
            case AnchorKind.PHASE:
                return self.phase(gate.phase).opened_on
            case AnchorKind.MEETING:
                meetings = [item for item in self.programme.meetings if item.key == anchor.key]
                own = [item.planned_on for item in meetings if self.touch(gate.scope, item.scope)]
                return max(own or (item.planned_on for item in meetings), default=None)
            case AnchorKind.GATE:
                gates = self.gates_near(gate.scope, [anchor.key]) or self.gates_of(anchor.key)
                found = [other.happened_on for other in gates]
                known = [day for day in found if day is not None]
                return max(known) if known and len(known) == len(found) else None

    def asked_for(self, gate: Gate) -> date | None:
        """The deadline as the method and the file have it, before working days are looked at."""
        anchor = self.anchor_on(gate)
        if anchor is None:
            return None
        change = self.definition.gates.get(gate.key)
        weeks = change.weeks if change and change.weeks is not None else gate.spec.weeks
        return anchor + timedelta(weeks=weeks)

    def opens_on(self, gate: Gate) -> date | None:
        """The first day a gate may open: some weeks before its deadline. Approvals open as soon as they can."""
        asked = self.asked_for(gate)
        if asked is None:
            return None
        return date.min if gate.spec.kind is GateKind.APPROVAL else asked - timedelta(weeks=gate.spec.lead)


def load(session: Session, programme_id: str, *, locked: bool = False) -> Standing:
    """A programme with all the rows that rules look at.

    `locked` holds the programme's row until the transaction ends, so that changes to one programme come one after
    the other. Refused where there is no such programme.
    """
    return Standing(
        the_programme(session, programme_id, *_ALL_ROWS, locked=locked),
        unsent=unsent_of(session, programme_id),
        promises=promises_of(session, programme_id),
        requests=requests_of(session, programme_id),
    )


_ALL_ROWS = (
    selectinload(Programme.phases),
    selectinload(Programme.pairs),
    selectinload(Programme.meetings),
    selectinload(Programme.gates).selectinload(Gate.decisions),
    selectinload(Programme.organisations).selectinload(Organisation.contacts),
    selectinload(Programme.editions).selectinload(Edition.files),
)


_PROGRAMME = select(Programme).where(Programme.id == bindparam("id")).options(joinedload(Programme.definitions, innerjoin=True))
_LOCKED = (
    select(Programme)
    .where(Programme.id == bindparam("id"))
    .options(selectinload(Programme.definitions))  # read once the lock is held: a joined row would be as it was before the wait
    .with_for_update(of=Programme)
)


def the_programme(session: Session, programme_id: str, *rows: ExecutableOption, locked: bool = False) -> Programme:
    """A programme's own row with the definitions it was given, and the rows below it that are named."""
    query = _LOCKED if locked else _PROGRAMME
    programme = session.scalars(query.options(*rows) if rows else query, {"id": programme_id}).unique().one_or_none()
    if programme is None:
        launched = ", ".join(session.scalars(select(Programme.id).order_by(Programme.id))) or "none"
        raise Refused(f"No programme {programme_id!r} has been launched. Launched: {launched}.")
    return programme
