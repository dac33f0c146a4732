"""An edition as a Word document: the same page as HTML and PDF, walked element by element into Word's own styles.

Charts are left out, for each stands beside a table or text that says the same. The same page gives the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tasks.reading import EditionView

MADE_AT = datetime(2020, 1, 1, tzinfo=UTC)
ZIP_TIME = (2020, 1, 1, 0, 0, 0)
HEADINGS = {"h1": "Title", "h2": "Heading 1", "h3": "Heading 2", "h4": "Heading 3"}
WRAPPERS = {"div", "section", "article", "header", "main", "body", "figure", "nav"}
BLUE, WARM, QUIET = "12395F", "B4501F", "536273"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
Element = Any  # lxml and python-docx ship no types that mypy --strict accepts here


def docx_of(html: str, view: EditionView) -> bytes:
    """The Word document of a rendered page."""
    import docx
    from lxml import html as parser

    page = parser.document_fromstring(UNWRITABLE.sub("", html))
    document = docx.Document()
    style(document)
    _properties(document, page, view)
    _head_and_foot(document, page, view)
    writer = _Writer(document)
    writer.blocks(page.find("body"))
    out = io.BytesIO()
    document.save(out)
    return with_fixed_times(out.getvalue())


class _Writer:
    """Appends the blocks of a page to a document."""

    def __init__(self, document: Element) -> None:
        self.document = document

    def blocks(self, parent: Element) -> None:
        """Every block of an element in order; what is marked to be skipped, and the contents list, stays out."""
        for element in parent:
            if not isinstance(element.tag, str) or element.get("data-word") in ("skip", "contents") or element.tag in ("style", "svg"):
                continue
            self._block(element)
            if element.get("data-word") == "cover":
                self.document.add_page_break()

    def _block(self, element: Element) -> None:
        tag = element.tag
        if tag in HEADINGS:
            self.document.add_paragraph(_words(element), style=HEADINGS[tag])
        elif tag in ("p", "figcaption"):
            self._paragraph(element)
        elif tag in ("ul", "ol"):
            self._list(element, "List Bullet" if tag == "ul" else "List Number")
        elif tag == "table":
            self._table(element)
        elif tag == "dl":
            self._facts(element)
        elif tag in WRAPPERS:
            self.blocks(element)
        elif _words(element):
            self._paragraph(element)

    def _paragraph(self, element: Element) -> None:
        if not _words(element):
            return
        paragraph = self.document.add_paragraph()
        classes = (element.get("class") or "").split()
        if "number" in classes or "subject" in classes:
            paragraph.style = "Subtitle"
        colour = WARM if "owed" in classes or "banner" in classes else QUIET if "quiet" in classes else ""
        _runs(paragraph, element, colour)

    def _list(self, element: Element, style: str) -> None:
        for item in element.iter("li"):
            _runs(self.document.add_paragraph(style=style), item, "")

    def _table(self, element: Element) -> None:
        caption = element.find("caption")
        if caption is not None:
            self.document.add_paragraph(_words(caption), style="Caption")
        rows = [[cell for cell in row if cell.tag in ("th", "td") and cell.get("data-word") != "skip"] for row in element.iter("tr")]
        width = max((sum(_span(cell) for cell in row) for row in rows), default=0)
        if not width:
            return
        table = self.document.add_table(rows=len(rows), cols=width, style="Table Grid")
        in_head = element.find("thead") is not None
        for at, row in enumerate(rows):
            _fill(table.rows[at], row, bold=in_head and at == 0)
        if in_head:
            _repeat(table.rows[0])
        self.document.add_paragraph()

    def _facts(self, element: Element) -> None:
        pairs = [(div.find("dt"), div.find("dd")) for div in element if div.tag == "div"]
        pairs = [(name, value) for name, value in pairs if name is not None and value is not None]
        if not pairs:
            return
        table = self.document.add_table(rows=len(pairs), cols=2, style="Table Grid")
        for row, (name, value) in zip(table.rows, pairs, strict=True):
            _runs(row.cells[0].paragraphs[0], name, QUIET)
            _cell(row.cells[1], value, bold=False)
        _widths(table, (1.0, 2.2))
        self.document.add_paragraph()


def _fill(row: Element, cells: list[Element], *, bold: bool) -> None:
    at = 0
    for cell in cells:
        target = row.cells[at]
        if _span(cell) > 1:
            target = target.merge(row.cells[at + _span(cell) - 1])
        _cell(target, cell, bold=bold or cell.tag == "th")
        if bold:
            _shade(target, "DBE7F2")
        at += _span(cell)


def _cell(target: Element, element: Element, *, bold: bool) -> None:
    items = list(element.iter("li"))
    if items:
        for at, item in enumerate(items):
            _runs(target.paragraphs[0] if at == 0 else target.add_paragraph(), item, "", bold=bold)
        return
    _runs(target.paragraphs[0], element, "", bold=bold)


def _runs(paragraph: Element, element: Element, colour: str, *, bold: bool = False) -> None:
    """The text of an element as runs, with bold and line breaks; runs of white space become one blank, none at the ends."""
    from docx.shared import RGBColor

    pieces = _trimmed(list(_pieces(element, bold)))
    for text, strong in pieces:
        if text == "\n":
            paragraph.add_run().add_break()
            continue
        run = paragraph.add_run(text)
        run.bold = strong or None
        if colour:
            run.font.color.rgb = RGBColor.from_string(colour)


def _pieces(element: Element, strong: bool) -> Iterator[tuple[str, bool]]:
    """The text of an element in document order, each piece with whether it is bold; a line break is a line feed."""
    yield _collapsed(element.text), strong
    for child in element:
        if not isinstance(child.tag, str) or child.tag in ("svg", "style") or child.get("data-word") == "skip":
            pass
        elif child.tag == "br":
            yield "\n", strong
        else:
            yield from _pieces(child, strong or child.tag in ("strong", "b", "th", "code"))
        yield _collapsed(child.tail), strong


def _trimmed(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    for text, strong in pieces:
        said = text.lstrip(" ") if not found or (found[-1][0].endswith((" ", "\n")) and text != "\n") else text
        if said:
            found.append((said, strong))
    while found and not found[-1][0].strip():
        found.pop()
    return found


def _collapsed(text: str | None) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text or "")


def _words(element: Element) -> str:
    return "".join(text for text, _ in _trimmed(list(_pieces(element, False)))).strip()


def _span(cell: Element) -> int:
    return int(cell.get("colspan") or 1)


def _repeat(row: Element) -> None:
    """The heading row stands again on every page."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - python-docx has no public way


def _shade(cell: Element, fill: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shading = OxmlElement("w:shd")
    shading.set(qn("w:val"), "clear")
    shading.set(qn("w:fill"), fill)
    cell._tc.get_or_add_tcPr().append(shading)  # noqa: SLF001 - python-docx has no public way


def _widths(table: Element, shares: tuple[float, ...]) -> None:
    from docx.shared import Cm

    for row in table.rows:
        for cell, share in zip(row.cells, shares, strict=True):
            cell.width = Cm(5 * share)


def style(document: Element) -> None:
    """Word's own styles in the programme's colours, on A4."""
    from docx.shared import Cm, Pt, RGBColor

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(10.5)
    for name in ("Title", "Heading 1", "Heading 2", "Caption"):
        document.styles[name].font.color.rgb = RGBColor.from_string(BLUE)
    for name in ("Heading 3", "Subtitle"):
        document.styles[name].font.color.rgb = RGBColor.from_string(WARM)


def _properties(document: Element, page: Element, view: EditionView) -> None:
    said = document.core_properties
    said.title = page.findtext("head/title") or ""
    said.author = ", ".join(view.cover["authors"])[:250]
    said.last_modified_by, said.comments, said.category = "", "", view.content["number"]
    said.created = said.modified = MADE_AT
    said.revision, said.version, said.language = 1, view.version, view.language


def _head_and_foot(document: Element, page: Element, view: EditionView) -> None:
    """Every page says what it is, its note and watermark, and its number."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    section = document.sections[0]
    title = page.findtext("head/title") or ""
    section.header.paragraphs[0].text = f"{view.watermark.upper()}  ·  {title}" if view.watermark else title
    notes = page.find_class("r-note")
    foot = section.footer.paragraphs[0]
    foot.add_run(f"{_words(notes[0])}\t\t" if notes else "\t\t")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    foot._p.append(field)  # noqa: SLF001 - python-docx has no public way


def with_fixed_times(data: bytes) -> bytes:
    """The same archive with one time for all entries, so that equal documents are equal files."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, source.read(name))
    return out.getvalue()
