"""A rehearsal whose process can die: everything in its memory is lost, the database and the people who answer live on."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models.advance import Action
from models.errors import Refused
from models.gates import Gate
from models.notices import NoticeKind
from models.standing import Standing, load
from tasks.channel import Channel
from tasks.partners import Intent
from tasks.rehearsing import Answer, Rehearsal, give
from tasks.steps import Step
from tests import oracle
from tests.scenarios import Fault, Scenario, Strike
from tests.strikes import Broken, Death, Faster, Faults, LetterBoxes, Tempered

STUBBORN = 8
"""How often somebody tries again whose answer was refused because of a clock."""
MEMORY = 30
"""How many steps are told when something is wrong."""

DEATHS = {
    Step.NOTICES_CLAIMED: Fault.DIES_CLAIMED,
    Step.MESSAGE_COMPOSED: Fault.DIES_COMPOSED,
    Step.MESSAGE_HANDED_OVER: Fault.DIES_HANDED_OVER,
    Step.MESSAGE_SETTLED: Fault.DIES_SETTLED,
}


class Mortal(Rehearsal):
    """One scenario under way. `now` is what the clock shows; `run` names the present process."""

    def __init__(self, scenario: Scenario, out: Path) -> None:
        super().__init__(scenario.definition(), {}, scenario.seed, out)
        self.scenario = scenario
        self.faults = Faults(scenario.strikes)
        self.trace: deque[str] = deque(maxlen=MEMORY)
        self.boxes = LetterBoxes(self.faults, lambda: self.now, self.tell)
        self.channel = Channel(self.boxes)
        self.partners = Tempered(scenario.seed, scenario.temper)
        self.agenda: list[Intent] = []
        self.answers: list[Answer] = []
        self.late: list[tuple[datetime, int, Answer]] = []
        self.sleepers: list[tuple[datetime, int, list[Action]]] = []
        self.released_at: datetime | None = None
        self.refused: Counter[Intent] = Counter()
        self.seen: dict[int, tuple[int, int]] = {}
        self.earlier: list[dict[str, object]] = []
        self.names = count(1)
        self.run = f"run-{next(self.names)}"
        self.now = datetime.min.replace(tzinfo=UTC)
        self.handed_over = False
        self.no_mail_before: datetime | None = None

    def _tale(self, wrong: list[str]) -> str:
        lines = [f"{self.scenario!r}", f"the last {len(self.trace)} steps:", *self.trace, "what is wrong:", *wrong[:20]]
        return "\n  ".join(lines)

    def tell(self, what: str) -> None:
        """Remember a step in words."""
        self.trace.append(f"{self.now:%Y-%m-%d %H:%M:%S}Z {what}")

    def _strike(self, fault: Fault) -> Strike | None:
        strike = self.faults.strike(fault)
        if strike is not None:
            self.tell(f"*** {strike}")
        return strike

    # -- processes ---------------------------------------------------------------------------------------------------------

    def _rise(self) -> None:
        """Another process takes over; it knows what is committed, and nothing else."""
        self.session.close()
        self.run = f"run-{next(self.names)}"
        self._look_anew()

    def _look_anew(self) -> None:
        self.session.close()
        self.session = Session(self.engine, expire_on_commit=False)
        self.standing = load(self.session, self.definition.id)
        self.session.commit()

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        """One transaction of the present process; what happens in it is undone where it does not get to its end."""
        try:
            yield self.session
            self.session.commit()
        except BaseException:
            self._look_anew()
            raise

    @contextmanager
    def _another(self) -> Iterator[tuple[Session, Standing]]:
        """A transaction of another process, which looks at the database for itself."""
        self.session.commit()
        with Session(self.engine, expire_on_commit=False) as session:
            yield session, load(session, self.definition.id, locked=True)
            session.commit()

    @contextmanager
    def _changing_nothing(self, what: str) -> Iterator[None]:
        self.session.commit()
        before = oracle.rows(self.engine)
        yield
        self.session.commit()
        changes = oracle.differences(before, oracle.rows(self.engine))
        if changes:
            raise Broken(self._tale([f"{what} has changed something", *changes]))

    def _step(self, step: Step) -> None:
        fault = DEATHS.get(step)
        self.handed_over = step is Step.MESSAGE_HANDED_OVER
        if fault and self._strike(fault):
            if fault is Fault.DIES_HANDED_OVER:
                self.boxes.repeatable.add(self.boxes.last)
            raise Death(step)

    # -- people ------------------------------------------------------------------------------------------------------------

    def _answer(self, now: datetime) -> None:
        while self.agenda and self.agenda[0].at <= now:
            intent = heapq.heappop(self.agenda)
            gate = self.standing.gate_by_id(intent.gate_id)
            if gate is not None and gate.is_open and (gate.round, gate.extensions) == (intent.round, intent.extensions):
                self._try(gate, intent, now)

    def _try(self, gate: Gate, intent: Intent, now: datetime) -> None:
        """Somebody answers; whose machine dies before the answer is taken tries again."""
        known = len(self.earlier)
        at_once = self._strike(Fault.ANSWER_AT_ONCE)
        try:
            with self._transaction() as session:
                self._act(gate, intent, now)
                self.tell(f"{self.answers[-1].party.organisation}: {intent.act} at {gate.label}")
                self._undo(session, at_once)
        except Death:
            del self.earlier[known:]
            heapq.heappush(self.agenda, intent)
            raise
        except Faster:
            self._too_late(self.answers[-1], now)
            return
        except Refused as error:
            del self.earlier[known:]
            self._refused(intent, error, now)
            return
        if self._strike(Fault.DIES_AFTER_ANSWER):
            raise Death("after an answer")
        self._repeat(self.answers[-1], now)
        self._clock_may_go_back()

    def _undo(self, session: Session, at_once: Strike | None) -> None:
        if self._strike(Fault.DIES_IN_ANSWER):
            session.flush()
            raise Death("in an answer")
        if at_once:
            raise Faster

    def _too_late(self, answer: Answer, now: datetime) -> None:
        """Two people of one party look at the same open gate and answer both: the second is told that the first was faster."""
        with self._another() as (session, standing):
            give(session, standing, answer, now)
        with self._changing_nothing("an answer on rows that are no longer so"):
            try:
                with self._transaction() as session:
                    give(session, self.standing, answer, now)
            except (StaleDataError, IntegrityError, Refused) as error:
                self.tell(f"stopped: {type(error).__name__}")
        self._look_anew()

    def _refused(self, intent: Intent, error: Refused, now: datetime) -> None:
        """A clock that has been set back makes the present the future: they come again tomorrow."""
        self.tell(f"refused: {error}")
        self.refused[replace(intent, at=now)] += 1
        if self.refused.total() > STUBBORN:
            raise Broken(self._tale([f"an answer is refused again and again: {error}"]))
        heapq.heappush(self.agenda, replace(intent, at=now + timedelta(days=1)))

    def _repeat(self, answer: Answer, now: datetime) -> None:
        if self._strike(Fault.ANSWER_TWICE):
            self._given_again(answer, now)
        if strike := self._strike(Fault.ANSWER_LATE):
            heapq.heappush(self.late, (now + timedelta(minutes=strike.minutes), len(self.answers), answer))

    def _given_again(self, answer: Answer, now: datetime) -> None:
        """The same answer once more: refused, or kept in the tray with a receipt, without touching the gate."""
        before = oracle.rows(self.engine)
        try:
            with self._another() as (session, standing):
                give(session, standing, answer, now)
        except Refused as refused:
            self.tell(f"refused: {refused}")
        self._look_anew()
        after = oracle.rows(self.engine)
        for table in ("gate", "decision", "edition", "notice", "phase", "pair", "meeting"):
            if _without_receipts(before[table]) != _without_receipts(after[table]):
                changes = oracle.differences(before, after)
                raise Broken(self._tale([f"an answer given twice has changed a {table}", *changes]))

    def _late_answers(self) -> None:
        """What arrives late is taken, kept or refused; the oracle says whether that was right."""
        while self.late and self.late[0][0] <= self.now:
            _, _, answer = heapq.heappop(self.late)
            self.tell(f"late: {answer.party.organisation}: {answer.act} at {answer.gate} @ {answer.scope}")
            try:
                with self._another() as (session, standing):
                    give(session, standing, answer, self.now)
            except Refused as refused:
                self.tell(f"refused: {refused}")
            self._look_anew()

    def _nothing_after_closure(self) -> None:
        """Whatever anybody tries now is refused and changes nothing."""
        kinds = {self.standing.gate(item.gate, item.scope).spec.kind: item for item in self.answers}
        with self._changing_nothing("an answer after the closure"):
            for answer in kinds.values():
                try:
                    with self._another() as (session, standing):
                        give(session, standing, answer, self.now)
                except Refused as refused:
                    self.tell(f"refused: {refused}")


def _without_receipts(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows without the notices that say what has arrived: whoever sends something hears that it lies in the tray."""
    return [row for row in rows if NoticeKind.RECEIPT not in row]
