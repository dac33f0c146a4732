"""What a working copy shows beside its texts: themes by title, money and numbers as one reads them; and it comes back as it went."""

from __future__ import annotations

import io
from typing import Any

import docx
import pytest

from models.contribution_kinds.parts import Known
from tasks.forms import state_of
from tasks.forms.options import Offer
from tasks.page_fields import Field, Form
from tasks.word_back.copying import blocks, working_copy
from tasks.word_back.opening import opened
from tasks.word_back.places import laid_out
from tasks.word_back.reading import blocks_of
from tasks.word_back.returned import compared
from tasks.word_back.values import Shows
from tasks.wording import Words
from tests.factories import definition
from tests.tasks.sent_to_word import BODY, COVER, ENGLISH, FIELDS
from tests.tasks.worded import Docx, dele, ins, para, xml

ACTION = {**BODY["actions"][0], "cost": {"staff": 86000, "other": 5000}}
STATE = state_of(FIELDS, BODY | {"actions": [ACTION, *BODY["actions"][1:]]})
WORK = Field("theme", "", Form.LINE, is_required=True, names="theme", pattern="x")


def made(language: str) -> bytes:
    words = Words(language)
    return working_copy(laid_out(FIELDS, STATE, words), COVER, words)


def facts(data: bytes) -> list[str]:
    document = docx.Document(io.BytesIO(data))
    return ["".join(text.text or "" for text in cell._tc.iter("{*}t")) for table in document.tables for cell in table.columns[1].cells]


def read(data: bytes) -> dict[str, Any]:
    section = laid_out(FIELDS, STATE, ENGLISH)
    return compared(list(section.places()), blocks_of(blocks(section, COVER, ENGLISH)), opened(data), base_is_known=True)


@pytest.mark.parametrize(("language", "money"), [("en", "€ 86,000"), ("it", "86.000 €")])
def test_money_is_written_as_in_the_published_document(language: str, money: str) -> None:
    assert money in [fact.replace("\N{NO-BREAK SPACE}", " ") for fact in facts(made(language))]
    assert "86000" not in " ".join(facts(made(language)))


def test_numbers_have_marks_between_the_thousands_and_years_have_none() -> None:
    people = Field("people", "", Form.WHOLE, is_required=True, unit="people")
    year = Field("year", "", Form.WHOLE, is_required=True)
    assert Shows(ENGLISH).value(people, "12500", ("people",)) == "12,500 people"
    assert Shows(Words("it")).value(people, "12500", ("people",)).startswith("12.500 ")
    assert Shows(ENGLISH).value(year, "2024", ("year",)) == "2024"
    assert Shows(ENGLISH).value(people, "some 12500", ("people",)) == "some 12500 people"


def test_a_theme_is_shown_by_its_title_and_what_is_no_theme_as_it_is() -> None:
    found = definition()
    theme = found.themes[0]
    shows = Shows(ENGLISH, Offer(found, Known((), {}), ENGLISH))
    assert shows.value(WORK, theme.slug, ("theme",)) == theme.title != theme.slug
    assert shows.value(WORK, "nonsuch", ("theme",)) == "nonsuch"


def test_a_copy_with_money_in_it_comes_back_without_a_change() -> None:
    found = read(made("en"))
    assert (found["fields"], found["missing"], found["unplaced"]) == ([], [], [])


def test_a_tracked_change_in_a_number_is_told_but_not_taken_and_those_in_texts_are_still_found() -> None:
    copy = Docx(made("en"))
    (number,) = [item for item in copy.root.iter("{*}sdtContent") if "".join(item.itertext()) == "€ 86,000"]
    paragraph = number.getparent().getparent()
    for child in list(paragraph):
        if child.tag.endswith("}sdt"):
            paragraph.remove(child)
    paragraph.extend(xml(dele("€ 86,000") + ins("€ 96,000")))
    copy.write("actions/A1/title", dele(ACTION["title"]) + ins("Courses"))
    found = read(copy.bytes())
    assert [item["text"] for item in found["unplaced"]] == ["€ 96,000"]
    assert [item["path"] for item in found["fields"]] == ["actions/A1/title"]
    assert found["missing"] == []


def test_a_number_within_a_text_is_changed_like_any_other_word() -> None:
    copy = Docx(made("en"))
    copy.write("vision", para(dele("86000") + ins("86,000")))
    (field,) = read(copy.bytes())["fields"]
    assert "86,000" in [text for kind, text, _ in field["segments"] if kind == "ins"]
