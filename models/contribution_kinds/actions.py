"""One action of an action plan, whole. Source: `domain.md`, "An action"."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from models.contribution_kinds.parts import (
    SUPPRESSED_BELOW,
    Day,
    Euro,
    FromOneToFive,
    KeyFactors,
    Line,
    Lines,
    Loc,
    Note,
    Number,
    ObjectiveRef,
    ProgrammeDay,
    Prose,
    Reference,
    Text,
    not_a_boolean,
    refuse,
)
from models.definition import Strict

PEOPLE_UNITS = frozenset({"people", "persons", "learners", "families", "migrants", "refugees", "residents", "participants"})


class FundingState(StrEnum):
    """How certain an action's money is."""

    SECURED = "secured"
    APPLIED = "applied"
    NONE = "none"


class Frequency(StrEnum):
    """How often an indicator is measured."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half-yearly"
    YEARLY = "yearly"
    ONCE = "once"


class Priority(StrEnum):
    """How much an action matters."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Status(StrEnum):
    """Where an action stands."""

    PLANNED = "planned"
    UNDER_WAY = "under-way"
    DONE = "done"
    DROPPED = "dropped"


class Lead(Strict):
    """Who answers for an action: a department and a role in it, never a person."""

    department: Line = Field(description="Department of the city", examples=["Social affairs"])
    role: Line = Field(description="Role in that department", examples=["Integration officer"])


class Milestone(Strict):
    """Something that is reached on a day between an action's start and its end."""

    title: Line = Field(description="What is reached", examples=["First course opens"])
    on: Day = Field(description="The day", examples=["2022-09-01"])


class Cost(Strict):
    """What an action costs over its whole life, in whole euro."""

    staff: Euro = Field(0, description="Cost of staff", examples=[20000])
    other: Euro = Field(0, description="All other cost", examples=[5000])


class FundingSource(Strict):
    """Where the money comes from."""

    source: Note = Field("", description="Who pays", examples=["City budget"])
    state: FundingState = Field(FundingState.NONE, description="secured, applied for, or none yet", examples=["applied"])

    @model_validator(mode="after")
    def rules(self) -> Self:
        """Money that is secured or applied for has a source."""
        if self.state is not FundingState.NONE and not self.source:
            refuse([(("source",), f"funding that is '{self.state}' needs its source; name who pays, or set the state to none")])
        return self


class Measure(Strict):
    """The value of an indicator on a day."""

    value: Number = Field(description="The value, in the indicator's unit", examples=[40])
    on: Day = Field(description="The day it was or is to be measured", examples=["2022-12-31"])


class Indicator(Strict):
    """How one sees whether an action works."""

    definition: Line = Field(description="What is measured", examples=["Learners who finish a course within a year"])
    unit: Line = Field(description="The unit", examples=["people"])
    source: Line = Field(description="Where the value comes from", examples=["Attendance lists, as counts"])
    baseline: Measure = Field(description="Where it stands now")
    target: Measure = Field(description="Where it is to stand")
    frequency: Frequency = Field(Frequency.YEARLY, description="How often it is measured", examples=["quarterly"])

    @model_validator(mode="after")
    def rules(self) -> Self:
        """The target lies after the baseline; small counts of people are suppressed."""
        found: list[tuple[Loc, str]] = []
        if self.target.on <= self.baseline.on:
            found.append((("target", "on"), f"the target's day {self.target.on} must come after the baseline's, {self.baseline.on}"))
        if PEOPLE_UNITS.intersection(self.unit.casefold().split()):
            for name, measure in (("baseline", self.baseline), ("target", self.target)):
                if 0 < measure.value < SUPPRESSED_BELOW:
                    found.append(((name, "value"), "suppress counts under 5: give 0, or 5 and more"))
        refuse(found)
        return self


class Risk(Strict):
    """What may go wrong, how likely and how bad, and who does what about it."""

    title: Note = Field("", description="What may go wrong", examples=["No teacher is found"])
    likelihood: FromOneToFive = Field(description="From 1 (unlikely) to 5 (almost certain)", examples=[2])
    impact: FromOneToFive = Field(description="From 1 (slight) to 5 (grave)", examples=[4])
    mitigation: Line = Field(description="What is done about it", examples=["Ask the association for a shared pool"])
    owner: Line = Field(description="The role that watches it", examples=["Integration officer"])


class Action(Strict):
    """One action sheet."""

    id: Reference = Field(description="Short id, unique in the plan; it stays the same from version to version", examples=["A1"])
    title: Line = Field(description="The action in one line", examples=["Evening courses in three neighbourhoods"])
    objective: ObjectiveRef = Field(description="The objective it serves", examples=["O1"])
    rationale: Text = Field(description="The need it answers and why this is the answer")
    needs: Lines = Field([], description="Titles of the needs of the needs assessment that it answers")
    benchmark: Note = Field("", description="The benchmark it works towards")
    key_factors: KeyFactors = Field([], description="The key factors it works on", examples=[["KF1"]])
    sector: Line = Field(description="Field of city policy", examples=["Education"])
    target_group: Line = Field(description="Whom it is for", examples=["Adult newcomers"])
    description: Text = Field(description="What is done")
    steps: Lines = Field([], description="The steps in order, a line each")
    lead: Lead = Field(description="Department and role that answer for it")
    partners: Lines = Field([], description="Organisations that take part, a line each")
    migrant_involvement: Prose = Field("", description="How migrants themselves take part in shaping and doing it")
    start: ProgrammeDay = Field(description="First day", examples=["2022-03-01"])
    end: Day = Field(description="Last day, after the first", examples=["2023-02-28"])
    milestones: list[Milestone] = Field([], max_length=40, description="Days between start and end by which something is reached")
    cost: Cost = Field(Cost(staff=0, other=0), description="Cost over its whole life, in whole euro")
    funding: FundingSource = Field(FundingSource(source="", state=FundingState.NONE), description="Who pays, and how certain that is")
    indicator: Indicator = Field(description="How one sees whether it works")
    risk: Risk | None = Field(None, description="The main risk")
    assumptions: Lines = Field([], description="What must hold for it to work, a line each")
    mentor_practice: Note = Field("", description="The mentor's practice it draws on", examples=["Buddies for newcomers"])
    adaptation: Prose = Field("", description="How that practice is changed to fit here")
    sustainability: Prose = Field("", description="What keeps it going afterwards")
    priority: Priority = Field(Priority.MEDIUM, description="high, medium or low", examples=["high"])
    status: Status = Field(Status.PLANNED, description="Where it stands", examples=["planned"])
    progress: Annotated[int, Field(ge=0, le=100), BeforeValidator(not_a_boolean)] = Field(
        0, description="How far it has come", examples=[30], json_schema_extra={"unit": "%"}
    )

    @model_validator(mode="after")
    def rules(self) -> Self:
        """The end comes after the start, milestones lie between, progress agrees with the status."""
        found: list[tuple[Loc, str]] = []
        if self.end <= self.start:
            found.append((("end",), f"the end {self.end} must come after the start, {self.start}"))
        else:
            found += [
                (("milestones", index, "on"), f"{milestone.on} lies outside the action, {self.start} to {self.end}")
                for index, milestone in enumerate(self.milestones)
                if not self.start <= milestone.on <= self.end
            ]
        if self.status is Status.PLANNED and self.progress:
            found.append((("progress",), "an action that is only planned has no progress; set its status to under-way, or progress to 0"))
        if self.status is Status.DONE and self.progress != 100:
            found.append((("progress",), "an action that is done stands at 100; set progress to 100, or its status to under-way"))
        if self.adaptation and not self.mentor_practice:
            found.append((("adaptation",), "says how a practice is adapted, but mentor_practice is empty; name the practice"))
        refuse(found)
        return self
