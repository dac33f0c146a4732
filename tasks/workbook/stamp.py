"""What a workbook is for, as its hidden sheet says: whose it is, for which gate, and from which version it started."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

STAMP = "city-to-city mentoring: workbook 1"
"""The first cell of the hidden sheet."""
STAMP_SHEET, LISTS_SHEET = "desk-stamp", "desk-lists"


@dataclass(frozen=True)
class About:
    """A contribution that is asked for, and the version a workbook of it starts from.

    `revision` is the number of the revision handed in last, 0 where there is none; `save` that of the draft's last save, 0 where there
    is no draft. Titles are in the reader's language already.
    """

    programme: str
    gate: str
    scope: str
    organisation: str
    programme_title: str
    title: str
    asks: str
    name: str
    about: tuple[str, ...] = ()
    due_on: date | None = None
    revision: int = 0
    save: int = 0


@dataclass(frozen=True)
class Stamp:
    """What the hidden sheet of a workbook says. Anybody can change it, so nothing is decided by it but what is told."""

    programme: str = ""
    gate: str = ""
    scope: str = ""
    organisation: str = ""
    kind: str = ""
    fingerprint: str = ""
    revision: int = 0
    save: int = 0
    title: str = ""
    name: str = ""
    programme_title: str = ""
    language: str = ""
    """The one it was made in: its choices and figures are written so. Empty in workbooks of before this was kept."""

    def is_for(self, about: About) -> bool:
        """Whether it belongs to this gate and organisation."""
        own = (about.programme, about.gate, about.scope, about.organisation)
        return (self.programme, self.gate, self.scope, self.organisation) == own


TEXTS = ("programme", "gate", "scope", "organisation", "kind", "fingerprint", "title", "name", "programme_title", "language")
NUMBERS = ("revision", "save")


def stamp_rows(about: About, kind: str, fingerprint: str, language: str) -> list[tuple[str, str]]:
    """The hidden sheet, row by row."""
    own = {"kind": kind, "fingerprint": fingerprint, "language": language}
    return [(STAMP, ""), *((name, own[name] if name in own else str(getattr(about, name))) for name in (*TEXTS, *NUMBERS))]


def stamp_from(rows: Iterable[tuple[str, str]]) -> Stamp:
    """What the hidden sheet says; what it does not say, or not as a number, is left empty."""
    said = dict(rows)
    texts = {name: said.get(name, "")[:300] for name in TEXTS}
    numbers = {name: int(said[name]) if said.get(name, "").isdecimal() and len(said[name]) < 9 else 0 for name in NUMBERS}
    return Stamp(**{**texts, **numbers})  # type: ignore[arg-type] # by the names of the two tuples above
