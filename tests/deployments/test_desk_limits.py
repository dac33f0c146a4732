"""How much is answered at once: programs are held up, a town hall is not, and nobody gets round it by a header."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from deployments.desk.limits import SHARED, Limits, Proxies, Rules
from models.errors import ProgrammeError
from tests.deployments.desk_world import World, launched, lead

TOWN_HALL, NEIGHBOUR = "203.0.113.7", "203.0.113.8"
FEW = Rules(3, 3, 3, 2, 2, 3)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return launched(tmp_path)


def ask(
    world: World, *asked: tuple[str, str], peer: str = TOWN_HALL, forwarded: str = "", mailbox: str = "x@y.example"
) -> list[httpx.Response]:
    """Ask from an address, one after the other."""

    async def all_of_them() -> list[httpx.Response]:
        transport = httpx.ASGITransport(world.app, client=(peer, 1))
        headers = {"x-forwarded-for": forwarded} if forwarded else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://desk.example", headers=headers) as client:
            return [await client.request(method, path, data={"mailbox": mailbox} if method == "POST" else None) for method, path in asked]

    return asyncio.run(all_of_them())


def test_one_too_many_is_told_when_to_come_back(world: World) -> None:
    world.app.state.limits = Limits(FEW)
    *fine, refused = ask(world, *[("GET", "/")] * 4)
    assert [answer.status_code for answer in fine] == [200] * 3
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "Too much at once" in refused.text
    assert "Try again in" in refused.text
    assert refused.headers["content-security-policy"]
    assert ask(world, ("GET", "/"), peer=NEIGHBOUR)[0].status_code == 200
    assert ask(world, ("GET", "/static/desk.css"))[0].status_code == 200, "what every page loads does not count"


def test_links_that_open_nothing_count_too(world: World) -> None:
    world.app.state.limits = Limits(FEW)
    answers = ask(world, *[("GET", f"/a/guess-{n}") for n in range(5)])
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429, 429]


def test_a_link_counts_from_wherever_it_is_used(world: World) -> None:
    world.app.state.limits = Limits(FEW)
    token = lead(world)
    answers = [ask(world, ("POST", f"/a/{token}"), peer=f"198.51.100.{n}")[0].status_code for n in range(4)]
    assert answers == [403, 403, 429, 429]
    assert ask(world, ("GET", f"/a/{token}"), peer="198.51.100.9")[0].status_code == 200, "who reads is not held up by who writes"


def test_links_by_mail_are_held_up_by_mailbox_and_by_address(world: World) -> None:
    world.app.state.limits = Limits(FEW)
    asked = [ask(world, ("POST", "/link"), mailbox=mailbox)[0].status_code for mailbox in ("a@b.example", "A@b.example", "a@b.example")]
    assert asked == [303, 303, 429]
    world.app.state.limits = Limits(Rules(links_by_address=3))
    asked = [ask(world, ("POST", "/link"), mailbox=f"{n}@b.example")[0].status_code for n in range(4)]
    assert asked == [303, 303, 303, 429]
    refused = ask(world, ("POST", "/link"))[0]
    assert 60 < int(refused.headers["retry-after"]) <= 3600
    assert "minutes" in refused.text


def test_a_town_hall_behind_one_address_works_on(world: World) -> None:
    """Twenty colleagues with a link each, ten pages and five saves in the same minute."""
    counted = Limits()
    for colleague in range(20):
        asked = Request({"type": "http", "client": (TOWN_HALL, 1), "headers": []})
        for _ in range(10):
            assert counted.check(asked, "GET", f"/a/token-{colleague}") is None
        for _ in range(5):
            assert counted.check(asked, "POST", f"/a/token-{colleague}") is None


def test_who_sends_another_address_along_is_counted_by_the_connection(world: World) -> None:
    world.app.state.limits = Limits(FEW)
    answers = [ask(world, ("GET", "/"), forwarded=f"192.0.2.{n}")[0].status_code for n in range(5)]
    assert answers == [200, 200, 200, 429, 429]


def test_behind_a_named_proxy_the_client_counts_and_not_what_it_claims(world: World) -> None:
    for proxies in (Proxies.named("1"), Proxies.named("127.0.0.1, 10.0.0.0/8")):
        world.app.state.limits = Limits(FEW, proxies)
        answers = [ask(world, ("GET", "/"), peer="127.0.0.1", forwarded=f"192.0.2.{n}, {TOWN_HALL}")[0].status_code for n in range(5)]
        assert answers == [200, 200, 200, 429, 429]
        assert ask(world, ("GET", "/"), peer="127.0.0.1", forwarded=NEIGHBOUR)[0].status_code == 200


@pytest.mark.parametrize(
    ("setting", "peer", "forwarded", "client"),
    [
        ("", "192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        ("1", "127.0.0.1", ["198.51.100.1, 198.51.100.2"], "198.51.100.2"),
        ("2", "127.0.0.1", ["198.51.100.1", "198.51.100.2"], "198.51.100.1"),
        ("3", "127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("1", "127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", ["198.51.100.1, 198.51.100.2"], "198.51.100.2"),
        ("127.0.0.1,10.0.0.0/8", "127.0.0.1", ["198.51.100.1, 10.1.2.3"], "198.51.100.1"),
        ("10.0.0.0/8", "192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        ("::1", "::1", ["2001:db8::7"], "2001:db8::7"),
    ],
)
def test_whose_address_counts(setting: str, peer: str, forwarded: list[str], client: str) -> None:
    assert Proxies.named(setting).client(peer, forwarded) == client


def test_a_setting_that_names_no_proxies_is_refused() -> None:
    with pytest.raises(ProgrammeError, match="DESK_PROXIES is the number"):
        Proxies.named("our nginx")


def test_this_machines_own_address_is_everybodys_while_no_proxy_is_named() -> None:
    counted = Limits(FEW)
    asked = Request({"type": "http", "client": ("127.0.0.1", 1), "headers": []})
    passed = [counted.check(asked, "GET", "/") is None for _ in range(3 * SHARED + 1)]
    assert passed == [True] * 3 * SHARED + [False]


def test_a_household_with_many_addresses_is_one(world: World) -> None:
    world.app.state.limits = Limits(FEW)
    answers = [ask(world, ("GET", "/"), peer=f"2001:db8:1:2::{n}")[0].status_code for n in range(1, 6)]
    assert answers == [200, 200, 200, 429, 429]


def test_guessed_links_leave_nothing_in_memory_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deployments.desk.limits.PRUNED_AFTER", 50)
    counted = Limits(Rules(read_by_address=10_000))
    storage = counted._storage
    asked = Request({"type": "http", "client": (TOWN_HALL, 1), "headers": []})
    for n in range(200):
        counted.check(asked, "GET", f"/a/guess-{n}")
        for key in [key for key in list(storage.events) if "link" in key]:
            storage.events[key] = []  # as the storage leaves it once the minute is over
    assert len(storage.events) < 60
    assert not any("guess" in key for key in storage.events), "no token is kept as it is"


def test_only_a_test_switches_it_off(world: World) -> None:
    assert isinstance(world.app.state.limits, Limits)
    world.app.state.limits = None
    assert {answer.status_code for answer in ask(world, *[("GET", "/favicon.ico")] * 5)} == {204}
