"""Generated local support networks and one-stop shops."""

from __future__ import annotations

from models.contribution_kinds.shops import Topic
from models.generated.story import Body, Story

BODIES = (
    ("Newcomers' association", "migrants' association", True),
    ("Women's group of newcomers", "migrants' association", True),
    ("Advice centre", "non-governmental organisation", False),
    ("Adult education centre", "education", False),
    ("Employment office", "public authority", False),
    ("Municipal social service", "municipal officers", False),
)

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


def support_network(story: Story) -> Body:
    """A network of three to six bodies; one in ten has no migrant-led body yet and says by when it will."""
    without = story.rng.random() < 0.1
    bodies = [body for body in BODIES if not (without and body[2])]
    first, *others = bodies
    chosen = [first, *(others[index] for index in sorted(story.rng.sample(range(len(others)), story.rng.randint(2, len(others)))))]
    exception = {"reason": "Generated text. The newcomers' association is only being founded.", "by": story.days(180)}
    return {
        "mandate": "Generated text. The network advises on the plan, takes part in visits and speaks for those concerned.",
        "members": [
            {"organisation": f"{name} in {story.here} (generated)", "kind": kind, "migrant_led": led, "consent": True, "role": "Member"}
            for name, kind, led in chosen
        ],
        "meetings": "Generated text. Every two months, in the evening, convened by the project lead.",
        "decision_rules": "Generated text. By consent; where there is none, by a majority of those present.",
        "data_protection": "Generated text. Names of organisations only; lists are deleted after the programme.",
        "exception": exception if without else None,
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
