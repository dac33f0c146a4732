"""Who visits whom, how and about when, as the programme file plans it: for generated terms and plans that look ahead."""

from __future__ import annotations

from datetime import date, timedelta

from models.definition import Meeting, Side
from models.generated.story import Story

TUESDAY = 1
SOONEST_WEEKS = 2
MOST_LANGUAGES = 24
LONGEST_NAME = 100
"""Names are shortened to this where several of them stand in one line."""


def meeting(story: Story, key: str) -> Meeting:
    """The plan of `visit_1`, `visit_2`, `workshop` or `visit_3`."""
    found: Meeting = getattr(story.definition.meetings, key)
    return found


def mentor_of(story: Story) -> str:
    """Slug of the mentor of the scope's pair; before the matching, another city that may be one."""
    if story.mentor:
        return story.mentor
    others = [city for city in story.definition.cities if city.slug != story.place]
    return next((city for city in others if city.side is not Side.MENTEE), others[0]).slug


def short_name(story: Story, slug: str) -> str:
    """An organisation's name, shortened so that two of them and some words fit on one line."""
    return story.name(slug)[:LONGEST_NAME].rstrip()


def host_and_guest(story: Story, key: str) -> tuple[str, str]:
    """Slugs of the city that receives and the one that comes."""
    mentor, mentee = mentor_of(story), story.place
    return (mentor, mentee) if meeting(story, key).host == "mentor" else (mentee, mentor)


def tuesday_in(story: Story, week: int, now: int) -> date:
    """The Tuesday of a week of the programme while `now` is its present one, in weeks from launch; at least two weeks ahead."""
    return tuesday_from(story.today + timedelta(weeks=max(SOONEST_WEEKS, week - now)))


def tuesday_from(day: date) -> date:
    """That day if it is a Tuesday, else the next one."""
    return day + timedelta(days=(TUESDAY - day.weekday()) % 7)


def week_of(story: Story, key: str) -> int:
    """The week, from launch, in which the scope's pair has that meeting."""
    plan = meeting(story, key)
    return plan.by.get(story.place, plan).week


def shared_languages(story: Story) -> list[str]:
    """What both cities of the pair work in, as they say, else as the programme file does; the programme's own where they share none."""
    mentor, mentee = (_languages(story, slug) for slug in (mentor_of(story), story.place))
    shared = [code for code in mentee if code in mentor]
    return shared[:MOST_LANGUAGES] or [story.definition.working_language]


def _languages(story: Story, slug: str) -> list[str]:
    profile = story.latest("city-profile", organisation=slug)
    return list(profile["working_languages"]) if profile else list(story.definition.organisation(slug).languages)
