"""What the coordinator reads of a phase that does not go on: on Prefect's pages and at the terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from sqlalchemy import Engine

from models.doors import steering
from models.doors.steering import STUCK_AFTER
from models.doors.wishing import Wanted, ask_for_time
from tasks.overview import overview
from tasks.status import escape, phase_report, programme_report, waiting_for
from tests.world import DESK, World, launched


@pytest.fixture
def world(sqlite_engine: Engine) -> World:
    return launched(sqlite_engine)


HOSTILE = [
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "<img src=x onerror=alert(1)>",
    "https://3232235777/path and www.evil.example and a@evil.example",
    "Title\r=====",
    "Title\n-----\n# Heading\n> quote\n1. one\n* two",
    "a | b |\n|---|---|\n| c | d |",
    "\r\r    code\u2028\x0b```\nfence",
    "&lt;b&gt; &#60;i&#62; ~~gone~~ `code` *em* __strong__",
    "\\[x](y) \\\\`",
    "[ref]: https://evil.example\r[ref]",
]


LINKED = [
    r"(https?://|www(?=\.))([-.\w]+)([^ \t\r\n]*)",
    r"([-.\w+]+)@([-\w]+(?:\.[-\w]+)+)",
    r"((?:ftp|https?)://|www\.)(?:[a-zA-Z0-9\-]+\.?)+[^\s<]*",
]
"""Bare addresses, as the scripts of both of Prefect's interfaces find them: the newer one after everything is unescaped."""


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("frame", ["> **Refused.** {}", "# {}", "| a | b |\n|---|---|\n| {} | x |", "{}"])
def test_text_of_somebody_elses_is_shown_in_markdown_and_never_interpreted(text: str, frame: str) -> None:
    """As CommonMark with tables reads it; nothing is left whole that Prefect's pages make links of beside."""
    markdown = MarkdownIt("gfm-like", {"linkify": False, "html": True})
    plain, written = (markdown.parse(frame.format(said)) for said in ("words", escape(text)))
    assert [token.type for token in written] == [token.type for token in plain], "no other blocks"
    said = next(token for token in written if token.type == "inline" and token.content != "" and token.content not in "ab")
    kinds = {child.type for child in said.children or ()}
    assert kinds <= {"text", "text_special", "strong_open", "strong_close"}
    shown = "".join(child.content for child in said.children or ()).removeprefix("Refused. ")
    assert shown.replace("\N{WORD JOINER}", "") == " ".join(text.split())
    assert not any(re.search(pattern, read, re.IGNORECASE) for pattern in LINKED for read in (shown, escape(text)))


@given(st.text(max_size=80))
def test_any_text_stays_one_line_of_plain_text(text: str) -> None:
    html = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(f"x{escape(text)}x")
    assert html.startswith("<p>x")
    assert "<" not in html[3:].removesuffix("</p>\n")


def held(world: World) -> None:
    with world.changing() as (session, standing):
        steering.hold(session, standing, 1, world.now)


def broken(times: int) -> Callable[[World], None]:
    def breaks(world: World) -> None:
        for count in range(times):
            with world.changing() as (session, standing):
                now = world.now + count * timedelta(minutes=2)
                steering.take_lease(session, standing, 1, f"run {count}", now)
                steering.note_trouble(session, standing, 1, f"run {count}", "Crashed: <b>boom</b> [x](http://evil.example)", now)

    return breaks


CASES = [
    pytest.param(held, "held", "Deployments, phase-1, Run, with programme orchard", id="held"),
    pytest.param(broken(1), "healing", "There is nothing to do", id="healing"),
    pytest.param(broken(STUCK_AFTER), "stuck", "tag “stuck”", id="stuck"),
]


@pytest.mark.parametrize(("happens", "name", "to_do"), CASES)
def test_a_phase_in_trouble_is_named_with_what_to_do(world: World, happens: Callable[[World], None], name: str, to_do: str) -> None:
    happens(world)
    with world.looking() as standing:
        shown = [phase_report(standing, 1), programme_report(standing, world.now), overview(standing, world.now)]
    plain = [text.replace("\\", "") for text in shown]
    assert [f"Phase 1 is {name}." in text for text in plain[:2]] == [True, True]
    assert name.upper() in plain[2]
    assert [to_do in text for text in plain] == [True] * 3


def test_the_form_in_prefect_leads_to_the_desk_and_says_who_asks_for_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://desk.example")
    with world.changing() as (session, standing):
        gate = standing.gate("needs", "city-cedar")
        wanted = Wanted(world.now.date() + timedelta(days=60), "late [x](http://evil.example)")
        ask_for_time(session, standing, gate, standing.parties(gate)[0], wanted, DESK, world.now)
    with world.looking() as standing:
        text = waiting_for(standing, 1)
    assert f"[on the desk](https://desk.example/coordinator/orchard/gate/{gate.id})" in text
    assert "Cedar asks for time until 3 May 2024" in text
    assert "\n- `needs @ city-cedar` " in text  # under the name that is chosen below
    assert "evil" not in text


def test_the_overview_says_what_opens_next_and_when(world: World) -> None:
    with world.looking() as standing:
        at = "2024-03-18 at 08:00 (Europe/Brussels)"
        assert overview(standing, world.now).splitlines()[-1] == f"next: City profile (profile), 4 of them, opens on {at}"
        late = overview(standing, world.now + timedelta(days=30)).splitlines()[-1]
        assert late.startswith(f"next: City profile (profile), 4 of them, was to open on {at}: the next sweep does it.")
    world.assess()
    with world.looking() as standing:
        said = overview(standing, world.now).splitlines()[-1]
    at = "2024-05-27 at 08:00 (Europe/Brussels)"
    assert said == f"next: phase 2, Thematic benchmarks, opens on {at} at the earliest, once what comes before it is done"


def test_what_waited_for_something_else_is_due_since_that_was_done_and_not_since_its_day(world: World) -> None:
    world.answer("needs")
    world.wait_days(15)
    world.contribute("profile", "city-cedar")
    with world.looking() as standing:
        said = overview(standing, world.now).splitlines()[-1]
    at = standing.calendar.local("alliance", world.now)
    assert said.startswith("next: ")
    assert "(needs-approval)" in said
    assert f"was to open on {at:%Y-%m-%d at %H:%M}" in said


def test_the_overview_of_a_programme_that_is_over_says_when_it_was_closed(world: World) -> None:
    with world.changing() as (_, standing):
        standing.programme.closed_at = world.now
    with world.looking() as standing:
        assert overview(standing, world.now).splitlines()[-1] == "closed on 2024-03-04"


def test_what_a_broken_run_said_is_shown_and_never_interpreted(world: World) -> None:
    broken(1)(world)
    with world.looking() as standing:
        text = programme_report(standing, world.now)
    assert r"\<b\>boom" in text
    assert "](http" not in text


def test_of_a_programme_in_good_health_nothing_of_the_kind_is_said(world: World) -> None:
    with world.looking() as standing:
        shown = phase_report(standing, 1) + programme_report(standing, world.now) + overview(standing, world.now)
    assert not [word for word in ("held", "stuck", "healing") if word in shown.lower()]
