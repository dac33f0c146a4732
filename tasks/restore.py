"""Restoring a backup: look at all of it, then rows and files in one go, or nothing.

A file that lies there already with the very same contents is left as it is, so that a restore which was killed can be repeated.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, Table

from models import portable
from models.errors import ProgrammeError, Refused
from models.portable import BadRow, Row
from tasks import archive
from tasks.archive import DOCUMENTS, MAIL, ROWS, SECRET, BadArchive, Manifest, Members, Progress
from tasks.backup import FILES, Places

ROOM = 2
"""How many times the contents' size must be free: files as they are, rows in tables with their indexes."""

HALF_WRITTEN = re.compile(r"\..+")
"""Files that a process was writing when it was killed: they are in nobody's way."""


def restore(source: Path, engine: Engine, at: Places, progress: Progress) -> Manifest:
    """Restore a backup into an empty database and empty folders; what was in it.

    1. Read the whole archive once: names, lengths, digests, and every row by its table's columns.
    2. See that nothing is in the way. 3. Rows in one transaction, the files before it is committed.

    BadArchive, UnknownRevision or Refused, and nothing is changed: what was written of files is removed again.
    """
    manifest, tables = look_through(source, progress)
    _see_that_all_is_free(manifest, at)
    with _taken_back_on_failure() as written, portable.filling(engine, manifest.revision) as connection:
        _, members = archive.reading(source)
        of = len(manifest.members())
        for done, (name, chunks) in enumerate(members, 1):
            table = tables.get(name)
            if table is not None:
                portable.insert(connection, table, (row for _, row in _rows(source, name, table, chunks)))
            else:
                _put(_place(name, at), chunks, written, private=name == SECRET)
            progress(done, of, "restoring")
    return manifest


def look_through(source: Path, progress: Progress) -> tuple[Manifest, dict[str, Table]]:
    """The manifest of an archive that is whole and can be restored, and the tables of its rows by member's name."""
    if not source.is_file():
        raise ProgrammeError(f"{source} is no file.")
    manifest, members = archive.reading(source)
    tables = {f"{ROWS}/{table.name}.jsonl": table for table in portable.tables_at(manifest.revision)}
    strange = tables.keys() ^ {f"{ROWS}/{name}.jsonl" for name in manifest.tables}
    if strange:
        raise BadArchive(f"{source} has other tables than revision {manifest.revision}: {', '.join(sorted(strange)[:5])}.")
    _check_all(source, manifest, members, tables, progress)
    return manifest, tables


def _check_all(source: Path, manifest: Manifest, members: Members, tables: dict[str, Table], progress: Progress) -> None:
    of = len(manifest.members())
    for done, (name, chunks) in enumerate(members, 1):
        if name in tables:
            _check_rows(source, manifest, name, tables[name], chunks)
        else:
            archive.exhaust(chunks)
        progress(done, of, "checking")


def _check_rows(source: Path, manifest: Manifest, name: str, table: Table, chunks: Iterator[bytes]) -> None:
    """Every row can be read, they are as many as the manifest says, and what they say of programmes and files is so."""
    count = 0
    for count, row in _rows(source, name, table, chunks):
        if table.name == "programme" and row["id"] not in manifest.programmes:
            raise BadArchive(f"{source}: {name}:{count}: is a programme that the manifest does not name.")
        if table.name == FILES and f"{DOCUMENTS}/{row['path']}" not in manifest.files:
            raise BadArchive(f"{source}: {name}:{count}: speaks of a file that is not in the archive.")
    if count != manifest.tables[table.name].rows:
        raise BadArchive(f"{source}: {name} has {count} rows, not the {manifest.tables[table.name].rows} of its manifest.")


def _rows(source: Path, name: str, table: Table, chunks: Iterator[bytes]) -> Iterator[tuple[int, Row]]:
    number = 0
    try:
        for number, text in enumerate(archive.lines(chunks), 1):
            yield number, portable.row_of(table, text)
    except BadRow as error:
        raise BadArchive(f"{source}: {name}:{number}: {error}. Nothing was restored from it.") from None


# -- files -------------------------------------------------------------------------------------------------------------


def _place(name: str, at: Places) -> Path:
    folder, _, path = name.partition("/")
    return at.secret if name == SECRET else {DOCUMENTS: at.documents, MAIL: at.mail}[folder] / path


def _see_that_all_is_free(manifest: Manifest, at: Places) -> None:
    """Refused where documents of these programmes or mail are there already, or where there is not room enough."""
    for name, folder in ((DOCUMENTS, at.documents), (MAIL, at.mail)):
        ours = archive.digests(manifest.files, name)
        for top in [folder / programme for programme in manifest.programmes] if name == DOCUMENTS else [folder]:
            for file in sorted(path for path in top.rglob("*") if not path.is_dir() or path.is_symlink()):
                if not HALF_WRITTEN.fullmatch(file.name) and ours.get(file.relative_to(folder).as_posix()) != _sha256(file):
                    raise Refused(f"{top} has files already, {file.name} among them. Move that folder away, or set VAR to another one.")
    there = next(folder for folder in (at.documents, *at.documents.parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    if free < ROOM * manifest.size():
        raise Refused(f"The archive holds {manifest.size() // 1_000_000} MB; {there} has only {free // 1_000_000} MB free.")


def _sha256(file: Path) -> str | None:
    if file.is_symlink():
        return None
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


Written = dict[Path, bytes | None]
"""What was written, in this order, and what was there before; folders that were made stand in it too."""


def _put(target: Path, chunks: Iterator[bytes], written: Written, *, private: bool) -> None:
    """Write a file in one step, from beside its place."""
    _make_folder(target.parent, written)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.writelines(chunks)
        part.chmod(0o600 if private else 0o644)
        if private or not target.exists():  # any other file that is there has these contents already
            written[target] = target.read_bytes() if target.exists() else None
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _make_folder(folder: Path, written: Written) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent, written)
        folder.mkdir()
        written[folder] = None


@contextmanager
def _taken_back_on_failure() -> Iterator[Written]:
    """Whatever fails, files and folders that were written are gone again, and a secret that was replaced is back."""
    written: Written = {}
    try:
        yield written
    except BaseException:
        for path, before in reversed(written.items()):
            if before is not None:
                path.write_bytes(before)
            elif path.is_dir():
                with contextlib.suppress(OSError):  # somebody else has put something there meanwhile
                    path.rmdir()
            else:
                path.unlink(missing_ok=True)
        raise
