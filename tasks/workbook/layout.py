"""Which cell holds which answer: sheets and columns from a kind's fields. Pure: the same fields give the same layout.

Every sheet carries a hidden row of keys, and the sheet of single answers a hidden column of them, by which it is found again whatever
it is called, wherever it stands and however its columns were moved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tasks.page_fields import Field, Form
from tasks.wording import Words

MARK = "desk:"
"""What the first cell of a sheet's row of keys begins with; then the sheet's key."""
SINGLES = "answers"
NUMBER = "@number"
PARENT = "@entry"
ANSWER = "@answer"

KEY_ROW, LABEL_ROW, HELP_ROW, FIRST_ROW = 1, 2, 3, 4
LONGEST_TITLE = 31
FORBIDDEN_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))

Path = tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """One field of an entry, or one single answer. `path` leads to it inside its entry; `label` says it, groups included.

    `is_asked`: it and the groups around it are required, so that an entry is not complete without it. `place` is its path from the
    top, by the names of its fields alone.
    """

    path: Path
    place: Path
    field: Field
    label: str
    is_asked: bool

    @property
    def key(self) -> str:
        """What the hidden row calls it."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Sheet:
    """A sheet of the workbook: the single answers (`path` empty), or the entries of a list. `parent` is the list its list is in."""

    path: Path
    title: str
    says: str
    columns: tuple[Column, ...]
    parent: Sheet | None = None
    is_asked: bool = False
    many: int = 0

    @property
    def key(self) -> str:
        """What its first cell says after the mark."""
        return ".".join(self.path) or SINGLES

    @property
    def inside(self) -> Path:
        """The path of its list inside the entry it belongs to."""
        return self.path[len(self.parent.path) :] if self.parent else self.path


def layout_of(fields: Sequence[Field], words: Words) -> tuple[Sheet, ...]:
    """The sheets of a kind in their order, titled in the reader's language: each list right after what it belongs to."""
    taken = {words.gettext("About").casefold()}
    columns, lists = _flat(fields, (), words)
    sheets = []
    if columns:
        sheets.append(Sheet((), _title(words.gettext("Answers"), taken), words.gettext("The questions with one answer each"), columns))
    for column in lists:
        sheets += _list_sheets(column, None, taken, words)
    return tuple(sheets)


def fingerprint(kind: str, fields: Sequence[Field]) -> str:
    """Changes with what a kind asks, and with how it is laid out here."""
    text = f"1 {kind} {'|'.join(_shape(fields))}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _shape(fields: Sequence[Field]) -> Iterator[str]:
    for field in fields:
        yield f"{field.name} {field.form} {field.is_required} {','.join(field.choices)} ({'|'.join(_shape(field.fields))})"


def _list_sheets(column: Column, parent: Sheet | None, taken: set[str], words: Words) -> Iterator[Sheet]:
    path = (parent.path if parent else ()) + column.path
    title = _title(f"{parent.title} \N{EN DASH} {column.label}" if parent else column.label, taken)
    says = words.gettext(column.field.says) if column.field.says else ""
    columns, lists = _flat(column.field.fields, path, words)
    sheet = Sheet(path, title, says, columns, parent, column.is_asked, column.field.many)
    yield sheet
    for inner in lists:
        yield from _list_sheets(inner, sheet, taken, words)


def _flat(fields: Sequence[Field], above: Path, words: Words) -> tuple[tuple[Column, ...], list[Column]]:
    """The columns of an entry with its groups laid flat, and the lists in it."""
    walked = [replace(column, place=above + column.path) for column in _walked(fields, (), (), words, is_asked=True)]
    is_list = [column.field.form is Form.ENTRIES for column in walked]
    columns = tuple(column for column, listed in zip(walked, is_list, strict=True) if not listed)
    return columns, [column for column, listed in zip(walked, is_list, strict=True) if listed]


def _walked(fields: Sequence[Field], path: Path, labels: Path, words: Words, *, is_asked: bool) -> Iterator[Column]:
    for field in fields:
        own, said, asked = (*path, field.name), (*labels, words.label(field.name)), is_asked and field.is_required
        if field.form is Form.GROUP:
            yield from _walked(field.fields, own, said, words, is_asked=asked)
        else:
            yield Column(own, own, field, " \N{EN DASH} ".join(said), asked)


def _title(wanted: str, taken: set[str]) -> str:
    """A title a sheet may have, and no other has."""
    plain = " ".join(wanted.translate(FORBIDDEN_IN_TITLES).split()) or "?"
    title, number = plain[:LONGEST_TITLE].strip(), 1
    while title.casefold() in taken:
        number += 1
        title = f"{plain[: LONGEST_TITLE - 4].strip()} {number}"
    taken.add(title.casefold())
    return title
