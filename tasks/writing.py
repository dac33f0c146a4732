"""What the pages for writing a contribution work with: its fields, how the draft stands, what may be chosen, what is still to be put right.

How the parts of a form are made is `tasks.forms`; what a save does is `models.doors.drafting`. No web framework.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from models.doors.choosing import open_answers, path_of
from models.doors.drafting import Beginning, Saved, current, draft_of, last_save_of
from models.doors.tray import starting_revision
from models.drafts import Draft, DraftSave, OtherAnswer
from models.gates import Gate
from models.links import Link
from models.standing import Standing
from tasks.forms.checking import Checked, check
from tasks.forms.nodes import Node, View, by_path, is_big
from tasks.forms.options import Choice, Offer, offered_at
from tasks.forms.posted import KEY
from tasks.forms.removed import Removed, removed_at
from tasks.forms.sections import Row, Section, row_of, sections_of, sections_within
from tasks.forms.state import at, blank, body_of, field_at, order_of, says_something, state_of
from tasks.forms.typed import Path, Problem
from tasks.page_fields import Field, Form, asked_fields
from tasks.pages import last_revision
from tasks.wording import Words


@dataclass(frozen=True)
class Writing:
    """A contribution as somebody writes it. `fields` are those the link opens; `saved` is the draft, or what one would start from."""

    kind: str
    fields: tuple[Field, ...]
    sections: tuple[Section, ...]
    beginning: Beginning
    draft: Draft | None
    saved: Saved
    offer: Offer
    now: datetime
    language: str
    """The language the contribution is written in, as far as is known."""

    @property
    def words(self) -> Words:
        """How the reader's language says things."""
        return self.offer.words

    @property
    def is_small(self) -> bool:
        """Whether all of it stands on one page."""
        return len(self.sections) == 1

    @property
    def saved_at(self) -> datetime:
        """When it was saved last; now where it never was."""
        return self.draft.saved_at if self.draft else self.now

    @property
    def last_save(self) -> DraftSave | None:
        """The last save of what the link opens; None where there is none, or none that is kept any more."""
        is_part = len(self.fields) < len(asked_fields(self.kind))
        return last_save_of(self.draft, [field.name for field in self.fields] if is_part else None)

    def after(self, saved: Saved) -> Writing:
        """The same after a save, which may have begun the draft."""
        return replace(self, saved=saved, draft=saved.draft or self.draft, offer=replace(self.offer, state=saved.state))

    @cached_property
    def checked(self) -> Checked:
        """Everything that is to be put right, in what the link opens; also where one of several answers is to be chosen."""
        found = check(self.kind, self.saved.state, self.offer.definition, self.offer.known, self.words, self.offer.city)
        names = {field.name for field in self.fields}
        told = tuple(problem for problem in found.problems if not problem.path or problem.path[0] in names)
        return Checked(None if self.others else found.body, (*self.choices, *told))

    @cached_property
    def slips(self) -> tuple[Problem, ...]:
        """What was typed and could not be understood, and what is to be chosen."""
        found = body_of(self.fields, self.saved.state, self.words.language)[1]
        return (*self.choices, *(problem for problem in found if not problem.is_gap))

    @property
    def others(self) -> list[OtherAnswer]:
        """The answers that wait to be chosen from, in the whole contribution."""
        return open_answers(self.draft, self.saved.state)

    @property
    def choices(self) -> tuple[Problem, ...]:
        """Where one of several answers is to be chosen, in what the link opens."""
        names = {field.name for field in self.fields}
        places = dict.fromkeys(path_of(item) for item in self.others if item.place.partition(".")[0] in names)
        said = self.words.gettext("There are several answers to this. Choose which is to stand.")
        return tuple(Problem(path, said) for path in places if field_at(self.fields, path) is not None)

    @property
    def is_overtaken(self) -> bool:
        """Whether another answer arrived since the draft was begun, such as a file, or one recorded by the coordinator."""
        return self.draft is not None and (self.draft.based_on or 0) < self.beginning.revision

    def rows(self) -> list[Row]:
        """The sections and how far each has come."""
        return [row_of(section, self.saved.state, self.checked.problems, self.words) for section in self.sections]

    def view(self, problems: Iterable[Problem] = (), saved: Saved | None = None) -> View:
        """What nodes are made with; conflicts are those of a save."""
        conflicts = {item.path: item for item in saved.conflicts} if saved else {}
        others: dict[Path, list[OtherAnswer]] = {}
        for item in self.others:
            others.setdefault(path_of(item), []).append(item)
        return View(self.offer, by_path(problems), conflicts, others)

    # -- places ------------------------------------------------------------------------------------------------------

    def section(self, key: str) -> Section | None:
        """The section that has a field of that name."""
        return next((section for section in self.sections if key in {field.name for field in section.fields}), None)

    def following(self, section: Section) -> Section | None:
        """The section after one; None after the last."""
        where = self.sections.index(section) + 1
        return self.sections[where] if where < len(self.sections) else None

    def entry_at(self, path: Path) -> tuple[Field, int] | None:
        """The list that an entry at a path belongs to, and the entry's number; None where there is no such entry."""
        asked = field_at(self.fields, path)
        order = order_of(at(self.saved.state, path[:-1]))
        if asked is None or asked.form is not Form.ENTRIES or path[-1] not in order:
            return None
        return asked, order.index(path[-1]) + 1

    def removed(self, path: Path) -> Removed | None:
        """The entry that stood at a path and can be brought back."""
        return removed_at(self.draft, self.fields, self.saved.state, path, self.beginning.is_empty)

    def page_of(self, path: Path) -> Path:
        """The page on which a place is asked: an entry's own where its list has big entries, else its section's."""
        for length in range(2, len(path) + 1):
            asked = field_at(self.fields, path[:length])
            found = self.entry_at(path[:length])
            if asked is not None and found is not None and self.has_pages(asked):
                return path[:length]
        section = self.section(path[0]) if path and not self.is_small else None
        return (section.key,) if section else ()

    def may_be_page(self, path: Path) -> bool:
        """Whether an entry that is not there (any more) would have a page at that path."""
        asked = field_at(self.fields, path)
        is_entry = len(path) == 2 and asked is not None and asked.form is Form.ENTRIES and bool(KEY.fullmatch(path[1]))
        return is_entry and asked is not None and self.has_pages(asked)

    def has_pages(self, asked: Field) -> bool:
        """Whether each entry of a list has a page of its own."""
        return asked in self.fields and is_big(asked)


def writing_of(
    session: Session, standing: Standing, gate: Gate, link: Link, only: frozenset[str] | None, now: datetime, words: Words
) -> Writing:
    """How the contribution of a link's organisation stands. `only`: the top-level fields the link opens, None for all."""
    whole = asked_fields(gate.spec.contribution)
    fields = tuple(field for field in whole if only is None or field.name in only)
    sections = sections_within(sections_of(whole), {field.name for field in fields})
    offer = offered_at(session, standing, gate, words, now)
    if link.purpose == "behalf":  # where what was recorded is wrong, the coordinator hands the true days in
        offer = replace(offer, known=replace(offer.known, held_on=None))
    last, newest = starting_revision(session, standing, gate, link.organisation), last_revision(session, gate, link.organisation)
    number = newest.number if newest else 0  # declined ones count: what was written before one is never taken for what came after
    begun = state_of(whole, last.body) if last else _prefilled(whole, state_of(whole, None), offer)
    beginning = Beginning(begun, number, lambda path, entry: _is_empty(whole, path, entry))
    draft = draft_of(session, gate, link.organisation)
    saved = current(draft, beginning)
    language = draft.language if draft else last.language if last else standing.definition.organisation(link.organisation).languages[0]
    return Writing(
        gate.spec.contribution, fields, sections, beginning, draft, saved, replace(offer, state=saved.state), now, language
    )


def _is_empty(fields: Sequence[Field], path: Path, entry: Any) -> bool:
    """Whether an entry of a list says no more than a new one."""
    asked = field_at(fields, path)
    return asked is not None and not says_something(asked.fields, entry)


def languages_of(standing: Standing, writing: Writing) -> list[Choice]:
    """The languages a contribution may be written in, that of the draft first."""
    own = [code for item in standing.definition.organisations for code in item.languages]
    codes = dict.fromkeys([writing.language, *standing.definition.languages, *own])
    names = writing.words.locale.languages
    return [Choice(code, names.get(code, code)) for code in codes]


def _prefilled(fields: Iterable[Field], state: dict[str, Any], offer: Offer) -> dict[str, Any]:
    """Where there is only one thing to choose it is chosen, such as the theme of the pair; a list with an entry for each thing has them."""
    for field in fields:
        if field.names and field.form is Form.LINE and field.is_required:
            choices = offer.choices(field, (field.name,))
            state[field.name] = choices[0].value if len(choices) == 1 else state[field.name]
        inner = next((item for item in field.fields if item.name == field.each), None)
        choices = offer.choices(inner, (field.name, "e1", inner.name))[: field.many or None] if inner is not None else []
        if inner is not None and choices:
            items = {f"e{number}": blank(field.fields) | {inner.name: choice.value} for number, choice in enumerate(choices, start=1)}
            state[field.name] = {"order": list(items), "items": items}
    return state


def entry_page(writing: Writing, path: Path, view: View) -> Node | None:
    """An entry with its questions; None where there is no such entry."""
    found = writing.entry_at(path)
    return view.entry(found[0], at(writing.saved.state, path), path, found[1]) if found else None
