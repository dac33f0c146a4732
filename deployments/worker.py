"""`python -m deployments.worker [NAME]`: Prefect's process worker, which starts flow runs, and gives back what each has cost it.

For every run Prefect (3.8.8) makes a client with a TLS context of half a megabyte outside Python's heap, and leaves it in a circle of
references. Python's collector counts objects and not megabytes, hence hardly ever looks: a worker was seen to grow from 69 to 123 MB in
120 runs, and to stay below 75 with a collection after each, which takes a few hundredths of a second.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys

import anyio.abc
from prefect.client.schemas.objects import FlowRun
from prefect.utilities.processutils import setup_signal_handlers_worker
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

from deployments.serving import POOL


class TidyWorker(ProcessWorker):
    """Prefect's own, with a collection after each run."""

    @classmethod
    def __dispatch_key__(cls) -> str:
        return "tidy-process"  # in Prefect's list of kinds; what it says of itself to the pool is still "process"

    async def run(
        self,
        flow_run: FlowRun,
        configuration: ProcessJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> ProcessWorkerResult:
        try:
            return await super().run(flow_run, configuration, task_status)
        finally:
            gc.collect()


def main(name: str | None = None) -> None:
    """Start runs of our pool until told to end.

    There is no limit: with one, a run that is resumed within a second of its suspension ends the worker itself (Prefect 3.8.8, "this
    borrower is already holding one of this CapacityLimiter's tokens"). There are nine runs at most: seven phases, sweep, build.
    """
    worker = TidyWorker(work_pool_name=POOL, name=name)
    setup_signal_handlers_worker(os.getpid(), "the worker", print)
    asyncio.run(worker.start())


if __name__ == "__main__":
    main(*sys.argv[1:2])
