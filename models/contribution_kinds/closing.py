"""Phase 7: what the cities learned and what the facilitator makes of it all."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from models.contribution_kinds.parts import Line, Lines, Prose, SomeLines, Text, refuse
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
