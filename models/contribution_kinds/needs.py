"""Phase 1: what a city needs, what it is good at, and what the facilitator makes of the computed matching."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from models.contribution_kinds.parts import (
    SUPPRESSED_BELOW,
    CitySlug,
    FromOneToFive,
    Languages,
    Line,
    Lines,
    MenteeSlug,
    MentorSlug,
    Note,
    Number,
    People,
    Percent,
    Prose,
    Text,
    ThemeSlug,
    Year,
    distinct,
    not_a_boolean,
    refuse,
    repeated,
)
from models.definition import Strict

Residents = Annotated[int, Field(ge=SUPPRESSED_BELOW, le=100_000_000), BeforeValidator(not_a_boolean)]
Capacity = Annotated[int, Field(ge=0, le=10), BeforeValidator(not_a_boolean)]


class Unit(StrEnum):
    """What a figure counts or measures."""

    PEOPLE = "people"
    PERCENT = "%"
    HOUSEHOLDS = "households"
    PLACES = "places"
    HOURS = "hours"
    EURO = "euro"
    COUNT = "count"


class Figure(Strict):
    """One number about the city, with where it comes from."""

    label: Line = Field(description="What is counted or measured", examples=["Residents of foreign origin"])
    value: Number = Field(description="The number, in the unit given", examples=[1200])
    unit: Unit = Field(description="The unit", examples=["people"])
    year: Year = Field(description="The year it holds for", examples=[2020])
    source: Line = Field(description="Who publishes it", examples=["Municipal register"])

    @model_validator(mode="after")
    def rules(self) -> Self:
        """Small counts of people are suppressed, shares lie between 0 and 100, only money may be negative."""
        found: list[tuple[tuple[str | int, ...], str]] = []
        if self.unit in (Unit.PEOPLE, Unit.HOUSEHOLDS) and 0 < self.value < SUPPRESSED_BELOW:
            found.append((("value",), "suppress counts under 5: leave the figure out, or say 'fewer than 5' in the text"))
        if self.unit is Unit.PEOPLE and self.value != int(self.value):
            found.append((("value",), "people are counted in whole numbers; for a share use the unit %"))
        if self.unit is Unit.PERCENT and not 0 <= self.value <= 100:
            found.append((("value",), "a share lies between 0 and 100 %"))
        elif self.value < 0 and self.unit is not Unit.EURO:
            found.append((("value",), "cannot be negative"))
        refuse(found)
        return self


class ExistingService(Strict):
    """A service for newcomers that exists already."""

    name: Line = Field(description="Name of the service", examples=["Evening language courses"])
    description: Prose = Field("", description="What it does and for how many")
    target_group: Note = Field("", description="Whom it is for", examples=["Adult newcomers"])


class Stakeholder(Strict):
    """An organisation, not a person, that was asked."""

    name: Line = Field(description="Name of the organisation", examples=["Association of newcomers (illustrative)"])
    kind: Line = Field(description="What it is", examples=["migrants' association"])


class Need(Strict):
    """One need; the order of the list is the city's ranking, the most pressing first."""

    theme: ThemeSlug = Field(description="One of the programme's themes", examples=["language-learning"])
    title: Line = Field(description="The need in one line", examples=["Language courses people can attend after work"])
    description: Text = Field(description="What is missing, for whom, and what follows from it")
    severity: FromOneToFive = Field(description="From 1 (slight) to 5 (most severe)", examples=[4])
    people_affected: People | None = Field(None, description="About how many people it touches; never under 5", examples=[400])


class NeedsAssessment(Strict):
    """The needs assessment of one city (D1.1). Source: `domain.md`, "What the deliverables contain"."""

    context: Text = Field(description="The city in a few paragraphs: place, history of migration, economy")
    population: Residents = Field(description="Residents of the city", examples=[30000], json_schema_extra={"unit": "people"})
    foreign_origin_share: Percent | None = Field(None, description="Share of residents of foreign origin", examples=[12.5])
    figures: list[Figure] = Field([], max_length=60, description="Further figures, with year and source")
    governance: Prose = Field("", description="Who decides and who acts on integration, at which level")
    services: list[ExistingService] = Field([], max_length=60, description="What newcomers find today")
    stakeholders: list[Stakeholder] = Field([], max_length=60, description="Organisations consulted for this assessment")
    needs: list[Need] = Field(min_length=1, max_length=30, description="The needs, the most pressing first")
    gaps: Lines = Field([], description="What is missing between needs and services, a line each")
    data_limits: Prose = Field("", description="What the figures do not show, and why")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """A need stands once, because actions name it by its title; it cannot touch more people than live there."""
        found = repeated([need.title.casefold() for need in self.needs], "needs", field="title", what="need")
        for index, need in enumerate(self.needs):
            if need.people_affected is not None and need.people_affected > self.population:
                message = f"{need.people_affected} people are more than the population of {self.population}"
                found.append((("needs", index, "people_affected"), message))
        refuse(found)
        return self


class Strength(Strict):
    """Something the city does well enough to show others."""

    theme: ThemeSlug = Field(description="One of the programme's themes", examples=["employment"])
    title: Line = Field(description="The strength in one line", examples=["One desk for jobs and training"])
    description: Text = Field(description="What is done, since when, by whom")
    level: FromOneToFive = Field(description="From 1 (first steps) to 5 (others come to see it)", examples=[4])
    evidence: Prose = Field("", description="What shows it: results, an evaluation, visits of others")


class Veto(Strict):
    """A city this one cannot be paired with."""

    city: CitySlug = Field(description="The other city", examples=["example-city"])
    reason: Line = Field(description="Why not; the Steering Committee reads it", examples=["Already twinned on the same theme"])


class CityProfile(Strict):
    """What a city can give and wishes to get; with its needs the input of the matching."""

    strengths: list[Strength] = Field(min_length=1, max_length=30, description="Strengths, the strongest first")
    capacity_mentees: Capacity | None = Field(
        None, description="How many mentees it could take on, 0 for none; empty: as in the programme file", examples=[1]
    )
    working_languages: Languages = Field(description="Languages its people can work in", examples=[["en", "fr"]])
    wished_themes: Annotated[list[ThemeSlug], Field(max_length=60), AfterValidator(distinct)] = Field(
        [], description="Themes it wishes to work on", examples=[["housing"]]
    )
    vetoes: list[Veto] = Field([], max_length=60, description="Cities it cannot be paired with, with the reason")
    available: bool = Field(True, description="Whether it can take part in the pairs at all")
    practice: Prose = Field("", description="The practice it is best known for, in a paragraph")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """A city is vetoed once."""
        refuse(repeated([veto.city for veto in self.vetoes], "vetoes", field="city", what="city"))
        return self


class Override(Strict):
    """A pair put in the place of the computed one."""

    mentor: MentorSlug = Field(description="The mentor city", examples=["example-city"])
    mentee: MenteeSlug = Field(description="The mentee city", examples=["other-city"])
    theme: ThemeSlug = Field(description="The theme they work on", examples=["housing"])
    reason: Text = Field(description="Why it is better than the computed pair; printed in the matching report")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """A city cannot mentor itself."""
        if self.mentor == self.mentee:
            refuse([(("mentee",), "a city cannot be its own mentor; name two cities")])
        return self


class MatchingProposal(Strict):
    """The facilitator's answer to the computed matching: as it is, or with single pairs replaced."""

    overrides: list[Override] = Field([], max_length=600, description="Pairs to replace; empty: as computed")
    note: Prose = Field("", description="What the Steering Committee should know")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """A mentee has one mentor."""
        refuse(repeated([override.mentee for override in self.overrides], "overrides", field="mentee", what="mentee"))
        return self
