"""A real Prefect server and worker in processes of their own, on a database whose clock the test sets, and a player who drives them."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import Engine, text

from deployments.processes import Children
from deployments.serving import ROOT, Serving, environment_of_children, serving
from deployments.up import migrate_database, start_prefect, start_worker
from models import clock
from models.advance import SWEEP_WORK, advance
from models.database import connect, reading
from models.definition import Definition
from models.standing import Standing, load

PYTHON = sys.executable


def free_port() -> int:
    with socket.socket() as trying:
        trying.bind(("127.0.0.1", 0))
        return int(trying.getsockname()[1])


@dataclass
class Server:
    """What a test does with the running server. `environment` is what a person's shell would have."""

    environment: dict[str, str]
    engine: Engine
    api: httpx.Client
    folder: Path
    found: Serving
    children: Children

    def set_clock(self, at: datetime) -> None:
        """Only a test's database has this table."""
        with self.engine.execution_options(changing=True).begin() as connection:
            connection.execute(text("create table if not exists clock (at text)"))
            connection.execute(text("delete from clock"))
            connection.execute(text("insert into clock values (:at)"), {"at": at.replace(tzinfo=None).isoformat()})

    def now(self) -> datetime:
        clock._has_clock.clear()  # this process may have looked before the table was made
        return clock.now(self.engine)

    def write(self, definition: Definition) -> Path:
        """The programme as the file a coordinator would have."""
        folder = self.folder / definition.id
        folder.mkdir(exist_ok=True)
        body = definition.model_dump(mode="json", exclude_none=True)
        (folder / "programme.yaml").write_text(yaml.safe_dump(body, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return folder

    def standing(self, programme: str) -> Standing:
        with reading(self.engine) as session:
            return load(session, programme)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`inclucities …` in a process of its own."""
        return subprocess.run(
            [PYTHON, "-c", "from deployments.cli import main; main()", *words],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def park(self, name: str) -> None:
        """Let the runs of a deployment wait in a pool that nobody works for."""
        self.api.post("/work_pools/", json={"name": "parked", "type": "process"}).raise_for_status()
        self.api.patch(f"/deployments/{self.deployment(name)['id']}", json={"work_pool_name": "parked"}).raise_for_status()

    # -- Prefect, through its API as the UI does ---------------------------------------------------------------------

    def deployment(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(f"/deployments/name/{name}/{name}").raise_for_status().json()
        return found

    def run(self, name: str, **parameters: Any) -> str:
        """Press Run; the run's id."""
        answer = self.api.post(
            f"/deployments/{self.deployment(name)['id']}/create_flow_run", json={"parameters": parameters, "state": {"type": "SCHEDULED"}}
        )
        return str(answer.raise_for_status().json()["id"])

    def state(self, run: str) -> str:
        return str(self.api.get(f"/flow_runs/{run}").raise_for_status().json()["state"]["name"])

    def set_state(self, run: str, type_: str) -> None:
        """What a person's Cancel does, or a worker that saw the process end."""
        state = {"type": type_, "name": type_.capitalize()}
        self.api.post(f"/flow_runs/{run}/set_state", json={"state": state, "force": True}).raise_for_status()

    def resume(self, run: str, **answer: Any) -> dict[str, Any]:
        """Fill in the form under Resume."""
        said: dict[str, Any] = self.api.post(f"/flow_runs/{run}/resume", json={"run_input": answer}).json()
        return said

    def form(self, run: str) -> tuple[dict[str, Any], str]:
        """The form's schema and its Markdown, as the UI reads them."""
        keyset = self.api.get(f"/flow_runs/{run}").json()["state"]["state_details"]["run_input_keyset"]
        read = [self.api.get(f"/flow_runs/{run}/input/{keyset[part]}").raise_for_status().json() for part in ("schema", "description")]
        return read[0], str(read[1])

    def wait(self, what: str, ready: Callable[[], Any], seconds: float = 90) -> Any:
        until = time.monotonic() + seconds
        while not (found := ready()):
            assert time.monotonic() < until, f"{what}: not within {seconds} seconds"
            time.sleep(0.2)
        return found

    def wait_suspended(self, programme: str, number: int, answers: int | None = None) -> str:
        """Until the phase's run is suspended with nothing left to do (and that many answers taken); its id."""

        def ready() -> str | None:
            phase = self.standing(programme).phase(number)
            enough = answers is None or phase.answers >= answers
            return (
                phase.run_id
                if phase.run_id and enough and self._has_form(phase.run_id) and self._is_quiet(programme, number)
                else None
            )

        return str(self.wait(f"phase {number} suspended", ready))

    def _has_form(self, run: str) -> bool:
        """Whether it waits for an answer and can take one: Prefect suspends a run first and saves its form afterwards."""
        state = self.api.get(f"/flow_runs/{run}").json()["state"]
        keys = state["state_details"].get("run_input_keyset") or {}
        form = self.api.get(f"/flow_runs/{run}/input/{keys['schema']}") if state["name"] == "Suspended" and keys else None
        return form is not None and form.status_code == httpx.codes.OK

    def _is_quiet(self, programme: str, number: int) -> bool:
        return not [
            action for action in advance(self.standing(programme), self.now()) if action.phase == number and action.do not in SWEEP_WORK
        ]

    def sweep(self) -> None:
        """One sweep, here in this process."""
        from flows.sweep import sweep

        asyncio.run(sweep())

    def nudge(self, programme: str) -> None:
        """What desk and command line do after a change, here in this process."""
        from tasks.runs import nudge

        asyncio.run(nudge(programme))


class Patient(httpx.HTTPTransport):
    """Asks again where Prefect's SQLite is busy for a moment (503), as its own client does."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(20):
            answer = super().handle_request(request)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            answer.read()
            time.sleep(0.5)
        return answer


@contextmanager
def real_server(folder: Path, **settings: str) -> Iterator[Server]:
    """Start server and worker on free ports with everything under `folder`; nothing is left running. `settings` as a person's shell."""
    asked = {"PREFECT_PORT": str(free_port()), "DESK_PORT": str(free_port()), "VAR": str(folder / "var")} | settings
    found = serving(asked)
    (found.var / "prefect").mkdir(parents=True)
    migrate_database(found)
    environment = environment_of_children(found, os.environ | asked, "a secret for tests only, long enough")
    with Children(found.var / "log", environment, ROOT) as children:
        start_prefect(found, children)
        start_worker(children)
        engine = connect(found.database_url)
        with httpx.Client(base_url=f"{found.prefect_url}/api", timeout=120, transport=Patient()) as api:
            server = Server(environment, engine, api, folder, found, children)
            pause_sweep(server)
            with _as_a_process_of(server):
                yield server
        engine.dispose()


def pause_sweep(server: Server) -> None:
    """Time belongs to the test: its sweeps are the ones it asks for."""
    for name in ("sweep", "deliverables"):
        server.api.post(f"/deployments/{server.deployment(name)['id']}/pause_deployment").raise_for_status()


@contextmanager
def _as_a_process_of(server: Server) -> Iterator[None]:
    """What this process does, it does with the settings of the server's other processes."""
    before = dict(os.environ)
    ours = {name: value for name, value in server.environment.items() if not name.startswith("PREFECT_") and name != "FAULTS"}
    os.environ.update(ours)  # but not the faults: they are for the others
    try:
        with temporary_settings({PREFECT_API_URL: server.environment["PREFECT_API_URL"]}):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)
