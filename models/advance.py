"""What is to be done next: `advance(standing, now)` is the one pure step that flows, sweep and rehearsal carry out.

Nothing here changes a row. Every action is due at `now`; `next_at` says when the next one will be without anybody's
answer, so that a virtual clock can jump there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from models import ladder
from models.calendar import Calendar
from models.definition import Policy
from models.gates import Gate, GateState, Outcome
from models.holding import held_until, silent_from
from models.method import METHOD
from models.programme import Phase, PhaseState
from models.standing import Party, Standing

DIGEST_AT = time(8, 30)
GRACE_WORKING_DAYS = 10
"""How long after its deadline a gate is still waited for before "proceed without" applies."""


class Do(StrEnum):
    """The kinds of action."""

    OPEN_PHASE = "open-phase"
    BUILD_REVIEW = "build-review"
    OPEN_GATE = "open-gate"
    RUN_OUT = "run-out"
    COMPLETE_PHASE = "complete-phase"
    MISS_DEADLINE = "miss-deadline"
    TELL = "tell"
    DIGEST = "digest"
    PUBLISH = "publish"
    CLOSE = "close"


PHASE_WORK = frozenset({Do.OPEN_PHASE, Do.BUILD_REVIEW, Do.OPEN_GATE, Do.RUN_OUT, Do.COMPLETE_PHASE})
"""What a phase's own run carries out."""

SWEEP_WORK = frozenset({Do.MISS_DEADLINE, Do.TELL, Do.DIGEST, Do.CLOSE})
"""What time brings: the sweep carries it out."""

PUBLICATION = frozenset({Do.PUBLISH})
"""What the completion of a phase triggers."""


@dataclass(frozen=True)
class Action:
    """One thing to do, in primitives: it can be handed to a task in another process.

    `subject` is a rung with its party (`T-7:capaci:project-lead`), a policy, or a deliverable's number.
    """

    do: Do
    phase: int | None = None
    gate: str | None = None
    scope: str | None = None
    subject: str | None = None


def advance(standing: Standing, now: datetime) -> list[Action]:
    """All actions due at `now`, in the order they are to be carried out.

    Carrying one out may make others due: call again until nothing is left.
    """
    if standing.programme.closed_at is not None:
        return []
    return [
        *_phases(standing, now),
        *_gates(standing, now),
        *_publications(standing),
        *_digest(standing, now),
        *_closure(standing),
    ]


def for_phase(actions: Iterable[Action], number: int) -> list[Action]:
    """The part of the actions that the run of one phase carries out."""
    return [action for action in actions if action.phase == number and action.do in PHASE_WORK]


def waits_for_run(standing: Standing, now: datetime) -> set[int]:
    """The phases whose run has something to do now; held phases are left to people."""
    return {
        action.phase
        for action in advance(standing, now)
        if action.phase and action.do in PHASE_WORK and standing.phase(action.phase).state != PhaseState.HELD
    }


# -- phases ------------------------------------------------------------------------------------------------------


def _phases(standing: Standing, now: datetime) -> Iterator[Action]:
    for phase in standing.programme.phases:
        if phase.state == PhaseState.WAITING and _may_open(standing, phase, now):
            yield Action(Do.OPEN_PHASE, phase.number)
        elif phase.state == PhaseState.OPEN and standing.is_matched and all(gate.is_satisfied for gate in standing.gates_in(phase.number)):
            yield Action(Do.COMPLETE_PHASE, phase.number)


def _may_open(standing: Standing, phase: Phase, now: datetime) -> bool:
    """A phase opens on its day, once at least one of its gates has nothing left to wait for."""
    return now >= standing.work_begins(phase.planned_on) and any(standing.is_free(gate) for gate in standing.gates_in(phase.number))


# -- gates -------------------------------------------------------------------------------------------------------


def _gates(standing: Standing, now: datetime) -> Iterator[Action]:
    for gate in _unsatisfied(standing):
        if gate.is_open:
            yield from _while_open(standing, gate, now)
        elif _may_open_gate(standing, gate, now):
            yield from _opening(standing, gate)


def _unsatisfied(standing: Standing) -> list[Gate]:
    """The gates of open phases that still hold something up."""
    open_phases = {phase.number for phase in standing.programme.phases if phase.state == PhaseState.OPEN}
    return [gate for gate in standing.programme.gates if gate.state != GateState.SATISFIED and gate.phase in open_phases]


def _may_open_gate(standing: Standing, gate: Gate, now: datetime) -> bool:
    if not standing.is_free(gate):
        return False
    opens_on = standing.opens_on(gate)
    return opens_on is not None and (opens_on <= standing.programme.start_on or now >= standing.work_begins(opens_on))


def _opening(standing: Standing, gate: Gate) -> Iterator[Action]:
    """The review edition is built first, so that nobody is asked about something that is not there yet."""
    if needs_review_edition(standing, gate):
        yield Action(Do.BUILD_REVIEW, gate.phase, gate.key, gate.scope)
    else:
        yield Action(Do.OPEN_GATE, gate.phase, gate.key, gate.scope)


def reviewed(standing: Standing, gate: Gate) -> list[tuple[str, str]]:
    """The (deliverable, scope) an approval decides on; a pair's document may be decided with its mentee's."""
    found = []
    for number in gate.spec.reviews:
        for scope in standing.scopes(METHOD.by_number[number].over):
            pair_of_city = standing.pair_of(gate.scope)
            if scope == gate.scope or (scope.startswith("pair-") and pair_of_city is not None and pair_of_city.scope == scope):
                found.append((number, scope))
    return found


def needs_review_edition(standing: Standing, gate: Gate) -> bool:
    """Whether something an approval decides on has no edition under review yet."""
    for number, scope in reviewed(standing, gate):
        edition = standing.latest_edition(number, scope)
        if edition is None or edition.state == "returned":
            return True
    return False


def _while_open(standing: Standing, gate: Gate, now: datetime) -> Iterator[Action]:
    if not gate.missed and now >= missed_at(standing, gate):
        yield Action(Do.MISS_DEADLINE, gate.phase, gate.key, gate.scope)
    if gate.rejected:
        return  # it is the coordinator's now: silence neither consents to it nor passes it over
    policy = gate.runs_out_on()
    if policy and not gate.expired and now >= runs_out_at(standing, gate, policy):
        yield Action(Do.RUN_OUT, gate.phase, gate.key, gate.scope, policy)
        return
    for rung in due_rungs(standing, gate, now):
        yield Action(Do.TELL, gate.phase, gate.key, gate.scope, rung)


def due_rungs(standing: Standing, gate: Gate, now: datetime) -> Iterator[str]:
    """The rungs of an open gate's ladder that are to be told now, each with its party: `T-7:capaci:project-lead`.

    None for a party whose reminders something holds back (`holding`).
    """
    for party in standing.open_parties(gate):
        held = held_until(standing, gate, party.organisation)
        if held is not None and now < held:
            continue
        step = ladder.due_step(_steps(standing.calendar, gate, party), _asked_at(gate), now, told_rungs(gate, party))
        if step is not None:
            yield f"{step.rung}:{party.organisation}:{party.role}"


def _steps(calendar: Calendar, gate: Gate, party: Party) -> tuple[ladder.Step, ...]:
    if gate.due_on is None:
        raise AssertionError(f"{gate.label} is open without a deadline")
    return ladder.ladder(calendar, party.organisation, gate.due_on)


def _asked_at(gate: Gate) -> datetime:
    if gate.opened_at is None:
        raise AssertionError(f"{gate.label} is open without having been opened")
    return gate.opened_at


def told_rungs(gate: Gate, party: Party) -> list[ladder.Rung]:
    """The rungs a party has had for the present deadline."""
    end = f":{party.organisation}:{party.role}"
    return [ladder.Rung(mark.removesuffix(end)) for mark in gate.told if mark.endswith(end)]


def missed_at(standing: Standing, gate: Gate) -> datetime:
    """The first moment at which a deadline is missed: midnight after it, where the first party asked lives."""
    due_on = gate.due_on
    if due_on is None:
        raise AssertionError(f"{gate.label} is open without a deadline")
    return standing.calendar.at(standing.parties(gate)[0].organisation, due_on + timedelta(days=1), time(0))


def runs_out_at(standing: Standing, gate: Gate, policy: Policy) -> datetime:
    """When a policy applies: tacit consent and extension once the deadline is missed, the rest after days of grace.

    Not before a request for more time could be answered.
    """
    at, asked = _runs_out_at(standing, gate, policy), silent_from(standing, gate)
    return at if asked is None else max(at, asked)


def _runs_out_at(standing: Standing, gate: Gate, policy: Policy) -> datetime:
    if policy is not Policy.PROCEED:
        return missed_at(standing, gate)
    coordinator = standing.definition.coordinator
    if gate.due_on is None:
        raise AssertionError(f"{gate.label} is open without a deadline")
    return standing.work_begins(standing.calendar.add_working_days([coordinator], gate.due_on, GRACE_WORKING_DAYS))


# -- publication, digest, closure ------------------------------------------------------------------------------------


def _publications(standing: Standing) -> Iterator[Action]:
    for spec in METHOD.deliverables:
        if standing.phase(spec.phase).state != PhaseState.COMPLETED:
            continue
        for scope in standing.scopes(spec.over):
            edition = standing.latest_edition(spec.number, scope)
            if edition is None or edition.published_at is None:
                yield Action(Do.PUBLISH, spec.phase, None, scope, spec.number)


def _digest(standing: Standing, now: datetime) -> Iterator[Action]:
    if is_digest_due(standing, now):
        yield Action(Do.DIGEST)


def is_digest_due(standing: Standing, now: datetime) -> bool:
    """Whether the coordinator's digest of today, a working day, is still to be written."""
    today = standing.today(now)
    slug = standing.definition.coordinator
    due = standing.programme.digest_on is None or standing.programme.digest_on < today
    return due and standing.calendar.is_working_day(slug, today) and now >= standing.calendar.at(slug, today, DIGEST_AT)


def _closure(standing: Standing) -> Iterator[Action]:
    """Last of all: every phase completed, everything published, every notice sent."""
    if standing.unsent or any(phase.state != PhaseState.COMPLETED for phase in standing.programme.phases):
        return
    if not any(_publications(standing)):
        yield Action(Do.CLOSE)


# -- the next moment -------------------------------------------------------------------------------------------------


def next_at(standing: Standing, now: datetime) -> datetime | None:
    """The earliest moment after `now` at which something becomes due without anybody's answer.

    None once the programme has closed. Call it when nothing is due at `now`.
    """
    if standing.programme.closed_at is not None:
        return None
    moments = (moment for moment in _moments(standing, now) if moment > now)
    return min(moments, default=None)


def _moments(standing: Standing, now: datetime) -> Iterator[datetime]:
    for phase in standing.programme.phases:
        if phase.state == PhaseState.WAITING:
            yield standing.work_begins(phase.planned_on)
    for gate in _unsatisfied(standing):
        if gate.is_open:
            yield from _moments_while_open(standing, gate, now)
        elif standing.is_free(gate):
            opens_on = standing.opens_on(gate)
            if opens_on is not None and opens_on > standing.programme.start_on:
                yield standing.work_begins(opens_on)
    yield _next_digest(standing, now)


def _moments_while_open(standing: Standing, gate: Gate, now: datetime) -> Iterator[datetime]:
    if not gate.missed:
        yield missed_at(standing, gate)
    if gate.rejected:
        return
    policy = gate.runs_out_on()
    if policy and not gate.expired:
        yield runs_out_at(standing, gate, policy)
    for party in standing.open_parties(gate):
        held = held_until(standing, gate, party.organisation)
        since = max(now, held) if held is not None else now
        moment = ladder.next_at(_steps(standing.calendar, gate, party), _asked_at(gate), since, told_rungs(gate, party))
        if moment is not None:
            yield moment


def _next_digest(standing: Standing, now: datetime) -> datetime:
    slug, calendar = standing.definition.coordinator, standing.calendar
    day = standing.today(now)
    if now >= calendar.at(slug, day, DIGEST_AT):
        day += timedelta(days=1)
    return calendar.at(slug, calendar.on_or_after([slug], day).day, DIGEST_AT)


def outcome_of(policy: Policy) -> Outcome:
    """How a gate counts as satisfied when its time has run out."""
    return Outcome.TACIT if policy is Policy.TACIT else Outcome.WITHOUT
