"""Phase 3: who matters for a city's theme, and the local support network that comes of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from models.contribution_kinds.parts import Day, FromOneToFive, Line, Lines, Loc, Note, Prose, Text, refuse, repeated
from models.definition import Strict


class Member(Strict):
    """An organisation that takes part and has agreed to be named."""

    organisation: Line = Field(
        description="Name of the organisation, not of a person", examples=["Association of newcomers (illustrative)"]
    )
    kind: Line = Field(description="What it is", examples=["migrants' association"])
    migrant_led: bool = Field(description="Whether migrants lead it")
    consent: bool = Field(description="Whether it has agreed to be named")
    role: Note = Field("", description="What it does in the network", examples=["Speaks for learners"])


class MigrantLedException(Strict):
    """Why no member is migrant-led yet, and by when one will be."""

    reason: Text = Field(description="Why there is none yet")
    by: Day = Field(description="The day by which there will be one", examples=["2021-06-30"])


class SupportNetwork(Strict):
    """The local support network and its charter (D3.2).

    Every network has at least one migrant-led body, or a reasoned exception with a date to mend it (`domain.md`, phase 3).
    """

    mandate: Prose = Field("", description="What the network is for and what it may decide")
    members: list[Member] = Field(min_length=1, max_length=100, description="The members, organisations only")
    meetings: Prose = Field("", description="How often it meets, where, and who convenes it")
    decision_rules: Prose = Field("", description="How it decides")
    data_protection: Prose = Field("", description="What data it keeps, for how long")
    exception: MigrantLedException | None = Field(None, description="Only where no member is migrant-led")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """Members stand once and with consent; one is migrant-led, or the exception says why not."""
        found: list[tuple[Loc, str]] = repeated(
            [member.organisation.casefold() for member in self.members], "members", field="organisation", what="organisation"
        )
        found += [
            (("members", index, "consent"), "is named without its consent; obtain it or take the member out")
            for index, member in enumerate(self.members)
            if not member.consent
        ]
        led = any(member.migrant_led for member in self.members)
        if not led and self.exception is None:
            message = "no member is migrant-led; add one, or give an exception with its reason and the date by which it is mended"
            found.append((("members",), message))
        if led and self.exception is not None:
            found.append((("exception",), "a member is migrant-led, so there is nothing to except; leave the exception out"))
        refuse(found)
        return self


class StakeholderKind(StrEnum):
    """What an organisation is; the kinds that the brochure and the visits name, and the rest."""

    MIGRANTS = "migrants-association"
    NGO = "non-governmental-organisation"
    MUNICIPAL = "municipal-service"
    PUBLIC = "other-public-body"
    EDUCATION = "education"
    EMPLOYER = "employer-or-trade-union"
    FAITH = "faith-community"
    OTHER = "other"


class Stakeholder(Strict):
    """An organisation that matters for the theme."""

    organisation: Line = Field(description="Name of the organisation, not of a person", examples=["Newcomers' association"])
    kind: StakeholderKind = Field(description="What it is", examples=["migrants-association"])
    interest: FromOneToFive = Field(description="How much it cares about the theme, from 1 to 5", examples=[5])
    influence: FromOneToFive = Field(description="How much it can move, from 1 to 5", examples=[3])
    contribution: Line = Field(description="What it can bring", examples=["Knows what stops people from coming"])
    invited: bool = Field(description="Whether it is invited into the local support network")


class StakeholderMap(Strict):
    """The organisations that matter for the city's theme, by kind, and what each can bring; the scales are this software's own."""

    summary: Text = Field(description="What the map shows")
    stakeholders: list[Stakeholder] = Field(min_length=1, max_length=100, description="The organisations")
    missing: Lines = Field([], description="Who is not reached yet, a line each")
    approach: Prose = Field("", description="How those invited are approached, and by whom (roles)")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """An organisation stands once, and somebody is invited."""
        names = [row.organisation.casefold() for row in self.stakeholders]
        found = repeated(names, "stakeholders", field="organisation", what="organisation")
        if not any(row.invited for row in self.stakeholders):
            found.append((("stakeholders",), "invites nobody; set invited to true for those who are asked into the network"))
        refuse(found)
        return self
