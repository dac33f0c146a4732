"""Phases 3 to 5 and 7: the study visits of a pair, planned, prepared and reported. Source: `domain.md`, "What the deliverables contain"."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from models.contribution_kinds.meetings import (
    BudgetLine,
    FollowUp,
    Held,
    Mode,
    Participants,
    Quote,
    Session,
    days_in_order,
    sessions_between,
)
from models.contribution_kinds.parts import (
    Euro,
    KeyFactorRef,
    KeyFactors,
    Line,
    Lines,
    Loc,
    Note,
    PairCity,
    ProgrammeDay,
    Prose,
    SomeLines,
    Text,
    not_a_boolean,
    refuse,
    repeated,
)
from models.definition import Strict

LONGEST_VISIT_DAYS = 14


class Direction(Strict):
    """Who receives whom, how, and on which days."""

    host: PairCity = Field(description="The city that receives", examples=["example-mentor"])
    guest: PairCity = Field(description="The city that comes", examples=["example-mentee"])
    mode: Mode = Field(description="in-person, virtual or hybrid", examples=["in-person"])
    starts_on: ProgrammeDay = Field(description="First day", examples=["2021-05-20"])
    ends_on: ProgrammeDay = Field(description="Last day", examples=["2021-05-21"])

    def direction_faults(self) -> list[tuple[Loc, str]]:
        """Nobody visits themselves; the days are in order and few."""
        found = days_in_order(self.starts_on, self.ends_on)
        if not found and (self.ends_on - self.starts_on).days >= LONGEST_VISIT_DAYS:
            message = f"a visit of more than {LONGEST_VISIT_DAYS} days; correct the days {self.starts_on} to {self.ends_on}"
            found.append((("ends_on",), message))
        if self.host == self.guest:
            found.append((("guest",), f"'{self.guest}' cannot visit itself; name the other city of the pair"))
        return found


class PlannedVisit(Direction):
    """One of the study visits as it is planned."""

    number: Annotated[int, Field(ge=1, le=3), BeforeValidator(not_a_boolean)] = Field(description="1, 2 or 3", examples=[1])
    focus: Line = Field(description="What this visit is for", examples=["See the practice and plan actions"])
    agenda: SomeLines = Field(description="What is to be seen and discussed, a line each")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """As every visit."""
        refuse(self.direction_faults())
        return self


class VisitRole(Strict):
    """Who does what for the visits."""

    role: Line = Field(description="The role, not a person", examples=["Project lead of the host"])
    tasks: Line = Field(description="What this role does", examples=["Proposes places and people to meet"])


class Question(Strict):
    """Something the guests want to find out."""

    question: Line = Field(description="The question", examples=["Who was against it at first, and what changed their mind?"])
    key_factor: KeyFactorRef | None = Field(None, description="The key factor it is about", examples=["KF1"])


class VisitPlan(Strict):
    """The plan of a pair's study visits (D3.3): dates, mode, agenda, roles, budget, questions."""

    introduction: Prose = Field("", description="What the pair wants from the visits")
    visits: list[PlannedVisit] = Field(min_length=1, max_length=3, description="The visits in order")
    roles: list[VisitRole] = Field(min_length=1, max_length=30, description="Who does what")
    network_participation: Text = Field(description="How the local support networks take part in the visits")
    logistics: Prose = Field("", description="Travel, rooms, interpreters, access needs")
    budget: list[BudgetLine] = Field([], max_length=60, description="What the visits cost, by item")
    budget_total: Euro | None = Field(None, description="The sum, where it is stated; it must agree with the items", examples=[9000])
    questions: list[Question] = Field(min_length=1, max_length=60, description="What the guests want to find out")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """Each visit once and one after the other; a stated total is the sum of the items."""
        found = repeated([visit.number for visit in self.visits], "visits", field="number", what="visit")
        for index in range(1, len(self.visits)):
            before, visit = self.visits[index - 1], self.visits[index]
            if visit.number > before.number and visit.starts_on <= before.ends_on:
                message = f"visit {visit.number} starts on {visit.starts_on}, before visit {before.number} is over on {before.ends_on}"
                found.append((("visits", index, "starts_on"), message))
        found += total_faults(self.budget, self.budget_total)
        refuse(found)
        return self


def total_faults(budget: list[BudgetLine], total: int | None) -> list[tuple[Loc, str]]:
    """A fault where a stated total is not the sum of the items."""
    computed = sum(line.amount for line in budget)
    if total is None or total == computed:
        return []
    return [(("budget_total",), f"{total} euro is not the sum of the items, {computed}; correct one or leave the total out")]


class VisitAgenda(Direction):
    """The agenda of one study visit, as the guest proposes it and the host agrees to it."""

    aims: SomeLines = Field(description="What the guests want to take home, a line each")
    sessions: list[Session] = Field(min_length=1, max_length=60, description="The programme, session by session")
    participants: list[Participants] = Field(min_length=1, max_length=60, description="Who is expected, by role and side")
    network_participation: Text = Field(description="Which sessions the local support networks take part in, and how")
    interpreters: Lines = Field([], description="Interpreting needed, a line each", examples=[["Italian – English, both days"]])
    needs: Lines = Field([], description="Access, diet, childcare and other needs, without naming anybody")
    logistics: Prose = Field("", description="Travel, rooms, technique")
    budget: list[BudgetLine] = Field([], max_length=60, description="What the visit costs, by item")
    budget_total: Euro | None = Field(None, description="The sum, where it is stated; it must agree with the items", examples=[3000])

    @model_validator(mode="after")
    def rules(self) -> Self:
        """Sessions lie on the days of the visit; a stated total is the sum of the items."""
        found = self.direction_faults() or sessions_between(self.sessions, "sessions", self.starts_on, self.ends_on)
        found += total_faults(self.budget, self.budget_total)
        refuse(found)
        return self


class PersonToMeet(Strict):
    """A role the guests will meet, and why."""

    role: Line = Field(description="The role, not a person", examples=["Head of the integration office"])
    organisation: Note = Field("", description="Where", examples=["City of Example"])
    why: Line = Field(description="What can be learned there", examples=["Started the buddy scheme"])


class Background(Strict):
    """Something to know before one comes."""

    title: Line = Field(description="The practice or topic", examples=["Buddies for newcomers"])
    text: Text = Field(description="What one should know about it")
    key_factors: KeyFactors = Field([], description="The key factors it is about", examples=[["KF1"]])


class VisitBriefing(Strict):
    """The briefing pack the host sends before a study visit."""

    practicalities: Text = Field(description="How to arrive or to connect, where to meet, what to bring")
    people: list[PersonToMeet] = Field(min_length=1, max_length=60, description="Whom the guests will meet, by role")
    background: list[Background] = Field(min_length=1, max_length=30, description="The practices to be seen")
    reading: Lines = Field([], description="What to read before, a line each")
    access: Prose = Field("", description="Accessibility of the places, and whom to ask (a role)")


class Finding(Strict):
    """What the visit showed about one key factor."""

    key_factor: KeyFactorRef = Field(description="A key factor of the pair's benchmark", examples=["KF1"])
    finding: Text = Field(description="What was seen and heard")
    consequence: Prose = Field("", description="What the guest makes of it at home")


class VisitReport(Held):
    """The report on one study visit (D4.1, D5.1, D7.7)."""

    host: PairCity = Field(description="The city that received", examples=["example-mentor"])
    guest: PairCity = Field(description="The city that came", examples=["example-mentee"])
    summary: Text = Field(description="The visit on half a page")
    objectives: SomeLines = Field(description="What the visit was for, a line each")
    programme: list[Session] = Field(min_length=1, max_length=60, description="What took place, session by session")
    network_participation: Text = Field(description="How the local support networks took part")
    findings: list[Finding] = Field(min_length=1, max_length=60, description="What was learned, by key factor")
    ideas: Lines = Field([], description="Ideas for the action plan, a line each")
    obstacles: Lines = Field([], description="What stood or will stand in the way, a line each")
    recommendations: SomeLines = Field(description="What the guest should do next, a line each")
    follow_ups: list[FollowUp] = Field([], max_length=60, description="Who promised what by when")
    quotes: list[Quote] = Field([], max_length=30, description="What people said, with their consent")

    @model_validator(mode="after")
    def rules(self, info: ValidationInfo) -> Self:
        """The days agree, with what was recorded too; nobody visits themselves; a promise is kept after the visit began."""
        found = self.day_faults(self.programme, "programme") or self.recorded_faults(info.context)
        if self.host == self.guest:
            found.append((("guest",), f"'{self.guest}' cannot visit itself; name the other city of the pair"))
        found += [
            (("follow_ups", index, "by"), f"{follow_up.by} lies before the visit, {self.starts_on}")
            for index, follow_up in enumerate(self.follow_ups)
            if _before(follow_up.by, self.starts_on)
        ]
        refuse(found)
        return self


def _before(day: date | None, other: date) -> bool:
    return day is not None and day < other
