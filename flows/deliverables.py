"""Deliverables: publish what a completed phase has approved and make the files; nightly, whatever is lacking."""

from __future__ import annotations

from prefect import flow, get_run_logger

from flows.sweep import running
from tasks.courtesy import BuildFailed, alone, courteously
from tasks.deliverables import make_files, publish
from tasks.notices import send_notices
from tasks.retention import keep_bounded


@flow(name="deliverables", retries=0, persist_result=False)
async def deliverables(programme: str | None = None, phase: str | None = None) -> None:
    """Publish what is approved and make the files, for one programme or for all that are running.

    1. Publish the approved editions of completed phases (of one phase, where the completion of that phase triggered this).
    2. Make the files of review and published editions that lack them.
    3. Tell those whom a published deliverable is about.

    Where no programme is named, at night, clear away first what nobody needs any more.
    """
    if programme is None:
        await courteously(keep_bounded())
    if programme is not None:
        await build(programme, int(phase) if phase else None)
        return
    failed = [name for name in running() if not await alone(build(name, None), name)]
    if failed:
        raise BuildFailed(f"The files of {', '.join(failed)} could not all be made; the others are done. See the log above.")


async def build(programme: str, phase: int | None) -> None:
    """One programme's part. Where a file cannot be made, the sweep tells of what was published."""
    published = await publish(programme, phase)
    made = await make_files(programme)
    await send_notices(programme)
    get_run_logger().info("%s: %s deliverables published, files of %s editions made.", programme, published, made)
