"""Sending what is due: claim, look once more whether it is wanted, compose, send, settle. The rules are `models.outbox`.

Nothing is sent inside a transaction. A sender that dies between sending and settling repeats that one message, under the same
Message-ID, once its claim has run out.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models import links, outbox
from models.definition import Role
from models.doors.signing_in import token_of
from models.errors import Refused
from models.notices import Notice, NoticeKind
from models.standing import Party, Standing, load
from tasks.channel import Channel, Delivery, Outcome, Parcel, open_channel
from tasks.messages import Letterhead, compose, letter, message_id_of
from tasks.notice_views import Lead, NoticeView, lead_of, may_act, view_of
from tasks.steps import Step, reached

__all__ = ["Dispatched", "dispatch", "open_channel"]

log = logging.getLogger(__name__)

Sessions = Callable[[], AbstractContextManager[Session]]
"""Opens one transaction that commits at its end: `models.database.changing`."""

LookUp = Callable[[Session, str], Standing]

BATCH = 50

FRESH = 5.0
"""Seconds after which the rest of a batch is put back and looked at anew: far less than a claim's lease."""

LINK_LASTS = timedelta(days=90)
"""How long after its deadline a link still opens its page."""

FOR_OPERATORS = frozenset({NoticeKind.ESCALATION, NoticeKind.PHASE, NoticeKind.PHASE_HELD, NoticeKind.PHASE_STUCK, NoticeKind.DIGEST})


@dataclass(frozen=True)
class Dispatched:
    """What came of it, in notices. `waiting` were tried or put back and go out later; `paused` says why the channel takes nothing."""

    sent: int = 0
    cancelled: int = 0
    failed: int = 0
    waiting: int = 0
    paused: str | None = None


@dataclass(frozen=True)
class _Message:
    """One message to be: the notices it carries and what they are about."""

    standing: Standing
    notices: tuple[Notice, ...]
    letterhead: Letterhead
    message_id: str
    may_be_out: bool
    """A sender that died had it in its hands."""

    @property
    def ids(self) -> list[int]:
        return [notice.id for notice in self.notices]


class _NotFresh(Exception):
    """What was claimed may be somebody else's by now, or no longer wanted: look anew."""


@dataclass
class _Sender:
    """One dispatch under way."""

    sessions: Sessions
    now: datetime
    channel: Channel
    worker: str
    secret: str
    public_url: str
    programme_id: str | None
    rehearsal: bool
    look_up: LookUp
    kinds: Collection[NoticeKind] | None = None
    lasts: float | None = None
    count: Counter[str] = field(default_factory=Counter)
    more: bool = True
    paused: str | None = None
    set_out: float = field(default_factory=time.monotonic)
    began: float = 0.0
    told: set[tuple[str, int | None, str | None]] = field(default_factory=set)

    def run(self) -> Dispatched:
        while self.more:
            self._work_off(self._take())
        return Dispatched(**{name: self.count[name] for name in ("sent", "cancelled", "failed", "waiting")}, paused=self.paused)

    def _moment(self) -> datetime:
        """The time it is by now: mail keeps the moment at which the sending set out, claims do not."""
        return self.now + timedelta(seconds=time.monotonic() - self.set_out)

    # -- taking ----------------------------------------------------------------------------------------------------

    def _take(self) -> list[_Message]:
        """Claim a batch, drop what is not wanted any more, fold the rest."""
        messages: list[_Message] = []
        with self.sessions() as session, session.no_autoflush:
            claimed = outbox.claim(session, self.programme_id, self.now, self.worker, BATCH, kinds=self.kinds, moment=self._moment())
            self.more = len(claimed) == BATCH
            for programme_id in dict.fromkeys(notice.programme_id for notice in claimed):
                standing = self.look_up(session, programme_id)
                mine = [notice for notice in claimed if notice.programme_id == programme_id]
                messages += self._messages(session, standing, self._wanted(session, standing, mine))
        if claimed:
            reached(Step.NOTICES_CLAIMED)
        return messages

    def _wanted(self, session: Session, standing: Standing, notices: Sequence[Notice]) -> list[Notice]:
        late = outbox.superseded(session, notices, self.now)
        wanted = []
        for notice in notices:
            if self._is_wanted(standing, notice) and notice.id not in late:
                wanted.append(notice)
            else:
                outbox.cancel(session, notice.id, self.worker)
                self.count["cancelled"] += 1
        return wanted

    def _is_wanted(self, standing: Standing, notice: Notice) -> bool:
        return outbox.is_wanted(standing, outbox.gate_of(standing, notice), notice) and not outbox.has_run_out(notice, self.now)

    def _messages(self, session: Session, standing: Standing, notices: Sequence[Notice]) -> Iterator[_Message]:
        """The Message-ID is written down before anything is sent, so that a repeat carries the same."""
        if not notices:
            return
        letterhead = self._letterhead(standing)
        for group in outbox.fold(notices, outbox.sent_today(session, standing, notices, self.now)):
            before = group[0].message_id
            message_id = before or message_id_of(letterhead, [notice.key for notice in group])
            for notice in group:
                notice.message_id = message_id
            yield _Message(standing, tuple(group), letterhead, message_id, may_be_out=before is not None)

    def _letterhead(self, standing: Standing) -> Letterhead:
        programme = standing.programme
        coordinator = standing.organisation(standing.definition.coordinator).reached_at(Role.COORDINATOR)
        post = self.channel.post
        return Letterhead(
            programme=programme.id,
            title=programme.title,
            public_url=self.public_url,
            sender=post.sender or f"programme@mail.{programme.id}.example",
            reply_to=post.reply_to or (coordinator[0].mailbox if coordinator else None),
            watermark="Rehearsal" if self.rehearsal or programme.rehearsal else None,
        )

    # -- sending ---------------------------------------------------------------------------------------------------

    def _work_off(self, messages: Sequence[_Message]) -> None:
        """Send a batch. What was not come to is put back: until the next sweep where the channel is of no use any more."""
        self.began = time.monotonic()
        for place, message in enumerate(messages):
            try:
                stop = self._send(message)
            except _NotFresh:
                self._put_back(messages[place:])
                self.more = place > 0  # a machine that is too slow for one message leaves it to the next sweep
                return
            if stop or self._has_had_its_time():
                rest = messages[place + 1 :]
                self._put_back(rest)
                self.count["waiting"] += sum(len(other.notices) for other in rest)
                self.more = False
                return

    def _has_had_its_time(self) -> bool:
        return self.lasts is not None and time.monotonic() - self.set_out > self.lasts

    def _put_back(self, messages: Sequence[_Message]) -> None:
        """A message that may have gone out keeps its Message-ID, whatever it will be folded with."""
        if messages:
            with self.sessions() as session:
                for message in messages:
                    outbox.release(session, message.ids, self.worker, may_be_out=message.may_be_out)

    def _send(self, message: _Message) -> bool:
        """Compose, hand over, settle; whether the next one would fare no better."""
        first = message.notices[0]
        try:
            views = [self._view(message.standing, notice) for notice in message.notices]
            mail = compose(
                views, message.letterhead, mailbox=first.mailbox, language=first.language, now=self.now, message_id=message.message_id
            )  # fmt: skip
        except Exception as error:
            # One notice that cannot be written must not hold up the others; a rehearsal is there to find such things.
            if self.rehearsal:
                raise
            log.exception("notice %s could not be written", first.key)
            self._settle(message, Delivery(Outcome.TEMPORARY, f"could not be written: {error!r}"))
            return False
        reached(Step.MESSAGE_COMPOSED)
        if time.monotonic() - self.began > FRESH:  # asked last of all: this process may have been stopped
            raise _NotFresh
        key = "\n".join(notice.key for notice in message.notices)
        delivery = self.channel.deliver(Parcel(mail, message.letterhead.sender, first.mailbox, key=key, at=self.now))
        reached(Step.MESSAGE_HANDED_OVER)
        self._settle(message, delivery)
        reached(Step.MESSAGE_SETTLED)
        if delivery.outcome is Outcome.SENT:
            self._tell_operators(message, views)
        return delivery.stops

    def _view(self, standing: Standing, notice: Notice) -> NoticeView:
        view = view_of(standing, notice, self._address(standing, notice), self.now)
        return replace(view, leads=tuple(self._leads(standing, notice))) if notice.detail.get("everything") else view

    def _leads(self, standing: Standing, notice: Notice) -> Iterator[Lead]:
        """A link to each thing that this mailbox is asked for by now, for whichever organisation and role."""
        for gate in standing.programme.gates:
            for party in standing.open_parties(gate) if gate.is_open else ():
                contacts = standing.organisation(party.organisation).reached_at(party.role)
                if notice.mailbox in [contact.mailbox for contact in contacts]:
                    today = standing.calendar.local_date(party.organisation, self.now)
                    token = self._sign(standing, "act", gate.id, None, party, max(gate.due_on or today, today))
                    yield lead_of(standing, gate, party, links.address(self.public_url, token))

    def _address(self, standing: Standing, notice: Notice) -> str:
        match notice.kind:
            case NoticeKind.SILENCE:
                return f"{self.public_url}/health"
            case NoticeKind.SIGN_IN:
                return f"{self.public_url}/sign-in/{token_of(self.secret, str(notice.detail['nonce']))}"
            case NoticeKind.DIGEST:
                return f"{self.public_url}/coordinator/{notice.programme_id}"
            case NoticeKind.TIME_REQUEST:
                return f"{self.public_url}/coordinator/{notice.programme_id}/gate/{notice.gate_id}"
        return links.address(self.public_url, self._token(standing, notice))

    def _token(self, standing: Standing, notice: Notice) -> str:
        gate = outbox.gate_of(standing, notice)
        today = standing.calendar.local_date(notice.organisation, self.now)
        until = max(gate.due_on, today) if gate and gate.due_on else today
        purpose: links.Purpose = "act" if may_act(standing, notice) else "read"
        reader = Party(notice.organisation, Role(notice.role))
        return self._sign(standing, purpose, notice.gate_id, notice.detail.get("edition"), reader, until)

    def _sign(
        self, standing: Standing, purpose: links.Purpose, gate_id: int | None, edition_id: int | None, reader: Party, until: date
    ) -> str:
        """Signed with the organisation's epoch at this moment: links withdrawn while the mail was waiting are not sent."""
        epoch = standing.organisation(reader.organisation).link_epoch
        return links.sign(
            self.secret, purpose, standing.programme.id, gate_id, edition_id, reader.organisation, str(reader.role),
            until + LINK_LASTS, epoch=epoch,
        )  # fmt: skip

    # -- settling --------------------------------------------------------------------------------------------------

    def _settle(self, message: _Message, delivery: Delivery) -> None:
        """Write down what came of it, in a transaction of its own."""
        if delivery.outcome is Outcome.PAUSED:
            self.paused = delivery.reason
            self._put_back([message])
            self.count["waiting"] += len(message.notices)
            log.error("the mail channel takes nothing: %s", delivery.reason)
            return
        try:
            with self.sessions() as session:
                self.count[self._write_down(session, message, delivery)] += len(message.notices)
        except Refused as error:
            log.warning("not settled: %s", error)

    def _write_down(self, session: Session, message: _Message, delivery: Delivery) -> str:
        name = self.channel.post.name
        match delivery.outcome:
            case Outcome.SENT:
                outbox.settle_sent(
                    session, message.standing, message.ids, self.now, self.worker,
                    channel=name, message_id=message.message_id, file=delivery.file,
                )  # fmt: skip
                return "sent"
            case Outcome.UNCERTAIN:
                final = outbox.settle_uncertain(
                    session, message.standing, message.ids, self.now, self.worker, channel=name, reason=delivery.reason
                )  # fmt: skip
            case _:
                final = outbox.settle_failed(
                    session, message.standing, message.ids, self.now, self.worker,
                    channel=name, reason=delivery.reason, permanent=delivery.outcome is Outcome.PERMANENT,
                )  # fmt: skip
        return "failed" if final else "waiting"

    def _tell_operators(self, message: _Message, views: Sequence[NoticeView]) -> None:
        """Once for each thing, however many mailboxes heard of it; without links, which would let every reader act."""
        if not self.channel.operators:
            return
        for notice, view in zip(message.notices, views, strict=True):
            mark = (notice.kind, notice.gate_id or notice.phase, notice.rung)
            if notice.kind in FOR_OPERATORS and mark not in self.told:
                self.told.add(mark)
                said = letter(view, message.standing.definition.working_language)
                self.channel.tell_operators(f"{message.letterhead.title}: {said.subject}", "\n\n".join(said.paragraphs))


def dispatch(
    sessions: Sessions,
    now: datetime,
    channel: Channel,
    *,
    worker: str,
    secret: str,
    public_url: str,
    programme_id: str | None = None,
    rehearsal: bool = False,
    look_up: LookUp = load,
    kinds: Collection[NoticeKind] | None = None,
    lasts: float | None = None,
) -> Dispatched:
    """Send everything that is due at `now`, of one programme or all, of these kinds or all.

    After `lasts` seconds no other message is begun; the rest waits for the next sending. `worker` names this sender and no other.
    `look_up` finds a programme's standing; the rehearsal hands in the one it has.
    ProgrammeError where a rehearsal would sign live links or the other way round. What a mail server or network does is
    never an error: it is written down with the notice.
    """
    links.check_secret(secret, rehearsal=rehearsal)
    return _Sender(sessions, now, channel, worker, secret, public_url, programme_id, rehearsal, look_up, kinds, lasts).run()
