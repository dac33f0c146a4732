"""Handing a section of a contribution on: what the page offers and lists, what its form becomes. Rules: `models.doors.access`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models.doors import access
from models.doors.answering import Origin
from models.drafts import Delegation
from models.gates import Gate
from models.links import Link
from models.method import GateKind
from models.standing import Standing
from tasks.forms.sections import Section, sections_of, sections_within
from tasks.page_answers import NotTaken, Problem
from tasks.page_fields import asked_fields
from tasks.pages import party_of
from tasks.wording import Words

USUALLY = timedelta(days=14)
"""How long a section is handed on for where its contribution has no deadline ahead."""


@dataclass(frozen=True)
class Given:
    """A section that was handed on. `is_over`: its day is past; `is_withdrawn`: it was taken back."""

    number: int
    label: str
    fields: tuple[str, ...]
    expires_on: date
    made_at: datetime
    is_withdrawn: bool
    is_over: bool
    is_on_behalf: bool = False
    """The coordinator handed it on for the organisation, which can take it back like its own."""

    @property
    def opens(self) -> bool:
        """Whether its link still opens something."""
        return not self.is_withdrawn and not self.is_over


@dataclass(frozen=True)
class Typed:
    """The form of the page as it came."""

    sections: tuple[str, ...] = ()
    """By their keys."""
    label: str = ""
    until: str = ""


def may_hand_on(standing: Standing, gate: Gate | None, link: Link) -> bool:
    """Whether the page is there at all: for a contribution that the reader's organisation is asked for."""
    return (
        gate is not None
        and gate.spec.kind is GateKind.CONTRIBUTION
        and standing.programme.closed_at is None
        and party_of(standing, gate, link) is not None
    )


def sections(gate: Gate) -> tuple[Section, ...]:
    """What can be handed on: the sections of the contribution as its own page lists them."""
    return sections_of(asked_fields(gate.spec.contribution))


def usual_until(standing: Standing, gate: Gate, link: Link, now: datetime) -> date:
    """The day the form suggests: the deadline, where it is ahead."""
    today = standing.calendar.local_date(link.organisation, now)
    ahead = gate.is_open and gate.due_on is not None and gate.due_on > today
    return gate.due_on if ahead and gate.due_on else today + USUALLY


def given(session: Session, gate: Gate, organisation: str, now: datetime) -> list[Given]:
    """What was handed on so far, the newest first."""
    return [_given(item, now) for item in access.delegations(session, gate, organisation)]


def _given(item: Delegation, now: datetime) -> Given:
    is_withdrawn = item.withdrawn_at is not None
    is_over = not is_withdrawn and not access.is_in_force(item, now)
    return Given(item.id, item.label, tuple(item.fields), item.expires_on, item.made_at, is_withdrawn, is_over, item.on_behalf)


def hand_on_by_form(
    session: Session, standing: Standing, gate: Gate, link: Link, typed: Typed, words: Words, origin: Origin, now: datetime
) -> Delegation:
    """Hand on what the form says. NotTaken with every problem of the form."""
    problems: list[Problem] = []
    chosen = {section.key: section for section in sections(gate) if section.key in typed.sections}
    if not chosen or set(typed.sections) - set(chosen):
        problems.append(Problem(words.gettext("Choose at least one section."), "fields"))
    label = " ".join(typed.label.split())
    if not label:
        problems.append(Problem(words.gettext("Say for whom it is, so that you know later which link is whose."), "label"))
    elif len(label) > access.LONGEST_LABEL:
        said = words.gettext("Shorten this to %(most)s characters; it has %(has)s.")
        problems.append(Problem(said % {"most": words.number(access.LONGEST_LABEL), "has": words.number(len(label))}, "label"))
    until = _day(typed.until, words, problems, now)
    if problems or until is None:
        raise NotTaken(problems)
    fields = tuple(field.name for section in chosen.values() for field in section.fields)
    return access.delegate(session, standing, gate, link.organisation, access.Section(fields, label, until), origin, now)


def _day(text: str, words: Words, problems: list[Problem], now: datetime) -> date | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        problems.append(Problem(words.gettext("Write the date as year-month-day, such as 2022-03-01."), "until"))
        return None
    first, last = now.date(), now.date() + access.LONGEST_DELEGATION
    if not first <= day <= last:
        said = words.gettext("Give a day from %(first)s to %(last)s.")
        problems.append(Problem(said % {"first": words.date(first), "last": words.date(last)}, "until"))
    return day


def titles(gate: Gate, names: Collection[str], words: Words) -> list[str]:
    """The sections that these fields make, as people read them."""
    return [section.title(words) for section in sections_within(sections(gate), names)]
