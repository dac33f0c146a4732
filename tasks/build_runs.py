"""Asking Prefect for a build: once for what is lacking, and again where the run that was to bring it broke."""

from __future__ import annotations

import asyncio
import logging

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed

from models import clock, outbox
from models.database import reading
from models.doors import steering
from models.editions import sha256_of
from models.leases import Lease, binds
from models.settings import documents_folder
from models.standing import load
from tasks.conditions import CANCELLED, STARTS_WITHIN, since
from tasks.leases import build_of
from tasks.publishing import without_files

log = logging.getLogger(__name__)

DEPLOYMENT = "deliverables/deliverables"
AT_WORK = [StateType.PENDING, StateType.RUNNING]
WINDOW, TRIES = 600, 3
"""A build that failed is tried again as often in so many seconds: a full disk is soon mended, a document that cannot be made is not."""
ENDS_WITHIN = 2.0
"""Seconds in which a build that has given back its lease has told Prefect that it is over."""
DEATHS = 20
"""How often in the same time a build that never came to its end is replaced."""


async def ask_for_files(programme: str) -> None:
    """Start the deliverables deployment and do not wait for it: a phase's run has people to tell.

    A build at work takes in what comes meanwhile, so none is asked for; one that broke is replaced at once.
    """
    with reading() as session:
        wanted = [(edition.id, edition.state) for edition in without_files(load(session, programme), documents_folder())]
        lease = session.get(Lease, build_of(programme))
    if _is_held(lease):
        return
    async with get_client() as client:
        deployment = await client.read_deployment_by_name(DEPLOYMENT)
        for turn in range(DEATHS):
            key = sha256_of([wanted, int(clock.now().timestamp()) // WINDOW, turn])[:16]
            run = await client.create_flow_run_from_deployment(
                deployment.id,
                parameters={"programme": programme},
                name=f"{programme} documents",
                idempotency_key=f"{programme}-documents-{key}",
            )
            if not await _is_broken(client, run, may_have_failed=turn < TRIES - 1):
                return


def _lease(programme: str) -> Lease | None:
    with reading() as session:
        return session.get(Lease, build_of(programme))


def _is_held(lease: Lease | None) -> bool:
    return lease is not None and binds(lease.until, clock.now(), steering.LEASE)


async def _is_broken(client: PrefectClient, run: FlowRun, *, may_have_failed: bool) -> bool:
    """Whether another build has to take its place. Nobody holds the lease, so it is not at work."""
    if run.state is None or run.state.type is StateType.CRASHED:
        return True
    if run.state.type in CANCELLED:
        return False  # a person's wish, for a while
    if run.state.type is StateType.FAILED:
        return may_have_failed
    return await _was_dead(client, run)


async def _was_dead(client: PrefectClient, run: FlowRun) -> bool:
    """Whether a run of which nobody holds the lease has been at work for too long to be alive; Prefect is told."""
    if run.state is None or not _is_dead(run):
        return False
    why = f"It was {run.state.name} and gave no sign of life any more; another build takes its place."
    await client.set_flow_run_state(run.id, Crashed(message=why), force=True)
    return True


def _is_dead(run: FlowRun) -> bool:
    """As far as Prefect can tell, where nobody holds its lease."""
    if run.state is None:
        return False
    silent = run.state.type is StateType.RUNNING and since(run.state) > steering.LEASE
    return silent or (run.state.type is StateType.PENDING and since(run.state) > STARTS_WITHIN)


async def bury_dead_builds() -> None:
    """End builds that Prefect still shows at work though nobody is behind them, whoever asked for them.

    Prefect would keep all others out for five minutes. The one for all programmes at night is left to it: between two programmes that
    one holds no lease.
    """
    async with get_client() as client:
        runs = await client.read_flow_runs(
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=["deliverables"])),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=AT_WORK))),
        )
        suspect = [run for run in runs if _is_abandoned(run)]
        if suspect:
            await asyncio.sleep(ENDS_WITHIN)  # one that has just given its lease back is about to say that it has ended
        for run in suspect:
            now = await client.read_flow_run(run.id)
            if _is_abandoned(now) and now.state and now.state.type in AT_WORK:
                await _was_dead(client, now)


def _is_abandoned(run: FlowRun) -> bool:
    """It makes no files, and tells nobody of those it has made."""
    programme = run.parameters.get("programme")
    return bool(programme) and _is_dead(run) and not _is_held(_lease(str(programme))) and not _is_telling(run)


def _is_telling(run: FlowRun) -> bool:
    with reading() as session:
        return outbox.is_sending(session, str(run.id), clock.now())
