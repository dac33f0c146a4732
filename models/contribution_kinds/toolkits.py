"""Phase 6: the facilitator's draft of the toolkit on one theme (D6.4), taken up again in the integrated toolkit (D7.4)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from models.contribution_kinds.parts import Line, Lines, Note, SomeLines, Text, ThemeSlug, Web, not_a_boolean, refuse, repeated
from models.definition import Strict


class Exercise(Strict):
    """Something a team does together with the toolkit."""

    title: Line = Field(description="Name of the exercise", examples=["A newcomer's first week"])
    purpose: Line = Field(description="What it is for", examples=["See the services through a newcomer's eyes"])
    minutes: Annotated[int, Field(ge=5, le=480), BeforeValidator(not_a_boolean)] = Field(
        description="How long it takes", examples=[60], json_schema_extra={"unit": "minutes"}
    )
    steps: SomeLines = Field(description="What to do, a line each")


class ToolkitResource(Strict):
    """Something to read or use."""

    title: Line = Field(description="What it is", examples=["Template of an action sheet"])
    kind: Note = Field("", description="Template, checklist, study and so on", examples=["template"])
    use: Line = Field(description="What it is good for", examples=["Writing down one action completely"])
    website: Web | None = Field(None, description="Where it is to be found", examples=["https://www.city.example/template"])


class ToolkitNotes(Strict):
    """What the facilitator writes for a theme; benchmark, key factors, practices, self-assessment and plans come from their own sources."""

    theme: ThemeSlug = Field(description="The theme", examples=["education"])
    introduction: Text = Field(description="What the theme is about, and why it matters to a city")
    how_to_use: Text = Field(description="How to work with this toolkit")
    steps: SomeLines = Field(description="The steps a city goes through, a line each")
    self_assessment: Text = Field(description="How to rate oneself, who should be at the table, and what to do with the result")
    tips: Lines = Field([], description="What the pairs would tell others, a line each")
    exercises: list[Exercise] = Field([], max_length=30, description="What a team can do together")
    resources: list[ToolkitResource] = Field(min_length=1, max_length=60, description="What to read and use")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """An exercise and a resource stand once."""
        found = repeated([row.title.casefold() for row in self.exercises], "exercises", field="title", what="exercise")
        found += repeated([row.title.casefold() for row in self.resources], "resources", field="title", what="resource")
        refuse(found)
        return self
