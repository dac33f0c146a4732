"""What every record of a meeting is made of: sessions, counts of participants, follow-ups, quotes, what people said of it.

Participants are counts by role, never names; counts of 1 to 4 are suppressed (`domain.md`, "Data protection").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from models.contribution_kinds.parts import (
    Euro,
    KeyFactors,
    Known,
    Line,
    Loc,
    Note,
    PastDay,
    People,
    ProgrammeDay,
    Prose,
    Web,
    broken,
    not_a_boolean,
    plain_number,
    refuse,
)
from models.definition import Strict
from models.fault_words import PATTERN_WORDS, quoted

SELF_SCALE_NOTE = "Rated by those who took part, from 1 (low) to 5 (high); the scale is this software's own."

Mean = Annotated[
    float,
    Field(ge=1, le=5, allow_inf_nan=False),
    BeforeValidator(not_a_boolean),
    PlainSerializer(plain_number, return_type=int | float),
]
"""A mean of ratings from 1 to 5."""


CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
PATTERN_WORDS[CLOCK] = "a time of day, such as '09:30'"


def clock_text(value: object) -> object:
    """9:30 is 09:30. A number is no time of day: 9 could be an hour or a minute, 930 both."""
    if isinstance(value, str) and value[1:2] == ":":
        value = f"0{value}"
    if not isinstance(value, str) or not re.fullmatch(CLOCK, value):
        raise broken(f"must be {PATTERN_WORDS[CLOCK]}, not {quoted(value)}")
    return value


Clock = Annotated[str, Field(pattern=CLOCK, max_length=5), BeforeValidator(clock_text)]
"""A local time of day, such as 09:30."""


class Mode(StrEnum):
    """How people meet."""

    IN_PERSON = "in-person"
    VIRTUAL = "virtual"
    HYBRID = "hybrid"


class Side(StrEnum):
    """Where participants come from."""

    HOST = "host"
    GUEST = "guest"
    NETWORK = "local-support-network"
    ASSOCIATION = "association"
    FACILITATOR = "facilitator"
    OTHER = "other"


class Session(Strict):
    """One part of a meeting's programme."""

    on: ProgrammeDay = Field(description="The day", examples=["2021-05-20"])
    starts: Clock | None = Field(None, description="Local time it starts", examples=["09:30"])
    ends: Clock | None = Field(None, description="Local time it ends", examples=["11:00"])
    title: Line = Field(description="What it is", examples=["A walk through the neighbourhood"])
    place: Note = Field("", description="Where", examples=["Town hall"])
    who: Note = Field("", description="Who leads it: a role, not a person", examples=["Integration officer of the host"])
    summary: Prose = Field("", description="What is to happen, or what happened")
    key_factors: KeyFactors = Field([], description="The key factors it is about", examples=[["KF1"]])

    @model_validator(mode="after")
    def rules(self) -> Self:
        """It ends after it starts."""
        if self.ends is not None and self.starts is None:
            refuse([(("ends",), "says when it ends but not when it starts; add starts")])
        if self.starts is not None and self.ends is not None and self.ends <= self.starts:
            refuse([(("ends",), f"{self.ends} must come after the start, {self.starts}")])
        return self


class Participants(Strict):
    """How many people of a role took part."""

    role: Line = Field(description="The role, not a person", examples=["City officers"])
    side: Side = Field(Side.OTHER, description="Where they come from", examples=["guest"])
    invited: People | None = Field(None, description="How many were invited or expected", examples=[12])
    attended: People | None = Field(None, description="How many came; leave it out where it is under 5 or not yet known", examples=[10])

    @model_validator(mode="after")
    def rules(self) -> Self:
        """No more come than were invited, where that is said."""
        if self.invited is not None and self.attended is not None and self.attended > self.invited:
            message = f"{self.attended} came but only {self.invited} were invited; correct one, or leave out invited"
            refuse([(("attended",), message)])
        return self


class FollowUp(Strict):
    """What somebody promised to do, and by when."""

    what: Line = Field(description="What is to be done", examples=["Send the job description of the mediators"])
    who: Line = Field(description="The role that does it", examples=["Project lead of the host"])
    by: ProgrammeDay | None = Field(None, description="The day by which it is done", examples=["2021-06-30"])


class Quote(Strict):
    """Something somebody said, kept only with their consent."""

    text: Line = Field(description="What was said", examples=["We were asked for the first time."])
    role: Line = Field(description="Who said it: a role, not a person", examples=["Member of the local support network"])
    consent: bool = Field(description="Whether they agreed to being quoted")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """Quotes only with consent (`domain.md`, "Visit report")."""
        if not self.consent:
            refuse([(("consent",), "is quoted without consent; obtain it or take the quote out")])
        return self


class Score(Strict):
    """The mean of what those who took part answered to one question."""

    question: Line = Field(description="The question", examples=["The training was useful for my work."])
    mean: Mean = Field(description=SELF_SCALE_NOTE, examples=[4.2])
    answers: People = Field(description="How many answered; not under 5", examples=[18])


class Competence(Strict):
    """One competence as those who took part rated it before and after."""

    competence: Line = Field(description="What one can do", examples=["Asking a partner city the right questions"])
    before: Mean = Field(description="Mean before. " + SELF_SCALE_NOTE, examples=[2.4])
    after: Mean = Field(description="Mean after. " + SELF_SCALE_NOTE, examples=[3.8])
    answers: People = Field(description="How many answered; not under 5", examples=[18])


class Material(Strict):
    """Something handed out that others can use again."""

    title: Line = Field(description="What it is", examples=["Checklist for a study visit"])
    kind: Note = Field("", description="Slides, checklist, film and so on", examples=["checklist"])
    website: Web | None = Field(None, description="Where it is to be found", examples=["https://www.city.example/checklist"])


class BudgetLine(Strict):
    """One item of a meeting's budget."""

    item: Line = Field(description="What it is for", examples=["Travel of the guests"])
    amount: Euro = Field(description="Planned cost, in whole euro", examples=[2000])
    paid_by: Line = Field(description="Who pays", examples=["Programme budget"])


class Held(Strict):
    """What is true of every meeting that took place: its days, how people met, who came."""

    mode: Mode = Field(description="in-person, virtual or hybrid", examples=["in-person"])
    starts_on: PastDay = Field(description="First day", examples=["2021-05-20"])
    ends_on: PastDay = Field(description="Last day", examples=["2021-05-21"])
    participants: list[Participants] = Field(min_length=1, max_length=60, description="Counts of participants by role")

    def day_faults(self, sessions: Sequence[Session], place: str) -> list[tuple[Loc, str]]:
        """The days agree with one another and with those of the sessions; nobody of a role and side is counted twice."""
        found = days_in_order(self.starts_on, self.ends_on) or sessions_between(sessions, place, self.starts_on, self.ends_on)
        seen: set[tuple[str, Side]] = set()
        for index, row in enumerate(self.participants):
            key = (row.role.casefold(), row.side)
            if key in seen:
                found.append((("participants", index, "role"), f"'{row.role}' of the {row.side} is counted twice; count each role once"))
            seen.add(key)
        return found


    def recorded_faults(self, context: Any) -> list[tuple[Loc, str]]:
        """A fault where the day that was recorded is none of those that are reported."""
        held = context.held_on if isinstance(context, Known) else None
        if held is None or self.starts_on <= held <= self.ends_on:
            return []
        message = (
            f"it was recorded that it took place on {held}, and {self.starts_on} to {self.ends_on} is without that day; "
            "correct the days, or ask the coordinator where the record is wrong"
        )
        return [(("starts_on",) if held < self.starts_on else ("ends_on",), message)]


def days_in_order(first: date, last: date) -> list[tuple[Loc, str]]:
    """A fault where a meeting ends before it starts."""
    return [(("ends_on",), f"the last day {last} comes before the first, {first}")] if last < first else []


def sessions_between(sessions: Sequence[Session], place: str, first: date, last: date) -> list[tuple[Loc, str]]:
    """A fault for every session on a day on which nobody meets."""
    return [
        ((place, index, "on"), f"{session.on} lies outside the meeting, {first} to {last}")
        for index, session in enumerate(sessions)
        if not first <= session.on <= last
    ]
