"""What people do: contribute, decide, record that something took place. Every entry goes through here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models.advance import reviewed
from models.contributions import Attachment, Contribution, Revision, RevisionState
from models.decisions import Decision, Entry, Remark, Verdict
from models.definition import Role
from models.doors import attaching, telling, telling_desk
from models.doors.history import note
from models.doors.lapsing import lapse, lapse_of
from models.doors.satisfying import satisfy
from models.editions import EditionState, sha256_of
from models.errors import Refused
from models.events import EventKind
from models.gates import Gate, GateState, Outcome
from models.method import GateKind
from models.standing import Party, Standing

LONGEST_ACT_NUMBER = 64

REVISION_WORKING_DAYS = 10
"""How long a contribution that was returned is waited for."""


@dataclass(frozen=True)
class Origin:
    """Where an answer comes from: through which entry, and whether the coordinator gives it on somebody's behalf."""

    entry: Entry
    on_behalf: bool = False


@dataclass(frozen=True)
class Offered:
    """A validated contribution as it arrives: its body fits its kind (`contribution_kinds`)."""

    organisation: str
    language: str
    body: dict[str, Any]
    illustrative: bool = False
    generated: bool = False
    writer: str = ""
    """Who wrote it, as they call themselves; in the revision only, never in the events."""


# -- contributions -------------------------------------------------------------------------------------------------


def contribute(session: Session, standing: Standing, gate: Gate, offered: Offered, origin: Origin, now: datetime) -> Revision:
    """Take a contribution in. One that comes while its gate is not open is kept in a tray, not lost.

    Refused where the gate takes no contributions or asks somebody else for them.
    """
    _check_asked(standing, gate, offered.organisation, GateKind.CONTRIBUTION)
    contribution = _contribution(session, standing, gate, offered.organisation)
    state = RevisionState.ACCEPTED if gate.is_open else RevisionState.TRAY
    revision = Revision(
        number=len(contribution.revisions) + 1,
        state=state,
        received_at=now,
        entry=origin.entry,
        on_behalf=origin.on_behalf,
        writer=offered.writer,
        language=offered.language,
        illustrative=offered.illustrative,
        generated=offered.generated,
        sha256=sha256_of(offered.body),
        body=offered.body,
    )
    contribution.revisions.append(revision)
    contribution.replace_kept(revision, now)
    session.flush()
    attaching.hand_in(session, gate, offered.organisation, revision)
    kind = EventKind.CONTRIBUTION_RECEIVED if gate.is_open else EventKind.CONTRIBUTION_KEPT
    note(
        session,
        standing,
        now,
        kind,
        gate=gate,
        organisation=offered.organisation,
        revision=revision.number,
        sha256=revision.sha256,
        **_behalf(origin),
    )
    if gate.is_open:
        satisfy(session, standing, gate, Outcome.CONTRIBUTED, now, organisation=offered.organisation)
    else:
        telling_desk.kept(session, standing, gate, revision, offered.organisation, now)
    return revision


def accept_from_tray(session: Session, standing: Standing, gate: Gate, now: datetime) -> bool:
    """At a gate that has just opened, take what came too early and was kept; whether there was anything."""
    query = select(Contribution).where(Contribution.gate_id == gate.id).options(selectinload(Contribution.revisions))
    for contribution in session.scalars(query):
        kept = [revision for revision in contribution.revisions if revision.state == RevisionState.TRAY]
        if kept and contribution.current is None:
            kept[-1].state, kept[-1].settled_at = RevisionState.ACCEPTED, now
            contribution.replace_kept(kept[-1], now)
            slug = contribution.organisation
            note(
                session, standing, now, EventKind.CONTRIBUTION_RECEIVED, gate=gate, organisation=slug,
                revision=kept[-1].number, sha256=kept[-1].sha256,
            )  # fmt: skip
            satisfy(session, standing, gate, Outcome.CONTRIBUTED, now, organisation=slug)
            telling_desk.settled(session, standing, gate, kept[-1], slug, RevisionState.ACCEPTED, now)
            return True
    return False


def _contribution(session: Session, standing: Standing, gate: Gate, organisation: str) -> Contribution:
    query = (
        select(Contribution)
        .where(Contribution.gate_id == gate.id, Contribution.organisation == organisation)
        .options(selectinload(Contribution.revisions))
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        found = Contribution(
            gate_id=gate.id,
            programme_id=standing.programme.id,
            kind=gate.spec.contribution,
            gate_key=gate.key,
            phase=gate.phase,
            scope=gate.scope,
            organisation=organisation,
            revisions=[],
        )
        session.add(found)
    return found


def _check_asked(standing: Standing, gate: Gate, organisation: str, kind: GateKind) -> None:
    if standing.programme.closed_at is not None:
        closed = f"{standing.programme.closed_at:%Y-%m-%d}"
        raise Refused(f"{standing.programme.title} was closed on {closed}: nothing can be added to it any more.")
    if gate.spec.kind is not kind:
        raise Refused(f"{gate.label} takes no {kind}: it asks for another thing ({gate.spec.kind}).")
    asked = [party.organisation for party in standing.parties(gate)]
    if organisation not in asked:
        whom = ", ".join(f"'{slug}'" for slug in dict.fromkeys(asked))
        raise Refused(f"{gate.label} asks {whom}, not {organisation!r}.")


def _behalf(origin: Origin) -> dict[str, Any]:
    return {"entry": str(origin.entry), "on_behalf": True} if origin.on_behalf else {}


# -- events ----------------------------------------------------------------------------------------------------------


def took_place(session: Session, standing: Standing, gate: Gate, organisation: str, on: date, origin: Origin, now: datetime) -> None:
    """Record that a visit, workshop, academy or hand-over took place on a day, which cannot lie in the future."""
    _check_asked(standing, gate, organisation, GateKind.EVENT)
    if not gate.is_open:
        raise Refused(f"{gate.label} is {gate.state}: there is nothing to record now.")
    if on > standing.today(now):
        raise Refused(f"{on.isoformat()} is still to come. Record {gate.label} once it has taken place, or move its date.", about="on")
    if on < standing.programme.start_on:
        raise Refused(f"{on.isoformat()} is before the programme started on {standing.programme.start_on.isoformat()}.", about="on")
    agreed = agreed_on(standing, gate)
    if agreed is not None and on < agreed and not origin.on_behalf:
        raise Refused(
            f"{on.isoformat()} is before {agreed.isoformat()}, when it was agreed. If it took place that early all the same, the "
            "coordinator can record it.",
            about="on",
        )
    satisfy(session, standing, gate, Outcome.TOOK_PLACE, now, on=on, organisation=organisation, how=_behalf(origin))


def agreed_on(standing: Standing, gate: Gate) -> date | None:
    """The day on which what leads to a meeting was approved, its agenda above all; None where nothing is approved before it."""
    before = [other for other in standing.predecessors(gate) or () if other.is_approval and other.outcome == Outcome.APPROVED]
    return max((other.happened_on for other in before if other.happened_on), default=None)


# -- decisions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ruling:
    """What somebody decides, on which content, and the act behind it where a council decides."""

    verdict: Verdict
    comment: str = ""
    content_sha256: str | None = None
    """The content that was shown; None where it is taken to be what is there now (the coordinator's form)."""
    act_number: str | None = None
    act_on: date | None = None
    remarks: tuple[Remark, ...] = ()
    """Comments on single sections; one of them is comment enough for a return."""
    evidence_id: int | None = None
    """The signed act, attached at the gate by the party's organisation."""
    writer: str = ""

    @property
    def says_why(self) -> bool:
        return bool(self.comment.strip() or any(remark.comment.strip() for remark in self.remarks))


def decide(session: Session, standing: Standing, gate: Gate, party: Party, ruling: Ruling, origin: Origin, now: datetime) -> Decision:
    """Record a decision and what follows from it.

    The gate is satisfied when every party has approved; a return asks the contributors again; a rejection leaves the
    gate to the coordinator. Refused where the gate is not open, asks somebody else, has this party's decision already,
    or the content has changed since it was shown.
    """
    _check_asked(standing, gate, party.organisation, GateKind.APPROVAL)
    remarks = tuple(replace(item, title=printable(item.title), comment=printable(item.comment)) for item in ruling.remarks)
    ruling = replace(ruling, comment=printable(ruling.comment), remarks=remarks)
    bound = bound_content(session, standing, gate)
    _check_ruling(standing, gate, party, ruling, bound, standing.today(now))
    evidence = _evidence(session, gate, party, ruling)
    first = next(iter(bound.values()), None)
    decision = Decision(
        round=gate.round,
        verdict=ruling.verdict,
        organisation=party.organisation,
        role=party.role,
        on_behalf=origin.on_behalf,
        entry=origin.entry,
        at=now,
        comment=ruling.comment,
        act_number=ruling.act_number,
        act_on=ruling.act_on,
        remarks=[item.as_row() for item in remarks] or None,
        evidence_id=evidence.id if evidence else None,
        writer=ruling.writer,
        content_sha256=first,
        bound=bound,
    )
    gate.decisions.append(decision)
    session.flush()
    how = _behalf(origin) | ({"evidence_sha256": evidence.sha256} if evidence else {})
    note(
        session, standing, now, EventKind.DECISION_RECORDED, gate=gate, organisation=party.organisation,
        verdict=str(ruling.verdict), role=str(party.role), content_sha256=first, round=gate.round, **how,
    )  # fmt: skip
    lapse_of(standing, gate, party.organisation, now)
    _follow(session, standing, gate, party, ruling, now)
    return decision


def _evidence(session: Session, gate: Gate, party: Party, ruling: Ruling) -> Attachment | None:
    """The file a decision rests on, which its organisation attached at this very gate."""
    if ruling.evidence_id is None:
        return None
    found = session.get(Attachment, ruling.evidence_id)
    if found is None or (found.gate_id, found.organisation) != (gate.id, party.organisation):
        raise Refused(f"The signed file is not there any more. Attach it to {gate.label} once more.", about="evidence")
    return found


def printable(text: str) -> str:
    """The text without characters that no page shows and no PostgreSQL stores; lines stay lines."""
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\t")


def _check_ruling(standing: Standing, gate: Gate, party: Party, ruling: Ruling, bound: dict[str, str], today: date) -> None:
    if not gate.is_open:
        raise Refused(f"{gate.label} is {gate.state}: there is nothing to decide now.")
    if party not in standing.parties(gate):
        roles = ", ".join(f"'{item.organisation}' ('{item.role}')" for item in standing.parties(gate))
        raise Refused(f"{gate.label} is decided by {roles}.")
    if party not in standing.open_parties(gate):
        raise Refused(
            f"The {str(party.role)!r} of {party.organisation!r} has decided on {gate.label} already. "
            "A decision is not changed by a second one."
        )
    if gate.rejected:
        raise Refused(f"{gate.label} was rejected. The coordinator now returns it or goes on without it.")
    if ruling.verdict != Verdict.APPROVE and not gate.spec.feeds:
        raise Refused(f"Nothing was handed in for {gate.label} that could be sent back. Leave it open until it can be approved.")
    _check_what_is_said(gate, ruling, today)
    if ruling.content_sha256 is not None and ruling.content_sha256 not in bound.values():
        raise Refused(f"What {gate.label} decides on has changed since it was shown. Look at the new version and decide on that.")


def _check_what_is_said(gate: Gate, ruling: Ruling, today: date) -> None:
    """A return or rejection says why, a council's approval by which act."""
    if ruling.act_number and len(ruling.act_number) > LONGEST_ACT_NUMBER:
        raise Refused(f"The number of an act has at most {LONGEST_ACT_NUMBER} characters; what else there is to say goes into the comment.")
    if ruling.verdict != Verdict.APPROVE and not ruling.says_why:
        raise Refused(f"Say why: to {ruling.verdict} {gate.label} needs a comment that tells the authors what to change.")
    if ruling.verdict == Verdict.APPROVE and gate.spec.needs_act and not (ruling.act_number and ruling.act_on):
        raise Refused(f"{gate.label} is decided by an act: give its number and its date.")
    if ruling.act_on is not None and ruling.act_on > today:
        raise Refused(f"The act of {ruling.act_on.isoformat()} is still to come. Record {gate.label} once the council has decided.")


def bound_content(session: Session, standing: Standing, gate: Gate) -> dict[str, str]:
    """What a decision binds to: `content_sha256` by `deliverable/scope`, or by contribution where nothing is built."""
    editions = {(number, scope): standing.latest_edition(number, scope) for number, scope in reviewed(standing, gate)}
    if editions:
        return {f"{number}/{scope}": edition.content_sha256 for (number, scope), edition in editions.items() if edition}
    query = (
        select(Contribution)
        .where(Contribution.programme_id == standing.programme.id, Contribution.gate_key.in_(gate.spec.feeds))
        .options(selectinload(Contribution.revisions))
    )
    found = [item for item in session.scalars(query) if standing.touch(item.scope, gate.scope)]
    return {f"{item.gate_key}/{item.scope}": item.current.sha256 for item in found if item.current}


def _follow(session: Session, standing: Standing, gate: Gate, party: Party, ruling: Ruling, now: datetime) -> None:
    telling.decided(session, standing, gate, party, ruling.verdict, ruling.comment, now, ruling.remarks)
    match ruling.verdict:
        case Verdict.RETURN:
            send_back(session, standing, gate, ruling.comment, now, ruling.remarks)
        case Verdict.REJECT:
            gate.rejected = True
        case Verdict.APPROVE:
            if not standing.open_parties(gate):
                satisfy(session, standing, gate, Outcome.APPROVED, now, organisation=party.organisation)


def send_back(
    session: Session, standing: Standing, gate: Gate, comment: str, now: datetime, remarks: Sequence[Remark] = ()
) -> None:
    """Ask the contributors behind an approval again; every approval of the same contributions is asked anew after them."""
    feeds = [other for key in gate.spec.feeds for other in standing.gates_of(key) if standing.touch(other.scope, gate.scope)]
    fed = [
        other
        for other in standing.programme.gates
        if other.is_approval and any(feed.key in other.spec.feeds and standing.touch(feed.scope, other.scope) for feed in feeds)
    ]
    for approval in fed:
        if approval.state != GateState.PENDING:
            withdraw(session, standing, approval, now)
    for feed in feeds:
        reopen(session, standing, feed, comment, now, remarks)


def withdraw(session: Session, standing: Standing, gate: Gate, now: datetime) -> None:
    """Take an approval back to where nobody is asked: what it decides on becomes another, and it opens anew with that."""
    gate.state, gate.outcome, gate.satisfied_at, gate.happened_on, gate.rejected = GateState.PENDING, None, None, None, False
    gate.round += 1
    lapse(standing, gate, now)
    for number, scope in reviewed(standing, gate):
        edition = standing.latest_edition(number, scope)
        if edition is not None and edition.published_at is None:
            edition.state = EditionState.RETURNED
    note(session, standing, now, EventKind.GATE_WITHDRAWN, gate=gate, round=gate.round)


def reopen(session: Session, standing: Standing, gate: Gate, comment: str, now: datetime, remarks: Sequence[Remark] = ()) -> None:
    """Open a contribution gate once more, with time to revise."""
    lapse(standing, gate, now)
    slug = standing.parties(gate)[0].organisation
    due_on = standing.calendar.add_working_days([slug], standing.today(now), REVISION_WORKING_DAYS)
    gate.state, gate.outcome, gate.satisfied_at, gate.happened_on = GateState.OPEN, None, None, None
    gate.opened_at, gate.due_on, gate.told, gate.missed, gate.expired = now, due_on, [], False, False
    gate.round += 1
    reasons = [f"{REVISION_WORKING_DAYS} working days to revise"]
    note(
        session, standing, now, EventKind.GATE_REOPENED, gate=gate, organisation=slug,
        due_on=due_on.isoformat(), round=gate.round, reasons=reasons,
    )  # fmt: skip
    telling.returned(session, standing, gate, comment, now, remarks)


def party_of(standing: Standing, gate: Gate, organisation: str, role: Role | None = None) -> Party:
    """The party of an organisation at a gate; Refused where it is not asked there."""
    for party in standing.parties(gate):
        if party.organisation == organisation and role in (None, party.role):
            return party
    raise Refused(f"{gate.label} does not ask {organisation!r}.")
