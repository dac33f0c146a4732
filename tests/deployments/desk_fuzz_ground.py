"""Where the fuzz of the desk begins: for every route one request that it answers as meant; and what no answer may do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select
from starlette.responses import Response

from deployments.desk import cookies
from deployments.desk.coordinator.sessions import COOKIE
from deployments.desk.security import proof
from models import links
from models.contributions import Attachment
from models.database import changing, reading
from models.doors import signing_in
from models.errors import Refused
from models.standing import load
from tasks.forms.state import State, state_of
from tasks.page_fields import asked_fields
from tests.deployments.desk_fuzz_inputs import BOUNDARY, Form, multipart, posted
from tests.deployments.desk_fuzz_world import CANARY, Answer, Keys, Rows, Wire, keys, populated
from tests.deployments.desk_world import SECRET, World, body_for
from tests.deployments.form_fields import forms

ROOT = str(Path(__file__).resolve().parents[2])


@dataclass(repr=False)
class Ground:
    """The world, the wire to it, its rows as they were, the tokens, and what is there to be asked for."""

    world: World
    wire: Wire
    rows: Rows
    keys: Keys
    numbers: dict[str, int]
    states: dict[str, State]
    """Of whole contributions as they could be handed in, by the token's name."""
    downloads: dict[str, bytes]

    links: dict[str, str]
    """Links to sign in with: one that waits, one that was used."""
    session: str
    """The key of the coordinator's session in the first programme."""
    cookie: str
    """The cookie of a browser that has it."""
    forms: dict[str, Form] = field(default_factory=dict)
    """What was read off pages as they are in the beginning."""

    def form(self, path: str, aim: Aim) -> Form:
        """The form of a route's aim, to be bent."""
        if path not in self.forms:
            self.forms[path] = aim.form(self, aim.values(self).get("token", ""))
        found = self.forms[path]
        return Form([*found.items], found.file_field, found.file)

    def page(self, token: str, more: str = "") -> str:
        return self.wire.ask("GET", f"/a/{token}{more}", [(b"host", b"desk.example")]).text


@contextmanager
def ground(folder: Path, stops: dict[str, str]) -> Iterator[Ground]:
    """Played, sown, and with a workbook and a document that came back."""
    world, late = populated(folder, stops)
    world.app.state.limits = None
    patched = pytest.MonkeyPatch()
    patched.setenv("VAR", str(folder / "var"))
    wire = Wire(world.app)
    known = keys(world)
    plan = known.own["plan"]
    downloads = {end: wire.ask("GET", f"/a/{plan}/{end}").body for end in ("workbook.xlsx", "plan.docx")}
    with reading(world.engine) as session:
        standing = load(session, "orchard")
        gate = standing.gate(stops["orchard"], "city-cedar")
        body = body_for(standing, gate, "cedar", [], world.now)
        found = session.scalars(select(Attachment.id).where(Attachment.gate_id == gate.id, Attachment.organisation == "cedar")).one()
        editions = [item.id for item in standing.programme.editions]
        came = standing.gate("needs", "city-damson")
        revised = load(session, "meadow").latest_edition("D1.1", "city-cedar") if "meadow" in stops else None
    states = {"plan": state_of(asked_fields(gate.spec.contribution), body)}
    waiting, used, key, cookie = _signed_in(world)
    numbers = {"late": late, "late gate": came.id, "gate": gate.id, "attachment": found, "edition": revised.id if revised else editions[0]}
    place = Ground(world, wire, Rows(world), known, numbers, states, downloads, {"waiting": waiting, "used": used}, key, cookie)
    for kind, end in (("workbook", "workbook.xlsx"), ("word", "plan.docx")):
        sent = multipart([("proof", proof(SECRET, plan))], [("file", (end, downloads[end]))])
        answer = wire.ask("POST", f"/a/{plan}/{kind}", [(b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode())], sent)
        assert answer.status == 303, answer.text
        numbers[kind] = int(answer.header("location").rpartition("/")[2])
    place.rows = Rows(world)
    yield place
    wire.close()
    patched.undo()
    place.rows.close()


def _signed_in(world: World) -> tuple[str, str, str, str]:
    """A link that waits, one that was used, the key of the session it began, and the cookie with it."""
    with changing(world.engine) as session:
        waiting, used = (signing_in.link_for(session, "orchard", SECRET, world.now) for _ in range(2))
        _, key = signing_in.use(session, used, world.now)
    answer = Response()
    cookies.put(answer, SECRET, COOKIE, key, world.now, signing_in.SESSION_LASTS)
    return waiting, used, key, answer.headers["set-cookie"].partition(";")[0]


# -- what each route answers as meant --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Aim:
    """A request that a route answers as meant: with which values in its address, which form, which statuses."""

    values: Callable[[Ground], Mapping[str, str]] = lambda _: {}
    form: Callable[[Ground, str], Form] = lambda _ground, _token: Form()
    statuses: tuple[int, ...] = (200,)


def token(name: str, **more: str) -> Callable[[Ground], Mapping[str, str]]:
    """The token of that name; others by the name of a number there is."""
    return lambda place: {"token": place.keys.own[name]} | {key: str(place.numbers.get(value, value)) for key, value in more.items()}


def proven(*items: tuple[str, str], file: str = "") -> Callable[[Ground, str], Form]:
    """A form with the proof of the page, and a file to go with it."""
    return lambda place, own: Form(
        [("proof", proof(SECRET, own)), *items],
        "file" if file else "",
        (file, place.downloads.get(file, b"%PDF-1.7\n1 0 obj\n%%EOF")) if file else None,
    )


def from_page(more: str = "") -> Callable[[Ground, str], Form]:
    """The first form of a page as a browser would send it untouched."""
    return lambda place, own: Form([*forms(place.page(own, more))[0].items])


def signed(*items: tuple[str, str]) -> Callable[[Ground, str], Form]:
    """A form of the coordinator's side."""
    return lambda place, _token: Form([("proof", proof(SECRET, f"coordinator/{place.session}")), *items])


def entering(place: Ground, _token: str) -> Form:
    """The form of a link to sign in with."""
    return Form([("proof", proof(SECRET, f"sign-in/{place.links['waiting']}"))])


def inside(**more: str) -> Callable[[Ground], Mapping[str, str]]:
    """An address of the coordinator's side."""
    return lambda place: {"programme": "orchard"} | {key: str(place.numbers.get(value, value)) for key, value in more.items()}


def whole_plan(place: Ground, own: str) -> Form:
    """A page's hidden fields with every field of the contribution's schema, filled in."""
    hidden = [item for item in forms(place.page(own, "/form/vision"))[0].items if item[0] in ("proof", "base")]
    return Form([*hidden, ("writer", "Anna"), *posted(place.states["plan"])])


def decision(place: Ground, own: str) -> Form:
    """An approval with a file as its evidence."""
    items = [item for item in forms(place.page(own))[0].items if item[0] != "verdict"]
    return Form([*items, ("verdict", "return"), ("comment", "Please say more.")], "evidence_file", ("act.pdf", b"%PDF-1.7\n%%EOF"))


PUBLISHED = {"programme": "orchard", "number": "D1.1", "scope": "city-cedar", "language": "en", "format": "html"}
SHOP = {"city": "cedar", "path": "index.html"}
GONE = (200, 404)

AIMS: dict[tuple[str, str], Aim] = {
    ("GET", "/health"): Aim(statuses=(200, 503)),
    ("GET", "/"): Aim(),
    ("GET", "/static/desk.css"): Aim(),
    ("GET", "/static/desk.js"): Aim(),
    ("GET", "/favicon.ico"): Aim(statuses=(204,)),
    ("GET", "/documents"): Aim(),
    ("GET", "/documents/"): Aim(),
    ("GET", "/documents/{programme}/{number}/{scope}/{language}.{format}"): Aim(lambda _: PUBLISHED),
    ("GET", "/shops/{city}"): Aim(lambda _: SHOP, statuses=(308,)),
    ("GET", "/shops/{city}/{path:path}"): Aim(lambda _: SHOP, statuses=GONE),
    ("POST", "/language"): Aim(form=lambda _place, _token: Form([("language", "it"), ("page", "/documents/")]), statuses=(303,)),
    ("GET", "/link"): Aim(),
    ("POST", "/link"): Aim(form=lambda _place, _token: Form([("mailbox", "project-lead@cedar.example")]), statuses=(303,)),
    ("GET", "/link/sent"): Aim(),
    ("GET", "/link/{token}"): Aim(token("plan"), statuses=(308,)),
    ("GET", "/a/{token}"): Aim(token("plan")),
    ("POST", "/a/{token}"): Aim(token("mayor"), decision, (303,)),
    ("GET", "/a/{token}/receipt"): Aim(token("mayor"), statuses=(200, 303)),
    ("GET", "/a/{token}/receipt/{number:number}"): Aim(token("answered", number="1")),
    ("GET", "/a/{token}/template.yaml"): Aim(token("needs")),
    ("GET", "/a/{token}/edition/{number:number}"): Aim(token("mayor", number="edition")),
    ("GET", "/a/{token}/edition/{number:number}.pdf"): Aim(token("mayor", number="edition"), statuses=GONE),
    ("GET", "/a/{token}/again"): Aim(token("old")),
    ("POST", "/a/{token}/again"): Aim(token("old"), statuses=(303,)),
    ("GET", "/a/{token}/hand-on"): Aim(token("plan")),
    ("POST", "/a/{token}/hand-on"): Aim(
        token("plan"), proven(("fields", "vision"), ("label", "Housing"), ("until", "2030-01-01")), (303, 422)
    ),
    ("GET", "/a/{token}/organisation"): Aim(token("home")),
    ("GET", "/calendar/{token}.ics"): Aim(token("feed")),
    ("GET", "/a/{token}/attachments"): Aim(token("plan")),
    ("POST", "/a/{token}/attachments"): Aim(token("plan"), proven(file="letter.pdf"), (303,)),
    ("GET", "/a/{token}/attachments/{number:number}"): Aim(token("plan", number="attachment")),
    ("POST", "/a/{token}/attachments/{number:number}/withdraw"): Aim(token("plan", number="attachment"), proven(), (303,)),
    ("GET", "/a/{token}/form"): Aim(token("plan"), statuses=(200, 303)),
    ("POST", "/a/{token}/form"): Aim(token("plan"), whole_plan, (303, 422)),
    ("GET", "/a/{token}/form/{place}"): Aim(token("plan", place="vision")),
    ("POST", "/a/{token}/form/{place}"): Aim(token("plan", place="vision"), whole_plan, (303,)),
    ("GET", "/a/{token}/check"): Aim(token("plan")),
    ("POST", "/a/{token}/check"): Aim(token("plan"), from_page("/check"), (303, 422)),
    ("GET", "/a/{token}/print"): Aim(token("plan")),
    ("GET", "/a/{token}/plan.docx"): Aim(token("plan")),
    ("GET", "/a/{token}/word"): Aim(token("plan")),
    ("POST", "/a/{token}/word"): Aim(token("plan"), proven(file="plan.docx"), (303,)),
    ("GET", "/a/{token}/word/{number:number}"): Aim(token("plan", number="word")),
    ("POST", "/a/{token}/word/{number:number}"): Aim(token("plan", number="word"), proven(("take", "all")), (303, 409)),
    ("GET", "/a/{token}/workbook.xlsx"): Aim(token("plan")),
    ("GET", "/a/{token}/workbook"): Aim(token("plan")),
    ("POST", "/a/{token}/workbook"): Aim(token("plan"), proven(file="workbook.xlsx"), (303,)),
    ("GET", "/a/{token}/workbook/{number:number}"): Aim(token("plan", number="workbook")),
    ("POST", "/a/{token}/workbook/{number:number}/accept"): Aim(token("plan", number="workbook"), proven(("base", "0.1")), (303,)),
    ("POST", "/a/{token}/workbook/{number:number}/decline"): Aim(token("plan", number="workbook"), proven(), (303,)),
    ("GET", "/a/{token}/more-time"): Aim(token("plan")),
    ("POST", "/a/{token}/more-time"): Aim(token("plan"), proven(("how", "day"), ("day", "2025-03-20"), ("reason", "Holidays")), (303, 422)),
    ("GET", "/coordinator"): Aim(),
    ("POST", "/coordinator"): Aim(form=lambda _place, _token: Form([("mailbox", "coordinator@alliance.example")]), statuses=(303,)),
    ("GET", "/sign-in"): Aim(),
    ("GET", "/sign-in/{token}"): Aim(lambda place: {"token": place.links["waiting"]}),
    ("POST", "/sign-in/{token}"): Aim(lambda place: {"token": place.links["waiting"]}, entering, (303,)),
    ("GET", "/coordinator/{programme}"): Aim(inside()),
    ("POST", "/coordinator/{programme}/sign-out"): Aim(inside(), signed(), (303,)),
    ("GET", "/coordinator/{programme}/gate/{gate:number}"): Aim(inside(gate="gate")),
    ("POST", "/coordinator/{programme}/gate/{gate:number}"): Aim(
        inside(gate="gate"), signed(("do", "behalf"), ("party", "cedar:project-lead"), ("until", "2025-03-20"), ("note", "Phoned")), (303,)
    ),
    ("GET", "/coordinator/{programme}/phase/{number:number}"): Aim(inside(number="1")),
    ("GET", "/coordinator/{programme}/gate/{gate:number}/revision/{revision:number}"): Aim(inside(gate="late gate", revision="late")),
    ("GET", "/coordinator/{programme}/files/{number:number}"): Aim(inside(number="attachment")),
    ("GET", "/coordinator/{programme}/tray/{revision:number}"): Aim(inside(revision="late")),
    ("POST", "/coordinator/{programme}/tray/{revision:number}"): Aim(
        inside(revision="late"), signed(("what", "decline"), ("answer", "Too late")), (303,)
    ),
}
"""Every route of the desk. A new one belongs here before anything else is tested of it."""

# -- what no answer may do -------------------------------------------------------------------------------------------

INSIDE = re.compile(
    r"Traceback \(most|File \"|site-packages|sqlalchemy|sqlite3|psycopg|starlette|SELECT .* FROM |INSERT INTO|\[SQL:|0x[0-9a-f]{12}"
)
TOKEN = re.compile(r"[A-Za-z0-9_.-]{60,}")
SOWN = re.compile(re.escape(CANARY) + r"(?:-(\w+)-([\w-]+?)\b|@([\w-]+)\.example)")


def faults(place: Ground, request: Any, answer: Answer) -> Iterator[str]:
    """Everything that is wrong with an answer, in words."""
    if answer.error is not None:
        yield f"raised {type(answer.error).__name__}: {answer.error}"
    if not 200 <= answer.status < 500 and not (answer.status == 503 and request.target.startswith("/health")):
        yield f"status {answer.status}"
    yield from _headers(answer)
    text = answer.text
    if inside := INSIDE.search(text):
        yield f"shows the inside: {inside[0]!r}"
    for secret in (SECRET, str(place.world.folder), ROOT):
        if secret in text:
            yield f"shows {secret!r}"
    if "<zzx" in text and answer.header("content-type").startswith("text/html"):
        yield "a tag that was sent in stands in the page"
    is_signed_in = any(name == b"cookie" and place.cookie.encode() in value for name, value in request.headers)
    yield from _foreign(place, request.token, text + answer.header("location"), is_signed_in=is_signed_in)
    if place.session in text:
        yield "shows the key of a session"


def _headers(answer: Answer) -> Iterator[str]:
    policy = answer.header("content-security-policy")
    if "default-src 'none'" not in policy or "unsafe-eval" in policy or re.search(r"script-src (?!'self';)", policy):
        yield f"policy {policy!r}"
    if not ("frame-ancestors 'none'" in policy and answer.header("x-content-type-options") == "nosniff"):
        yield "headers are lacking"
    if answer.header("referrer-policy") != "no-referrer":
        yield "the address may get out as a referrer"
    for name, value in answer.headers:
        if re.search(rb"[\r\n\x00]", name + value):
            yield f"a header over several lines: {name!r}"
        if name == b"set-cookie" and not (b"httponly" in value.lower() and b"samesite=" in value.lower()):
            yield f"a cookie for everybody: {value!r}"
    where = answer.header("location")
    if where and (not where.startswith("/") or where.startswith("//") or "\\" in where):
        yield f"leads away: {where!r}"


def _foreign(place: Ground, own: str, text: str, *, is_signed_in: bool) -> Iterator[str]:
    """Texts of others, and tokens that open more than the one that was sent. The coordinator may see what is in the first programme."""
    link = opened(place, own)
    for programme, organisation, mailbox in set(SOWN.findall(text)):
        if is_signed_in and programme == "orchard":
            continue
        if link is None or (organisation or mailbox) != link.organisation or (programme and programme != link.programme):
            yield f"shows what {organisation or mailbox} keeps to itself in {programme or 'its programme'}"
    for found in set(TOKEN.findall(text)) - {own, quote(own)}:
        new = opened(place, found)
        if new is None or (is_signed_in and (new.programme, new.purpose) == ("orchard", "behalf")):
            continue
        if link is None or (new.programme, new.organisation, new.role, new.epoch) != (
            link.programme,
            link.organisation,
            link.role,
            link.epoch,
        ):
            yield f"shows a token of {new.organisation}"
        elif new.purpose in ("act", "behalf") and new.purpose != link.purpose:
            yield "shows a token that may do more than the one that was sent"


def opened(place: Ground, text: str) -> links.Link | None:
    """The link behind a token that works now."""
    try:
        link = links.read(SECRET, text, place.world.now)
    except Refused:
        return None
    return link if link.epoch == 0 else None
