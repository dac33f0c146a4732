"""The one cookie: signed, kept to this host behind https, and silent when it is not ours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.responses import Response

from deployments.desk import cookies
from deployments.desk.visits import visiting
from tests.deployments.desk_links import request, signed
from tests.deployments.desk_world import SECRET, World, lead


def writer_cookie(world: World, monkeypatch: pytest.MonkeyPatch, url: str, writer: str = "Ann, housing", secret: str = SECRET) -> str:
    monkeypatch.setenv("PUBLIC_URL", url)
    answer = Response()
    cookies.remember_writer(answer, secret, writer, world.now)
    return answer.headers["set-cookie"]


def test_a_cookie_behind_https_is_secure_and_bound_to_its_host(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    said = writer_cookie(world, monkeypatch, "https://desk.example")
    assert said.startswith("__Host-writer=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {part.strip() for part in said.split(";")}
    assert "domain" not in said.lower()
    assert "Ann" not in said


def test_a_cookie_without_https_goes_without_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    said = writer_cookie(world, monkeypatch, "http://127.0.0.1:4280")
    assert said.startswith("writer=")
    assert "Secure" not in said
    assert "HttpOnly" in said


def test_who_is_writing_is_known_on_the_next_visit_and_for_half_a_year(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = writer_cookie(world, monkeypatch, "https://desk.example", "  Ann\u202e,\n housing ").partition(";")[0]
    with visiting(request(world, lead(world), cookie)) as found:
        assert found.writer == "Ann , housing"
    world.set_clock(world.now + timedelta(days=181))
    with visiting(request(world, signed(world), cookie)) as found:
        assert found.writer == ""


def test_a_cookie_that_is_not_ours_says_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = writer_cookie(world, monkeypatch, "https://desk.example").partition(";")[0]
    foreign = writer_cookie(world, monkeypatch, "https://desk.example", secret="another secret").partition(";")[0]
    token = lead(world)
    other = Response()
    cookies.put(other, SECRET, "session", "Ann", world.now, timedelta(days=1))
    another = other.headers["set-cookie"].partition(";")[0].replace("__Host-session", "__Host-writer")
    for cookie in (ours[:-2], foreign, another, f"__Host-writer={token}", "__Host-writer=" + "x" * 5000, ours.removeprefix("__Host-")):
        with visiting(request(world, token, cookie)) as found:
            assert found.writer == "", cookie
