"""How data without a template of its own is laid out: which value becomes a list, a table, a set of cards or plain words.

Decides only; the markup is `templates/documents/data.html`.
"""

from __future__ import annotations

import re
from typing import Any

from babel import Locale, UnknownLocaleError

from tasks.reading import Reading
from tasks.wording import ISO_DATE, ISO_MOMENT, NOTHING

LONGEST_CELL = 180
MOST_COLUMNS = 6
CODE_WORD = re.compile(r"[a-z]+(-[a-z]+)+")
NAMED_KEYS = {
    "organisation",
    "organisations",
    "city",
    "cities",
    "mentor",
    "mentee",
    "host",
    "guest",
    "association",
    "theme",
    "themes",
    "facilitator",
    "wished_themes",
    "vetoes",
    "member",
    "partner",
    "partners",
    "service_owner",
    "mentors",
    "mentees",
    "lead",
}
NAMING_KEYS = ("title", "name", "statement", "heading", "topic", "city", "organisation")
LANGUAGE_KEYS = {"language", "languages", "working_languages", "languages_spoken", "interpreters"}
UNGROUPED_KEYS = {"year", "number", "id", "phone", "revision", "postcode"}


class Shape:
    """Layout decisions for one edition's data, in its language and with its names."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.words = reading.words

    def of(self, value: Any) -> str:
        """`nothing`, `text`, `list`, `table`, `cards`, `facts` or `parts`."""
        if is_nothing(value):
            return "nothing"
        if isinstance(value, dict):
            return "facts" if all(self._is_short(item) for item in value.values()) else "parts"
        if not isinstance(value, list):
            return "text"
        if not all(isinstance(item, dict) for item in value):
            return "list"
        return "table" if self._fits_table(value) else "cards"

    def columns(self, rows: list[dict[str, Any]]) -> list[str]:
        """The keys that any row fills, in the order of their first appearance."""
        seen = dict.fromkeys(key for row in rows for key in row)
        return [key for key in seen if any(not is_nothing(row.get(key)) for row in rows)]

    def title_key(self, row: dict[str, Any]) -> str:
        """The key whose value names a card; empty where none does."""
        return next((key for key in NAMING_KEYS if isinstance(row.get(key), str)), "")

    def said(self, key: str, value: Any) -> str:
        """One value in words, with the help of the key it stands under."""
        if is_nothing(value):
            return NOTHING
        if isinstance(value, bool):
            return self.words.gettext("yes") if value else self.words.gettext("no")
        if isinstance(value, int | float):
            return str(value) if key in UNGROUPED_KEYS else self.words.number(value, 2)
        if isinstance(value, list):
            return "; ".join(self.said(key, item) for item in value)
        if isinstance(value, dict):
            return ", ".join(f"{self.words.label(name)}: {self.said(name, item)}" for name, item in value.items() if not is_nothing(item))
        return self._said_text(key, str(value))

    def without(self, body: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
        """What a body says beside the given keys, without what says nothing."""
        return {key: value for key, value in body.items() if key not in keys and not is_nothing(value)}

    def language(self, code: str) -> str:
        """A language's name in the document's language."""
        try:
            return str(Locale.parse(code, sep="-").get_language_name(self.words.locale) or code)
        except (UnknownLocaleError, ValueError):
            return code

    def languages(self, codes: list[str]) -> str:
        """Several languages by name, joined as the document's language joins them."""
        return self.words.listing([self.language(code) for code in codes])

    def _said_text(self, key: str, text: str) -> str:
        if key in NAMED_KEYS:
            return self.reading.named(text)
        if key in LANGUAGE_KEYS and len(text) <= 8:
            return self.language(text)
        if ISO_DATE.fullmatch(text):
            return self.words.date(text)
        if ISO_MOMENT.fullmatch(text):
            return self.words.moment(text)
        return self.words.gettext(text.replace("-", " ")) if CODE_WORD.fullmatch(text) and len(text) < 32 else text

    def _is_short(self, value: Any) -> bool:
        if isinstance(value, list):
            return all(not isinstance(item, dict | list) for item in value) and len(self.said("", value)) <= LONGEST_CELL
        return not isinstance(value, dict) and len(str(value)) <= LONGEST_CELL

    def _fits_table(self, rows: list[dict[str, Any]]) -> bool:
        return len(self.columns(rows)) <= MOST_COLUMNS and all(self._is_short(value) for row in rows for value in row.values())


def is_nothing(value: Any) -> bool:
    """Whether a value says nothing: none, or an empty text, list or mapping. Zero and no do say something."""
    return value is None or (isinstance(value, str | list | dict | tuple) and len(value) == 0)
