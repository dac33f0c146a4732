"""The command that prints a link to sign in with, for whoever has the machine. Registered with the others in `cli`."""

from __future__ import annotations

from typing import Annotated

import typer


def sign_in(programme: Annotated[str, typer.Argument(help="The launched programme's id.", metavar="PROGRAMME")]) -> None:
    """Print a link that signs the coordinator in to the desk: it works once, for half an hour, and is sent to nobody."""
    from models import clock, settings
    from models.database import changing, migrate
    from models.doors import signing_in

    migrate()
    with changing() as session:
        token = signing_in.link_for(session, programme, settings.link_secret(), clock.now())
    print(f"{settings.public_url()}/sign-in/{token}")


def register(app: typer.Typer) -> None:
    """Make it a command."""
    app.command()(sign_in)
