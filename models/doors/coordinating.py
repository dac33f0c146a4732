"""The coordinator's answer in a phase's form: one of a few things at one open gate, routed to its door.

An answer that a rule refuses changes nothing but the form: the reason is shown in the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from models.advance import reviewed
from models.decisions import Entry, Verdict
from models.definition import Role
from models.doors import steering
from models.doors.answering import Origin, Ruling, decide, printable, send_back, took_place
from models.errors import Refused
from models.gates import Gate
from models.method import GateKind
from models.standing import Party, Standing


class What(StrEnum):
    """What a coordinator can do at a gate, as the form words it."""

    LOOK = "look again"
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    RECORD = "record on behalf"
    EXTEND = "extend"
    WITHOUT = "proceed without"


@dataclass(frozen=True)
class Given:
    """An answer as it comes from the form: labels as `choice` and `label` offer them; `on` as it was typed."""

    gate: str = ""
    what: str = What.LOOK
    comment: str = ""
    on: str | None = None
    on_behalf_of: str | None = None

    @property
    def day(self) -> date | None:
        """The day in “on”; Refused where it is none: Prefect's server takes any text there."""
        if not self.on:
            return None
        try:
            return date.fromisoformat(self.on[:10])
        except ValueError:
            raise Refused(f"“{printable(self.on[:40])}” in “on” is no date. Give it as year, month and day, such as 2027-03-31.") from None


def label(party: Party) -> str:
    """How the form names a party: `capaci (project-lead)`."""
    return f"{party.organisation} ({party.role})"


def choice(standing: Standing, gate: Gate) -> str:
    """How the form names an open gate; an approval with the version and hash that is decided on.

    A form that was opened before the content changed then answers something that is no longer there.
    """
    editions = [standing.latest_edition(number, scope) for number, scope in reviewed(standing, gate)]
    shown = next((edition for edition in editions if edition is not None), None)
    return f"{gate.label} (v{shown.version}, {shown.content_sha256[:8]})" if shown else gate.label


def open_gates(standing: Standing, number: int) -> list[Gate]:
    """The gates of a phase that somebody is asked about, in the method's order."""
    return [gate for gate in standing.gates_in(number) if gate.is_open]


def eligible(standing: Standing, number: int) -> list[str]:
    """Everybody still asked at an open gate of a phase, as the form names them."""
    parties = [label(party) for gate in open_gates(standing, number) for party in standing.open_parties(gate)]
    return list(dict.fromkeys(parties))


def answer(session: Session, standing: Standing, number: int, given: Given, now: datetime) -> None:
    """Carry out what the form says and count it, so that the next suspension has a key of its own.

    Refused with the rule's reason; then call `refuse` in a transaction of its own.
    """
    phase = standing.phase(number)
    if given.what != What.LOOK:
        _route(session, standing, _chosen(standing, number, given), given, now)
        phase.refusal = None
    phase.answers += 1


def refuse(standing: Standing, number: int, reason: str, given: Given | None = None) -> None:
    """Keep why an answer was refused, for the next forms, while the gate it was about is open."""
    phase = standing.phase(number)
    phase.answers += 1
    phase.refusal = reason[:1000]
    phase.refused_at = (given.gate.partition(" (")[0][:140] if given else "") or None


def last_refusal(standing: Standing, number: int) -> str | None:
    """Why the last answer was refused, as long as that is of use: None once its gate has been dealt with."""
    phase = standing.phase(number)
    if phase.refused_at is not None and phase.refused_at not in [gate.label for gate in open_gates(standing, number)]:
        return None
    return phase.refusal


def _chosen(standing: Standing, number: int, given: Given) -> Gate:
    gates = open_gates(standing, number)
    for gate in gates:
        if given.gate in (gate.label, choice(standing, gate)):
            return gate
        if given.gate.startswith(f"{gate.label} ("):
            raise Refused(
                f"What {gate.label} decides on has changed since that form was shown. Look at {choice(standing, gate)} and decide on that."
            )
    key, _, rest = given.gate.partition(" @ ")
    scope = rest.partition(" ")[0]
    if not given.gate:
        raise Refused(f"Choose the gate that “{given.what}” is about.")
    gate = standing.gate(key, scope)
    raise Refused(f"{gate.label} is {gate.state}: it has been dealt with, or its turn has not come.")


def _route(session: Session, standing: Standing, gate: Gate, given: Given, now: datetime) -> None:
    match given.what:
        case What.APPROVE | What.RETURN | What.REJECT:
            _decide(session, standing, gate, given, now)
        case What.RECORD:
            _record(session, standing, gate, given, now)
        case What.EXTEND:
            if given.day is None:
                raise Refused(f"Until when is {gate.label} extended? Give the date in “on”.")
            steering.extend(session, standing, gate, given.day, given.comment, now)
        case What.WITHOUT:
            steering.proceed_without(session, standing, gate, given.comment, now)
        case _:
            raise Refused(f"“{given.what}” is not something the form can do.")


def _decide(session: Session, standing: Standing, gate: Gate, given: Given, now: datetime) -> None:
    if gate.spec.kind is not GateKind.APPROVAL:
        raise Refused(f"{gate.label} is no approval: there is nothing to {given.what}. It waits for {gate.spec.title.lower()}.")
    if gate.rejected and given.what == What.RETURN:
        send_back(session, standing, gate, given.comment or "rejected; please revise", now)
        return
    party = _party(standing, gate, given.on_behalf_of)
    own = party.organisation == standing.definition.coordinator and party.role == Role.COORDINATOR
    act = given.comment.strip() if gate.spec.needs_act and given.what == What.APPROVE else None
    ruling = Ruling(Verdict(given.what), given.comment, act_number=act or None, act_on=given.day)
    decide(session, standing, gate, party, ruling, Origin(Entry.PREFECT, on_behalf=not own), now)


def _record(session: Session, standing: Standing, gate: Gate, given: Given, now: datetime) -> None:
    if gate.spec.kind is GateKind.CONTRIBUTION:
        raise Refused(f"{gate.label} asks for contents: record them with `inclucities contribute FILE`, or on the partner's page.")
    if gate.spec.kind is not GateKind.EVENT:
        raise Refused(f"{gate.label} is an approval: choose approve, return or reject, and on whose behalf.")
    party = _party(standing, gate, given.on_behalf_of) if given.on_behalf_of else standing.parties(gate)[0]
    took_place(session, standing, gate, party.organisation, given.day or standing.today(now), Origin(Entry.PREFECT, on_behalf=True), now)


def _party(standing: Standing, gate: Gate, named: str | None) -> Party:
    """The party an answer is given for: the one named, or the coordinator where it is their own gate."""
    for party in standing.parties(gate):
        if label(party) == named or (named is None and party == Party(standing.definition.coordinator, Role.COORDINATOR)):
            return party
    names = ", ".join(label(party) for party in standing.parties(gate))
    raise Refused(f"{gate.label} is decided by {names}. Say in “on behalf of” whose decision you record.")
