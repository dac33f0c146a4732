"""A small programme with what a backup is about: files of editions, mail in a folder, a secret; and archives to tamper with."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from models.database import changing
from models.editions import Edition, EditionFile
from models.portable import UNUSED_RUNS
from models.programme import Phase, PhaseState
from models.standing import load
from tasks.backup import Places, back_up
from tasks.channel import open_channel
from tasks.dispatch import dispatch
from tasks.files import put, sha256
from tasks.publishing import formats_of, path_of
from tasks.restore import restore
from tasks.shops import site_sha256
from tests.world import World

SECRET = "the secret links are signed with\n"


def in_folder(var: Path) -> Places:
    return Places(var / "documents", var / "mail", var / "secret")


def quietly(_done: int, _of: int, _what: str) -> None:
    """No bar."""


def backed_up(world: World, var: Path, file: Path, **options: Any) -> Any:
    return back_up(world.engine, in_folder(var), file, world.now, progress=quietly, **options)


def restored(file: Path, engine: Engine, var: Path, world: World) -> World:
    """The same programme at the same moment in another database."""
    restore(file, engine, in_folder(var), quietly)
    return World(engine, world.now, world.programme)


def as_restored(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """The rows as a copy has them: no run belongs to its phases, and none that was launched since the snapshot will."""
    names = Phase.__table__.columns.keys()
    anew = []
    for row in world.rows()["phase"]:
        phase = dict(zip(names, row, strict=True))
        if phase["state"] != PhaseState.COMPLETED:
            phase |= {"run_id": None, "token": phase["token"] + 1, "launches": phase["launches"] + UNUSED_RUNS}
        anew.append(tuple(phase.values()))
    return world.rows() | {"phase": sorted(anew, key=repr)}


def send_mail(world: World, var: Path) -> int:
    """What is due goes into the mail folder."""
    with open_channel(None, var / "mail") as channel:
        sent = dispatch(lambda: changing(world.engine), world.now, channel, worker="one", secret=SECRET, public_url="http://desk.example")
    return sent.sent


def furnish(world: World, var: Path) -> None:
    """Files for every edition (their contents do not matter here), mail that has gone out, and the secret."""
    send_mail(world, var)
    with changing(world.engine) as session:
        for edition in load(session, world.programme, locked=True).programme.editions:
            edition.files.extend(written(edition, var / "documents"))
    put(var / "secret", SECRET.encode())


def written(edition: Edition, documents: Path) -> list[EditionFile]:
    """Something in the place of each format, with its row."""
    found = []
    for format_ in formats_of(edition):
        path, digest = f"{edition.programme_id}/{path_of(edition, 'en')}.{format_}", ""
        if format_ == "site":
            folder = f"shops/{edition.scope.partition('-')[2]}"
            pages = {f"{folder}/{name}": f"{name} of {edition.scope}".encode() for name in ("index.html", "services.json")}
            path, digest = f"{edition.programme_id}/{folder}/index.html", site_sha256({name: sha256(data) for name, data in pages.items()})
            for name, data in pages.items():
                put(documents / edition.programme_id / name, data)
        else:
            data = f"{path} version {edition.version}".encode()
            put(documents / path, data)
            digest = sha256(data)
        found.append(
            EditionFile(
                language="en", format=format_, stamped=edition.published_at is not None, path=path, build_key="0" * 64, file_sha256=digest
            )
        )
    return found


def everything_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# -- tampering ---------------------------------------------------------------------------------------------------------


@dataclass
class Forged:
    """The parts of an archive, to be changed and packed again. `headers` may give a member another kind, name or length."""

    manifest: Any
    parts: dict[str, bytes]
    headers: dict[str, Callable[[tarfile.TarInfo], None]] = field(default_factory=dict)
    more: list[tuple[tarfile.TarInfo, bytes]] = field(default_factory=list)

    def rewrite(self, name: str, data: bytes, rows: int = 0) -> None:
        """Other contents, with the manifest agreeing."""
        self.parts[name] = data
        entry = self.manifest["files"].get(name) or self.manifest["tables"][Path(name).stem]
        entry |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        if "rows" in entry:
            entry["rows"] += rows

    def change_row(self, table: str, **values: Any) -> None:
        """The first row of a table with other values."""
        first, rest = self.parts[f"rows/{table}.jsonl"].split(b"\n", 1)
        self.rewrite(f"rows/{table}.jsonl", json.dumps(json.loads(first) | values).encode() + b"\n" + rest)

    def rename(self, old: str, new: str) -> None:
        """A file under another name, with the manifest agreeing."""
        self.parts = {new if name == old else name: data for name, data in self.parts.items()}
        self.manifest["files"] = {new if name == old else name: one for name, one in self.manifest["files"].items()}

    def pack(self, file: Path) -> None:
        text = self.manifest if isinstance(self.manifest, bytes) else json.dumps(self.manifest).encode()
        with gzip.open(file, "wb") as packed, tarfile.open(fileobj=packed, mode="w") as tar:
            for name, data in {"manifest.json": text, **self.parts}.items():
                header = tarfile.TarInfo(name)
                header.size = len(data)
                if name in self.headers:
                    self.headers[name](header)
                tar.addfile(header, io.BytesIO(data))
            for header, data in self.more:
                tar.addfile(header, io.BytesIO(data))


def unpacked(file: Path) -> Forged:
    with tarfile.open(file) as tar:
        parts = {member.name: content.read() for member in tar if (content := tar.extractfile(member))}
    return Forged(json.loads(parts.pop("manifest.json")), parts)
