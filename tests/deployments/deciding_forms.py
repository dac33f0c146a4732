"""What the tests of reviewing and deciding share: forms as a browser sends them, and what they left behind."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx
from sqlalchemy import select

from models.contributions import Attachment, Contribution
from models.database import changing, reading
from models.decisions import Decision
from models.doors.answering import Offered, contribute
from models.standing import load
from tests.deployments.desk_world import (
    ORIGIN,
    World,
    decisions,
    settle,
)

APPROVAL, NEEDS, CEDAR = "needs-approval", "needs", "city-cedar"
ADOPTION = "plan-adoption"


def adopter(world: World) -> str:
    return world.token(ADOPTION, CEDAR, "cedar", "council")


def revise(world: World, key: str = NEEDS, **changes: Any) -> None:
    """Cedar hands its contribution in once more, with other values; what follows is carried out."""
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate(key, CEDAR)
        found = session.scalars(select(Contribution).where(Contribution.gate_id == gate.id)).one()
        assert found.current
        contribute(session, standing, gate, Offered("cedar", "en", found.current.body | changes, generated=True), ORIGIN, world.now)
        settle(session, standing, world.now)


def places(world: World, token: str) -> dict[str, str]:
    """The field for a comment on each section, by what its label calls the section."""
    found = re.findall(r'<label for="(remark\.[^"]+)">Comment on “([^<]*)”</label>', world.get(f"/a/{token}").text)
    return {unescape(title): name for name, title in found}


def send(world: World, token: str, form: dict[str, str], file: tuple[str, bytes] | None = None, **more: str) -> httpx.Response:
    chosen = {"evidence_file": (*file, "application/octet-stream")} if file else {"evidence_file": ("", b"", "application/octet-stream")}
    return world.post(f"/a/{token}", data=form | more, files=chosen)


def attachments(world: World) -> list[Attachment]:
    with reading(world.engine) as session:
        return list(session.query(Attachment).order_by(Attachment.id))


def only(world: World, key: str = APPROVAL) -> Decision:
    (found,) = decisions(world, key, CEDAR)
    return found


def plain(page: str) -> str:
    """A page's words, without marks and with single blanks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
