"""Rendered pages as the document tests read them: parsed, by section, as plain words."""

from __future__ import annotations

import re
from typing import Any

from lxml import html as parser

from tasks.rendering import render_html
from tests.documents.samples import edition

Json = dict[str, Any]


def page_of(whole: Json) -> Any:
    """The page, with a blank after each cell so that texts of neighbours do not run together."""
    page = parser.document_fromstring(render_html(edition(whole)))
    for cell in page.iter("td", "th", "li", "dt", "dd", "p"):
        cell.tail = " "
    return page


def words_of(element: Any) -> str:
    return " ".join(element.text_content().split())


def main_of(whole: Json) -> str:
    return words_of(page_of(whole).xpath("//main")[0])


def section(whole: Json, title: str) -> str:
    """The text of one section, by its title without the number."""
    found = {
        re.sub(r"^\d+ ", "", words_of(heading)): words_of(heading.getparent()) for heading in page_of(whole).xpath("//main/section/h2")
    }
    return found[title]


def headings(whole: Json) -> list[str]:
    return [re.sub(r"^\d+ ", "", words_of(heading)) for heading in page_of(whole).xpath("//main/section/h2")]


def sections(whole: Json) -> dict[str, str]:
    """The text of every section but the last, which says what the document rests on, by its title."""
    found = page_of(whole).xpath("//main/section[not(h2/@id='about')]")
    return {re.sub(r"^\d+ ", "", words_of(one.find("h2"))): words_of(one) for one in found}


def rows(whole: Json, title: str) -> list[list[str]]:
    """The cells of all body rows of a section's tables, without the drawn ones."""
    found = next(one for one in page_of(whole).xpath("//main/section") if words_of(one.find("h2")).endswith(title))
    return [[words_of(cell) for cell in row.xpath("th | td[not(@data-word='skip')]")] for row in found.xpath(".//tbody/tr")]


def parts(whole: Json) -> list[str]:
    """All numbered headings below the sections, without their numbers."""
    return [words_of(one).partition(" ")[2] for one in page_of(whole).xpath("//main//h3[span[@class='no']]")]


def owed(whole: Json, title: str) -> list[str]:
    """What a section says is lacking."""
    found = next(one for one in page_of(whole).xpath("//main/section") if words_of(one.find("h2")).endswith(title))
    return [words_of(one) for one in found.xpath(".//p[@class='owed']")]
