"""`/health`: 200 while all is well, 503 with what is wrong and what to do. JSON for machines, a page for browsers, the same status."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, inspect, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.desk import html
from deployments.desk.watch import Found, find
from models import clock
from models.database import reading
from models.programme import Programme
from models.rows import metadata
from tasks.vital import MEANWHILE, TO_DO, since_when

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Health:
    """What there is to say. `failing` names what is wrong, None where nothing is; then `reason` and `to_do` are empty."""

    failing: str | None = None
    reason: str = ""
    to_do: str = ""
    programmes: int | None = None
    running: int | None = None
    last_sweep_at: datetime | None = None

    @property
    def status(self) -> int:
        """503 keeps `make up` waiting and makes a monitor call somebody."""
        return 503 if self.failing else 200

    def as_json(self) -> dict[str, Any]:
        """`status` is ok or failing; moments in UTC, ISO 8601."""
        if self.failing in ("database", "schema"):
            return {"status": "failing", "reason": f"{self.reason} {self.to_do}"}
        last = self.last_sweep_at.isoformat(timespec="seconds").replace("+00:00", "Z") if self.last_sweep_at else None
        told = {"programmes": self.programmes, "last_sweep_at": last}
        return {"status": "failing", "reason": f"{self.reason} {self.to_do}", **told} if self.failing else {"status": "ok", **told}


def health(request: Request) -> Response:
    """Does the database answer, has it the schema of this version, and does the sweep run where programmes do?"""
    found = _look(request)
    if "text/html" in request.headers.get("accept", ""):
        return html.page("health", "en", only=True, status=found.status, headers={"vary": "accept"}, health=found)
    return JSONResponse(found.as_json(), found.status, {"vary": "accept"})


def _look(request: Request) -> Health:
    state = request.app.state
    try:
        with reading(state.desk.engine) as session:
            lacking = _lacking(session.connection())
            if lacking:
                reason = f"The database has not the newest schema: it lacks {', '.join(lacking[:5])}."
                return Health("schema", reason, "Bring it up to date with “make up”.")
            found = find(session, state.patience, clock.now(state.desk.engine))
            return _of(found, len(session.scalars(select(Programme.id)).all()))
    except Exception as error:
        log.exception("the database does not answer")
        reason = f"The database does not answer ({type(error).__name__})."
        return Health("database", reason, "See that it runs and that DATABASE_URL is right.")


def _of(found: Found, programmes: int) -> Health:
    silence = found.silence
    return Health(
        failing="sweep" if silence else None,
        reason=f"{since_when(silence, found.now)} {MEANWHILE}" if silence else "",
        to_do=TO_DO if silence else "",
        programmes=programmes,
        running=len(found.running),
        last_sweep_at=found.last,
    )


def _lacking(connection: Connection) -> list[str]:
    """Tables and columns that the rows have and the database does not."""
    looked = inspect(connection)
    there = set(looked.get_table_names())
    missing = [name for name in metadata.tables if name not in there]
    for name in there & set(metadata.tables):
        columns = {column["name"] for column in looked.get_columns(name)}
        missing += [f"{name}.{column.name}" for column in metadata.tables[name].columns if column.name not in columns]
    return sorted(missing)
