"""Files that come with a contribution: attach, withdraw, download. What a file is and who may read it is decided elsewhere."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from deployments.desk import html
from deployments.desk.taking import NOTHING_TOLD, leads_to, proven, taking
from deployments.desk.uploads import Body, Sent
from deployments.desk.visits import Visit, opened, proof_of, visiting
from models.doors.attaching import attach, withdraw
from models.file_types import ACCEPTED, MOST_BYTES, Unfit, Why
from models.gates import Gate
from models.method import GateKind
from models.standing import Party
from tasks.attachments import attached_at, limits, pieces_of, readable_file, why_not
from tasks.decided import role_title
from tasks.notice_views import scope_names
from tasks.page_answers import NotTaken, Problem
from tasks.pages import party_of
from tasks.wording import Words

UPLOAD_BYTES = MOST_BYTES + 256 * 1024
"""A file and the form around it."""

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


def _page(request: Request, visit: Visit, **told: Any) -> Response:
    gate = _gate(visit)
    return html.page(
        "attached",
        visit.language,
        programme=visit.standing.programme,
        title=gate.spec.title,
        about=scope_names(visit.standing, gate.scope),
        role=role_title(visit.link.role),
        token=visit.token,
        proof=proof_of(request, visit),
        at=html.clock_in(visit.language, visit.standing.definition.organisation(visit.link.organisation).zone),
        **shown(visit),
        **{**NOTHING_TOLD, **told},
    )


@opened
def download(request: Request) -> Response:
    """A file, for those who may read it. It is always saved and never shown: what is inside is not ours."""
    with visiting(request) as visit:
        found = readable_file(visit.session, visit.standing, visit.link, request.path_params["number"])
        if found is None:
            raise HTTPException(404)
    headers = file_headers(found.filename) | {"content-length": str(found.size)}
    return StreamingResponse(pieces_of(request.app.state.desk.engine, found), media_type=found.media_type, headers=headers)


def file_headers(name: str) -> dict[str, str]:
    """The headers a file is handed out with; `name` is one that was cleaned."""
    plain = "".join(char if char.isascii() and char not in '"\\' else "_" for char in name)
    return {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "content-security-policy": FILES_ARE_DATA,
    }


# -- changing ------------------------------------------------------------------------------------------------------


def _upload(request: Request, sent: Sent) -> Response:
    """Take one file in. One that is refused leaves everything as it was, and the page says why."""
    with proven(request, sent) as visit:
        words, organisation = Words(visit.language), visit.link.organisation
        if sent.file is None:
            raise NotTaken([Problem(words.gettext("Choose a file first."), "file")])
        try:
            attach(
                visit.session, visit.standing, _gate(visit), organisation, sent.file, visit.writer, visit.now,
                on_behalf=visit.origin.on_behalf,
            )  # fmt: skip
        except Unfit as unfit:
            raise NotTaken([Problem(why_not(unfit.why, words), "file")]) from unfit
    return leads_to(request, "/attachments")


def _take_back(request: Request, sent: Sent) -> Response:
    """Withdraw a file that was not handed in yet."""
    with proven(request, sent) as visit:
        number, on_behalf = request.path_params["number"], visit.origin.on_behalf
        withdraw(visit.session, visit.standing, _gate(visit), visit.link.organisation, number, visit.now, on_behalf=on_behalf)
    return leads_to(request, "/attachments")


def _gate(visit: Visit) -> Gate:
    """The contribution that files are attached to; for all other links there is no such page."""
    if visit.gate is None or asked_party(visit) is None:
        raise HTTPException(404)
    return visit.gate


def _again(request: Request, visit: Visit, _sent: Sent, **told: Any) -> Response:
    return _page(request, visit, **told)


def _too_large(words: Words) -> Problem:
    return Problem(why_not(Why.TOO_LARGE, words), "file")


UPLOAD = Body(UPLOAD_BYTES, file="file", most_file=UPLOAD_BYTES)

ROUTES = [
    Route("/a/{token}/attachments", listing, methods=["GET"]),
    Route("/a/{token}/attachments", taking(_upload, _again, look=_gate, body=UPLOAD, too_large=_too_large), methods=["POST"]),
    Route("/a/{token}/attachments/{number:number}", download, methods=["GET"]),
    Route("/a/{token}/attachments/{number:number}/withdraw", taking(_take_back, _again, look=_gate), methods=["POST"]),
]
