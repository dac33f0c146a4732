"""Launch: from a programme file to a running programme whose first phase is under way."""

from __future__ import annotations

from datetime import date

from prefect import flow, get_run_logger

from models import clock
from models.database import changing, reading
from models.doors.launching import launch
from models.programme_file import located, read_programme
from models.standing import load
from tasks.runs import start as start_phase
from tasks.status import show_programme
from tasks.steps import Step, reached


@flow(name="launch-programme", flow_run_name="launch {programme}", retries=0, persist_result=False)
async def launch_programme(programme: str = "inclucities", start: date | None = None) -> None:
    """Launch a programme.

    1. Read and check the programme file; a faulty one is refused with every fault and its line.
    2. Store it with the start date (default: the next working day that everybody shares). Twice is refused.
    3. Start phase 1; the others start when their time has come.
    """
    definition = read_programme(located(programme))
    with changing() as session:
        standing = launch(session, definition, clock.now(), start_on=start)
    get_run_logger().info("%s starts on %s.", definition.title, standing.programme.start_on)
    reached(Step.LAUNCHED)
    await start_phase(definition.id, 1)
    with reading() as session:
        await show_programme(load(session, definition.id), clock.now())
