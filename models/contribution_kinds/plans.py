"""Phases 4, 5 and 7: the action plan of a mentee and what costs, comments and the mentor add to it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from models.contribution_kinds.actions import Action, Cost, FundingSource, FundingState, Risk
from models.contribution_kinds.parts import ActionRef, Euro, Line, Lines, Loc, Note, PastDay, Prose, Reference, Text, refuse, repeated
from models.definition import Strict


class Objective(Strict):
    """What the plan wants to reach; actions refer to it by its id."""

    id: Reference = Field(description="Short id, unique in the plan", examples=["O1"])
    title: Line = Field(description="The objective in one line", examples=["Newcomers find their way in the first month"])
    description: Prose = Field("", description="What will be different when it is reached")


class Annex(Strict):
    """Something added at the end of the plan."""

    title: Line = Field(description="Heading", examples=["List of bodies consulted"])
    text: Prose = Field("", description="The annex itself")


class ActionPlan(Strict):
    """The action plan of a mentee, growing from the draft (D4.2) over D5.2 to the plan its council adopts (D7.1).

    Needs, benchmark, gaps, budget and Gantt of the document come from other contributions and from the actions.
    """

    foreword: Prose = Field("", description="A word by the city, signed by a role")
    summary: Text = Field(description="The plan on half a page")
    context: Prose = Field("", description="Where the city stands, in short")
    vision: Text = Field(description="How the city will be when the plan has worked")
    objectives: list[Objective] = Field(min_length=1, max_length=20, description="What the plan wants to reach")
    logic: Prose = Field("", description="Why these actions lead to these objectives")
    actions: list[Action] = Field(min_length=1, max_length=60, description="The action sheets")
    governance: Prose = Field("", description="Who steers the plan and decides on changes")
    participation: Prose = Field("", description="How the local support network and migrants take part")
    monitoring: Prose = Field("", description="Who measures what, when, and who reads it")
    risks: list[Risk] = Field([], max_length=30, description="Risks of the plan as a whole")
    communication: Prose = Field("", description="Who is told what, in which languages")
    sustainability: Prose = Field("", description="What keeps it going after the programme")
    annexes: list[Annex] = Field([], max_length=20, description="Anything to be added at the end")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """Ids are unique, and an action serves an objective of this plan."""
        found = repeated([item.id for item in self.objectives], "objectives", field="id", what="id")
        found += repeated([item.id for item in self.actions], "actions", field="id", what="id")
        known = [item.id for item in self.objectives]
        for index, action in enumerate(self.actions):
            if action.objective not in known:
                message = f"there is no objective called '{action.objective}' in this plan. Choose one of: {', '.join(known)}"
                found.append((("actions", index, "objective"), message))
        refuse(found)
        return self


class CostItem(Strict):
    """What one action costs and who pays."""

    action: ActionRef = Field(description="An action of the plan", examples=["A1"])
    cost: Cost = Field(description="Cost over its whole life, in whole euro")
    funding: FundingSource = Field(FundingSource(source="", state=FundingState.NONE), description="Who pays, and how certain that is")
    note: Note = Field("", description="What the figure rests on", examples=["Half a post for one year"])


class Costing(Strict):
    """The costing of a plan by the city's finance department, an item for each action."""

    items: list[CostItem] = Field(
        min_length=1, max_length=60, description="One item for each action", json_schema_extra={"each": "action"}
    )
    total: Euro | None = Field(None, description="The sum, where it is stated; it must agree with the items", examples=[25000])
    assumptions: Lines = Field([], description="What the figures rest on, a line each")
    note: Prose = Field("", description="What the council should know about the money")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """An action is costed once, and a stated total is the sum of the items."""
        found = repeated([item.action for item in self.items], "items", field="action", what="action")
        computed = sum(item.cost.staff + item.cost.other for item in self.items)
        if self.total is not None and self.total != computed:
            found.append((("total",), f"{self.total} euro is not the sum of the items, {computed}; correct one or leave the total out"))
        refuse(found)
        return self


class Comment(Strict):
    """One comment on the plan and what was made of it."""

    comment: Text = Field(description="What was said")
    author_role: Line = Field(description="Who said it: a role or kind of organisation, not a person", examples=["Migrants' association"])
    response: Text = Field(description="What the city answers")
    change: Prose = Field("", description="What changed in the plan; empty: nothing did")


class Comments(Strict):
    """The consultation of the local support network on the plan (D5.3)."""

    held_on: PastDay | None = Field(None, description="The day of the consultation", examples=["2021-11-20"])
    summary: Prose = Field("", description="How the network was consulted")
    comments: list[Comment] = Field(min_length=1, max_length=300, description="The comments, each with its response")


class Opinion(Strict):
    """The mentor's opinion on its mentee's plan; advisory."""

    summary: Text = Field(description="The opinion in a paragraph")
    keep: Lines = Field([], description="What to keep, a line each")
    change: Lines = Field([], description="What to change, a line each")
    add: Lines = Field([], description="What to add, a line each")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """The same line is not both to be kept and to be changed."""
        kept = {line.casefold() for line in self.keep}
        found: list[tuple[Loc, str]] = [
            (("change", index), "stands under 'keep' as well; decide for one")
            for index, line in enumerate(self.change)
            if line.casefold() in kept
        ]
        refuse(found)
        return self
