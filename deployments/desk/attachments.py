"""Files that come with a contribution: attach, withdraw, download. What a file is and who may read it is decided elsewhere."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from deployments.desk import html
from deployments.desk.security import BodyTooLarge, read_form, read_upload
from deployments.desk.visits import Unproven, Visit, check_proof, opened, opens_nothing, proof_of, visiting
from models.doors.attaching import Upload, attach, withdraw
from models.errors import Refused
from models.file_types import ACCEPTED, MOST_BYTES, Unfit, Why
from models.gates import Gate
from models.links import BadLink
from models.method import GateKind
from models.standing import Party
from tasks.attachments import attached_at, limits, readable_file, why_not
from tasks.decided import role_title
from tasks.notice_views import scope_names
from tasks.page_answers import NotTaken, Problem
from tasks.pages import party_of
from tasks.wording import Words

UPLOAD_BYTES = MOST_BYTES + 256 * 1024
"""A file and the form around it."""

SMALL = 16 * 1024
FILES_ARE_DATA = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""What a browser makes of a file it shows in spite of all: nothing that runs, nothing that loads."""


def shown(visit: Visit) -> dict[str, Any]:
    """What the partial `desk/attachments.html` needs beside `token` and `proof`: the files at the visit's gate."""
    gate = visit.gate
    party = asked_party(visit)
    files = attached_at(visit.session, gate, visit.link.organisation) if gate is not None and party is not None else ()
    words = Words(visit.language)
    return {"files": files, "files_limits": limits(words), "files_accepted": ACCEPTED, "may_attach": party is not None}


def asked_party(visit: Visit) -> Party | None:
    """In which capacity the reader may attach to a contribution; None where this is for reading, or no contribution."""
    gate = visit.gate
    if gate is None or gate.spec.kind is not GateKind.CONTRIBUTION:
        return None
    return party_of(visit.standing, gate, visit.link)


@opened
def listing(request: Request) -> Response:
    """The files that are there, and the form for one more."""
    with visiting(request) as visit:
        return _page(request, visit)


def _page(request: Request, visit: Visit, *, status: int = 200, problems: list[Problem] | None = None) -> Response:
    gate = visit.gate
    if gate is None or asked_party(visit) is None:
        raise HTTPException(404)
    return html.page(
        "attached",
        visit.language,
        status=status,
        programme=visit.standing.programme,
        title=gate.spec.title,
        about=scope_names(visit.standing, gate.scope),
        role=role_title(visit.link.role),
        token=visit.token,
        proof=proof_of(request, visit),
        problems=problems or [],
        at=html.clock_in(visit.language, visit.standing.definition.organisation(visit.link.organisation).zone),
        **shown(visit),
    )


@opened
def download(request: Request) -> Response:
    """A file, for those who may read it. It is always saved and never shown: what is inside is not ours."""
    with visiting(request) as visit:
        found = readable_file(visit.session, visit.standing, visit.link, request.path_params["number"])
        if found is None:
            raise HTTPException(404)
        return Response(found.data, media_type=found.media_type, headers=file_headers(found.filename))


def file_headers(name: str) -> dict[str, str]:
    """The headers a file is handed out with; `name` is one that was cleaned."""
    plain = "".join(char if char.isascii() and char not in '"\\' else "_" for char in name)
    return {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "content-security-policy": FILES_ARE_DATA,
    }


# -- changing ------------------------------------------------------------------------------------------------------


async def upload(request: Request) -> Response:
    """Take one file in. One that is refused leaves everything as it was, and the page says why."""
    try:
        await run_in_threadpool(_check_may_attach, request)
    except BadLink as bad:
        return await run_in_threadpool(opens_nothing, request, bad)
    try:
        form = await read_upload(request, UPLOAD_BYTES)
    except BodyTooLarge:
        return await run_in_threadpool(opened(_too_large), request)
    try:
        texts, chosen = await texts_and_file(form)
    finally:
        await form.close()
    return await run_in_threadpool(opened(lambda request: _upload(request, texts, chosen)), request)


async def texts_and_file(form: FormData, field: str = "file") -> tuple[dict[str, str], Upload | None]:
    """The texts of a form and its file, if one was chosen."""
    texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    chosen = form.get(field)
    if not isinstance(chosen, UploadFile) or not chosen.filename:
        return texts, None
    return texts, Upload(chosen.filename, await chosen.read(MOST_BYTES + 1))


def _check_may_attach(request: Request) -> None:
    """Who may not attach sends no body."""
    with visiting(request) as visit:
        if asked_party(visit) is None:
            raise HTTPException(404)


def _too_large(request: Request) -> Response:
    with visiting(request) as visit:
        return _page(request, visit, status=413, problems=[Problem(why_not(Why.TOO_LARGE, Words(visit.language)), "file")])


def _upload(request: Request, texts: dict[str, str], chosen: Upload | None) -> Response:
    words = Words("en")
    try:
        with visiting(request, changes=True) as visit:
            words = Words(visit.language)
            check_proof(request, visit, texts, words)
            _attach(visit, chosen, words)
    except BadLink:
        raise
    except Unfit as unfit:
        return _again(request, 422, [Problem(why_not(unfit.why, words), "file")])
    except NotTaken as refused:
        return _again(request, 403 if isinstance(refused, Unproven) else 422, refused.problems)
    except Refused as refused:
        return _again(request, 409, [Problem(str(refused))])
    return RedirectResponse(f"/a/{request.path_params['token']}/attachments", 303)


def _attach(visit: Visit, chosen: Upload | None, words: Words) -> None:
    if chosen is None:
        raise NotTaken([Problem(words.gettext("Choose a file first."), "file")])
    organisation, on_behalf = visit.link.organisation, visit.origin.on_behalf
    attach(visit.session, visit.standing, _gate(visit), organisation, chosen, visit.writer, visit.now, on_behalf=on_behalf)


def _gate(visit: Visit) -> Gate:
    if visit.gate is None or asked_party(visit) is None:
        raise HTTPException(404)
    return visit.gate


def _again(request: Request, status: int, problems: list[Problem]) -> Response:
    with visiting(request) as visit:
        return _page(request, visit, status=status, problems=problems)


async def take_back(request: Request) -> Response:
    """Withdraw a file that was not handed in yet."""
    form = await read_form(request, SMALL)
    texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    return await run_in_threadpool(opened(lambda request: _take_back(request, texts)), request)


def _take_back(request: Request, texts: dict[str, str]) -> Response:
    try:
        with visiting(request, changes=True) as visit:
            check_proof(request, visit, texts, Words(visit.language))
            number, on_behalf = request.path_params["number"], visit.origin.on_behalf
            withdraw(visit.session, visit.standing, _gate(visit), visit.link.organisation, number, visit.now, on_behalf=on_behalf)
    except BadLink:
        raise
    except NotTaken as refused:
        return _again(request, 403, refused.problems)
    except Refused as refused:
        return _again(request, 409, [Problem(str(refused))])
    return RedirectResponse(f"/a/{request.path_params['token']}/attachments", 303)


ROUTES = [
    Route("/a/{token}/attachments", listing, methods=["GET"]),
    Route("/a/{token}/attachments", upload, methods=["POST"]),
    Route("/a/{token}/attachments/{number:number}", download, methods=["GET"]),
    Route("/a/{token}/attachments/{number:number}/withdraw", take_back, methods=["POST"]),
]
