"""Scenarios: a random programme, its people and what goes wrong, small enough to be read and pasted into a test.

A scenario says everything: the same one plays out the same way wherever it is played (`tests.faulty`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st

from models.definition import Definition, Organisation, Policy
from models.method import METHOD, GateKind
from models.programme_timing import INDISPENSABLE
from tests.factories import COMMITTEE, COORDINATOR, FACILITATOR, city, definition, organisation

PLACES: dict[str, dict[str, Any]] = {
    "BE": {"country": "BE", "zone": "Europe/Brussels", "languages": ["fr", "nl", "en"]},
    "IT": {"country": "IT", "subdivision": "PA", "zone": "Europe/Rome", "languages": ["it", "en"]},
    "LV": {"country": "LV", "zone": "Europe/Riga", "languages": ["lv", "en"]},
    "ES": {"country": "ES", "subdivision": "MD", "zone": "Europe/Madrid", "languages": ["es"]},
    "PT": {"country": "PT", "zone": "Europe/Lisbon", "languages": ["pt", "en"]},
    "GR": {"country": "GR", "zone": "Europe/Athens", "languages": ["el", "en"]},
    "US": {"country": "US", "zone": "America/New_York", "languages": ["en"]},
}
"""Where an organisation may be: other holidays, other nights on which the clocks change, other languages."""

MENTORS, MENTEES = ("alder", "birch"), ("cedar", "damson")


class Temper(StrEnum):
    """How all partners deal with what is asked."""

    PROMPT = "prompt"
    MIXED = "mixed"
    LATE = "late"
    SILENT = "silent"
    RETURNING = "returning"


class Fault(StrEnum):
    """What goes wrong. The n-th time one could strike, it does."""

    # the process dies, and everything in its memory is lost
    DIES_BEFORE_ACTION = "dies-before-action"
    DIES_IN_ACTION = "dies-in-action"
    DIES_AFTER_ACTION = "dies-after-action"
    DIES_CLAIMED = "dies-claimed"
    DIES_COMPOSED = "dies-composed"
    DIES_HANDED_OVER = "dies-handed-over"
    DIES_IN_SETTLING = "dies-in-settling"
    DIES_SETTLED = "dies-settled"
    DIES_IN_ANSWER = "dies-in-answer"
    DIES_AFTER_ANSWER = "dies-after-answer"
    # two at once
    TWICE = "action-twice"
    RIVAL = "rival-executor"
    SLEEPER = "executor-that-slept"
    STALE_ROWS = "stale-rows"
    STALE_TOKEN = "stale-token"
    ANSWER_TWICE = "answer-twice"
    ANSWER_AT_ONCE = "answer-at-once"
    ANSWER_LATE = "answer-late"
    HELD = "phases-held"
    # time
    STANDSTILL = "standstill"
    CLOCK_BACK = "clock-back"
    CLOCK_FORWARD = "clock-forward"
    # mail
    MAIL_TEMPORARY = "mail-temporary"
    MAIL_PERMANENT = "mail-permanent"
    MAIL_DROPPED = "mail-dropped-and-lost"
    MAIL_DROPPED_ARRIVED = "mail-dropped-and-arrived"
    MAIL_AWAY = "mail-server-away"
    MAIL_PAUSED = "mail-channel-paused"


DAY = 24 * 60
LASTS: dict[Fault, tuple[int, int]] = {
    Fault.STANDSTILL: (60, 100 * DAY),
    Fault.CLOCK_BACK: (1, DAY),
    Fault.CLOCK_FORWARD: (1, 2 * DAY),
    Fault.SLEEPER: (1, 30 * DAY),
    Fault.ANSWER_LATE: (1, 60 * DAY),
    Fault.HELD: (1, 5 * DAY),
    Fault.MAIL_AWAY: (1, 5 * DAY),
    Fault.MAIL_PAUSED: (1, 10 * DAY),
}
"""For how many minutes those last that last."""



@dataclass(frozen=True)
class Strike:
    """A fault strikes the n-th time it could, for some minutes where it lasts."""

    fault: Fault
    nth: int = 1
    minutes: int = 0

    def __repr__(self) -> str:
        return f"Strike(Fault.{self.fault.name}, {self.nth}" + (f", {self.minutes})" if self.minutes else ")")


@dataclass(frozen=True, repr=False)
class Scenario:
    """A programme, its people and what goes wrong. The defaults are the smallest there is."""

    mentors: tuple[str, ...] = ("BE",)
    """The place of each mentor city; mentees likewise."""
    mentees: tuple[str, ...] = ("BE",)
    coordinator: str = "BE"
    associations: bool = False
    start: date = date(2024, 3, 4)
    weeks: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    """When each phase begins, from launch; meetings follow some weeks after theirs."""
    unhurried: bool = False
    """The method's own weeks for the gates of the first three phases; else a third of them, which leaves fewer days to play."""
    policies: dict[str, Policy] = field(default_factory=dict)
    quiet: bool = False
    """Nothing falls due in August and around New Year."""
    temper: Temper = Temper.PROMPT
    seed: int = 1
    until: int = 1
    """The phase after which it stops; 7: closure."""
    strikes: tuple[Strike, ...] = ()

    def __repr__(self) -> str:
        """What differs from the smallest scenario, as code."""
        usual = Scenario(strikes=())
        said = {item.name: getattr(self, item.name) for item in fields(self)}
        return f"Scenario({', '.join(f'{name}={_code(value)}' for name, value in said.items() if value != getattr(usual, name))})"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """The same where hypothesis prints it."""
        printer.text(repr(self))

    def definition(self) -> Definition:
        """The programme."""
        quiet = [{"name": "August", "first": "08-05", "last": "08-25"}, {"name": "New Year", "first": "12-23", "last": "01-06"}]
        _, _, _, first, second, sixth, seventh = self.weeks
        meetings = {"visit_1": first + 1, "visit_2": second + 2, "workshop": sixth + 3, "visit_3": seventh + 4, "academy": sixth + 2}
        return definition(
            cast=self._cast(),
            historical_start=self.start,
            phases=[{"number": number, "week": week} for number, week in enumerate(self.weeks, start=1)],
            meetings={name: {"week": week} for name, week in meetings.items()},
            gates=self._gates(),
            quiet_periods=quiet if self.quiet else [],
        )

    def _gates(self) -> dict[str, dict[str, Any]]:
        brisk = {} if self.unhurried else {key: {"weeks": gate.weeks // 3} for key, gate in METHOD.gates.items() if gate.phase <= 3}
        return brisk | {key: {**brisk.get(key, {}), "policy": policy} for key, policy in self.policies.items()}

    def _cast(self) -> list[Organisation]:
        capacity = 2 if len(self.mentees) > len(self.mentors) else 1
        bodies = [
            organisation(COORDINATOR, "coordinator", **PLACES[self.coordinator]),
            organisation(FACILITATOR, "facilitator"),
            organisation(COMMITTEE, "committee"),
        ]
        leagues = [organisation("north-league", "association", hosts_academy=True)] if self.associations else []
        its = {"association": "north-league" if self.associations else None}
        mentors = [
            city(slug, "mentor", **PLACES[place], **its, capacity=capacity) for slug, place in zip(MENTORS, self.mentors, strict=False)
        ]
        mentees = [city(slug, "mentee", **PLACES[place], **its) for slug, place in zip(MENTEES, self.mentees, strict=False)]
        return [*bodies, *leagues, *mentors, *mentees]


def _code(value: Any) -> str:
    if isinstance(value, date):
        return f"date({value.year}, {value.month}, {value.day})"
    if isinstance(value, StrEnum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}": {_code(one)}' for key, one in value.items()) + "}"
    return repr(value).replace("'", '"')


# -- what may be drawn -------------------------------------------------------------------------------------------------


def allowed(key: str) -> list[Policy]:
    """The policies that a programme file may give a gate."""
    gate = METHOD.gates[key]
    if key in INDISPENSABLE:
        return [Policy.ESCALATE, Policy.HOLD]
    tacit = [Policy.TACIT] if gate.kind is GateKind.APPROVAL and not gate.money else []
    return [Policy.ESCALATE, Policy.HOLD, Policy.EXTEND, Policy.PROCEED, *tacit]


EARLY_GATES = tuple(key for key, gate in METHOD.gates.items() if gate.phase <= 2)
STARTS = (date(2024, 3, 4), date(2025, 10, 6), date(2026, 3, 16), date(2023, 12, 11), date(2025, 7, 21))
"""Days to begin on: before the clocks change in autumn and spring, before Christmas, before August."""

places = st.sampled_from(sorted(PLACES, key=list(PLACES).index))


@st.composite
def policies(draw: st.DrawFn, keys: tuple[str, ...]) -> dict[str, Policy]:
    """Other policies for a few gates."""
    chosen = draw(st.lists(st.sampled_from(keys), max_size=3, unique=True))
    return {key: draw(st.sampled_from(allowed(key))) for key in chosen}


@st.composite
def strikes(draw: st.DrawFn, faults: tuple[Fault, ...] = tuple(Fault), within: int = 40) -> Strike:
    """One fault, at one of the first places where it can strike."""
    fault = draw(st.sampled_from(faults))
    return Strike(fault, draw(st.integers(1, within)), draw(st.integers(*LASTS[fault])) if fault in LASTS else 0)


@st.composite
def scenarios(draw: st.DrawFn, *, until: tuple[int, ...] = (1,), within: int = 40, most: int = 12, small: bool = False) -> Scenario:
    """Any programme that a file may describe, played until the end of one of those phases.

    `within` and `most` say how late and how many faults strike; `small` leaves out what takes long to play.
    """
    least = draw(st.integers(0, most))  # hypothesis by itself would let most programmes run without any fault
    struck = draw(st.lists(strikes(within=within), min_size=least, max_size=most, unique_by=lambda strike: (strike.fault, strike.nth)))
    gaps = draw(st.lists(st.integers(1, 6), min_size=6, max_size=6))
    phase = draw(st.sampled_from(until))
    unhurried = draw(st.booleans()) and not small
    return Scenario(
        mentors=tuple(draw(st.lists(places, min_size=1, max_size=1 if small else 2))),
        mentees=tuple(draw(st.lists(places, min_size=1, max_size=2))),
        coordinator=draw(places),
        associations=draw(st.booleans()),
        start=draw(st.sampled_from(STARTS)),
        weeks=tuple(sum(gaps[:number]) for number in range(7)),
        unhurried=unhurried,
        policies=draw(policies(EARLY_GATES if phase < 7 else tuple(METHOD.gates))),
        quiet=draw(st.booleans()),
        temper=draw(st.sampled_from([temper for temper in Temper if not (small and temper is Temper.SILENT)])),
        seed=draw(st.integers(1, 1000)),
        until=phase,
        strikes=tuple(struck),
    )
