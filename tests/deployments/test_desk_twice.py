"""The same form of the coordinator's side once more, from a back button or a second window: told calmly, and nothing is done twice."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from models.database import changing, reading
from models.doors import wishing
from models.doors.answering import Offered, contribute, party_of
from models.doors.wishing import Wanted
from models.events import history
from models.standing import load
from models.wishes import Promise, TimeRequest
from tests.deployments.coordinator_world import HOME, Browser, link, proof_in, signed_in
from tests.deployments.desk_world import ORIGIN, World, body_for, copied

PARTY = {"party": "cedar:project-lead"}


@pytest.fixture
def inside(morning: World, tmp_path: Path) -> Browser:
    return signed_in(copied(morning, tmp_path / "world"))


def gate_page(world: World) -> str:
    return f"{HOME}/gate/{world.gate('needs', 'city-cedar').id}"


def twice(inside: Browser, page: str, do: str, **typed: str) -> tuple[httpx.Response, httpx.Response, list[Any]]:
    """Both answers, and what is in the history after the first that was not there before the second."""
    form = {"proof": proof_in(inside.get(page)), "do": do, **typed}
    first = inside.post(page, **form)
    before = inside.world.history()
    second = inside.post(page, **form)
    return first, second, inside.world.history()[len(before) :]


def asked_for(world: World) -> str:
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("needs", "city-cedar")
        wanted = Wanted(date(2024, 4, 16), "They phoned.", "Ada")
        wishing.ask_for_time(session, standing, gate, party_of(standing, gate, "cedar"), wanted, ORIGIN, world.now)
    with reading(world.engine) as session:
        return str(session.scalars(select(TimeRequest.id)).one())


def test_a_promise_recorded_twice_is_one(inside: Browser) -> None:
    first, second, more = twice(inside, gate_page(inside.world), "promise", until="2024-03-12", note="phoned", **PARTY)
    assert (first.status_code, second.status_code, more) == (303, 303, [])
    with reading(inside.world.engine) as session:
        assert [item.withdrawn_at for item in session.scalars(select(Promise))] == [None]


def test_another_promise_takes_the_place_of_the_one_before(inside: Browser) -> None:
    page = gate_page(inside.world)
    inside.press(page, "promise", until="2024-03-12", note="phoned", **PARTY)
    inside.press(page, "promise", until="2024-03-12", note="phoned again", **PARTY)
    with reading(inside.world.engine) as session:
        assert [item.withdrawn_at is None for item in session.scalars(select(Promise).order_by(Promise.id))] == [False, True]


def test_a_promise_is_withdrawn_once(inside: Browser) -> None:
    page = gate_page(inside.world)
    inside.press(page, "promise", until="2024-03-12", note="phoned", **PARTY)
    first, second, more = twice(inside, page, "withdraw-promise", number="1")
    assert (first.status_code, second.status_code, more) == (303, 409, [])
    assert "This promise holds nothing back any more. Nothing was changed." in second.text


@pytest.mark.parametrize(("do", "typed"), [("grant", {"granted": "2024-04-16", "answer": "Gladly."}), ("decline", {"answer": "No."})])
def test_a_request_is_answered_once(inside: Browser, do: str, typed: dict[str, str]) -> None:
    number = asked_for(inside.world)
    first, second, more = twice(inside, gate_page(inside.world), do, number=number, **typed)
    assert (first.status_code, second.status_code, more) == (303, 409, [])
    assert "has been answered already" in second.text


def test_links_withdrawn_and_sent_anew_are_not_withdrawn_by_the_same_form_again(inside: Browser) -> None:
    world, page = inside.world, gate_page(inside.world)
    shown = inside.get(page).text
    number = re.search(r'value="withdraw-links"><input type="hidden" name="number" value="(\d+)"', shown)
    assert number is not None
    first, second, more = twice(inside, page, "withdraw-links", number=number[1], **PARTY)
    assert (first.status_code, second.status_code, more) == (303, 409, [])
    assert "have been withdrawn since this page was made" in second.text
    with reading(world.engine) as session:
        assert load(session, "orchard").organisation("cedar").link_epoch == 1
    assert inside.press(page, "withdraw-links", number="1", **PARTY).status_code == 303, "from the page as it is now"


def test_links_are_sent_once(inside: Browser) -> None:
    first, second, more = twice(inside, gate_page(inside.world), "send-links", **PARTY)
    assert (first.status_code, second.status_code, more) == (303, 409, [])


def test_acting_on_behalf_twice_is_the_same_page(inside: Browser) -> None:
    first, second, more = twice(inside, gate_page(inside.world), "behalf", **PARTY)
    assert first.headers["location"] == second.headers["location"]
    assert more == []


@pytest.mark.parametrize("what", ["include", "next", "decline"])
def test_what_came_late_is_settled_once(inside: Browser, what: str) -> None:
    world = inside.world
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("needs", "city-cedar")
        for context in ("In time.", "Late."):
            body = body_for(standing, gate, "cedar", [], world.now) | {"context": context}
            contribute(session, standing, gate, Offered("cedar", "en", body), ORIGIN, world.now)
    page = f"{HOME}/tray/2"
    first, second, more = twice(inside, page, "", what=what, answer="Thank you.")
    assert (first.status_code, second.status_code, more) == (303, 409, [])
    with reading(world.engine) as session:
        assert sum(event.kind == "tray-settled" for event in history(session, "orchard")) == 1


def test_signing_out_twice_leads_to_where_one_signs_in(inside: Browser) -> None:
    form = {"proof": proof_in(inside.get(HOME)), "do": "here"}
    for _ in range(2):
        answer = inside.post(f"{HOME}/sign-out", **form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/coordinator")


# -- from another site -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 303),
        ({"sec-fetch-site": "none"}, 303),
        ({"sec-fetch-site": "cross-site", "origin": "null"}, 403),
        ({"sec-fetch-site": "same-site", "origin": "https://desk.example"}, 403),
        ({"origin": "null"}, 303),
        ({"origin": "http://desk.example"}, 303),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "http://["}, 403),
        ({}, 303),
    ],
)
def test_another_site_signs_no_browser_in(morning: World, tmp_path: Path, headers: dict[str, str], status: int) -> None:
    world = copied(morning, tmp_path / "world")
    address = f"/sign-in/{link(world)}"
    proof = proof_in(world.get(address))
    answer = world.post(address, data={"proof": proof}, headers=headers)
    assert answer.status_code == status
    assert ("set-cookie" in answer.headers) == (status == 303)
    if status == 403:
        assert world.post("/coordinator", data={"mailbox": "coordinator@alliance.example"}, headers=headers).status_code == 403
        assert world.post(address, data={"proof": proof}).status_code == 303, "the link is not used up"
