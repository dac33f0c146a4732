"""Phase 6: the content of a city's online one-stop shop."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from models.contribution_kinds.parts import (
    PHONE,
    Day,
    Languages,
    Line,
    Lines,
    Loc,
    Mailbox,
    Note,
    Prose,
    Text,
    Web,
    not_a_boolean,
    refuse,
    repeated,
)
from models.definition import Strict


class Topic(StrEnum):
    """The topics of a one-stop shop. Source: `domain.md`, "Online one-stop shop"."""

    FIRST_STEPS = "first-steps"
    LEGAL_ADVICE = "legal-advice"
    LANGUAGE_COURSES = "language-courses"
    HEALTH = "health"
    SCHOOL = "school-and-childcare"
    HOUSING = "housing"
    WORK = "work"
    SOCIAL_HELP = "social-help"
    WOMEN = "women-and-violence"
    EMERGENCIES = "emergencies"


class ServiceStatus(StrEnum):
    """Whether a service can be used; the words of Open Referral HSDS 3."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    CLOSED = "temporarily closed"


class ShopService(Strict):
    """One service newcomers need: who, where, when, and what they should know before they go."""

    topic: Topic = Field(description="The topic it is listed under", examples=["language-courses"])
    name: Line = Field(description="Name of the service", examples=["Language courses for beginners"])
    description: Prose = Field("", description="What it does, in plain words")
    organisation: Line = Field(description="Who runs it", examples=["City library"])
    where: Line = Field(description="Where to go, or 'online' or 'by telephone'", examples=["Town hall, ground floor"])
    when: Line = Field(description="When it is open", examples=["Monday to Friday, mornings"])
    cost: Line = Field(description="What it costs", examples=["free"])
    documents: Lines = Field([], description="Documents to bring, a line each; empty: none")
    languages: Languages = Field(description="Languages spoken there", examples=[["it", "en"]])
    eligibility: Line = Field(description="Who may use it", examples=["everybody"])
    booking: Line = Field(description="How to book", examples=["no appointment needed"])
    papers_needed: bool | Line = Field(description="Whether residence papers are needed: yes, no, or in words", examples=[False])
    reported: Line = Field(description="Whether anything is reported, and to whom", examples=["Nothing is reported."])
    phone: Annotated[str, Field(pattern=PHONE, max_length=26)] | None = Field(
        None, description="Public number of the service, never of a person", examples=["112"]
    )
    mailbox: Mailbox | None = Field(None, description="Function mailbox of the service", examples=["courses@city.example"])
    website: Web | None = Field(None, description="The service's own page", examples=["https://www.city.example/courses"])
    checked_on: Day | None = Field(None, description="The day the record was last checked", examples=["2022-03-01"])
    checked_by: Note = Field("", description="The role that checked it", examples=["Service owner"])
    recheck_days: Annotated[int, Field(ge=1, le=90), BeforeValidator(not_a_boolean)] | None = Field(
        None,
        description="Days after which it must be checked again, where sooner than 90",
        examples=[30],
        json_schema_extra={"unit": "days"},
    )
    status: ServiceStatus = Field(ServiceStatus.ACTIVE, description="Whether it can be used", examples=["active"])

    @model_validator(mode="after")
    def rules(self) -> Self:
        """A day of checking has its checker and the other way round."""
        found: list[tuple[Loc, str]] = []
        if self.checked_on and not self.checked_by:
            found.append((("checked_on",), "says when it was checked but not by whom; add checked_by, a role"))
        if self.checked_by and not self.checked_on:
            found.append((("checked_by",), "says who checked it but not when; add checked_on"))
        refuse(found)
        return self


class OneStopShop(Strict):
    """The one-stop shop of one city (D6.3); a city that has a site of its own gives its address instead of services."""

    publisher: Line = Field(description="Who publishes it and answers for it", examples=["City of Example"])
    maintained_by: Line = Field(description="Who keeps it up after the programme's closure", examples=["Integration office"])
    languages: Languages = Field(description="Languages it is to be published in", examples=[["en", "it", "ar"]])
    introduction: Prose = Field("", description="A few plain sentences that welcome the reader")
    own_site: Web | None = Field(None, description="The city's own site, where there is one: it is linked instead")
    services: list[ShopService] = Field([], max_length=300, description="The services, by topic")
    feedback: Mailbox | None = Field(None, description="Where readers report a mistake", examples=["feedback@city.example"])
    accessibility: Prose = Field("", description="What of the accessibility statement is the city's own")
    imprint: Text | None = Field(None, description="The legal notice, where the city needs one")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """Services or the city's own site; a service stands once under a topic."""
        keys = [(item.topic, item.organisation.casefold(), item.name.casefold()) for item in self.services]
        found = repeated(keys, "services", field="name", what="service of that organisation under that topic")
        if not self.services and self.own_site is None:
            found.append((("services",), "lists no service; add at least one, or own_site with the address of the city's own site"))
        refuse(found)
        return self
