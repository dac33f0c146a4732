"""The one oracle: what must be true whatever was killed, cut off or done twice. It reads the database, the mail, the files and Prefect.

Rows and history are `models.verify`; files are `tasks.verifying`. Here they are put beside what really arrived and what Prefect shows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import Engine, select

from models.database import reading
from models.notices import Notice, NoticeState
from models.programme import PhaseState
from models.standing import load
from tasks.verifying import verify_installation

ALIVE = {"SCHEDULED", "PENDING", "RUNNING", "PAUSED"}


@dataclass(frozen=True)
class Arrived:
    """A message in somebody's mailbox."""

    message_id: str
    mailbox: str


def mail_faults(engine: Engine, programme: str, arrived: list[Arrived]) -> list[str]:
    """Notices that are told of as sent and did not arrive, and messages that no notice stands for."""
    with reading(engine) as session:
        notices = session.scalars(select(Notice).where(Notice.programme_id == programme)).all()
    there = {(item.message_id, item.mailbox) for item in arrived}
    meant = {(str(item.message_id), item.mailbox) for item in notices if item.message_id}
    lost = [item.key for item in notices if item.state == NoticeState.SENT and (str(item.message_id), item.mailbox) not in there]
    return [f"{key} counts as sent and did not arrive" for key in lost] + [
        f"{item.message_id} arrived at {item.mailbox} and no notice stands for it"
        for item in arrived
        if (item.message_id, item.mailbox) not in meant
    ]


def repeated(arrived: list[Arrived]) -> int:
    """How many messages arrived more than once, each under one Message-ID."""
    return sum(count - 1 for count in Counter(arrived).values())


def told_twice(engine: Engine, programme: str) -> list[str]:
    """Whether two messages say the same thing to the same mailbox: that is not a repeat, it is a second notice."""
    with reading(engine) as session:
        keys = session.scalars(select(Notice.key).where(Notice.programme_id == programme)).all()
    return [f"{key} was queued {count} times" for key, count in Counter(keys).items() if count > 1]


def run_faults(engine: Engine, api: httpx.Client, programme: str) -> list[str]:
    """Open phases without a run that waits, and runs in Prefect that no phase knows. Ask when all is quiet."""
    with reading(engine) as session:
        phases = load(session, programme).programme.phases
    found = []
    for phase in phases:
        state = _state(api, phase.run_id)
        if phase.state == PhaseState.OPEN and state != "PAUSED":
            found.append(f"phase {phase.number} is open and its run is {state}")
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
    """What is wrong with any programme's rows, history or published files."""
    with reading(engine) as session:
        return verify_installation(session, documents)
