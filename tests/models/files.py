"""Files as people attach them, and as they should not: made here, byte by byte."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 40 + b"\xff\xd9"
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
HTML = b"<html><body><script>alert(1)</script></body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def png(behind: bytes = b"") -> bytes:
    """A picture of one dot, and what somebody hid behind it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"") + behind


def archive(*names: str, **contents: str) -> bytes:
    """A ZIP archive of such parts; `contents` by name with `_` for `/`."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, contents.get(name.replace("/", "_").replace(".", "_").replace("-", "_"), "<x/>"))
    return made.getvalue()


def docx(*more: str) -> bytes:
    return archive("[Content_Types].xml", "word/document.xml", *more)


def odt(*more: str, manifest: str = "<manifest/>") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.text")
        file.writestr("META-INF/manifest.xml", manifest)
        for name in more:
            file.writestr(name, "<x/>")
    return made.getvalue()


def bomb() -> bytes:
    """A document whose text says to have four thousand million bytes."""
    data = bytearray(docx())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 4_000_000_000)
    return bytes(data)


def locked(data: bytes) -> bytes:
    """An archive that says its parts are encrypted."""
    made = bytearray(data)
    at = made.find(b"PK\x01\x02")
    made[at + 8] |= 1
    return bytes(made)


def signed(inside: bytes = PDF) -> bytes:
    """Signed data around something, as far as anybody looks."""
    body = SIGNED_DATA + b"\xa0\x80" + inside
    return b"\x30\x82" + struct.pack(">H", len(body)) + body


def signed_pem() -> bytes:
    return b"-----BEGIN PKCS7-----\n" + base64.encodebytes(signed()) + b"-----END PKCS7-----\n"
