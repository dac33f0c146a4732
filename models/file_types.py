"""What a file that somebody attaches is, told by its content and not by its name, and what it may be called here.

Nothing is unpacked to find out: of an archive only its table of contents is read. Whether a document does harm cannot be
told this way, so what is taken in is handed out again as a download only.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
import unicodedata
import zlib
from dataclasses import dataclass
from enum import StrEnum

from models.errors import Refused

MOST_BYTES = 20_000_000
"""Of one file."""

LONGEST_NAME = 120
"""Characters of a file name that is kept, its ending included."""


@dataclass(frozen=True)
class FileType:
    """A kind of file that can be attached; `endings` without the dot, the usual one first."""

    name: str
    media_type: str
    endings: tuple[str, ...]


PDF = FileType("PDF", "application/pdf", ("pdf",))
PNG = FileType("PNG", "image/png", ("png",))
JPEG = FileType("JPEG", "image/jpeg", ("jpg", "jpeg", "jpe", "jfif"))
DOCX = FileType("Word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",))
ODT = FileType("OpenDocument", "application/vnd.oasis.opendocument.text", ("odt",))
SIGNED = FileType("signed", "application/pkcs7-mime", ("p7m", "p7s"))
TYPES = (PDF, PNG, JPEG, DOCX, ODT, SIGNED)

ACCEPTED = ",".join(f".{ending}" for kind in TYPES for ending in kind.endings)
"""What a field for files names to the browser; it hides nothing, it only helps to choose."""


class Why(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too-large"
    UNKNOWN = "unknown"
    BROKEN = "broken"
    ENCRYPTED = "encrypted"
    MACROS = "macros"
    OLD_OFFICE = "old-office"
    UNPACKS_TOO_LARGE = "unpacks-too-large"
    TOO_MANY = "too-many"
    TOO_MUCH = "too-much"


class Unfit(Refused):
    """A file that is not taken; `tasks.attachments` says why in the reader's words."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(f"The file cannot be attached: {why.replace('-', ' ')}.")


def type_of(data: bytes) -> FileType:
    """What the file is. Unfit with the reason where it is nothing that can be attached."""
    if not data:
        raise Unfit(Why.EMPTY)
    if len(data) > MOST_BYTES:
        raise Unfit(Why.TOO_LARGE)
    if data.startswith(b"%PDF-"):
        return _whole(PDF, b"%%EOF" in data[-2048:])
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _whole(PNG, _is_png(data))
    if data.startswith(b"\xff\xd8\xff"):
        return _whole(JPEG, b"\xff\xd9" in data[4:])
    if data.startswith(b"PK\x03\x04"):
        return _text_document(data)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise Unfit(Why.ENCRYPTED if "EncryptedPackage".encode("utf-16-le") in data else Why.OLD_OFFICE)
    if _is_signed(data) or _is_signed(_out_of_pem(data)):
        return SIGNED
    raise Unfit(Why.UNKNOWN)


def media_type_of(kind: FileType, name: str) -> str:
    """The media type to hand a file out with; of signed data the name says whether it is only the signature."""
    return "application/pkcs7-signature" if kind is SIGNED and name.endswith(".p7s") else kind.media_type


def _whole(kind: FileType, is_whole: bool) -> FileType:
    if not is_whole:
        raise Unfit(Why.BROKEN)
    return kind


def _is_png(data: bytes) -> bool:
    """From the header to the end mark, chunk by chunk, with nothing behind it."""
    at, first = 8, True
    while at + 12 <= len(data):
        length, chunk = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if first and (chunk, length) != (b"IHDR", 13):
            return False
        at, first = at + 12 + length, False
        if chunk == b"IEND":
            return at == len(data)
    return False


# -- archives: Word and OpenDocument -------------------------------------------------------------------------------

MOST_PARTS = 2000
MOST_UNPACKED = 300_000_000
"""Bytes that the parts of a document may say to have together."""

MANIFEST_READ = 256 * 1024


@dataclass(frozen=True)
class _Part:
    name: str
    is_encrypted: bool
    method: int
    packed: int
    unpacked: int
    at: int


def _text_document(data: bytes) -> FileType:
    try:
        parts = _contents(data)
    except (struct.error, ValueError):
        raise Unfit(Why.BROKEN) from None
    names = {part.name.lower() for part in parts}
    if any(part.is_encrypted for part in parts):
        raise Unfit(Why.ENCRYPTED)
    if sum(part.unpacked for part in parts) > MOST_UNPACKED:
        raise Unfit(Why.UNPACKS_TOO_LARGE)
    if {"[content_types].xml", "word/document.xml"} <= names:
        if any(name.rpartition("/")[2] in ("vbaproject.bin", "vbadata.xml") for name in names):
            raise Unfit(Why.MACROS)
        return DOCX
    if data[30:38] == b"mimetype" and data[38:].startswith(ODT.media_type.encode() + b"PK"):
        if "encrypted-package" in names or b"encryption-data" in _start_of(data, parts, "META-INF/manifest.xml"):
            raise Unfit(Why.ENCRYPTED)
        if any(name.startswith(("basic/", "scripts/")) for name in names):
            raise Unfit(Why.MACROS)
        return ODT
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Unfit(Why.MACROS)
    raise Unfit(Why.UNKNOWN)


def _contents(data: bytes) -> list[_Part]:
    """The archive's table of contents. ValueError or struct.error where it is none; ZIP64 is not for documents of this size."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 22 - 0xFFFF))
    if end < 0:
        raise ValueError("no table of contents")
    count, size, at = struct.unpack_from("<HII", data, end + 10)
    if not 0 < count <= MOST_PARTS or at + size > end:
        raise ValueError("an impossible table of contents")
    parts = []
    for _ in range(count):
        sign, flags, method, packed, unpacked, name, extra, comment, where = struct.unpack_from("<4s4xHH8xIIHHH8xI", data, at)
        if sign != b"PK\x01\x02" or at + 46 + name > end:
            raise ValueError("not an entry")
        text = data[at + 46 : at + 46 + name].decode("utf-8", "replace")
        parts.append(_Part(text, bool(flags & 1), method, packed, unpacked, where))
        at += 46 + name + extra + comment
    return parts


def _start_of(data: bytes, parts: list[_Part], name: str) -> bytes:
    """The first part of a small part's text, never more; empty where it cannot be read."""
    part = next((item for item in parts if item.name == name), None)
    if part is None:
        return b""
    try:
        named, extra = struct.unpack_from("<HH", data, part.at + 26)
        packed = data[part.at + 30 + named + extra :][: part.packed]
        return packed[:MANIFEST_READ] if part.method == 0 else zlib.decompressobj(-15).decompress(packed, MANIFEST_READ)
    except (struct.error, zlib.error):
        return b""


# -- signed data (CMS) ---------------------------------------------------------------------------------------------

SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
PADDING = 16
"""Bytes that some programs leave behind the end of the signed data."""


def _is_signed(data: bytes) -> bool:
    """One DER (or BER) sequence, as long as the file, that says of itself to be signed data (RFC 5652)."""
    if len(data) < 32 or data[0] != 0x30:
        return False
    first = data[1]
    if first == 0x80:  # of a length that only its end tells
        return data[2:].startswith(SIGNED_DATA) and data.rstrip(b"\0") != b"" and data.endswith(b"\0\0")
    if first < 0x80:
        length, begin = first, 2
    else:
        begin = 2 + (first & 0x7F)
        length = int.from_bytes(data[2:begin], "big")
    return begin <= 10 and data[begin:].startswith(SIGNED_DATA) and 0 <= len(data) - begin - length <= PADDING


def _out_of_pem(data: bytes) -> bytes:
    """What a PEM file wraps; empty where it is none."""
    found = re.fullmatch(rb"\s*-----BEGIN (PKCS7|CMS)-----([A-Za-z0-9+/=\s]+)-----END \1-----\s*", data)
    if not found:
        return b""
    try:
        return base64.b64decode(b"".join(found[2].split()), validate=True)
    except binascii.Error:
        return b""


# -- names ---------------------------------------------------------------------------------------------------------

RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"} | {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}
)
ALL_ENDINGS = frozenset(ending for kind in TYPES for ending in kind.endings)
RUNS = re.compile(
    r"apk|app|bat|bin|cmd|com|cpl|dll|dmg|docm|dotm|exe|hta|html?|iso|jar|jse?|lnk|mht|mhtml|mjs|msi|php\d?|pif|ps1|py|reg|scr|sh"
    r"|shtml|svgz?|url|vb[es]?|wasm|wsf|xhtml|xls[mx]|xml|xsl",
    re.IGNORECASE,
)
"""Endings that programs run or browsers show; within a name they become plain words."""


def clean_name(name: str, kind: FileType) -> str:
    """What a file is called here: the last part of its name, without anything that misleads, ending as its content demands."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    shown = "".join(" " if char.isspace() else char for char in last if char.isspace() or unicodedata.category(char)[0] != "C")
    plain = re.sub(r"\s+", " ", re.sub(r'[<>:"|?*%;`$]', "-", shown)).strip().rstrip(" .")
    stem, ending = _parted(plain, kind)
    stem = re.sub(r"\.(\w+)(?=\.|$)", lambda found: f"-{found[1]}" if RUNS.fullmatch(found[1]) else found[0], stem)
    stem = stem[: LONGEST_NAME - len(ending) - 1].strip(" .-") or "attachment"
    while len(stem.encode()) > LONGEST_NAME + 60:
        stem = stem[:-1]
    if stem.partition(".")[0].strip().lower() in RESERVED:
        stem = f"_{stem}"
    return f"{stem}.{ending}"


def _parted(name: str, kind: FileType) -> tuple[str, str]:
    """Stem and ending; another known ending is exchanged, an unknown one stays part of the name."""
    stem, dot, ending = name.rpartition(".")
    if dot and ending.lower() in kind.endings:
        return stem, ending.lower()
    if dot and stem and ending.lower() in ALL_ENDINGS and kind is not SIGNED:
        return stem, kind.endings[0]
    return name, kind.endings[0]
