"""Links to Cedar's questionnaire of any purpose, and what a page learns that is opened with one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from starlette.requests import Request

from deployments.desk.visits import visiting
from models import links
from models.database import changing, reading
from models.doors import access
from models.links import Purpose
from models.notices import Notice
from models.standing import load
from tests.deployments.desk_world import SECRET, World


def signed(world: World, purpose: Purpose = "act", *, role: str = "project-lead", epoch: int = 0, section: int | None = None) -> str:
    """A link to Cedar's questionnaire."""
    until = (world.now + timedelta(days=60)).date()
    gate = world.gate("needs", "city-cedar")
    return links.sign(SECRET, purpose, "orchard", gate.id, None, "cedar", role, until, epoch=epoch, delegation_id=section)


def withdraw(world: World) -> None:
    with changing(world.engine) as session:
        access.withdraw_links(session, load(session, "orchard", locked=True), "cedar", world.now)


def queued(world: World) -> list[tuple[str, str]]:
    """Mailbox and key of each link that waits to be sent."""
    with reading(world.engine) as session:
        return [(item.mailbox, item.key) for item in session.scalars(select(Notice).where(Notice.kind == "link").order_by(Notice.id))]


def visit(world: World, token: str, opens: frozenset[Purpose]) -> frozenset[str] | None:
    """What a page that is opened by these purposes learns of the fields it may show; BadLink where the link does not open it."""
    with visiting(request(world, token), opens=opens) as found:
        return found.only


def request(world: World, token: str, cookie: str = "") -> Request:
    headers = [(b"cookie", cookie.encode())] if cookie else []
    return Request({"type": "http", "app": world.app, "path_params": {"token": token}, "headers": headers, "method": "GET", "path": "/"})
