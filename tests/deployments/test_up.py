"""`make up`: what stands in its way is said plainly, what it starts is gone afterwards, and a second start carries on."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from deployments import registering, system
from deployments.processes import descendants
from deployments.serving import (
    ROOT,
    CannotServe,
    answers,
    check_port,
    environment_of_children,
    keep_secret,
    server_environment,
    serving,
)
from models.errors import ProgrammeError
from tests.deployments.living import alive, wait_until

OPEN = {"HOST": "0.0.0.0", "PREFECT_SERVER_API_AUTH_STRING": "coordinator:long", "PUBLIC_URL": "https://desk.example/"}


def free_port() -> int:
    with socket.socket() as trying:
        trying.bind(("127.0.0.1", 0))
        return int(trying.getsockname()[1])


# --- settings ------------------------------------------------------------------------------------------------------


def test_everything_has_a_place_without_any_setting() -> None:
    found = serving({})
    assert (found.prefect_url, found.desk_url, found.public_url) == ("http://127.0.0.1:4200", *["http://127.0.0.1:4280"] * 2)
    assert found.database_url == f"sqlite:///{ROOT}/var/programme.db"


@pytest.mark.parametrize("said", ["http", "0", "70000", "-1", "4200.5"])
def test_a_port_that_is_none_is_refused_by_its_name(said: str) -> None:
    with pytest.raises(CannotServe, match="PREFECT_PORT"):
        serving({"PREFECT_PORT": said})


def test_one_port_for_both_is_refused() -> None:
    with pytest.raises(CannotServe, match="PREFECT_PORT and DESK_PORT"):
        serving({"PREFECT_PORT": "4280"})


@pytest.mark.parametrize("missing", ["PREFECT_SERVER_API_AUTH_STRING", "PUBLIC_URL"])
def test_an_address_beyond_this_machine_needs_a_credential(missing: str) -> None:
    with pytest.raises(CannotServe, match=missing):
        serving(OPEN | {missing: ""})


def test_with_a_credential_prefect_is_closed_to_other_pages_and_forged_requests(tmp_path: Path) -> None:
    found = serving(OPEN | {"VAR": str(tmp_path)})
    given = environment_of_children(found, {}, "secret")
    assert given["PREFECT_API_AUTH_STRING"] == given["PREFECT_SERVER_API_AUTH_STRING"] == "coordinator:long"
    assert given["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    assert found.public_url == "https://desk.example"


def test_no_page_of_another_origin_may_drive_prefect() -> None:
    assert server_environment(serving({}))["PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4200"


def test_the_processes_find_the_same_folders_wherever_they_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = environment_of_children(serving({"VAR": "here"}), {"PREFECT_LOGGING_LEVEL": "DEBUG"}, "secret")
    assert given["VAR"] == str(tmp_path / "here")
    assert given["PREFECT_HOME"] == str(tmp_path / "here" / "prefect")
    assert given["PREFECT_LOGGING_LEVEL"] == "DEBUG"


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = keep_secret(tmp_path, {})
    assert len(first) >= 64
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert keep_secret(tmp_path, {}) == first


def test_a_secret_in_the_environment_is_taken_and_not_kept(tmp_path: Path) -> None:
    assert keep_secret(tmp_path, {"DESK_SECRET": "ours"}) == "ours"
    assert not (tmp_path / "secret").exists()


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    with pytest.raises(CannotServe, match="empty"):
        keep_secret(tmp_path, {})


# --- the machine ---------------------------------------------------------------------------------------------------


def test_a_taken_port_is_named_with_the_setting_to_change() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotServe, match=f"port {port}.*DESK_PORT="):
            check_port("127.0.0.1", port, "The partner desk", "DESK_PORT")


def test_a_free_port_is_free_again_after_it_was_looked_at() -> None:
    port = free_port()
    check_port("127.0.0.1", port, "Prefect", "PREFECT_PORT")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        assert taken.getsockname()[1] == port


def fake_apt(folder: Path, script: str) -> None:
    (folder / "apt-get").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "apt-get").chmod(0o755)
    (folder / "sudo").write_text('#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n')
    (folder / "sudo").chmod(0o755)


def test_a_missing_library_is_asked_for_with_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_apt(tmp_path, "exit 100")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setitem(system.LIBRARIES, "libnowhere.so.7", "libnowhere7")
    said = system.main(["libraries"])
    assert said is not None
    assert "apt-get install -y --no-install-recommends libnowhere7\n" in said


def test_a_missing_package_is_installed_where_that_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_apt(tmp_path, f'echo "$@" >> {tmp_path}/called')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    called = tmp_path / "called"
    assert system.provide([lambda: [] if called.exists() else ["libnowhere7"]]) is None
    assert called.read_text().splitlines() == ["update", "install -y --no-install-recommends libnowhere7"]


def test_a_machine_without_apt_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert system.provide([lambda: ["libnowhere7"]]) is not None
    assert "libnowhere7" in system.command_for(["libnowhere7"])


def test_this_machine_has_what_pdfs_need() -> None:
    assert system.missing_libraries() == []


# --- deployments ---------------------------------------------------------------------------------------------------


def test_a_flow_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    entries = [f"  - {{name: {name}, entrypoint: flows.nowhere.{name.replace('-', '_')}}}" for name in registering.EXPECTED]
    file = tmp_path / "prefect.yaml"
    file.write_text("deployments:\n" + "\n".join(entries) + "\n")
    with pytest.raises(ProgrammeError, match=r"(?s)cannot be loaded.*phase-3 \(flows\.nowhere\.phase_3\): .*nowhere"):
        registering.register(file)


def test_a_deployment_that_others_rely_on_may_not_be_missing(tmp_path: Path) -> None:
    file = tmp_path / "prefect.yaml"
    file.write_text("deployments:\n  - {name: sweep, entrypoint: flows.sweep.sweep}\n")
    with pytest.raises(ProgrammeError, match="lacks launch-programme, phase-1"):
        registering.register(file)


# --- the whole -----------------------------------------------------------------------------------------------------


class Up:
    """`python -m deployments.up` on ports of its own, in a folder of its own."""

    def __init__(self, var: Path, **environment: str) -> None:
        self.prefect_port, self.desk_port = free_port(), free_port()
        self.var = var
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT", "DATABASE"))}
        self.environment |= {"PREFECT_PORT": str(self.prefect_port), "DESK_PORT": str(self.desk_port), "VAR": str(var)} | environment

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "deployments.up"]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self) -> tuple[int, str]:
        process = self.start()
        said, _ = process.communicate(timeout=60)
        return process.returncode, said

    def wait_until_ready(self, process: subprocess.Popen[str]) -> None:
        wait_until(lambda: process.poll() is not None or answers(f"http://127.0.0.1:{self.desk_port}/health"), 170)
        if process.poll() is not None:
            pytest.fail(process.communicate()[0])

    def deployments(self) -> set[str]:
        return {str(item["name"]) for item in self.ask("deployments/filter", {})}

    def has_planned_sweeps(self) -> bool:
        planned = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}, "deployments": {"name": {"any_": ["sweep"]}}}
        return bool(self.ask("flow_runs/filter", planned))

    def ask(self, what: str, question: dict[str, object]) -> list[dict[str, object]]:
        address = f"http://127.0.0.1:{self.prefect_port}/api/{what}"
        request = urllib.request.Request(address, data=json.dumps(question).encode(), headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: list[dict[str, object]] = json.load(answer)
            return found


def test_a_taken_port_ends_up_with_a_plain_message(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = Up(tmp_path, DESK_PORT=str(taken.getsockname()[1])).run()
    assert code == 1
    assert "DESK_PORT=" in said
    assert "Traceback" not in said


def test_a_database_that_does_not_answer_ends_up_with_a_plain_message(tmp_path: Path) -> None:
    code, said = Up(tmp_path, DATABASE_URL=f"postgresql://somebody:hidden@127.0.0.1:{free_port()}/nowhere").run()
    assert code == 1
    assert "DATABASE_URL" in said
    assert "Traceback" not in said
    assert "hidden" not in said


def stop(process: subprocess.Popen[str]) -> str:
    family = descendants(process.pid)
    assert len(family) >= 4, "Prefect, the worker and the desk run below it"
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert [pid for pid in family if alive(pid)] == []
    return said


@pytest.mark.server
def test_up_serves_everything_and_leaves_nothing_running(tmp_path: Path) -> None:
    up = Up(tmp_path)
    process = up.start()
    try:
        up.wait_until_ready(process)
        assert up.deployments() >= set(registering.EXPECTED)
        wait_until(up.has_planned_sweeps, 60)
        said = stop(process)
    finally:
        process.kill()
    assert f"http://127.0.0.1:{up.desk_port}" in said
    for port in (up.prefect_port, up.desk_port):
        check_port("127.0.0.1", port, "It", "PORT")


@pytest.mark.prove
@pytest.mark.server
def test_a_second_start_carries_on_and_what_is_killed_is_started_again(tmp_path: Path) -> None:
    up = Up(tmp_path)
    process = up.start()
    try:
        up.wait_until_ready(process)
        stop(process)
        secret = (tmp_path / "secret").read_text()
        process = up.start()
        up.wait_until_ready(process)
        assert up.deployments() >= set(registering.EXPECTED)
        assert (tmp_path / "secret").read_text() == secret
        worker = running(process, b"worker")
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: running(process, b"worker") not in (0, worker), 60)
        for file in (tmp_path / "prefect").glob("prefect.db*"):
            file.unlink()
        server = running(process, b"create_app")
        os.kill(server, signal.SIGKILL)
        wait_until(lambda: running(process, b"create_app") not in (0, server), 60)
        wait_until(lambda: answers(f"http://127.0.0.1:{up.prefect_port}/api/health"), 60)
        wait_until(lambda: up.deployments() >= set(registering.EXPECTED), 60)
        said = stop(process)
    finally:
        process.kill()
    assert "worker was ended by signal 9. It is started again" in said
    assert "Prefect server was ended by signal 9. It is started again" in said


def running(up: subprocess.Popen[str], word: bytes) -> int:
    """The process below `make up` whose command has this word in it; 0 where there is none."""
    for pid in descendants(up.pid) - {up.pid}:
        try:
            if word in (Path("/proc") / str(pid) / "cmdline").read_bytes():
                return pid
        except OSError:
            continue  # it has just ended
    return 0
