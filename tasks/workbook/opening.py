"""Opens a file that says it is a workbook, and lets nothing hostile in: what it unpacks to is bounded before anything is parsed.

What comes out are cells as they stand, by sheet; formulas are seen, never computed. `BadWorkbook` says what the file is instead.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet._reader import WorkSheetParser

from models.errors import ProgrammeError
from tasks.wording import Words
from tasks.workbook.cells import Cell

MOST_BYTES = 5 * 1024 * 1024
MOST_PARTS = 400
MOST_UNPACKED = 24 * 1024 * 1024
MOST_OF_A_PART = 2 * 1024 * 1024
MOST_OF_CONTENT = 12 * 1024 * 1024
"""Bytes of one sheet, or of the texts; styles, names and the like hardly ever have a hundredth of it."""
MOST_RATIO = 250
MOST_SHEETS = 60
MOST_ROWS, MOST_COLUMNS = 1_000, 300
MOST_CELLS = 100_000
"""Cells of one sheet that say something."""
MOST_CHARACTERS = 2_000_000
GREATEST = 1e300
MOST_TAGS = 300_000
"""Tags of the whole file: cells that say nothing cost as much to read as others. The largest of ours, an action plan, has 12 000; and as
many answers as are taken, each with a text of its own, have 100 000."""
AT_ONCE = 256 * 1024
"""Bytes that are unpacked at once where tags are counted."""
MOST_STYLES = 40_000
"""Tags of the styles: ours have some hundred, and each costs more to read than it takes to write."""

CONTENT = re.compile(r"xl/(worksheets/[^/]+|sharedStrings)\.xml", re.IGNORECASE)
MOST_BESIDE = 10_000
"""Merged ranges, rules and links of one sheet, each of which costs as much to read as many cells."""
BESIDE = re.compile(rb"<(?:\w+:)?(?:mergeCell|dataValidation|conditionalFormatting|cfRule|hyperlink)[\s/>]")
SPACE_AND_MARKS = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
ENCODED = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["'](?!utf-8["']|us-ascii["'])""", re.IGNORECASE)
MACROS = re.compile(r"vbaProject|xl/(macrosheets|activeX|ctrlProps)/", re.IGNORECASE)
LINKED = re.compile(r"xl/(externalLinks|connections|queryTables|embeddings)", re.IGNORECASE)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class BadWorkbook(ProgrammeError):
    """A file of which nothing can be read; the message says what it is and what to do."""


@dataclass
class Grid:
    """One sheet: its cells that say something, by (row, column) from 1, and its merged ranges as (first row, first column, last, last)."""

    title: str
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    is_cut: bool = False
    """There is more below or beside than is read."""

    @cached_property
    def columns(self) -> dict[int, list[int]]:
        """The columns that say something, by row; both in order."""
        found: dict[int, list[int]] = {}
        for row, column in sorted(self.cells):
            found.setdefault(row, []).append(column)
        return found

    def text(self, row: int, column: int) -> str:
        """What a cell says as text; empty where it says nothing, or is no text."""
        cell = self.cells.get((row, column))
        return cell.value.strip() if cell is not None and isinstance(cell.value, str) else ""


def opened(data: bytes, words: Words) -> list[Grid]:
    """The sheets of a workbook in their order; BadWorkbook where it is none, too large, locked, or carries what may not come in."""
    if len(data) > MOST_BYTES:
        said = words.gettext("The file is larger than %(most)s MB. Take out pictures and whatever is not an answer, and upload it again.")
        raise BadWorkbook(said % {"most": words.number(MOST_BYTES // 1024 // 1024)})
    _check_format(data, words)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_parts(archive, words)
            _check_tags(archive, words)
            _check_texts(archive, words)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl leaves out nothing is asked here
            return _grids(data, words)
    except BadWorkbook:
        raise
    except Exception as error:  # openpyxl, zipfile and the XML parsers fail on damaged files in any way they like
        said = words.gettext("The file is damaged, or not quite an Excel workbook. Open it in Excel, save it as .xlsx and upload it again.")
        raise BadWorkbook(said) from error


# -- what it is ----------------------------------------------------------------------------------------------------


def _check_format(data: bytes, words: Words) -> None:
    """BadWorkbook where the file is of another kind, whatever its name says."""
    gettext = words.gettext
    if data.startswith(b"PK\x03\x04"):
        return
    if not data.strip():
        raise BadWorkbook(gettext("The file is empty. Choose the workbook you filled in."))
    if data.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            said = gettext("The file is locked with a password. Take the password off (File, Info, Protect Workbook) and upload it again.")
            raise BadWorkbook(said)
        raise BadWorkbook(gettext("This is a file of the old Excel format (.xls). Save it as Excel workbook (.xlsx) and upload it again."))
    if data.startswith(b"%PDF"):
        raise BadWorkbook(gettext("This is a PDF. Upload the Excel workbook (.xlsx) itself."))
    if data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe<", b"\xfe\xff")):
        raise BadWorkbook(gettext("This is a web page or an XML file. Save it as Excel workbook (.xlsx) and upload it again."))
    if b"\x00" not in data[:4096]:
        raise BadWorkbook(gettext("This is a text file, perhaps CSV. Fill in the workbook itself and upload it as .xlsx."))
    raise BadWorkbook(gettext("This is not an Excel workbook. Upload the file you downloaded here, saved as .xlsx."))


def _check_parts(archive: zipfile.ZipFile, words: Words) -> None:
    """What the archive holds, from its directory alone: nothing is unpacked yet."""
    gettext, parts = words.gettext, archive.infolist()
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise BadWorkbook(gettext("The file is locked with a password. Take the password off and upload it again."))
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or any(_is_swollen(part) for part in parts):
        raise _too_much(words)
    if "mimetype" in names and b"opendocument" in archive.read("mimetype")[:100]:
        raise BadWorkbook(gettext("This is an OpenDocument file (.ods). Save it as Excel workbook (.xlsx) and upload it again."))
    if any(name.startswith("word/") for name in names):
        raise BadWorkbook(gettext("This is a Word document. Upload the Excel workbook (.xlsx)."))
    if "xl/workbook.bin" in names:
        raise BadWorkbook(gettext("This is a binary Excel workbook (.xlsb). Save it as Excel workbook (.xlsx) and upload it again."))
    if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
        raise BadWorkbook(gettext("This is not an Excel workbook. Upload the file you downloaded here, saved as .xlsx."))
    if any(MACROS.search(name) for name in names) or b"macroenabled" in archive.read("[Content_Types].xml").lower():
        raise BadWorkbook(gettext("The file contains macros, which are never let in. Save it as Excel workbook without macros (.xlsx)."))
    if any(LINKED.match(name) for name in names):
        said = gettext(
            "The file is linked to other files or has some inside. Break the links (Data, Edit Links, Break Link), take inserted files "
            "out, and upload it again."
        )
        raise BadWorkbook(said)


def _too_much(words: Words) -> BadWorkbook:
    said = words.gettext(
        "The file unpacks to far more than a contribution can be. Nothing of it was read. Copy your answers into a workbook downloaded "
        "afresh, as values, and upload that."
    )
    return BadWorkbook(said)


def _is_swollen(part: zipfile.ZipInfo) -> bool:
    if part.filename.startswith("xl/media/"):
        return False
    most = MOST_OF_CONTENT if CONTENT.fullmatch(part.filename) else MOST_OF_A_PART
    return part.file_size > most or (part.file_size > 1024 * 1024 and part.file_size > MOST_RATIO * max(part.compress_size, 1))


def _check_tags(archive: zipfile.ZipFile, words: Words) -> None:
    """In every part, for the file itself says which are its sheets. A tag begins alike whatever its name; pictures hold few by chance."""
    left = MOST_TAGS
    for part in archive.infolist():
        with archive.open(part) as source:
            while some := source.read(AT_ONCE):
                left -= some.count(b"<")
                if left < 0:
                    raise _too_much(words)


def _check_texts(archive: zipfile.ZipFile, words: Words) -> None:
    """No document types, in which entities could hide, and no encoding in which they or tags could hide from this look."""
    for part in archive.infolist():
        text = b"" if part.filename.startswith("xl/media/") else archive.read(part)
        is_xml = text.lstrip(SPACE_AND_MARKS).startswith(b"<")
        if is_xml or part.filename.lower().endswith((".xml", ".rels", ".vml")):
            if part.filename.lower() == "xl/styles.xml" and text.count(b"<") > MOST_STYLES:
                raise _too_much(words)
            is_hidden = b"\x00" in text[:4096] or ENCODED.search(text.partition(b"?>")[0]) or not is_xml
            if is_hidden or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                said = words.gettext("The file is not written as Excel writes it. Save it once more with Excel and upload it again.")
                raise BadWorkbook(said)
            if sum(1 for _ in BESIDE.finditer(text)) > MOST_BESIDE:
                raise _too_much(words)


# -- what is in it -------------------------------------------------------------------------------------------------


def _grids(data: bytes, words: Words) -> list[Grid]:
    book: Any = load_workbook(io.BytesIO(data), read_only=True, keep_links=False, rich_text=False)
    try:
        if len(book.worksheets) > MOST_SHEETS:
            raise BadWorkbook(words.gettext("The file has too many sheets. Leave only those that were in it when you downloaded it."))
        budget = MOST_CHARACTERS
        grids = []
        for sheet in book.worksheets:
            grid = _grid(book, sheet)
            budget -= sum(len(cell.value) for cell in grid.cells.values() if isinstance(cell.value, str))
            if budget < 0:
                raise BadWorkbook(too_much_text(words))
            grids.append(grid)
        return grids
    finally:
        book.close()


def too_much_text(words: Words) -> str:
    """What is said of a file that holds more than anybody is asked for."""
    return words.gettext("There is more text in the file than a contribution can hold. Shorten it, or attach what is long.")


def _grid(book: Any, sheet: Any) -> Grid:
    """A sheet's cells as they stand: what it claims to span is not believed, and reading stops where no answer can be."""
    grid = Grid(str(sheet.title))
    with sheet._get_source() as source:  # noqa: SLF001 - its rows are padded to the span the sheet claims, a million by thousands
        parser = WorkSheetParser(
            source, sheet._shared_strings, data_only=False, epoch=book.epoch, date_formats=book._date_formats,  # noqa: SLF001
            timedelta_formats=book._timedelta_formats,  # noqa: SLF001
        )  # fmt: skip
        for seen, (number, row) in enumerate(parser.parse()):
            if number > MOST_ROWS or seen > MOST_ROWS:
                grid.is_cut = grid.is_cut or any(item["value"] is not None for item in row)
                if grid.is_cut or seen > 4 * MOST_ROWS:
                    break
                continue
            for place, cell in _cells(book, row):
                if cell.is_empty:
                    continue
                if place[1] > MOST_COLUMNS or len(grid.cells) >= MOST_CELLS:
                    grid.is_cut = True
                else:
                    grid.cells[place] = cell
        if parser.merged_cells is not None:
            grid.merged = [(item.min_row, item.min_col, item.max_row, item.max_col) for item in parser.merged_cells.mergeCell]
    return grid


def _cells(book: Any, row: list[dict[str, Any]]) -> Iterator[tuple[tuple[int, int], Cell]]:
    for item in row:
        kind = str(item["data_type"])
        kind = kind if kind in "ndbfe" else "s"
        is_percent = kind == "n" and isinstance(item["value"], int | float) and _is_percent(book, int(item.get("style_id") or 0))
        value = item["value"]
        if isinstance(value, int | float) and not -GREATEST < value < GREATEST:
            kind, value = "s", str(value)  # no number that Excel itself can show
        yield (int(item["row"]), int(item["column"])), Cell(value, kind, is_percent)


def _is_percent(book: Any, style: int) -> bool:
    """Whether a cell shows its number as per cent, a hundred times what it holds."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE

    styles = book._cell_styles  # noqa: SLF001
    number = styles[style].numFmtId if style < len(styles) else 0
    if number < BUILTIN_FORMATS_MAX_SIZE:
        return "%" in BUILTIN_FORMATS.get(number, "")
    formats = book._number_formats  # noqa: SLF001
    return "%" in formats[number - BUILTIN_FORMATS_MAX_SIZE] if number - BUILTIN_FORMATS_MAX_SIZE < len(formats) else False
