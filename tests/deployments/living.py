"""Whether a process is there, and waiting for something to become so."""

from __future__ import annotations

import time
from pathlib import Path


def alive(pid: int) -> bool:
    try:
        return "Z" not in (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def wait_until(ready: object, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not ready():  # type: ignore[operator]  # any callable without arguments
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)
