"""The processes that `make up` keeps: told apart by name, started again when they end by themselves, and all gone at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.processes import LIVES, Children, Died, descendants
from deployments.serving import ROOT
from tests.deployments.living import alive, wait_until


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    with Children(tmp_path / "log", os.environ, tmp_path) as running:
        yield running


def test_a_process_that_dies_is_named_with_the_end_of_its_log(children: Children) -> None:
    child = children.start("worker", [sys.executable, "-c", "print('no such pool'); raise SystemExit(3)"])
    child.process.wait()
    with pytest.raises(Died, match=r"(?s)worker ended with exit code 3.*worker\.log.*no such pool"):
        children.check()


def test_a_process_that_ends_well_while_the_others_are_looked_at_did_not_die(children: Children) -> None:
    child = children.start("registration", [sys.executable, "-c", "pass"])
    child.process.wait()
    children.check(but=child)
    children.finish(child)
    assert children.running == []


def test_the_log_of_the_time_before_is_kept(children: Children, tmp_path: Path) -> None:
    for word in ("first", "second"):
        children.finish(children.start("worker", [sys.executable, "-c", f"print('{word}')"]))
    assert (tmp_path / "log" / "worker.previous.log").read_text() == "first\n"
    assert (tmp_path / "log" / "worker.log").read_text() == "second\n"


GRANDCHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_what_a_process_started_ends_with_it_in_whatever_session(children: Children, tmp_path: Path) -> None:
    child = children.start("worker", [sys.executable, "-c", GRANDCHILD])
    wait_until(lambda: (tmp_path / "log" / "worker.log").read_text().endswith("\n"))
    grandchild = int((tmp_path / "log" / "worker.log").read_text())
    assert descendants(child.process.pid) == {child.process.pid, grandchild}
    children.stop()
    wait_until(lambda: not alive(grandchild))
    assert not alive(child.process.pid)


def test_a_process_that_ends_by_itself_is_started_again_and_the_others_are_left(children: Children) -> None:
    staying = children.start("server", [sys.executable, "-c", "import time; time.sleep(60)"])
    code = "import os, time; print(os.environ['SAID'], flush=True); time.sleep(60)"
    killed = children.start("worker", [sys.executable, "-c", code], SAID="hello")
    wait_until(lambda: killed.log.read_text() == "hello\n")
    killed.process.kill()
    killed.process.wait()
    [(ended, again)] = children.revive()
    assert ended == "worker was ended by signal 9"
    wait_until(lambda: again.log.read_text() == "hello\n")
    assert children.running == [staying, again]
    assert children.revive() == []


LARGE = "import time; held = bytearray(60 << 20); print('ready', flush=True); time.sleep(60)"
WITH_A_RUN = "import subprocess, sys; run = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);" + LARGE


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="this system does not say what a process holds")
def test_a_process_that_has_grown_is_started_anew_when_it_has_nothing_to_do_and_did_not_die(children: Children) -> None:
    small = children.start("server", [sys.executable, "-c", "import time; time.sleep(60)"])
    for _ in range(LIVES + 2):
        large = children.running[-1] if len(children.running) > 1 else children.start("worker", [sys.executable, "-c", LARGE])
        wait_until(lambda child=large: child.log.read_text() == "ready\n")  # type: ignore[misc]
        anew = children.renew("worker", 50)
        assert anew is not None
        assert not alive(large.process.pid)
        assert children.running == [small, anew]
    assert children.renew("server", 50) is None
    assert children.renew("worker", 500) is None
    assert children.revive() == []


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="this system does not say what a process holds")
def test_a_process_that_has_grown_is_left_alone_while_something_runs_below_it(children: Children) -> None:
    busy = children.start("worker", [sys.executable, "-c", WITH_A_RUN])
    wait_until(lambda: busy.log.read_text() == "ready\n")
    assert children.renew("worker", 50) is None
    assert children.running == [busy]


def test_a_process_that_ends_again_and_again_is_given_up(children: Children) -> None:
    children.start("worker", [sys.executable, "-c", "raise SystemExit('no such pool')"])
    for _ in range(LIVES):
        children.running[0].process.wait()
        children.revive()
    children.running[0].process.wait()
    with pytest.raises(Died, match=r"(?s)worker ended with exit code 1.*no such pool"):
        children.revive()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a process the orphans below it")
def test_what_a_killed_process_left_behind_ends_with_the_rest(children: Children) -> None:
    child = children.start("worker", [sys.executable, "-c", GRANDCHILD])
    wait_until(lambda: child.log.read_text().endswith("\n"))
    grandchild = int(child.log.read_text())
    children.revive()
    child.process.kill()
    child.process.wait()
    children.revive()
    assert alive(grandchild)
    children.stop()
    wait_until(lambda: not alive(grandchild))
    assert not alive(grandchild)


def test_a_process_that_will_not_end_is_ended(children: Children, tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    child = children.start("worker", [sys.executable, "-c", code])
    wait_until(lambda: "deaf" in (tmp_path / "log" / "worker.log").read_text())
    children.stop(patience=0.2)
    assert child.process.returncode == -signal.SIGKILL


SUPERVISOR = """
import os, sys, time
from pathlib import Path
from deployments.processes import Children
with Children(Path(sys.argv[1]), os.environ, Path.cwd()) as children:
    print(children.start("one", [sys.executable, "-c", "import time; time.sleep(60)"]).process.pid, flush=True)
    while True:
        children.check()
        time.sleep(0.05)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_however_the_supervisor_is_ended(number: signal.Signals, tmp_path: Path) -> None:
    if number is signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux tells a process that its parent is gone")
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as supervisor:
        assert supervisor.stdout is not None
        child = int(supervisor.stdout.readline())
        supervisor.send_signal(number)
        supervisor.wait(timeout=20)
    wait_until(lambda: not alive(child))
    assert not alive(child)
