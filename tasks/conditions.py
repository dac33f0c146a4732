"""What has become of a phase's run, as far as Prefect can tell: it works, waits for people, was cancelled, or is broken.

Nothing else is ever read from Prefect.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.types._datetime import now as prefect_now

from models import clock
from models.doors import steering
from models.leases import binds
from models.programme import Phase

ENDED = frozenset({StateType.COMPLETED, StateType.FAILED, StateType.CRASHED})
CANCELLED = frozenset({StateType.CANCELLED, StateType.CANCELLING})
NOT_STARTED = frozenset({StateType.SCHEDULED, StateType.PENDING})

FORM_COMES_WITHIN = timedelta(seconds=90)
"""Prefect suspends a run first and saves its form afterwards; when that fails, nobody can ever answer or wake the run."""

FIRST_HOUR = timedelta(hours=1)

STARTS_WITHIN = timedelta(seconds=60)
"""How long a run may be about to start: its worker may have died with it in hand."""


class Condition(StrEnum):
    """What can be done with a run."""

    BUSY = "busy"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    BROKEN = "broken"
    """Something went wrong with it: another run has to take its place."""


@dataclass(frozen=True)
class Finding:
    """The condition of a run.

    `why` says in words what broke it, `over` whether Prefect, too, takes it for ended, `lost` whether Prefect does not know it.
    """

    condition: Condition
    why: str = ""
    over: bool = False
    lost: bool = False


async def run_of(client: PrefectClient, run_id: str | None) -> FlowRun | None:
    """A run in Prefect; None where Prefect has no such run."""
    if run_id is None:
        return None
    try:
        return await client.read_flow_run(UUID(run_id))
    except ObjectNotFound:
        return None


async def runs_of(client: PrefectClient, phases: Iterable[Phase]) -> dict[str, FlowRun]:
    """The runs of several phases by their ids, with one question; those that Prefect does not know are not among them."""
    ids = [UUID(phase.run_id) for phase in phases if phase.run_id is not None]
    if not ids:
        return {}
    found = await client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=ids)), limit=len(ids))
    return {str(run.id): run for run in found}


async def look_at(client: PrefectClient, phase: Phase) -> Finding | None:
    """The condition of a phase's run; None where the phase has had none yet."""
    return await judge(client, phase, await run_of(client, phase.run_id))


async def judge(client: PrefectClient, phase: Phase, run: FlowRun | None, *, at_leisure: bool = False) -> Finding | None:
    """The condition of the phase's run, which has been read; with `at_leisure` only what changes is asked for every time."""
    if phase.run_id is None:
        return None
    if run is None or run.state is None:
        return Finding(Condition.BROKEN, "Prefect has lost it", over=True, lost=True)
    return await _judge(client, phase, run.state, looks_at_form=not at_leisure or _is_forms_turn(phase, run.state))


def _is_forms_turn(phase: Phase, state: State) -> bool:
    """A form that is missing is missing from the start: after the first hour it is looked for once an hour, phases taking turns."""
    return since(state) < FIRST_HOUR or clock.now().minute == (phase.id or 0) % 60


async def _judge(client: PrefectClient, phase: Phase, state: State, *, looks_at_form: bool) -> Finding:
    if state.type in CANCELLED:
        return Finding(Condition.CANCELLED)
    if state.type in ENDED:
        return Finding(Condition.BROKEN, f"{state.name}: {state.message or 'Prefect does not say why'}", over=True)
    if state.type is StateType.PAUSED:
        if looks_at_form and await _has_lost_its_form(client, phase, state):
            return Finding(Condition.BROKEN, "It was suspended without its form")
        return Finding(Condition.WAITING)
    if state.type in NOT_STARTED and since(state) > STARTS_WITHIN:
        why = f"It was {state.name} for {round(since(state).total_seconds())} seconds and nobody started it"
        return Finding(Condition.BROKEN, why)
    if is_dead(phase, state):
        return Finding(Condition.BROKEN, "It gave no sign of life any more: its process or its machine is gone")
    return Finding(Condition.BUSY)


def since(state: State) -> timedelta:
    """How long it is in this state, counted from its time where it is planned for one."""
    planned = state.state_details.scheduled_time if state.state_details else None
    began: datetime = max(state.timestamp, planned) if planned else state.timestamp
    return prefect_now("UTC") - began


async def _has_lost_its_form(client: PrefectClient, phase: Phase, state: State) -> bool:
    """A run that waits for people who have no form to answer in."""
    keys = state.state_details.run_input_keyset
    if not keys or since(state) < FORM_COMES_WITHIN:
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
    if state.type is not StateType.RUNNING or since(state) <= steering.LEASE:  # it has only just been started or woken
        return False
    return not binds(phase.leased_until, clock.now(), steering.LEASE)
