"""Signing in to the coordinator's side: a mailbox, a link that works once, a session that ends; who gets in and who does not."""

from __future__ import annotations

import asyncio
import re
import threading
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from deployments.desk.coordinator import signing
from deployments.desk.security import without_tokens
from models.database import changing, reading
from models.doors.launching import launch
from models.notices import Notice
from models.sign_ins import SignIn
from models.wishes import Promise
from tests.deployments.coordinator_world import HOME, MAILBOX, Browser, link, links_on, mailed, proof_in, signed_in, text_of
from tests.deployments.desk_world import World
from tests.factories import definition

pytestmark = pytest.mark.usefixtures("mail_folder")


@pytest.fixture
def inside(world: World) -> Browser:
    return signed_in(world)


def needs(world: World, slug: str = "cedar") -> str:
    return f"{HOME}/gate/{world.gate('needs', f'city-{slug}').id}"


# -- the mailbox -----------------------------------------------------------------------------------------------------


def test_the_mailbox_of_the_coordination_gets_a_link_that_signs_in(world: World, tmp_path: Path) -> None:
    browser = Browser(world)
    assert browser.post("/coordinator", mailbox=MAILBOX.upper()).headers["location"] == "/sign-in"
    (message,) = mailed(tmp_path / "var" / "mail")
    assert message["To"] == MAILBOX
    found = re.search(r"http://desk\.example(/sign-in/[0-9a-f]+)", text_of(message))
    assert found
    answer = browser.press(found[1])
    assert (answer.status_code, answer.headers["location"]) == (303, HOME)
    assert "What waits" in browser.get(HOME).text


def test_every_mailbox_gets_the_same_answer_and_only_the_coordinations_gets_mail(world: World, tmp_path: Path) -> None:
    typed = (MAILBOX, "nobody@else.example", "project-lead@cedar.example")
    answers = [world.post("/coordinator", data={"mailbox": item}) for item in typed]
    known, unknown, lead = ((answer.status_code, answer.content, sorted(answer.headers.multi_items())) for answer in answers)
    assert known == unknown == lead
    assert len(mailed(tmp_path / "var" / "mail")) == 1
    assert "on its way" in world.get("/sign-in").text


def test_what_is_no_mailbox_comes_back_as_it_was_typed(world: World) -> None:
    answer = world.post("/coordinator", data={"mailbox": '"><b>x'})
    assert answer.status_code == 422
    assert "&#34;&gt;&lt;b&gt;x" in answer.text


def test_who_asks_again_and_again_does_not_fill_the_inbox(world: World, tmp_path: Path) -> None:
    world.app.state.limits = None
    for _ in range(8):
        world.post("/coordinator", data={"mailbox": MAILBOX})
    assert len(mailed(tmp_path / "var" / "mail")) == 5


def test_neither_the_link_nor_the_session_is_kept_in_clear(world: World) -> None:
    browser, token = Browser(world), link(world)
    browser.sign_in(token)
    key = browser.cookies["coordinator"]
    with world.engine.connect() as connection:
        rows = str([tuple(row) for row in connection.execute(select(SignIn.__table__))])
        notices = str([tuple(row) for row in connection.execute(select(Notice.__table__))])
    assert token not in rows + notices
    assert not [part for part in re.split(r"[^\w-]", key) if len(part) > 30 and part in rows + notices]
    assert without_tokens(f"GET /sign-in/{token} HTTP/1.1") == "GET /sign-in/… HTTP/1.1"


# -- the link --------------------------------------------------------------------------------------------------------


def test_looking_at_a_link_as_mail_scanners_do_uses_nothing_up(world: World) -> None:
    token = link(world)
    for _ in range(3):
        page = world.get(f"/sign-in/{token}")
        assert page.status_code == 200
        assert "set-cookie" not in page.headers
    assert Browser(world).sign_in(token).status_code == 303


def test_a_link_works_once(world: World) -> None:
    token = link(world)
    browser, thief = Browser(world), Browser(world)
    proof = proof_in(world.get(f"/sign-in/{token}"))
    browser.post(f"/sign-in/{token}", proof=proof)
    assert thief.post(f"/sign-in/{token}", proof=proof).status_code == 410
    assert thief.get(f"/sign-in/{token}").status_code == 410
    assert thief.cookies == {}


def test_a_link_works_for_half_an_hour(world: World) -> None:
    token = link(world)
    proof = proof_in(world.get(f"/sign-in/{token}"))
    world.set_clock(world.now + timedelta(minutes=30))
    assert world.get(f"/sign-in/{token}").status_code == 410
    assert world.post(f"/sign-in/{token}", data={"proof": proof}).status_code == 410


@pytest.mark.parametrize("token", ["0" * 64, "nonsense", "☃", "x" * 5000])
def test_a_link_that_is_none_signs_nobody_in(world: World, token: str) -> None:
    assert world.get(f"/sign-in/{token}").status_code == 410


def test_a_button_that_is_not_the_pages_signs_nobody_in(world: World) -> None:
    token = link(world)
    assert world.post(f"/sign-in/{token}", data={"proof": "0" * 64}).status_code == 403
    assert Browser(world).sign_in(token).status_code == 303


# -- the session -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/gate/1", "/tray/1"])
def test_who_is_not_signed_in_is_led_to_where_one_signs_in(world: World, path: str) -> None:
    for browser in (Browser(world), Browser(world, {"coordinator": "forged"})):
        answer = browser.get(HOME + path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/coordinator")
        answer = browser.post(HOME + path, proof="0" * 64, do="promise")
        assert answer.status_code == (303 if path else 405)
    assert world.get("/coordinator/elsewhere").headers["location"] == "/coordinator"


def test_a_cookie_that_was_stolen_opens_nothing_after_the_sign_out(inside: Browser) -> None:
    stolen = Browser(inside.world, dict(inside.cookies))
    assert stolen.get(HOME).status_code == 200
    assert inside.press(HOME, "here", to=f"{HOME}/sign-out").headers["location"] == "/coordinator"
    assert inside.cookies == {}
    assert stolen.get(HOME).status_code == 303


def test_a_session_ends_after_twelve_hours(inside: Browser) -> None:
    inside.world.set_clock(inside.world.now + timedelta(hours=12))
    assert inside.get(HOME).status_code == 303


def test_all_sessions_and_links_under_way_can_be_ended_at_once(inside: Browser) -> None:
    other, waiting = signed_in(inside.world), link(inside.world)
    inside.press(HOME, "everywhere", to=f"{HOME}/sign-out")
    assert other.get(HOME).status_code == 303
    assert inside.world.get(f"/sign-in/{waiting}").status_code == 410


def test_another_programmes_session_opens_nothing_here_and_both_are_offered(world: World) -> None:
    with changing(world.engine) as session:
        launch(session, definition(id="meadow", title="Meadow"), world.now, start_on=date(2024, 3, 4))
    browser = Browser(world)
    browser.sign_in(link(world, "meadow"))
    assert browser.get("/coordinator/meadow").status_code == 200
    assert browser.get(HOME).status_code == 303
    meadows = proof_in(browser.get("/coordinator/meadow"))
    browser.sign_in()
    front = browser.get("/coordinator")
    assert links_on(front, "/coordinator/") == ["/coordinator/meadow", HOME]
    answer = browser.post(needs(world), proof=meadows, do="promise", party="cedar:project-lead", until="2024-03-12")
    assert answer.status_code == 403
    browser.press(HOME, "here", to=f"{HOME}/sign-out")
    assert browser.get("/coordinator/meadow").status_code == 200


def test_one_programmes_gates_are_not_shown_in_another(world: World) -> None:
    with changing(world.engine) as session:
        standing = launch(session, definition(id="meadow", title="Meadow"), world.now, start_on=date(2024, 3, 4))
        foreign = standing.programme.gates[0].id
    browser = signed_in(world)
    assert browser.get(f"{HOME}/gate/{foreign}").status_code == 404
    assert browser.get(f"{HOME}/gate/999999").status_code == 404


def test_a_form_without_proof_records_nothing_and_loses_nothing(inside: Browser) -> None:
    for given in ({}, {"proof": "0" * 64}):
        answer = inside.post(needs(inside.world), do="promise", party="cedar:project-lead", until="2024-03-12", note="by phone", **given)
        assert answer.status_code == 403
        assert 'value="2024-03-12"' in answer.text
        assert 'value="by phone"' in answer.text
    with reading(inside.world.engine) as session:
        assert session.scalars(select(Promise)).all() == []


def test_whoever_asks_never_waits_for_the_mail_not_even_with_the_next_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    monkeypatch.setattr(signing, "_send_link", lambda *_: held.wait(20))

    async def ask() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url="http://desk.example") as client:
            answer = await asyncio.wait_for(client.post("/coordinator", data={"mailbox": MAILBOX}), 10)  # until the app is done with it
        return answer.status_code

    with asyncio.Runner() as runner:
        assert runner.run(ask()) == 303
        held.set()
