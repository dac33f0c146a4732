"""Generated stakeholder maps, the local support networks that come of them, and one-stop shops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.contribution_kinds.networks import StakeholderKind
from models.contribution_kinds.shops import Topic
from models.generated.story import Body, Story

SHARE_WITHOUT_MIGRANT_LED = 0.1
# name, kind, interest, influence, what it can bring, whether it is invited
BODIES = (
    ("Newcomers' association", StakeholderKind.MIGRANTS, 5, 2, "Speaks for newcomers", True),
    ("Women's group of newcomers", StakeholderKind.MIGRANTS, 5, 1, "Knows what stops women from coming", True),
    ("Advice centre", StakeholderKind.NGO, 4, 3, "Knows the questions people come with", True),
    ("Adult education centre", StakeholderKind.EDUCATION, 4, 3, "Has rooms and teachers", True),
    ("Employment office", StakeholderKind.PUBLIC, 3, 4, "Refers people and opens places", True),
    ("Municipal social service", StakeholderKind.MUNICIPAL, 5, 4, "Coordinates and reports to the council", True),
    ("Chamber of commerce", StakeholderKind.EMPLOYER, 2, 4, "Reaches employers", False),
    ("Parish aid", StakeholderKind.FAITH, 4, 2, "Finds volunteers", False),
)
KINDS_IN_WORDS = {
    StakeholderKind.MIGRANTS: "migrants' association",
    StakeholderKind.NGO: "non-governmental organisation",
    StakeholderKind.MUNICIPAL: "municipal officers",
    StakeholderKind.PUBLIC: "public authority",
    StakeholderKind.EDUCATION: "education",
    StakeholderKind.EMPLOYER: "employers or trade union",
    StakeholderKind.FAITH: "faith community",
    StakeholderKind.OTHER: "other organisation",
}

# name, who runs it, cost, eligibility, papers needed
SERVICES = {
    Topic.FIRST_STEPS: ("Information desk for newcomers", "Town hall", "free", "everybody", False),
    Topic.LEGAL_ADVICE: ("Advice on residence", "Advice centre", "free", "everybody", False),
    Topic.LANGUAGE_COURSES: ("Language courses for beginners", "Adult education centre", "a small fee", "adults", False),
    Topic.HEALTH: ("Finding a doctor", "Health office", "free", "everybody", "A health insurance card helps but is not needed."),
    Topic.SCHOOL: ("Registering for school", "School office", "free", "families with children", False),
    Topic.HOUSING: ("Advice on renting", "Housing office", "free", "residents", "Proof of address, if you have one."),
    Topic.WORK: ("Help with finding work", "Employment office", "free", "people allowed to work", True),
    Topic.SOCIAL_HELP: ("Social advice", "Municipal social service", "free", "residents", True),
    Topic.WOMEN: ("Protection and advice for women", "Women's advice centre", "free", "women and girls", False),
    Topic.EMERGENCIES: ("Emergency call", "Emergency services", "free", "everybody", False),
}


def stakeholder_map(story: Story) -> Body:
    """Five to eight organisations; those that migrants lead are always among them and always invited."""
    leading, others = BODIES[:2], BODIES[2:]
    kept = sorted(story.rng.sample(range(len(others)), story.rng.randint(3, len(others))))
    rows = [*leading, *(others[index] for index in kept)]
    return {
        "summary": f"Generated text. {len(rows)} organisations matter for integration in {story.here}; those that newcomers lead care "
        "most and can move least.",
        "stakeholders": [_stakeholder(story, *row) for row in rows],
        "missing": ["Young people who have left school (generated)", "People who work at night (generated)"],
        "approach": "Generated text. The project lead calls each organisation and then meets it where it is.",
    }


def _stakeholder(story: Story, name: str, kind: StakeholderKind, interest: int, influence: int, brings: str, invited: bool) -> Body:
    """Interest and influence as they mostly are, one step up or down by chance."""
    return {
        "organisation": f"{name} in {story.here} (generated)",
        "kind": kind.value,
        "interest": min(5, max(1, interest + story.rng.choice((-1, 0, 0, 0, 1)))),
        "influence": min(5, max(1, influence + story.rng.choice((-1, 0, 0, 0, 1)))),
        "contribution": f"{brings} (generated)",
        "invited": invited,
    }


def support_network(story: Story) -> Body:
    """The organisations the city's stakeholder map invites; one in ten has no migrant-led body yet and says by when it will."""
    mapped = story.latest("stakeholder-map", scope=story.scope) or stakeholder_map(story)
    invited = [row for row in mapped["stakeholders"] if row["invited"]]
    later = [row for row in invited if row["kind"] != StakeholderKind.MIGRANTS]
    members = later if later and story.rng.random() < SHARE_WITHOUT_MIGRANT_LED else invited
    led = any(row["kind"] == StakeholderKind.MIGRANTS for row in members)
    exception = {"reason": "Generated text. The newcomers' association is only being founded.", "by": story.days(180)}
    return {
        "mandate": "Generated text. The network advises on the plan, takes part in visits and speaks for those concerned.",
        "members": [_member(row) for row in members],
        "meetings": "Generated text. Every two months, in the evening, convened by the project lead.",
        "decision_rules": "Generated text. By consent; where there is none, by a majority of those present.",
        "data_protection": "Generated text. Names of organisations only; lists are deleted after the programme.",
        "exception": None if led else exception,
    }


def _member(row: Mapping[str, Any]) -> Body:
    kind = StakeholderKind(row["kind"])
    return {
        "organisation": row["organisation"],
        "kind": KINDS_IN_WORDS[kind],
        "migrant_led": kind is StakeholderKind.MIGRANTS,
        "consent": True,
        "role": row["contribution"],
    }


def one_stop_shop(story: Story) -> Body:
    """Services on most topics, the emergency call always among them. No telephone number or address is made up."""
    city = story.definition.organisation(story.place)
    spoken = list(dict.fromkeys([*city.languages, story.definition.working_language]))[:24]
    published = list(dict.fromkeys([*spoken, *story.definition.languages]))[:24]
    topics = [Topic(value) for value in story.some([topic.value for topic in Topic if topic is not Topic.EMERGENCIES], 6, 9)]
    return {
        "publisher": story.here,
        "maintained_by": "Integration office of the city",
        "languages": published,
        "introduction": "Generated text. Here you find help for your first months. Ask us, we are glad to help.",
        "own_site": None,
        "services": [_service(topic, story, spoken) for topic in [*topics, Topic.EMERGENCIES]],
        "feedback": None,
        "accessibility": "",
        "imprint": None,
    }


def _service(topic: Topic, story: Story, spoken: list[str]) -> Body:
    name, organisation, cost, eligibility, papers = SERVICES[topic]
    emergency = topic is Topic.EMERGENCIES
    return {
        "topic": topic.value,
        "name": name,
        "description": "Generated text. Ask here first; somebody will show you the way.",
        "organisation": f"{organisation} (generated)",
        "where": "By telephone" if emergency else "In the town centre (generated)",
        "when": "Day and night"
        if emergency
        else story.rng.choice(("Weekdays, mornings", "Weekdays, afternoons", "Tuesdays and Thursdays")),
        "cost": cost,
        "documents": [] if papers is False else ["An identity document, if you have one"],
        "languages": spoken,
        "eligibility": eligibility,
        "booking": "No appointment needed",
        "papers_needed": papers,
        "reported": "Nothing is reported.",
        "phone": None,
        "mailbox": None,
        "website": None,
        "checked_on": story.today.isoformat(),
        "checked_by": "Service owner",
        "recheck_days": None,
        "status": "active",
    }
