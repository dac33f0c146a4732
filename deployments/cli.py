"""`inclucities`: what can be done with a programme from a terminal. Each command calls one function and words its outcome."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments import keeping, link_commands, sign_in_command
from deployments.naming import launched, programme_file
from models.errors import BadFile, ProgrammeError

app = typer.Typer(help="Run city-to-city mentoring programmes.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


ProgrammeFile = Annotated[
    Path,
    typer.Argument(
        help="A programme's folder, its programme.yaml, or the name of one that comes with the project: inclucities.",
        metavar="PROGRAMME",
        callback=programme_file,
    ),
]
SHORTEST_HASH = 8
"""Fewer characters of a hash would fit by chance."""

Launched = Annotated[str | None, typer.Option("--programme", help="The launched programme; needed only where there are several.")]


def main() -> None:
    """The console script: errors a person can act on are told plainly on stderr, with exit code 1."""
    try:
        app()
    except BadFile as bad:
        print("\n".join(bad.lines()), file=sys.stderr)
        sys.exit(1)
    except (ProgrammeError, OSError) as error:
        print(f"inclucities: {error}", file=sys.stderr)
        sys.exit(1)


# -- programme files ---------------------------------------------------------------------------------------------------


@app.command()
def new(folder: Annotated[Path, typer.Argument(help="Where the new programme goes; must not exist yet.", metavar="DIR")]) -> None:
    """Write a commented programme file to start from."""
    from models.settings import programmes_folder

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProgrammeError(f"{folder} exists already. Choose a folder that does not.")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(programmes_folder() / "new" / "programme.yaml", folder / "programme.yaml")
    print(f"Wrote {folder / 'programme.yaml'}. Edit it, then: inclucities check {folder}")


@app.command()
def check(programme: ProgrammeFile) -> None:
    """Check a programme file and its sample contributions: exit 0, or 1 with `FILE:LINE: message` per fault."""
    from models.programme_file import read_programme
    from tasks.rehearsal_folder import read_samples

    definition = read_programme(programme)
    samples = read_samples(programme, definition)
    print(f"{definition.title}: {len(definition.organisations)} organisations, {len(samples)} sample contributions, no faults.")


@app.command()
def schema(name: Annotated[str, typer.Argument(help="programme, manifest, timeline, or a kind of contribution.")]) -> None:
    """Print a JSON Schema, for editors and other programs."""
    from models import contribution_kinds
    from models.manifest import Line, Manifest
    from models.programme_file import definition_schema

    known: dict[str, Callable[[], dict[str, Any]]] = {
        "programme": definition_schema,
        "manifest": Manifest.model_json_schema,
        "timeline": Line.model_json_schema,
    }
    known |= {kind: partial(contribution_kinds.schema, kind) for kind in contribution_kinds.KINDS}
    if name not in known:
        raise typer.BadParameter(f"no schema {name!r}; there are {', '.join(known)}")
    print(json.dumps(known[name](), indent=2, ensure_ascii=False))


@app.command()
def rehearse(
    programme: ProgrammeFile,
    out: Annotated[Path, typer.Option(help="The folder to write; an earlier rehearsal's is replaced.")],
    seed: Annotated[int, typer.Option(help="Same seed, same run.")] = 1,
    languages: Annotated[str, typer.Option(help="Languages of the documents, separated by commas.")] = "en",
    documents: Annotated[bool, typer.Option(help="Make the documents, or only timeline, mail and calendar.")] = True,
) -> None:
    """Play a programme from launch to closure on a virtual clock."""
    from deployments.progress import bar
    from tasks.rehearsal_folder import rehearse as play

    with bar() as progress:
        standing = play(programme, out, seed=seed, languages=tuple(languages.split(",")), documents=documents, progress=progress)
    print(f"{standing.definition.title} closed on {standing.programme.closed_at:%d %B %Y}. Open {out / 'index.html'}")


# -- running programmes --------------------------------------------------------------------------------------------------


@app.command()
def launch(
    programme: ProgrammeFile,
    start: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; default: the next shared working day.")] = None,
) -> None:
    """Launch a programme; its phases start as soon as the server runs (`make up`)."""
    from models import clock
    from models.database import changing, migrate
    from models.doors import launching
    from models.programme_file import read_programme

    definition = read_programme(programme)
    migrate()
    with changing() as session:
        standing = launching.launch(session, definition, clock.now(), start_on=start.date() if start else None)
    print(f"{definition.title} is launched and starts on {standing.programme.start_on}.")
    _nudge(definition.id)


@app.command()
def status(programme: Launched = None) -> None:
    """Where a programme stands, and what it waits for."""
    from models import clock
    from models.database import reading
    from models.standing import load
    from tasks.overview import overview

    name = launched(programme)
    with reading() as session:
        print(overview(load(session, name), clock.now()))


@app.command()
def record(
    programme: Annotated[str, typer.Argument(help="The launched programme's id.", metavar="PROGRAMME-ID")],
    out: Annotated[Path, typer.Option(help="The folder for the HTML and the PDF; the same day's are replaced.")],
) -> None:
    """Write the record of a run as it is now: phases, what is open and who owes it, answers, returns, changes, notices."""
    from models import clock
    from models.database import reading
    from models.standing import load
    from tasks.periodic import record_as_at, write_record

    name = launched(programme)
    with reading() as session:
        content = record_as_at(session, load(session, name), clock.now())
    for path in write_record(content, out):
        print(path)


@app.command()
def contribute(
    file: Annotated[Path, typer.Argument(help="A contribution as YAML or JSON.", metavar="FILE")],
    programme: Launched = None,
    on_behalf: Annotated[bool, typer.Option(help="Recorded by the coordinator for the organisation.")] = False,
) -> None:
    """Hand in a contribution; one that comes while its gate is not open is kept in a tray."""
    from models import clock
    from models.contribution_file import read_contribution
    from models.contributions import RevisionState
    from models.database import changing
    from models.decisions import Entry
    from models.doors.answering import Offered, Origin
    from models.doors.answering import contribute as hand_in
    from models.known import knowing
    from models.standing import load

    name = launched(programme)
    with changing() as session:
        standing, now = load(session, name, locked=True), clock.now()
        item = read_contribution(file, standing.definition, knowing(session, standing, now))
        offered = Offered(item.organisation, item.language, item.body, illustrative=item.illustrative, generated=item.generated)
        revision = hand_in(session, standing, standing.gate(item.gate, item.scope), offered, Origin(Entry.CLI, on_behalf), now)
    kept = revision.state == RevisionState.TRAY
    print(
        f"Revision {revision.number} of {item.gate} for {item.scope} "
        + ("is kept in the tray: the gate is not open." if kept else "is accepted.")
    )
    _nudge(name)


@app.command()
def decide(
    gate: Annotated[str, typer.Argument(help="The gate's key, e.g. needs-approval.")],
    scope: Annotated[str, typer.Argument(help="Its scope, e.g. city-capaci.")],
    verdict: Annotated[str, typer.Argument(help="approve, return or reject.")],
    organisation: Annotated[str, typer.Option("--for", help="Whose decision it is: the organisation's slug.")],
    role: Annotated[str | None, typer.Option(help="In which role, where the organisation is asked in several.")] = None,
    comment: Annotated[str, typer.Option(help="Needed to return or reject.")] = "",
    content: Annotated[str | None, typer.Option(help="Hash of the content they decided on, or its first eight characters or more.")] = None,
    act: Annotated[str | None, typer.Option(help="Number of the council's act.")] = None,
    act_on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date of the act.")] = None,
    programme: Launched = None,
) -> None:
    """Record a decision that somebody has given outside the system."""
    from models import clock
    from models.database import changing
    from models.decisions import Entry, Verdict
    from models.definition import Role
    from models.doors.answering import Origin, Ruling, bound_content, party_of
    from models.doors.answering import decide as record
    from models.standing import load

    if verdict not in list(Verdict) or (role and role not in list(Role)):
        raise typer.BadParameter(
            f"{verdict!r} as {role or 'any role'}: choose one of {', '.join(Verdict)}, and a role of {', '.join(Role)}"
        )
    name = launched(programme)
    with changing() as session:
        standing = load(session, name, locked=True)
        found = standing.gate(gate, scope)
        party = party_of(standing, found, organisation, Role(role) if role else None)
        bound = bound_content(session, standing, found)
        if content and not any(sha256.startswith(content) for sha256 in bound.values() if len(content) >= SHORTEST_HASH):
            raise ProgrammeError(f"{gate} for {scope} now decides on {', '.join(bound.values()) or 'nothing'}, not on {content}.")
        ruling = Ruling(Verdict(verdict), comment, act_number=act, act_on=act_on.date() if act_on else None)
        record(session, standing, found, party, ruling, Origin(Entry.CLI, on_behalf=True), clock.now())
    for what, sha256 in bound.items():
        print(f"{what}: {sha256}")
    print(f"Recorded: {party.role} of {organisation}, {verdict}, on {gate} for {scope}.")
    _nudge(name)


@app.command()
def release(
    gate: Annotated[str, typer.Argument(help="The gate's key, e.g. plan-adoption.")],
    scope: Annotated[str, typer.Argument(help="Its scope, e.g. city-capaci.")],
    programme: Launched = None,
) -> None:
    """Let overdue notices of a gate reach elected people, who are spared them otherwise."""
    from models import clock
    from models.database import changing
    from models.doors import steering
    from models.standing import load

    with changing() as session:
        standing = load(session, launched(programme), locked=True)
        steering.release(session, standing, standing.gate(gate, scope), clock.now())
    print(f"Overdue notices of {gate} for {scope} now reach elected people too.")


@app.command()
def build(programme: Launched = None) -> None:
    """Make the files of every edition that lacks them."""
    _need_server("build")
    from flows.deliverables import deliverables

    asyncio.run(deliverables(launched(programme)))


@app.command()
def sweep() -> None:
    """Do what time brings now, instead of waiting for the minute."""
    _need_server("sweep")
    from flows.sweep import sweep as run

    asyncio.run(run())


@app.command()
def verify(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="A rehearsal's folder; left out: the running programmes.")] = None,
) -> None:
    """Look whether everything is as it must be: exit 0, or 1 with a line for each thing that is not."""
    from models.database import migrate, reading
    from models.settings import documents_folder
    from tasks.verifying import verify_installation, verify_rehearsal

    if folder is not None:
        found = verify_rehearsal(folder)
    else:
        migrate()
        with reading() as session:
            found = verify_installation(session, documents_folder())
    if found:
        raise ProgrammeError("\n".join(found))
    print("Everything is as it must be.")


keeping.register(app)
link_commands.register(app)
sign_in_command.register(app)


# -- helpers -----------------------------------------------------------------------------------------------------------


def _need_server(command: str) -> None:
    """Without an address Prefect would start a server of its own for this one command."""
    if not os.environ.get("PREFECT_API_URL"):
        raise ProgrammeError(f"`{command}` runs on Prefect: set PREFECT_API_URL, for example to http://127.0.0.1:4200/api.")
    from deployments.serving import answers

    if not answers(f"{os.environ['PREFECT_API_URL'].rstrip('/')}/health"):
        raise ProgrammeError(f"Nothing answers at {os.environ['PREFECT_API_URL']}: is `make up` running, and is that its address?")


def _nudge(programme: str) -> None:
    """Wake the phases if the server runs; where it does not, the sweep does it once it does."""
    from deployments.nudging import nudge_quietly

    _run(nudge_quietly(programme))


def _run(work: Coroutine[Any, Any, bool]) -> None:
    if not asyncio.run(work):
        print("The phases go on with the next sweep, within a minute while the server runs.", file=sys.stderr)
