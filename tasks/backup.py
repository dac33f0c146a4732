"""Making a backup while everything runs: the rows of one moment, and of the files they speak of those that are still the same.

A file that has changed or gone since that moment is left out together with its row, so that a restored copy makes it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Table

from models import portable
from models.errors import ProgrammeError
from models.portable import Row
from models.settings import documents_folder, mail_folder, notify_urls, var_folder
from tasks import archive
from tasks.archive import CHUNK, DOCUMENTS, MAIL, ROWS, SECRET, Contents, LeftOut, Manifest, Progress, Spool, TableContents
from tasks.channel import open_channel
from tasks.shops import site_sha256

FILES = "edition_file"
"""The table whose rows stay out where their file does."""


class _Gone(Exception):
    """A file that is not there, or cannot be read."""


@dataclass(frozen=True)
class Places:
    """Where the files of an installation are. `secret` need not exist."""

    documents: Path
    mail: Path
    secret: Path


def places() -> Places:
    """Those of this installation: mail is where NOTIFY_URLS has it, in the default folder where it goes elsewhere by now."""
    with open_channel(notify_urls(), mail_folder()) as channel:
        mail = getattr(channel.post, "folder", None)
    return Places(documents_folder(), mail or mail_folder(), var_folder() / "secret")


def back_up(engine: Engine, at: Places, target: Path, now: datetime, *, replace: bool = False, progress: Progress) -> Manifest:
    """Write the backup of all programmes to `target`; what is in it.

    ProgrammeError where the file exists already (but for `replace`), its folder does not, or there is no programme.
    """
    if target.exists() and not replace:
        raise ProgrammeError(f"{target} exists already. Choose another name, or replace it with --replace.")
    if not target.parent.is_dir():
        raise ProgrammeError(f"{target.parent} is no folder. Make it first.")
    spool = Spool(target.parent)
    try:
        manifest = _Backup(spool, at, progress).take(engine, now)
        archive.write(target, manifest, spool, progress)
    finally:
        spool.close()
    return manifest


class _Backup:
    """One backup under way."""

    def __init__(self, spool: Spool, at: Places, progress: Progress) -> None:
        self.spool, self.at, self.progress = spool, at, progress
        self.counted: dict[str, TableContents] = {}
        self.files: dict[str, Contents] = {}
        self.left_out: list[LeftOut] = []

    def take(self, engine: Engine, now: datetime) -> Manifest:
        """The rows in one transaction; then, without it, the files; last the rows of those that were still the same."""
        with portable.snapshot(engine) as (connection, revision):
            tables = {table.name: table for table in portable.tables_at(revision)}
            programmes = sorted(connection.scalars(sa.select(tables["programme"].c.id)))
            if not programmes:
                raise ProgrammeError("No programme has been launched: there is nothing to back up.")
            for done, table in enumerate(tables.values()):
                self.progress(done, len(tables), "rows")
                if table.name != FILES:
                    self._keep_rows(table, portable.rows(connection, table))
            made = list(portable.rows(connection, tables[FILES]))
            of_edition = _programme_of(connection, tables)
            mails = self._mails(connection, tables["notice"])
        self._keep_rows(tables[FILES], iter(self._same(made, of_edition, len(mails))))
        self._keep_mails(mails, len(made))
        if self.at.secret.is_file():
            self.files[SECRET] = self.spool.add(SECRET, [self.at.secret.read_bytes()])
        return Manifest(
            format=1, version=version("inclucities"), revision=revision, made_at=now, programmes=programmes,
            tables={name: self.counted[name] for name in tables}, files=self.files, left_out=self.left_out,
        )  # fmt: skip

    def _keep_rows(self, table: Table, found: Iterator[Row]) -> None:
        count = 0

        def told() -> Iterator[bytes]:
            nonlocal count
            for row in found:
                count += 1
                yield portable.line(table, row)

        contents = self.spool.add(f"{ROWS}/{table.name}.jsonl", told())
        self.counted[table.name] = TableContents(**contents.model_dump(), rows=count)

    # -- files -----------------------------------------------------------------------------------------------------

    def _same(self, made: list[Row], programme_of: dict[int, str], mails: int) -> list[Row]:
        """The rows whose file is as they say, or was replaced by that of another row; their files are kept."""
        by_path: dict[str, list[Row]] = {}
        for row in made:
            by_path.setdefault(row["path"], []).append(row)
        kept: set[int] = set()
        for done, (path, of_path) in enumerate(by_path.items()):
            self.progress(done, len(by_path) + mails, "files")
            found = self._spooled(path, of_path[0]["format"])
            digest = _digest(found, programme_of[of_path[0]["edition_id"]], of_path[0]["format"])
            if digest in {row["file_sha256"] for row in of_path}:
                kept |= {row["id"] for row in of_path}
                self.files |= found
            else:
                why = "has changed since" if found else "is not there"
                self.left_out.append(LeftOut(path=f"{DOCUMENTS}/{path}", why=why))
        return [row for row in made if row["id"] in kept]

    def _spooled(self, path: str, format_: str) -> dict[str, Contents]:
        """The file, or all those of the site whose `index.html` it is, by their names in the archive; empty where it is not there."""
        files = _files_of(self.at.documents / path, format_)
        named = {f"{DOCUMENTS}/{file.relative_to(self.at.documents).as_posix()}": file for file in files}
        try:
            return {name: self.spool.add(name, _chunks(file)) for name, file in named.items()}
        except _Gone:
            return {}

    def _mails(self, connection: Connection, notice: Table) -> list[str]:
        query = sa.select(notice.c.file).where(notice.c.file.is_not(None)).distinct().order_by(notice.c.file)
        return sorted({Path(file).name for file in connection.scalars(query)})

    def _keep_mails(self, mails: list[str], before: int) -> None:
        for done, mail in enumerate(mails):
            self.progress(before + done, before + len(mails), "mail")
            name = f"{MAIL}/{mail}"
            try:
                self.files[name] = self.spool.add(name, _chunks(self.at.mail / mail))
            except _Gone:
                self.left_out.append(LeftOut(path=name, why="is not there"))


def _programme_of(connection: Connection, tables: dict[str, Table]) -> dict[int, str]:
    edition = tables["edition"]
    return {row[0]: row[1] for row in connection.execute(sa.select(edition.c.id, edition.c.programme_id))}


def _files_of(file: Path, format_: str) -> list[Path]:
    return sorted(one for one in file.parent.glob("[!.]*") if one.is_file()) if format_ == "site" else [file]


def _chunks(file: Path) -> Iterator[bytes]:
    """A file in pieces. _Gone where it cannot be read: what cannot be written is another matter, and ends the backup."""
    try:
        with file.open("rb") as content:
            while chunk := content.read(CHUNK):
                yield chunk
    except OSError as error:
        raise _Gone from error


def _digest(found: dict[str, Contents], programme: str, format_: str) -> str | None:
    """As the row has it: of a site over its files, by paths below their programme's folder."""
    if format_ == "site":
        return site_sha256({name.removeprefix(f"{DOCUMENTS}/{programme}/"): one.sha256 for name, one in found.items()})
    return next(iter(found.values())).sha256 if found else None
