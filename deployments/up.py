"""`make up`: set up what is missing, serve Prefect, its worker and the partner desk, and stop all of them at Ctrl-C."""

from __future__ import annotations

import os
import sys
import time
from typing import NoReturn

from deployments import system
from deployments.processes import Child, Children, Stopped
from deployments.serving import (
    ROOT,
    CannotServe,
    Serving,
    answers,
    check_port,
    environment_of_children,
    keep_secret,
    server_environment,
    serving,
)
from models.errors import ProgrammeError

PYTHON = sys.executable
SERVER = "Prefect server"
WORKER = "worker"
WORKER_MOST = 250.0
"""Megabytes. A worker has 75 to 90 and stays there (`deployments/worker.py` says what it takes); one that grows all the same is started
anew between two runs, which nobody notices but its log."""
LOOK_AT_MEMORY = 10.0
"""Seconds between looks."""
PATIENCE = 180.0
"""Seconds a process may take to come up: a busy machine with cold caches needs a minute."""


def main() -> int:
    """Serve until stopped. 0 after Ctrl-C, 1 with a plain message where it could not start or something died."""
    try:
        serve(serving(os.environ))
    except (Stopped, KeyboardInterrupt):
        say("Stopped. Everything is where it was; `make up` carries on.")
        return 0
    except ProgrammeError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    return 0


def serve(found: Serving) -> NoReturn:
    """1. See that the machine can. 2. The newest schema. 3. Prefect, its deployments, its worker. 4. The desk. 5. Stay and mend."""
    prepare(found)
    secret = keep_secret(found.var, os.environ)
    migrate_database(found)
    with Children(found.var / "log", environment_of_children(found, os.environ, secret), ROOT) as children:
        start_prefect(found, children)
        start_worker(children)
        start_desk(found, children)
        say(what_to_open(found))
        stay(found, children)


def prepare(found: Serving) -> None:
    """CannotServe where a port is taken or a library of the system is missing."""
    check_port(found.host, found.prefect_port, "Prefect", "PREFECT_PORT")
    check_port(found.host, found.desk_port, "The partner desk", "DESK_PORT")
    packages = system.missing_libraries()
    if packages:
        command = system.command_for(packages)
        raise CannotServe(f"PDFs need libraries this machine lacks: {', '.join(packages)}. Install them with:\n\n    {command}")
    (found.var / "prefect").mkdir(parents=True, exist_ok=True)


def migrate_database(found: Serving) -> None:
    """The programme database at the newest schema. CannotServe where it does not answer."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    from models.database import connect, migrate

    shown = make_url(found.database_url).render_as_string()
    say(f"Programme database: {shown}")
    engine = connect(found.database_url)
    try:
        migrate(engine)
    except SQLAlchemyError as error:
        raise CannotServe(f"The programme database {shown} cannot be used: {str(error).splitlines()[0]}. See DATABASE_URL.") from error
    finally:
        engine.dispose()


def start_prefect(found: Serving, children: Children) -> None:
    """Prefect's server, with the deployments registered; CannotServe names those that could not be."""
    say("Starting Prefect ...")
    listening = ["--host", found.host, "--port", str(found.prefect_port), "--timeout-keep-alive", "5", "--log-level", "warning"]
    command = [PYTHON, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app", *listening]
    server = children.start(SERVER, command, **server_environment(found))
    registration = children.start("registration", [PYTHON, "-m", "deployments.registering"])  # imports while the server starts
    wait_for(f"{found.prefect_url}/api/health", server, children)
    say("Registering the deployments ...")
    children.finish(registration)


def start_worker(children: Children) -> None:
    """The process that starts flow runs."""
    say("Starting the worker ...")
    children.start(WORKER, [PYTHON, "-m", "deployments.worker"])


def start_desk(found: Serving, children: Children) -> None:
    """The partner desk. Last of all: when it answers, everything is there."""
    say("Starting the partner desk ...")
    desk = children.start("desk", [PYTHON, "-m", "deployments.desk", found.host], DESK_PORT=str(found.desk_port))
    wait_for(f"{found.desk_url}/health", desk, children)


def wait_for(url: str, child: Child, children: Children) -> None:
    """Until the address answers 200; Died where its process, or another one, does not live that long."""
    until = time.monotonic() + PATIENCE
    while not answers(url):
        children.check()
        if time.monotonic() > until:
            slow = "Where the machine was only busy, `make up` once more goes on from here."
            raise CannotServe(f"{child.name} does not answer at {url} after {PATIENCE:.0f} seconds. {slow} Its log: {child.log}")
        time.sleep(0.1)


def what_to_open(found: Serving) -> str:
    """The last words before serving: where to go, and what to do there first."""
    mails = "the channels of NOTIFY_URLS" if found.notify_urls else f"{found.var / 'mail'} (no mail server is set: NOTIFY_URLS)"
    return f"""
Ready.

  Prefect                            {found.prefect_url}
  Partner desk                       {found.public_url}
  The coordinator's side of it       {found.public_url}/coordinator
  Mails go to                        {mails}

First: open Prefect, Deployments, launch-programme, Run; programme: inclucities.
Ctrl-C stops everything; the next `make up` carries on.
"""


def stay(found: Serving, children: Children) -> NoReturn:
    """Watch the processes until somebody stops us, and start again what ends by itself; Died where that does not help.

    Under make, stop when make is gone.
    """
    parent = os.getppid() if "MAKELEVEL" in os.environ else None
    looked = time.monotonic()
    while True:
        mend(found, children)
        if time.monotonic() > looked + LOOK_AT_MEMORY:
            looked = time.monotonic()
            children.renew(WORKER, WORKER_MOST)
        if parent is not None and os.getppid() != parent:
            raise Stopped
        time.sleep(0.3)


def mend(found: Serving, children: Children) -> None:
    """Start again what has ended. A server that comes up with an empty database of Prefect's is told of its deployments anew."""
    for ended, child in children.revive():
        say(f"{ended}. It is started again; the log of before: {child.log.with_suffix('.previous.log')}")
        if child.name == SERVER:
            register_again(found, children)


def register_again(found: Serving, children: Children) -> None:
    """Tell the server of its deployments once it answers, whatever else ends meanwhile. Where that fails, the old ones stay."""
    until = time.monotonic() + PATIENCE
    while not answers(f"{found.prefect_url}/api/health") and time.monotonic() < until:
        children.revive()
        time.sleep(0.3)
    code = children.run_beside("registration", [PYTHON, "-m", "deployments.registering"])
    if code:
        say(f"The deployments could not be registered anew ({code}); see {found.var / 'log' / 'registration.log'}.")


def say(text: str) -> None:
    """A line for the person at the terminal."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
