"""The rehearsal as a deployment: the same programme on a virtual clock, in a folder of its own."""

from __future__ import annotations

import asyncio

from prefect import flow, get_run_logger
from prefect.artifacts import acreate_markdown_artifact

from models.programme_file import located
from models.settings import var_folder
from tasks.rehearsal_folder import rehearse
from tasks.status import escape


@flow(name="rehearsal", flow_run_name="rehearse {programme} with seed {seed}", retries=0, persist_result=False)
async def rehearsal(programme: str = "inclucities", seed: int = 1, documents: bool = False) -> None:
    """Play a programme from launch to closure with simulated partners.

    1. Play it on a virtual clock; no running programme is touched, no mail leaves the folder.
    2. Write its timeline, mail, calendar and, where asked for, its documents.
    3. Say where the folder is.
    """
    out = var_folder() / "rehearsals" / f"{located(programme).name}-seed-{seed}"
    standing = await asyncio.to_thread(rehearse, located(programme), out, seed=seed, documents=documents)
    get_run_logger().info("The rehearsal is in %s", out)
    title = escape(standing.definition.title)
    await acreate_markdown_artifact(
        key="rehearsal", markdown=f"**{title}**, seed {seed}: closed on {standing.programme.closed_at:%d %B %Y}. Open `{out}/index.html`."
    )
