"""`/health` in all its states: what a monitor reads in it and what a person does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from deployments.desk.site import Desk, create_app
from models.database import changing
from models.programme import Programme
from tests.deployments.watched import MINUTE, START, Night, Site
from tests.world import launched

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.fixture
def night(sqlite_engine: Engine, tmp_path: Path) -> Night:
    """A programme runs."""
    launched(sqlite_engine)
    return Night(sqlite_engine, tmp_path, grace=MINUTE)


def test_a_fresh_start_without_programmes_is_ready_though_no_sweep_has_ever_run(sqlite_engine: Engine, tmp_path: Path) -> None:
    night = Night(sqlite_engine, tmp_path, grace=MINUTE)
    site = night.site()
    for minutes in (0, 60 * 24):
        night.wait(minutes)
        answer = site.health()
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "programmes": 0, "last_sweep_at": None})


def test_while_the_sweep_runs_it_says_when_it_ran_last(night: Night) -> None:
    site = night.site()
    for _ in range(5):
        night.wait(1)
        night.sweep()
        answer = site.health()
        assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "programmes": 1, "last_sweep_at": "2024-03-04T22:45:00Z"}


def test_a_silence_of_more_than_two_intervals_is_said_with_what_to_do_and_ends_with_the_next_sweep(night: Night) -> None:
    site = night.site()
    night.wait(5)
    night.sweep()
    site.health()
    night.wait(2)
    assert site.health().status_code == 200
    night.wait(5)
    answer = site.health()
    assert answer.status_code == 503
    reason = answer.json()["reason"]
    assert reason.startswith("The sweep has not run since 22:45 UTC, 7 minutes ago.")
    assert "open the deployment “sweep”" in reason
    assert answer.json()["last_sweep_at"] == "2024-03-04T22:45:00Z"
    night.sweep()
    assert site.health().json() == {"status": "ok", "programmes": 1, "last_sweep_at": "2024-03-04T22:52:00Z"}


def test_a_start_after_a_holiday_is_ready_and_says_so_only_if_no_sweep_comes(night: Night) -> None:
    night.sweep()
    night.wait(60 * 24 * 14)
    site = night.site()
    assert site.health().status_code == 200
    night.wait(3)
    assert site.health().status_code == 200
    night.wait(0.5)
    assert "not run since 22:40 UTC on 4 March 2024, 14 days ago" in site.health().json()["reason"]


def test_a_sweep_that_has_never_run_is_missed_too(night: Night) -> None:
    site = night.site()
    night.wait(4)
    assert site.health().json()["reason"].startswith("The sweep has never run; it has been missed for 3 minutes.")


@pytest.mark.parametrize("ended", [{"closed_at": START}, {"rehearsal": True}])
def test_nobody_misses_the_sweep_while_no_programme_runs(night: Night, ended: dict[str, object]) -> None:
    site = night.site()
    night.sweep()
    with changing(night.engine) as session:
        session.execute(update(Programme).values(**ended))
    night.wait(60)
    assert site.health().json() == {"status": "ok", "programmes": 1, "last_sweep_at": "2024-03-04T22:40:00Z"}


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1), timedelta(days=-9000)])
def test_a_clock_that_jumps_neither_makes_a_silence_nor_hides_one(night: Night, jump: timedelta) -> None:
    site = night.site()
    site.health()
    night.wait(5)
    night.sweep()
    site.health()
    night.set_clock(night.now + jump)
    assert site.health().status_code == 200
    night.wait(1)
    night.sweep()
    assert site.health().status_code == 200
    night.wait(2.1)
    assert site.health().status_code == 503


def test_a_sign_from_the_future_is_explained(night: Night) -> None:
    site = night.site()
    night.sweep()
    night.set_clock(START - 60 * MINUTE)
    night.wait(4)
    assert "has not run for 3 minutes. (Its last sign is dated 22:40 UTC: the clock has been set back since.)" in site.health().text


def test_a_database_that_is_gone_is_said(tmp_path: Path, sqlite_engine: Engine) -> None:
    sqlite_engine.dispose()
    Path(str(sqlite_engine.url.database)).write_bytes(b"this is no database at all, however long one looks at it" * 20)
    site = Site(create_app(Desk(sqlite_engine, "a secret for tests", tmp_path)))
    answer = site.health()
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "failing",
        "reason": "The database does not answer (DatabaseError). See that it runs and that DATABASE_URL is right.",
    }
    page = site.health(BROWSER)
    assert page.status_code == 503
    assert "<h1>The database does not answer</h1>" in page.text


def test_a_browser_gets_a_page_with_the_same_status(night: Night) -> None:
    site = night.site()
    night.sweep()
    well = site.health(BROWSER)
    assert (well.status_code, well.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<h1>All is well</h1>" in well.text
    assert "4 March 2024 22:40 UTC" in well.text
    night.wait(4)
    silent = site.health(BROWSER)
    assert silent.status_code == 503
    assert "<h1>The sweep does not run</h1>" in silent.text
    assert "The sweep has not run since 22:40 UTC, 4 minutes ago." in silent.text
    assert site.health("application/json").headers["content-type"] == "application/json"
