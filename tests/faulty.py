"""A rehearsal that suffers faults: processes that die, rivals, clocks that jump, standstills, mail servers that fail.

It carries out the actions as the flows do, each in a transaction of its own, phases under a lease, and loses everything that is
in memory when it dies. People and their letter boxes live on: what they intend, what they have had. Everything that must be true
at once is checked where the fault strikes; what must be true in the end is `tests.oracle`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import outbox
from models.advance import PHASE_WORK, Action, advance, next_at
from models.doors import steering
from models.doors.opening import perform
from models.errors import Refused, StaleToken
from models.links import REHEARSAL_SECRET
from models.notices import Notice
from models.programme import PhaseState
from models.rows import create_all
from models.standing import Standing
from tasks.dispatch import dispatch
from tasks.rehearsing import PUBLIC_URL
from tasks.steps import watched
from tests import oracle
from tests.mortal import Mortal
from tests.scenarios import Fault, Strike
from tests.strikes import Broken, Death, is_over, named

MOMENTS = 6_000
"""More moments than a small programme has, faults included."""
TURNS = 200
"""More rounds of actions than one moment has."""

class Faulty(Mortal):
    """One scenario under way, from launch to its end. Where it is watchful, the oracle is asked after each death too."""

    watchful = True

    def play(self) -> Standing:
        """To the scenario's end. Broken, with what happened before, where something is not as it must be."""
        create_all(self.engine)
        self.session = Session(self.engine, expire_on_commit=False)
        self.now = self._launch()
        try:
            with watched(self._step):
                self._live()
            self._check()
            if self.standing.programme.closed_at is not None:
                self._nothing_after_closure()
        except Broken:
            raise
        except Exception as error:
            raise Broken(self._tale([repr(error)])) from error
        return self.standing

    def _live(self) -> None:
        for _ in range(MOMENTS):
            try:
                self._time_strikes()
                mail_at = self._settle(self.now)
                if self.standing.programme.closed_at is not None or is_over(self.scenario, self.standing):
                    return
                self.now = self._next(self.now, mail_at)
                self._answer(self.now)
                self._late_answers()
                self._sleepers_wake()
            except Death as death:
                self.tell(f"{self.run} dies {death}")
                self._rise()
                if self.watchful:
                    self._check()
        raise Broken(self._tale([f"does not come to an end: {self._stuck()}"]))

    def _check(self) -> None:
        self.session.commit()
        wrong = oracle.everything_wrong(self.engine, self.definition.id, self.boxes.arrived, self.boxes.repeatable)
        if wrong:
            raise Broken(self._tale(wrong))

    # -- time --------------------------------------------------------------------------------------------------------------

    def _time_strikes(self) -> None:
        for fault in (Fault.STANDSTILL, Fault.CLOCK_FORWARD):
            if strike := self._strike(fault):
                self.now += timedelta(minutes=strike.minutes)
        if strike := self._strike(Fault.HELD):
            self._hold(strike)

    def _clock_may_go_back(self) -> None:
        """Somebody sets the clock back, between a plan and its action, or an answer and what follows from it."""
        if strike := self._strike(Fault.CLOCK_BACK):
            self.now -= timedelta(minutes=strike.minutes)

    def _hold(self, strike: Strike) -> None:
        """Somebody cancels the runs of all phases under way, and launches them again later."""
        with self._transaction():
            for phase in self.standing.programme.phases:
                if phase.state == PhaseState.OPEN:
                    steering.hold(self.session, self.standing, phase.number, self.now)
        self.released_at = self.now + timedelta(minutes=strike.minutes)

    def _release(self, now: datetime) -> None:
        if self.released_at is None or self.released_at > now:
            return
        self.released_at = None
        with self._transaction():
            for phase in self.standing.programme.phases:
                if phase.state == PhaseState.HELD:
                    token = steering.take_lease(self.session, self.standing, phase.number, self.run, now)
                    steering.end_lease(self.standing, phase.number, token)

    def _next(self, now: datetime, mail_at: datetime | None) -> datetime:
        """The next moment at which anything can happen; now, while somebody still wants to answer now."""
        if self.agenda and self.agenda[0].at <= now:
            return now
        leases = [phase.leased_until for phase in self.standing.programme.phases]
        waiting = [self.agenda[0].at if self.agenda else None, self.late[0][0] if self.late else None, self.released_at, mail_at]
        waiting += [self.sleepers[0][0] if self.sleepers else None]
        ahead = [moment for moment in [next_at(self.standing, now), *leases, *waiting] if moment is not None and moment > now]
        if not ahead:
            raise Broken(self._tale([f"stands still: {self._stuck()}"]))
        return min(ahead)

    # -- what is due -------------------------------------------------------------------------------------------------------

    def _settle(self, now: datetime) -> datetime | None:
        """Carry out everything due, mail included; when mail is next due. The clock may jump meanwhile."""
        self._release(now)
        for _ in range(TURNS):
            done = self._work(self.now)
            mail_at = self._mail_at()
            if mail_at is not None and mail_at <= self.now:
                self._post(self.now)
            elif not done:
                break
        else:
            raise Broken(self._tale([f"at {self.now} there is always something to do"]))
        self._plan_answers(self.now)
        return mail_at

    def _work(self, now: datetime) -> int:
        self.standing.unsent = self._unsent()
        actions = advance(self.standing, now)
        if actions and self._strike(Fault.RIVAL):
            self._rival(actions, now)
            return 1
        if actions and (strike := self._strike(Fault.SLEEPER)):
            heapq.heappush(self.sleepers, (now + timedelta(minutes=strike.minutes), self.faults.counts[Fault.SLEEPER], actions))
        tokens = self._take_leases(actions, now)
        done = 0
        for action in actions:
            if action.do not in PHASE_WORK or action.phase in tokens:
                self._clock_may_go_back()
                self._carry_out(action, tokens, self.now)
                done += 1
        for number, token in tokens.items():
            with self._transaction():
                steering.end_lease(self.standing, number, token)
        return done

    def _take_leases(self, actions: Sequence[Action], now: datetime) -> dict[int, int]:
        """The phases that are to be worked on and are not another run's, with their tokens."""
        tokens: dict[int, int] = {}
        for number in dict.fromkeys(action.phase for action in actions if action.phase and action.do in PHASE_WORK):
            phase = self.standing.phase(number)
            if phase.run_id not in (None, self.run) and phase.leased_until is not None and phase.leased_until > now:
                continue
            with self._transaction():
                tokens[number] = steering.take_lease(self.session, self.standing, number, self.run, now)
        return tokens

    def _carry_out(self, action: Action, tokens: dict[int, int], now: datetime) -> None:
        token = tokens.get(action.phase or 0) if action.do in PHASE_WORK else None
        self.tell(f"{self.run}: {named(action)}")
        if self._strike(Fault.DIES_BEFORE_ACTION):
            raise Death(f"before {action.do}")
        if self._strike(Fault.STALE_ROWS):
            self._on_stale_rows(action, now)
        with self._transaction() as session:
            perform(session, self.standing, action, now, token=token)
            if self._strike(Fault.DIES_IN_ACTION):
                session.flush()
                raise Death(f"in {action.do}")
        if self._strike(Fault.DIES_AFTER_ACTION):
            raise Death(f"after {action.do}")
        if self._strike(Fault.TWICE):
            self._again([action], now)
        if token is not None and self._strike(Fault.STALE_TOKEN):
            self._lose_lease(action, tokens.pop(action.phase or 0), now)

    def _again(self, actions: Sequence[Action], now: datetime) -> None:
        """Another executor had the same plan and is late."""
        with self._changing_nothing("carrying out what is no longer due"):
            for action in actions:
                self.tell(f"another, late: {named(action)}")
                with self._another() as (session, standing):
                    perform(session, standing, action, now)

    def _rival(self, actions: Sequence[Action], now: datetime) -> None:
        """Two executors made the same plan at the same moment. One carries it out; then comes the other."""
        for action in actions:
            self.tell(f"the rival: {named(action)}")
            with self._another() as (session, standing):
                perform(session, standing, action, now)
        self._again(actions, now)
        self._look_anew()

    def _sleepers_wake(self) -> None:
        """An executor made its plan, slept, and goes on with it: what is not due any more changes nothing."""
        while self.sleepers and self.sleepers[0][0] <= self.now:
            _, _, actions = heapq.heappop(self.sleepers)
            with self._another() as (_, standing):
                due = advance(standing, self.now)
            self._again([action for action in actions if action not in due], self.now)

    def _on_stale_rows(self, action: Action, now: datetime) -> None:
        """Another executor is faster, and this one goes on with the rows it has in its memory: versions stop it."""
        with self._another() as (session, standing):
            perform(session, standing, action, now)
        with self._changing_nothing("working on rows that are no longer so"):
            try:
                with self._transaction() as session:
                    perform(session, self.standing, action, now)
            except (StaleDataError, IntegrityError, Refused) as error:
                self.tell(f"stopped: {type(error).__name__}")
        self._look_anew()

    def _lose_lease(self, action: Action, token: int, now: datetime) -> None:
        """This run was silent for longer than its lease, another has the phase, and this one wakes up and goes on."""
        number = action.phase or 0
        if self.standing.phase(number).state == PhaseState.COMPLETED:
            return
        with self._another() as (session, standing):
            steering.take_lease(session, standing, number, f"run-{next(self.names)}", now + 2 * steering.LEASE)
        self._look_anew()
        with self._changing_nothing("a run that has lost its lease"):
            for attempt in (
                lambda session: perform(session, self.standing, action, now, token=token),
                lambda _session: steering.renew_lease(self.standing, number, token, now),
                lambda _session: steering.end_lease(self.standing, number, token),
            ):
                try:
                    with self._transaction() as session:
                        attempt(session)
                except StaleToken:
                    continue
                raise Broken(self._tale(["a run that has lost its lease was not refused"]))

    # -- mail --------------------------------------------------------------------------------------------------------------

    def _post(self, now: datetime) -> None:
        """Send what is due. A channel that takes nothing is left alone for a while."""
        self.boxes.batch += 1
        done = dispatch(
            self._sending, now, self.channel, worker=self.run, secret=REHEARSAL_SECRET, public_url=PUBLIC_URL,
            rehearsal=True, look_up=lambda session, programme: self.standing,
        )  # fmt: skip
        if done.paused:
            self.no_mail_before = now + timedelta(minutes=30)

    @contextmanager
    def _sending(self) -> Iterator[Session]:
        with self._transaction() as session:
            yield session
            settling, self.handed_over = self.handed_over, False
            if settling and self._strike(Fault.DIES_IN_SETTLING):
                session.flush()
                self.boxes.repeatable.add(self.boxes.last)
                raise Death("while it writes down what came of a message")

    def _mail_at(self) -> datetime | None:
        """When the outbox next has something that may be sent; None where it is empty."""
        query = select(Notice.due_at, Notice.next_try_at, Notice.claimed_until).where(Notice.state.in_(outbox.ON_ITS_WAY))
        moments = [max(moment for moment in row if moment is not None) for row in self.session.execute(query)]
        self.session.commit()
        first = min(moments, default=None)
        return max(first, self.no_mail_before) if first and self.no_mail_before else first
