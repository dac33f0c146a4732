"""What people type into one field and what it stands for: numbers and days as they are written where they live, texts as they are.

A draft keeps what was typed. What can be understood is kept in one form that no locale reads differently ("1200.5", "2022-03-01"), so that
two people with different languages see the same number; what cannot be understood is kept letter by letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_decimal_symbol, get_group_symbol

from models.contribution_kinds.parts import UNPRINTABLE
from tasks.page_fields import Field, Form
from tasks.wording import Words

Path = tuple[str, ...]
"""Where a value stands: names of fields and keys of entries, such as ("needs", "k3f9", "title")."""

PLAIN = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
WRITTEN_DAY = re.compile(r"(\d{1,2})[./\- ]{1,2}(\d{1,2})[./\- ]{1,2}(\d{4})\.?")
BLANKS = re.compile(r"[\s\u00a0\u202f\u2009']")
THOUSANDS = re.compile(r"\d{1,3}(?:(?P<mark>[.,])\d{3})(?:(?P=mark)\d{3})*")
EITHER = re.compile(r"[1-9]\d{0,2}\.\d{3}")
COMMA = re.compile(r"\d+,(?:\d{1,2}|\d{4,9})")
NUMBERS = (Form.WHOLE, Form.NUMBER)


@dataclass(frozen=True)
class Problem:
    """One thing to put right and where it stands. `is_gap`: nothing is wrong yet, something is still to be said."""

    path: Path
    message: str
    is_gap: bool = False

    @property
    def field(self) -> str:
        """The id of the field it is about."""
        return ".".join(self.path)


def kept(field: Field, text: str, words: Words) -> str:
    """What a draft keeps of what somebody typed into a field."""
    text = UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))  # pasted along, and nobody sees it to remove it
    stripped = text.strip()
    match field.form:
        case Form.WHOLE | Form.NUMBER:
            number = _number(field, stripped, words)
            return _plain(number) if number is not None else f" {stripped}" if PLAIN.fullmatch(stripped) else stripped
        case Form.DATE:
            return _day(stripped)
        case Form.TEXT | Form.LINES:
            return text.strip("\n") if stripped else ""
        case Form.YES_NO_WORDS:
            said = {words.gettext("yes").casefold(): "yes", words.gettext("no").casefold(): "no"}
            return said.get(stripped.casefold(), stripped)
    return stripped


def shown(field: Field, text: str, words: Words) -> str:
    """A kept text as the reader's language writes it."""
    if field.form in NUMBERS and PLAIN.fullmatch(text):
        return _written(text, words)
    if field.form is Form.YES_NO_WORDS and text in ("yes", "no"):
        return words.gettext("yes") if text == "yes" else words.gettext("no")
    return text


def to_read(field: Field, text: str, words: Words) -> str:
    """A kept text as one reads it and does not type it: large numbers with marks between the thousands, but no year."""
    is_amount = field.form in NUMBERS and (field.most is None or field.most >= 10_000)
    return words.number(Decimal(text)) if is_amount and PLAIN.fullmatch(text) else shown(field, text, words)


def value_of(field: Field, text: str, words: Words) -> tuple[Any, str]:
    """What a kept text stands for, and what is wrong with it; where something is, the value is the text itself.

    An empty text stands for nothing (None, or the empty text or list); whether that may be is not asked here.
    """
    match field.form:
        case Form.WHOLE | Form.NUMBER:
            return _number_of(field, text, words)
        case Form.DATE:
            if not text or _is_day(text):
                return text or None, ""
            return text, words.gettext("Write a date that exists, as year-month-day: 2022-03-01 is 1 March 2022.")
        case Form.YES_NO:
            return {"yes": True, "no": False, "": None}.get(text, text), ""
        case Form.YES_NO_WORDS:
            return {"yes": True, "no": False}.get(text, text), ""
        case Form.LINES:
            lines = [line.strip() for line in text.split("\n") if line.strip()]
            return lines, _too_many(field, lines, words) or next(filter(None, (_too_long(field, line, words) for line in lines)), "")
        case Form.CHOICE:
            return text or None, ""
    return text, _too_long(field, text.strip(), words)


def typed(field: Field, value: Any) -> str:
    """A value of a body as a draft keeps it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.form is Form.LINES:
        return "\n".join(str(line) for line in value) if isinstance(value, list | tuple) else str(value)
    if isinstance(value, int | float):
        return _plain(Decimal(repr(value)))
    return str(value)


def is_empty(text: str) -> bool:
    """Whether nothing was said."""
    return not text.strip()


# -- numbers -------------------------------------------------------------------------------------------------------


def _number_of(field: Field, text: str, words: Words) -> tuple[Any, str]:
    if not text:
        return None, ""
    number = _number(field, text, words) if not PLAIN.fullmatch(text) else Decimal(text)
    if number is None and _is_either(text.strip()):
        said = words.gettext("This could be read in two ways. Write it without marks between the thousands, or with other decimals.")
        return text, said
    if number is None or not number.is_finite():
        example = _written(_plain(_example(field)), words)
        return text, words.gettext("Write a number in figures, such as %(example)s.") % {"example": example}
    whole = number == number.to_integral_value()
    if field.form is Form.WHOLE and not whole:
        return text, words.gettext("Write a whole number, without decimals.")
    value: int | float = int(number) if whole else float(number)
    if field.least is not None and value < field.least:
        return value, words.gettext("It must be at least %(least)s.") % {"least": _written(_plain(Decimal(str(field.least))), words)}
    if field.most is not None and value > field.most:
        return value, words.gettext("It must be at most %(most)s.") % {"most": _written(_plain(Decimal(str(field.most))), words)}
    return value, ""


def _example(field: Field) -> Decimal:
    try:
        return Decimal(field.example)
    except InvalidOperation:
        return Decimal(1200)


def _number(field: Field, text: str, words: Words) -> Decimal | None:
    """A number as the language writes it, or in figures with a point; None where it is neither, or could be read in two ways.

    Whole numbers have no decimals, so whatever stands before three figures is a mark between thousands. Elsewhere "87.000" is 87 thousand
    to most of Europe and 87 to an English reader: who meant which is asked, not guessed.
    """
    decimal, group = get_decimal_symbol(words.locale), get_group_symbol(words.locale)
    squeezed = BLANKS.sub("", text).removesuffix("%" if field.unit == "%" else "")
    sign, digits = ("-", squeezed[1:]) if squeezed[:1] in ("-", "\N{MINUS SIGN}") else ("", squeezed)
    if field.form is Form.WHOLE and THOUSANDS.fullmatch(digits):
        digits = re.sub(r"\D", "", digits)
    elif decimal == "." and _is_either(digits):
        return None
    elif decimal == "." and COMMA.fullmatch(digits):
        digits = digits.replace(",", ".")
    mark = re.escape("" if BLANKS.fullmatch(group) else group)
    grouped = rf"\d{{1,3}}(?:{mark}\d{{3}})+" if mark else r"\d+"
    if re.fullmatch(rf"(?:\d+|{grouped})(?:{re.escape(decimal)}\d+)?", digits) and digits.isascii():
        digits = digits.replace(group, "").replace(decimal, ".")
    number = sign + digits
    return Decimal(number) if PLAIN.fullmatch(number) else None


def _is_either(digits: str) -> bool:
    """Whether a point before three figures could be a mark between thousands or one of decimals."""
    return EITHER.fullmatch(digits.removeprefix("-")) is not None


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _written(text: str, words: Words) -> str:
    """Without marks between the thousands: they help nobody who types, and a year has none. What comes back is read as what it is."""
    decimal = get_decimal_symbol(words.locale)
    return f"{text}0" if decimal == "." and _is_either(text) else text.replace(".", decimal)


# -- days and texts ------------------------------------------------------------------------------------------------


def _day(text: str) -> str:
    """A day written with the day first becomes an ISO date; anything else stays."""
    if found := WRITTEN_DAY.fullmatch(text):
        day, month, year = map(int, found.groups())
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            return text
    return text


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _too_long(field: Field, text: str, words: Words) -> str:
    if field.longest and len(text) > field.longest:
        said = words.gettext("Shorten it to %(most)s characters; it has %(has)s.")
        return said % {"most": words.number(field.longest), "has": words.number(len(text))}
    return ""


def _too_many(field: Field, lines: list[str], words: Words) -> str:
    if field.many and len(lines) > field.many:
        said = words.gettext("Give at most %(most)s; there are %(has)s.")
        return said % {"most": words.number(field.many), "has": words.number(len(lines))}
    return ""
