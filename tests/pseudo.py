"""A language nobody speaks: every message accented, two fifths longer and in brackets, written from right to left.

What is on a page and not in brackets has not gone through gettext; what breaks a page's layout will break it in a real language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from deployments.catalogues.texts import messages
from tasks import messages as mails
from tasks import rendering, said, wording

LANGUAGE = "ar"
"""Arabic by its code, so that pages are laid out from right to left."""
OPEN, CLOSE = "⟦", "⟧"
ACCENTS = str.maketrans("aeiouyncsAEIOUYNCS", "áéíóúýñçšÁÉÍÓÚÝÑÇŠ")
KEPT = re.compile(r"(%\(\w+\)[sd]|\{\w+\}|<[^>]*>|&\w+;|%%|\n)")
CACHES = (
    wording.catalogues, wording.is_spoken, wording.spoken, wording.translations, said._sayings, rendering.environment, mails.environment,
    mails._kind, mails.written_in,
)  # fmt: skip


def pseudo(text: str) -> str:
    """The text in the language; places, tags and outer spaces stay."""
    parts = KEPT.split(text)
    told = "".join(part if index % 2 else part.translate(ACCENTS) for index, part in enumerate(parts))
    core = told.strip()
    more = "".join(" " if number % 6 == 0 else "~" for number in range(len(core) * 2 // 5))
    before, after = told[: len(told) - len(told.lstrip())], told[len(told.rstrip()) :]
    return f"{before}{OPEN}{core}{more}{CLOSE}{after}"


@contextmanager
def spoken_here(folder: Path) -> Iterator[str]:
    """In this block there is a catalogue of the language, the only one beside English; its code."""
    catalogue = Catalog(locale=LANGUAGE)
    for message in messages().values():
        catalogue.add(
            (message.text, message.plural) if message.plural else message.text,
            (pseudo(message.plural),) * catalogue.num_plurals if message.plural else pseudo(message.text),
            context=message.context or None,
        )
    path = folder / LANGUAGE / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, catalogue)
    before, wording.LOCALES = wording.LOCALES, folder
    try:
        _forget()
        yield LANGUAGE
    finally:
        wording.LOCALES = before
        _forget()


def _forget() -> None:
    for cache in CACHES:
        cache.cache_clear()
