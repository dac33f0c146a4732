"""What can be chosen in a cell, as people call it, and back: what a form offers (`tasks.forms.options`), languages, yes and no."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from babel import Locale

from tasks.forms.options import Offer
from tasks.page_fields import Form
from tasks.wording import Words
from tasks.workbook.layout import Column

LANGUAGE = "language"
NUMBERED = ("key-factor", "action", "objective")
"""What is called by an id and a title, "A1: Evening courses"; the id alone will do."""

Choice = tuple[str, str]
"""A value and what it is called."""


def choices_of(column: Column, offer: Offer) -> list[Choice]:
    """What one field, or one line of it, can be; empty where it is free. The same names are told apart by their values."""
    if column.field.form is Form.YES_NO_WORDS:
        return [("yes", offer.words.gettext("Yes")), ("no", offer.words.gettext("No"))]
    if column.field.names == LANGUAGE:
        return []
    choices = offer.choices(column.field, column.place)
    names = [choice.label for choice in choices]
    return [(item.value, item.label if names.count(item.label) == 1 else f"{item.label} ({item.value})") for item in choices]


def name_of(value: str, choices: Sequence[Choice]) -> str:
    """What a value is called; itself where it has no name."""
    return next((name for known, name in choices if known == value), value)


def value_of(said: str, choices: Sequence[Choice]) -> str | None:
    """The value of what was chosen or written, by name or value, whatever its capitals and spaces; None where it is none of them."""
    wanted = _plain(said)
    for value, name in choices:
        if wanted in (_plain(name), _plain(value)):
            return value
    return None


def number_of(said: str) -> str:
    """The id of "A1: Evening courses", whose title may have changed since."""
    return said.split(":", 1)[0].strip()


def _plain(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split()).casefold()


# -- languages -----------------------------------------------------------------------------------------------------


def language_name(code: str, words: Words) -> str:
    """A language's name in the reader's; the code where the name would not lead back to it."""
    name = str(words.locale.languages.get(code.replace("-", "_"), ""))
    return name[:1].upper() + name[1:] if name and language_code(name, words) == code else code


def language_code(said: str, words: Words) -> str:
    """The code of a language by its name in the reader's language or English; what was said where there is none such."""
    return _codes(words.language).get(_plain(said), said.strip())


@lru_cache(maxsize=16)
def _codes(language: str) -> dict[str, str]:
    """The codes of languages by their names, those in the language itself before those in English."""
    found: dict[str, str] = {}
    for locale in (Words(language).locale, Locale("en")):
        for code, name in locale.languages.items():
            if "_" not in code:
                found.setdefault(_plain(str(name)), str(code))
    return found
