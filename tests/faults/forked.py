"""Flow runs carried out as the worker carries them out, each in a process of its own, but forked from one that has imported everything.

A run that waits within a second pays four for its imports otherwise, and two hundred of them a quarter of an hour. Reads the ids of runs
from standing input, a line each, and ends when all have ended; exit 1 where one of them died.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence

from deployments.serving import ROOT


def carry_out(runs: Sequence[str], environment: Mapping[str, str], seconds: float) -> None:
    """Carry out the runs, as many at a time as there are cores; AssertionError where one died."""
    command = [sys.executable, "-m", "tests.faults.forked"]
    done = subprocess.run(
        command, input="\n".join(runs), env=dict(environment), cwd=ROOT, timeout=seconds, check=False, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def main() -> int:
    """The process the others are forked from. It must not start a thread."""
    import prefect.flow_engine  # noqa: F401 - what every run imports

    import flows.needs_and_matching  # noqa: F401 - and with it the rest of the house

    waiting, at_work, died = [line.strip() for line in sys.stdin], 0, False
    while waiting or at_work:
        while waiting and at_work < (os.cpu_count() or 1):
            _fork(waiting.pop(0))
            at_work += 1
        _, status = os.wait()
        at_work -= 1
        died = died or status != 0
    return int(died)


def _fork(run: str) -> None:
    if os.fork():
        return
    os.environ["PREFECT__FLOW_RUN_ID"] = run
    sys.argv = ["prefect.engine"]
    try:
        runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        status = 0 if not ended.code else 1
    except BaseException as error:  # noqa: BLE001 - told, and nothing of the parent's is carried out in the child
        sys.stderr.write(f"run {run}: {error!r}\n")
        status = 1
    else:
        status = 0
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
