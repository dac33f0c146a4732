"""The services of a one-stop shop: their order by topic, how fresh a record is, and the same as Open Referral HSDS 3."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from babel import Locale, UnknownLocaleError

from tasks.wording import Words, as_day

Json = dict[str, Any]
AMBER_DAYS = 90
RED_DAYS = 180
NAMES = uuid.UUID("6b1f6c0e-7a40-5d8b-9b52-0c8f5f0d5a11")
"""Namespace of the ids: the same service keeps its id from build to build."""
TOPICS = {
    "first-steps": "First steps and registration",
    "legal-advice": "Legal advice",
    "language-courses": "Language courses",
    "health": "Health",
    "school-and-childcare": "School and childcare",
    "housing": "Housing",
    "work": "Work",
    "social-help": "Social help",
    "women-and-violence": "Women, and help against violence",
    "emergencies": "Emergencies",
}
"""The topics in the order of the page. Source: `domain.md`, "Online one-stop shop"."""


def by_topic(shop: Json, words: Words) -> list[Json]:
    """Every topic with its services, also the topics that have none: `{"key", "title", "services"}`."""
    found = [
        {"key": key, "title": words.gettext(title), "services": [one for one in shop.get("services") or [] if one["topic"] == key]}
        for key, title in TOPICS.items()
    ]
    strange = [one for one in shop.get("services") or [] if one["topic"] not in TOPICS]
    return found + ([{"key": "other", "title": words.gettext("Other services"), "services": strange}] if strange else [])


def freshness(service: Json, on: str | date | None) -> str:
    """`unchecked`, `good`, `amber` from the 91st day (sooner where the owner set it), `red` from the 181st. `on`: the day of the build."""
    checked, today = as_day(service.get("checked_on")), as_day(on)
    if checked is None:
        return "unchecked"
    age = (today - checked).days if today else 0
    if age > RED_DAYS:
        return "red"
    return "amber" if age > int(service.get("recheck_days") or AMBER_DAYS) else "good"


def papers(service: Json, words: Words) -> str:
    """Whether residence papers are needed, in words."""
    said = service.get("papers_needed")
    if isinstance(said, bool):
        return words.gettext("Yes, residence papers are needed.") if said else words.gettext("No, residence papers are not needed.")
    return str(said) if said else words.gettext("Not said: ask before you go.")


def anchor(service: Json) -> str:
    """A stable name for a service inside its page."""
    return f"s-{_id('service', service)[:8]}"


def hsds(shop: Json, city: str) -> Json:
    """The services as Open Referral HSDS 3: `service`, `organization` and `location` objects with what each requires."""
    services = shop.get("services") or []
    organisations = {one["organisation"]: one for one in services}
    places = {one["where"]: one for one in services}
    return {
        "version": "3.0",
        "publisher": shop.get("publisher") or city,
        "service": [_service(one) for one in services],
        "organization": [
            {"id": _id("organisation", name), "name": name, "description": f"{name}, {city}"} for name in sorted(organisations)
        ],
        "location": [{"id": _id("location", name), "location_type": _location_type(name), "name": name} for name in sorted(places)],
    }


def _service(one: Json) -> Json:
    said = {
        "id": _id("service", one),
        "name": one["name"],
        "status": "inactive" if one.get("status") == "temporarily closed" else one.get("status") or "active",
        "organization_id": _id("organisation", one["organisation"]),
        "description": one.get("description") or "",
        "url": one.get("website"),
        "email": one.get("mailbox"),
        "application_process": one.get("booking"),
        "fees_description": one.get("cost"),
        "eligibility_description": one.get("eligibility"),
        "assured_date": one.get("checked_on"),
        "assurer_email": one.get("mailbox") if one.get("checked_on") else None,
        "languages": [{"id": _id("language", f"{_id('service', one)} {code}"), "code": code} for code in one.get("languages") or []],
        "required_documents": [
            {"id": _id("document", f"{_id('service', one)} {name}"), "document": name} for name in one.get("documents") or []
        ],
        "phones": [{"id": _id("phone", f"{_id('service', one)} {one['phone']}"), "number": one["phone"]}] if one.get("phone") else [],
        "schedules": [{"id": _id("schedule", _id("service", one)), "description": one.get("when") or ""}],
        "service_at_locations": [
            {"id": _id("at", _id("service", one)), "service_id": _id("service", one), "location_id": _id("location", one["where"])}
        ],
    }
    return {key: value for key, value in said.items() if value not in (None, "", [])}


def _location_type(place: str) -> str:
    if place.casefold().strip() == "online":
        return "virtual"
    return "virtual" if "telephone" in place.casefold() or "phone" in place.casefold() else "physical"


def _id(kind: str, of: Json | str) -> str:
    name = of if isinstance(of, str) else f"{of['topic']} {of['organisation']} {of['name']}"
    return str(uuid.uuid5(NAMES, f"{kind} {name}"))


def built_on(cover: Json) -> str | None:
    """The day a page was built, by which records age: that of its newest version, else the delivery's."""
    dated = [str(one["on"]) for one in cover.get("versions") or [] if one.get("on")]
    return max(dated, default=None) or cover.get("actual_on")


def own_name(code: str) -> str:
    """A language's name in that language."""
    try:
        return Locale.parse(code, sep="-").get_language_name() or code
    except (UnknownLocaleError, ValueError):
        return code
