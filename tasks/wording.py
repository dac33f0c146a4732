"""How a document says things in one language: messages through gettext, dates and numbers through Babel, names of data fields.

No sentence of a document is written here; those stand in the templates.
"""

from __future__ import annotations

import gettext
import io
import json
import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_locale_identifier, parse_locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
LOCALES = Path(__file__).resolve().parent.parent / "templates" / "locales"
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "yi", "dv"})
NOTHING = "\N{EN DASH}"
"""What stands where there is nothing to say."""
CENTS = re.compile(r"\.0+")
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
ACRONYMS = {"eu": "EU", "ngo": "NGO", "ngos": "NGOs", "url": "address", "id": "no.", "sc": "Steering Committee"}


Day = str | date
"""A calendar day, or its ISO text."""


class Words:
    """One language's way of saying things. Unknown languages are written the international English way."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = _locale(language)
        self.translations = translations(language)
        self.gettext = self.translations.gettext
        self.ngettext = self.translations.ngettext

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`, for the `dir` attribute."""
        return "rtl" if self.language.split("-")[0] in RIGHT_TO_LEFT else "ltr"

    def date(self, value: Day | None, style: str = "long") -> str:
        """A calendar day in words; a dash where there is none, the text itself where it is no ISO date."""
        day = as_day(value)
        if day is None:
            return NOTHING if value in (None, "") else str(value)
        return format_date(day, style, locale=self.locale)

    def month(self, value: Day) -> str:
        """Month and year of a day, short: "Oct 2021"."""
        day = as_day(value)
        return format_date(day, "MMM y", locale=self.locale) if day else str(value)

    def moment(self, value: str | datetime | None, zone: str = "") -> str:
        """An instant on the clock of a time zone (IANA), which is named beside it; in UTC where none is given."""
        if value in (None, ""):
            return NOTHING
        at = value if isinstance(value, datetime) else _moment(str(value))
        if at is None:
            return self.date(str(value))
        if zone and at.tzinfo is not None:
            return f"{format_datetime(at.astimezone(ZoneInfo(zone)), 'd MMMM y HH:mm', locale=self.locale)} ({zone})"
        return f"{format_datetime(at, 'd MMMM y HH:mm', locale=self.locale)} UTC"

    def number(self, value: float | Decimal | None, digits: int = 1) -> str:
        """A number with at most that many decimals; a dash where there is none."""
        if value is None:
            return NOTHING
        return format_decimal(
            float(round(value, digits)) if isinstance(value, float) else value, locale=self.locale, decimal_quantization=False
        )

    def percent(self, share: float | None, digits: int = 1) -> str:
        """A share of one as per cent."""
        if share is None:
            return NOTHING
        return format_percent(round(share, digits + 2), locale=self.locale, decimal_quantization=False)

    def money(self, value: float | Decimal | str | None, currency: str = "EUR") -> str:
        """An amount in whole units of the currency, a dash where there is none."""
        if value is None or value == "":
            return NOTHING
        amount = Decimal(str(value))
        pattern = "¤ #,##0" if self.language == "en" else CENTS.sub("", self.locale.currency_formats["standard"].pattern)
        return format_currency(amount, currency, format=pattern, locale=self.locale, currency_digits=False)

    def label(self, key: str) -> str:
        """The readable name of a data field: `lead_department` becomes "Lead department"."""
        return self.gettext(readable(str(key))) if key else ""

    def example(self, text: str) -> str:
        """A field's example, told in the language where it is prose; JSON lists entry by entry."""
        if not text.startswith("["):
            return self.gettext(text) if text else ""
        found = json.loads(text)
        return json.dumps([self.gettext(item) if isinstance(item, str) and item else item for item in found], ensure_ascii=False)

    def listing(self, names: list[str]) -> str:
        """Names joined as the language joins them: "a, b and c"."""
        if len(names) < 2:
            return "".join(names)
        return self.gettext("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def readable(key: str) -> str:
    """The English name of a data field: `lead_department` becomes "Lead department"; it is the message that is translated."""
    words = re.sub(r"[_\-]+", " ", key).strip()
    words = re.sub(r" (on|at)$", "", words) if re.search(r"_(on|at)$", key) else words
    whole = " ".join(ACRONYMS.get(part, part) for part in words.split())
    return whole[:1].upper() + whole[1:]


# -- catalogues ----------------------------------------------------------------------------------------------------


def catalogue_of(language: str) -> Path | None:
    """The file of a language's messages, or of the language without its script; None where there is none."""
    if not LANGUAGE.fullmatch(language):
        return None
    for name in dict.fromkeys((language.replace("-", "_"), language.partition("-")[0])):
        path = LOCALES / name / "LC_MESSAGES" / "messages.po"
        if path.is_file():
            return path
    return None


@lru_cache(maxsize=256)
def is_spoken(language: str) -> bool:
    """Whether there are words in that language: English, and what has a catalogue."""
    return language == "en" or catalogue_of(language) is not None


@lru_cache(maxsize=1)
def catalogues() -> tuple[str, ...]:
    """Every language there are words in, English first."""
    return ("en", *sorted(path.parts[-3].replace("_", "-") for path in LOCALES.glob("*/LC_MESSAGES/messages.po")))


@lru_cache(maxsize=64)
def spoken(languages: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the languages that there are words in, in their order and each once; English where there are words in none."""
    return tuple(language for language in dict.fromkeys(languages) if is_spoken(language)) or ("en",)


@lru_cache(maxsize=32)
def translations(language: str) -> gettext.NullTranslations:
    """A language's messages, compiled in memory when they are first needed (some 0.06 s); the messages themselves where it has none."""
    path = catalogue_of(language)
    if path is None:
        return gettext.NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, ignore_obsolete=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    found = gettext.GNUTranslations(compiled)
    found._catalog.pop("", None)  # type: ignore[attr-defined]  # noqa: SLF001 - the catalogue's head: nothing in any language is nothing
    return found


def as_day(value: Any) -> date | None:
    """The calendar day an ISO date or instant stands for; None where it is neither."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not ISO_DATE.match(value):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    if language == "en":
        return Locale("en", "GB")
    try:
        return Locale.parse(get_locale_identifier(parse_locale(language, sep="-"), sep="_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en", "GB")
