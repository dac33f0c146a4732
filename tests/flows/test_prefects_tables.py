"""On a real Prefect server: old sweeps and other ended runs are deleted, and a phase that has been suspended for as long stays."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.processes import Children
from deployments.serving import ROOT, environment_of_children, serving
from deployments.up import start_prefect
from flows.deliverables import deliverables
from models.database import migrate
from models.errors import ProgrammeError
from tasks.retention import forget_sweeps
from tests.flows.real_server import Patient, free_port

pytestmark = [pytest.mark.server]

EVERY_SECOND = {"PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "1"}


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect") / "var"


@pytest.fixture(scope="module")
def api(var: Path) -> Iterator[httpx.Client]:
    """A server that looks every second for what it may delete, and no worker: runs are as the test makes them."""
    found = serving({"PREFECT_PORT": str(free_port()), "DESK_PORT": str(free_port()), "VAR": str(var)})
    (var / "prefect").mkdir(parents=True)
    environment = environment_of_children(found, os.environ | EVERY_SECOND, "a secret for tests only, long enough")
    with Children(var / "log", environment, ROOT) as children:
        start_prefect(found, children)
        with (
            httpx.Client(base_url=f"{found.prefect_url}/api", timeout=120, transport=Patient()) as api,
            temporary_settings({PREFECT_API_URL: f"{found.prefect_url}/api"}),
        ):
            yield api


def run(api: httpx.Client, name: str, *states: str) -> str:
    """A run of a deployment that has gone through these states."""
    deployment = api.get(f"/deployments/name/{name}/{name}").raise_for_status().json()["id"]
    made = api.post(f"/deployments/{deployment}/create_flow_run", json={"state": {"type": "PENDING"}}).raise_for_status().json()["id"]
    for state in ("RUNNING", *states):
        answer = api.post(f"/flow_runs/{made}/set_state", json={"state": {"type": state}, "force": True})
        assert answer.raise_for_status().json()["status"] == "ACCEPT"
    return str(made)


def there(api: httpx.Client, *runs: str) -> list[bool]:
    return [api.get(f"/flow_runs/{one}").status_code == httpx.codes.OK for one in runs]


def age(var: Path, days: int, *runs: str) -> int:
    """Make runs of today so many days older, in Prefect's own table; how many there were."""
    columns = ("created", "updated", "expected_start_time", "start_time", "end_time", "state_timestamp")
    older = ", ".join(f"{name} = strftime('%Y-%m-%d %H:%M:%f000', {name}, '-{days} days')" for name in columns)
    places = ", ".join("?" * len(runs))
    with closing(sqlite3.connect(var / "prefect" / "prefect.db", timeout=30)) as prefect, prefect:
        return prefect.execute(f"update flow_run set {older} where id in ({places})", runs).rowcount  # noqa: S608 - our own words


def test_sweeps_that_ended_well_go_and_what_people_may_look_at_stays(api: httpx.Client) -> None:
    done = [run(api, "sweep", "COMPLETED") for _ in range(4)]
    left_out, failed = run(api, "sweep", "CANCELLED"), run(api, "sweep", "FAILED")
    going, suspended, completed = run(api, "sweep"), run(api, "phase-1", "PAUSED"), run(api, "phase-2", "COMPLETED")
    assert asyncio.run(forget_sweeps()) == 0, "they are a day old at most"
    assert asyncio.run(forget_sweeps(timedelta(0), at_once=2)) == 5
    assert there(api, *done, left_out) == [False] * 5
    assert there(api, failed, going, suspended, completed) == [True] * 4


def test_prefect_deletes_what_ended_a_month_ago_and_never_a_suspended_phase(api: httpx.Client, var: Path) -> None:
    suspended, completed, failed = run(api, "phase-3", "PAUSED"), run(api, "phase-4", "COMPLETED"), run(api, "sweep", "FAILED")
    recent = run(api, "phase-5", "COMPLETED")
    assert age(var, 31, suspended, completed, failed) == 3
    until = time.monotonic() + 30
    while any(there(api, completed, failed)) and time.monotonic() < until:
        time.sleep(0.2)
    assert there(api, completed, failed) == [False, False]
    assert there(api, suspended, recent) == [True, True]
    assert api.get(f"/flow_runs/{suspended}").json()["state"]["type"] == "PAUSED"


def test_the_nightly_build_clears_up_and_one_for_a_programme_does_not(
    api: httpx.Client, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{var}/programme.db")
    monkeypatch.setenv("VAR", str(var))
    migrate()
    old, new = run(api, "sweep", "COMPLETED"), run(api, "sweep", "COMPLETED")
    assert age(var, 2, old) == 1
    with pytest.raises(ProgrammeError):
        asyncio.run(deliverables("nobody"))
    assert there(api, old, new) == [True, True]
    asyncio.run(deliverables())
    assert there(api, old, new) == [False, True]


def test_prefect_has_understood_how_long_to_keep_what(api: httpx.Client) -> None:
    settings = api.get("/admin/settings").raise_for_status().json()["server"]
    assert sorted(settings["services"]["db_vacuum"]["enabled"]) == ["events", "flow_runs"]
    assert (settings["services"]["db_vacuum"]["retention_period"], settings["events"]["retention_period"]) == ("P30D", "P1D")
