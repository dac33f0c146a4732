"""Tells Prefect's server of the work pool and of every deployment in `prefect.yaml`; run by `make up` once the server answers.

`prefect deploy` does the work. It registers a flow that cannot be imported without a word, so each is imported here first, while
the server is still starting, and the server is asked afterwards what it knows.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from deployments.serving import POOL, ROOT, answers
from models.errors import ProgrammeError

FILE = ROOT / "deployments" / "prefect.yaml"
EXPECTED = ("launch-programme", *(f"phase-{number}" for number in range(1, 8)), "sweep", "deliverables", "rehearsal")
"""What a coordinator, the engine and its users rely on by name (contract)."""
PATIENCE = 180.0


def main() -> str | None:
    """The message for a person where something could not be registered, otherwise None."""
    try:
        register(FILE)
    except ProgrammeError as error:
        return str(error)
    return None


def register(file: Path) -> None:
    """1. Import every flow. 2. Wait for the server. 3. Pool. 4. Deployments. 5. See that all are there."""
    entrypoints = entrypoints_of(file)
    _check_names(entrypoints, file)
    _check_imports(entrypoints)
    _wait_for_server(f"{os.environ['PREFECT_API_URL']}/health")
    asyncio.run(create_pool())
    _deploy(file)
    missing = sorted(entrypoints.keys() - asyncio.run(registered()))
    if missing:
        raise ProgrammeError(f"Prefect did not register {', '.join(missing)} of {file}. What `prefect deploy` said is above.")


def entrypoints_of(file: Path) -> dict[str, str]:
    """Name and entrypoint of each deployment in the file."""
    content: Mapping[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {item["name"]: item["entrypoint"] for item in content["deployments"]}


async def create_pool() -> None:
    """The work pool of this project; an existing one gets the settings that fit this folder and this Python.

    With a command of its own a flow run is one process. Left to itself the worker starts three, one to prepare a folder, one to
    fetch code into it and one to run: module entrypoints of an installed package need neither.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    settings = template["variables"]["properties"]
    settings["command"]["default"] = shlex.join([sys.executable, "-m", "prefect.engine"])
    settings["working_dir"]["default"] = str(ROOT)
    async with get_client() as client:
        try:
            await client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))
        except ObjectAlreadyExists:
            await client.update_work_pool(POOL, WorkPoolUpdate(base_job_template=template))


async def registered() -> set[str]:
    """Names of all deployments the server knows."""
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        return {deployment.name for deployment in await client.read_deployments()}


def _check_names(entrypoints: Mapping[str, str], file: Path) -> None:
    missing = [name for name in EXPECTED if name not in entrypoints]
    if missing:
        raise ProgrammeError(f"{file} lacks {', '.join(missing)}: others rely on these names.")


def _check_imports(entrypoints: Mapping[str, str]) -> None:
    from prefect.flows import load_flow_from_entrypoint

    faults = []
    for name, entrypoint in entrypoints.items():
        try:
            load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)
        except Exception as error:  # noqa: BLE001 - whatever a flow's module raises is told with the deployment it breaks
            faults.append(f"{name} ({entrypoint}): {type(error).__name__}: {error}")
    if faults:
        raise ProgrammeError("These flows cannot be loaded:\n" + "\n".join(faults))


def _wait_for_server(url: str) -> None:
    until = time.monotonic() + PATIENCE
    while not answers(url):
        if time.monotonic() > until:
            raise ProgrammeError(f"Prefect does not answer at {url}.")
        time.sleep(0.1)


def _deploy(file: Path) -> None:
    from prefect.cli import app

    sys.argv = ["prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
    try:
        app()
    except SystemExit as end:
        if end.code:
            raise ProgrammeError(f"`prefect deploy` ended with {end.code}. What it said is above.") from end


if __name__ == "__main__":
    sys.exit(main())
