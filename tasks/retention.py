"""Clearing away what nobody needs any more, every night: old rows of ours, laid-out pages, finished sweeps in Prefect.

All other runs, with their logs, artifacts and events, are left to Prefect's own vacuum (`deployments.serving`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.types._datetime import now as prefect_now

from models import clock
from models.database import changing
from models.retention import forget_failed_tries, forget_what_never_counted
from models.settings import var_folder

CACHE_KEPT = timedelta(days=90)
"""How long a laid-out document is kept that no build has asked for."""
SWEEPS_KEPT = timedelta(days=1)
AT_ONCE = 50
"""The most runs that Prefect deletes in one request; each is a transaction of its own, so that nothing waits for long."""
MOST = 200
"""Requests in one night: a week of sweeps and what is left of many more is for the next nights."""

DEPLOYMENT = "sweep/sweep"
BULK_DELETE = "/flow_runs/bulk_delete"


@dataclass(frozen=True)
class Cleared:
    """What was cleared away here."""

    tries: int
    unfinished: int
    cached: int
    size: int

    def __str__(self) -> str:
        return (
            f"Cleared away: {self.tries} failed tries of notices, {self.unfinished} rows that never counted, "
            f"{self.cached} laid-out documents ({self.size / 1e6:.1f} MB)."
        )


@task(task_run_name="clear away what is old", cache_policy=NO_CACHE, persist_result=False)
async def keep_bounded() -> None:
    """The night's clearing up."""
    cleared = tidy_up(var_folder(), clock.now())
    get_run_logger().info("%s %s sweeps deleted in Prefect.", cleared, await forget_sweeps())


def tidy_up(var: Path, now: datetime) -> Cleared:
    """Clear away in our tables and folders what is older than its time."""
    with changing() as session:
        tries, unfinished = forget_failed_tries(session, now), forget_what_never_counted(session, now)
    old = [file for file in _files(var / "cache") if datetime.fromtimestamp(file.stat().st_mtime, UTC) < now - CACHE_KEPT]
    size = sum(file.stat().st_size for file in old)
    for file in old:
        file.unlink(missing_ok=True)
    return Cleared(tries, unfinished, len(old), size)


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.is_file()) if folder.is_dir() else []


async def forget_sweeps(kept: timedelta = SWEEPS_KEPT, at_once: int = AT_ONCE) -> int:
    """Delete runs of the sweep that ended well, or were left out because one was under way, longer ago than that; how many.

    Those that failed stay for a person to look at, until Prefect's vacuum takes them. Logs go with their run.
    """
    deleted = 0
    async with get_client() as client:
        deployment = await client.read_deployment_by_name(DEPLOYMENT)
        old = FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[deployment.id]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED, StateType.CANCELLED])),
            end_time=FlowRunFilterEndTime(before_=prefect_now("UTC") - kept),  # Prefect's times, whatever clock we go by
        )
        asked = {"flow_runs": old.model_dump(mode="json"), "limit": at_once}
        for _ in range(MOST):
            answer = await client.request("POST", BULK_DELETE, json=asked)  # type: ignore[arg-type]  # Prefect's list of routes lacks it
            gone = len(answer.raise_for_status().json()["deleted"])
            deleted += gone
            if gone < at_once:
                break
    return deleted
