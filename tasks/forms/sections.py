"""The sections of a contribution: what is asked together, and how far each has come."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tasks.forms.nodes import is_big, size
from tasks.forms.state import order_of, says_something
from tasks.forms.typed import Problem
from tasks.page_fields import Field, Form
from tasks.wording import Words

ONE_PAGE = 9
"""A contribution with at most so many texts, counting one entry of each list, is one page."""
TOGETHER = 3
"""So many short questions that follow each other share a page."""
SHORT = (Form.LINE, Form.WHOLE, Form.NUMBER, Form.YES_NO, Form.YES_NO_WORDS, Form.DATE, Form.CHOICE)


class Progress(StrEnum):
    """How far a section has come."""

    EMPTY = "empty"
    OPTIONAL = "optional"
    BEGUN = "begun"
    COMPLETE = "complete"
    WRONG = "wrong"


@dataclass(frozen=True)
class Section:
    """What one page asks; `key` is the name of its first field."""

    key: str
    fields: tuple[Field, ...]

    def title(self, words: Words) -> str:
        """The names of its fields."""
        names = [words.label(field.name) for field in self.fields]
        return words.listing([names[0], *(name[:1].lower() + name[1:] for name in names[1:])])


@dataclass(frozen=True)
class Row:
    """A section in the list of sections."""

    key: str
    title: str
    progress: Progress
    problems: int
    entries: int | None
    """In how many entries something is said, where it is a list."""
    names: tuple[str, ...] = ()
    """Its fields."""

    @property
    def is_begun(self) -> bool:
        """Whether anything is said in it."""
        return self.progress not in (Progress.EMPTY, Progress.OPTIONAL)


def sections_of(fields: Sequence[Field]) -> tuple[Section, ...]:
    """The sections of a contribution; one alone where it is small."""
    if fields and size(fields) <= ONE_PAGE and not any(field.form is Form.ENTRIES and is_big(field) for field in fields):
        return (Section(fields[0].name, tuple(fields)),)
    found: list[list[Field]] = []
    for field in fields:
        last = found[-1] if found else []
        if last and field.form in SHORT and last[-1].form in SHORT and len(last) < TOGETHER:
            last.append(field)
        else:
            found.append([field])
    return tuple(Section(group[0].name, tuple(group)) for group in found)


def sections_within(sections: Iterable[Section], names: Collection[str]) -> tuple[Section, ...]:
    """The same sections, in the same order, with none but those fields in them."""
    kept = [tuple(field for field in section.fields if field.name in names) for section in sections]
    return tuple(Section(fields[0].name, fields) for fields in kept if fields)


def row_of(section: Section, state: Mapping[str, Any], problems: Iterable[Problem], words: Words) -> Row:
    """How a section has come on; `problems` are those of the whole contribution."""
    names = {field.name for field in section.fields}
    own = [problem for problem in problems if problem.path and problem.path[0] in names]
    said = says_something(section.fields, state)
    if any(not problem.is_gap for problem in own) and said:
        progress = Progress.WRONG
    elif own:
        progress = Progress.BEGUN if said else Progress.EMPTY
    else:
        progress = Progress.COMPLETE if said else Progress.OPTIONAL
    only = section.fields[0]
    entries = None
    if len(section.fields) == 1 and only.form is Form.ENTRIES:
        items = state[only.name]["items"]
        entries = sum(says_something(only.fields, items[key]) for key in order_of(state[only.name]))
    return Row(section.key, section.title(words), progress, len(own), entries, tuple(field.name for field in section.fields))
