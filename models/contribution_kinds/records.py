"""Records whose sections are free: agendas, briefings, reports, terms, maps and notes."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from models.contribution_kinds.parts import Line, Lines, Prose, Text, refuse, repeated
from models.definition import Strict


class Section(Strict):
    """A heading with text, a list, or both under it."""

    heading: Line = Field(description="Heading of the section", examples=["Findings"])
    text: Prose = Field("", description="Text of the section")
    items: Lines = Field([], description="Points of the section, a line each")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """No empty section."""
        if not self.text and not self.items:
            refuse([(("text",), f"'{self.heading}' has nothing under it; write a text or items, or take the section out")])
        return self


class Record(Strict):
    """A record of what was agreed, planned or held."""

    title: Line = Field(description="Title of the record", examples=["Report of study visit 1"])
    summary: Text = Field(description="The record in a paragraph")
    held_on: date | None = Field(None, description="The day it took place, where it is about a meeting", examples=["2021-05-20"])
    sections: list[Section] = Field([], max_length=60, description="The sections in order")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """A heading stands once."""
        refuse(repeated([section.heading.casefold() for section in self.sections], "sections", field="heading", what="heading"))
        return self
