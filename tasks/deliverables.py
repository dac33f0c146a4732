"""Prefect tasks for deliverables: publish what a completed phase has approved, and make the files of editions."""

from __future__ import annotations

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client

from models import clock
from models.advance import PUBLICATION, advance
from models.database import changing, reading
from models.doors.opening import perform
from models.editions import Edition, sha256_of
from models.settings import documents_folder, var_folder
from models.standing import Standing, load
from tasks.documents import Written
from tasks.pdf import NotLaidOut
from tasks.publishing import rows_of, without_files, write_files

DEPLOYMENT = "deliverables/deliverables"


@task(task_run_name="publish {programme}", cache_policy=NO_CACHE, persist_result=False)
async def publish(programme: str, phase: int | None) -> int:
    """Publish every deliverable of completed phases that is not published yet; how many."""
    done = 0
    while True:
        with changing() as session:
            standing = load(session, programme, locked=True)
            now = clock.now()
            actions = [action for action in advance(standing, now) if action.do in PUBLICATION and phase in (None, action.phase)]
            for action in actions:
                perform(session, standing, action, now)
        if not actions:
            return done
        done += len(actions)


@task(task_run_name="make the files of {programme}", cache_policy=NO_CACHE, persist_result=False)
async def make_files(programme: str) -> int:
    """Make the files of every edition that lacks them, in processes of their own; how many editions."""
    with reading() as session:
        standing = load(session, programme)
        lacking = without_files(standing)
        for edition in lacking:
            session.refresh(edition, ["content"])
    failed: list[str] = []
    for batch in await _batches(programme, standing, lacking, failed):
        _remember(programme, batch)
    if failed:
        raise NotLaidOut(f"{len(failed)} of {len(lacking)} editions have no files: {'; '.join(failed)}")
    return len(lacking)


Made = dict[tuple[int, str], list[Written]]


async def _batches(programme: str, standing: Standing, editions: list[Edition], failed: list[str]) -> list[Made]:
    """All at once; where one of them cannot be laid out, each for itself, so that it keeps no other from its files."""
    out, cache = documents_folder() / programme, var_folder() / "cache"
    if not editions:
        return []
    try:
        return [await asyncio.to_thread(write_files, standing, editions, out, cache=cache)]
    except NotLaidOut:
        made: list[Made] = []
        for edition in editions:
            try:
                made.append(await asyncio.to_thread(write_files, standing, [edition], out, cache=cache))
            except NotLaidOut as reason:
                failed.append(str(reason))
        return made


def _remember(programme: str, written: Made) -> None:
    """Write down which files were made."""
    with changing() as session:
        editions = {edition.id: edition for edition in load(session, programme, locked=True).programme.editions}
        for (edition_id, language), files in written.items():
            edition = editions[edition_id]
            known = {(item.language, item.format, item.stamped) for item in edition.files}
            edition.files.extend(
                item for item in rows_of(edition, language, files) if (item.language, item.format, item.stamped) not in known
            )


async def ask_for_files(programme: str, phase: int | None = None) -> None:
    """Start the deliverables deployment and do not wait for it: a phase's run has people to tell.

    Asking again within ten minutes for the same editions starts nothing new.
    """
    with reading() as session:
        wanted = [(edition.id, edition.state) for edition in without_files(load(session, programme))]
    tens = int(clock.now().timestamp()) // 600
    key = f"{programme}-documents-{sha256_of([phase, wanted, tens])[:16]}"
    async with get_client() as client:
        deployment = await client.read_deployment_by_name(DEPLOYMENT)
        parameters = {"programme": programme, "phase": str(phase) if phase else None}
        await client.create_flow_run_from_deployment(
            deployment.id, parameters=parameters, name=f"{programme} documents", idempotency_key=key
        )
