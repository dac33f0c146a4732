"""The rehearsal: plays a programme from launch to closure on a virtual clock, without Prefect.

It is an executor of the same actions as the flows (`models.advance`) and goes through the same doors. Documents, the
index page and the calendar are made of the rows it leaves behind: see `rehearsal_folder`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from models import database
from models.advance import advance, next_at
from models.calendar import Calendar
from models.contribution_file import ContributionFile
from models.decisions import Entry, Verdict
from models.definition import Definition
from models.doors import steering
from models.doors.answering import Offered, Origin, Ruling, contribute, decide, took_place
from models.doors.launching import first_shared_day, launch
from models.doors.opening import perform
from models.errors import ProgrammeError
from models.events import Event, history
from models.gates import Gate
from models.generated import generate
from models.links import REHEARSAL_SECRET
from models.method import GateKind
from models.notices import Notice, NoticeState
from models.rows import create_all
from models.standing import Party, Standing
from tasks.dispatch import dispatch, open_channel
from tasks.partners import Act, Intent, Partners

ORIGIN = Origin(Entry.REHEARSAL)
EXTENSION = timedelta(days=14)
PUBLIC_URL = "https://desk.rehearsal.example"
REHEARSAL_TODAY = date(2026, 1, 5)
"""The virtual day before which a programme without a historical start begins: rehearsals must not depend on today."""

STEPS = 20_000
"""More moments than any programme has: a rehearsal that gets there turns in circles."""

Samples = Mapping[tuple[str, str, str], ContributionFile]
"""Sample contributions by (gate, scope, organisation)."""


Said = Offered | Ruling | None


@dataclass(frozen=True)
class Answer:
    """What somebody did at a gate: enough to do the same on a real server."""

    at: datetime
    gate: str
    scope: str
    party: Party
    act: Act
    said: Said


def give(session: Session, standing: Standing, answer: Answer, now: datetime) -> None:
    """Take an answer through its door."""
    gate = standing.gate(answer.gate, answer.scope)
    match answer.act, answer.said:
        case Act.EXTEND, _:
            steering.extend(session, standing, gate, standing.today(now) + EXTENSION, "no answer; more time given once", now)
        case Act.WITHOUT, _:
            steering.proceed_without(session, standing, gate, "no answer after more time", now)
        case _, Offered() as offered:
            contribute(session, standing, gate, offered, ORIGIN, now)
        case _, Ruling() as ruling:
            decide(session, standing, gate, answer.party, ruling, ORIGIN, now)
        case _:
            took_place(session, standing, gate, answer.party.organisation, standing.today(now), ORIGIN, now)


@dataclass
class Rehearsal:
    """One rehearsal under way."""

    definition: Definition
    samples: Samples
    seed: int
    out: Path
    on_event: Callable[[Standing, datetime], None] = lambda standing, now: None
    engine: Engine = field(default_factory=lambda: database.connect("sqlite://"))

    def play(self) -> Standing:
        """From launch to closure; the standing it leaves. ProgrammeError where the programme cannot reach closure."""
        create_all(self.engine)
        self.session = Session(self.engine, expire_on_commit=False)
        self.partners = Partners(self.seed)
        self.channel = open_channel(None, self.out / "mail")
        self.agenda: list[Intent] = []
        self.answers: list[Answer] = []
        self.seen: dict[int, tuple[int, int]] = {}
        self.earlier: list[dict[str, Any]] = []
        now = self._launch()
        for _ in range(STEPS):
            mail_at = self._settle(now)
            if self.standing.programme.closed_at is not None:
                return self.standing
            now = self._next(now, mail_at)
            self._answer(now)
        raise ProgrammeError(f"The rehearsal of {self.definition.id} does not come to an end: {self._stuck()}")

    def _launch(self) -> datetime:
        definition = self.definition
        start_on = definition.historical_start or first_shared_day(definition, REHEARSAL_TODAY)
        now = Calendar(definition).at(definition.coordinator, start_on, time(8))
        self.standing = launch(self.session, definition, now, start_on=start_on, rehearsal=True)
        self.session.commit()
        return now

    # -- one moment ------------------------------------------------------------------------------------------------

    def _settle(self, now: datetime) -> datetime | None:
        """Carry out everything due at `now`, mail included, until nothing is left; when the next mail is due."""
        for _ in range(STEPS):
            self.standing.unsent = self._unsent()
            actions = advance(self.standing, now)
            for action in actions:
                perform(self.session, self.standing, action, now)
            self.session.commit()
            mail_at = self._first_due()
            if mail_at is not None and mail_at <= now:
                self._dispatch(now)
            elif not actions:
                break
        else:
            raise AssertionError(f"said to be due at {now} and never done: {actions[:3]}")
        self._plan_answers(now)
        self.on_event(self.standing, now)
        return mail_at

    def _dispatch(self, now: datetime) -> None:
        """Send what is due. A folder that takes no mail ends the rehearsal: it would wait for ever."""
        done = dispatch(
            self._transaction, now, self.channel, worker="rehearsal", secret=REHEARSAL_SECRET, public_url=PUBLIC_URL,
            rehearsal=True, look_up=lambda session, programme: self.standing,
        )  # fmt: skip
        if done.waiting or done.paused:
            raise ProgrammeError(f"Notices cannot be written to {self.out / 'mail'}: {done.paused or 'see the log'}.")

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        """The one session, which nobody else looks into: what is written is seen by the next step, and committed with the next action."""
        yield self.session
        self.session.flush()

    def _unsent(self) -> int:
        """Asked only towards the end: before, nothing depends on it."""
        if any(phase.completed_at is None for phase in self.standing.programme.phases):
            return 0
        return self.session.scalar(select(func.count()).where(Notice.state.in_((NoticeState.QUEUED, NoticeState.UNCERTAIN)))) or 0

    def _first_due(self) -> datetime | None:
        return self.session.scalar(select(func.min(Notice.due_at)).where(Notice.state == NoticeState.QUEUED))

    def _next(self, now: datetime, mail_at: datetime | None) -> datetime:
        moments = [next_at(self.standing, now), mail_at, self.agenda[0].at if self.agenda else None]
        ahead = [moment for moment in moments if moment is not None and moment > now]
        if not ahead:
            raise ProgrammeError(f"The rehearsal of {self.definition.id} stands still: {self._stuck()}")
        return min(ahead)

    def _stuck(self) -> str:
        """What is still open, for the person who has to mend the programme file."""
        waiting = [gate.label for gate in self.standing.programme.gates if not gate.is_satisfied]
        return f"{len(waiting)} gates are not satisfied, first {', '.join(waiting[:5]) or 'none'}."

    # -- people ----------------------------------------------------------------------------------------------------

    def _plan_answers(self, now: datetime) -> None:
        """Whenever a gate has opened, come back or been extended, the partners make up their minds."""
        for gate in self.standing.programme.gates:
            if gate.is_open and self.seen.get(gate.id) != (gate.round, gate.extensions):
                self.seen[gate.id] = (gate.round, gate.extensions)
                for intent in self.partners.intents(self.standing, gate, now):
                    heapq.heappush(self.agenda, intent)

    def _answer(self, now: datetime) -> None:
        while self.agenda and self.agenda[0].at <= now:
            intent = heapq.heappop(self.agenda)
            gate = self.standing.gate_by_id(intent.gate_id)
            if gate is not None and gate.is_open and (gate.round, gate.extensions) == (intent.round, intent.extensions):
                self._act(gate, intent, now)
                self.session.commit()

    def _act(self, gate: Gate, intent: Intent, now: datetime) -> None:
        party = self.standing.parties(gate)[intent.party]
        said: Said = None
        if intent.act in (Act.ANSWER, Act.RETURN) and gate.spec.kind is GateKind.CONTRIBUTION:
            said = self._offered(gate, party.organisation, now)
        elif intent.act in (Act.ANSWER, Act.RETURN) and gate.spec.kind is GateKind.APPROVAL:
            said = self._ruling(gate, intent, now)
        answer = Answer(now, gate.key, gate.scope, party, intent.act, said)
        give(self.session, self.standing, answer, now)
        self.answers.append(answer)

    def _offered(self, gate: Gate, organisation: str, now: datetime) -> Offered:
        """The programme's sample for this gate and organisation, or a generated body that fits what was said before."""
        sample = self.samples.get((gate.key, gate.scope, organisation))
        if sample is not None:
            offered = Offered(organisation, sample.language, sample.body, illustrative=sample.illustrative, generated=sample.generated)
        else:
            offered = Offered(organisation, self.definition.working_language, self._generate(gate, organisation, now), generated=True)
        entry = {"gate": gate.key, "kind": gate.spec.contribution, "scope": gate.scope, "organisation": organisation, "body": offered.body}
        self.earlier.append(entry)
        return offered

    def _generate(self, gate: Gate, organisation: str, now: datetime) -> dict[str, Any]:
        return generate(
            gate.spec.contribution,
            gate=gate.key,
            scope=gate.scope,
            organisation=organisation,
            definition=self.definition,
            earlier=self.earlier,
            rng=self.partners.dice(gate, "body"),
            today=self.standing.today(now),
            pairs=[{"mentor": pair.mentor, "mentee": pair.mentee, "theme": pair.theme} for pair in self.standing.programme.pairs],
        )

    def _ruling(self, gate: Gate, intent: Intent, now: datetime) -> Ruling:
        if intent.act is Act.RETURN:
            return Ruling(Verdict.RETURN, "Simulated comment: please say more precisely who does what, and by when.")
        act_on = self.standing.today(now)
        if gate.spec.needs_act:
            return Ruling(Verdict.APPROVE, act_number=f"rehearsal-{gate.id}/{act_on.year}", act_on=act_on)
        return Ruling(Verdict.APPROVE)

    def events(self) -> list[Event]:
        """The history it leaves, in order."""
        return list(history(self.session, self.definition.id))
