"""Which programme is meant on the command line; where there is none of that name, those there are, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from models.errors import ProgrammeError

STARTER = "new"
"""A commented file to start from, which is no programme."""


def programme_file(given: Path) -> Path:
    """The programme file, or the folder of one, that was entered. ProgrammeError where it is the name of none."""
    from models.programme_file import FILE_NAME, located
    from models.settings import programmes_folder

    found = located(given)
    if found.exists() or len(given.parts) > 1 or given.suffix:
        return found
    shipped = sorted(path.parent.name for path in programmes_folder().glob(f"*/{FILE_NAME}") if path.parent.name != STARTER)
    known = f"The programmes that come with the project: {', '.join(shipped)}. Any other is named by its folder or {FILE_NAME}."
    raise ProgrammeError(f"There is no programme {str(given)!r} here. {likely(str(given), shipped)}{known}")


def launched(named: str | None) -> str:
    """The id of the launched programme meant: the one named, or the only one there is. ProgrammeError where that is none."""
    from sqlalchemy import select

    from models.database import migrate, reading
    from models.programme import Programme

    migrate()
    with reading() as session:
        known = list(session.scalars(select(Programme.id).order_by(Programme.id)))
    if named is None and len(known) == 1:
        return known[0]
    if named in known:
        return named
    if not known:
        asked = f"No programme {named!r} has been launched, nor any other." if named else "No programme has been launched."
        raise ProgrammeError(f"{asked} Launch one: inclucities launch PROGRAMME, or in the Prefect UI.")
    if named is None:
        raise ProgrammeError(f"There are several programmes: {', '.join(known)}. Say which with --programme.")
    raise ProgrammeError(f"No programme {named!r} has been launched. {likely(named, known)}Launched: {', '.join(known)}.")


def likely(name: str, known: Iterable[str]) -> str:
    """What was probably meant, as a question; empty where nothing is like it."""
    close = get_close_matches(name.lower(), list(known), n=1)
    return f"Did you mean {close[0]}? " if close else ""
