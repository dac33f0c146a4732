"""Asking for more time on the desk: as easy as answering, and how the request stands is shown where the answer is given."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select

from models.database import changing, reading
from models.doors import wishing
from models.standing import load
from models.wishes import TimeRequest
from tests.deployments.desk_world import World, copied, fields, lead, mayor

REASON = "The council <i>meets</i> late."


def proof(world: World, token: str) -> str:
    found = re.search(r'name="proof" value="(\w+)"', world.get(f"/a/{token}/more-time").text)
    assert found
    return found[1]


def ask(world: World, token: str, **typed: str) -> int:
    given = {"proof": proof(world, token), "how": "10", "reason": REASON} | typed
    return world.post(f"/a/{token}/more-time", data=given).status_code


def error_beside(page: str, field: str) -> str:
    """What stands beside a field; nothing where nothing does."""
    found = re.search(rf'<p class="error" id="{field}-error">.*?</span>(.*?)</p>', page, re.DOTALL)
    return unescape(found[1]) if found else ""


def requests(world: World) -> list[TimeRequest]:
    with reading(world.engine) as session:
        return list(session.scalars(select(TimeRequest).order_by(TimeRequest.id)))


def test_the_page_of_what_is_asked_leads_to_asking_for_more_time(world: World) -> None:
    token = lead(world)
    assert f'href="/a/{token}/more-time"' in world.get(f"/a/{token}").text
    page = world.get(f"/a/{token}/more-time").text
    for said in ("until Tuesday, 9 April 2024", "until Tuesday, 16 April 2024", "until Thursday, 2 May 2024", "What happens meanwhile"):
        assert said in page


def test_ten_more_days_are_two_clicks_and_a_sentence(world: World) -> None:
    token = lead(world)
    answer = world.post(f"/a/{token}/more-time", data={"proof": proof(world, token), "how": "10", "reason": REASON})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/a/{token}#time")
    assert [(item.organisation, item.until, item.reason) for item in requests(world)] == [("cedar", date(2024, 4, 16), REASON)]
    page = world.get(f"/a/{token}").text
    assert "You have asked for time until Tuesday, 16 April 2024." in page
    assert "You are not reminded before Wednesday, 6 March 2024." in page
    shown = world.get(f"/a/{token}/more-time").text
    assert "What you send now takes its place." in shown
    assert "&lt;i&gt;meets&lt;/i&gt;" in shown


def test_a_certain_day_can_be_asked_for_and_the_request_taken_back(world: World) -> None:
    token = lead(world)
    assert ask(world, token, how="day", day="2024-05-10") == 303
    assert requests(world)[0].until == date(2024, 5, 10)
    assert world.post(f"/a/{token}/more-time", data={"proof": proof(world, token), "what": "withdraw"}).status_code == 303
    assert requests(world)[0].state == "moot"
    assert "I need more time" in world.get(f"/a/{token}").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"how": ""}, "Choose how much more time you need."),
        ({"how": "day", "day": ""}, "Write the day as year-month-day"),
        ({"how": "day", "day": "2024-04-02"}, "Give a day after 2 April 2024"),
        ({"reason": " "}, "Say in a few words why"),
        ({"reason": "x" * 1001}, "Shorten the reason to 1,000 characters"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(world: World, typed: dict[str, str], said: str) -> None:
    token = lead(world)
    answer = world.post(f"/a/{token}/more-time", data={"proof": proof(world, token), "how": "20", "reason": "typed"} | typed)
    assert answer.status_code == 422
    assert answer.text.count(said) == 2
    assert typed.get("reason", "typed").strip() in answer.text
    assert requests(world) == []


@pytest.mark.parametrize("how", ["", "day"])
def test_a_day_that_was_typed_counts_with_and_without_its_button(world: World, how: str) -> None:
    assert ask(world, lead(world), how=how, day="2024-05-10") == 303
    assert requests(world)[0].until == date(2024, 5, 10)


def test_a_day_beside_another_choice_is_asked_about_unless_both_say_the_same_day(world: World) -> None:
    token = lead(world)
    answer = world.post(f"/a/{token}/more-time", data={"proof": proof(world, token), "how": "10", "day": "2024-05-10", "reason": "x"})
    assert answer.status_code == 422
    assert "You have chosen 10 working days and also written a day." in error_beside(answer.text, "how")
    assert 'value="2024-05-10"' in answer.text
    assert requests(world) == []
    assert ask(world, token, how="10", day="2024-04-16") == 303


def test_the_day_the_page_filled_in_itself_does_not_stand_against_another_choice(world: World) -> None:
    token = lead(world)
    ask(world, token, how="day", day="2024-05-10")
    assert 'value="2024-05-10"' in world.get(f"/a/{token}/more-time").text
    assert ask(world, token, how="20", day="2024-05-10") == 303
    assert [item.until for item in requests(world)] == [date(2024, 5, 2)]


def test_days_that_are_not_counted_are_named_once(world: World) -> None:
    page = world.get(f"/a/{lead(world)}/more-time").text
    five, ten, twenty = re.findall(r'<p class="quiet" id="until-\d+">(.*?)</p>', page)
    assert five == "until Tuesday, 9 April 2024"
    assert ten == "until Tuesday, 16 April 2024"
    holidays = ("Cedar: public holiday in Italy (PA): Liberation Day", "Cedar: public holiday in Italy (PA): Labor Day")
    assert twenty == "until Thursday, 2 May 2024"
    assert page.count(f"Weekends are not counted, nor, where they lie between: {'; '.join(holidays)}.") == 1


def test_without_the_pages_proof_nothing_is_asked_for(world: World) -> None:
    token = lead(world)
    assert ask(world, token, proof="0" * 64) == 403
    assert requests(world) == []


def test_a_day_too_far_away_is_refused_with_how_far_it_can_be(world: World) -> None:
    answer = world.post(
        f"/a/{lead(world)}/more-time", data={"proof": proof(world, lead(world)), "how": "day", "day": "2026-01-01", "reason": "long"}
    )
    assert answer.status_code == 422
    refused = "1 January 2026 is too far away: “Needs assessment questionnaire” (Cedar) can be extended until 3 April 2025 at most."
    assert refused in error_beside(answer.text, "day")


def test_a_link_for_reading_asks_for_nothing(world: World) -> None:
    token = world.token("needs", "city-cedar", "cedar", "project-lead", "read")
    assert world.get(f"/a/{token}/more-time").status_code == 404
    assert "/more-time" not in world.get(f"/a/{token}").text
    foreign = world.token("needs", "city-cedar", "damson", "project-lead")
    assert "no date to move" in world.get(f"/a/{foreign}/more-time").text
    assert world.post(f"/a/{foreign}/more-time", data={"how": "10"}).status_code == 403


def test_what_the_coordinator_answered_is_shown(world: World) -> None:
    token = lead(world)
    ask(world, token)
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        wishing.decline(session, standing, standing.requests_at(standing.gate("needs", "city-cedar"))[0], "<b>No</b>, alas.", world.now)
    page = world.get(f"/a/{token}").text
    assert "It could not be given." in page
    assert "&lt;b&gt;No&lt;/b&gt;, alas." in page


def test_an_approver_can_ask_for_time_too_until_they_have_decided(deciding: World, tmp_path: Path) -> None:
    world = copied(deciding, tmp_path / "world")
    token = mayor(world)
    assert ask(world, token) == 303
    world.post(f"/a/{token}", data=fields(world, token, verdict="approve"))
    assert [item.state for item in requests(world)] == ["moot"]
    assert "no date to move" in world.get(f"/a/{token}/more-time").text
    late = world.post(f"/a/{token}/more-time", data={"how": "10", "reason": "x"})
    assert late.status_code == 403


def test_after_the_deadline_days_count_from_today(world: World) -> None:
    world.set_clock(world.now + timedelta(days=60))
    assert "until Friday, 10 May 2024" in world.get(f"/a/{lead(world)}/more-time").text
