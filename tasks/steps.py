"""The engine's steps by name: the moments between two effects at which a machine may die, and at which a test makes it.

In normal use `reached` does nothing. A fault test names a folder in FAULTS and arms a step by a file of its name there; the first
process that comes to the step takes the file away and does what it says. Tests within one process watch instead.
"""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path


class Step(StrEnum):
    """Every place where something has been done and what follows from it has not."""

    # launching and keeping runs
    LAUNCHED = "programme-launched"
    RUN_CREATED = "run-created"
    RUN_NOTED = "run-noted"
    TROUBLE_NOTED = "trouble-noted"
    ANSWER_RESCUED = "answer-rescued"
    RUN_BURIED = "run-buried"
    RUN_RESUMED = "run-resumed"
    # a phase's run
    LEASE_TAKEN = "lease-taken"
    ACTION_DONE = "action-done"
    WORK_DONE = "work-done"
    TOLD = "told"
    SUSPENDING = "suspending"
    WOKEN = "woken"
    ANSWER_TAKEN = "answer-taken"
    PHASE_COMPLETED = "phase-completed"
    ANNOUNCED = "announced"
    # the sweep
    TIME_CARRIED_OUT = "time-carried-out"
    HELD = "held"
    LOOKED_AFTER = "looked-after"
    BUILD_ASKED_FOR = "build-asked-for"
    # sending
    NOTICES_CLAIMED = "notices-claimed"
    MESSAGE_COMPOSED = "message-composed"
    MESSAGE_HANDED_OVER = "message-handed-over"
    MESSAGE_SETTLED = "message-settled"
    # building
    PUBLISHED = "published"
    BUILD_BEGUN = "build-begun"
    FILES_MADE = "files-made"
    FILES_PLACED = "files-placed"
    FILES_NOTED = "files-noted"


class Fault(StrEnum):
    """What an armed step does."""

    KILL = "kill"
    KILL_WITH_WORKER = "kill-with-worker"
    """The process and the one that started it: what goes on is what Prefect last heard."""
    FREEZE = "freeze"
    """The process stops and is there: a machine that was suspended. Whoever wakes it sends SIGCONT."""
    DISK_FULL = "disk-full"


Watcher = Callable[[Step], None]
_watchers: list[Watcher] = []


def reached(step: Step) -> None:
    """Say that a step has been reached."""
    for watcher in _watchers:
        watcher(step)
    folder = os.environ.get("FAULTS")
    if folder:
        _strike(Path(folder) / step)


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Tell a test of every step that this process reaches; what the watcher raises ends the work there, as a death would."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def _strike(armed: Path) -> None:
    """Do what an armed step says. Taking its file away decides which of several processes it strikes."""
    try:
        fault = Fault(armed.read_text(encoding="ascii").strip())
        armed.unlink()
    except FileNotFoundError:
        return
    match fault:
        case Fault.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        case Fault.KILL_WITH_WORKER:
            os.kill(os.getppid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
        case Fault.FREEZE:
            # To this very thread: were it the process's, another thread could take it, and this one ran on for a moment and sent its mail.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        case Fault.DISK_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
