"""The signed pages: the one thing a link asks, its documents, its form, and the receipt. GET shows, only POST changes."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from deployments.desk import deciding, html, written
from deployments.desk.taking import leads_to, proven, taking
from deployments.desk.uploads import Body, Sent
from deployments.desk.visits import PAGES, WRITING, Visit, opened, opens_nothing, proof_of, visiting
from models.errors import BadFile
from models.gates import Gate
from models.links import BadLink
from models.method import GateKind
from models.yaml_lines import MAX_BYTES
from tasks.decided import role_title
from tasks.handed_in import Whole, whole
from tasks.handing_on import may_hand_on
from tasks.page_answers import NotTaken, Problem, contribute_by_file, record_by_form
from tasks.page_wishes import beside
from tasks.pages import Ask, ask_of, document_of, file_for, readable, view_of
from tasks.rendering import render_html
from tasks.said import faults_in_words
from tasks.shelf import nearest_file
from tasks.wording import Words

SMALL = 64 * 1024
LARGE = 2 * MAX_BYTES + SMALL
"""A file and the text of the one before it, of which each may be as large as a contribution."""


def link_address(request: Request) -> Response:
    """The address notices carry."""
    return RedirectResponse(f"/a/{request.path_params['token']}", 308)


# -- showing -------------------------------------------------------------------------------------------------------


@opened
def show(request: Request) -> Response:
    """What the link asks, or the document it is for; a link for neither leads to what is asked of the organisation."""
    with visiting(request, opens=PAGES | WRITING) as visit:
        if visit.only is not None:
            return written.handed_on_page(request, visit)
        if visit.gate is None and visit.link.acts:
            return RedirectResponse(f"/a/{visit.token}/organisation", 303)
        if visit.gate is None:
            return _reading_page(visit)
        return _ask_page(request, visit, visit.gate)


def _ask_page(
    request: Request, visit: Visit, gate: Gate, *, status: int = 200, typed: dict[str, str] | None = None, **told: Any
) -> Response:
    ask = ask_of(visit.session, visit.standing, gate, visit.link, visit.now, visit.language)
    definition = visit.standing.definition
    names = {item.slug: item.name for item in definition.organisations}
    themes = {item.slug: item.title for item in definition.themes}
    shown: dict[str, Any] = {
        "ask": ask,
        "beside": beside(visit.session, visit.standing, gate, visit.link, visit.now),
        "token": visit.token,
        "home": f"/a/{visit.token}/organisation" if visit.link.acts else "",
        "hand_on": f"/a/{visit.token}/hand-on" if may_hand_on(visit.standing, gate, visit.link) else "",
        "proof": proof_of(request, visit),
        "typed": typed or {},
        "at": html.clock_of(ask),
        "shape": html.shape_of(names, themes, ask.language),
    }
    if gate.is_approval:
        shown |= deciding.shown(visit, ask, typed or {})
    if ask.may_send:
        shown |= written.overview(request, visit)
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


@opened
def receipt(request: Request) -> Response:
    """What was recorded last for this link's reader; with a number in the address that revision of their contribution, whole."""
    with visiting(request) as visit:
        if visit.gate is None:
            raise HTTPException(404)
        ask = ask_of(visit.session, visit.standing, visit.gate, visit.link, visit.now, visit.language)
        number = request.path_params.get("number")
        if number is None and not _has_receipt(ask):
            return RedirectResponse(f"/a/{visit.token}", 303)
        found = _revision(visit, visit.gate, ask, number)
        return html.page("receipt", ask.language, ask=ask, token=visit.token, at=html.clock_of(ask), found=found)


def _revision(visit: Visit, gate: Gate, ask: Ask, number: int | None) -> Whole | None:
    """The revision a receipt is about, the newest without a number; None where it is about no contribution."""
    asked = [item for item in ask.received if number is None or item.number == number]
    if number is not None and not asked:
        raise HTTPException(404)
    if not asked:
        return None
    return whole(visit.session, visit.standing, gate, asked[-1].revision_id, Words(ask.language), visit.now, visit.link.organisation)


def _has_receipt(ask: Ask) -> bool:
    return bool(ask.own or ask.received or (ask.kind is GateKind.EVENT and ask.happened_on))


@opened
def edition(request: Request) -> Response:
    """The very edition a decision binds to, rendered from its content."""
    with visiting(request) as visit:
        found = readable(visit.standing, visit.link, request.path_params["number"])
        if found is None:
            raise HTTPException(404)
        return html.document(render_html(view_of(visit.standing, found, visit.mailbox_language)))


@opened
def edition_pdf(request: Request) -> Response:
    """The edition's PDF, where it has been made."""
    with visiting(request) as visit:
        found = readable(visit.standing, visit.link, request.path_params["number"])
        path = nearest_file(found, request.app.state.desk.documents, "pdf", visit.mailbox_language) if found else None
        if found is None or path is None:
            raise HTTPException(404)
        name = f"{found.deliverable}-{found.scope}-{found.version}.pdf"
        return FileResponse(path, media_type="application/pdf", filename=name, content_disposition_type="inline")


@opened
def template(request: Request) -> Response:
    """The contribution file to fill in."""
    with visiting(request) as visit:
        if visit.gate is None or not visit.gate.spec.contribution or not visit.link.acts:
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
        return await run_in_threadpool(opens_nothing, request, bad)
    return await ANSWERS[kind](request)


def _kind(request: Request) -> GateKind:
    """What the link's gate waits for; who knows no link sends no body."""
    with visiting(request) as visit:
        return _gate(visit).spec.kind


def _gate(visit: Visit) -> Gate:
    if visit.gate is None:
        raise HTTPException(405, headers={"Allow": "GET"})
    return visit.gate


def _took_place(request: Request, sent: Sent) -> Response:
    with proven(request, sent) as visit:
        record_by_form(visit.session, visit.standing, _gate(visit), visit.link, sent.texts, Words(visit.language), visit.now)
    return leads_to(request, "/receipt", wake=visit.link.programme)


def _contribute(request: Request, sent: Sent) -> Response:
    """Through the door, or back to the page with every fault of the file at its line."""
    name, data = _handed_in(sent)
    try:
        with proven(request, sent) as visit:
            words = Words(visit.language)
            if not data.strip():
                raise NotTaken([Problem(words.gettext("Choose the file you have filled in, or paste its text."), "file")])
            contribute_by_file(visit.session, visit.standing, _gate(visit), visit.link, data, name, words, visit.now, visit.writer)
    except BadFile as bad:
        with visiting(request) as visit:
            return _again(request, visit, sent, status=422, faults=faults_in_words(Words(visit.language), bad))
    return leads_to(request, "/receipt", wake=visit.link.programme)


def _handed_in(sent: Sent) -> tuple[str, bytes]:
    """Name and text of the contribution: the file that was chosen, else the text in the page."""
    if sent.file is not None:
        return _plain_name(sent.file.filename), sent.file.data
    return _plain_name(sent.texts.get("file_name", "")), sent.texts.get("text", "").encode("utf-8", "surrogatepass")


def _plain_name(name: str) -> str:
    """What faults call the file: its last part, without anything but letters, digits and the usual marks."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isalnum() or char in "._- ")[:80].strip() or "contribution.yaml"


def _again(request: Request, visit: Visit, sent: Sent, *, status: int, **told: Any) -> Response:
    """The page as things stand now, with what is wrong and what was typed."""
    if visit.gate is None:
        raise HTTPException(404)
    if visit.gate.spec.kind is GateKind.CONTRIBUTION:
        name, data = _handed_in(sent)
        told |= {"text": data.decode("utf-8", "replace"), "file_name": name} if data else {}
    return _ask_page(request, visit, visit.gate, status=status, typed=sent.texts, **told)


ANSWERS = {
    GateKind.APPROVAL: deciding.answering(_again),
    GateKind.CONTRIBUTION: taking(_contribute, _again, body=Body(LARGE, file="file", most_file=MAX_BYTES, most_texts=LARGE)),
    GateKind.EVENT: taking(_took_place, _again, body=Body(SMALL)),
}

ROUTES = [
    Route("/link/{token}", link_address),
    Route("/a/{token}", show, methods=["GET"]),
    Route("/a/{token}", answer, methods=["POST"]),
    Route("/a/{token}/receipt", receipt),
    Route("/a/{token}/receipt/{number:number}", receipt),
    Route("/a/{token}/template.yaml", template),
    Route("/a/{token}/edition/{number:number}", edition),
    Route("/a/{token}/edition/{number:number}.pdf", edition_pdf),
]
