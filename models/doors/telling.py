"""Which notices a change of state queues, to whom and for when. What they say and how they are sent is not here.

Every notice is a row with a unique key, written in the transaction of the change it speaks of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import ladder, outbox
from models.contributions import Contribution, Revision, RevisionState
from models.decisions import Remark, Verdict
from models.definition import Policy, Role
from models.doors.vital import Silence
from models.editions import Edition
from models.gates import Gate, GateState
from models.ladder import AUDIENCE, Audience, Rung
from models.notices import Notice, NoticeKind, NoticeState
from models.organisations import Contact
from models.programme import Phase
from models.standing import Party, Standing

SOON = timedelta(days=7)
"""How far ahead the coordinator's digest looks."""

UNDELIVERED = timedelta(days=4)
"""How long the digest names a mailbox that refused its mail: over a weekend at least."""


def asked(session: Session, standing: Standing, gate: Gate, now: datetime) -> None:
    """An invitation to each party of a gate that has opened; for an approval, the request to decide."""
    kind = NoticeKind.APPROVAL_REQUEST if gate.is_approval else NoticeKind.INVITATION
    for party in standing.open_parties(gate):
        _queue(session, standing, gate, party, _contacts(standing, party), kind, now, detail=_terms(gate))


def returned(session: Session, standing: Standing, gate: Gate, comment: str, now: datetime, remarks: Sequence[Remark] = ()) -> None:
    """What was contributed came back with a comment."""
    detail = {"comment": comment, "remarks": [remark.as_row() for remark in remarks]}
    for party in standing.parties(gate):
        _queue(session, standing, gate, party, _contacts(standing, party), NoticeKind.RETURNED, now, detail=detail)


def deadline_moved(
    session: Session,
    standing: Standing,
    gate: Gate,
    old: date | None,
    why: str,
    now: datetime,
    *,
    granted: bool = False,
    named: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """The deadline of an open gate is another one now; `granted`: because somebody asked for more time.

    `named`: the day that was named (`asked_on`) and why it could not be that one (`reasons`), where it became a later one.
    """
    detail = {
        **_terms(gate),
        **({"granted": True} if granted else {}),
        **named,
        "old": old.isoformat() if old else None,
        "new": gate.due_on.isoformat() if gate.due_on else None,
        "reason": why,
    }
    for party in standing.open_parties(gate):
        _queue(session, standing, gate, party, _contacts(standing, party), NoticeKind.DEADLINE_MOVED, now, detail=detail)


def decided(
    session: Session,
    standing: Standing,
    gate: Gate,
    party: Party,
    verdict: Verdict,
    comment: str,
    now: datetime,
    remarks: Sequence[Remark] = (),
) -> None:
    """Those whose work was decided on hear it once nothing is open any more; of a return they hear as contributors."""
    if verdict == Verdict.RETURN or (verdict == Verdict.APPROVE and standing.open_parties(gate)):
        return
    authors = [
        (feed, author)
        for key in gate.spec.feeds
        for feed in standing.gates_of(key)
        if standing.touch(feed.scope, gate.scope)
        for author in standing.parties(feed)
    ]
    coordinator = Party(standing.definition.coordinator, Role.COORDINATOR)
    readers = list(dict.fromkeys(author for _, author in authors if author not in standing.parties(gate)))
    said = {"comment": comment, "remarks": [remark.as_row() for remark in remarks]}
    detail = {"verdict": str(verdict), "role": str(party.role), "by": party.organisation, **said}
    if verdict == Verdict.REJECT:
        readers = [*readers, coordinator]  # the gate now waits for the coordinator
    for reader in readers or [coordinator]:
        _queue(session, standing, gate, reader, _contacts(standing, reader), NoticeKind.DECISION, now, detail=detail)


def climb(session: Session, standing: Standing, gate: Gate, subject: str, now: datetime) -> None:
    """One rung of the ladder for one party (`T-7:capaci:project-lead`); the gate remembers that it has been told."""
    name, organisation, role = subject.split(":")
    rung, party = Rung(name), Party(organisation, Role(role))
    if subject in gate.told or not gate.is_open or party not in standing.open_parties(gate):
        return
    gate.told = [*gate.told, subject]
    seen: set[str] = set()
    for audience in AUDIENCE[rung]:
        reader, contacts = _audience(standing, party, audience)
        wanted = [item for item in contacts if item.mailbox not in seen and not (rung.is_overdue and item.elected and not gate.released)]
        seen.update(item.mailbox for item in wanted)
        _queue(
            session,
            standing,
            gate,
            reader,
            wanted,
            _kind(rung, audience),
            now,
            rung=rung,
            detail={**_terms(gate), "owing": f"{party.organisation}:{party.role}"},
        )


def _kind(rung: Rung, audience: Audience) -> NoticeKind:
    if not rung.is_overdue:
        return NoticeKind.REMINDER
    return NoticeKind.OVERDUE if audience is Audience.CONTACT else NoticeKind.ESCALATION


def _audience(standing: Standing, party: Party, audience: Audience) -> tuple[Party, Sequence[Contact]]:
    association = standing.definition.organisation(party.organisation).association
    reader = {
        Audience.CONTACT: party,
        Audience.DEPUTY: Party(party.organisation, Role.DEPUTY),
        Audience.LEAD: Party(party.organisation, Role.LEAD),
        Audience.ASSOCIATION: Party(association or party.organisation, Role.ASSOCIATION),
        Audience.COORDINATOR: Party(standing.definition.coordinator, Role.COORDINATOR),
        Audience.COMMITTEE: Party(standing.definition.committee, Role.COMMITTEE),
    }[audience]
    if audience is Audience.ASSOCIATION and association is None:
        return reader, ()
    return reader, _contacts(standing, reader)


def published(session: Session, standing: Standing, edition: Edition, now: datetime) -> None:
    """Those a published deliverable is about can read it."""
    detail = {
        "number": edition.deliverable,
        "title": edition.spec.title,
        "version": edition.version,
        "scope": edition.scope,
        "edition": edition.id,
    }
    for party in _readers(standing, edition.scope):
        key = f"published/{edition.deliverable}/{edition.scope}/{edition.version}"
        _queue_plain(session, standing, party, NoticeKind.DELIVERABLE, key, now, phase=edition.spec.phase, detail=detail)


def _readers(standing: Standing, scope: str) -> list[Party]:
    kind, _, slug = scope.partition("-")
    if kind == "association":
        return [Party(slug, Role.ASSOCIATION)]
    pair = standing.pair_of(scope)
    if kind == "pair" and pair is not None:
        return [Party(pair.mentor, Role.LEAD), Party(pair.mentee, Role.LEAD)]
    if kind == "city":
        return [Party(slug, Role.LEAD)]
    return [Party(standing.definition.coordinator, Role.COORDINATOR), *(Party(city.slug, Role.LEAD) for city in standing.definition.cities)]


def phase_completed(session: Session, standing: Standing, phase: Phase, now: datetime) -> None:
    """The coordinator and the facilitator hear that a phase is complete."""
    for party in (Party(standing.definition.coordinator, Role.COORDINATOR), Party(standing.definition.facilitator, Role.FACILITATOR)):
        _queue_plain(
            session,
            standing,
            party,
            NoticeKind.PHASE,
            f"phase-completed/{phase.number}",
            now,
            phase=phase.number,
            detail={"phase": phase.number},
        )


def phase_held(session: Session, standing: Standing, phase: Phase, now: datetime) -> None:
    """The coordinator hears that a run was cancelled, whoever did it, and how the phase goes on."""
    party = Party(standing.definition.coordinator, Role.COORDINATOR)
    key = f"phase-held/{phase.number}/{phase.token}"
    _queue_plain(session, standing, party, NoticeKind.PHASE_HELD, key, now, phase=phase.number, detail={"programme": standing.programme.id})


def phase_stuck(session: Session, standing: Standing, phase: Phase, now: datetime) -> None:
    """The coordinator hears at once that a phase's runs keep breaking."""
    party = Party(standing.definition.coordinator, Role.COORDINATOR)
    detail = {"phase": phase.number, "runs": phase.relaunches, "trouble": phase.trouble}
    key = f"phase-stuck/{phase.number}/{phase.launches}"
    _queue_plain(session, standing, party, NoticeKind.PHASE_STUCK, key, now, phase=phase.number, at=now, detail=detail)


def digest(session: Session, standing: Standing, now: datetime) -> None:
    """The coordinator's morning: what is overdue, what falls due within a week, what waits for an answer. Nothing to say, no mail."""
    today = standing.today(now)
    open_gates = [gate for gate in standing.programme.gates if gate.is_open and gate.due_on]
    overdue = [_item(standing, gate) for gate in open_gates if gate.is_late(today)]
    soon = [_item(standing, gate) for gate in open_gates if gate.due_on and today <= gate.due_on <= today + SOON]
    failed = outbox.failed_since(session, standing.programme.id, now - UNDELIVERED)
    undelivered = list(dict.fromkeys(f"{standing.organisation(item.organisation).name} ({item.role})" for item in failed))
    asking = sum(len(standing.requests_at(gate)) for gate in open_gates)
    tray = _in_tray(session, standing)
    if overdue or soon or undelivered or asking or tray:
        party = Party(standing.definition.coordinator, Role.COORDINATOR)
        _queue_plain(
            session,
            standing,
            party,
            NoticeKind.DIGEST,
            f"digest/{today.isoformat()}",
            now,
            at=now,
            detail={"overdue": overdue, "due_soon": soon, "undelivered": undelivered, "asking": asking, "tray": tray},
        )


def _in_tray(session: Session, standing: Standing) -> int:
    """How many late answers wait for the coordinator; those that came too early wait for their gate."""
    query = select(Contribution.gate_id).join(Revision, Revision.contribution_id == Contribution.id)
    kept = session.scalars(query.where(Contribution.programme_id == standing.programme.id, Revision.state == RevisionState.TRAY))
    gates = [standing.gate_by_id(gate_id) for gate_id in kept]
    return sum(gate is not None and gate.state != GateState.PENDING for gate in gates)


def _item(standing: Standing, gate: Gate) -> dict[str, Any]:
    owing = [standing.definition.organisation(party.organisation).name for party in standing.open_parties(gate)]
    return {"title": gate.spec.title, "scope": gate.scope, "due_on": gate.due_on.isoformat() if gate.due_on else None, "owing": owing}


def silent(session: Session, standing: Standing, silence: Silence, now: datetime) -> None:
    """The coordinator hears, at any hour, that something does not run; once for each silence, however often this is asked for."""
    written = select(Notice.id).where(Notice.programme_id == standing.programme.id, Notice.key.startswith(f"{silence.key}/"))
    if session.scalars(written.limit(1)).first() is not None:
        return
    party = Party(standing.definition.coordinator, Role.COORDINATOR)
    detail = {"last": silence.last.isoformat() if silence.last else None, "noticed": now.isoformat()}
    _queue_plain(session, standing, party, NoticeKind.SILENCE, silence.key, now, at=now, detail=detail)


def anything_unsent(session: Session, standing: Standing) -> bool:
    """Whether a notice of this programme is still on its way."""
    query = select(func.count()).where(
        Notice.programme_id == standing.programme.id, Notice.state.in_((NoticeState.QUEUED, NoticeState.UNCERTAIN))
    )
    return bool(session.scalar(query))


# -- rows ----------------------------------------------------------------------------------------------------------


def _contacts(standing: Standing, party: Party) -> Sequence[Contact]:
    return standing.organisation(party.organisation).reached_at(party.role)


def _one_for_each_mailbox(contacts: Iterable[Contact]) -> list[Contact]:
    """People share mailboxes: what goes to one is read by all."""
    return list({contact.mailbox: contact for contact in contacts}.values())


def _terms(gate: Gate) -> dict[str, Any]:
    """What a notice must print of the gate's policy: silence counts as consent only where the notice has said so."""
    return {"tacit": True} if gate.policy == Policy.TACIT else {}


def _queue(
    session: Session,
    standing: Standing,
    gate: Gate,
    party: Party,
    contacts: Iterable[Contact],
    kind: NoticeKind,
    now: datetime,
    *,
    rung: Rung | None = None,
    detail: dict[str, Any],
) -> None:
    due_at = ladder.invitation_at(standing.calendar, party.organisation, now)
    for contact in _one_for_each_mailbox(contacts):
        asked = f"{gate.key}/{gate.scope}/{gate.round}/{gate.extensions}"
        key = f"{asked}/{kind}/{rung or '-'}/{party.organisation}:{party.role}/{contact.mailbox}/{detail.get('owing', '')}"
        detail_ = {**detail, "due_on": gate.due_on.isoformat() if gate.due_on else None}
        session.add(_row(standing, party, contact, kind, key, due_at, phase=gate.phase, gate=gate, rung=rung, detail=detail_))


def _queue_plain(
    session: Session,
    standing: Standing,
    party: Party,
    kind: NoticeKind,
    key: str,
    now: datetime,
    *,
    phase: int | None = None,
    at: datetime | None = None,
    detail: dict[str, Any],
) -> None:
    due_at = at or ladder.invitation_at(standing.calendar, party.organisation, now)
    for contact in _one_for_each_mailbox(_contacts(standing, party)):
        session.add(
            _row(
                standing,
                party,
                contact,
                kind,
                f"{key}/{party.organisation}:{party.role}/{contact.mailbox}",
                due_at,
                phase=phase,
                gate=None,
                rung=None,
                detail=detail,
            )
        )


def _row(
    standing: Standing,
    party: Party,
    contact: Contact,
    kind: NoticeKind,
    key: str,
    due_at: datetime,
    *,
    phase: int | None,
    gate: Gate | None,
    rung: Rung | None,
    detail: dict[str, Any],
) -> Notice:
    return Notice(
        programme_id=standing.programme.id,
        key=key,
        kind=kind,
        rung=rung,
        phase=phase,
        gate_id=gate.id if gate else None,
        gate_round=gate.round if gate else None,
        organisation=party.organisation,
        role=party.role,
        mailbox=contact.mailbox,
        language=contact.language,
        detail=detail,
        due_at=due_at,
        state=NoticeState.QUEUED,
        attempts=0,
    )
