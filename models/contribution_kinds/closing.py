"""Phase 7: what the cities learned and what the facilitator makes of it all."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from models.contribution_kinds.parts import (
    FromOneToFive,
    Line,
    Lines,
    ProgrammeDay,
    Prose,
    ResultSlug,
    SomeLines,
    Text,
    Whole,
    refuse,
    repeated,
)
from models.definition import Strict


class Lesson(Strict):
    """What a city would tell one that starts tomorrow; it goes into the methodological guide (D7.3)."""

    summary: Prose = Field("", description="The lesson in a paragraph")
    worked: Lines = Field([], description="What worked, a line each")
    did_not_work: Lines = Field([], description="What did not, a line each")
    advice: Lines = Field([], description="What you would tell a city that starts tomorrow, a line each")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """Something is said."""
        if not (self.worked or self.did_not_work or self.advice):
            refuse([(("advice",), "nothing is said yet; give at least one line under worked, did_not_work or advice")])
        return self


class Comparison(Strict):
    """The plans side by side."""

    summary: Prose = Field("", description="What the comparison shows")
    strengths: SomeLines = Field(description="What the plans do well, a line each")
    gaps: SomeLines = Field(description="What they lack, a line each")


class Tool(Strict):
    """A tool or template the method uses."""

    name: Line = Field(description="Name of the tool", examples=["Needs questionnaire"])
    purpose: Line = Field(description="What it is for", examples=["Every city answers the same questions"])


class Judgement(Strict):
    """What the facilitator makes of one expected result."""

    result: ResultSlug = Field(description="An expected result of the programme", examples=["integration"])
    judgement: Text = Field(description="How far it was reached, and what shows it")


class Synthesis(Strict):
    """The facilitator's texts for cross-plan review, guide, toolkit, infographic and evaluation (D7.2–D7.4, D7.6, D7.8)."""

    introduction: Text = Field(description="Introduction to the methodological guide")
    why: Text = Field(description="Why cities mentor each other")
    comparison: Comparison = Field(description="The plans side by side")
    recommendations: SomeLines = Field(description="Recommendations, a line each")
    tools: list[Tool] = Field([], max_length=60, description="Tools and templates")
    costs: Prose = Field("", description="What such a programme costs in time and money")
    online_in_person: Prose = Field("", description="What works online and what does not")
    pitfalls: Lines = Field([], description="Pitfalls, a line each")
    checklist: Lines = Field([], description="What to have done before starting, a line each")
    toolkit_introduction: Prose = Field("", description="How to use the integrated toolkit")
    key_messages: SomeLines = Field(description="Key messages of the programme's infographic, a line each")
    outlook: Prose = Field("", description="What happens next, and who keeps the cooperation going")
    results: list[Judgement] = Field([], max_length=20, description="What the facilitator makes of each expected result of the programme")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """A result is judged once."""
        refuse(repeated([row.result for row in self.results], "results", field="result", what="result"))
        return self


class ResultRating(Strict):
    """How far one expected result of the programme was reached in the city."""

    result: ResultSlug = Field(description="An expected result of the programme", examples=["integration"])
    rating: FromOneToFive = Field(description="From 1 (not at all) to 5 (fully); the scale is this software's own", examples=[4])
    evidence: Text = Field(description="What the rating rests on; a rating without evidence is not accepted")


class OwnCompetence(Strict):
    """One competence as the city's team rates itself before and after the programme."""

    competence: Line = Field(description="What one can do", examples=["Planning services with newcomers"])
    before: FromOneToFive = Field(description="Before, from 1 (low) to 5 (high); the scale is this software's own", examples=[2])
    after: FromOneToFive = Field(description="After, from 1 (low) to 5 (high)", examples=[4])


class Cooperation(Strict):
    """Working with others across borders, in numbers and in words."""

    partners_before: Whole = Field(description="Local governments and associations abroad worked with before", examples=[1])
    partners_after: Whole = Field(description="The same now", examples=[5])
    joint_activities: Lines = Field([], description="What was done together beside the programme's own steps, a line each")
    continues: bool = Field(description="Whether the pair goes on working together")
    how: Prose = Field("", description="How it goes on, or why not")


class NextStep(Strict):
    """What happens after the programme."""

    what: Line = Field(description="The step", examples=["Report to the council on the plan"])
    who: Line = Field(description="The role that does it", examples=["Integration officer"])
    by: ProgrammeDay | None = Field(None, description="The day by which it is done", examples=["2023-12-31"])


class Evaluation(Strict):
    """A city's evaluation of the programme against its expected results (D7.8)."""

    results: list[ResultRating] = Field(
        min_length=1, max_length=20, description="Each expected result, rated with evidence", json_schema_extra={"each": "result"}
    )
    competences: list[OwnCompetence] = Field([], max_length=30, description="What the team can do now that it could not do before")
    cooperation: Cooperation = Field(description="Cooperation across borders, before and after")
    next_steps: list[NextStep] = Field(min_length=1, max_length=40, description="What happens next")
    remarks: Prose = Field("", description="Anything else")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """A result and a competence stand once."""
        found = repeated([row.result for row in self.results], "results", field="result", what="result")
        found += repeated([row.competence.casefold() for row in self.competences], "competences", field="competence", what="competence")
        refuse(found)
        return self
