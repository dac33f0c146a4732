"""Two hundred phases that wait for people: rows and no process, and an hour of sweeps leaves server and worker as large as they were."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from statistics import mean

import pytest

from deployments.processes import descendants, private_memory
from deployments.serving import POOL
from deployments.up import SERVER, WORKER, WORKER_MOST
from models.database import reading
from models.editions import EditionFile
from models.programme import Phase, PhaseState
from models.verify import programmes, violations
from tasks.publishing import formats_of, languages_of, path_of, without_files
from tests.faults.forked import carry_out
from tests.faults.stand import MINUTE, Stand
from tests.world import World, launched, one_pair, opened, throw_mail_away

pytestmark = [pytest.mark.alone, pytest.mark.server]

PROGRAMMES, PHASES = 67, 201
"""Three phases of each programme are under way at once and wait."""
HOUR = 60
WARM = 15
"""Sweeps after which both have met everything there is to do."""
FLAT = 1.1
"""What the last ten sweeps' memory may be of that of the first ten after warming up."""


def memory(at_stand: Stand, name: str) -> float:
    """Megabytes that a process holds for itself."""
    return private_memory(next(child.process.pid for child in at_stand.server.children.running if child.name == name))


def runs_at_work(at_stand: Stand) -> list[str]:
    """The processes of flow runs below the worker."""
    worker = next(child.process.pid for child in at_stand.server.children.running if child.name == "worker")
    commands = [command_of(pid) for pid in descendants(worker) - {worker}]
    return [command for command in commands if "prefect.engine" in command]


def command_of(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_text(errors="replace")
    except OSError:
        return ""  # it has just ended


def waiting(at_stand: Stand) -> int:
    """How many open phases have a run that waits in Prefect."""
    with reading(at_stand.server.engine) as session:
        known = {phase.run_id for phase in session.query(Phase).filter(Phase.state == PhaseState.OPEN)}
    found = 0
    for offset in range(0, 2 * PHASES, 200):
        asked = {"flow_runs": {"state": {"type": {"any_": ["PAUSED"]}}, "tags": {"all_": ["phase"]}}, "limit": 200, "offset": offset}
        found += sum(run["id"] in known for run in at_stand.server.api.post("/flow_runs/filter", json=asked).json())
    return found


def test_two_hundred_phases_wait_as_rows_and_an_hour_of_sweeps_costs_no_memory(at_stand: Stand) -> None:
    at_stand.empty_database()
    for number in range(PROGRAMMES):
        world = waiting_in_three_phases(at_stand, number)
        files_are_made(at_stand, world)
        at_stand.at(world)
    settle(at_stand)
    at_stand.server.wait("no process", lambda: not runs_at_work(at_stand))

    sizes: dict[str, list[float]] = {SERVER: [], WORKER: []}
    seconds = []
    for _ in range(HOUR):
        seconds.append(one_sweep(at_stand))
        for name, size in sizes.items():
            size.append(memory(at_stand, name))
    for name, size in sizes.items():
        before, after = mean(size[WARM : WARM + 10]), mean(size[-10:])
        at_stand.remarks.append(f"{name}: {before:.0f} MB after {WARM} sweeps, {after:.0f} MB in the last ten of {HOUR}")
    at_stand.remarks.append(f"a sweep over {PHASES} waiting phases: {mean(seconds):.1f} s")
    at_stand.server.wait("no process", lambda: not runs_at_work(at_stand))
    assert waiting(at_stand) == PHASES
    for size in sizes.values():
        assert mean(size[-10:]) < FLAT * mean(size[WARM : WARM + 10])
    assert max(sizes[WORKER]) < WORKER_MOST
    with reading(at_stand.server.engine) as session:
        assert [str(item) for name in programmes(session)[::20] for item in violations(session, name)] == []


def waiting_in_three_phases(at_stand: Stand, number: int) -> World:
    """A programme whose pair has been confirmed and has said nothing for twenty weeks."""
    world = launched(at_stand.server.engine, one_pair(id=f"sapling-{number}", title=f"Sapling {number}"))
    world.play(opened("pair-terms"))
    world.wait_days(140)
    with world.changing() as (session, standing):
        throw_mail_away(session, standing, world.now)
    return world


def files_are_made(at_stand: Stand, world: World) -> None:
    """What there is to read has its files, as far as a sweep looks: sixty-seven builds are another matter."""
    with world.changing() as (session, standing):
        for edition in without_files(standing, at_stand.documents):
            for language, made in product(languages_of(standing, edition), formats_of(edition)):
                path = f"{world.programme}/{path_of(edition, language)}/made.{made}"
                (at_stand.documents / path).parent.mkdir(parents=True, exist_ok=True)
                (at_stand.documents / path).write_bytes(b"")
                stamped = edition.published_at is not None
                edition.files.append(EditionFile(language=language, format=made, stamped=stamped, path=path, build_key="", file_sha256=""))
        session.flush()
        assert without_files(standing, at_stand.documents) == []


def settle(at_stand: Stand) -> None:
    """Sweeps until all phases wait. What they start is carried out here and not by the worker, whose every run pays for its imports."""
    server = at_stand.server
    server.api.patch(f"/work_pools/{POOL}", json={"is_paused": True}).raise_for_status()
    for _ in range(PHASES // 4):
        server.set_clock(server.now() + MINUTE)
        server.sweep()
        carry_out(scheduled(at_stand), server.environment, 300)
        if waiting(at_stand) == PHASES:
            break
    else:
        raise AssertionError(f"only {waiting(at_stand)} phases wait")
    server.api.patch(f"/work_pools/{POOL}", json={"is_paused": False}).raise_for_status()


def scheduled(at_stand: Stand) -> list[str]:
    """The runs of phases that somebody is to carry out."""
    asked = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}, "tags": {"all_": ["phase"]}}, "limit": 200}
    return [str(run["id"]) for run in at_stand.server.api.post("/flow_runs/filter", json=asked).raise_for_status().json()]


def one_sweep(at_stand: Stand) -> float:
    """The next minute's sweep as a flow run of the worker's; how long it ran, in seconds."""
    server = at_stand.server
    server.set_clock(server.now() + MINUTE)
    run = server.run("sweep")
    server.wait("the sweep", lambda: server.state(run) in ("Completed", "Failed", "Crashed"), 180)
    assert server.state(run) == "Completed"
    return float(server.api.get(f"/flow_runs/{run}").json()["total_run_time"])
