"""The oracle's part that asks Prefect and the disk; rows, history, mail and ladders are `tests.oracle`. Ask when all is quiet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx
from sqlalchemy import Engine

from models.database import reading
from models.programme import PhaseState
from models.standing import load
from tasks.verifying import verify_installation
from tests.oracle import Arrival, broken_promises, missed_twice, wrong_mail, wrong_rungs

ALIVE = {"SCHEDULED", "PENDING", "RUNNING", "PAUSED"}


def everything_wrong(
    engine: Engine, api: httpx.Client, documents: Path, programme: str, arrived: Sequence[Arrival], *, may_repeat: bool
) -> list[str]:
    """All of it. `may_repeat`: the fault struck while a message was in flight, so that it may have come twice."""
    again = {item.message_id for item in arrived} if may_repeat else ()
    return [
        *broken_promises(engine, programme),
        *wrong_mail(engine, programme, arrived, repeatable=again),
        *wrong_rungs(engine, programme, arrived),
        *missed_twice(engine, programme),
        *run_faults(engine, api, programme),
        *file_faults(engine, documents),
    ]


def repeated(arrived: Sequence[Arrival]) -> int:
    """How many messages arrived more than once, each under one Message-ID."""
    return sum(count - 1 for count in Counter((item.message_id, item.mailbox) for item in arrived).values())


def run_faults(engine: Engine, api: httpx.Client, programme: str) -> list[str]:
    """Open phases without a run that waits, and runs in Prefect that no phase knows."""
    with reading(engine) as session:
        phases = load(session, programme).programme.phases
    found = []
    for phase in phases:
        state = _state(api, phase.run_id)
        if phase.state == PhaseState.OPEN and state != "PAUSED":
            found.append(f"phase {phase.number} is open and its run is {state}")
        if phase.state == PhaseState.COMPLETED and state in ALIVE:
            found.append(f"phase {phase.number} is completed and its run is {state}")
    known = {phase.run_id for phase in phases}
    filters = {"flow_runs": {"tags": {"all_": ["phase"]}, "state": {"type": {"any_": sorted(ALIVE)}}}}
    runs = api.post("/flow_runs/filter", json=filters).raise_for_status().json()
    strays = [run for run in runs if run["parameters"].get("programme") == programme and run["id"] not in known]
    return [*found, *(f"run {run['id']} ({run['state']['name']}) belongs to no phase of {programme}" for run in strays)]


def _state(api: httpx.Client, run_id: str | None) -> str:
    if run_id is None:
        return "none"
    answer = api.get(f"/flow_runs/{run_id}")
    return str(answer.json()["state"]["type"]) if answer.status_code == httpx.codes.OK else "unknown to Prefect"


def file_faults(engine: Engine, documents: Path) -> list[str]:
    """What is wrong with published files."""
    with reading(engine) as session:
        return verify_installation(session, documents)
