"""Prefect tasks for deliverables: publish what a completed phase has approved, and make the files of editions."""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from models import clock
from models.advance import PUBLICATION, advance
from models.database import changing, reading
from models.doors import leasing
from models.doors.opening import perform
from models.editions import Edition
from models.errors import ProgrammeError
from models.settings import documents_folder, var_folder
from models.standing import Standing, load
from tasks.documents import Written
from tasks.leases import build_of, lease_of
from tasks.pdf import NotLaidOut
from tasks.placing import place, workshop
from tasks.publishing import rows_of, without_files, write_files
from tasks.steps import Step, reached

log = logging.getLogger("prefect.flow_runs")


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
        reached(Step.PUBLISHED)


@task(task_run_name="make the files of {programme}", cache_policy=NO_CACHE, persist_result=False)
async def make_files(programme: str) -> int:
    """Make the files of every edition that lacks them, also of those that come meanwhile; how many editions.

    Refused while another build of the same programme is at work. NotLaidOut names what could not be made; all else is.
    """
    made, failed, tried = 0, dict[int, str](), set[tuple[int, str]]()
    async with lease_of(build_of(programme), flow_run.get_id() or "build") as token:
        while lacking := _lacking(programme, but=tried):
            tried |= {(edition.id, edition.state) for edition in lacking[1]}
            made += await _make(programme, *lacking, token, failed)
    if failed:
        raise NotLaidOut(f"{len(failed)} of {made + len(failed)} editions have no files: {'; '.join(failed.values())}")
    return made


def _lacking(programme: str, but: set[tuple[int, str]]) -> tuple[Standing, list[Edition]] | None:
    """The editions without files, their content loaded; None where there are none but those this build has tried."""
    with reading() as session:
        standing = load(session, programme)
        lacking = [edition for edition in without_files(standing, documents_folder()) if (edition.id, edition.state) not in but]
        for edition in lacking:
            session.refresh(edition, ["content"])
    return (standing, lacking) if lacking else None


Made = dict[tuple[int, str], list[Written]]


async def _make(programme: str, standing: Standing, editions: list[Edition], token: int, failed: dict[int, str]) -> int:
    """All at once; where one of them cannot be laid out, each for itself, so that it keeps no other from its files."""
    out = documents_folder() / programme
    folder = workshop(out, token)
    reached(Step.BUILD_BEGUN)
    try:
        made = await _write(standing, editions, folder, failed)
        reached(Step.FILES_MADE)
        return _publish_files(programme, made, {edition.id: edition.state for edition in editions}, folder, token, failed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _write(standing: Standing, editions: list[Edition], folder: Path, failed: dict[int, str]) -> Made:
    cache = var_folder() / "cache"
    try:
        return await asyncio.to_thread(write_files, standing, editions, folder, cache=cache)
    except Exception as first:  # noqa: BLE001 - whatever is wrong with one of them
        if len(editions) == 1:
            failed[editions[0].id] = _reason(editions[0], first)
            return {}
        made: Made = {}
        for edition in editions:
            made |= await _write(standing, [edition], folder, failed)
        return made


def _reason(edition: Edition, error: Exception) -> str:
    if isinstance(error, ProgrammeError):
        return str(error)
    log.error("the files of %s for %s", edition.deliverable, edition.scope, exc_info=error)
    return f"{edition.deliverable} for {edition.scope} cannot be made: {error!r}"


def _publish_files(programme: str, made: Made, states: dict[int, str], folder: Path, token: int, failed: dict[int, str]) -> int:
    """Move the files to their places and write down which they are, edition by edition. StaleToken where another builds meanwhile.

    The lease is locked until the rows are there: nobody else can begin to build in between. An edition that was published since
    it was read (`states`) is left to the next round: these are the files of its review.
    """
    done: set[int] = set()
    out = documents_folder() / programme
    for (edition_id, language), files in made.items():
        with changing() as session:
            leasing.check(session, build_of(programme), token)
            edition = session.get_one(Edition, edition_id, with_for_update=True)
            if edition.state != states[edition_id]:
                continue
            try:
                place(folder, out, files)
            except OSError as error:
                failed[edition_id] = f"{edition.deliverable} for {edition.scope} cannot be put in its place: {error.strerror}"
                continue
            reached(Step.FILES_PLACED)
            _note(edition, language, files)
        done.add(edition_id)
        reached(Step.FILES_NOTED)
    return len(done)


def _note(edition: Edition, language: str, files: list[Written]) -> None:
    """Which files were made, in place of what was known of them before."""
    known = {(item.language, item.format, item.stamped): item for item in edition.files}
    for item in rows_of(edition, language, files):
        old = known.get((item.language, item.format, item.stamped))
        if old is None:
            edition.files.append(item)
        else:
            old.path, old.build_key, old.file_sha256 = item.path, item.build_key, item.file_sha256
