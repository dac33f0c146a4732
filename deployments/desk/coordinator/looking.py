"""What the coordinator reads beside what waits: a phase with all it asks, what was handed in, and the files that came with it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from deployments.desk.attachments import file_headers
from deployments.desk.coordinator.entering import entering, inside
from models import settings
from models.contributions import Attachment
from tasks.attachments import pieces_of
from tasks.handed_in import whole
from tasks.notice_views import scope_names
from tasks.phase_page import phase_page
from tasks.wording import Words


@inside
def phase(request: Request) -> Response:
    """Every gate of a phase: done, open, to come."""
    with entering(request) as entered:
        found = phase_page(entered.standing, request.path_params["number"], entered.standing.today(entered.now))
        if found is None:
            raise HTTPException(404)
        return entered.page("phase", phase=found, prefect=settings.prefect_ui())


@inside
def revision(request: Request) -> Response:
    """What somebody handed in at a gate, whole."""
    with entering(request) as entered:
        gate, words = entered.gate, Words(entered.language)
        found = whole(entered.session, entered.standing, gate, request.path_params["revision"], words, entered.now)
        if found is None:
            raise HTTPException(404)
        about = scope_names(entered.standing, gate.scope)
        return entered.page("revision", found=found, gate_id=gate.id, title=gate.spec.title, about=about)


@inside
def file(request: Request) -> Response:
    """A file that partners of this programme attached, handed in or not. It is saved and never shown: what is inside is not ours."""
    with entering(request) as entered:
        found = entered.session.get(Attachment, request.path_params["number"])
        if found is None or found.programme_id != entered.standing.programme.id:
            raise HTTPException(404)
    headers = file_headers(found.filename) | {"content-length": str(found.size)}
    return StreamingResponse(pieces_of(request.app.state.desk.engine, found), media_type=found.media_type, headers=headers)


ROUTES = [
    Route("/coordinator/{programme}/phase/{number:number}", phase, methods=["GET"]),
    Route("/coordinator/{programme}/gate/{gate:number}/revision/{revision:number}", revision, methods=["GET"]),
    Route("/coordinator/{programme}/files/{number:number}", file, methods=["GET"]),
]
