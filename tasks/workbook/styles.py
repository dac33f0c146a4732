"""How a workbook looks: colours, borders, widths, page. Everything an officer reads is wrapped and aligned to the top."""

from __future__ import annotations

from copy import copy
from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from tasks.page_fields import Form
from tasks.workbook.layout import Column

BLUE, INK, QUIET, LINE, WASH, ANSWER = "12395F", "1D2733", "4D5B6B", "CDD6E0", "F3F6FA", "FFFDF2"
FACE = "Calibri"

_thin = Side(style="thin", color=LINE)
BOX = Border(left=_thin, right=_thin, top=_thin, bottom=_thin)
WRAPPED = Alignment(wrap_text=True, vertical="top")
LEADING = Alignment(wrap_text=True, vertical="top", horizontal="left")
CENTRED = Alignment(wrap_text=True, vertical="top", horizontal="center")

Look = dict[str, Any]

PLAIN: Look = {}
TITLE: Look = {"font": Font(FACE, 20, bold=True, color=BLUE), "alignment": WRAPPED}
HEADING: Look = {"font": Font(FACE, 13, bold=True, color=BLUE), "alignment": WRAPPED}
TEXT: Look = {"font": Font(FACE, 11, color=INK), "alignment": WRAPPED}
STRONG: Look = {"font": Font(FACE, 11, bold=True, color=INK), "alignment": WRAPPED}
HEADER: Look = {
    "font": Font(FACE, 11, bold=True, color="FFFFFF"),
    "fill": PatternFill("solid", fgColor=BLUE),
    "alignment": WRAPPED,
    "border": BOX,
}
HELP: Look = {
    "font": Font(FACE, 9, italic=True, color=QUIET),
    "fill": PatternFill("solid", fgColor=WASH),
    "alignment": WRAPPED,
    "border": BOX,
}
LABEL: Look = HELP | {"font": Font(FACE, 11, bold=True, color=INK)}
NUMBER: Look = HELP | {"font": Font(FACE, 11, color=QUIET), "alignment": CENTRED}
OPEN: Look = {
    "font": Font(FACE, 11, color=INK),
    "fill": PatternFill("solid", fgColor=ANSWER),
    "alignment": WRAPPED,
    "border": BOX,
    "protection": Protection(locked=False),
}

WIDTH_OF_A_PAGE = 165
"""Characters beside each other that can still be read on paper."""
UNGROUPED = {"year", "number", "id"}
TEXT_FORMAT, DAY_FORMAT = "@", "d mmm yyyy"


class Wardrobe:
    """Gives the cells of one workbook their looks. What a look comes to is worked out once: it is what writing a workbook takes longest."""

    def __init__(self) -> None:
        self._worn: dict[tuple[int, str, bool], Any] = {}

    def dress(self, cell: Any, look: Look, number_format: str = "", *, is_text: bool = False) -> None:
        """Give a cell a look. `is_text`: what stands in it stays text even where somebody edits it."""
        key = (id(look), number_format, is_text)
        if key not in self._worn:
            for name, value in look.items():
                setattr(cell, name, value)
            if number_format:
                cell.number_format = number_format
            if is_text:
                cell.quotePrefix = True
            self._worn[key] = copy(cell._style)  # noqa: SLF001 - there is no other way to give one cell the style of another cheaply
        cell._style = copy(self._worn[key])  # noqa: SLF001


def format_of(column: Column) -> str:
    """How Excel shows what is written under a column, and how it takes what is typed there."""
    match column.field.form:
        case Form.DATE:
            return DAY_FORMAT
        case Form.WHOLE:
            return "0" if column.path[-1] in UNGROUPED else "#,##0"
        case Form.NUMBER:
            return "General"
    return TEXT_FORMAT


def width_of(column: Column) -> float:
    """How wide a column of entries is, in characters."""
    match column.field.form:
        case Form.TEXT:
            return 46
        case Form.LINES:
            return 34
        case Form.DATE | Form.WHOLE | Form.NUMBER | Form.YES_NO:
            return 15
        case Form.CHOICE:
            return 20
    return 26


def height_for(texts: list[tuple[str, float]], least: float = 18) -> float:
    """The height of a row in points, so that each text shows in a column of its width; Excel has no rows above 409."""
    lines = [sum(1 + int(len(line) * 1.12 / width) for line in text.split("\n")) for text, width in texts if text]
    return min(max(least, 15.5 * max(lines, default=1) + 3), 405)


def lay_out(sheet: Worksheet, *, rtl: bool, footer: str, width: float = WIDTH_OF_A_PAGE) -> None:
    """Direction, protection without a password, and how it prints: A4 across, the header on every page.

    `width` is that of all columns, in characters: what would be too small to read on one page is spread over several.
    """
    sheet.sheet_view.rightToLeft = rtl
    sheet.sheet_view.showGridLines = False
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = max(1, round(width / WIDTH_OF_A_PAGE)), 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.page_margins.top, sheet.page_margins.bottom, sheet.page_margins.footer = 0.6, 0.8, 0.4
    feet: Any = sheet.oddFooter
    feet.left.text, feet.right.text = footer.replace("&", "&&")[:200], "&P / &N"
