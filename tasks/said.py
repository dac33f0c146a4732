"""Sentences that models say in English (faults, refusals, reasons), in the reader's language.

A model says `'work' is given twice; give each once`; the catalogue has the message `'{value}' is given twice; give each once` under the
context `said`. Here the message is found again by its words, and its values go into the translation just as they came: they are
what somebody wrote. Values that are words of ours (`a number`, `key factor`) are translated too.
"""

from __future__ import annotations

import gettext
import re
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale

from models.errors import BadFile
from models.method import METHOD
from tasks.wording import ISO_DATE, Words

SAID = "said"
PLACE = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
OF_OURS = re.compile(
    r"(what|where|wanted|noun|kind|verdict|state|given|said|word|problem|expected|pattern|pattern_words|title|role|why|instead|in_words)\d*"
)
"""Places that hold words of ours rather than what somebody wrote; a value in quotation marks is left alone in any case."""
TELLING = 4
"""A pattern with fewer letters of its own is found in nearly everything: it stands for one reason of several at most."""
LONGEST = 2000
"""Longer texts are no sentence of ours."""


@dataclass(frozen=True)
class Pattern:
    """A message to recognise, and what it is in the language."""

    expression: re.Pattern[str]
    translation: str
    first: str
    """What it begins with: looked at before the expression, which takes longer."""


@dataclass(frozen=True)
class Sayings:
    """A language's sentences: those without values by their text, the others by their patterns, the most telling first."""

    plain: dict[str, str]
    patterns: tuple[Pattern, ...]


def in_words(words: Words, message: str | None) -> str:
    """The sentence in the language of the words; as it is where it is none of ours, or in English. Nothing for nothing."""
    if not message:
        return ""
    sayings = _sayings(words.language)
    said = _said(sayings, words, message, 3)
    if said != message or not sayings.plain:
        return said
    whole = message.removesuffix(".")  # a page may have made a sentence of it
    for other in (whole[:1].lower() + whole[1:], whole):
        if (said := _said(sayings, words, other, 3)) != other:
            return (said[:1].upper() + said[1:] if message[:1].isupper() else said) + message[len(whole) :]
    if "; " in message:  # several reasons in one text
        parts = message.split("; ")
        told = [_said(sayings, words, part, 3) for part in parts]
        return "; ".join(told) if all(one != other for one, other in zip(told, parts, strict=True)) else message
    return message


def faults_in_words(words: Words, bad: BadFile) -> list[str]:
    """The faults of a file as `FILE:LINE: path: message`, messages in the language of the words."""
    return [
        f"{bad.name}:{fault.line}: {fault.path}: {in_words(words, fault.message)}"
        if fault.path
        else f"{bad.name}:{fault.line}: {in_words(words, fault.message)}"
        for fault in bad.faults
    ]


def _said(sayings: Sayings, words: Words, message: str, depth: int) -> str:
    """The sentence, or the word, as it is said; itself where it is not known. Of several patterns the one whose words are all known."""
    if message in sayings.plain:
        return sayings.plain[message]
    if not message or not depth or len(message) > LONGEST:
        return message
    fallback = ""
    for pattern in sayings.patterns:
        if message.startswith(pattern.first) and (match := pattern.expression.fullmatch(message)):
            said, all_known = _filled(pattern.translation, match.groupdict(), sayings, words, depth)
            if all_known:
                return said
            fallback = fallback or said
    return fallback or words.gettext(message)


def _filled(translation: str, values: dict[str, str], sayings: Sayings, words: Words, depth: int) -> tuple[str, bool]:
    """The translation with its values, and whether every word of ours among these is known."""
    filled, all_known = dict(values), True
    for place, value in values.items():
        if value.startswith(("'", "“", '"')):
            continue
        if OF_OURS.fullmatch(place):
            filled[place] = _said(sayings, words, value, depth - 1)
            all_known = all_known and (filled[place] != value or value in sayings.plain or not value[:1].isalpha())
        else:
            filled[place] = _named(words, place.rstrip("0123456789"), value)
    return PLACE.sub(lambda place: filled.get(place[1], place[0]), translation), all_known


def _named(words: Words, place: str, value: str) -> str:
    """A value that names a day, a gate or a country, as the language writes it; any other as it is."""
    if ISO_DATE.fullmatch(value):
        return words.date(value)
    if place == "label":
        key, _, scope = value.partition(" @ ")
        return f"“{words.gettext(METHOD.gates[key].title)}” ({scope})" if key in METHOD.gates else value
    if place == "place":
        country, bracket, rest = value.partition(" (")
        return _countries(words.language).get(country, country) + bracket + rest
    return value


@lru_cache(maxsize=16)
def _countries(language: str) -> dict[str, str]:
    """Countries by their English names."""
    own = Words(language).locale.territories
    return {name: str(own.get(code, name)) for code, name in Locale("en").territories.items()}


@lru_cache(maxsize=32)
def _sayings(language: str) -> Sayings:
    translations = Words(language).translations
    messages = translations._catalog if isinstance(translations, gettext.GNUTranslations) else {}  # type: ignore[attr-defined]  # noqa: SLF001
    start = f"{SAID}\x04"
    found = {key.removeprefix(start): text for key, text in messages.items() if isinstance(key, str) and key.startswith(start)}
    plain = {_literal(message): _literal(text) for message, text in found.items() if not PLACE.search(message)}
    valued = sorted((message for message in found if PLACE.search(message)), key=lambda message: (-len(PLACE.sub("", message)), message))
    return Sayings(plain, tuple(_pattern(message, found[message]) for message in valued))


def _pattern(message: str, translation: str) -> Pattern:
    parts = PLACE.split(message)
    any_text = ".+?" if len("".join(parts[::2])) >= TELLING else "[^;]+?"
    expression = "".join(f"(?P<{part}>{any_text})" if index % 2 else re.escape(_literal(part)) for index, part in enumerate(parts))
    return Pattern(re.compile(expression, re.DOTALL), translation, _literal(parts[0]))


def _literal(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")
