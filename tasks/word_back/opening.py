"""Opens a `.docx` that somebody sent: only the parts that are read, within limits, without macros, entities or anything from elsewhere.

No relationship is followed but the one to the document itself, and that only inside the file.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

from models.errors import ProgrammeError
from tasks.word_back.copying import REFERENCE_MARK
from tasks.word_back.origin import PROPERTY

LARGEST_FILE = 8 * 1024 * 1024
LARGEST_PART = 24 * 1024 * 1024
LARGEST_WHOLE = 96 * 1024 * 1024
MOST_ENTRIES = 2000
MOST_TAGS = 300_000
"""Of one part; a document of some hundred pages, revised by many, has a third of it."""
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_REFERENCE = re.compile(re.escape(REFERENCE_MARK) + r"\s*([A-Za-z0-9_.\-]{20,2000})")
Element = Any  # lxml ships no types that mypy --strict accepts here


class Unreadable(ProgrammeError):
    """A file that is no Word document we can read. `reason` is one of REASONS, for a sentence in the reader's language."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


REASONS = ("empty", "large", "locked", "not-word", "bomb", "macros", "broken")


@dataclass(frozen=True)
class Opened:
    """The parts of a document that are read; `token` is what it says of its origin, empty where it says nothing.

    `is_lossy`: it was saved by LibreOffice with controls in it, whose tracked changes that program forgets.
    """

    body: Element
    comments: Element | None
    notes: tuple[Element, ...]
    token: str
    is_lossy: bool = False


def opened(data: bytes) -> Opened:
    """The parts of a Word document. Unreadable for whatever is none, or is not safe to read."""
    if not data:
        raise Unreadable("empty")
    if len(data) > LARGEST_FILE:
        raise Unreadable("large")
    if data.startswith(_OLD_OR_LOCKED):
        raise Unreadable("locked")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check(archive)
            return _parts(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, OverflowError):
        raise Unreadable("not-word") from None


def _check(archive: zipfile.ZipFile) -> None:
    """By the archive's own list, before anything is unpacked."""
    entries = archive.infolist()
    names = [entry.filename.casefold() for entry in entries]
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > LARGEST_WHOLE:
        raise Unreadable("bomb")
    if len(set(names)) != len(names):
        raise Unreadable("broken")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable("locked")
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
        raise Unreadable("macros")


def _parts(archive: zipfile.ZipFile) -> Opened:
    if b"macroEnabled" in _part(archive, "[Content_Types].xml"):
        raise Unreadable("macros")
    main = _main(archive)
    folder = posixpath.dirname(main)
    root = _parsed(archive, main)
    body = next((item for item in root if _local(item) == "body"), None) if _local(root) == "document" else None
    if body is None:
        raise Unreadable("not-word")
    beside = {name: _parsed_if_there(archive, posixpath.join(folder, f"{name}.xml")) for name in ("comments", "footnotes", "endnotes")}
    notes = tuple(part for part in (beside["footnotes"], beside["endnotes"]) if part is not None)
    return Opened(body, beside["comments"], notes, _token(archive, body), _is_lossy(archive, body))


def _main(archive: zipfile.ZipFile) -> str:
    """Where the document is, as the file says; only inside the file."""
    for item in _parsed(archive, "_rels/.rels"):
        if str(item.get("Type", "")).endswith("/officeDocument") and item.get("TargetMode", "Internal") == "Internal":
            return posixpath.normpath(str(item.get("Target", "")).lstrip("/"))
    raise Unreadable("not-word")


def _is_lossy(archive: zipfile.ZipFile, body: Element) -> bool:
    about = _parsed_if_there(archive, "docProps/app.xml")
    program = next((item.text or "" for item in about if _local(item) == "Application"), "") if about is not None else ""
    return program.startswith("LibreOffice") and next(body.iter("{*}sdt"), None) is not None


def _token(archive: zipfile.ZipFile, body: Element) -> str:
    """From the document's property; else from the line at its end."""
    custom = _parsed_if_there(archive, "docProps/custom.xml")
    for item in custom if custom is not None else ():
        if item.get("name") == PROPERTY:
            return "".join(item.itertext()).strip()
    for paragraph in reversed(list(body.iter("{*}p"))):
        found = _REFERENCE.search("".join(text.text or "" for text in paragraph.iter("{*}t")))
        if found:
            return found[1]
    return ""


def _parsed_if_there(archive: zipfile.ZipFile, name: str) -> Element | None:
    return _parsed(archive, name) if name in archive.NameToInfo else None


def _parsed(archive: zipfile.ZipFile, name: str) -> Element:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False)
    data = _part(archive, name)
    if data.count(b"<") > MOST_TAGS:
        raise Unreadable("large")
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable("broken") from None
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("broken")
    return root


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """One part, never more than its limit whatever the archive says its size is."""
    try:
        with archive.open(name) as part:
            data = part.read(LARGEST_PART + 1)
    except KeyError:
        raise Unreadable("not-word") from None
    if len(data) > LARGEST_PART:
        raise Unreadable("bomb")
    return data


def _local(element: Element) -> str:
    """An element's name without its namespace; empty for comments and instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
