"""The small typed parts that contribution kinds are made of: texts, counts, money, references into the programme.

Every text and list has a size limit. What a reference may name is looked up in the validation's context (`Known`), so
that a wrong theme is reported beside all other faults; without a context only the shape is checked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher, get_close_matches
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticKnownError

from models.definition import Definition, Kind, Language, Side, Slug, Website
from models.fault_words import PATTERN_WORDS, shown

SUPPRESSED_BELOW = 5
"""Smaller counts of people could point at a person (`domain.md`, "Data protection")."""

# NUL breaks PostgreSQL and XML, lone surrogates break UTF-8, direction overrides make text read as what it is not.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202d\u202e\ufffe\uffff]")

LONGEST_COMPARED = 100
"""Characters of a name that is compared with those there are."""

WRITTEN_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Loc = tuple[str | int, ...]


@dataclass(frozen=True)
class KnownPair:
    """The pair a contribution is about: two cities and their theme, by slug."""

    mentor: str
    mentee: str
    theme: str


@dataclass(frozen=True)
class Known:
    """What a contribution may refer to in its programme: theme slugs, and the cities with the side they may take.

    A programme that runs knows more: the pair and the key factors of its benchmark, the actions of each city's plan, its first day
    and the present one. None, or no plan of a city: not known here, so not checked.
    """

    themes: tuple[str, ...]
    cities: dict[str, Side | None]
    results: tuple[str, ...] = ()
    pair: KnownPair | None = None
    key_factors: tuple[str, ...] | None = None
    actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    titles: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """What people call key factors, by ("key-factor", id), and actions, by (city, id)."""
    starts_on: date | None = None
    today: date | None = None
    held_on: date | None = None
    """The day on which the meeting that is reported on was recorded to have taken place, the last where it took several."""

    @classmethod
    def of(cls, definition: Definition) -> Known:
        """All that `definition` declares."""
        return cls(
            tuple(theme.slug for theme in definition.themes),
            {city.slug: city.side for city in definition.organisations if city.kind is Kind.CITY},
            tuple(result.slug for result in definition.expected_results),
        )


def broken(message: str) -> PydanticCustomError:
    """A broken rule as pydantic reports it; the message is taken literally, braces included."""
    return PydanticCustomError("value_error", "{message}", {"message": message})


def refuse(found: Iterable[tuple[Loc, str]]) -> None:
    """Raises one ValidationError for all broken rules, each at its own place inside the model; nothing when none is."""
    errors = [InitErrorDetails(type=broken(message), loc=loc, input=None) for loc, message in found]
    if errors:
        raise ValidationError.from_exception_data("rules", errors)


def repeated(values: Sequence[Hashable], place: str, *, field: str = "", what: str = "entry") -> list[tuple[Loc, str]]:
    """One fault for every value that stood in the list before: at `place.<index>.<field>`."""
    seen: dict[Hashable, int] = {}
    found: list[tuple[Loc, str]] = []
    for index, value in enumerate(values):
        if value in seen:
            loc: Loc = (place, index, field) if field else (place, index)
            found.append((loc, f"the same {what} as number {seen[value] + 1}; give each once"))
        seen.setdefault(value, index)
    return found


def clean_text(value: str) -> str:
    """One form for one text, so that equal texts hash equally: NFC, line feeds, no unprintable characters."""
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    if bad := UNPRINTABLE.search(text):
        raise broken(f"contains the unprintable character U+{ord(bad.group()):04X}; remove it")
    return text


def clean_line(value: str) -> str:
    """As `clean_text`, on one line."""
    return re.sub(r"\s*[\n\t]\s*", " ", clean_text(value))


def not_a_boolean(value: Any) -> Any:
    """YAML reads `yes` as a boolean and Python counts it as 1: never what was meant where a number is asked for."""
    if isinstance(value, bool):
        raise broken("should be a number, not yes or no")
    return value


def written_day(value: Any) -> Any:
    """A date is written as one: a number would be read as seconds since 1970, which nobody means."""
    if isinstance(value, date) or (isinstance(value, str) and WRITTEN_DAY.fullmatch(value.strip())):
        return value
    raise PydanticKnownError("date_type")


def plain_number(value: float) -> float:
    """12, not 12.0: one form for one number, and the form in which people read it."""
    return int(value) if value.is_integer() else value


def _unknown(what: str, value: str, known: Iterable[str], where: str = "in this programme") -> PydanticCustomError:
    return broken(_unknown_text(what, value, known, where))


def _unknown_text(what: str, value: str, known: Iterable[str], where: str) -> str:
    """ "there is no theme called 'x' in this programme", with what there is and, where one alone is near, what was probably meant."""
    names, value = list(known), shown(value)
    listed = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    if not names:
        return f"there is no {what} called '{value}' {where}; there is none at all yet"
    if near := nearest(value, names):
        return f"there is no {what} called '{value}' {where}. Did you mean '{near}'? Choose one of: {listed}"
    return f"there is no {what} called '{value}' {where}. Choose one of: {listed}"


def nearest(value: str, names: Iterable[str]) -> str:
    """The name that was probably meant, whatever its capitals; empty where none, or several, are as near."""
    folded = {name.casefold(): name for name in names}
    if len(value) > LONGEST_COMPARED:
        return ""
    near = get_close_matches(value.casefold(), folded, n=2, cutoff=0.6)
    is_clear = len(near) == 1 or (len(near) > 1 and _nearness(value.casefold(), near[0]) > _nearness(value.casefold(), near[1]))
    return folded[near[0]] if is_clear else ""


def _nearness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def looked_up(check: Callable[[str, ValidationInfo], str]) -> WrapValidator:
    """A reference that is not even spelled like one names nothing either: that is said, with what there is, and no rule of spelling."""

    def wrapped(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return handler(value)
        except ValidationError:
            if isinstance(value, str) and value.strip() and isinstance(info.context, Known):
                check(clean_line(value.strip()), info)
            raise

    return WrapValidator(wrapped)


def known_theme(value: str, info: ValidationInfo) -> str:
    """A theme of the programme."""
    if isinstance(info.context, Known) and value not in info.context.themes:
        raise _unknown("theme", value, info.context.themes)
    return value


def known_city(value: str, info: ValidationInfo) -> str:
    """A city of the programme."""
    if isinstance(info.context, Known) and value not in info.context.cities:
        raise _unknown("city", value, info.context.cities)
    return value


def of_the_pair(value: str, info: ValidationInfo) -> str:
    """One of the two cities of the pair."""
    pair = info.context.pair if isinstance(info.context, Known) else None
    if pair is not None and value not in (pair.mentor, pair.mentee):
        raise broken(f"'{value}' is not in this pair; name one of its two cities, '{pair.mentor}' or '{pair.mentee}'")
    return value


def theme_of_the_pair(value: str, info: ValidationInfo) -> str:
    """The theme the pair works on."""
    pair = info.context.pair if isinstance(info.context, Known) else None
    if pair is not None and value != pair.theme:
        raise broken(f"'{value}' is not the theme of this pair; {pair.mentor} and {pair.mentee} work on '{pair.theme}'")
    return value


def known_mentor(value: str, info: ValidationInfo) -> str:
    """A city of the programme that may be a mentor."""
    if isinstance(info.context, Known) and info.context.cities.get(value) is Side.MENTEE:
        raise broken(f"'{value}' takes part as a mentee; name a city that may be a mentor")
    return known_city(value, info)


def known_mentee(value: str, info: ValidationInfo) -> str:
    """A city of the programme that may be a mentee."""
    if isinstance(info.context, Known) and info.context.cities.get(value) is Side.MENTOR:
        raise broken(f"'{value}' takes part as a mentor; name a city that may be a mentee")
    return known_city(value, info)


def known_result(value: str, info: ValidationInfo) -> str:
    """An expected result of the programme."""
    if isinstance(info.context, Known) and value not in info.context.results:
        raise _unknown("expected result", value, info.context.results)
    return value


def known_key_factor(value: str, info: ValidationInfo) -> str:
    """A key factor of the pair's benchmark."""
    if isinstance(info.context, Known) and info.context.key_factors is not None and value not in info.context.key_factors:
        raise _unknown("key factor", value, info.context.key_factors, "in the pair's benchmark")
    return value


def named_action(value: str, info: ValidationInfo) -> str:
    """An action that is spelled like none: of the plan that is spoken of, where that is clear, or of all there are."""
    if isinstance(info.context, Known) and info.context.actions:
        plan = info.context.pair.mentee if info.context.pair else ""
        known = info.context.actions.get(plan)
        if known is not None:
            raise _unknown("action", value, known, f"in the plan of {plan}")
        raise _unknown("action", value, dict.fromkeys(item for plan in info.context.actions.values() for item in plan))
    return value


def unknown_action(value: str, plan: str, context: Any) -> str:
    """What is wrong with an action named in speaking of a city's plan as it stands; empty where nothing is, or it is not known."""
    known = context.actions.get(plan) if isinstance(context, Known) else None
    return "" if known is None or value in known else _unknown_text("action", value, known, f"in the plan of {plan}")


def not_before_the_start(value: date, info: ValidationInfo) -> date:
    """Nothing of a programme happens before its first day."""
    if isinstance(info.context, Known) and info.context.starts_on is not None and value < info.context.starts_on:
        raise broken(f"{value} is before the programme started, on {info.context.starts_on}")
    return value


def not_to_come(value: date, info: ValidationInfo) -> date:
    """What is reported has happened."""
    if isinstance(info.context, Known) and info.context.today is not None and value > info.context.today:
        raise broken(f"{value} is still to come; report it once it has taken place")
    return value


def suppressed(value: int | None) -> int | None:
    """Counts of 1 to 4 people are refused; "none" points at nobody and stays."""
    if value is not None and 0 < value < SUPPRESSED_BELOW:
        raise broken("suppress counts under 5: leave it out, or say 'fewer than 5' in the text")
    return value


def distinct(values: list[str]) -> list[str]:
    """Nothing is named twice in a list."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise broken(f"'{value}' is given twice; give each once")
        seen.add(value)
    return values


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(clean_line)]
"""One line that must not be empty, at most 300 characters."""
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(clean_line)]
"""One line that may be left empty."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000), AfterValidator(clean_text)]
"""A text of some paragraphs that must not be empty, at most 8000 characters."""
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=8000), AfterValidator(clean_text)]
"""A text of some paragraphs that may be left empty."""
REFERENCE = r"^[A-Za-z0-9][A-Za-z0-9.-]*$"
MAILBOX = r"^[!-;=?A-~]+@[^\s<>@]+$"
PHONE = r"^\+?[0-9][0-9 ()/.-]{1,24}$"
PATTERN_WORDS.update(
    {
        REFERENCE: "letters a-z, digits, dots and dashes, such as 'A1'",
        MAILBOX: "one mailbox, such as 'courses@city.example'",
        PHONE: "a telephone number of digits, spaces and dashes, such as '112'",
    }
)

Reference = Annotated[str, StringConstraints(strip_whitespace=True, pattern=REFERENCE, max_length=48)]
"""The id of an action, objective or key factor: letters, digits, dots and dashes."""
Web = Website
"""A web address; http and https only, so that a page can link it."""
Mailbox = Annotated[str, StringConstraints(strip_whitespace=True, pattern=MAILBOX, max_length=254)]
"""A function mailbox; ASCII before the @ (`design.md`, "Notices through Apprise")."""

def names(what: str) -> Any:
    """Marks in the schema what a reference may name, so that a form can offer it: the lists of `tasks.forms.options`."""
    return Field(json_schema_extra={"names": what})


KeyFactorRef = Annotated[Reference, AfterValidator(known_key_factor), looked_up(known_key_factor), names("key-factor")]
ActionRef = Annotated[Reference, looked_up(named_action), names("action")]
ObjectiveRef = Annotated[Reference, names("objective")]
Day = Annotated[date, BeforeValidator(written_day)]
ProgrammeDay = Annotated[Day, AfterValidator(not_before_the_start)]
"""A day on which something of the programme happens: not before its first."""
PastDay = Annotated[ProgrammeDay, AfterValidator(not_to_come)]
"""A day on which something has happened."""

Lines = Annotated[list[Line], Field(max_length=60)]
SomeLines = Annotated[list[Line], Field(min_length=1, max_length=60)]
KeyFactors = Annotated[list[KeyFactorRef], Field(max_length=60), AfterValidator(distinct)]
Languages = Annotated[list[Annotated[Language, names("language")]], Field(min_length=1, max_length=24), AfterValidator(distinct)]

Whole = Annotated[int, Field(ge=0, le=1_000_000_000), BeforeValidator(not_a_boolean)]
Number = Annotated[
    float,
    Field(ge=-1e12, le=1e12, allow_inf_nan=False),
    BeforeValidator(not_a_boolean),
    PlainSerializer(plain_number, return_type=int | float),
]
People = Annotated[Whole, AfterValidator(suppressed), Field(json_schema_extra={"unit": "people"})]
Euro = Annotated[Whole, Field(json_schema_extra={"unit": "euro"})]
"""Whole euro; cents say more than a plan knows."""
Percent = Annotated[
    float,
    Field(ge=0, le=100, allow_inf_nan=False, json_schema_extra={"unit": "%"}),
    BeforeValidator(not_a_boolean),
    PlainSerializer(plain_number, return_type=int | float),
]
FromOneToFive = Annotated[int, Field(ge=1, le=5), BeforeValidator(not_a_boolean)]
Year = Annotated[int, Field(ge=1900, le=2200), BeforeValidator(not_a_boolean)]

ThemeSlug = Annotated[Slug, AfterValidator(known_theme), looked_up(known_theme), names("theme")]
ResultSlug = Annotated[Slug, AfterValidator(known_result), looked_up(known_result), names("result")]
CitySlug = Annotated[Slug, AfterValidator(known_city), looked_up(known_city), names("city")]
PairTheme = Annotated[Slug, AfterValidator(known_theme), AfterValidator(theme_of_the_pair), looked_up(known_theme), names("pair-theme")]
PairCity = Annotated[Slug, AfterValidator(known_city), AfterValidator(of_the_pair), looked_up(known_city), names("pair-city")]
"""A city of the pair a contribution is about, where that is known."""
MentorSlug = Annotated[Slug, AfterValidator(known_mentor), looked_up(known_mentor), names("mentor")]
MenteeSlug = Annotated[Slug, AfterValidator(known_mentee), looked_up(known_mentee), names("mentee")]
