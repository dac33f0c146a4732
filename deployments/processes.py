"""The processes that `make up` keeps: each in a session of its own with its own log, and all of them gone at the end.

Flow runs are children of the worker's, some in sessions of their own: what is stopped is a process with everything below it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from models.errors import ProgrammeError

TAIL = 15
"""Lines of a log shown when its process has died."""
LONGEST_LOG = 10 << 20
"""Bytes after which a log begins anew, what it held being kept beside it."""
DIE_WITH_PARENT = 1
"""Linux's PR_SET_PDEATHSIG: where this process is killed outright, its children are told to stop."""
ADOPT = 36
"""Linux's PR_SET_CHILD_SUBREAPER: the flow runs of a worker that was killed become ours, so that they are stopped with the rest."""
LOOK_EVERY = 1.0
"""Seconds between looks at what each process has below it: a look reads every process of the machine."""
LIVES, WITHIN = 5, 600.0
"""How often a process may end within so many seconds before it is given up."""


class Stopped(BaseException):
    """Somebody wants all of this to end: Ctrl-C, a signal, a closed terminal."""


class Died(ProgrammeError):
    """A process that should stay has ended."""


@dataclass(frozen=True)
class Child:
    """A running process and where it writes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> str | None:
        """How it ended, in words; None while it runs."""
        code = self.process.poll()
        if code is None:
            return None
        return f"{self.name} was ended by signal {-code}" if code < 0 else f"{self.name} ended with exit code {code}"

    def check(self) -> None:
        """Died, with the end of its log, where it does not run any more."""
        if ended := self.ended:
            raise Died(f"{ended}. The end of its log ({self.log}):\n\n{tail(self.log)}")


class Children:
    """Starts processes; on leaving, stops those that run: last started, first stopped.

    A wish to end is noted when it comes and obeyed at the next `check`, so that no process is lost between its start and its entry.
    """

    def __init__(self, logs: Path, environment: Mapping[str, str], cwd: Path) -> None:
        self.logs, self.environment, self.cwd = logs, dict(environment), cwd
        self.running: list[Child] = []
        self._deaths: dict[str, list[float]] = {}
        self._families: dict[int, set[int]] = {}
        """What each running process has below it, as last seen."""
        self._orphans: set[int] = set()
        self._looked = float("-inf")
        self._stopping = False
        self._handlers: dict[int, Any] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str], **environment: str) -> Child:
        """Run `command`, its output in `<name>.log`; the log of the time before is kept beside it."""
        log = self.logs / f"{name.replace(' ', '-')}.log"
        if log.exists():
            log.replace(previous(log))
        with log.open("ab") as out:  # whoever appends goes on at the beginning once the log has been cut
            process = subprocess.Popen(
                command,
                cwd=self.cwd,
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - we start no thread
            )
        child = Child(name, process, log, tuple(command), environment)
        self.running.append(child)
        return child

    def revive(self) -> list[tuple[str, Child]]:
        """Start again what has ended by itself: how it ended, and the new one; keep logs short. Died where one ends again and again.

        Stopped where somebody wants all to end.
        """
        if self._stopping:
            raise Stopped
        revived = []
        for child in list(self.running):
            if ended := child.ended:
                self._count_death(child)
                self.running.remove(child)
                self._orphans |= self._families.pop(child.process.pid, set())
                revived.append((ended, self.start(child.name, child.command, **child.environment)))
            else:
                keep_short(child.log)
        if time.monotonic() > self._looked + LOOK_EVERY:
            self._looked = time.monotonic()
            table = _processes()
            self._families = {child.process.pid: descendants(child.process.pid, table) for child in self.running}
        self._bury_orphans()
        return revived

    def renew(self, name: str, megabytes: float) -> Child | None:
        """Start a process anew that has grown larger than that and has nothing below it at this moment: no work is lost. It did not die."""
        child = next((item for item in self.running if item.name == name), None)
        if child is None or child.ended or private_memory(child.process.pid) <= megabytes:
            return None
        if descendants(child.process.pid) != {child.process.pid}:
            return None
        self._end(child, 10.0)
        self.running.remove(child)
        self._families.pop(child.process.pid, None)
        return self.start(child.name, child.command, **child.environment)

    def _count_death(self, child: Child) -> None:
        now = time.monotonic()
        recent = [at for at in self._deaths.get(child.name, []) if now - at < WITHIN]
        self._deaths[child.name] = [*recent, now]
        if len(recent) >= LIVES:
            child.check()

    def check(self, but: Child | None = None) -> None:
        """Stopped where somebody wants that; Died for the first process that does not run any more, `but` one that may end."""
        if self._stopping:
            raise Stopped
        for child in self.running:
            if child is not but:
                child.check()

    def finish(self, child: Child) -> None:
        """Wait for a process that is meant to end. Died, with the end of its log, where it ended badly or another one did."""
        while child.process.poll() is None:
            self.check(but=child)
            time.sleep(0.05)
        if child.process.returncode:
            child.check()
        self.running.remove(child)

    def run_beside(self, name: str, command: Sequence[str]) -> int:
        """Run a command to its end while the others are kept alive; its exit code."""
        child = self.start(name, command)
        self.running.remove(child)
        try:
            while child.process.poll() is None:
                self.revive()
                time.sleep(0.1)
        finally:
            if child.process.poll() is None:
                _signal(descendants(child.process.pid), signal.SIGKILL)
            child.process.wait()
        return child.process.returncode

    def stop(self, patience: float = 10.0) -> None:
        """Stop all: ask each with what is below it to end, wait, then end what is left."""
        for child in reversed(self.running):
            self._end(child, patience)
        self.running.clear()
        _signal({below for pid in self._adopted() for below in descendants(pid)}, signal.SIGKILL)
        self._bury_orphans()

    @staticmethod
    def _end(child: Child, patience: float) -> None:
        family = descendants(child.process.pid)
        _signal(family, signal.SIGTERM)
        _wait(child.process, patience)
        _signal(family | descendants(child.process.pid), signal.SIGKILL)
        child.process.wait()

    def _adopted(self) -> set[int]:
        """What a killed process of ours has left behind: it is our own child by now."""
        return {pid for pid, (parent, _) in _processes().items() if pid in self._orphans and parent == os.getpid()}

    def _bury_orphans(self) -> None:
        """Take note of the end of those that have ended, which the system otherwise keeps on its list."""
        for pid in self._adopted():
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue  # somebody else has

    def __enter__(self) -> Self:
        self._handlers = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(ADOPT, 1)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.stop()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


def tail(log: Path, lines: int = TAIL) -> str:
    """The last lines of a log, indented."""
    last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in last) or "    (nothing was written)"


def keep_short(log: Path, longest: int = LONGEST_LOG) -> None:
    """Move what a long log holds to `<name>.previous.log` and let its process go on in an empty one; a line or two may be lost."""
    with contextlib.suppress(FileNotFoundError):  # somebody has cleared it away
        if log.stat().st_size > longest:
            shutil.copyfile(log, previous(log))
            os.truncate(log, 0)


def previous(log: Path) -> Path:
    """Where what a log held before is kept."""
    return log.with_suffix(".previous.log")


def descendants(root: int, table: dict[int, tuple[int, int]] | None = None) -> set[int]:
    """The process, all below it, and all of its session, whoever their parent is by now. `table`: processes as looked up before."""
    table = table if table is not None else _processes()
    found = {pid for pid, (_, session) in table.items() if session == root} | ({root} & table.keys())
    grown = True
    while grown:
        below = {pid for pid, (parent, session) in table.items() if parent in found or session in found} - found
        found |= below
        grown = bool(below)
    return found


def _processes() -> dict[int, tuple[int, int]]:
    """Parent and session of every process."""
    if Path("/proc/self/stat").exists():
        return dict(entry for folder in Path("/proc").iterdir() if folder.name.isdigit() and (entry := _stat(folder)))
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,sess="], capture_output=True, text=True, check=True).stdout
    return {int(pid): (int(parent), int(session, 0)) for pid, parent, session in map(str.split, listed.splitlines())}


def _stat(folder: Path) -> tuple[int, tuple[int, int]] | None:
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None  # it has just ended
    return int(folder.name), (int(fields[1]), int(fields[3]))


def private_memory(pid: int) -> float:
    """Megabytes that a process holds for itself; 0 where this system does not say."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))) / 1024


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue  # it has just ended


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)
