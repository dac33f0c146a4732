"""The words the method is declared in: gates, who acts, what they are anchored to, and deliverables."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from models.definition import Policy, Role


class GateKind(StrEnum):
    """What a gate waits for."""

    CONTRIBUTION = "contribution"
    APPROVAL = "approval"
    EVENT = "event"


class Over(StrEnum):
    """What a gate or deliverable exists once for. The scope's name is in the comment."""

    PROGRAMME = "programme"  # programme
    CITY = "city"  # city-<slug>
    SHOP = "shop"  # city-<slug>, cities that have a one-stop shop of the programme's
    MENTEE = "mentee"  # city-<slug>, the mentee of each confirmed pair
    PAIR = "pair"  # pair-<mentee>
    ASSOCIATION = "association"  # association-<slug>
    ACADEMY = "academy"  # association-<slug>, those that host an academy
    THEME = "theme"  # theme-<slug>, the themes of confirmed pairs


AFTER_MATCHING = frozenset({Over.MENTEE, Over.PAIR, Over.THEME})
"""Scopes that exist only once the Steering Committee has confirmed the matching."""


class Of(StrEnum):
    """Which organisation of a gate's scope an actor belongs to."""

    COORDINATOR = "coordinator"
    FACILITATOR = "facilitator"
    COMMITTEE = "committee"
    SELF = "self"  # the city or association the scope is named after
    MENTOR = "mentor"
    MENTEE = "mentee"
    HOST = "host"  # of the visit the gate is anchored to
    GUEST = "guest"


@dataclass(frozen=True)
class Actor:
    """Who acts at a gate: a role, and whose."""

    role: Role
    of: Of


class AnchorKind(StrEnum):
    """What a deadline counts from."""

    PHASE = "phase"  # the day the phase started
    MEETING = "meeting"  # the day of the scope's visit, workshop or academy; the last one where the scope has several
    GATE = "gate"  # the day another gate was satisfied


@dataclass(frozen=True)
class Anchor:
    """A deadline's origin; `key` names the meeting or gate."""

    kind: AnchorKind
    key: str = ""


@dataclass(frozen=True)
class GateSpec:
    """One thing a phase waits for.

    `weeks` is the offset of the deadline from the anchor (negative: before it); `lead` how many weeks before its
    deadline a gate opens at the earliest; `after` the gates that must be satisfied first, in every scope that touches
    this one; `feeds` the contribution gates that are asked again when an approval is returned.
    """

    key: str
    phase: int
    kind: GateKind
    over: Over
    title: str
    asks: str
    actors: tuple[Actor, ...]
    anchor: Anchor
    weeks: int
    after: tuple[str, ...] = ()
    lead: int = 6
    policy: Policy = Policy.ESCALATE
    contribution: str = ""
    """The contribution kind asked for; contribution gates only."""
    reviews: tuple[str, ...] = ()
    """Deliverables whose review editions are built when it opens and bound by its decision; approval gates only."""
    feeds: tuple[str, ...] = ()
    meeting: str = ""
    """The meeting this gate is about, if any: it settles who is host and who is guest."""
    confirms_matching: bool = False
    money: bool = False
    """Tacit consent is barred at gates about money."""
    needs_act: bool = False
    """A council decides by an act with a number and a date."""


class DeliverableType(StrEnum):
    """EU grant practice."""

    REPORT = "R"
    DEMONSTRATOR = "DEM"
    DISSEMINATION = "DEC"
    OTHER = "OTHER"


@dataclass(frozen=True)
class DeliverableSpec:
    """One numbered deliverable of `domain.md`.

    `approved_at` is the gate whose approval completes it; deliverables approved "with" another name that one's gate.
    `lineage` groups versions of the same document; `version` is where this one starts, each return adds a part.
    """

    number: str
    slug: str
    title: str
    phase: int
    over: Over
    approved_at: str
    draws_on: tuple[str, ...]
    """Contribution kinds whose accepted revisions, in scopes that touch this one, are its content."""
    version: str = "1.0"
    lineage: str = ""
    formats: tuple[str, ...] = ("pdf", "html")
    type: DeliverableType = DeliverableType.REPORT
    from_record: bool = False
    """It is computed from a frozen snapshot of the run's own record as well."""


@dataclass(frozen=True)
class PhaseSpec:
    """One of the seven phases and the checklist it works off."""

    number: int
    title: str
    summary: str
    gates: tuple[GateSpec, ...]


@dataclass(frozen=True)
class Method:
    """The whole method, with look-ups."""

    phases: tuple[PhaseSpec, ...]
    deliverables: tuple[DeliverableSpec, ...]
    gates: dict[str, GateSpec] = field(init=False)
    by_number: dict[str, DeliverableSpec] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gates", {gate.key: gate for phase in self.phases for gate in phase.gates})
        object.__setattr__(self, "by_number", {item.number: item for item in self.deliverables})

    def phase(self, number: int) -> PhaseSpec:
        """The phase of that number, 1 to 7."""
        return self.phases[number - 1]
