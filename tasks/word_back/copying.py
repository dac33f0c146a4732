"""Makes the Word document to work on: every text in a content control of its own, everything else shown and locked, changes tracked.

The same contribution gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.page_fields import Form
from tasks.word import MADE_AT, UNWRITABLE, with_fixed_times
from tasks.word_back.origin import PROPERTY
from tasks.word_back.places import LONGEST_TAG, Fact, Place, Section
from tasks.wording import NOTHING, RIGHT_TO_LEFT, Words

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PARAGRAPH = {Form.TEXT: "\n\n", Form.LINES: "\n", Form.LINE: "\n"}
"""What stands between the paragraphs of a text, by the form of its field."""
REFERENCE_MARK = "inclucities:"
"""Begins the line at the end that says once more which document this is, for programs that drop properties."""
_CUSTOM = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_CUSTOM_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
_LABEL_WIDTH, _VALUE_WIDTH = 3100, 6300
Element = Any  # lxml and python-docx ship no types that mypy --strict accepts here


@dataclass(frozen=True)
class Cover:
    """What stands above the texts; `language` is that of the texts, as a language code."""

    title: str
    about: tuple[str, ...]
    language: str
    token: str
    has_controls: bool = True
    """LibreOffice forgets which changes in a control were tracked, so its copies have none; texts are then found between our headings."""


def working_copy(section: Section, cover: Cover, words: Words) -> bytes:
    """The `.docx` of a contribution to work on."""
    import docx

    document = docx.Document()
    _style(document)
    body = document.element.body
    for block in blocks(section, cover, words):
        body.insert(len(body) - 1, block)  # before the properties of the section
    if not cover.has_controls:
        _without_controls(body)
    _settings(document)
    _properties(document, cover)
    _head_and_foot(document, cover)
    out = io.BytesIO()
    document.save(out)
    return with_fixed_times(out.getvalue())


def blocks(section: Section, cover: Cover, words: Words) -> Iterator[Element]:
    """The document's paragraphs, tables and controls in order. What was sent is read from these when a copy comes back."""
    writer = _Writer(cover.language, words)
    yield writer.said(cover.title, "Title")
    if cover.about:
        yield writer.said(" · ".join(cover.about), "Subtitle")
    for line in (
        words.gettext("Write in the white fields as you always do. Every change is recorded as a tracked change, with your name."),
        words.gettext("What is shaded grey is for reading. Change it in the form on the page this file came from."),
        words.gettext("Save the file as .docx and upload it on that page. There you accept or decline every change."),
    ):
        yield writer.said(line, "ListBullet")
    yield from writer.section(section, 1)
    yield writer.said(words.gettext("Leave this line as it is: it tells the page which document this is."), "Reference")
    yield writer.said(REFERENCE_MARK + cover.token, "Reference")


class _Writer:
    """Writes WordprocessingML; every control gets the next number as its id."""

    def __init__(self, language: str, words: Words) -> None:
        from lxml.builder import ElementMaker

        self.make = ElementMaker(namespace=W, nsmap={"w": W})
        self.language, self.words, self.controls = language, words, 0

    def section(self, section: Section, level: int) -> Iterator[Element]:
        """Short lines in a table, then each text under its heading, then the parts."""
        if section.facts:
            yield self._table(section.facts)
            yield self.make.p()
        for place in section.texts:
            yield self.said(place.label, f"Heading{min(level, 6)}")
            yield self._control(place, list(self._paragraphs(place)))
        for part in section.parts:
            yield self.said(part.title, f"Heading{min(level, 6)}")
            yield from self.section(part, level + 1)

    def said(self, text: str, style: str) -> Element:
        """A paragraph of ours."""
        return self._paragraph(text, style, self.words.language)

    def _paragraph(self, text: str, style: str, language: str, *, placeholder: bool = False) -> Element:
        about = self.make.pPr(self._valued("pStyle", style)) if style else self.make.pPr()
        if language.split("-", maxsplit=1)[0] in RIGHT_TO_LEFT:
            about.append(self.make.bidi())
        return self.make.p(about, *self._runs(text, language, placeholder=placeholder))

    def _paragraphs(self, place: Place) -> Iterator[Element]:
        style = "ListBullet" if place.form is Form.LINES else "Contributed"
        if not place.text:
            yield self._paragraph(place.says, style, self.words.language, placeholder=True)
            return
        for text in place.text.split(PARAGRAPH[place.form]):
            yield self._paragraph(text, style, self.language)

    def _runs(self, text: str, language: str, *, placeholder: bool = False) -> list[Element]:
        if not text:
            return []
        about = self.make.rPr()
        if placeholder:
            about.append(self._valued("rStyle", "PlaceholderText"))
        if language.split("-", maxsplit=1)[0] in RIGHT_TO_LEFT:
            about.append(self.make.rtl())
            about.append(self.make.lang({f"{{{W}}}bidi": language}))
        else:
            about.append(self._valued("lang", language))
        run = self.make.r(about)
        for at, line in enumerate(UNWRITABLE.sub("", text).split("\n")):
            if at:
                run.append(self.make.br())
            for number, piece in enumerate(line.split("\t")):
                if number:
                    run.append(self.make.tab())
                if piece:
                    run.append(self.make.t(piece, {"{http://www.w3.org/XML/1998/namespace}space": "preserve"}))
        return [run]

    def _control(self, place: Place, content: list[Element]) -> Element:
        return self._controlled(place.label, place.tag, "sdtLocked", content, empty=not place.text)

    def _controlled(self, title: str, tag: str, lock: str, content: list[Element], *, empty: bool = False) -> Element:
        self.controls += 1
        about = self.make.sdtPr(
            self._valued("alias", title[:LONGEST_TAG]),
            self._valued("tag", tag),
            self._valued("id", str(100_000 + self.controls)),
            self._valued("lock", lock),
        )
        if empty:
            about.append(self.make.showingPlcHdr())
        return self.make.sdt(about, self.make.sdtContent(*content))

    def _table(self, facts: Sequence[Fact]) -> Element:
        size = {f"{{{W}}}w": str(_LABEL_WIDTH + _VALUE_WIDTH), f"{{{W}}}type": "dxa"}
        about = self.make.tblPr(self._valued("tblStyle", "TableGrid"), self.make.tblW(size), self.make.tblLayout({f"{{{W}}}type": "fixed"}))
        grid = self.make.tblGrid(*(self.make.gridCol({f"{{{W}}}w": str(width)}) for width in (_LABEL_WIDTH, _VALUE_WIDTH)))
        return self.make.tbl(about, grid, *(self._row(fact) for fact in facts))

    def _row(self, fact: Fact) -> Element:
        label = self.make.p(self.make.pPr(self._valued("pStyle", "FieldLabel")), *self._runs(fact.label, self.words.language))
        if fact.place is None:
            runs = self._runs(fact.value or NOTHING, self.words.language)
            value = self.make.p(self._controlled(fact.label, "s:", "sdtContentLocked", runs))
        else:
            text, is_empty = fact.place.text or fact.place.says, not fact.place.text
            language = self.words.language if is_empty else self.language
            value = self.make.p(self._control(fact.place, self._runs(text, language, placeholder=is_empty)))
        whole_row = self.make.trPr(self.make.cantSplit())
        return self.make.tr(
            whole_row, self._cell(_LABEL_WIDTH, label, shaded=True), self._cell(_VALUE_WIDTH, value, shaded=fact.place is None)
        )

    def _cell(self, width: int, content: Element, *, shaded: bool) -> Element:
        about = self.make.tcPr(self.make.tcW({f"{{{W}}}w": str(width), f"{{{W}}}type": "dxa"}))
        if shaded:
            about.append(self.make.shd({f"{{{W}}}val": "clear", f"{{{W}}}color": "auto", f"{{{W}}}fill": "EDF1F5"}))
        return self.make.tc(about, content)

    def _valued(self, name: str, value: str) -> Element:
        return self.make(name, {f"{{{W}}}val": value})


def _without_controls(body: Element) -> None:
    for control in list(body.iter(f"{{{W}}}sdt")):
        above = control.getparent()
        at = above.index(control)
        above[at : at + 1] = list(control.find(f"{{{W}}}sdtContent"))


# -- the document around it ------------------------------------------------------------------------------------------


def _style(document: Element) -> None:
    """Word's own styles in the programme's colours, on A4, and three of our own."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt, RGBColor

    from tasks.word import BLUE, QUIET, style

    style(document)
    for level in (4, 5, 6):
        document.styles[f"Heading {level}"].font.color.rgb = RGBColor.from_string(BLUE)
    for name, kind in (
        ("Contributed", WD_STYLE_TYPE.PARAGRAPH), ("FieldLabel", WD_STYLE_TYPE.PARAGRAPH), ("Reference", WD_STYLE_TYPE.PARAGRAPH),
        ("PlaceholderText", WD_STYLE_TYPE.CHARACTER),
    ):  # fmt: skip
        document.styles.add_style(name, kind)
        if kind is WD_STYLE_TYPE.PARAGRAPH:
            document.styles[name].base_style = document.styles["Normal"]
    document.styles["FieldLabel"].font.bold = True
    for name, size in (("Reference", 7), ("PlaceholderText", 10)):
        document.styles[name].font.size = Pt(size)
        document.styles[name].font.color.rgb = RGBColor.from_string(QUIET)
    document.styles["PlaceholderText"].font.italic = True
    for name in ("FieldLabel", "Reference"):
        document.styles[name].paragraph_format.space_after = Pt(2)
    document.styles["Normal"].paragraph_format.space_after = Pt(6)


def _settings(document: Element) -> None:
    """Changes are tracked from the first letter on, and Word does not think the file is an old one."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    settings = document.settings.element
    track = OxmlElement("w:trackRevisions")
    before = next((item for item in settings if item.tag in (qn("w:doNotTrackMoves"), qn("w:defaultTabStop"))), None)
    settings.insert(list(settings).index(before) if before is not None else 0, track)
    compat = settings.find(qn("w:compat"))
    if compat is not None:
        for old in compat.findall(qn("w:compatSetting")):
            compat.remove(old)
        mode = OxmlElement("w:compatSetting")
        for name, value in (("name", "compatibilityMode"), ("uri", "http://schemas.microsoft.com/office/word"), ("val", "15")):
            mode.set(qn(f"w:{name}"), value)
        compat.append(mode)


def _properties(document: Element, cover: Cover) -> None:
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from lxml import etree

    said = document.core_properties
    said.title, said.author, said.last_modified_by, said.comments = cover.title[:250], "", "", ""
    said.language = cover.language
    said.created = said.modified = MADE_AT
    said.revision = 1
    values = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
    space = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
    root = etree.Element(f"{{{space}}}Properties", nsmap={None: space, "vt": values})
    entry = etree.SubElement(root, f"{{{space}}}property", fmtid=_FORMAT_ID, pid="2", name=PROPERTY)
    etree.SubElement(entry, f"{{{values}}}lpwstr").text = cover.token
    package = document.part.package
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    package.relate_to(Part(PackURI("/docProps/custom.xml"), _CUSTOM, data, package), _CUSTOM_RELATION)


def _head_and_foot(document: Element, cover: Cover) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    section = document.sections[0]
    section.header.paragraphs[0].text = UNWRITABLE.sub("", " · ".join((cover.title, *cover.about)))
    page = OxmlElement("w:fldSimple")
    page.set(qn("w:instr"), "PAGE")
    foot = section.footer.paragraphs[0]
    foot.add_run("\t\t")
    foot._p.append(page)  # noqa: SLF001 - python-docx has no public way
