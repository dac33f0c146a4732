"""How much a page of the desk reads: as much as it is about, however large the programme is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from deployments.desk.security import proof
from models.database import changing
from models.doors.launching import launch
from models.rows import create_all
from tests.deployments.desk_world import SECRET, START, World, settle
from tests.factories import city, definition, organisations

CITIES = 20
STATEMENTS = {"page": 15, "save": 15, "organisation": 12}
ROWS = 90


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A programme of twenty cities, some three hundred gates, on its first morning."""
    world = World(tmp_path_factory.mktemp("large"))
    create_all(world.engine)
    cast = [item for item in organisations() if item.kind != "city"]
    cast += [city(f"town-{number}", "mentor" if number % 2 else "mentee") for number in range(CITIES)]
    with world.engine.execution_options(changing=True).begin() as connection:
        connection.execute(text("create table clock (at text)"))
        connection.execute(text("insert into clock values ('2024-03-04T08:00:00')"))
    with changing(world.engine) as session:
        settle(session, launch(session, definition(cast=cast), world.now, start_on=START), world.now)
    return world


@contextmanager
def reading_of(engine: Engine) -> Iterator[tuple[list[str], list[str]]]:
    """The statements of this block, without those for the time and BEGIN, and the kinds of rows that were read."""
    statements: list[str] = []
    rows: list[str] = []

    def ask(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "clock" not in statement and not statement.startswith("BEGIN"):
            statements.append(statement)

    def read(_session: Session, row: object) -> None:
        rows.append(type(row).__name__)

    event.listen(engine, "before_cursor_execute", ask)
    event.listen(Session, "loaded_as_persistent", read)
    try:
        yield statements, rows
    finally:
        event.remove(engine, "before_cursor_execute", ask)
        event.remove(Session, "loaded_as_persistent", read)


def asking(world: World) -> dict[str, Callable[[], httpx.Response]]:
    """What a partner does most: looks at what is asked, saves a section, looks at everything of the organisation."""
    token = world.token("needs", "city-town-3", "town-3", "project-lead")
    form = f"/a/{token}/form/context"
    page = world.get(form).text
    name = re.search(r'<textarea[^>]* name="([^"]+)"', page)
    assert name
    typed = {"proof": proof(SECRET, token), "base": "0.0", "writer": "Anna", name[1]: "Our city."}
    return {
        "page": lambda: world.get(f"/a/{token}"),
        "save": lambda: world.post(form, data=typed, headers={"accept": "application/json"}),
        "organisation": lambda: world.get(f"/a/{token}/organisation"),
    }


@pytest.mark.parametrize("what", STATEMENTS)
def test_a_request_reads_what_it_is_about_and_not_the_programme(large: World, what: str) -> None:
    ask = asking(large)[what]
    with reading_of(large.engine) as (statements, rows):
        answer = ask()
    assert answer.status_code == 200, answer.text
    assert len(statements) <= STATEMENTS[what], "\n".join(statements)
    assert len(rows) <= ROWS, sorted(rows)
