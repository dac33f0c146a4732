"""Simulated partners of a rehearsal: when each of them answers, by seed, and what a coordinator does about silence.

Every programme reaches closure with every seed: who never answers is given more time once, then gone on without.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from models.definition import Policy
from models.gates import Gate
from models.method import GateKind
from models.standing import Party, Standing

OFFICE_HOURS = (time(9, 30), time(10), time(11), time(14), time(15, 30))
PATIENCE = timedelta(days=16)
"""How long after a deadline the simulated coordinator waits, past the last rung of the ladder."""
EXTENSION = timedelta(days=14)


class Manner(StrEnum):
    """How a partner deals with what is asked."""

    EARLY = "early"
    ON_TIME = "on-time"
    AFTER_REMINDER = "after-a-reminder"
    NEVER = "never"


MANNERS = {Manner.EARLY: 40, Manner.ON_TIME: 40, Manner.AFTER_REMINDER: 16, Manner.NEVER: 4}
"""How often, in percent."""

RETURNS = 12
"""How often an approver sends a first version back, in percent."""

PATIENT_GATES = frozenset({Policy.HOLD})
"""At gates with these policies somebody always answers: nothing else would bring the programme to closure."""


class Act(StrEnum):
    """What is done at a gate when the time has come."""

    ANSWER = "answer"
    RETURN = "return"
    EXTEND = "extend"
    WITHOUT = "without"


@dataclass(frozen=True, order=True)
class Intent:
    """What somebody will do at a gate; void when the gate has moved on (`round`, `extensions`) until then."""

    at: datetime
    gate_id: int
    party: int
    act: Act
    round: int
    extensions: int


@dataclass(frozen=True)
class Partners:
    """All partners and the coordinator, by seed."""

    seed: int

    def dice(self, gate: Gate, *more: object) -> random.Random:
        """Dice of their own for each thing asked, so that one answer never changes another."""
        return random.Random(f"{self.seed}/{gate.key}/{gate.scope}/{gate.round}/{gate.extensions}/{'/'.join(map(str, more))}")

    def intents(self, standing: Standing, gate: Gate, now: datetime) -> list[Intent]:
        """What each party will do at a gate that has just opened, opened again or been extended."""
        if gate.due_on is None:
            return []
        if gate.spec.kind is GateKind.EVENT:
            day = max(gate.due_on, standing.today(now))
            return [
                self._intent(gate, 0, Act.ANSWER, max(now, standing.calendar.at(standing.parties(gate)[0].organisation, day, time(16))))
            ]
        open_parties = standing.open_parties(gate)
        return [self._of_party(standing, gate, standing.parties(gate).index(party), party, now) for party in open_parties]

    def _of_party(self, standing: Standing, gate: Gate, number: int, party: Party, now: datetime) -> Intent:
        dice = self.dice(gate, party.organisation, party.role)
        manner = self._manner(gate, dice)
        if manner is Manner.NEVER:
            return self._coordinator(standing, gate, number, now)
        returns = gate.is_approval and bool(gate.spec.feeds) and gate.round == 0 and dice.random() * 100 < RETURNS
        at = self._moment(standing, gate, party, manner, dice, now)
        return self._intent(gate, number, Act.RETURN if returns else Act.ANSWER, at)

    def _manner(self, gate: Gate, dice: random.Random) -> Manner:
        manner = dice.choices(list(MANNERS), weights=list(MANNERS.values()))[0]
        if manner is Manner.NEVER and (gate.policy in PATIENT_GATES or gate.spec.confirms_matching):
            return Manner.AFTER_REMINDER
        return manner

    def _coordinator(self, standing: Standing, gate: Gate, number: int, now: datetime) -> Intent:
        """Silence: more time once, then on without."""
        due_on = gate.due_on or standing.today(now)
        day = standing.calendar.on_or_after([standing.definition.coordinator], due_on + PATIENCE).day
        at = standing.calendar.at(standing.definition.coordinator, day, time(11))
        return self._intent(gate, number, Act.WITHOUT if gate.extensions else Act.EXTEND, max(at, now))

    def _moment(self, standing: Standing, gate: Gate, party: Party, manner: Manner, dice: random.Random, now: datetime) -> datetime:
        today, due_on = standing.today(now), gate.due_on or standing.today(now)
        span = max((due_on - today).days, 1)
        first, last = {
            Manner.EARLY: (1, max(span // 2, 1)),
            Manner.ON_TIME: (max(span // 2, 1), span),
            Manner.AFTER_REMINDER: (span + 2, span + 9),
        }[manner]
        day = self._working_day(standing, party, today + timedelta(days=dice.randint(first, max(first, last))), due_on, manner)
        return max(standing.calendar.at(party.organisation, day, dice.choice(OFFICE_HOURS)), now)

    def _working_day(self, standing: Standing, party: Party, day: date, due_on: date, manner: Manner) -> date:
        """The working day somebody answers on; who is in time stays in time."""
        shifted = standing.calendar.on_or_after([party.organisation], day).day
        if manner is not Manner.AFTER_REMINDER and shifted > due_on:
            return due_on
        return shifted

    def _intent(self, gate: Gate, party: int, act: Act, at: datetime) -> Intent:
        return Intent(at=at, gate_id=gate.id, party=party, act=act, round=gate.round, extensions=gate.extensions)
