"""What people type and what is kept of it: the thousands of one language are not the decimals of another."""

from __future__ import annotations

import pytest

from tasks.forms.typed import kept, shown, value_of
from tasks.page_fields import Field, Form
from tasks.wording import Words

ENGLISH, ITALIAN = Words("en"), Words("it")
RESIDENTS = Field("population", "", Form.WHOLE, True)
VALUE = Field("value", "", Form.NUMBER, True)
SHARE = Field("share", "", Form.NUMBER, True, unit="%", most=100)


@pytest.mark.parametrize("text", ["130.000", "130,000", "130 000", "130'000", "130000"])
@pytest.mark.parametrize("words", [ENGLISH, ITALIAN])
def test_whole_numbers_may_have_any_mark_between_the_thousands(text: str, words: Words) -> None:
    assert kept(RESIDENTS, text, words) == "130000"


@pytest.mark.parametrize(("text", "words", "number"), [
    ("22,5", ENGLISH, 22.5), ("22.5", ENGLISH, 22.5), ("22,5", ITALIAN, 22.5), ("22.5", ITALIAN, 22.5),
    ("1,250", ENGLISH, 1250), ("1.250", ITALIAN, 1250), ("1.250,75", ITALIAN, 1250.75), ("0.125", ENGLISH, 0.125),
])  # fmt: skip
def test_decimals_are_read_as_they_were_meant(text: str, words: Words, number: float) -> None:
    assert value_of(VALUE, kept(VALUE, text, words), words) == (number, "")


@pytest.mark.parametrize("text", ["87.000", "1.250", "-1.250"])
def test_what_could_be_read_in_two_ways_is_asked_and_stays_as_it_was_typed(text: str) -> None:
    again = kept(VALUE, text, ENGLISH)
    assert again.strip() == text
    assert "could be read in two ways" in value_of(VALUE, again, ENGLISH)[1]
    assert kept(VALUE, shown(VALUE, again, ENGLISH), ENGLISH) == again


@pytest.mark.parametrize("words", [ENGLISH, ITALIAN])
@pytest.mark.parametrize("stored", ["1.125", "12.5", "0.125", "125", "-3.250", "1200.5"])
def test_a_number_that_is_shown_and_sent_back_is_still_the_same(stored: str, words: Words) -> None:
    assert float(kept(VALUE, shown(VALUE, stored, words), words)) == float(stored)


def test_a_share_may_be_typed_with_its_sign() -> None:
    assert kept(SHARE, "12,5 %", ITALIAN) == "12.5"
    assert kept(RESIDENTS, "12 %", ITALIAN) == "12 %"


def test_limits_are_told_in_figures_without_marks() -> None:
    year = Field("year", "", Form.WHOLE, True, example="2020", least=1990, most=2100)
    assert "1990" in value_of(year, "12", ENGLISH)[1]
    assert "2020" in value_of(year, "last year", ITALIAN)[1]


def test_what_is_pasted_along_and_cannot_be_seen_is_left_out() -> None:
    line = Field("title", "", Form.TEXT, True)
    assert kept(line, "A town\u202e by the sea\x07\nand a hill\x00", ENGLISH) == "A town by the sea\nand a hill"
