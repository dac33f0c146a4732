"""Pages for everybody: the front page, published documents, one-stop shops. Whether all is well is `health`."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from deployments.desk import html
from deployments.desk.security import DOCUMENTS
from models.database import reading
from models.programme import Programme
from models.standing import load
from tasks.pages import view_of
from tasks.rendering import render_html
from tasks.shelf import MEDIA_TYPES, file_of, published_edition, shelves, site_file
from tasks.wording import is_spoken

SITE_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".pdf": "application/pdf",
}
IN_A_WHILE = {"cache-control": "public, max-age=300"}


def front(request: Request) -> Response:
    """What this is; it lists nothing."""
    return html.page("front")


def style(request: Request) -> Response:
    """The one style sheet."""
    return Response(html.STYLE, media_type="text/css", headers=html.style_headers())


def icon(request: Request) -> Response:
    """Browsers ask for one; there is none."""
    return Response(status_code=204, headers=html.style_headers())


# -- documents -----------------------------------------------------------------------------------------------------


def documents(request: Request) -> Response:
    """What is published, by programme."""
    desk = request.app.state.desk
    with reading(desk.engine) as session:
        found = shelves(session, desk.documents)
    return html.page("documents", shelves=found)


def published_file(request: Request) -> Response:
    """A published document: its file, or the page rendered on the fly. Rows say which file; nothing of the address reaches the disk."""
    desk, wanted = request.app.state.desk, request.path_params
    language, format_ = wanted["language"], wanted["format"]
    if format_ not in MEDIA_TYPES or not is_spoken(language):
        raise HTTPException(404)
    with reading(desk.engine) as session:
        programme = session.get(Programme, wanted["programme"])
        standing = load(session, programme.id) if programme and not programme.rehearsal else None
        edition = published_edition(standing, wanted["number"], wanted["scope"]) if standing else None
        if standing is None or edition is None:
            raise HTTPException(404)
        path = file_of(edition, desk.documents, format_, language)
        if path is not None:
            return FileResponse(path, media_type=MEDIA_TYPES[format_], headers={**IN_A_WHILE, "content-security-policy": DOCUMENTS})
        if format_ != "html":
            raise HTTPException(404)
        return html.document(render_html(view_of(standing, edition, language)))


def shop_address(request: Request) -> Response:
    """A shop's pages link each other as neighbours, so its address ends in a slash."""
    return RedirectResponse(f"/shops/{request.path_params['city']}/", 308)


def shop(request: Request) -> Response:
    """A file of a city's one-stop shop, once it is built."""
    desk = request.app.state.desk
    with reading(desk.engine) as session:
        path = site_file(session, desk.documents, request.path_params["city"], request.path_params["path"])
    if path is None or path.suffix not in SITE_TYPES:
        raise HTTPException(404)
    headers = {**IN_A_WHILE, "content-security-policy": DOCUMENTS, "x-robots-tag": "all"}
    return FileResponse(path, media_type=SITE_TYPES[path.suffix], headers=headers)


ROUTES = [
    Route("/", front),
    Route("/static/desk.css", style),
    Route("/favicon.ico", icon),
    Route("/documents", documents),
    Route("/documents/", documents),
    Route("/documents/{programme}/{number}/{scope}/{language}.{format}", published_file),
    Route("/shops/{city}", shop_address),
    Route("/shops/{city}/{path:path}", shop),
]
