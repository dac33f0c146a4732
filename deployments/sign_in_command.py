"""The command that prints a link to sign in with, for whoever has the machine. Registered with the others in `cli`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from deployments.naming import launched


def sign_in(programme: Annotated[str, typer.Argument(help="The launched programme's id.", metavar="PROGRAMME")]) -> None:
    """Print a link that signs the coordinator in to the desk: it works once, for half an hour, and is sent to nobody."""
    from models import clock, settings
    from models.database import changing
    from models.doors import signing_in

    name = launched(programme)
    with changing() as session:
        token = signing_in.link_for(session, name, settings.link_secret(), clock.now())
    print(f"{settings.public_url()}/sign-in/{token}")
    for line in assumed():
        print(line, file=sys.stderr)


def assumed() -> list[str]:
    """What of the address nobody has said, and how to say it; nothing where PUBLIC_URL is set."""
    from models import settings

    if os.environ.get("PUBLIC_URL"):
        return []
    port = "at the port of DESK_PORT" if os.environ.get("DESK_PORT") else "at port 4280, the default"
    return [
        f"PUBLIC_URL is not set, so this is the desk on this machine, {port}: {settings.public_url()}",
        "If the desk is elsewhere, say so: PUBLIC_URL=https://desk.example inclucities sign-in ..., or DESK_PORT=4281 for another port.",
    ]


def register(app: typer.Typer) -> None:
    """Make it a command."""
    app.command()(sign_in)
