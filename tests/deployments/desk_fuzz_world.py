"""What the fuzz of the desk plays against: programmes in one database, sown with what must not come out; the bare wire to the app."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sqlalchemy import select

from models import links
from models.contributions import Attachment, Revision
from models.database import changing, reading
from models.definition import Contact
from models.doors.answering import Offered, contribute
from models.doors.launching import launch
from models.drafts import Delegation, Draft, DraftSave
from models.links import Purpose
from models.programme import Programme
from models.standing import load
from models.verify import violations
from tasks.forms.state import state_of
from tasks.page_fields import asked_fields
from tests.deployments.desk_world import ORIGIN, SECRET, World, body_for, launched, opened, play, settle
from tests.factories import definition, organisations

CANARY = "canary-7f3d"
"""Stands in every draft, attachment and mailbox, followed by whose it is: programme and organisation, or organisation alone."""

STOPS = {"orchard": "plan-draft", "meadow": "needs-approval", "heath": "needs"}
"""The gate at which each programme stands still: a plan is being written, a mayor decides, the first morning."""

ALL_STOPS = {**STOPS, "moor": "visit-1"}
"""And one at which a visit takes place; playing so far takes its time."""

Header = tuple[bytes, bytes]


def cast() -> list[Any]:
    """The usual cast with mailboxes that would be known again."""
    found = []
    for item in organisations():
        changed = [Contact.model_validate(contact.model_dump() | {"mailbox": f"{CANARY}@{item.slug}.example"}) for contact in item.contacts]
        found.append(item.model_copy(update={"contacts": changed}))
    return found


def populated(folder: Path, stops: dict[str, str]) -> tuple[World, int]:
    """The programmes, each at its gate, and the number of what lies in the tray; the clock is that of the one that is furthest."""
    world = launched(folder)
    first, furthest = world.now, world.now
    for name, stop in stops.items():
        if name != "orchard":
            world.set_clock(first)
            with changing(world.engine) as session:
                settle(session, launch(session, definition(id=name, title=name.title(), cast=cast()), first, start_on=first.date()), first)
        play(world, opened(stop), name)
        furthest = max(furthest, world.now)
    world.set_clock(furthest)
    return world, _sow(world)


def _sow(world: World) -> int:
    """Drafts, attachments and sections handed on of everybody who is asked for something."""
    with changing(world.engine) as session:
        for name in session.scalars(select(Programme.id)):
            standing = load(session, name, locked=True)
            for gate in [gate for gate in standing.programme.gates if gate.is_open and gate.spec.contribution]:
                for party in standing.parties(gate):
                    _sow_one(session, standing, gate, party.organisation, world)
        return _kept_late(session, load(session, "orchard"), world.now)


def _sow_one(session: Any, standing: Any, gate: Any, organisation: str, world: World) -> None:
    text = f"{CANARY}-{standing.programme.id}-{organisation}"
    fields = asked_fields(gate.spec.contribution)
    state = _stained(state_of(fields, body_for(standing, gate, organisation, [], world.now)), text)
    when = world.now - timedelta(hours=1)
    draft = Draft(
        programme_id=standing.programme.id,
        gate_id=gate.id,
        organisation=organisation,
        language="en",
        based_on=0,
        started_at=when,
        saved_at=when,
        saves=1,
    )
    draft.history.append(DraftSave(number=1, saved_at=when, writer=text[:80], state=state))
    data = b"%PDF-1.7 " + text.encode()
    session.add(draft)
    session.add(
        Attachment(
            programme_id=standing.programme.id,
            gate_id=gate.id,
            organisation=organisation,
            received_at=when,
            writer=text[:80],
            filename=f"{text}.pdf",
            media_type="application/pdf",
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            data=data,
        )
    )
    session.add(
        Delegation(
            programme_id=standing.programme.id,
            gate_id=gate.id,
            organisation=organisation,
            fields=[field.name for field in fields[:2]],
            label=text[:80],
            made_at=when,
            expires_on=(world.now + timedelta(days=90)).date(),
        )
    )


def _kept_late(session: Any, standing: Any, now: datetime) -> int:
    """Damson's needs once more, after they were approved: they lie in the tray. The number of the revision."""
    gate = standing.gate("needs", "city-damson")
    body = body_for(standing, gate, "damson", [], now)
    name = next(name for name, value in body.items() if isinstance(value, str) and len(value) > 12)
    contribute(session, standing, gate, Offered("damson", "en", body | {name: f"{CANARY}-orchard-damson"}), ORIGIN, now)
    session.flush()
    return max(session.scalars(select(Revision.id)))


def _stained(state: dict[str, Any], text: str) -> dict[str, Any]:
    """The state with the text in its first line of words, and otherwise as it was."""
    for name, value in state.items():
        if isinstance(value, str) and len(value) > 12:
            return {**state, name: f"{value} {text}"}
    return {**state, next(iter(state)): text}


# -- the wire --------------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """What came back, byte for byte; `error` is what the app raised beside it."""

    status: int = 0
    headers: list[Header] = field(default_factory=list)
    body: bytes = b""
    error: BaseException | None = None

    def header(self, name: str) -> str:
        return next((value.decode("latin-1") for found, value in self.headers if found.lower() == name.encode()), "")

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Wire:
    """Sends requests to the app as a server would hand them on, without a client that tidies them up. A loop in a thread of its own."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.loop = asyncio.new_event_loop()
        self.behind = ThreadPoolExecutor(1)
        self.loop.set_default_executor(self.behind)
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.behind.shutdown()

    def ask(self, method: str, target: str, headers: list[Header] | None = None, body: bytes = b"") -> Answer:
        """`target` is what stands in the request line: percent-encoded ASCII. What is done behind the answer is waited for."""
        answer = asyncio.run_coroutine_threadsafe(self._ask(method, target, headers or [], body), self.loop).result(120)
        self.behind.submit(int).result(120)
        return answer

    async def _ask(self, method: str, target: str, headers: list[Header], body: bytes) -> Answer:
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("ascii"),
            "query_string": query.encode("ascii"),
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in headers],
            "client": ("192.0.2.7", 4711),
            "server": ("desk.example", 80),
        }
        chunks = [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]
        answer, done = Answer(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            if chunks:
                return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message["headers"])
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")
                if not message.get("more_body"):
                    done.set()

        try:
            await self.app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the server would log it; the test shows it
            answer.error = error
        done.set()
        return answer


# -- the rows --------------------------------------------------------------------------------------------------------


class Rows:
    """The database as it was, to go back to after every example; and whether anybody wrote to it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.live = sqlite3.connect(world.folder / "programme.db", check_same_thread=False, isolation_level=None)
        self.saved = sqlite3.connect(":memory:", check_same_thread=False)
        self.live.backup(self.saved)
        self.version, self.pristine = self._version(), self.dump()
        self.known = self.pristine

    def _version(self) -> int:
        return int(self.live.execute("pragma data_version").fetchone()[0])

    def mark(self) -> None:
        """From here on nothing is to be written."""
        if self._version() != self.version:
            self.version, self.known = self._version(), self.dump()

    def changed(self) -> str:
        """The first line of SQL that is another than at the mark, empty where none is. SQLite's count tells at once that nobody wrote."""
        if self._version() == self.version or (now := self.dump()) == self.known:
            return ""
        return next((line for line in now if line not in set(self.known)), "a row is gone")[:300]

    def dump(self) -> list[str]:
        """All rows of all tables."""
        return list(self.live.iterdump())

    def restore(self) -> None:
        self.saved.backup(self.live)
        self.version, self.known = self._version(), self.pristine

    def wrong(self) -> list[str]:
        """What the promises of `models.verify` say of every programme."""
        with reading(self.world.engine) as session:
            return [str(found) for name in session.scalars(select(Programme.id)) for found in violations(session, name)]

    def close(self) -> None:
        self.live.close()
        self.saved.close()


# -- tokens ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Keys:
    """Tokens of every kind by what they are for. `own` opens Cedar's pages; the others are somebody else's or nobody's."""

    own: dict[str, str]
    odd: dict[str, str]


def keys(world: World) -> Keys:
    """All of them; the same for the same world."""
    until = (world.now + timedelta(days=40)).date()

    def key(purpose: Purpose, programme: str, stop: str, scope: str, organisation: str, role: str, **more: Any) -> str:
        with reading(world.engine) as session:
            gate = load(session, programme).gate(stop, scope)
        return links.sign(
            more.pop("secret", SECRET),
            purpose,
            programme,
            gate.id,
            more.pop("edition", None),
            organisation,
            role,
            more.pop("until", until),
            **more,
        )

    with reading(world.engine) as session:
        parts = {(item.programme_id, item.organisation): item.id for item in session.scalars(select(Delegation))}
        moor = load(session, "moor") if session.get(Programme, "moor") else None
        host = moor.parties(moor.gate("visit-1", "pair-cedar"))[0].organisation if moor else ""
        published = next(item.id for item in load(session, "orchard").programme.editions if item.deliverable == "D1.1")
    plan = ("orchard", "plan-draft", "city-cedar", "cedar", "project-lead")
    needs = ("heath", "needs", "city-cedar", "cedar", "project-lead")
    own = {
        "plan": key("act", *plan),
        "needs": key("act", *needs),
        "part": key("part", *plan, delegation_id=parts["orchard", "cedar"]),
        "behalf": key("behalf", *plan),
        "read": key("read", *plan),
        "mayor": key("act", "meadow", "needs-approval", "city-cedar", "cedar", "mayor-delegate"),
        "answered": key("act", "orchard", "needs", "city-cedar", "cedar", "project-lead"),
        "decided": key("act", "orchard", "needs-approval", "city-cedar", "cedar", "mayor-delegate"),
        **({"event": key("act", "moor", "visit-1", "pair-cedar", host, "project-lead")} if host else {}),
        "reading": links.sign(SECRET, "read", "orchard", None, published, "cedar", "project-lead", until),
        "feed": links.sign(SECRET, "feed", "orchard", None, None, "cedar", "project-lead", until),
        "home": links.sign(SECRET, "act", "orchard", None, None, "cedar", "project-lead", until),
        "old": key("act", *plan, until=(world.now - timedelta(days=3)).date()),
        "withdrawn": key("act", *plan, epoch=1),
    }
    odd = {
        "another organisation at our gate": key("act", "orchard", "plan-draft", "city-cedar", "alder", "project-lead"),
        "our organisation at another gate": key("act", "orchard", "plan-draft", "city-damson", "cedar", "project-lead"),
        "another's part": key("part", *plan, delegation_id=parts["orchard", "damson"]),
        "a part of another programme": key("part", *plan, delegation_id=parts["heath", "cedar"]),
        "a part of nothing": key("part", *plan, delegation_id=99_999),
        "another secret": key("act", *plan, secret="another"),
        "the rehearsal's secret": key("act", *plan, secret=links.REHEARSAL_SECRET),
        "no such role": key("act", *plan[:4], "\u202emayor\x00<b>"),
        "no such gate": links.sign(SECRET, "act", "orchard", 2**70, 2**70, "cedar", "project-lead", until),
        "no such programme": links.sign(SECRET, "act", "../../elsewhere", 1, None, "cedar", "project-lead", until),
        "no such purpose": links.sign(SECRET, "sign-in", "orchard", 1, None, "cedar", "project-lead", until),  # type: ignore[arg-type]
        "a huge epoch": key("act", *plan, epoch=2**40),
        "an edition of another": key("read", *plan, edition=1),
        "proof for a token": hashlib.sha256(SECRET.encode()).hexdigest(),
    }
    return Keys(own, odd)
