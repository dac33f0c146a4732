"""On PostgreSQL: it is restarted every few seconds, and two of Prefect's servers share one database."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from deployments.up import SERVER, wait_for
from tests.conftest import without
from tests.faults.stand import Stand, stand
from tests.faults.test_killed_at_each_step import assert_it_takes_answers
from tests.flows.real_server import free_port

pytestmark = [pytest.mark.prove, pytest.mark.server]

RESTARTS = 8


@dataclass
class Cluster:
    """A PostgreSQL server of our own on a free port."""

    programs: Path
    folder: Path
    port: int

    def control(self, *words: str) -> None:
        command = [str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-s", *words]
        subprocess.run(command, user=user(), cwd="/", check=True, timeout=60, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def restart(self) -> None:
        self.control("restart", "-m", "immediate", "-l", str(self.folder / "log"))

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"


def user() -> str | None:
    """PostgreSQL will not run as root."""
    return "postgres" if os.geteuid() == 0 else None


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    programs = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
    if programs is None or (user() and not any(entry.pw_name == user() for entry in pwd.getpwall())):
        without("no PostgreSQL to start on this machine")
    folder = Path(subprocess.run(["mktemp", "-d"], user=user(), capture_output=True, text=True, check=True, cwd="/").stdout.strip())
    ours = Cluster(programs, folder, free_port())
    command = [str(programs / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-U", "postgres", "--no-sync"]
    subprocess.run(command, user=user(), cwd="/", check=True, stdout=subprocess.DEVNULL)
    settings = f"-p {ours.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    ours.control("start", "-l", str(folder / "log"), "-o", settings)
    try:
        yield ours
    finally:
        ours.control("stop", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)


def create_database(cluster: Cluster, name: str) -> None:
    with create_engine(cluster.url(), isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')


def test_a_database_that_is_restarted_every_few_seconds(cluster: Cluster, tmp_path: Path, at_table: list[Stand]) -> None:
    create_database(cluster, "restarted")
    with stand(tmp_path, DATABASE_URL=cluster.url("restarted")) as at_stand:
        at_table.append(at_stand)
        world = at_stand.fresh()
        at_stand.may_repeat = True  # a database that goes away between sending and writing that down
        restarting = threading.Thread(target=restart_often, args=(cluster,))
        restarting.start()
        while restarting.is_alive():
            at_stand.try_to_sweep(world, timedelta(days=2))
        restarting.join()
        healed = at_stand.heal(world)
        at_stand.note(world, "PostgreSQL", f"restarted {RESTARTS} times", healed)
        assert_it_takes_answers(at_stand, world)


def restart_often(cluster: Cluster) -> None:
    pause = threading.Event()
    for _ in range(RESTARTS):
        pause.wait(3)
        cluster.restart()


def test_two_servers_on_one_database_one_of_which_dies(cluster: Cluster, tmp_path: Path, at_table: list[Stand]) -> None:
    for name in ("ours", "prefect"):
        create_database(cluster, name)
    shared = cluster.url("prefect").replace("psycopg", "asyncpg")
    with stand(tmp_path, DATABASE_URL=cluster.url("ours"), PREFECT_API_DATABASE_CONNECTION_URL=shared) as at_stand:
        at_table.append(at_stand)
        server, port = at_stand.server, str(free_port())
        first = next(child for child in server.children.running if child.name == SERVER)
        command = [port if word == str(server.found.prefect_port) else word for word in first.command]
        second = server.children.start("second server", command, **first.environment)
        wait_for(f"http://127.0.0.1:{port}/api/health", second, server.children)
        worker = [sys.executable, "-m", "deployments.worker", "second"]
        server.children.start("second worker", worker, PREFECT_API_URL=f"http://127.0.0.1:{port}/api")
        world = at_stand.begun()
        first.process.kill()
        first.process.wait()
        world.contribute("needs", "city-alder")
        healed = at_stand.heal(world)
        at_stand.note(world, "two servers", "one killed", healed)
        assert_it_takes_answers(at_stand, world)
