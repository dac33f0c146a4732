"""Files for the fuzz of the desk: ones that are none, and ones of ours with a few bytes or parts changed."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from functools import partial

from hypothesis import strategies as st

from tests.deployments.desk_fuzz_texts import TAG, hostile

File = tuple[str, bytes]

NAMES = [
    "../../etc/passwd",
    "a\x00b.pdf",
    "CON.docx",
    "\u202efdp.exe",
    "x" * 5000 + ".xlsx",
    "",
    ".",
    "a;b=c.docx",
    "a%22b.xlsx",
    f"{TAG}.pdf",
]


def _zip(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


PLAIN_FILES: list[bytes] = [
    b"",
    b"%PDF-1.7\n%%EOF",
    b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2**31),
    b"PK\x03\x04" + b"\x00" * 40,
    b"MZ" + b"\x00" * 100,
    b"\x30\x82\xff\xff" + b"\x30" * 200,
    _zip({"[Content_Types].xml": b"<Types/>", "../../x": b"x", "word/document.xml": b"<x" * 1000}),
    _zip({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b "&b;&b;">]><a>&b;</a>'}),
    _zip({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"0" * 3_000_000, "xl/worksheets/sheet1.xml": b"0" * 3_000_000}),
    b"gate: needs\nbody: &a [*a, *a]\n",
    b"body: !!python/object/apply:os.system [x]\n",
    b"gate: needs\n" + b"- " * 3000,
    b"{" * 5000,
    "gate: \ud800".encode("utf-8", "surrogatepass"),
    b"a: 9" + b"9" * 5000,
    b"\xff\xfe\x00",
]


def files(fitting: File | None) -> st.SearchStrategy[File | None]:
    """Files that are none, and ones of ours with a few bytes or parts changed."""
    name = st.one_of(st.sampled_from(NAMES), hostile, st.just(fitting[0] if fitting else "x.pdf"))
    plain = st.tuples(name, st.sampled_from(PLAIN_FILES))
    if fitting is None:
        return st.one_of(st.none(), plain)
    places = st.lists(st.tuples(st.integers(0, len(fitting[1])), st.integers(0, 255)), max_size=5)
    changed = st.tuples(name, st.one_of(st.builds(partial(_flipped, fitting[1]), places), parts_changed(fitting[1])))
    return st.one_of(st.none(), plain, changed, changed)


def _flipped(data: bytes, places: list[tuple[int, int]]) -> bytes:
    changed = bytearray(data)
    for at, value in places:
        if at < len(changed):
            changed[at] = value
        else:
            del changed[value * 50 :]
    return bytes(changed)


CUTS: list[tuple[bytes, bytes]] = [
    (b"<v>", b"<v>99999999999999999999"),
    (b"</t>", TAG.replace("<", "&lt;").encode() + b"</t>"),
    (b"<c ", b"<f>1+1</f><c "),
    (b' r="', b' r="ZZZZ'),
    (b"<row ", b'<row r="99999999" '),
    (b"w:val=", b"w:vax="),
    (b"<w:p>", b"<w:p><w:del><w:ins>"),
    (b"<w:t", b"<w:t>\xc2\x85</w:t><w:t"),
    (b"</w:sdt>", b""),
    (b"?>", b'?><!DOCTYPE a [<!ENTITY b "x">]>'),
    (b"utf-8", b"utf-7"),
    (b"f:", b"f:__proto__."),
    (b">", b""),
]


def parts_changed(data: bytes) -> st.SearchStrategy[bytes]:
    """An archive of ours with one part rewritten, left out or doubled."""
    if not data.startswith(b"PK"):
        return st.just(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}

    def changed(name: str, cut: tuple[bytes, bytes] | None, count: int) -> bytes:
        if cut is None:
            return _zip({other: text for other, text in parts.items() if other != name})
        return _zip(parts | {name: parts[name].replace(*cut, count)})

    return st.builds(changed, st.sampled_from(sorted(parts)), st.one_of(st.none(), st.sampled_from(CUTS)), st.sampled_from([1, 3, -1]))
