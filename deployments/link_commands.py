"""The command that takes links back. Registered with the others in `cli`."""

from __future__ import annotations

from typing import Annotated

import typer

from deployments.naming import launched


def withdraw_links(
    programme: Annotated[str, typer.Argument(help="The launched programme's id.", metavar="PROGRAMME")],
    organisation: Annotated[str, typer.Argument(help="Its slug in the programme file, e.g. capaci.", metavar="ORGANISATION")],
) -> None:
    """Make every link sent to an organisation open nothing, because one fell into wrong hands or people left."""
    from models import clock
    from models.database import changing
    from models.doors import access
    from models.standing import load

    name = launched(programme)
    with changing() as session:
        standing = load(session, name, locked=True)
        access.withdraw_links(session, standing, organisation, clock.now())
        name = standing.organisation(organisation).name
    print(f"All links sent to {name} so far open nothing any more, sections handed on and calendar addresses included.")
    print("Whoever opens one is offered a new one, sent to the mailbox of the same role. Mail that goes out from now on carries new ones.")


def register(app: typer.Typer) -> None:
    """Make it a command."""
    app.command()(withdraw_links)
