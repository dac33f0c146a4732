"""Catalogue files: reading, bringing up to date with what is said, writing. What is said is `texts`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.pofile import read_po, write_po

from deployments.catalogues.texts import Message
from tasks import wording

MADE = datetime(2026, 1, 1, tzinfo=UTC)
"""A catalogue's dates say nothing here, and one that changes at every update only makes conflicts."""
WIDTH = 140


def path_of(language: str) -> Path:
    """Where a language's catalogue is."""
    return wording.LOCALES / language.replace("-", "_") / "LC_MESSAGES" / "messages.po"


def languages() -> list[str]:
    """Languages that have a catalogue."""
    return sorted(path.parts[-3].replace("_", "-") for path in wording.LOCALES.glob("*/LC_MESSAGES/messages.po"))


def read(language: str) -> Catalog:
    """The catalogue of a language with the entries that are out of use; an empty one where there is none yet."""
    path = path_of(language)
    if not path.is_file():
        return Catalog(locale=language.replace("-", "_"), header_comment=HEAD)
    with path.open("rb") as file:
        return read_po(file)


def updated(old: Catalog, said: Mapping[tuple[str, str], Message]) -> Catalog:
    """The catalogue with exactly the messages that are said, each with the translation it has, also one that was out of use.

    Translations of what is not said any more stay as entries out of use: they come back with their message.
    """
    known = {key_of(entry): entry for entry in [*old.obsolete.values(), *entries(old)] if any(strings_of(entry))}
    new = Catalog(
        locale=old.locale, header_comment=old.header_comment, project="inclucities", version="1", copyright_holder="", fuzzy=False
    )
    new.creation_date = new.revision_date = MADE
    new.last_translator, new.language_team = "", ""
    for message in sorted(said.values(), key=lambda message: (min(message.places), message.text, message.context)):
        entry = known.get(message.key)
        new.add(
            (message.text, message.plural) if message.plural else message.text,
            _string(entry, message, new.num_plurals),
            locations=[(place, 0) for place in sorted(message.places)[:3]],
            flags={flag for flag in (entry.flags if entry else ()) if flag == "fuzzy"},
            user_comments=entry.user_comments if entry else (),
            context=message.context or None,
        )
    for key, entry in sorted(known.items()):
        if key not in said:
            entry.locations = []
            new.obsolete[entry.id if not entry.context else (entry.id, entry.context)] = entry  # type: ignore[index]  # Babel's stubs know no keys with a context
    return new


def _string(entry: Entry | None, message: Message, plurals: int) -> str | tuple[str, ...]:
    """The translation as the message needs it: one text, or one for each plural of the language."""
    strings = strings_of(entry) if entry else ()
    if not message.plural:
        return strings[0] if strings else ""
    return tuple(strings) if len(strings) == plurals else ("",) * plurals


def write(language: str, catalogue: Catalog) -> Path:
    """Write the catalogue, sorted by place, without lines that change for no reason."""
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=WIDTH, include_lineno=False, sort_by_file=False, ignore_obsolete=False)
    return path


def key_of(entry: Entry) -> tuple[str, str]:
    """Context and text."""
    return entry.context or "", ids_of(entry)[0]


def ids_of(entry: Entry) -> tuple[str, ...]:
    """The text, and its plural where it has one."""
    return tuple(entry.id) if isinstance(entry.id, list | tuple) else (str(entry.id),)


def strings_of(entry: Entry) -> tuple[str, ...]:
    """The translations, one for each plural form."""
    return tuple(entry.string) if isinstance(entry.string, list | tuple) else (str(entry.string or ""),)


def entries(catalogue: Catalog) -> Iterable[Entry]:
    """The messages in use, without the head."""
    return (entry for entry in catalogue if entry.id)


HEAD = """\
# `make catalogues` brings this file up to date with what is said; translate what is empty.
# Messages under the context "said" are sentences of the models: what stands in {braces} is put in as it is.
"""
