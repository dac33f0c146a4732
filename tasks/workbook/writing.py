"""Makes the workbook: a sheet that explains, one for the single answers, one for each list, and two hidden ones. Same input, same bytes.

Whatever somebody contributed is written as text: nothing of it becomes a formula, whatever it begins with.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.packaging.core import DocumentProperties
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from tasks.forms.options import Offer
from tasks.forms.state import State, at, order_of, state_of
from tasks.page_fields import Field, Form
from tasks.word import MADE_AT, ZIP_TIME
from tasks.workbook import styles
from tasks.workbook.cells import shown
from tasks.workbook.choosing import NUMBERED, choices_of
from tasks.workbook.explaining import about_sheet, example_of, help_of
from tasks.workbook.layout import (
    ANSWER,
    FIRST_ROW,
    HELP_ROW,
    KEY_ROW,
    LABEL_ROW,
    MARK,
    NUMBER,
    PARENT,
    Column,
    Sheet,
    fingerprint,
    layout_of,
)
from tasks.workbook.stamp import LISTS_SHEET, STAMP_SHEET, About, stamp_rows

NUMBER_LABEL = "#"
MORE_ENTRIES = 30
"""How many empty rows stand below the entries there are, at least."""
MOST_ROWS = 120
RISKY = ("=", "+", "-", "@", "\t", *(chr(0xFEE0 + ord(wide)) for wide in "=+-@"))
"""What a program for tables could take for the beginning of a formula once somebody edits the cell: such texts are marked as text."""


def workbook_of(kind: str, fields: Sequence[Field], state: State | None, about: About, offer: Offer) -> bytes:
    """The workbook of a contribution, with what `state` (a draft's, or `state_of` a body) says; None: empty.

    `offer` is what references may name, and the reader's language.
    """
    return _Writer(kind, fields, about, offer).made(state or state_of(fields, None))


class _Writer:
    def __init__(self, kind: str, fields: Sequence[Field], about: About, offer: Offer) -> None:
        self.kind, self.fields, self.about, self.words, self.offer = kind, fields, about, offer.words, offer
        self.book = Workbook()
        self.wardrobe = styles.Wardrobe()
        self.lists: Worksheet = self.book.create_sheet(LISTS_SHEET)
        self.ranges: dict[tuple[str, ...], str] = {}
        self.rows: dict[str, tuple[str, int]] = {}

    def made(self, state: State) -> bytes:
        sheets = layout_of(self.fields, self.words)
        first = self.book.worksheets[0]
        first.title = self.words.gettext("About")
        about_sheet(first, sheets, self.about, self.words, self.wardrobe)
        for sheet in sheets:
            if sheet.path:
                self._list(sheet, _entries(state, sheet))
            else:
                self._singles(sheet, state)
        self._stamp()
        self.book.move_sheet(self.lists, len(self.book.worksheets))
        for hidden in (self.lists, self.book[STAMP_SHEET]):
            hidden.sheet_state = "veryHidden"
            hidden.protection.sheet = True
        self.book.active = 0
        self.book.security = WorkbookProtection(lockStructure=True)
        self.book.properties = DocumentProperties(
            creator=_plain(self.about.programme_title), title=_plain(self.about.title), language=self.words.language, created=MADE_AT
        )
        return _same_bytes(self.book)

    def _singles(self, sheet: Sheet, state: State) -> None:
        page = self._page(sheet, [8, 30, 66, 38, 28])
        gettext = self.words.gettext
        headers = [gettext("Question"), gettext("Your answer"), gettext("What is meant"), gettext("Example")]
        for place, (key, label) in enumerate(zip(("", ANSWER, "", ""), headers, strict=True), start=2):
            self._write(page, KEY_ROW, place, key, styles.TEXT)
            self._write(page, LABEL_ROW, place, label, styles.HEADER)
        page.row_dimensions[HELP_ROW].height = 4
        for row, column in enumerate(sheet.columns, start=FIRST_ROW):
            value = shown(column, _text(state, column.path), self.offer)
            asked = help_of(column, self.offer)
            example = example_of(column, self.offer)
            self._write(page, row, 1, column.key, styles.TEXT)
            self._write(page, row, 2, _label(column), styles.LABEL)
            self._write(page, row, 3, value, styles.OPEN, styles.format_of(column))
            if not isinstance(value, str) and self.words.direction == "ltr":
                page.cell(row, 3).alignment = styles.LEADING  # figures beside texts of the same column begin where those begin
            self._write(page, row, 4, asked, styles.HELP)
            self._write(page, row, 5, example, styles.HELP)
            least = 62 if column.field.form in (Form.TEXT, Form.LINES) else 22
            texts = [(_label(column), 27.0), (str(value or ""), 66.0), (asked, 43.0), (example, 32.0)]
            page.row_dimensions[row].height = styles.height_for(texts, least)
            self._validated(page, column, f"C{row}")
        page.freeze_panes = f"C{FIRST_ROW}"
        page.print_area = f"A1:E{FIRST_ROW + len(sheet.columns) - 1}"

    def _list(self, sheet: Sheet, entries: Sequence[_Entry]) -> None:
        offset = 3 + (sheet.parent is not None)
        widths = [8, 6, *([16] if sheet.parent else []), *(styles.width_of(column) for column in sheet.columns)]
        page = self._page(sheet, widths)
        rows = max(len(entries) + MORE_ENTRIES, min(sheet.many or MOST_ROWS, MOST_ROWS), MOST_ROWS if sheet.parent else 0)
        last = FIRST_ROW + rows - 1
        self.rows[sheet.key] = (page.title, last)
        self._headers(page, sheet, offset)
        for index in range(rows):
            entry = entries[index] if index < len(entries) else NO_ENTRY
            self._row(page, sheet, FIRST_ROW + index, entry)
        for at_column, column in enumerate(sheet.columns, start=offset):
            letter = get_column_letter(at_column)
            self._validated(page, column, f"{letter}{FIRST_ROW}:{letter}{last}")
        if sheet.parent:
            self._belonging(page, sheet.parent, f"C{FIRST_ROW}:C{last}")
        page.freeze_panes = f"{get_column_letter(offset + 1)}{FIRST_ROW}"
        width = offset + len(sheet.columns) - 1
        page.print_area = f"A1:{get_column_letter(width)}{min(last, FIRST_ROW + len(entries) + 9)}"

    def _row(self, page: Worksheet, sheet: Sheet, row: int, entry: _Entry) -> None:
        self._write(page, row, 1, entry.key, styles.TEXT)
        self._write(page, row, 2, row - FIRST_ROW + 1, styles.NUMBER)
        offset = 3
        if sheet.parent:
            self._write(page, row, 3, entry.belongs, styles.OPEN, "0")
            offset = 4
        texts: list[tuple[str, float]] = []
        for place, column in enumerate(sheet.columns, start=offset):
            value = shown(column, _text(entry.node, column.path), self.offer)
            self._write(page, row, place, value, styles.OPEN, styles.format_of(column))
            texts.append((str(value or ""), styles.width_of(column)))
        if entry.key:
            page.row_dimensions[row].height = styles.height_for(texts)

    def _headers(self, page: Worksheet, sheet: Sheet, offset: int) -> None:
        gettext = self.words.gettext
        self._write(page, KEY_ROW, 2, NUMBER, styles.TEXT)
        self._write(page, LABEL_ROW, 2, NUMBER_LABEL, styles.HEADER)
        self._write(page, HELP_ROW, 2, "", styles.HELP)
        helps: list[tuple[str, float]] = []
        labels: list[tuple[str, float]] = []
        if sheet.parent:
            self._write(page, KEY_ROW, 3, PARENT, styles.TEXT)
            self._write(page, LABEL_ROW, 3, gettext("Belongs to # *"), styles.HEADER)
            told = gettext("The number (#) of the entry in the sheet “%(sheet)s”") % {"sheet": sheet.parent.title}
            self._write(page, HELP_ROW, 3, told, styles.HELP)
            helps.append((told, 18))
        for place, column in enumerate(sheet.columns, start=offset):
            example = example_of(column, self.offer)
            asked = help_of(column, self.offer)
            if example:
                asked += "\n" + gettext("Example: %(example)s") % {"example": example}
            self._write(page, KEY_ROW, place, column.key, styles.TEXT)
            self._write(page, LABEL_ROW, place, _label(column), styles.HEADER)
            self._write(page, HELP_ROW, place, asked, styles.HELP)
            helps.append((asked, styles.width_of(column) * 1.2))
            labels.append((_label(column), styles.width_of(column) * 0.9))
        page.row_dimensions[LABEL_ROW].height = styles.height_for(labels)
        page.row_dimensions[HELP_ROW].height = min(styles.height_for([(text, width) for text, width in helps]) * 0.85, 150)

    def _page(self, sheet: Sheet, widths: Sequence[float]) -> Worksheet:
        page: Worksheet = self.book.create_sheet(sheet.title, len(self.book.worksheets) - 1)
        styles.lay_out(
            page,
            rtl=self.words.direction == "rtl",
            footer=_plain(f"{self.about.programme_title} · {self.about.title} · {self.about.name} · {sheet.title}"),
            width=sum(widths),
        )
        page.print_title_rows = f"{LABEL_ROW}:{HELP_ROW}"
        if sheet.path:
            page.print_title_cols = "A:B"
        self._write(page, KEY_ROW, 1, f"{MARK}{sheet.key}", styles.TEXT)
        page.row_dimensions[KEY_ROW].hidden = True
        for number, width in enumerate(widths, start=1):
            page.column_dimensions[get_column_letter(number)].width = width
        page.column_dimensions["A"].hidden = True
        return page

    def _validated(self, page: Worksheet, column: Column, where: str) -> None:
        rule = self._rule(column)
        if rule is None:
            return
        rule.errorTitle = self.words.gettext("Please check")[:32]
        rule.showErrorMessage = column.field.form is not Form.YES_NO_WORDS and column.field.names not in NUMBERED
        page.add_data_validation(rule)
        rule.add(where)

    def _rule(self, column: Column) -> DataValidation | None:
        gettext, field = self.words.gettext, column.field
        choices = choices_of(column, self.offer)
        if choices and column.field.form is not Form.LINES:
            rule = DataValidation("list", self._listed([name for _, name in choices]), allow_blank=True)
            rule.error = gettext("Choose one of the list.")
            return rule
        if column.field.form in (Form.WHOLE, Form.NUMBER):
            least, most = -1e12 if field.least is None else field.least, 1e12 if field.most is None else field.most
            how: Literal["whole", "decimal"] = "whole" if field.form is Form.WHOLE else "decimal"
            rule = DataValidation(how, f"{least:.15g}", f"{most:.15g}", allow_blank=True)
            said = gettext("Write a number between %(least)s and %(most)s.")
            rule.error = said % {"least": self.words.number(least), "most": self.words.number(most)}
            return rule
        if column.field.form is Form.DATE:
            rule = DataValidation("date", "36526", "73050", allow_blank=True, errorStyle="warning")
            rule.error = gettext("Write a date, such as %(example)s.") % {"example": self.words.date(date(2022, 3, 31), "medium")}
            return rule
        return None

    def _listed(self, names: list[str]) -> str:
        """The range of the hidden sheet that holds these choices."""
        key = tuple(names)
        if key not in self.ranges:
            at = len(self.ranges) + 1
            for row, name in enumerate(names, start=1):
                self._write(self.lists, row, at, name, styles.PLAIN)
            letter = get_column_letter(at)
            self.ranges[key] = f"{quote_sheetname(LISTS_SHEET)}!${letter}$1:${letter}${len(names)}"
        return self.ranges[key]

    def _belonging(self, page: Worksheet, parent: Sheet, where: str) -> None:
        title, last = self.rows[parent.key]
        rule = DataValidation("list", f"{quote_sheetname(title)}!$B${FIRST_ROW}:$B${last}", allow_blank=True, showErrorMessage=True)
        rule.error = self.words.gettext("Choose the number of an entry in the sheet “%(sheet)s”.") % {"sheet": title}
        page.add_data_validation(rule)
        rule.add(where)

    def _write(self, page: Worksheet, row: int, column: int, value: Any, look: styles.Look, number_format: str = "") -> None:
        """Write a value; a text as text, never as a formula or an error."""
        cell: Any = page.cell(row, column)
        if isinstance(value, str):
            value = _plain(value) or None
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"
        is_risky = isinstance(value, str) and value.startswith(RISKY)
        self.wardrobe.dress(cell, look, number_format, is_text=is_risky)

    def _stamp(self) -> None:
        page = self.book.create_sheet(STAMP_SHEET)
        rows = stamp_rows(self.about, self.kind, fingerprint(self.kind, self.fields), self.words.language)
        for row, (name, value) in enumerate(rows, start=1):
            self._write(page, row, 1, name, styles.PLAIN)
            self._write(page, row, 2, value, styles.PLAIN)


def _label(column: Column) -> str:
    return f"{column.label} *" if column.is_asked else column.label


def _plain(text: str) -> str:
    return re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "", text)


@dataclass(frozen=True)
class _Entry:
    """An entry of a list: its key in the draft and, in a list inside another, the number of the row it belongs to."""

    key: str
    belongs: int | None
    node: Mapping[str, Any]


NO_ENTRY = _Entry("", None, styles.PLAIN)


def _text(node: Mapping[str, Any], path: tuple[str, ...]) -> str:
    """The text a state has at a path; empty where it has none."""
    found = at(node, path)
    return found if isinstance(found, str) else ""


def _entries(state: State, sheet: Sheet) -> list[_Entry]:
    """The entries of a list, each with the number of the row of the entry it belongs to."""
    above = _entries(state, sheet.parent) if sheet.parent else [_Entry("", None, state)]
    found: list[_Entry] = []
    for number, entry in enumerate(above, start=1):
        node = at(entry.node, sheet.inside)
        found += [_Entry(key, number if sheet.parent else None, node["items"][key]) for key in order_of(node)]
    return found


def _same_bytes(book: Workbook) -> bytes:
    """The file without the time it was made at: openpyxl writes the clock into it, and so does every zip."""
    raw, out = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                stamp = f"{MADE_AT:%Y-%m-%dT%H:%M:%SZ}".encode()
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, data)
    return out.getvalue()
