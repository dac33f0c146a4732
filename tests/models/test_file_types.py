"""What files are by their content, and what they may be called."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.file_types import (
    DOCX,
    JPEG,
    LONGEST_NAME,
    MOST_BYTES,
    ODT,
    PDF,
    PNG,
    SIGNED,
    TYPES,
    FileType,
    Unfit,
    Why,
    clean_name,
    media_type_of,
    type_of,
)
from tests.models import files


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (files.PDF, PDF),
        (files.png(), PNG),
        (files.JPEG, JPEG),
        (files.docx(), DOCX),
        (files.odt(), ODT),
        (files.signed(), SIGNED),
        (files.signed() + b"\0" * 4, SIGNED),
        (files.signed_pem(), SIGNED),
        (b"\x30\x80" + files.SIGNED_DATA + b"\xa0\x80" + files.PDF + b"\0\0\0\0\0\0", SIGNED),
    ],
)
def test_a_file_is_what_its_content_says(data: bytes, kind: FileType) -> None:
    assert type_of(data) is kind


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", Why.EMPTY),
        (b"%PDF-1.7" + b" " * MOST_BYTES, Why.TOO_LARGE),
        (files.HTML, Why.UNKNOWN),
        (b"\n\n" + files.PDF, Why.UNKNOWN),
        (files.HTML + files.PDF, Why.UNKNOWN),
        (files.SVG, Why.UNKNOWN),
        (b"MZ\x90\0" + files.PDF, Why.UNKNOWN),
        (b"From: a@b\nSubject: act\n\nsigned", Why.UNKNOWN),
        (b"GIF89a;", Why.UNKNOWN),
        (files.archive("xl/workbook.xml", "[Content_Types].xml"), Why.UNKNOWN),
        (files.archive("evil.exe"), Why.UNKNOWN),
        (files.PDF[:-7], Why.BROKEN),
        (files.png()[:-6], Why.BROKEN),
        (files.png(behind=files.docx()), Why.BROKEN),
        (files.JPEG[:-2], Why.BROKEN),
        (files.docx()[:-30], Why.BROKEN),
        (b"PK\x03\x04" + b"\0" * 60, Why.BROKEN),
        (files.locked(files.docx()), Why.ENCRYPTED),
        (files.OLE + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le"), Why.ENCRYPTED),
        (files.odt(manifest="<manifest:encryption-data/>"), Why.ENCRYPTED),
        (files.odt("encrypted-package"), Why.ENCRYPTED),
        (files.docx("word/vbaProject.bin"), Why.MACROS),
        (files.docx("word/VBAPROJECT.BIN"), Why.MACROS),
        (files.odt("Basic/Standard/Module1.xml"), Why.MACROS),
        (files.archive("xl/vbaProject.bin"), Why.MACROS),
        (files.OLE + b"\0" * 500, Why.OLD_OFFICE),
        (files.bomb(), Why.UNPACKS_TOO_LARGE),
        (files.docx(*(f"word/{number}.xml" for number in range(2100))), Why.BROKEN),
        (files.signed()[:-1], Why.UNKNOWN),
        (files.signed() + files.HTML, Why.UNKNOWN),
        (b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n", Why.UNKNOWN),
        (b"-----BEGIN PKCS7-----\nA\n-----END PKCS7-----\n", Why.UNKNOWN),
    ],
)
def test_what_cannot_be_attached_is_refused_with_the_reason(data: bytes, why: Why) -> None:
    with pytest.raises(Unfit) as caught:
        type_of(data)
    assert caught.value.why is why


def test_an_archive_that_unpacks_to_much_is_not_unpacked() -> None:
    packed = files.docx(*(f"word/media/{number}.xml" for number in range(50)))
    tracemalloc.start()
    type_of(packed)
    with pytest.raises(Unfit):
        type_of(files.bomb())
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=80),
    st.sampled_from(
        [b"PK\x03\x04", b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\x30\x82", b"\xff\xd8\xff", files.docx(), files.png(), files.signed()]
    ),
    st.integers(0, 400),
)
def test_no_bytes_make_it_fall_over(noise: bytes, start: bytes, cut: int) -> None:
    found: FileType | Why
    try:
        found = type_of(start[: len(start) - cut] + noise + start[len(start) - cut :])
    except Unfit as unfit:
        found = unfit.why
    assert found in (*TYPES, *Why)


@pytest.mark.parametrize(
    ("given_name", "kind", "kept"),
    [
        ("Delibera n. 12-2024.pdf", PDF, "Delibera n. 12-2024.pdf"),
        ("delibera.pdf.p7m", SIGNED, "delibera.pdf.p7m"),
        ("delibera.P7S", SIGNED, "delibera.p7s"),
        ("Σχέδιο δράσης.docx", DOCX, "Σχέδιο δράσης.docx"),
        ("plan v1.0.pdf", PDF, "plan v1.0.pdf"),
        ("../../etc/passwd", PDF, "passwd.pdf"),
        ("C:\\windows\\system32\\evil.exe", PDF, "evil-exe.pdf"),
        ("act.pdf.exe", PDF, "act.pdf-exe.pdf"),
        ("act.html.pdf", PDF, "act-html.pdf"),
        ("photo.pdf", PNG, "photo.png"),
        ("invoice\u202egnp.exe", PNG, "invoicegnp-exe.png"),
        ("a\r\nSet-Cookie: x=1.pdf", PDF, "a Set-Cookie- x=1.pdf"),
        ("a\0b\x1bc\u200b\ufeffd.pdf", PDF, "abcd.pdf"),
        ("con.pdf", PDF, "_con.pdf"),
        ("LPT1.tar.pdf", PDF, "_LPT1.tar.pdf"),
        ("..", PDF, "attachment.pdf"),
        ("", JPEG, "attachment.jpg"),
        (".pdf", PDF, "attachment.pdf"),
        ("a/b/", PDF, "attachment.pdf"),
        ('"><script>.pdf', PDF, "script.pdf"),
        ("stream.pdf:hidden", PDF, "stream.pdf-hidden.pdf"),
        ("x" * 5000 + ".pdf", PDF, "x" * (LONGEST_NAME - 4) + ".pdf"),
    ],
)
def test_a_name_says_what_the_file_is_and_nothing_else(given_name: str, kind: FileType, kept: str) -> None:
    assert clean_name(given_name, kind) == kept


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=300), st.sampled_from(TYPES))
def test_no_name_gets_through_uncleaned(name: str, kind: FileType) -> None:
    clean = clean_name(name, kind)
    assert clean.isprintable()
    assert not set(clean) & set('/\\<>:"|?*\0')
    assert clean.rpartition(".")[2] in kind.endings
    assert 5 <= len(clean) <= LONGEST_NAME + 1
    assert len(clean.encode()) < 200
    assert clean_name(clean, kind) == clean


def test_of_signed_data_the_name_says_whether_it_is_the_signature_alone() -> None:
    assert media_type_of(SIGNED, "a.p7s") == "application/pkcs7-signature"
    assert media_type_of(SIGNED, "a.pdf.p7m") == "application/pkcs7-mime"
    assert media_type_of(PDF, "a.pdf") == "application/pdf"


def test_a_file_that_only_begins_like_signed_data_is_looked_at_once() -> None:
    """Not once for each of its blanks, which a file of the largest size has twenty million of."""
    with pytest.raises(Unfit) as refused:
        type_of(b"-----BEGIN CMS-----" + b" " * 1_000_000)
    assert refused.value.why is Why.UNKNOWN
