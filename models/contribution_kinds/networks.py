"""Phase 3: the local support network of a city."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from models.contribution_kinds.parts import Line, Loc, Note, Prose, Text, refuse, repeated
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
    by: date = Field(description="The day by which there will be one", examples=["2021-06-30"])


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
