"""Phase 1's end: what the two cities of a pair agree on (D1.3)."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from models.contribution_kinds.parts import (
    Euro,
    Languages,
    Line,
    Lines,
    Note,
    PairTheme,
    ProgrammeDay,
    Prose,
    SomeLines,
    Text,
    Whole,
    refuse,
)
from models.definition import Strict


class Bearer(StrEnum):
    """Who brings in a resource."""

    MENTOR = "mentor"
    MENTEE = "mentee"
    BOTH = "both"
    ASSOCIATION = "association"
    PROGRAMME = "programme"


class Duty(Strict):
    """What one side takes on."""

    party: Bearer = Field(description="mentor, mentee, both, association or programme", examples=["mentor"])
    role: Line = Field(description="The role that answers for it, not a person", examples=["Project lead of the mentor"])
    tasks: SomeLines = Field(description="What it does, a line each")


class CalendarEntry(Strict):
    """A step of the cooperation and its day."""

    what: Line = Field(description="The step", examples=["First study visit"])
    on: ProgrammeDay | None = Field(None, description="The day planned, where there is one", examples=["2021-05-20"])
    note: Note = Field("", description="What the day depends on", examples=["Moves online if travel is not possible"])


class Resource(Strict):
    """What somebody brings in: days of work, money, or something else."""

    what: Line = Field(description="The resource", examples=["Time of the project lead"])
    by: Bearer = Field(description="Who brings it in", examples=["mentee"])
    days: Whole | None = Field(None, description="Days of work, where it is work", examples=[20], json_schema_extra={"unit": "days"})
    amount: Euro | None = Field(None, description="Whole euro, where it is money", examples=[2000])


class PairTerms(Strict):
    """The terms of a pair: theme, roles, calendar, resources, languages, data protection, exit and replacement."""

    theme: PairTheme = Field(description="The theme the pair works on", examples=["education"])
    aim: Text = Field(description="What the two cities want to have reached together")
    duties: list[Duty] = Field(min_length=2, max_length=30, description="Who does what; mentor and mentee each have an entry, or both one")
    calendar: list[CalendarEntry] = Field(min_length=1, max_length=40, description="The steps of the cooperation")
    resources: list[Resource] = Field(min_length=1, max_length=40, description="What each side brings in")
    languages: Languages = Field(description="Languages the pair works in", examples=[["en", "it"]])
    interpretation: Prose = Field("", description="Who interprets and translates, when, and who pays")
    communication: Prose = Field("", description="How often the two meet, and how they tell others")
    data_protection: Text = Field(description="What data is exchanged, and how it is protected")
    exit: Text = Field(description="How one of them leaves")
    replacement: Text = Field(description="What happens to the other city then")
    special_terms: Lines = Field([], description="What else is agreed, a line each")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """Both sides take something on."""
        named = {duty.party for duty in self.duties}
        lacking = [side.value for side in (Bearer.MENTOR, Bearer.MENTEE) if side not in named and Bearer.BOTH not in named]
        refuse([(("duties",), f"says nothing of the {side}; add what it does, or an entry for both") for side in lacking])
        return self
