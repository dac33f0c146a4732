"""A contribution as an Excel workbook: download, upload, look over what changes, take it over or decline. GET shows, only POST changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.desk import html, written
from deployments.desk.taking import NOTHING_TOLD, Do, leads_to, proven, taking
from deployments.desk.uploads import Body, Sent
from deployments.desk.visits import WRITING, Visit, opened, proof_of, visiting
from models.doors.drafting import Base
from models.doors.proposing import proposal_of, receive, settle
from models.drafts import Proposal
from models.errors import Overtaken
from models.gates import Gate
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


def _page(request: Request, visit: Visit, **told: Any) -> Response:
    gate, _ = _writing(visit)
    return html.page("workbook_page", visit.language, **_known(request, visit, gate), **{**NOTHING_TOLD, **told})


def _preview_page(request: Request, visit: Visit, **told: Any) -> Response:
    gate, writing = _writing(visit)
    proposal = _proposal(request, visit, gate)
    found = preview_of(visit.session, gate, visit.link, writing, proposal) if proposal.settled_at is None else None
    return html.page(
        "workbook_preview",
        visit.language,
        proposal=proposal,
        preview=found,
        base=str(writing.saved.base),
        faults=proposal.body.get("faults", []),
        at=html.clock_in(visit.language, visit.standing.definition.organisation(visit.link.organisation).zone),
        **_known(request, visit, gate),
        **{**NOTHING_TOLD, **told},
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


def _upload(request: Request, sent: Sent) -> Response:
    """Take a workbook in to be looked over. Of one that cannot be read nothing is kept, and the page says what to do."""
    with proven(request, sent, opens=WRITING, changes=False) as visit:  # reading takes a second and must not lock the programme
        words = Words(visit.language)
        if sent.file is None:
            raise NotTaken([Problem(words.gettext("Choose the workbook you filled in."), "file")])
        gate, writing = _writing(visit)
        try:
            returned = read_in(visit.standing, gate, visit.link, writing, plain_name(sent.file.filename), sent.file.data)
        except BadWorkbook as bad:
            raise NotTaken([Problem(str(bad), "file")]) from bad
    with proven(request, sent, opens=WRITING) as visit:
        gate, _ = _writing(visit)
        number = receive(visit.session, visit.standing, gate, visit.link.organisation, returned, visit.writer, visit.now).id
    return leads_to(request, f"/workbook/{number}")


def _too_large(words: Words) -> Problem:
    said = words.gettext("The file is larger than %(most)s MB. Take out pictures and whatever is not an answer, and upload it again.")
    return Problem(said % {"most": words.number(MOST_BYTES // 1024 // 1024)}, "file")


def _again(request: Request, visit: Visit, _sent: Sent, **told: Any) -> Response:
    return _page(request, visit, **told)


def _settling(how: Callable[[Visit, Gate, Writing, Proposal, Sent], None], then: str) -> Do:
    def settled(request: Request, sent: Sent) -> Response:
        try:
            with proven(request, sent, opens=WRITING) as visit:
                gate, writing = _writing(visit)
                how(visit, gate, writing, _proposal(request, visit, gate), sent)
        except IntegrityError as error:
            raise Overtaken("Many are writing here at once. Nothing was saved; try again.") from error
        return leads_to(request, then)

    return settled


def _accept(visit: Visit, gate: Gate, writing: Writing, proposal: Proposal, sent: Sent) -> None:
    """Bring what the workbook changes into the draft; it is handed in from there like anything else."""
    shown, wished = Base.read(sent.texts.get("base", "")), set(sent.all("take"))
    take_over(visit.session, visit.standing, gate, visit.link, writing, proposal, wished, shown, visit.writer, visit.origin, visit.now)


def _decline(visit: Visit, _gate: Gate, _writing: Writing, proposal: Proposal, _sent: Sent) -> None:
    """Leave everything as it is."""
    settle(proposal, {}, visit.now)


def _over_again(request: Request, visit: Visit, _sent: Sent, **told: Any) -> Response:
    return _preview_page(request, visit, **told)


UPLOAD = Body(UPLOAD_BYTES, file="file", most_file=UPLOAD_BYTES)
CHOICES = Body(SMALL, MOST_CHOSEN)

ROUTES = [
    Route("/a/{token}/workbook.xlsx", download),
    Route("/a/{token}/workbook", show, methods=["GET"]),
    Route(
        "/a/{token}/workbook",
        taking(_upload, _again, opens=WRITING, look=_writing, body=UPLOAD, too_large=_too_large, reads_a_file=True),
        methods=["POST"],
    ),
    Route("/a/{token}/workbook/{number:number}", preview, methods=["GET"]),
    Route(
        "/a/{token}/workbook/{number:number}/accept",
        taking(_settling(_accept, "?saved=1"), _over_again, opens=WRITING, look=_writing, body=CHOICES),
        methods=["POST"],
    ),
    Route(
        "/a/{token}/workbook/{number:number}/decline",
        taking(_settling(_decline, ""), _over_again, opens=WRITING, look=_writing, body=CHOICES),
        methods=["POST"],
    ),
]
