"""Faults of shape in a person's words: what Pydantic says, turned into what to write instead. No lines here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

PATTERN_WORDS = {
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "lower-case letters a-z, digits and single hyphens, such as 'saint-jean'",
    r"^[a-z]{2,3}(-[A-Z][a-z]{3})?$": "a language code in lower case, such as 'fr' (with a script: 'sr-Latn')",
    r"^[A-Z]{2}$": "a country code of two capitals, such as 'BE'",
    r"^\d\d-\d\d$": "a day of the year as 'MM-DD' in quotes, such as '08-01'",
    "^(in-person|virtual)$": "'in-person' or 'virtual'",
    "^(mentor|mentee)$": "'mentor' or 'mentee'",
    r"^https?://[^\s<>]+$": "a web address that starts with http:// or https://",
}
"""What a pattern asks for; a module with patterns of its own adds them here."""

_EXPECTED = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number, and not that long",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "date_type": "must be a date such as 2024-05-31",
    "date_parsing": "must be a date such as 2024-05-31",
    "date_from_datetime_parsing": "must be a date such as 2024-05-31",
    "date_from_datetime_inexact": "must be a date such as 2024-05-31, without a time",
    "datetime_type": "must be a date and time such as 2024-05-31T09:00Z",
    "datetime_parsing": "must be a date and time such as 2024-05-31T09:00Z",
    "datetime_from_date_parsing": "must be a date and time such as 2024-05-31T09:00Z",
    "time_type": "must be a time such as 09:30",
    "time_parsing": "must be a time such as 09:30",
    "list_type": "must be a list, each item on a line that starts with '- '",
    "tuple_type": "must be a list, each item on a line that starts with '- '",
    "dict_type": "must be a mapping, 'key: value' on each line",
    "model_type": "must be a mapping, 'key: value' on each line",
    "model_attributes_type": "must be a mapping, 'key: value' on each line",
}
_NOUNS = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a mapping", type(None): "nothing"}


def shown(text: str, limit: int = 60) -> str:
    """Foreign text for a message: one line, printable, not too long."""
    line = "".join(char if char.isprintable() else "?" for char in text[: limit + 1])
    return line if len(line) <= limit else line[: limit - 1] + "…"


def quoted(value: object) -> str:
    """A value as a message shows it: text in quotes, anything else by its kind."""
    if isinstance(value, str):
        return f"'{shown(value)}'"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:60]
    return _NOUNS.get(type(value), "something else")


def suggestion(word: str, known: Iterable[str]) -> str:
    """`: did you mean 'country'?` where a known word is close, else nothing."""
    close = closest(word, known)
    return f": did you mean '{close}'?" if close else ""


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that is close; empty where none is."""
    return _closest(word, tuple(known))


@lru_cache(maxsize=4096)
def _closest(word: str, known: tuple[str, ...]) -> str:
    if len(word) > 100:
        return ""
    folded = {candidate.casefold(): candidate for candidate in reversed(known)}
    close = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else ""


def in_words(item: dict[str, Any]) -> str:
    """One of Pydantic's errors (`type`, `msg`, `input`, `ctx`) as a sentence without its place."""
    kind, given, context = item["type"], item.get("input"), item.get("ctx") or {}
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}, not {quoted(given)}"
    if kind in ("enum", "literal_error"):
        known = re.findall(r"'([^']*)'", context.get("expected", ""))
        return f"{quoted(given)} is not one of {', '.join(known)}{suggestion(str(given), known)}"
    if kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        return f"{quoted(given)} must be {PATTERN_WORDS.get(pattern, f'text of the form {pattern}')}"
    if kind == "value_error":
        return shown(str(item["msg"]).removeprefix("Value error, "), 300)
    return _measured(kind, context) or shown(str(item["msg"])[:1].lower() + str(item["msg"])[1:], 200)


def _measured(kind: str, context: dict[str, Any]) -> str:
    """Sentences about length and size; empty for any other error."""
    match kind:
        case "string_too_short":
            return "must not be empty" if context["min_length"] == 1 else f"must have at least {context['min_length']} characters"
        case "string_too_long":
            return f"must have at most {_count(context['max_length'], 'character')}"
        case "too_short":
            return f"must have at least {_count(context['min_length'], 'item')}, and has {context['actual_length']}"
        case "too_long":
            return f"must have at most {_count(context['max_length'], 'item')}, and has {context['actual_length'] or 'more'}"
        case "greater_than":
            return f"must be more than {context['gt']}"
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "less_than":
            return f"must be less than {context['lt']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
    return ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def siblings(model: type[BaseModel] | None, loc: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that `model` knows at `loc`, of every member where a union leaves several; none without a model."""
    if model is None:
        return ()
    schema = _schema(model)
    places = [schema]
    for part in loc:
        below = [found for place in places for found in _below(place, part, schema)]
        places = below or places  # a union's member is no place in the schema
    return tuple(dict.fromkeys(key for place in places for option in _options(place, schema) for key in option.get("properties", {})))


@lru_cache(maxsize=64)
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _options(place: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The place itself with its reference followed, or the members of a union."""
    if reference := place.get("$ref"):
        return _options(schema["$defs"][reference.rsplit("/", 1)[-1]], schema)
    members = [*place.get("anyOf", ()), *place.get("oneOf", ()), *place.get("allOf", ())]
    return [option for member in members for option in _options(member, schema)] or [place]


def _below(place: dict[str, Any], part: str | int, schema: dict[str, Any]) -> list[dict[str, Any]]:
    """What the schema has one step down: a property, an item, or the value of a free key."""
    found = []
    for option in _options(place, schema):
        if part in option.get("properties", {}):
            found.append(option["properties"][part])
        elif isinstance(part, int) and isinstance(option.get("items"), dict):
            found.append(option["items"])
        elif isinstance(option.get("additionalProperties"), dict):
            found.append(option["additionalProperties"])
    return found
