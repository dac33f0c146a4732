"""From what somebody filled in on a page to the door it goes through; what is wrong is told beside the field it is about.

The rules are the doors' own; here a form's texts become their arguments. No web framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn

from sqlalchemy.orm import Session

from models.contribution_file import ContributionFile, Knowing, contribution_from
from models.contribution_kinds.parts import UNPRINTABLE
from models.contributions import Revision
from models.decisions import Entry
from models.doors.answering import Offered, Origin, agreed_on, contribute, took_place
from models.editions import sha256_of
from models.errors import BadFile, Fault, ProgrammeError
from models.gates import Gate
from models.known import knowing
from models.links import Link
from models.standing import Party, Standing
from models.yaml_lines import Document, parse
from tasks.pages import Situation, last_revision, party_of, situation_of
from tasks.wording import Words

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Problem:
    """One thing to put right; `field` is empty where it is about the whole form."""

    message: str
    field: str = ""


class NotTaken(ProgrammeError):
    """Nothing was recorded. `conflict`: not for a mistake in the form, but because things stand differently by now."""

    def __init__(self, problems: list[Problem], *, conflict: bool = False) -> None:
        self.problems = problems
        self.conflict = conflict
        super().__init__("\n".join(problem.message for problem in problems))


def origin_of(link: Link) -> Origin:
    """Where an answer through a link comes from, and whether the coordinator gives it for the organisation."""
    return Origin(Entry.DESK, on_behalf=link.purpose == "behalf")


# -- who may answer ------------------------------------------------------------------------------------------------


def asked_party(standing: Standing, gate: Gate, link: Link, words: Words) -> Party:
    """The reader's party at a gate that still asks it; NotTaken with how things stand otherwise."""
    party = party_of(standing, gate, link)
    situation = situation_of(standing, gate, party)
    if party is None or situation is not Situation.ASKED:
        refuse(why_not(situation, words), conflict=True)
    return party


def why_not(situation: Situation, words: Words) -> str:
    """Why nothing can be answered as things stand."""
    match situation:
        case Situation.DECIDED:
            return words.gettext(
                "This has been decided already, perhaps by a colleague with the same link or by you in another window. Nothing was changed."
            )
        case Situation.REJECTED:
            return words.gettext("This has been rejected meanwhile. The coordinator says how it goes on; nothing was recorded.")
        case Situation.NOT_YET:
            return words.gettext("This is not open at the moment. You will be written to when it is your turn; nothing was recorded.")
        case Situation.OVER:
            return words.gettext("This is closed already. Nothing was recorded.")
    return words.gettext("This link is for reading only. Nothing was recorded.")


def clean(form: Fields, field: str) -> str:
    """A text without what neither database nor reader can make sense of; browsers end lines with two characters."""
    return UNPRINTABLE.sub("", form.get(field, "").replace("\r\n", "\n")).strip()


# -- events --------------------------------------------------------------------------------------------------------


def record_by_form(session: Session, standing: Standing, gate: Gate, link: Link, form: Fields, words: Words, now: datetime) -> None:
    """Record the day an event took place, field `on`. NotTaken where the day is missing or still to come, or somebody was faster."""
    party = asked_party(standing, gate, link, words)
    problems: list[Problem] = []
    on = past_day(form, "on", words.gettext("Give the day it took place."), words, standing.today(now), problems)
    agreed, start = agreed_on(standing, gate), standing.programme.start_on
    if on is not None and on < start:
        said = words.gettext("%(day)s is before the programme started, on %(first)s.")
        problems.append(Problem(said % {"day": words.date(on), "first": words.date(start)}, "on"))
    elif on is not None and agreed is not None and on < agreed and not origin_of(link).on_behalf:
        said = words.gettext(
            "%(day)s is before it was agreed, on %(agreed)s. If it took place that early all the same, tell the coordinator."
        )
        problems.append(Problem(said % {"day": words.date(on), "agreed": words.date(agreed)}, "on"))
    if on is None or problems:
        raise NotTaken(problems)
    took_place(session, standing, gate, party.organisation, on, origin_of(link), now)


def past_day(form: Fields, field: str, missing: str, words: Words, today: date, problems: list[Problem]) -> date | None:
    """The day in a field; None, and a problem more, where there is none, or one that is still to come."""
    text = form.get(field, "").strip()
    if not text:
        problems.append(Problem(missing, field))
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        problems.append(Problem(words.gettext("Write the date as year-month-day, such as 2022-03-01."), field))
        return None
    if day > today:
        problems.append(Problem(words.gettext("%(day)s is still to come. Give a day that has been.") % {"day": words.date(day)}, field))
        return None
    return day


# -- contributions -------------------------------------------------------------------------------------------------


def contribute_by_file(
    session: Session, standing: Standing, gate: Gate, link: Link, text: bytes, name: str, words: Words, now: datetime, writer: str = ""
) -> Revision:
    """Take in a contribution file. The same once more, from a back button or a second window, is not kept a second time.

    BadFile with every fault at its line; NotTaken where the link does not let its reader contribute.
    """
    party = party_of(standing, gate, link)
    if party is None:
        refuse(why_not(Situation.READING, words), conflict=True)
    found = _file_for(standing, gate, party, parse(text, name), knowing(session, standing, now))
    last = last_revision(session, gate, party.organisation)
    if last is not None and not gate.is_open and last.says_still(sha256_of(found.body)):
        return last
    offered = Offered(
        party.organisation, found.language, found.body, illustrative=found.illustrative, generated=found.generated, writer=writer
    )
    return contribute(session, standing, gate, offered, origin_of(link), now)


def _file_for(standing: Standing, gate: Gate, party: Party, document: Document, knowing: Knowing) -> ContributionFile:
    """The file's contribution, which must be the one this page asks for."""
    wanted = {"gate": gate.key, "scope": gate.scope, "organisation": party.organisation}
    elsewhere = [
        document.fault((key,), f"this page takes {key} '{value}'; a file for another one goes to the page its own link leads to")
        for key, value in wanted.items()
        if key in document.data and document.data[key] != value
    ]
    if elsewhere:
        raise BadFile(document.name, [*document.faults, *elsewhere])
    return contribution_from(document, standing.definition, knowing)


def one_fault(name: str, message: str) -> BadFile:
    """A fault about the whole file."""
    return BadFile(name, [Fault(1, "", message)])


def refuse(message: str, *, conflict: bool) -> NoReturn:
    """NotTaken with that message about the whole form."""
    raise NotTaken([Problem(message)], conflict=conflict)
