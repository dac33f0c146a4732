"""The file a backup is: a gzipped tar that begins with a manifest of everything in it. Reading trusts nothing but that manifest.

What goes into one is `tasks.backup`, where it goes on the way back `tasks.restore`.

    manifest.json            Manifest, below
    rows/<table>.jsonl       one line a row (`models.portable`), the tables others point to first
    documents/<programme>/…  files of editions
    mail/<name>.eml          mail, where it goes to a folder
    secret                   what links in mails are signed with, where it is kept in a file
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from models.errors import ProgrammeError
from models.portable import BadRow

MANIFEST, SECRET, ROWS, DOCUMENTS, MAIL = "manifest.json", "secret", "rows", "documents", "mail"
CHUNK = 1 << 20
LARGEST_MANIFEST = 64 << 20
LARGEST_LINE = 256 << 20
PER_MEMBER = 8 << 10
"""Bytes of tar headers and padding that a member may have beside its contents."""

Progress = Callable[[int, int, str], None]
"""Called with (done, of, what)."""


class BadArchive(ProgrammeError):
    """A file that is no backup, or not the one that was made."""


# -- the manifest ------------------------------------------------------------------------------------------------------


def _safe(path: str) -> str:
    """A path that stays in its folder on every system: printable parts that do not begin with a dot, parted by slashes."""
    parts = path.split("/")
    if len(path) > 400 or "\\" in path or ":" in path or not path.isprintable() or any(not part or part[0] == "." for part in parts):
        raise ValueError(f"{path[:80]!r} is no path inside a backup")
    return path


def _file(path: str) -> str:
    parts = _safe(path).split("/")
    if path == SECRET or (parts[0] == DOCUMENTS and len(parts) > 2) or (parts[0] == MAIL and len(parts) == 2):
        return path
    raise ValueError(f"{path[:80]!r} is no file of a backup")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Contents(_Part):
    """What a member holds: its digest in hexadecimal and its length in bytes."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0, lt=1 << 50, strict=True)


class TableContents(Contents):
    """The lines of a table, and how many they are."""

    rows: int = Field(ge=0, strict=True)


class LeftOut(_Part):
    """A file that the rows spoke of and that is not here."""

    path: str
    why: str


class Manifest(_Part):
    """What is in a backup. `revision` is the schema's, `made_at` the moment of the rows."""

    format: Literal[1]
    version: str = Field(max_length=40)
    revision: str = Field(pattern=r"^[0-9]{4}$")
    made_at: AwareDatetime
    programmes: list[Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")]]
    tables: dict[Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,63}$")], TableContents]
    files: dict[Annotated[str, AfterValidator(_file)], Contents]
    left_out: list[LeftOut]

    def members(self) -> dict[str, Contents]:
        """Everything that comes after the manifest, by name, in this order."""
        return {f"{ROWS}/{name}.jsonl": one for name, one in self.tables.items()} | dict(self.files)

    def size(self) -> int:
        """Bytes of all contents."""
        return sum(one.size for one in self.members().values())


# -- writing -----------------------------------------------------------------------------------------------------------


class Spool:
    """Contents by name, kept in one nameless temporary file until all are known: it is gone with this process, however that ends."""

    def __init__(self, folder: Path) -> None:
        self.kept = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the spool
        self.places: dict[str, tuple[int, Contents]] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> Contents:
        """Keep the contents of one member."""
        begin, digest = self.kept.seek(0, io.SEEK_END), hashlib.sha256()
        for chunk in chunks:
            self.kept.write(chunk)
            digest.update(chunk)
        contents = Contents(sha256=digest.hexdigest(), size=self.kept.tell() - begin)
        self.places[name] = begin, contents
        return contents

    def at(self, name: str) -> IO[bytes]:
        """The file, at the beginning of a member's contents."""
        self.kept.seek(self.places[name][0])
        return self.kept

    def close(self) -> None:
        """Throw all away."""
        self.kept.close()


def write(target: Path, manifest: Manifest, spool: Spool, progress: Progress) -> None:
    """Write the file in one step, readable by its owner only, and read it back before it gets its name."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    part, members = Path(name), manifest.members()
    try:
        with os.fdopen(handle, "wb") as raw:
            with gzip.GzipFile("", "wb", 6, raw) as packed, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
                text = manifest.model_dump_json(indent=1).encode() + b"\n"
                tar.addfile(_header(MANIFEST, len(text), manifest.made_at), io.BytesIO(text))
                for done, (member, contents) in enumerate(members.items()):
                    tar.addfile(_header(member, contents.size, manifest.made_at), spool.at(member))
                    progress(done + 1, 2 * len(members), "writing")
            raw.flush()
            os.fsync(raw.fileno())
        for done, (_, chunks) in enumerate(reading(part)[1], len(members)):
            exhaust(chunks)
            progress(done + 1, 2 * len(members), "reading back")
        part.replace(target)
        _sync(target.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _header(name: str, size: int, at: datetime) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, 0o600, int(at.timestamp())
    return header


def _sync(folder: Path) -> None:
    """The new name survives a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# -- reading -----------------------------------------------------------------------------------------------------------


Members = Iterator[tuple[str, Iterator[bytes]]]
"""Names with their contents, which must be read to their end before the next name comes; then their digest has been checked."""


def reading(path: Path) -> tuple[Manifest, Members]:
    """The manifest of a backup, and what follows it, in the manifest's order.

    BadArchive where it is no backup, is cut off, or differs from its manifest in any name, kind, length or digest.
    """
    told = _told(path)
    return next(told), told  # type: ignore[return-value]  # first the manifest, then the members


def _told(path: Path) -> Iterator[Manifest | tuple[str, Iterator[bytes]]]:
    with path.open("rb") as raw, _blaming(path), gzip.GzipFile(fileobj=raw) as packed:
        stream = _Limited(packed, LARGEST_MANIFEST + PER_MEMBER)
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            manifest = _manifest(tar)
            stream.allowed = manifest.size() + (len(manifest.files) + len(manifest.tables) + 4) * PER_MEMBER
            yield manifest
            for name, contents in manifest.members().items():
                member = _plain(tar, name, contents.size)
                chunks = _checked(path, name, contents, member)
                yield name, chunks
                exhaust(chunks)
            if tar.next() is not None:
                raise BadArchive("has more in it than its manifest says")
        while stream.read(CHUNK):  # to the end, where gzip has its own sum
            pass


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or not _is_plain(first) or first.size > LARGEST_MANIFEST:
        raise BadArchive("does not begin with a manifest: `inclucities backup` did not make it")
    try:
        return Manifest.model_validate_json(_open(tar, first).read())
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise BadArchive(f"has a manifest that this version does not understand: {where}: {fault['msg']}") from None


def _plain(tar: tarfile.TarFile, name: str, size: int) -> IO[bytes]:
    member = tar.next()
    if member is None:
        raise BadArchive(f"lacks {name}")
    if member.name != name:
        raise BadArchive(f"has {member.name[:80]!r} where its manifest says {name}")
    if not _is_plain(member):
        raise BadArchive(f"has {name} as something else than a plain file")
    if member.size != size:
        raise BadArchive(f"has {name} with {member.size} bytes, not the {size} of its manifest")
    return _open(tar, member)


def _open(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    opened = tar.extractfile(member)
    if opened is None:
        raise BadArchive(f"has no contents for {member.name}")
    return opened


def _is_plain(member: tarfile.TarInfo) -> bool:
    return member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()


def _checked(path: Path, name: str, contents: Contents, member: IO[bytes]) -> Iterator[bytes]:
    with _blaming(path):
        digest = hashlib.sha256()
        while chunk := member.read(CHUNK):
            digest.update(chunk)
            yield chunk
        if digest.hexdigest() != contents.sha256:
            raise BadArchive(f"has other contents in {name} than its manifest says")


def exhaust(chunks: Iterator[bytes]) -> None:
    """Read to the end, for the sake of the digest."""
    for _ in chunks:
        pass


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a member. BadRow for one that is out of all measure, or a last one that does not end."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        if len(rest) > LARGEST_LINE:
            raise BadRow(f"is followed by a line of more than {LARGEST_LINE} bytes")
    if rest:
        raise BadRow("is followed by a line without an end")


class _Limited(io.RawIOBase):
    """What is unpacked, up to a length that is allowed: a small file must not unpack to more than it says."""

    def __init__(self, packed: gzip.GzipFile, allowed: int) -> None:
        self.packed, self.allowed = packed, allowed

    def read(self, size: int = -1) -> bytes:
        data = self.packed.read(min(size, CHUNK) if size >= 0 else CHUNK)
        self.allowed -= len(data)
        if self.allowed < 0:
            raise BadArchive("unpacks to more than its manifest says")
        return data


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    """Every fault of the file, told with its name."""
    try:
        yield
    except BadArchive as error:
        if str(error).startswith(str(path)):
            raise  # told already, by the member that was being read
        raise BadArchive(f"{path} {error}. Nothing was restored from it.") from None
    except EOFError:
        raise BadArchive(f"{path} is cut off. Nothing was restored from it.") from None
    except (gzip.BadGzipFile, tarfile.TarError, zlib.error, UnicodeError, ValueError, OverflowError) as error:
        raise BadArchive(f"{path} is no backup, or is damaged ({error}). Nothing was restored from it.") from error


def digests(files: Mapping[str, Contents], folder: str) -> dict[str, str]:
    """The digests of the files below a folder of the archive, by their path in it."""
    return {path.partition("/")[2]: one.sha256 for path, one in files.items() if path.startswith(f"{folder}/")}
