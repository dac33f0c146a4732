"""Texts of a contribution corrected in Word: downloaded, changed with tracked changes, uploaded, every change accepted."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import FilePayload

from tests.journeys.people import Person
from tests.tasks.worded import Docx, dele, ins, para

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def change_in_word(person: Person, texts: Mapping[str, tuple[str, str]]) -> None:
    """From the page of what is asked to the page with all answers; `texts`: what stood there and what is to stand, by the field's name."""
    page = person.page
    person.press(page.locator('.ways a[href$="/word"]'))
    person.look_around()
    with page.expect_download() as started:
        page.locator('.steps a[href$="/plan.docx"]').click()
    copy = Docx(started.value.path().read_bytes())
    for name, (was, now) in texts.items():
        copy.write(name, para(dele(was) + ins(now)))
    page.locator("#file").set_input_files(files=[FilePayload(name="corrected.docx", mimeType=DOCX, buffer=copy.bytes())])
    person.press(page.locator('form[action$="/word"] button[type=submit]'))
    person.look_around()
    assert page.locator("ins").first.is_visible()
    person.press(page.locator('form[action*="/word/"] button[value="all"]'))
    person.look_around()
