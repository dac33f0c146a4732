"""Phase 2 and its return in phase 7: good practices, a pair's benchmark with key factors, the self-assessment."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from models.contribution_kinds.parts import (
    KeyFactorRef,
    Line,
    Lines,
    Note,
    PairTheme,
    Prose,
    Reference,
    Text,
    ThemeSlug,
    Web,
    not_a_boolean,
    refuse,
    repeated,
)
from models.definition import Strict

SCALE_NOTE = "The scale from 0 to 4 is this software's own: 0 nothing in place, 1 first steps, 2 partly, 3 largely, 4 fully in place."
"""Printed wherever ratings are (`domain.md`, "Benchmark and key factor")."""

Rating = Annotated[int, Field(ge=0, le=4), BeforeValidator(not_a_boolean)]


class Practice(Strict):
    """One good practice. Source: `domain.md`, "What the deliverables contain"."""

    title: Line = Field(description="Name of the practice", examples=["Buddies for newcomers"])
    theme: ThemeSlug = Field(description="One of the programme's themes", examples=["city-for-all"])
    local_government: Note = Field("", description="Whose practice it is, where it is not the city's own")
    problem: Text = Field(description="The problem it answers")
    target_group: Line = Field(description="Whom it is for", examples=["Newly arrived families"])
    description: Text = Field(description="What is done and how")
    cost: Note = Field("", description="What it costs and who pays", examples=["About 40 000 euro a year, city budget"])
    results: Prose = Field("", description="What came of it, and how that is known")
    conditions: Prose = Field("", description="What must be in place for it to work")
    transferability: Prose = Field("", description="What another city would have to change")
    contact_role: Note = Field("", description="Whom to ask: a role, not a person", examples=["Head of the integration office"])
    website: Web | None = Field(None, description="Where to read more", examples=["https://www.city.example/buddies"])


class GoodPractice(Strict):
    """The good practices a city or an association brings in (D2.2)."""

    practices: list[Practice] = Field(min_length=1, max_length=30, description="At least one practice")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """A practice stands once."""
        refuse(repeated([practice.title.casefold() for practice in self.practices], "practices", field="title", what="practice"))
        return self


class KeyFactor(Strict):
    """A concrete condition for reaching the benchmark."""

    id: Reference = Field(description="Short id that self-assessment and actions refer to", examples=["KF1"])
    title: Line = Field(description="The condition in one line", examples=["Families have the means to send children to school"])
    why: Text = Field(description="Why the benchmark is out of reach without it")
    how: Text = Field(description="How a city brings it about")
    guiding_questions: Lines = Field([], description="Questions a city asks itself, a line each")
    indicators: Lines = Field([], description="What shows that it is in place, a line each")
    mentor_example: Prose = Field("", description="How the mentor does it")


class Benchmark(Strict):
    """The benchmark of one pair (D2.1): a qualitative standard on its theme and the key factors for reaching it."""

    theme: PairTheme = Field(description="The pair's theme", examples=["education"])
    title: Note = Field("", description="Short name of the benchmark", examples=["Every child in school"])
    policy_background: Prose = Field("", description="European, national and local policy it stands on")
    statement: Text = Field(description="The standard itself, as the state to be reached")
    key_factors: list[KeyFactor] = Field(min_length=1, max_length=30, description="The conditions for reaching it, 1 to 30")
    additional_factors: Lines = Field([], description="Circumstances that help or hinder and a city cannot change")
    sources: Lines = Field([], description="What it is drawn from, a line each")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """Ids are unique, because ratings and actions refer to them."""
        refuse(repeated([factor.id for factor in self.key_factors], "key_factors", field="id", what="id"))
        return self


class FactorRating(Strict):
    """Where the city stands on one key factor."""

    key_factor: KeyFactorRef = Field(description="A key factor of the pair's benchmark", examples=["KF1"])
    rating: Rating = Field(description=SCALE_NOTE, examples=[2])
    evidence: Text = Field(description="What the rating rests on; a rating without evidence is not accepted")


class SelfAssessment(Strict):
    """A mentee's own rating on every key factor, before the visits and after them. The scale is this software's own."""

    ratings: list[FactorRating] = Field(
        min_length=1, max_length=30, description="One rating for each key factor", json_schema_extra={"each": "key_factor"}
    )
    note: Prose = Field("", description="How the rating was arrived at, and by whom (roles)")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """A key factor is rated once."""
        refuse(repeated([rating.key_factor for rating in self.ratings], "ratings", field="key_factor", what="key factor"))
        return self
