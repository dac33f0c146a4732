"""What a faulty rehearsal is made of: people of one temper, strikes that wait for their turn, letter boxes behind a mail server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from models.advance import Action
from models.gates import Gate
from models.programme import PhaseState
from models.standing import Standing
from tasks.channel import Delivery, Outcome, Parcel
from tasks.partners import Act, Intent, Manner, Partners
from tasks.rehearsing import Rehearsal
from tests import oracle
from tests.oracle import Arrival
from tests.scenarios import Fault, Scenario, Strike, Temper


class Death(BaseException):
    """The process is killed: nothing may catch this and go on."""


class Faster(Exception):
    """Somebody else answers first."""


class Broken(AssertionError):
    """A promise does not hold; the message tells what happened before."""


@dataclass(frozen=True)
class Tempered(Partners):
    """Partners of one temper."""

    temper: Temper = Temper.MIXED

    def intents(self, standing: Standing, gate: Gate, now: datetime) -> list[Intent]:
        found = super().intents(standing, gate, now)
        if self.temper is Temper.RETURNING and gate.is_approval and gate.spec.feeds and gate.round == 0:
            return [replace(intent, act=Act.RETURN) if intent.act is Act.ANSWER else intent for intent in found]
        return found

    def _manner(self, gate: Gate, dice: object) -> Manner:
        manner = super()._manner(gate, dice)  # type: ignore[arg-type]
        if self.temper in (Temper.PROMPT, Temper.RETURNING):
            return Manner.EARLY
        if self.temper is Temper.LATE:
            return Manner.AFTER_REMINDER
        if self.temper is Temper.SILENT and not (gate.policy == "hold" or gate.spec.confirms_matching):
            return Manner.NEVER
        return manner


class Stop(Exception):
    """As far as the scenario goes."""


class Plain(Rehearsal):
    """The rehearsal as it is, with the scenario's people, to the scenario's end."""

    def __init__(self, scenario: Scenario, out: Path) -> None:
        super().__init__(scenario.definition(), {}, scenario.seed, out, on_event=self._end)
        self.scenario = scenario

    def _launch(self) -> datetime:
        self.partners = Tempered(self.seed, self.scenario.temper)
        return super()._launch()

    def _end(self, standing: Standing, _now: datetime) -> None:
        if is_over(self.scenario, standing):
            raise Stop

    def history(self) -> list[tuple[object, ...]]:
        """Play it; what it leaves."""
        try:
            self.play()
        except Stop:
            self.session.commit()
        return oracle.told(self.events())


def is_over(scenario: Scenario, standing: Standing) -> bool:
    """Has it come as far as the scenario goes?"""
    return scenario.until < 7 and standing.phase(scenario.until).state == PhaseState.COMPLETED


def named(action: Action) -> str:
    """An action in words."""
    return " ".join(str(part) for part in (action.do, action.phase, action.gate, action.scope, action.subject) if part)


@dataclass
class Faults:
    """The strikes of a scenario, each when its turn has come."""

    strikes: Sequence[Strike]
    counts: Counter[Fault] = field(default_factory=Counter)
    struck: list[Strike] = field(default_factory=list)

    def strike(self, fault: Fault) -> Strike | None:
        """This fault could strike here: does it?"""
        self.counts[fault] += 1
        for strike in self.strikes:
            if strike.fault is fault and strike.nth == self.counts[fault]:
                self.struck.append(strike)
                return strike
        return None


class LetterBoxes:
    """A mail server with its faults, and the letter boxes behind it."""

    name, sender, reply_to = "letter-boxes", None, None

    def __init__(self, faults: Faults, clock: Callable[[], datetime], tell: Callable[[str], None]) -> None:
        self.faults, self.clock, self.tell = faults, clock, tell
        self.arrived: list[Arrival] = []
        self.repeatable: set[str] = set()
        self.batch = 0
        self.down: tuple[datetime, Outcome] | None = None
        self.last = ""

    def deliver(self, parcel: Parcel) -> Delivery:
        self.last = str(parcel.message["Message-ID"])
        delivery, arrives = self._fate()
        self.tell(f"mail to {parcel.recipient}: {delivery.outcome}, {parcel.key.splitlines()}")
        if delivery.outcome is Outcome.UNCERTAIN:
            self.repeatable.add(self.last)
        if arrives:
            self.arrived.append(Arrival(self.last, parcel.recipient, self.batch, tuple(parcel.key.split("\n"))))
        return delivery

    def close(self) -> None:
        pass

    def _fate(self) -> tuple[Delivery, bool]:
        """What comes of it, and whether it reaches the mailbox."""
        for fault, outcome in ((Fault.MAIL_AWAY, Outcome.TEMPORARY), (Fault.MAIL_PAUSED, Outcome.PAUSED)):
            if strike := self.faults.strike(fault):
                self.down = self.clock() + timedelta(minutes=strike.minutes), outcome
        if self.down and self.clock() < self.down[0]:
            return Delivery(self.down[1], "nobody there", stops=True), False
        if self.faults.strike(Fault.MAIL_TEMPORARY):
            return Delivery(Outcome.TEMPORARY, "450 later"), False
        if self.faults.strike(Fault.MAIL_PERMANENT):
            return Delivery(Outcome.PERMANENT, "550 unknown"), False
        if self.faults.strike(Fault.MAIL_DROPPED):
            return Delivery(Outcome.UNCERTAIN, "gone after DATA"), False
        if self.faults.strike(Fault.MAIL_DROPPED_ARRIVED):
            return Delivery(Outcome.UNCERTAIN, "gone after DATA"), True
        return Delivery(Outcome.SENT), True
