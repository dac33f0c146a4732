"""Launching, waking and looking after the phase runs in Prefect, from what the database says is to be done.

Prefect is asked only what has become of a run (`conditions`); where the programme stands is never read from it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.runtime import deployment, flow_run
from prefect.states import Cancelled, Crashed, Scheduled
from sqlalchemy import select

from models import clock
from models.advance import waits_for_run
from models.database import changing, reading
from models.doors import steering
from models.errors import ProgrammeError
from models.method import METHOD
from models.programme import Phase, PhaseState
from models.standing import Standing, load
from tasks import conditions
from tasks.answers import rescue
from tasks.conditions import CANCELLED, Condition, Finding, judge, look_at, run_of, runs_of, since
from tasks.launches import RESTING, is_the_engines, launch
from tasks.steps import Step, reached

log = logging.getLogger(__name__)

PATIENCE = 12
"""How many half seconds a nudge waits for a run that is just about to suspend."""
STARTS_A_SWEEP = 4 * (os.cpu_count() or 1)
"""Every start or waking is a process of its own for some seconds: more at once than this would choke the machine."""

LAUNCHED_BY_PEOPLE = ["launch-programme", *(f"phase-{phase.number}" for phase in METHOD.phases)]
"""Deployments."""

HELD, HEALED, RELAUNCHED, STUCK = "held", "healed", "relaunched", "stuck"
"""Tags by which the coordinator finds such runs in Prefect."""


class NotLookedAfter(ProgrammeError):
    """The runs of some phases could not be looked after; the message names them."""


@dataclass
class Budget:
    """How many runs one sweep may still start or wake; the rest is the next one's."""

    left: int = STARTS_A_SWEEP

    def spend(self) -> None:
        self.left -= 1


async def nudge(programme: str) -> None:
    """After a change: launch or wake the runs that now have something to do. What it misses, the sweep catches."""
    with reading() as session:
        wanted = waits_for_run(load(session, programme), clock.now())
    async with get_client() as client:
        for number in sorted(wanted):
            await _bring_to_work(client, programme, number, patience=PATIENCE)


async def start(programme: str, number: int) -> None:
    """Launch the first run of a phase, though it may have nothing to do yet: its page says from when on."""
    async with get_client() as client:
        await _bring_to_work(client, programme, number, patience=1)


async def look_after(programme: str, budget: Budget) -> list[int]:
    """The sweep's part: hold what a person has cancelled, then launch, wake or replace what is needed, as far as the budget goes.

    The phases about whose runs there is something new to tell. A phase that cannot be looked after keeps no other from it:
    NotLookedAfter names them in the end.
    """
    news, failed = list[int](), dict[int, Exception]()
    async with get_client() as client:
        with reading() as session:
            standing = load(session, programme)
        due = waits_for_run(standing, clock.now())
        runs = await runs_of(client, standing.programme.phases)
        for phase in standing.programme.phases:
            if budget.left <= 0:
                log.warning("%s: the rest of its runs is left to the next sweep", programme)
                break
            try:
                found = await judge(client, phase, runs.get(phase.run_id or ""), at_leisure=True)
                if await _look_after_phase(client, standing, phase, found, is_due=phase.number in due, budget=budget):
                    news.append(phase.number)
            except Exception as error:
                log.exception("phase %s of %s could not be looked after", phase.number, programme)
                failed[phase.number] = error
    if failed:
        raise NotLookedAfter("; ".join(f"phase {number}: {error!r}" for number, error in failed.items()))
    return news


async def _look_after_phase(
    client: PrefectClient, standing: Standing, phase: Phase, found: Finding | None, *, is_due: bool, budget: Budget
) -> bool:
    """Whether there is something new to tell about its run."""
    programme, number = standing.programme.id, phase.number
    if phase.state == PhaseState.COMPLETED:
        if found is not None and found.condition is Condition.BROKEN and not found.over:
            await _bury(client, str(phase.run_id), f"{found.why}. The phase is completed; nothing is lacking.")
        return False
    if found is not None and found.condition is Condition.CANCELLED:
        await hold(client, programme, number, str(phase.run_id))
        return True
    if phase.state == PhaseState.HELD:
        return False
    is_broken = found is not None and found.condition is Condition.BROKEN
    if is_due or (phase.state == PhaseState.OPEN and (found is None or is_broken)):
        if await _bring_to_work(client, programme, number, patience=1):
            budget.spend()
        return is_broken
    if found is not None and found.condition is Condition.WAITING and phase.relaunches:
        _note_recovery(programme, number)
        return True
    return False


async def hold(client: PrefectClient, programme: str, number: int, run_id: str) -> None:
    """Hold a phase whose run was cancelled, unless another run has taken it over; its run says what to do.

    An answer that had been given before and was not taken yet is taken all the same.
    """
    with reading() as session:
        phase = load(session, programme).phase(number)
    if phase.run_id == run_id and phase.state != PhaseState.COMPLETED:
        await rescue(phase)
    with changing() as session:
        standing = load(session, programme, locked=True)
        held = standing.phase(number).run_id == run_id and steering.hold(session, standing, number, clock.now())
    reached(Step.HELD)
    if held:
        said = f"Phase {number} is held. To go on: Deployments, phase-{number}, Run, with programme “{programme}”."
        run = await run_of(client, run_id)
        if run is not None and run.state is not None and run.state.is_cancelled():
            await client.set_flow_run_state(UUID(run_id), Cancelled(message=said), force=True)
        await _tag(client, run_id, HELD)


async def _bring_to_work(client: PrefectClient, programme: str, number: int, *, patience: int) -> bool:
    """Wake the phase's run if it is suspended, launch one if there is none; wait a little for one that is busy.

    A busy run may meanwhile do what is to be done: then it is left alone. True where a run was started or woken.
    """
    for turn in range(patience):
        with reading() as session:
            standing = load(session, programme)
        phase = standing.phase(number)
        if phase.state in RESTING or (turn and number not in waits_for_run(standing, clock.now())):
            return False
        found = await look_at(client, phase)
        if found is None:
            return await launch(client, phase)
        match found.condition:
            case Condition.CANCELLED:
                await hold(client, programme, number, str(phase.run_id))
                return False
            case Condition.WAITING:
                await client.resume_flow_run(UUID(str(phase.run_id)), run_input={})
                reached(Step.RUN_RESUMED)
                return True
            case Condition.BROKEN:
                return await _replace(client, standing, phase, found)
        await asyncio.sleep(0.5)
    return False


# -- replacing -----------------------------------------------------------------------------------------------------


async def _replace(client: PrefectClient, standing: Standing, phase: Phase, found: Finding) -> bool:
    """Put another run in the place of a broken one, later and later where that does not help; whether it was done now."""
    programme, number, run_id = standing.programme.id, phase.number, str(phase.run_id)
    if not steering.may_relaunch(phase, clock.now()):
        return False
    stuck = _note_trouble(programme, number, run_id, found.why)
    if stuck is None:
        return False
    reached(Step.TROUBLE_NOTED)
    if not found.lost:
        await rescue(phase)
        reached(Step.ANSWER_RESCUED)
    if not found.over and not await _bury(client, run_id, f"{found.why}. The phase goes on in another run."):
        await hold(client, programme, number, run_id)
        return False
    await _tag(client, run_id, *((STUCK, HEALED) if stuck else (HEALED,)))
    reached(Step.RUN_BURIED)
    if not await launch(client, phase, RELAUNCHED):
        return False
    log.warning("phase %s of %s goes on in another run: %s", number, programme, found.why)
    return True


def _note_trouble(programme: str, number: int, run_id: str, why: str) -> bool | None:
    """Write down that a run broke, once for each run; whether the phase counts as stuck. None where it goes on in another run already."""
    with changing() as session:
        standing = load(session, programme, locked=True)
        phase = standing.phase(number)
        if phase.run_id != run_id:
            return None
        steering.note_trouble(session, standing, number, run_id, why, clock.now())
        return steering.is_stuck(phase)


def _note_recovery(programme: str, number: int) -> None:
    with changing() as session:
        steering.note_recovery(load(session, programme, locked=True), number)


async def _bury(client: PrefectClient, run_id: str, why: str) -> bool:
    """End a run that can do nothing any more, whatever Prefect still shows; False where a person has cancelled it meanwhile."""
    run = await run_of(client, run_id)
    if run is not None and run.state is not None and run.state.type in CANCELLED:
        return False
    if run is not None and not (run.state and run.state.is_final()):
        await client.set_flow_run_state(run.id, Crashed(message=why), force=True)
    return True


async def _tag(client: PrefectClient, run_id: str, *tags: str) -> None:
    """The newest first: Prefect shows three, and how many more there are."""
    run = await run_of(client, run_id)
    if run is not None and not set(tags) <= set(run.tags):
        await client.update_flow_run(run.id, tags=[*tags, *(tag for tag in run.tags if tag not in tags)])


async def bury_dead_sweeps() -> None:
    """Sweeps that Prefect still shows at work while this one holds the lease: nobody is behind them any more."""
    own = flow_run.get_id()
    if deployment.get_id() is None:
        return  # swept by hand: Prefect lets it in beside another
    async with get_client() as client:
        runs = await client.read_flow_runs(
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=["sweep"])),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING]))),
        )
        for run in runs:
            if str(run.id) != own and run.state is not None and since(run.state) > 2 * steering.LEASE:
                await client.set_flow_run_state(run.id, Crashed(message="It gave no sign of life any more; others sweep."), force=True)


async def put_back_what_never_started() -> None:
    """Start again what a person has launched and a worker died with before it began. Phases' own runs are looked after with them."""
    async with get_client() as client:
        runs = await client.read_flow_runs(
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=LAUNCHED_BY_PEOPLE)),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING]))),
        )
        late = [run for run in runs if run.state is not None and since(run.state) > conditions.STARTS_WITHIN]
        if not late:
            return
        with reading() as session:
            ids = [str(run.id) for run in late]
            known = set(session.scalars(select(Phase.run_id).where(Phase.run_id.in_(ids))))
        for run in late:
            if str(run.id) not in known:
                again: State[None] = Scheduled(message="Whoever was to start it is gone; it is started again.")
                await client.set_flow_run_state(run.id, again, force=True)


async def _settle(client: PrefectClient, phase: Phase, found: Finding) -> None:
    """A person has launched a run in the place of a broken one, before a sweep did: its lease must not keep that one out."""
    _note_trouble(phase.programme_id, phase.number, str(phase.run_id), found.why)
    if not found.lost:
        await rescue(phase)
    if not found.over:
        await _bury(client, str(phase.run_id), f"{found.why}. Somebody has launched another run.")


# -- whose phase it is ----------------------------------------------------------------------------------------------


async def is_somebody_elses(programme: str, number: int, run_id: str) -> str | None:
    """Why a run must leave a phase alone: another run of it is alive, or a person holds it. None where it is free for this one."""
    with reading() as session:
        phase = load(session, programme).phase(number)
    if phase.state == PhaseState.COMPLETED:
        return f"Phase {number} of {programme} is completed."
    if phase.run_id == run_id or (phase.run_id is None and phase.state != PhaseState.HELD):
        return None
    async with get_client() as client:
        found = await look_at(client, phase)
        if found is not None and found.condition is Condition.CANCELLED:
            await hold(client, programme, number, str(phase.run_id))
        if found is None or found.condition is Condition.CANCELLED:
            return await _held_against(client, programme, number, run_id)
        if found.condition is Condition.BROKEN:
            await _settle(client, phase, found)
            return None
        run = await run_of(client, phase.run_id)
    state = run.state.name if run and run.state else found.condition
    return f"Phase {number} of {programme} has a run already ({phase.run_id}, {state}). Answer or cancel that one."


async def _held_against(client: PrefectClient, programme: str, number: int, run_id: str) -> str | None:
    """Why a run may not let a held phase go on: the engine launched it before the phase was held, and only a person's does."""
    with reading() as session:
        phase = load(session, programme).phase(number)
    if phase.state != PhaseState.HELD or not await is_the_engines(client, phase, run_id):
        return None
    return f"Phase {number} of {programme} is held, and this run was launched before that. To go on, launch phase-{number} again."
