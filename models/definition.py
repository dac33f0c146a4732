"""The programme file: who takes part, which dates and offsets hold, what the matching weighs.

Shapes only. Reading YAML with line numbers and checking what spans several keys is `programme_file`; what a phase
consists of is `method`, for every programme the same.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.mailbox import ascii_mailbox

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=48)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?$")]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Title = Annotated[str, Field(min_length=1, max_length=200)]
MAX_QUIET_PERIODS = 200

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166: `GR`, not the EU's `EL`."""
Website = Annotated[str, Field(pattern=r"^https?://[^\s<>]+$", max_length=500)]
Mailbox = Annotated[str, Field(max_length=254), AfterValidator(ascii_mailbox)]


class Strict(BaseModel):
    """Unknown keys are faults: a misspelt key must never be dropped in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Kind(StrEnum):
    """What an organisation is in the programme."""

    COORDINATOR = "coordinator"
    FACILITATOR = "facilitator"
    COMMITTEE = "committee"
    ASSOCIATION = "association"
    CITY = "city"


class Side(StrEnum):
    """Which side of a pair a city may take."""

    MENTOR = "mentor"
    MENTEE = "mentee"
    EITHER = "either"


class Role(StrEnum):
    """The roles that act in the method; an organisation without a contact for one uses its lead's mailbox."""

    COORDINATOR = "coordinator"
    FACILITATOR = "facilitator"
    COMMITTEE = "steering-committee"
    ASSOCIATION = "association-contact"
    LEAD = "project-lead"
    DEPUTY = "deputy"
    MAYOR = "mayor-delegate"
    COUNCIL = "council"
    FINANCE = "finance"
    DEPARTMENTS = "departments"
    SERVICE_OWNER = "service-owner"
    TRANSLATOR = "translator"


class Contact(Strict):
    """A mailbox and the role it answers for. Function mailboxes by default; a person needs consent and an end date."""

    role: Role
    mailbox: Mailbox
    language: Language | None = None
    """The language this mailbox is written to in; the organisation's first where it is left out."""
    elected: bool = False
    """An elected person is written to by the ladder only when the coordinator releases it (`design.md`)."""
    name: Title | None = None
    """A person's name; leave it out wherever the mailbox belongs to a function."""
    consent_on: date | None = None
    """When that person agreed to being named here."""
    retain_until: date | None = None
    """When the name must be erased."""


class Closure(Strict):
    """Days, both included, on which an organisation does not work beside its public holidays."""

    name: Title
    first: date
    last: date


class Organisation(Strict):
    """A city, an association, or one of the bodies that run the programme."""

    slug: Slug
    kind: Kind
    name: Title
    country: Country
    """ISO 3166, two capitals: `GR`, not the EU's `EL`."""
    subdivision: str | None = None
    """The part of the country whose holidays hold, as the `holidays` package names it."""
    zone: str
    """Time zone by its IANA name, such as `Europe/Rome`."""
    languages: Annotated[list[Language], Field(min_length=1)]
    """The languages it works in, the first one first."""
    association: Slug | None = None
    """The city's association of local governments."""
    side: Side | None = None
    """Cities only: on which side of a pair it may be."""
    capacity: Annotated[int, Field(ge=1, le=10)] = 1
    """How many mentees a mentor takes on."""
    hosts_academy: bool = False
    """Associations only: it hosts a training academy in phase 6."""
    one_stop_shop: bool = True
    """Cities only: the programme publishes a one-stop shop for it; `false` where it has a site of its own."""
    website: Website | None = None
    contacts: Annotated[list[Contact], Field(min_length=1)]
    closures: list[Closure] = []


class QuietPeriod(Strict):
    """A yearly stretch in which nothing falls due: August, elections, budget sessions. `MM-DD`, both included."""

    name: Title
    first: Annotated[str, Field(pattern=r"^\d\d-\d\d$")]
    last: Annotated[str, Field(pattern=r"^\d\d-\d\d$")]
    countries: list[Country] = []
    """Empty: for everybody."""


class PhasePlan(Strict):
    """When a phase starts by default: weeks from launch, and when it really did in the historical run."""

    number: Annotated[int, Field(ge=1, le=7)]
    week: Annotated[int, Field(ge=0, le=520)]
    historical_on: date | None = None


class Moment(Strict):
    """When one visit, workshop or academy takes place, by default and historically."""

    week: Annotated[int, Field(ge=0, le=520)]
    historical_on: date | None = None


class Meeting(Moment):
    """A kind of meeting the gates of phases 4 to 7 are anchored to, with exceptions by organisation.

    `by` is keyed by the slug of a mentee city (visits, workshops) or of a hosting association (academies).
    """

    mode: Annotated[str, Field(pattern="^(in-person|virtual)$")] = "in-person"
    host: Annotated[str, Field(pattern="^(mentor|mentee)$")] = "mentor"
    by: dict[Slug, Moment] = {}
    """Other weeks for single organisations."""


class Meetings(Strict):
    """The meetings of the method."""

    visit_1: Meeting
    visit_2: Meeting
    workshop: Meeting
    visit_3: Meeting
    academy: Meeting


class Policy(StrEnum):
    """What happens when a gate's time runs out."""

    HOLD = "hold"
    ESCALATE = "escalate"
    EXTEND = "extend"
    PROCEED = "proceed-without"
    TACIT = "tacit-consent"


class GateChange(Strict):
    """What a programme changes about one gate of the method, keyed by the gate's key."""

    weeks: Annotated[int, Field(ge=-104, le=104)] | None = None
    """Another offset of its deadline, in weeks from what it counts from."""
    policy: Policy | None = None
    """What happens when its time runs out; tacit consent is barred at gates about money."""
    after: list[str] = []
    """Keys of further gates it waits for, beside those the method names."""


class Theme(Strict):
    """A field of integration that needs and strengths are scored on and a pair works on."""

    slug: Slug
    title: Title
    description: Text | None = None
    weight: Annotated[float, Field(gt=0, le=10)] = 1.0


class ExpectedResult(Strict):
    """What the programme is to achieve; the evaluation (D7.8) is made against these."""

    slug: Slug
    title: Title
    description: Text | None = None


METHOD_RESULTS = (
    ExpectedResult(slug="integration", title="Better long-term integration of third-country nationals in medium-sized cities"),
    ExpectedResult(slug="cooperation", title="Better cooperation across borders between cities and associations of local governments"),
    ExpectedResult(slug="competences", title="More competences of cities and associations of local governments"),
)
"""The method's three expected results. Source: `brochure.it.txt`, "Risultati attesi"."""


class Matching(Strict):
    """Weights of the score of a possible pair; see `matching`. They need not sum to one."""

    fit: Annotated[float, Field(ge=0, le=10)] = 1.0
    """need x strength on the best theme"""
    language: Annotated[float, Field(ge=0, le=10)] = 0.3
    """a shared working language"""
    size: Annotated[float, Field(ge=0, le=10)] = 0.2
    """similar population"""
    preference: Annotated[float, Field(ge=0, le=10)] = 0.3
    """the theme is one the mentee asked for"""
    different_country: bool = False
    """a hard constraint: mentor and mentee in different countries"""


class HistoricalPair(Strict):
    """A pair of the historical run: said beside the result in the matching report, never an input to it."""

    mentor: Slug
    mentee: Slug
    theme: Slug


class Funding(Strict):
    """The funder's line, printed only where there is funding (EU grant practice)."""

    line: Title
    granting_authority: Title
    fund: Title | None = None
    grant_number: Title | None = None
    disclaimer: Text
    work_package_prefix: str = "WP"


class Definition(Strict):
    """One programme, whole."""

    id: Slug
    title: Title
    summary: Text
    website: Website | None = None
    working_language: Language
    """The language people share, used where an own one is not to be had."""
    languages: Annotated[list[Language], Field(min_length=1)]
    """The languages the programme publishes in."""
    illustrative: bool = False
    """Sample contributions are illustrative; every page they reach says so."""
    historical_start: date | None = None
    """The day a rehearsal starts on: for a programme that took place, the day it did."""
    coordinator: Slug
    facilitator: Slug
    committee: Slug
    funding: Funding | None = None
    themes: Annotated[list[Theme], Field(min_length=1, max_length=60)]
    expected_results: Annotated[list[ExpectedResult], Field(min_length=1, max_length=20)] = list(METHOD_RESULTS)
    """What the evaluation asks about; a file that says nothing has the method's three."""
    matching: Matching = Matching()
    organisations: Annotated[list[Organisation], Field(min_length=4, max_length=1200)]
    phases: Annotated[list[PhasePlan], Field(min_length=7, max_length=7)]
    meetings: Meetings
    gates: dict[str, GateChange] = {}
    """Changes to gates of the method, by the gate's key."""
    quiet_periods: Annotated[list[QuietPeriod], Field(max_length=MAX_QUIET_PERIODS)] = []
    historical_pairs: list[HistoricalPair] = []

    def organisation(self, slug: str) -> Organisation:
        """The organisation of that slug; KeyError where there is none."""
        for organisation in self.organisations:
            if organisation.slug == slug:
                return organisation
        raise KeyError(slug)

    def of_kind(self, kind: Kind) -> list[Organisation]:
        """All organisations of one kind, in the file's order."""
        return [organisation for organisation in self.organisations if organisation.kind is kind]

    @property
    def cities(self) -> list[Organisation]:
        """The cities, in the file's order."""
        return self.of_kind(Kind.CITY)

    def phase_plan(self, number: int) -> PhasePlan:
        """The plan of phase 1 to 7."""
        return next(plan for plan in self.phases if plan.number == number)
