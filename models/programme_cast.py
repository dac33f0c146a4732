"""Rules of the programme file about who takes part: organisations, their codes and contacts, and whether pairs can be made.

Each rule looks at the whole document, whatever its shape, and yields the faults it finds; see `programme_file`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from zoneinfo import available_timezones

import holidays
from babel import Locale
from babel.languages import get_official_languages

from models.definition import Kind, Role, Side
from models.errors import Fault
from models.fault_words import quoted, suggestion
from models.yaml_places import Place

LEADS = {
    Kind.COORDINATOR: Role.COORDINATOR,
    Kind.FACILITATOR: Role.FACILITATOR,
    Kind.COMMITTEE: Role.COMMITTEE,
    Kind.ASSOCIATION: Role.ASSOCIATION,
    Kind.CITY: Role.LEAD,
}
"""The role whose mailbox is used where an organisation has none for another."""

Cast = dict[str, list[Place]]

# What the EU's own documents write instead of ISO 3166.
_EU_CODES = {"EL": "GR", "UK": "GB"}


def nothing_stands_twice(root: Place) -> Iterator[Fault]:
    """Slugs and names are unique, so that a city cannot take part twice under two spellings."""
    for section, keys in (("organisations", ("slug", "name")), ("themes", ("slug", "title"))):
        for key in keys:
            first: dict[str, Place] = {}
            for item in root[section].items():
                place = item[key]
                folded = " ".join(place.text.casefold().split())
                if folded and folded in first:
                    line = first[folded].fault("").line
                    yield place.fault(f"{quoted(place.text)} stands twice; it stood in line {line} already, remove one")
                first.setdefault(folded, place)


def places_and_languages_exist(root: Place) -> Iterator[Fault]:
    """Countries and their parts are those whose holidays are known, zones IANA's, languages CLDR's."""
    for organisation in root["organisations"].items():
        yield from _country(organisation["country"])
        yield from _subdivision(organisation["country"].text, organisation["subdivision"])
        yield from _zone(organisation["zone"])
        for language in (*organisation["languages"].items(), *(contact["language"] for contact in organisation["contacts"].items())):
            yield from _language(language)
    for language in (root["working_language"], *root["languages"].items()):
        yield from _language(language)
    for period in root["quiet_periods"].items():
        for country in period["countries"].items():
            yield from _country(country)


def _country(place: Place) -> Iterator[Fault]:
    code = place.text
    if len(code) != 2 or not code.isupper() or code in _countries():
        return
    hint = f": did you mean '{_EU_CODES[code]}'?" if code in _EU_CODES else "; write its ISO 3166 code, such as 'BE'"
    yield place.fault(f"unknown country {quoted(code)}{hint}")


def _subdivision(country: str, place: Place) -> Iterator[Fault]:
    known = _countries().get(country)
    if not place.text or known is None or place.text in known:
        return
    if not known:
        yield place.fault(f"{country} has no parts with holidays of their own; leave 'subdivision' out")
        return
    names = holidays.country_holidays(country).subdivisions_aliases
    named = names.get(place.text)
    hint = f": did you mean '{named}'?" if named else suggestion(place.text, [*known, *names])
    yield place.fault(f"unknown subdivision {quoted(place.text)} of {country}{hint or '; known are ' + ', '.join(known[:30])}")


def _zone(place: Place) -> Iterator[Fault]:
    if place.text and place.text not in _zones():
        yield place.fault(f"unknown time zone {quoted(place.text)}{suggestion(place.text, _zones()) or '; write it as Europe/Brussels'}")


def _language(place: Place) -> Iterator[Fault]:
    code, _, script = place.text.partition("-")
    if not code.isalpha() or not code.islower():
        return
    if code not in _locale().languages:
        spoken = get_official_languages(code.upper())
        yield place.fault(f"unknown language {quoted(code)}" + (f": did you mean '{spoken[0]}'?" if spoken else "; write its ISO 639 code"))
    if script and script not in _locale().scripts:
        yield place.fault(f"unknown script {quoted(script)}{suggestion(script, _locale().scripts)}")


@cache
def _countries() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=False)


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


@cache
def _locale() -> Locale:
    return Locale("en")


def references_hold(root: Place) -> Iterator[Fault]:
    """The bodies that run the programme, the cities' associations and the historical pairs are organisations of the right kind."""
    cast = cast_of(root)
    for kind in (Kind.COORDINATOR, Kind.FACILITATOR, Kind.COMMITTEE):
        yield from _refers(cast, root[kind.value], f"a {kind.value}", partial(_is, kind))
    for organisation in root["organisations"].items():
        yield from _refers(cast, organisation["association"], "an association", partial(_is, Kind.ASSOCIATION))
    themes = {theme["slug"].text for theme in root["themes"].items()}
    for pair in root["historical_pairs"].items():
        yield from _refers(cast, pair["mentor"], "a city that can be mentor", can_mentor)
        yield from _refers(cast, pair["mentee"], "a city that can be mentee", can_be_mentored)
        if pair["theme"].text and pair["theme"].text not in themes:
            hint = suggestion(pair["theme"].text, sorted(themes)) or f"; known are {', '.join(sorted(themes)[:8])}"
            yield pair["theme"].fault(f"unknown theme {quoted(pair['theme'].text)}{hint}")


def cast_of(root: Place) -> Cast:
    """The organisations by slug; several where one stands twice."""
    cast: Cast = {}
    for organisation in root["organisations"].items():
        cast.setdefault(organisation["slug"].text, []).append(organisation)
    return cast


def _refers(cast: Cast, place: Place, wanted: str, fits: Callable[[Place], bool]) -> Iterator[Fault]:
    if place.text:
        yield from names_organisation(cast, place, place.text, wanted, fits)


def names_organisation(cast: Cast, place: Place, slug: str, wanted: str, fits: Callable[[Place], bool]) -> Iterator[Fault]:
    """A fault at `place` unless `slug` is an organisation of the file that `fits`; `wanted` says in words what fits."""
    if any(fits(organisation) for organisation in cast.get(slug, ())):
        return
    fitting = [known for known, organisations in cast.items() if known and any(fits(organisation) for organisation in organisations)]
    if slug not in cast:
        yield place.fault(f"unknown organisation {quoted(slug)}{suggestion(slug, fitting) or f'; it must be {wanted} of this file'}")
    else:
        yield place.fault(f"{quoted(slug)} is not {wanted}" + (f"; there is {', '.join(fitting[:8])}" if fitting else ""))


def _is(kind: Kind, organisation: Place) -> bool:
    return organisation["kind"].text == kind


def can_mentor(organisation: Place) -> bool:
    """A city whose side lets it be mentor."""
    return _is(Kind.CITY, organisation) and organisation["side"].text in (Side.MENTOR, Side.EITHER)


def can_be_mentored(organisation: Place) -> bool:
    """A city whose side lets it be mentee."""
    return _is(Kind.CITY, organisation) and organisation["side"].text in (Side.MENTEE, Side.EITHER)


def hosts_academy(organisation: Place) -> bool:
    """An association that hosts a training academy."""
    return _is(Kind.ASSOCIATION, organisation) and organisation["hosts_academy"].value is True


def sides_belong_to_cities(root: Place) -> Iterator[Fault]:
    """Cities take a side, others do not; only associations host academies."""
    for organisation in root["organisations"].items():
        kind, side = organisation["kind"].text, organisation["side"]
        if kind == Kind.CITY and not side:
            yield side.fault("a city needs 'side': mentor, mentee or either")
        if kind in set(Kind) - {Kind.CITY} and side:
            yield side.fault(f"only a city has a side, and this is of kind '{kind}'; remove it")
        if kind in set(Kind) - {Kind.ASSOCIATION} and organisation["hosts_academy"].value is True:
            yield organisation["hosts_academy"].fault(f"only an association hosts an academy, and this is of kind '{kind}'; remove it")


def contacts_may_be_used(root: Place) -> Iterator[Fault]:
    """A person is named only with consent and an end date (GDPR); every organisation can be reached in its own role."""
    for organisation in root["organisations"].items():
        contacts = list(organisation["contacts"].items())
        for contact in contacts:
            yield from _consent(contact)
        kind = organisation["kind"].text
        roles = {contact["role"].text for contact in contacts}
        lead = LEADS[Kind(kind)] if kind in set(Kind) else None
        if lead and roles and lead not in roles and roles <= set(Role):  # a misspelt role may be the one that is wanted
            yield organisation["contacts"].fault(f"no contact has the role '{lead}'; add one, it answers for all roles without a contact")


def _consent(contact: Place) -> Iterator[Fault]:
    if contact["name"]:
        for key in ("consent_on", "retain_until"):
            if not contact[key]:
                yield contact["name"].fault(f"a contact with a name needs '{key}'; or leave the name out, a function's mailbox is enough")
    agreed, until = contact["consent_on"].day, contact["retain_until"].day
    if agreed and until and until <= agreed:
        yield contact["retain_until"].fault(f"must be after the consent of {agreed}")


def a_matching_is_possible(root: Place) -> Iterator[Fault]:
    """Every mentee finds a mentor with a free place, in another country where the file asks for that.

    Exact, by Hall's theorem: mentees of two countries can together use every mentor, so only each country by itself
    and all of them together can be too many.
    """
    cities = [organisation for organisation in root["organisations"].items() if organisation["kind"].text == Kind.CITY]
    mentors, mentees = [city for city in cities if can_mentor(city)], [city for city in cities if can_be_mentored(city)]
    if not all(city["side"] for city in cities):
        return  # told already, and what is missing may be what is wanted
    for side, found in (("mentor", mentors), ("mentee", mentees)):
        if not found:
            yield root["organisations"].fault(f"no matching is possible: no city can be {side}; give one the side '{side}' or 'either'")
    if mentors and mentees:
        yield from _places_suffice(root, mentors, mentees)


def _places_suffice(root: Place, mentors: list[Place], mentees: list[Place]) -> Iterator[Fault]:
    bound = [city for city in mentees if city["side"].text == Side.MENTEE]
    free = Counter[str]()
    for city in mentors:
        free[city["country"].text] += city["capacity"].number or 1
    if len({city.path for city in (*mentors, *mentees)}) < 2:
        yield root["organisations"].fault("no matching is possible: there is one city only; a pair needs two")
    elif len(bound) > free.total():
        told = f"{len(bound)} mentees and room for {free.total()} with the mentors"
        yield root["organisations"].fault(f"no matching is possible: {told}; add a mentor or raise a 'capacity'")
    elif root["matching"]["different_country"].value is True:
        countries = {city["country"].text for city in (*mentors, *mentees)}
        yield from _other_countries_suffice(root, free, Counter(city["country"].text for city in bound), countries)


def _other_countries_suffice(root: Place, free: Counter[str], bound: Counter[str], countries: set[str]) -> Iterator[Fault]:
    place = root["matching"]["different_country"]
    if len(countries) == 1:
        yield place.fault(f"no matching is possible: all cities are in {countries.pop()}; remove this or add a city of another country")
        return
    for country, number in bound.items():
        abroad = free.total() - free[country]
        if number > abroad:
            told = f"{country} has {number} mentees and other countries room for {abroad}"
            yield place.fault(f"no matching is possible: {told}; remove this or add a mentor of another country")


CAST_RULES = (
    nothing_stands_twice,
    places_and_languages_exist,
    references_hold,
    sides_belong_to_cities,
    contacts_may_be_used,
    a_matching_is_possible,
)
