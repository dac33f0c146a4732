"""The signed pages: the one thing a link asks, its documents, its form, and the receipt. GET shows, only POST changes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from deployments.desk import html
from deployments.desk.security import is_proof, proof, read_form
from models import clock
from models.database import changing, reading
from models.errors import BadFile, Refused
from models.gates import Gate
from models.links import BadLink, Link, read
from models.method import GateKind
from models.programme import Programme
from models.standing import Standing, load
from models.yaml_lines import MAX_BYTES
from tasks.page_answers import NotTaken, Problem, contribute_by_file, decide_by_form, record_by_form
from tasks.pages import Ask, ask_of, document_of, file_for, gate_of, language_of, readable, role_title, view_of
from tasks.rendering import render_html
from tasks.shelf import file_of
from tasks.wording import Words

log = logging.getLogger(__name__)

SMALL = 64 * 1024
LARGE = 2 * MAX_BYTES + SMALL
"""A file and the text of the one before it, of which each may be as large as a contribution."""


class Unproven(NotTaken):
    """A form that does not come from the link's own page."""


@dataclass(frozen=True)
class Visit:
    """One request through a link that opens something."""

    token: str
    link: Link
    now: datetime
    session: Session
    standing: Standing
    gate: Gate | None

    @property
    def language(self) -> str:
        """The reader's language."""
        return language_of(self.standing, self.link)


@contextmanager
def _visit(request: Request, *, changes: bool = False) -> Iterator[Visit]:
    """Read the link and load its programme; BadLink where it opens nothing."""
    desk, token = request.app.state.desk, request.path_params["token"]
    now = clock.now(desk.engine)
    link = read(desk.secret, token, now)
    with changing(desk.engine) if changes else reading(desk.engine) as session:
        if session.get(Programme, link.programme) is None:
            raise BadLink("There is no such programme here.")
        standing = load(session, link.programme, locked=changes)
        if link.organisation not in {item.slug for item in standing.definition.organisations}:
            raise BadLink("There is no such organisation in the programme.")
        gate = gate_of(standing, link)
        if link.gate_id is not None and gate is None:
            raise BadLink("There is no such gate in the programme.")
        yield Visit(token, link, now, session, standing, gate)


def _opened(handle: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """A page behind a link: one that opens nothing gets the page that says so."""

    def handled(request: Request) -> Response:
        try:
            return handle(request)
        except BadLink as bad:
            return html.failed(410 if bad.expired else 404, link=True)

    return handled


def link_address(request: Request) -> Response:
    """The address notices carry."""
    return RedirectResponse(f"/a/{request.path_params['token']}", 308)


# -- showing -------------------------------------------------------------------------------------------------------


@_opened
def show(request: Request) -> Response:
    """What the link asks, or the document it is for."""
    with _visit(request) as visit:
        if visit.gate is None:
            return _reading_page(visit)
        return _ask_page(request, visit, visit.gate)


def _ask_page(
    request: Request, visit: Visit, gate: Gate, *, status: int = 200, typed: dict[str, str] | None = None, **told: Any
) -> Response:
    ask = ask_of(visit.session, visit.standing, gate, visit.link, visit.now)
    definition = visit.standing.definition
    names = {item.slug: item.name for item in definition.organisations}
    themes = {item.slug: item.title for item in definition.themes}
    shown: dict[str, Any] = {
        "ask": ask,
        "token": visit.token,
        "proof": proof(request.app.state.desk.secret, visit.token),
        "typed": typed or {},
        "at": html.clock_of(ask),
        "shape": html.shape_of(names, themes, ask.language),
    }
    nothing_told: dict[str, Any] = {"problems": [], "faults": None, "conflict": False, "text": "", "file_name": ""}
    return html.page("ask", ask.language, status=status, **shown, **(nothing_told | told))


def _reading_page(visit: Visit) -> Response:
    """A link to a published document, or one that only tells: no gate is behind it."""
    edition = readable(visit.standing, visit.link, visit.link.edition_id) if visit.link.edition_id is not None else None
    name = visit.standing.definition.organisation(visit.link.organisation).name
    shown = document_of(visit.standing, edition) if edition else None
    return html.page(
        "reading",
        visit.language,
        programme=visit.standing.programme.title,
        token=visit.token,
        document=shown,
        name=name,
        role=role_title(visit.link.role),
    )


@_opened
def receipt(request: Request) -> Response:
    """What was recorded last for this link's reader."""
    with _visit(request) as visit:
        if visit.gate is None:
            raise HTTPException(404)
        ask = ask_of(visit.session, visit.standing, visit.gate, visit.link, visit.now)
        if not _has_receipt(ask):
            return RedirectResponse(f"/a/{visit.token}", 303)
        return html.page("receipt", ask.language, ask=ask, token=visit.token, at=html.clock_of(ask))


def _has_receipt(ask: Ask) -> bool:
    return bool(ask.own or ask.received or (ask.kind is GateKind.EVENT and ask.happened_on))


@_opened
def edition(request: Request) -> Response:
    """The very edition a decision binds to, rendered from its content."""
    with _visit(request) as visit:
        found = readable(visit.standing, visit.link, request.path_params["number"])
        if found is None:
            raise HTTPException(404)
        return html.document(render_html(view_of(visit.standing, found, visit.language)))


@_opened
def edition_pdf(request: Request) -> Response:
    """The edition's PDF, where it has been made."""
    with _visit(request) as visit:
        found = readable(visit.standing, visit.link, request.path_params["number"])
        path = file_of(found, request.app.state.desk.documents, "pdf", visit.language) if found else None
        if found is None or path is None:
            raise HTTPException(404)
        name = f"{found.deliverable}-{found.scope}-{found.version}.pdf"
        return FileResponse(path, media_type="application/pdf", filename=name, content_disposition_type="inline")


@_opened
def template(request: Request) -> Response:
    """The contribution file to fill in."""
    with _visit(request) as visit:
        if visit.gate is None or not visit.gate.spec.contribution or visit.link.purpose != "act":
            raise HTTPException(404)
        text = file_for(visit.session, visit.standing, visit.gate, visit.link)
        name = f"{visit.gate.key}.{visit.gate.scope}.yaml"
        return PlainTextResponse(
            text, headers={"content-disposition": f'attachment; filename="{name}"'}, media_type="application/yaml; charset=utf-8"
        )


# -- answering -----------------------------------------------------------------------------------------------------


async def answer(request: Request) -> Response:
    """Take the form of a page. What was recorded is shown on the receipt, so that a reload repeats nothing."""
    try:
        kind = await run_in_threadpool(_kind, request)
    except BadLink as bad:
        return html.failed(410 if bad.expired else 404, link=True)
    form = await read_form(request, LARGE if kind is GateKind.CONTRIBUTION else SMALL)
    try:
        typed, upload = await _typed(form)
    finally:
        await form.close()
    return await run_in_threadpool(_opened(lambda request: _answer(request, typed, upload)), request)


def _kind(request: Request) -> GateKind:
    """What the link's gate waits for; who knows no link sends no body."""
    with _visit(request) as visit:
        if visit.gate is None:
            raise HTTPException(405, headers={"Allow": "GET"})
        return visit.gate.spec.kind


async def _typed(form: FormData) -> tuple[dict[str, str], tuple[str, bytes] | None]:
    """The texts of a form and its file, if one was chosen. HTTPException 413 for a file larger than a contribution may be."""
    texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    files = [value for value in form.values() if isinstance(value, UploadFile) and value.filename]
    if not files:
        return texts, None
    data = await files[0].read()
    if len(data) > MAX_BYTES:
        raise HTTPException(413)
    return texts, (str(files[0].filename), data)


def _answer(request: Request, typed: dict[str, str], upload: tuple[str, bytes] | None) -> Response:
    """Through the door, or back to the page with what is wrong and everything that was typed."""
    words = Words("en")
    try:
        with _visit(request, changes=True) as visit:
            words = Words(visit.language)
            _check_proof(request, visit, typed, words)
            programme = visit.link.programme
            _take(visit, typed, upload, words)
    except BadFile as bad:
        name, data = _handed_in(typed, upload)
        return _again(request, typed, 422, faults=bad.lines(), text=data.decode("utf-8", "replace"), file_name=name)
    except NotTaken as refused:
        status = 403 if isinstance(refused, Unproven) else 409 if refused.conflict else 422
        return _again(request, typed, status, problems=refused.problems, conflict=refused.conflict, **_text_of(typed, upload))
    except BadLink:
        raise
    except Refused as refused:
        return _again(request, typed, 409, problems=[Problem(str(refused))], conflict=True, **_text_of(typed, upload))
    wake = BackgroundTask(_wake, request.app.state.nudge, programme)
    return RedirectResponse(f"/a/{request.path_params['token']}/receipt", 303, background=wake)


def _take(visit: Visit, typed: dict[str, str], upload: tuple[str, bytes] | None, words: Words) -> None:
    session, standing, gate, link, now = visit.session, visit.standing, visit.gate, visit.link, visit.now
    if gate is None:
        raise HTTPException(405, headers={"Allow": "GET"})
    match gate.spec.kind:
        case GateKind.APPROVAL:
            decide_by_form(session, standing, gate, link, typed, words, now)
        case GateKind.EVENT:
            record_by_form(session, standing, gate, link, typed, words, now)
        case GateKind.CONTRIBUTION:
            name, data = _handed_in(typed, upload)
            if not data.strip():
                raise NotTaken([Problem(words.gettext("Choose the file you have filled in, or paste its text."), "file")])
            contribute_by_file(session, standing, gate, link, data, name, words, now)


def _check_proof(request: Request, visit: Visit, typed: dict[str, str], words: Words) -> None:
    if not is_proof(request.app.state.desk.secret, visit.token, typed.get("proof", "")):
        said = words.gettext(
            "This form did not come from this page. Nothing was recorded and nothing you wrote is lost: look it over and send it again."
        )
        raise Unproven([Problem(said)])


def _handed_in(typed: dict[str, str], upload: tuple[str, bytes] | None) -> tuple[str, bytes]:
    """Name and text of the contribution: the file that was chosen, else the text in the page."""
    if upload is not None:
        return _plain_name(upload[0]), upload[1]
    return _plain_name(typed.get("file_name", "")), typed.get("text", "").encode("utf-8", "surrogatepass")


def _plain_name(name: str) -> str:
    """What faults call the file: its last part, without anything but letters, digits and the usual marks."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isalnum() or char in "._- ")[:80].strip() or "contribution.yaml"


def _text_of(typed: dict[str, str], upload: tuple[str, bytes] | None) -> dict[str, str]:
    name, data = _handed_in(typed, upload)
    return {"text": data.decode("utf-8", "replace"), "file_name": name} if data else {}


def _again(request: Request, typed: dict[str, str], status: int, **told: Any) -> Response:
    """The page as things stand now, with what is wrong and what was typed."""
    with _visit(request) as visit:
        if visit.gate is None:
            raise HTTPException(404)
        return _ask_page(request, visit, visit.gate, status=status, typed=typed, **told)


async def _wake(nudge: Callable[[str], Any], programme: str) -> None:
    """Tell the runs. That it fails is nothing for the reader: the database has the answer and the sweep catches up."""
    try:
        await nudge(programme)
    except Exception:
        log.exception("the runs of %s could not be woken; the sweep will", programme)
