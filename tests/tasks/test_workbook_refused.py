"""Files that are no workbook of ours: each is refused before anything is parsed that could hurt, and told what to do."""

from __future__ import annotations

import io
import zipfile

import pytest

from models.contribution_kinds import KINDS
from tasks.workbook import About
from tasks.workbook import opening as limits
from tasks.workbook.stamp import STAMP_SHEET
from tests.tasks.workbook_files import NEEDS, edited, read, refused, repacked, state, with_part, written

# -- what is no workbook of ours -------------------------------------------------------------------------------------


def test_a_workbook_of_another_page_says_whose_it_is() -> None:
    other = About("orchard", "needs", "city-damson", "damson", "Orchard", "Needs assessment", "", "Damson")
    said = refused(written(NEEDS, state(), about=other))
    assert said.startswith(
        "This workbook is for “Needs assessment” of Damson (Orchard, city-damson). This page takes “Needs assessment” of Cedar"
    )
    phase = About("orchard", "closing", "city-cedar", "cedar", "Orchard", "Evaluation", "", "Cedar")
    assert "“Evaluation” of Cedar" in refused(written("evaluation", state("evaluation"), about=phase))
    programme = About("vineyard", "needs", "city-cedar", "cedar", "Vineyard", "Needs assessment", "", "Cedar")
    assert "(Vineyard)" in refused(written(NEEDS, state(), about=programme))


def test_a_workbook_without_our_hidden_sheet_is_refused() -> None:
    assert "not a workbook of these pages" in refused(edited(lambda book: book.remove(book[STAMP_SHEET])))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty"),
        (b"name;value\n1;2\n", "text file, perhaps CSV"),
        (b"%PDF-1.7 ...", "This is a PDF"),
        (b"<html><table></table></html>", "web page or an XML file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel format (.xls)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
        (b"\x89PNG\0\0\0", "not an Excel workbook"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (b"PK\x03\x04" + b"\0" * (5 * 1024 * 1024), "larger than 5 MB"),
    ],
)
def test_a_file_of_another_format_is_called_by_its_name(data: bytes, message: str) -> None:
    assert message in refused(data)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("xl/vbaProject.bin", "contains macros"),
        ("xl/macrosheets/sheet1.xml", "contains macros"),
        ("xl/externalLinks/externalLink1.xml", "linked to other files"),
        ("xl/connections.xml", "linked to other files"),
        ("xl/embeddings/oleObject1.bin", "linked to other files"),
        ("word/document.xml", "Word document"),
        ("xl/workbook.bin", "binary Excel workbook"),
        ("mimetype", "not an Excel workbook"),
    ],
)
def test_what_may_not_come_in_is_refused_before_it_is_opened(name: str, message: str) -> None:
    data = with_part(name)
    if name == "mimetype":
        data = repacked(lambda other, part: None if other == "xl/workbook.xml" else part, {name: b"text/plain"})
    assert message in refused(data)


def test_an_open_document_is_called_by_its_name() -> None:
    assert "OpenDocument" in refused(with_part("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"))


def test_a_macro_workbook_by_its_content_type_alone_is_refused() -> None:
    def macro(name: str, part: bytes) -> bytes:
        return part.replace(b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main") if name == "[Content_Types].xml" else part

    assert "contains macros" in refused(repacked(macro))


def test_styles_beyond_all_need_are_not_read() -> None:
    many = repacked(lambda name, part: part.replace(b"</cellXfs>", b"<xf/>" * 50_000 + b"</cellXfs>") if name == "xl/styles.xml" else part)
    assert refused(many).startswith("The file unpacks to far more than a contribution can be")


@pytest.mark.parametrize("cell", ['<c s="{0}"/>', '<x:c s="{0}"/>', "<c><v>{0}</v></c>", "<{0}"])
def test_more_cells_than_anybody_fills_are_refused_before_they_are_read(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def swollen(tags: int) -> bytes:
        cells = "".join(cell.format(number) for number in range(tags // cell.count("<"))).encode()
        return repacked(lambda name, part: part + b"<!--" + cells + b"-->" if name == "xl/worksheets/sheet2.xml" else part)

    assert read(swollen(limits.MOST_TAGS - 20_000)).state
    monkeypatch.setattr(limits, "load_workbook", lambda *_, **__: pytest.fail("it was read"))
    assert refused(swollen(limits.MOST_TAGS)).startswith("The file unpacks to far more than a contribution can be.")


def test_cells_are_counted_whatever_the_part_is_called_that_holds_them() -> None:
    cells = b"".join(b'<c s="%d"/>' % number for number in range(limits.MOST_TAGS))
    assert refused(with_part("xl/media/sheet.png", cells)).startswith("The file unpacks to far more than a contribution can be.")


def test_the_largest_of_our_workbooks_has_a_tenth_of_the_cells_that_are_read() -> None:
    for kind in KINDS:
        with zipfile.ZipFile(io.BytesIO(written(kind, state(kind)))) as archive:
            assert sum(archive.read(name).count(b"<") for name in archive.namelist()) * 10 < limits.MOST_TAGS


def test_a_zip_bomb_is_refused_from_its_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_check_texts", lambda *_: pytest.fail("it was unpacked"))
    swollen = "The file unpacks to far more than a contribution can be. Nothing of it was read."
    assert refused(with_part("xl/worksheets/sheet9.xml", b"0" * 13_000_000)).startswith(swollen)
    assert refused(with_part("xl/styles2.xml", b"0" * 2_000_000)).startswith(swollen)
    assert refused(repacked(lambda _, part: part, {f"xl/media/{number}": b"0" * 100_000 for number in range(450)})).startswith(swollen)


@pytest.mark.parametrize("rule", ['<mergeCell ref="A{0}:B{0}"/>', '<x:hyperlink ref="A{0}"/>', '<dataValidation sqref="A{0}"/>'])
def test_more_merged_ranges_and_rules_than_anybody_makes_are_refused_before_they_are_read(rule: str) -> None:
    def swollen(count: int) -> bytes:
        more = "".join(rule.format(number) for number in range(count)).encode()
        return repacked(lambda name, part: part + b"<!--" + more + b"-->" if name == "xl/worksheets/sheet2.xml" else part)

    assert refused(swollen(limits.MOST_BESIDE + 1)).startswith("The file unpacks to far more than a contribution can be.")
    assert read(swollen(100)).state


def test_entities_are_refused() -> None:
    def bomb(name: str, part: bytes) -> bytes:
        return b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + part if name == "xl/worksheets/sheet2.xml" else part

    def hidden(name: str, part: bytes) -> bytes:
        return part.decode().encode("utf-16") if name == "xl/worksheets/sheet2.xml" else part

    assert "not written as Excel writes it" in refused(repacked(bomb))
    assert "not written as Excel writes it" in refused(repacked(hidden))
    assert "not written as Excel writes it" in refused(with_part("xl/worksheets/sheet2.dat", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x/>'))


@pytest.mark.parametrize("encoding", ["utf-7", "cp037"])
def test_an_encoding_in_which_tags_could_hide_is_refused(encoding: str) -> None:
    def hidden(name: str, part: bytes) -> bytes:
        if name != "xl/styles.xml":
            return part
        text = f'<?xml version="1.0" encoding="{encoding}"?>' + part.decode().partition("?>")[2]
        return text.encode(encoding)

    assert "not written as Excel writes it" in refused(repacked(hidden))


def test_a_damaged_part_is_no_defect() -> None:
    assert "damaged" in refused(repacked(lambda name, part: part[:-40] if name == "xl/worksheets/sheet2.xml" else part))
    assert "damaged" in refused(repacked(lambda name, part: None if name == "xl/styles.xml" else part[: len(part) // 2]))
