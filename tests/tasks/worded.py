"""Edits a working copy as Word would: runs split, inserted, deleted and moved with author and date, comments beside them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DOCUMENT = "word/document.xml"
WHO = 'w:id="9" w:author="Anna" w:date="2024-05-03T10:00:00Z"'
Element = Any


def xml(text: str) -> list[Element]:
    """WordprocessingML as elements; the prefix w is known."""
    return list(etree.fromstring(f'<w:body xmlns:w="{W}">{text}</w:body>'))


def run(text: str, tag: str = "t") -> str:
    return f'<w:r><w:{tag} xml:space="preserve">{escape(text)}</w:{tag}></w:r>'


def ins(text: str, who: str = WHO) -> str:
    return f"<w:ins {who}>{run(text)}</w:ins>"


def dele(text: str, who: str = WHO) -> str:
    return f"<w:del {who}>{run(text, 'delText')}</w:del>"


def para(inner: str, mark: str = "") -> str:
    """A paragraph; `mark` is ins, del, moveFrom or moveTo for its end."""
    about = f"<w:pPr><w:rPr><w:{mark} {WHO}/></w:rPr></w:pPr>" if mark else ""
    return f"<w:p>{about}{inner}</w:p>"


class Docx:
    """A document's parts, to be changed and packed again."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}
        self.root = etree.fromstring(self.parts[DOCUMENT])

    def bytes(self, **flags: Any) -> bytes:
        self.parts[DOCUMENT] = etree.tostring(self.root, xml_declaration=True, encoding="UTF-8")
        return packed(self.parts, **flags)

    @property
    def body(self) -> Element:
        return self.root[0]

    def control(self, path: str) -> Element:
        """The content of the control of a text."""
        return next(item for item in self.root.iter(f"{{{W}}}sdt") if self._tag(item) == f"f:{path}").find(f"{{{W}}}sdtContent")

    def _tag(self, sdt: Element) -> str:
        tag = sdt.find(f"{{{W}}}sdtPr/{{{W}}}tag")
        return str(tag.get(f"{{{W}}}val")) if tag is not None else ""

    def write(self, path: str, content: str) -> Docx:
        """Put other content into a control, as if it had been worked on."""
        control = self.control(path)
        for hint in control.getparent().iter(f"{{{W}}}showingPlcHdr"):
            hint.getparent().remove(hint)
        control[:] = xml(content)
        return self

    def drop_tags(self) -> Docx:
        """As LibreOffice saves: controls without tags."""
        for tag in list(self.root.iter(f"{{{W}}}tag")):
            tag.getparent().remove(tag)
        return self

    def drop_controls(self) -> Docx:
        """As Google Docs saves: what was in controls stands there without them, and the document's properties are gone."""
        for sdt in list(self.root.iter(f"{{{W}}}sdt")):
            content, parent = sdt.find(f"{{{W}}}sdtContent"), sdt.getparent()
            at = parent.index(sdt)
            parent[at : at + 1] = list(content)
        del self.parts["docProps/custom.xml"]
        return self

    def comment(self, number: str, text: str) -> Docx:
        inner = f'<w:comment w:id="{number}" w:author="Béla" w:date="2024-05-04T09:00:00Z">{para(run(text))}</w:comment>'
        self.parts["word/comments.xml"] = f'<w:comments xmlns:w="{W}">{inner}</w:comments>'.encode()
        return self


def packed(parts: Mapping[str, bytes], then: Callable[[zipfile.ZipFile], None] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
        if then is not None:
            then(archive)
    return out.getvalue()
