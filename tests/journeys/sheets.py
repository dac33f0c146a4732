"""A contribution answered in the workbook the desk offers: downloaded, filled in under its headings, uploaded, taken over."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from playwright.sync_api import FilePayload

from tasks.page_fields import Field
from tasks.wording import Words
from tests.journeys.people import Person

HEADINGS, FIRST = 2, 4
"""The rows with the names of the questions and with the first entry."""


def answer_by_workbook(person: Person, asked: Field, entries: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> None:
    """From the page of what is asked to the page with all answers; `asked` is a list that is a sheet. `names`: what people call a theme."""
    page, language = person.page, person.language
    person.press(page.locator('.ways a[href$="/workbook"]'))
    person.look_around()
    with page.expect_download() as started:
        page.locator('a[href$="/workbook.xlsx"]').click()
    filled = _filled(started.value.path(), asked, entries, names, Words(language))
    page.locator("#file").set_input_files(files=[FilePayload(name=started.value.suggested_filename, mimeType=XLSX, buffer=filled)])
    person.press(page.locator('form[action$="/workbook"] button[type=submit]'))
    person.look_around()
    assert not page.locator(".problems").count(), page.locator(".problems").inner_text()
    person.press(page.locator('form[action$="/accept"] button[type=submit]'))
    person.press(page.locator('p.start a[href$="/check"]'))


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _filled(path: Path, asked: Field, entries: Sequence[Mapping[str, Any]], names: Mapping[str, str], words: Words) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    sheet = book[words.label(asked.name)]
    columns = {str(cell.value).removesuffix(" *"): number for number, cell in enumerate(sheet[HEADINGS], start=1)}
    for row, entry in enumerate(entries, start=FIRST):
        for item in asked.fields:
            said = entry.get(item.name)
            if said:
                sheet.cell(row, columns[words.label(item.name)], names.get(said, said))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
