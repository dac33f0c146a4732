"""One answer as a cell, and a cell as the text a draft keeps (`tasks.forms`): numbers and days as such, choices by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from math import isfinite
from typing import Any

from tasks.forms.options import Offer
from tasks.forms.typed import NUMBERS, PLAIN, kept, typed
from tasks.page_fields import Field, Form
from tasks.wording import Words, as_day
from tasks.workbook.choosing import LANGUAGE, NUMBERED, Choice, choices_of, language_code, language_name, name_of, number_of, value_of
from tasks.workbook.layout import Column

LONGEST_CELL = 32_767
"""What Excel takes in one cell."""
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
YES, NO = {"true", "yes", "y", "1"}, {"false", "no", "n", "0"}
FIRST_YEAR = 1900
"""Excel knows no day before."""


@dataclass(frozen=True)
class Cell:
    """A cell as it stands in the file. `kind`: "s" text, "n" number, "d" date, "b" yes or no, "f" formula, "e" error."""

    value: Any
    kind: str
    is_percent: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return self.kind != "f" and (self.value is None or (isinstance(self.value, str) and not self.value.strip()))


class Unreadable(ValueError):
    """A cell that cannot be taken as it is; the message says what to do. `kept` is what a draft keeps of it, None where nothing."""

    def __init__(self, message: str, kept: str | None = None) -> None:
        self.kept = kept
        super().__init__(message)


# -- to a cell -----------------------------------------------------------------------------------------------------


def shown(column: Column, text: str, offer: Offer) -> Any:
    """What is written into a cell for a text of a draft: a text, number, day or None. A text is to be written as text."""
    if not text.strip():
        return None
    field, words = column.field, offer.words
    if field.form in NUMBERS and PLAIN.fullmatch(text) and isfinite(number := float(text)):
        return int(number) if number.is_integer() else number
    if field.form is Form.DATE and (day := as_day(text)) and day.isoformat() == text and day.year >= FIRST_YEAR:
        return day
    choices = choices_of(column, offer)
    if field.form is Form.LINES:
        text = "\n".join(_named(line.strip(), field, choices, words) for line in text.split("\n") if line.strip())
    else:
        text = _named(text, field, choices, words)
    return UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST_CELL]


def _named(value: str, field: Field, choices: Sequence[Choice], words: Words) -> str:
    return language_name(value, words) if field.names == LANGUAGE else name_of(value, choices)


# -- from a cell ---------------------------------------------------------------------------------------------------


def read(cell: Cell, column: Column, offer: Offer, telling: Words | None = None) -> str:
    """What a draft keeps of a cell that is not empty; Unreadable where it is not to be taken so.

    `offer` is in the language the cell was written in; `telling` the one that what is wrong is told in, where that is another.
    """
    field, words = column.field, offer.words
    telling = telling or words
    if cell.kind == "f":
        said = telling.gettext("This is a formula. Copy the cell and paste it as values, so that the result itself stands there.")
        raise Unreadable(said)
    if cell.kind == "e":
        said = telling.gettext("This cell shows an error of Excel's (%(error)s). Write the answer itself.")
        raise Unreadable(said % {"error": cell.value})
    choices = choices_of(column, offer)
    if field.form in NUMBERS and isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
        value = round(cell.value * 100, 9) if cell.is_percent and field.unit == "%" else cell.value  # 12.5 % is kept as 0.125
        return typed(field, int(value) if float(value).is_integer() else value)
    text = _as_text(cell, words)
    if field.form in (Form.YES_NO, Form.YES_NO_WORDS):
        return _yes_or_no(text, field, choices, telling)
    if field.form is Form.LINES:
        return "\n".join(_meant(line.strip(), field, choices, words, telling) for line in text.split("\n") if line.strip())
    return kept(field, _meant(text, field, choices, words, telling), words)


def _meant(text: str, field: Field, choices: Sequence[Choice], words: Words, telling: Words) -> str:
    """A text, or the value behind the name that was chosen."""
    if field.names == LANGUAGE:
        return language_code(text, words)
    value = value_of(text, choices)
    if value is None and field.choices:
        said = telling.gettext("“%(text)s” is none of the choices. Choose one from the list: %(names)s.")
        raise Unreadable(said % {"text": short(text), "names": "; ".join(name for _, name in choices)}, text)
    if value is None and field.names in NUMBERED:
        return number_of(text)
    return text if value is None else value


def _as_text(cell: Cell, words: Words) -> str:
    value = cell.value
    if isinstance(value, bool):
        return words.gettext("yes") if value else words.gettext("no")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("_x000D_\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


def _yes_or_no(text: str, field: Field, choices: Sequence[Choice], telling: Words) -> str:
    plain = text.strip()
    value = value_of(plain, choices) or ("yes" if plain.casefold() in YES else "no" if plain.casefold() in NO else "")
    if value or field.form is Form.YES_NO_WORDS:
        return value or plain
    said = telling.gettext("“%(text)s” is neither yes nor no. Choose one from the list: %(yes)s or %(no)s.")
    raise Unreadable(said % {"text": short(text), "yes": choices[0][1], "no": choices[1][1]}, plain)


def short(text: str) -> str:
    """Somebody's text inside a message."""
    line = " ".join(UNWRITABLE.sub(" ", text).split())
    return line if len(line) <= 60 else f"{line[:59]}…"
