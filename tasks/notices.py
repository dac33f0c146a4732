"""The Prefect task that sends what is in the outbox. How is `dispatch`."""

from __future__ import annotations

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from models import clock
from models.database import changing
from models.settings import link_secret, mail_folder, notify_urls, public_url
from tasks.claims import claims_kept
from tasks.dispatch import Dispatched, dispatch, open_channel


@task(task_run_name="send notices of {programme}", cache_policy=NO_CACHE, persist_result=False)
async def send_notices(programme: str, lasts: float | None = None) -> int:
    """Send every notice that is due, though none is begun after `lasts` seconds; how many went out."""
    worker = flow_run.get_id() or "sweep"
    return (await asyncio.to_thread(_send, programme, worker, lasts)).sent


def _send(programme: str, worker: str, lasts: float | None) -> Dispatched:
    with open_channel(notify_urls(), mail_folder()) as channel, claims_kept(changing, worker, clock.now):
        return dispatch(
            changing, clock.now(), channel, worker=worker, secret=link_secret(), public_url=public_url(),
            programme_id=programme, lasts=lasts,
        )  # fmt: skip
