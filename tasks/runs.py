"""Launching, waking and looking after the phase runs in Prefect, from what the database says is to be done.

Prefect is asked only whether a run is alive; where the programme stands is never read from it.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed
from prefect.types._datetime import now as prefect_now

from models import clock
from models.advance import waits_for_run
from models.database import changing, reading
from models.doors import steering
from models.programme import Phase, PhaseState
from models.standing import Standing, load

log = logging.getLogger(__name__)

ENDED = frozenset({StateType.COMPLETED, StateType.FAILED, StateType.CRASHED})
CANCELLED = frozenset({StateType.CANCELLED, StateType.CANCELLING})
PATIENCE = 12
"""How many half seconds a nudge waits for a run that is just about to suspend."""
FORM_COMES_WITHIN = timedelta(seconds=90)
"""Prefect suspends a run first and saves its form afterwards; when that fails, nobody can ever answer or wake the run."""


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


async def look_after(programme: str) -> None:
    """The sweep's part: hold what a person has cancelled, then launch, wake or relaunch what has something to do."""
    async with get_client() as client:
        await _hold_cancelled(client, programme)
        with reading() as session:
            standing = load(session, programme)
        wanted = waits_for_run(standing, clock.now()) | {
            number for number in open_phases(standing) if await _is_deserted(client, standing, number)
        }
        for number in sorted(wanted):
            await _bring_to_work(client, programme, number, patience=1)


def open_phases(standing: Standing) -> list[int]:
    """The phases under way: each must have a run, or the coordinator has no form."""
    return [phase.number for phase in standing.programme.phases if phase.state == PhaseState.OPEN]


async def _is_deserted(client: PrefectClient, standing: Standing, number: int) -> bool:
    phase = standing.phase(number)
    state = await state_of(client, phase.run_id)
    return state is None or state.type in ENDED or is_dead(phase, state) or await _has_lost_its_form(client, phase, state)


async def _has_lost_its_form(client: PrefectClient, phase: Phase, state: State) -> bool:
    """A run that waits for people who have no form to answer in."""
    keys = state.state_details.run_input_keyset
    if state.type is not StateType.PAUSED or not keys or prefect_now("UTC") - state.timestamp < FORM_COMES_WITHIN:
        return False
    try:
        await client.read_flow_run_input(UUID(str(phase.run_id)), keys["schema"])
    except httpx.HTTPStatusError as error:
        if error.response.status_code == httpx.codes.NOT_FOUND:
            return True
        raise
    return False


def is_dead(phase: Phase, state: State) -> bool:
    """A run that Prefect shows as running and that has given no sign of life for the length of a lease."""
    if state.type is not StateType.RUNNING:
        return False
    if phase.leased_until is not None:
        return phase.leased_until < clock.now()
    return prefect_now("UTC") - state.timestamp > steering.LEASE  # both are times of Prefect's, whatever clock we go by


async def _hold_cancelled(client: PrefectClient, programme: str) -> None:
    with reading() as session:
        runs = [
            (phase.number, phase.run_id)
            for phase in load(session, programme).programme.phases
            if phase.run_id and phase.state != PhaseState.COMPLETED
        ]
    for number, run_id in runs:
        state = await state_of(client, run_id)
        if state is not None and state.type in CANCELLED:
            hold(programme, number, run_id)


def hold(programme: str, number: int, run_id: str) -> None:
    """Hold a phase whose run was cancelled, unless another run has taken it over."""
    with changing() as session:
        standing = load(session, programme, locked=True)
        if standing.phase(number).run_id == run_id:
            steering.hold(session, standing, number, clock.now())


async def state_of(client: PrefectClient, run_id: str | None) -> State | None:
    """A run's state in Prefect; None where Prefect has no such run."""
    if run_id is None:
        return None
    try:
        return (await client.read_flow_run(UUID(run_id))).state
    except ObjectNotFound:
        return None


async def _bring_to_work(client: PrefectClient, programme: str, number: int, *, patience: int) -> None:
    """Wake the phase's run if it is suspended, launch one if there is none; wait a little for one that is busy.

    A busy run may meanwhile do what is to be done: then it is left alone.
    """
    for turn in range(patience):
        with reading() as session:
            standing = load(session, programme)
        if turn and number not in waits_for_run(standing, clock.now()):
            return
        phase = standing.phase(number)
        state = await state_of(client, phase.run_id)
        if state is None or state.type in ENDED:
            await _launch(client, programme, number)
            return
        if state.type in CANCELLED:
            hold(programme, number, str(phase.run_id))
            return
        if state.type is StateType.PAUSED and not await _has_lost_its_form(client, phase, state):
            await client.resume_flow_run(UUID(str(phase.run_id)), run_input={})
            return
        if state.type is StateType.PAUSED or is_dead(phase, state):
            await _bury(client, str(phase.run_id), _why_buried(state))
            await _launch(client, programme, number)
            return
        await asyncio.sleep(0.5)


async def _bury(client: PrefectClient, run_id: str, why: str) -> None:
    """End a run that can do nothing any more, whatever Prefect still shows."""
    await client.set_flow_run_state(UUID(run_id), Crashed(message=f"{why}; the phase goes on in another run."), force=True)


def _why_buried(state: State) -> str:
    if state.type is StateType.PAUSED:
        return "It was suspended without its form"
    return "Its lease ran out without a sign of life"


async def _launch(client: PrefectClient, programme: str, number: int) -> None:
    """Create the phase's next run; the same one where two do it at once, by its idempotency key."""
    with reading() as session:
        phase = load(session, programme).phase(number)
        launches, before = phase.launches, phase.run_id
    deployment = await client.read_deployment_by_name(f"phase-{number}/phase-{number}")
    run = await client.create_flow_run_from_deployment(
        deployment.id,
        parameters={"programme": programme},
        idempotency_key=f"{programme}-phase-{number}-{launches + 1}",
        name=f"{programme} phase {number}",
    )
    with changing() as session:
        phase = load(session, programme, locked=True).phase(number)
        if (phase.launches, phase.run_id) == (launches, before):
            phase.launches, phase.run_id = launches + 1, str(run.id)
    log.info("launched phase %s of %s as run %s", number, programme, run.id)


async def is_somebody_elses(programme: str, number: int, run_id: str) -> str | None:
    """Why a run must leave a phase alone: another run of it is alive. None where the phase is free for this one."""
    with reading() as session:
        phase = load(session, programme).phase(number)
    if phase.state == PhaseState.COMPLETED:
        return f"Phase {number} of {programme} is completed."
    if phase.run_id in (None, run_id):
        return None
    async with get_client() as client:
        state = await state_of(client, phase.run_id)
    if state is None or state.type in ENDED or is_dead(phase, state):
        return None
    if state.type in CANCELLED:
        hold(programme, number, str(phase.run_id))
        return None
    return f"Phase {number} of {programme} has a run already ({phase.run_id}, {state.name}). Answer or cancel that one."


def check_launched(programme: str) -> None:
    """Refused where no such programme has been launched."""
    with reading() as session:
        load(session, programme)
