"""The commands that keep an installation: back it up, restore it, tidy it up. Registered with the others in `cli`."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import ProgrammeError

if TYPE_CHECKING:
    from tasks.archive import Manifest

BackupFile = Annotated[Path, typer.Argument(help="The backup, a .tar.gz.", metavar="FILE")]

BEFORE_IT_SERVES = """Before `make up`: the original must not run any more, or partners get everything twice, from it and from this copy.
What was sent or handed in after that moment is not known here: such mail goes out again under the same Message-ID, such answers are
asked for again."""


def backup(file: BackupFile, replace: Annotated[bool, typer.Option("--replace", help="Replace the file if it exists.")] = False) -> None:
    """Write everything into one file, while all goes on: rows, documents, mail, what links are signed with."""
    from deployments.progress import bar
    from models import clock
    from models.database import current_engine
    from tasks.backup import back_up, places

    with bar() as progress:
        manifest = back_up(current_engine(), places(), file, clock.now(), replace=replace, progress=progress)
    print(f"Wrote {file} ({_size(file.stat().st_size)}): {_held(manifest)}.")
    print("It holds personal data, and with the secret it opens what links in mails open: keep it where only you can read it.")
    for one in manifest.left_out:
        print(f"Left out: {one.path} {one.why}.", file=sys.stderr)
    if os.environ.get("DESK_SECRET"):
        print("Not in it: DESK_SECRET, which is set outside. Keep it too, links in mails are signed with it.", file=sys.stderr)


def restore(file: BackupFile) -> None:
    """Restore a backup into an empty database and empty folders, and verify it. Stop the original first."""
    from deployments.progress import bar
    from models.database import current_engine, reading
    from models.settings import documents_folder
    from tasks.backup import places
    from tasks.restore import restore as bring_back
    from tasks.verifying import verify_installation

    with bar() as progress:
        manifest = bring_back(file, current_engine(), places(), progress)
    print(f"Restored as of {manifest.made_at:%d %B %Y, %H:%M} UTC: {_held(manifest)}.")
    for one in manifest.left_out:
        print(f"Not in the backup: {one.path}, which {one.why}. The next build makes what a document lacks.")
    print(BEFORE_IT_SERVES)
    with reading() as session:
        found = verify_installation(session, documents_folder())
    if found:
        raise ProgrammeError("\n".join(["It is restored, but not all is as it must be:", *found]))
    print("Verified: everything is as it must be.")


def tidy() -> None:
    """Clear away now what is cleared away every night: old caches, old failed tries, Prefect's old sweeps."""
    from models import clock
    from models.database import migrate
    from models.settings import var_folder
    from tasks.retention import forget_sweeps, tidy_up

    migrate()
    print(tidy_up(var_folder(), clock.now()))
    if os.environ.get("PREFECT_API_URL"):
        print(f"{asyncio.run(forget_sweeps())} runs of the sweep deleted in Prefect.")
    else:
        print("Prefect's old sweeps were left alone: set PREFECT_API_URL to clear them away too.", file=sys.stderr)


def register(app: typer.Typer) -> None:
    """Make them commands."""
    for command in (backup, restore, tidy):
        app.command()(command)


def _held(manifest: Manifest) -> str:
    """What is in it, in words."""
    counts = {folder: sum(path.startswith(f"{folder}/") for path in manifest.files) for folder in ("documents", "mail")}
    rows = sum(table.rows for table in manifest.tables.values())
    secret = "the secret of links" if "secret" in manifest.files else "no secret of links"
    named = f"{', '.join(manifest.programmes)}; {rows} rows (schema {manifest.revision})"
    return f"{named}, {counts['documents']} files of documents, {counts['mail']} mails, {secret}, {_size(manifest.size())} unpacked"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"
