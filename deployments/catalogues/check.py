"""What is wrong with a catalogue: what is missing, doubtful, unused, broken, or was left in English. Text outside gettext is `literal`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry

from deployments.catalogues.files import entries, ids_of, key_of, strings_of
from deployments.catalogues.texts import Message
from tasks.said import SAID

NAMED = re.compile(r"%\((\w+)\)[sd]")
BRACED = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
STRAY = re.compile(r"%(?!\(\w+\)[sd]|%)")
QUOTED = re.compile(r"`[^`]*`|“(?:on|on behalf of|stuck|sweep|make up)”|'[^']*'|https?://\S+|--[\w-]+|\S+\.(?:md|log|yaml)\b")
"""Names of things that are the same in every language: commands, keys, values, files."""
ENGLISH = re.compile(
    r"\b(the|and|of|is|are|was|were|be|been|has|have|had|this|that|these|those|which|what|who|whom|whose|when|where|why|how|with|without|"
    r"from|for|to|it|its|you|your|we|our|they|their|not|or|but|if|an|by|on|at|as|nothing|there|here|will|can|may|must|every|each|read|write|"
    r"city|cities|day|days|please|again|more|than|after|before|answer|file)\b",
    re.IGNORECASE,
)
SAME = {
    "it": {
        "%", "no", "online", "euro", "Euro", "Governance", "Mentee", "mentee", "Partner", "Agenda", "Workshop", "Online", "PDF", "Excel",
        "Word", "No", "in %(unit)s", "In %(unit)s.", "%(number)s MB", "%(number)s kB", "%(number)s byte", "%(topic)s: %(due)s",
        "%(name)s (%(role)s)", "{names}: {why}", "{gate} @ {scope}",
        "'in-person' or 'virtual'", "'mentor' or 'mentee'",
    },
}  # fmt: skip
"""What is the same in a language as in English, by language."""
OWN = {"it": {"file"}}
"""Words of `ENGLISH` that the language uses too."""


def problems(language: str, catalogue: Catalog, said: Mapping[tuple[str, str], Message]) -> Iterator[str]:
    """Everything that is wrong with a language's catalogue, in words, each with the message it is about."""
    known = {key_of(entry): entry for entry in entries(catalogue)}
    for key in said:
        if key not in known:
            yield f"not in the catalogue: {key[1]!r} ({min(said[key].places)}); run update"
    for key, entry in known.items():
        if key not in said:
            yield f"said nowhere any more: {key[1]!r}; run update"
        yield from (f"{what}: {key[1]!r} → {' | '.join(strings_of(entry))!r}" for what in _of_entry(language, entry, catalogue.num_plurals))


def _of_entry(language: str, entry: Entry, plurals: int) -> Iterator[str]:
    texts, strings = ids_of(entry), strings_of(entry)
    if not all(strings) or (len(texts) > 1 and len(strings) != plurals):
        yield "not translated"
        return
    if "fuzzy" in entry.flags:
        yield "doubtful (fuzzy)"
    for number, string in enumerate(strings):
        yield from _differences(texts, string, is_said=entry.context == SAID, may_omit=len(texts) > 1 and number == 0)
        if texts[0] not in SAME.get(language, ()) and looks_english(language, texts, string):
            yield "looks English"


def _differences(texts: tuple[str, ...], string: str, *, is_said: bool, may_omit: bool) -> Iterator[str]:
    """Places, outer spaces, tags, the colon that titles are cut at."""
    places = BRACED if is_said else NAMED
    wanted, given = {name for text in texts for name in places.findall(text)}, set(places.findall(string))
    if given - wanted or (wanted - given and not may_omit):
        yield f"places differ, {', '.join(sorted(wanted ^ given))}"
    if wanted and not is_said and STRAY.search(string):
        yield "a stray % sign"
    if texts[0][:1].isspace() != string[:1].isspace() or texts[0][-1:].isspace() != string[-1:].isspace():
        yield "spaces at its ends differ"
    if sorted(_tags(texts[-1])) != sorted(_tags(string)):
        yield "tags differ"
    if texts[0].count("\n") != string.count("\n"):
        yield "line breaks differ"


def looks_english(language: str, texts: tuple[str, ...], string: str) -> bool:
    """Whether a translation is the English text, or has words in it that only English has."""
    bare = BRACED.sub("", NAMED.sub("", string))
    if string in texts:
        return bool(re.search(r"[A-Za-z]{2}", bare))
    own = OWN.get(language, set())
    return any(word.casefold() not in own for word in ENGLISH.findall(QUOTED.sub(" ", bare)))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(f"<{tag} {attrs}>")

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"</{tag}>")


def _tags(text: str) -> list[str]:
    parser = _Tags()
    parser.feed(text)
    return parser.found
