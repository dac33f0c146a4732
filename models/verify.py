"""What must be true of a programme's rows whatever has happened to machines and processes: the promises, checked one by one.

Rows and history only. Files and mail on disk are `tasks.verifying`; whether each run in Prefect belongs to a phase is Prefect's to say.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import LargeBinary, func, select
from sqlalchemy.orm import Session, selectinload, undefer

from models.contributions import Attachment, Contribution, RevisionState
from models.decisions import Verdict
from models.editions import Edition, EditionState, sha256_of
from models.events import MAIL, Event, EventKind, history
from models.gates import GateState, Outcome
from models.notices import Attempt, Notice, NoticeKind, NoticeState
from models.programme import PhaseState, Programme
from models.standing import Standing, load
from models.wishes import TimeRequest, WishState

PIECE = 1024 * 1024
"""Bytes of a file that are looked at at once."""


@dataclass(frozen=True)
class Violation:
    """A promise that does not hold: which, where, and what is wrong."""

    rule: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.message}"


def violations(session: Session, programme_id: str) -> list[Violation]:
    """Everything that is not as it must be, in the order of the promises below; empty: all is well."""
    standing = load(session, programme_id)
    events = history(session, programme_id)
    return [found for check in CHECKS for found in check(session, standing, events)]


Found = Iterator[Violation]


def events_without_gaps(_session: Session, standing: Standing, events: Sequence[Event]) -> Found:
    """The numbers run from 1 to the last, and no event is older than the one before.

    Mail keeps the moment at which its batch set out: what was done meanwhile stands before it and is later.
    """
    if [event.number for event in events] != list(range(1, standing.programme.events_written + 1)):
        yield Violation("events", standing.programme.id, f"{len(events)} events, but {standing.programme.events_written} were written")
    for before, event in pairwise(event for event in events if event.kind not in MAIL):
        if event.at < before.at:
            yield Violation("events", f"event {event.number}", f"is of {event.at}, earlier than the one before it, {before.at}")


AFTERWARDS = MAIL | {EventKind.LINKS_WITHDRAWN, EventKind.SECTION_WITHDRAWN}
"""Events that a closed programme may still have: what opens its pages can be taken back at any time."""


def first_and_last(_session: Session, standing: Standing, events: Sequence[Event]) -> Found:
    """It begins with the launch, and nothing but mail, files and the withdrawal of links comes after the closure."""
    kinds = [event.kind for event in events]
    if kinds[:1] != [EventKind.PROGRAMME_LAUNCHED] or kinds.count(EventKind.PROGRAMME_LAUNCHED) != 1:
        yield Violation("history", standing.programme.id, "does not begin with its one launch")
    closed = [event.number for event in events if event.kind == EventKind.PROGRAMME_CLOSED]
    if len(closed) != (standing.programme.closed_at is not None):
        yield Violation("history", standing.programme.id, f"has {len(closed)} closures, closed at {standing.programme.closed_at}")
    for event in events:
        if closed and event.number > closed[0] and event.kind not in AFTERWARDS:
            yield Violation("history", f"event {event.number}", f"{event.kind} after the closure")


LEGAL: dict[str, frozenset[str]] = {
    EventKind.GATE_OPENED: frozenset({GateState.PENDING}),
    EventKind.GATE_REOPENED: frozenset({GateState.OPEN, GateState.SATISFIED}),
    EventKind.GATE_WITHDRAWN: frozenset({GateState.OPEN, GateState.SATISFIED}),
    EventKind.GATE_SATISFIED: frozenset({GateState.OPEN}),
    EventKind.DECISION_RECORDED: frozenset({GateState.OPEN}),
    EventKind.CONTRIBUTION_RECEIVED: frozenset({GateState.OPEN}),
    EventKind.DEADLINE_MISSED: frozenset({GateState.OPEN}),
}
"""In which state of its gate each kind of event may be."""

BECOMES = {
    EventKind.GATE_OPENED: GateState.OPEN,
    EventKind.GATE_REOPENED: GateState.OPEN,
    EventKind.GATE_WITHDRAWN: GateState.PENDING,
    EventKind.GATE_SATISFIED: GateState.SATISFIED,
}


def gates_on_a_legal_path(_session: Session, standing: Standing, events: Sequence[Event]) -> Found:
    """Each gate goes through its states in a legal order, opens after those it waits for, and ends where its row stands."""
    at: dict[tuple[str, str], str] = {}
    for event in events:
        kind = EventKind(event.kind)
        if event.gate is None or event.scope is None or kind not in LEGAL:
            continue
        key = (event.gate, event.scope)
        before = at.get(key, GateState.PENDING)
        if before not in LEGAL[kind]:
            yield Violation("gates", f"event {event.number}", f"{kind} at {event.gate} @ {event.scope}, which was {before}")
        if kind is EventKind.GATE_OPENED:
            yield from _opened_in_its_turn(standing, event, at)
        at[key] = BECOMES.get(kind, before)
    for gate in standing.programme.gates:
        replayed = at.get((gate.key, gate.scope), GateState.PENDING)
        if replayed != gate.state:
            yield Violation("gates", gate.label, f"is {gate.state}; by its history it would be {replayed}")


def _opened_in_its_turn(standing: Standing, event: Event, at: dict[tuple[str, str], str]) -> Found:
    gate = standing.gate(str(event.gate), str(event.scope))
    for before in standing.predecessors(gate) or []:
        if at.get((before.key, before.scope)) != GateState.SATISFIED:
            yield Violation("gates", f"event {event.number}", f"{gate.label} opened before {before.label} was satisfied")


def phases_complete_with_their_gates(_session: Session, standing: Standing, events: Sequence[Event]) -> Found:
    """A phase is completed once, when its gates are satisfied; its files and mail follow."""
    completed = Counter(event.phase for event in events if event.kind == EventKind.PHASE_COMPLETED)
    for phase in standing.programme.phases:
        done = phase.state == PhaseState.COMPLETED
        if completed[phase.number] != done:
            yield Violation("phases", f"phase {phase.number}", f"is {phase.state} and was completed {completed[phase.number]} times")
        waiting = [gate.label for gate in standing.gates_in(phase.number) if not gate.is_satisfied and gate.key != "closure"]
        if done and waiting:
            yield Violation("phases", f"phase {phase.number}", f"is completed, but {', '.join(waiting)} is not satisfied")


def open_gates_have_owners(session: Session, standing: Standing, _events: Sequence[Event]) -> Found:
    """Who is asked at an open gate is known and has been told; there is a day by which."""
    asked = {NoticeKind.INVITATION, NoticeKind.APPROVAL_REQUEST, NoticeKind.RETURNED}
    query = select(Notice.gate_id).where(Notice.programme_id == standing.programme.id, Notice.kind.in_(asked))
    told = set(session.scalars(query))
    for gate in standing.programme.gates:
        if not gate.is_open:
            continue
        if not standing.parties(gate) or (not standing.open_parties(gate) and not gate.rejected):
            yield Violation("owners", gate.label, "is open and nobody is asked")
        if gate.due_on is None or gate.opened_at is None:
            yield Violation("owners", gate.label, "is open without a day by which")
        if gate.id not in told:
            yield Violation("owners", gate.label, "is open and nobody was told")


def satisfied_gates_have_their_reason(session: Session, standing: Standing, _events: Sequence[Event]) -> Found:
    """An approval was given by everybody asked, in the round that counts; a contribution is there."""
    accepted = _accepted(session, standing)
    for gate in standing.programme.gates:
        if not gate.is_satisfied:
            continue
        if gate.outcome == Outcome.APPROVED:
            approved = {(item.organisation, item.role) for item in gate.decided_in_this_round() if item.verdict == Verdict.APPROVE}
            lacking = [party for party in standing.parties(gate) if (party.organisation, str(party.role)) not in approved]
            if lacking:
                yield Violation("decisions", gate.label, f"is approved without {', '.join(item.organisation for item in lacking)}")
        if gate.outcome == Outcome.CONTRIBUTED and gate.id not in accepted:
            yield Violation("contributions", gate.label, "is satisfied without a contribution")


def _accepted(session: Session, standing: Standing) -> set[int]:
    query = select(Contribution).where(Contribution.programme_id == standing.programme.id).options(selectinload(Contribution.revisions))
    return {item.gate_id for item in session.scalars(query) if any(one.state == RevisionState.ACCEPTED for one in item.revisions)}


def content_is_what_its_hash_says(session: Session, standing: Standing, _events: Sequence[Event]) -> Found:
    """Contributions and editions are byte for byte what was taken in and decided on."""
    query = select(Contribution).where(Contribution.programme_id == standing.programme.id).options(selectinload(Contribution.revisions))
    for item in session.scalars(query):
        for revision in item.revisions:
            if sha256_of(revision.body) != revision.sha256:
                yield Violation("content", f"{item.gate_key} @ {item.scope}, revision {revision.number}", "is not what was handed in")
    for edition in _editions(session, standing):
        if sha256_of(edition.content) != edition.content_sha256:
            yield Violation("content", _named(edition), "is not the content its hash was taken of")


def published_is_what_was_approved(session: Session, standing: Standing, events: Sequence[Event]) -> Found:
    """Each published edition was published once and carries the hash that its deciders approved."""
    published = Counter((event.detail.get("deliverable"), event.scope, event.detail.get("version")) for event in events
                        if event.kind == EventKind.EDITION_PUBLISHED)  # fmt: skip
    for edition in _editions(session, standing):
        if edition.state != EditionState.PUBLISHED:
            continue
        times = published[edition.deliverable, edition.scope, edition.version]
        if times != 1:
            yield Violation("editions", _named(edition), f"was published {times} times")
        approval = edition.approval
        if approval.get("state") in ("approved", "tacit") and approval.get("content_sha256") != edition.content_sha256:
            yield Violation("editions", _named(edition), "is published with other content than was approved")


def notices_told_once(session: Session, standing: Standing, events: Sequence[Event]) -> Found:
    """A notice that was sent was sent once, and history says so once; nothing is claimed for ever."""
    query = select(Notice).where(Notice.programme_id == standing.programme.id)
    notices = list(session.scalars(query))
    tries = select(Attempt.notice_id, func.count()).where(Attempt.outcome == "sent").group_by(Attempt.notice_id)
    sent: dict[int, int] = {row[0]: row[1] for row in session.execute(tries)}
    for notice in notices:
        times = sent.get(notice.id, 0)
        if times != (notice.state == NoticeState.SENT):
            yield Violation("notices", notice.key, f"is {notice.state} and went out {times} times")
        if notice.state == NoticeState.SENT and (notice.sent_at is None or notice.message_id is None):
            yield Violation("notices", notice.key, "is sent, but when and under which Message-ID is not known")
    said = sum(event.kind == EventKind.NOTICE_SENT for event in events)
    if said != sum(notice.state == NoticeState.SENT for notice in notices):
        yield Violation("notices", standing.programme.id, f"history tells of {said} notices sent; the outbox knows another number")


def _editions(session: Session, standing: Standing) -> Sequence[Edition]:
    query = select(Edition).where(Edition.programme_id == standing.programme.id).options(undefer(Edition.content)).order_by(Edition.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _named(edition: Edition) -> str:
    return f"{edition.deliverable} {edition.scope} {edition.version}"


def wishes_are_about_what_is_open(session: Session, standing: Standing, _events: Sequence[Event]) -> Found:
    """A request waits for an answer, and a promise stands, only while its gate is open; a request has an answer or waits for one."""
    for promise in standing.promises:
        gate = standing.gate_by_id(promise.gate_id)
        if gate is None or not gate.is_open:
            yield Violation("wishes", f"promise {promise.id}", "stands though its gate is not open")
    for request in session.scalars(select(TimeRequest).where(TimeRequest.programme_id == standing.programme.id)):
        gate = standing.gate_by_id(request.gate_id)
        waits = request.state == WishState.ASKED
        if waits and (gate is None or not gate.is_open or gate.round != request.gate_round):
            yield Violation("wishes", f"request {request.id}", "waits for an answer though its gate is not open in that round")
        if waits != (request.answered_at is None):
            yield Violation("wishes", f"request {request.id}", f"is {request.state} and was answered at {request.answered_at}")


def the_tray_is_accounted_for(session: Session, standing: Standing, _events: Sequence[Event]) -> Found:
    """What lies in the tray is not settled; what was kept for the next time or declined is."""
    query = select(Contribution).where(Contribution.programme_id == standing.programme.id).options(selectinload(Contribution.revisions))
    for item in session.scalars(query):
        for revision in item.revisions:
            waits = revision.state == RevisionState.TRAY
            settled = revision.state in (RevisionState.NEXT, RevisionState.DECLINED)
            if (waits and revision.settled_at) or (settled and not revision.settled_at):
                where = f"{item.gate_key} @ {item.scope}, revision {revision.number}"
                yield Violation("tray", where, f"is {revision.state} and was settled at {revision.settled_at}")


def files_are_as_they_came(session: Session, standing: Standing, _events: Sequence[Event]) -> Found:
    """Attachments and signed acts have the length and the hash that were recorded as they came in; read in pieces, for they are large."""
    query = select(Attachment.id, Attachment.size, Attachment.sha256, func.length(Attachment.data)).order_by(Attachment.id)
    for number, size, recorded, held in session.execute(query.where(Attachment.programme_id == standing.programme.id)):
        if held != size:
            yield Violation("attachments", f"attachment {number}", f"has {held or 0} bytes, but {size} came in")
        elif _digest_of(session, number, size) != recorded:
            yield Violation("attachments", f"attachment {number}", f"is not the file that came in: its bytes are not those of {recorded}")


def _digest_of(session: Session, number: int, size: int) -> str:
    digest = hashlib.sha256()
    for start in range(1, size + 1, PIECE):
        piece = func.substr(Attachment.data, start, PIECE, type_=LargeBinary)
        digest.update(session.scalars(select(piece).where(Attachment.id == number)).first() or b"")
    return digest.hexdigest()


Check = Callable[[Session, Standing, Sequence[Event]], Found]
CHECKS: tuple[Check, ...] = (
    events_without_gaps,
    first_and_last,
    gates_on_a_legal_path,
    phases_complete_with_their_gates,
    open_gates_have_owners,
    satisfied_gates_have_their_reason,
    content_is_what_its_hash_says,
    published_is_what_was_approved,
    notices_told_once,
    wishes_are_about_what_is_open,
    the_tray_is_accounted_for,
    files_are_as_they_came,
)
"""The promises, in the order in which they are told."""


def programmes(session: Session) -> list[str]:
    """The ids of all programmes in the database."""
    return list(session.scalars(select(Programme.id).order_by(Programme.id)))
