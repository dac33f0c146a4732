"""A contribution as an Excel workbook: download, upload, look over what changes, take it over or decline. GET shows, only POST changes."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from deployments.desk import html, written
from deployments.desk.security import read_form, read_upload
from deployments.desk.visits import WRITING, Unproven, Visit, check_proof, opened, opens_nothing, proof_of, visiting
from models.doors.drafting import Base
from models.doors.proposing import Returned, proposal_of, receive, settle
from models.drafts import Proposal
from models.errors import Overtaken, Refused
from models.gates import Gate
from models.links import BadLink
from tasks.notice_views import scope_names
from tasks.page_answers import NotTaken, Problem
from tasks.wording import Words
from tasks.workbook import MOST_BYTES, BadWorkbook
from tasks.workbooks import KIND, about_of, file_of, is_open_to, plain_name, preview_of, read_in, take_over
from tasks.writing import Writing

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UPLOAD_BYTES = MOST_BYTES + 256 * 1024
SMALL = 256 * 1024
MOST_CHOSEN = 2000
"""How many answers that both changed can be settled at once."""
TOO_LARGE = 413

Texts = list[tuple[str, str]]


# -- showing -------------------------------------------------------------------------------------------------------


@opened
def download(request: Request) -> Response:
    """The workbook, with the draft or what was handed in last."""
    with visiting(request, opens=WRITING) as visit:
        gate, writing = _writing(visit)
        data = file_of(about_of(visit.standing, gate, visit.link, writing), writing)
        headers = {"content-disposition": f'attachment; filename="{gate.key}.{gate.scope}.xlsx"'}
        return Response(data, media_type=XLSX, headers=headers)


@opened
def show(request: Request) -> Response:
    """What a workbook is good for, the download and the upload."""
    with visiting(request, opens=WRITING) as visit:
        return _page(request, visit)


@opened
def preview(request: Request) -> Response:
    """What a workbook that was uploaded would change, and what is to be put right in it."""
    with visiting(request, opens=WRITING) as visit:
        return _preview_page(request, visit)


def _writing(visit: Visit) -> tuple[Gate, Writing]:
    return visit.asked, written.open_writing(visit)


def _proposal(request: Request, visit: Visit, gate: Gate) -> Proposal:
    found = proposal_of(visit.session, gate, visit.link.organisation, KIND, request.path_params["number"])
    if found is None or not is_open_to(_writing(visit)[1], found):
        raise HTTPException(404)
    return found


def _page(request: Request, visit: Visit, *, status: int = 200, problems: list[Problem] | None = None) -> Response:
    gate, _ = _writing(visit)
    return html.page("workbook_page", visit.language, status=status, problems=problems or [], **_known(request, visit, gate))


def _preview_page(request: Request, visit: Visit, *, status: int = 200, problems: list[Problem] | None = None) -> Response:
    gate, writing = _writing(visit)
    proposal = _proposal(request, visit, gate)
    found = preview_of(visit.session, gate, visit.link, writing, proposal) if proposal.settled_at is None else None
    return html.page(
        "workbook_preview",
        visit.language,
        status=status,
        problems=problems or [],
        proposal=proposal,
        preview=found,
        base=str(writing.saved.base),
        faults=proposal.body.get("faults", []),
        at=html.clock_in(visit.language, visit.standing.definition.organisation(visit.link.organisation).zone),
        **_known(request, visit, gate),
    )


def _known(request: Request, visit: Visit, gate: Gate) -> dict[str, Any]:
    return {
        "programme": visit.standing.programme,
        "title": gate.spec.title,
        "about": scope_names(visit.standing, gate.scope),
        "token": visit.token,
        "proof": proof_of(request, visit),
    }


# -- changing ------------------------------------------------------------------------------------------------------


async def upload(request: Request) -> Response:
    """Take a workbook in to be looked over. Of one that cannot be read nothing is kept, and the page says what to do."""
    try:
        await run_in_threadpool(_check_may_write, request)
    except BadLink as bad:
        return await run_in_threadpool(opens_nothing, request, bad)
    try:
        form = await read_upload(request, UPLOAD_BYTES)
    except HTTPException as error:
        if error.status_code != TOO_LARGE:
            raise
        return await run_in_threadpool(opened(_too_large), request)
    try:
        texts, file = await _texts_and_file(form)
    finally:
        await form.close()
    return await run_in_threadpool(opened(lambda request: _upload(request, texts, file)), request)


def _check_may_write(request: Request) -> None:
    """Who may not write sends no body."""
    with visiting(request, opens=WRITING) as visit:
        _writing(visit)


async def _texts_and_file(form: FormData) -> tuple[Texts, tuple[str, bytes] | None]:
    texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    files = [value for value in form.values() if isinstance(value, UploadFile) and value.filename]
    return texts, (str(files[0].filename), await files[0].read()) if files else None


def _too_large(request: Request) -> Response:
    with visiting(request, opens=WRITING) as visit:
        words = Words(visit.language)
        said = words.gettext("The file is larger than %(most)s MB. Take out pictures and whatever is not an answer, and upload it again.")
        problem = Problem(said % {"most": words.number(MOST_BYTES // 1024 // 1024)}, "file")
        return _page(request, visit, status=TOO_LARGE, problems=[problem])


def _upload(request: Request, texts: Texts, file: tuple[str, bytes] | None) -> Response:
    words = Words("en")
    try:
        with visiting(request, opens=WRITING) as visit:  # reading may take a second, and must not keep the programme locked
            words = Words(visit.language)
            check_proof(request, visit, dict(texts), words)
            returned = _read(visit, file, words)
        with visiting(request, changes=True, opens=WRITING) as visit:
            gate, _ = _writing(visit)
            number = receive(visit.session, visit.standing, gate, visit.link.organisation, returned, visit.writer, visit.now).id
    except (BadLink, Overtaken):
        raise
    except BadWorkbook as bad:
        return _again(request, 422, [Problem(str(bad), "file")])
    except NotTaken as refused:
        return _again(request, 403 if isinstance(refused, Unproven) else 422, refused.problems)
    except Refused as refused:
        return _again(request, 409, [Problem(str(refused))])
    return RedirectResponse(f"/a/{request.path_params['token']}/workbook/{number}", 303)


def _read(visit: Visit, file: tuple[str, bytes] | None, words: Words) -> Returned:
    if file is None:
        raise NotTaken([Problem(words.gettext("Choose the workbook you filled in."), "file")])
    gate, writing = _writing(visit)
    return read_in(visit.standing, gate, visit.link, writing, plain_name(file[0]), file[1])


def _again(request: Request, status: int, problems: list[Problem]) -> Response:
    with visiting(request, opens=WRITING) as visit:
        return _page(request, visit, status=status, problems=problems)


async def accept(request: Request) -> Response:
    """Bring what the workbook changes into the draft; it is handed in from there like anything else."""
    return await _settled(request, _accept)


async def decline(request: Request) -> Response:
    """Leave everything as it is."""
    return await _settled(request, _decline)


async def _settled(request: Request, how: Any) -> Response:
    try:
        await run_in_threadpool(_check_may_write, request)
        form = await read_form(request, SMALL, fields=MOST_CHOSEN)
    except BadLink as bad:
        return await run_in_threadpool(opens_nothing, request, bad)
    texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return await run_in_threadpool(opened(lambda request: _settle(request, texts, how)), request)


def _settle(request: Request, texts: Texts, how: Any) -> Response:
    words = Words("en")
    try:
        with visiting(request, changes=True, opens=WRITING) as visit:
            words = Words(visit.language)
            check_proof(request, visit, dict(texts), words)
            gate, writing = _writing(visit)
            how(visit, gate, writing, _proposal(request, visit, gate), texts)
    except BadLink:
        raise
    except NotTaken as refused:
        return _over_again(request, 403, refused.problems)
    except (Refused, IntegrityError) as refused:
        said = (
            str(refused) if isinstance(refused, Refused) else words.gettext("Many are writing here at once. Nothing was saved; try again.")
        )
        return _over_again(request, 409, [Problem(said)])
    return RedirectResponse(f"/a/{request.path_params['token']}?saved=1", 303)


def _accept(visit: Visit, gate: Gate, writing: Writing, proposal: Proposal, texts: Texts) -> None:
    shown = Base.read(dict(texts).get("base", ""))
    wished = {value for name, value in texts if name == "take"}
    take_over(visit.session, visit.standing, gate, visit.link, writing, proposal, wished, shown, visit.writer, visit.now)


def _decline(visit: Visit, _gate: Gate, _writing: Writing, proposal: Proposal, _texts: Texts) -> None:
    settle(proposal, {}, visit.now)


def _over_again(request: Request, status: int, problems: list[Problem]) -> Response:
    with visiting(request, opens=WRITING) as visit:
        return _preview_page(request, visit, status=status, problems=problems)


ROUTES = [
    Route("/a/{token}/workbook.xlsx", download),
    Route("/a/{token}/workbook", show, methods=["GET"]),
    Route("/a/{token}/workbook", upload, methods=["POST"]),
    Route("/a/{token}/workbook/{number:number}", preview, methods=["GET"]),
    Route("/a/{token}/workbook/{number:number}/accept", accept, methods=["POST"]),
    Route("/a/{token}/workbook/{number:number}/decline", decline, methods=["POST"]),
]
