"""The app: what it needs to run, its routes, its start. What the routes do is `asked` (signed pages) and `public` (everybody's)."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from anyio.to_thread import current_default_thread_limiter
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import Lifespan

from deployments.desk import (
    access,
    asked,
    attachments,
    health,
    html,
    languages,
    organisation,
    public,
    wishes,
    word_back,
    workbooks,
    writers,
    writing,
)
from deployments.desk.coordinator import acting, looking, signing, tray
from deployments.desk.languages import PreferredLanguage
from deployments.desk.limits import Limits, Proxies, RateLimits
from deployments.desk.security import SecurityHeaders, keep_tokens_out_of_logs
from deployments.desk.uploads import Bodies
from deployments.desk.waker import Nudge, Waker, wake_in_prefect
from deployments.desk.watch import Patience, Watch, Watching, kept
from models import database, settings
from models.errors import ProgrammeError
from models.links import check_secret

log = logging.getLogger(__name__)

AT_ONCE = 3
"""Pages that are made at once; the others wait in the order they came. They are computing, and more threads than cores make them slower:
with eight, fifty partners got 56 answers a second, with three 76, for threads that take turns cost. One more than cores, so that a slow
page does not stop the rest; and whoever holds the database to write shares the processor with so many only, for all other writers wait.
"""


@dataclass(frozen=True)
class Desk:
    """What the pages work with."""

    engine: Engine
    secret: str
    documents: Path

    @classmethod
    def from_environment(cls) -> Desk:
        """As configured; ProgrammeError where there is no secret to check links with, or one that everybody knows."""
        secret = settings.link_secret()
        if not secret:
            raise ProgrammeError("The secret that links are signed with is empty. Set DESK_SECRET, or start with `make up`.")
        check_secret(secret, rehearsal=False)
        Proxies.named(settings.desk_proxies())
        return cls(database.current_engine(), secret, settings.documents_folder())


def _serving(watching: Watching) -> Lifespan[Starlette]:
    """What is there while the desk serves: the places of its threads, its configuration, its watch."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        keep_tokens_out_of_logs()
        current_default_thread_limiter().total_tokens = AT_ONCE
        if app.state.desk is None:
            app.state.desk = Desk.from_environment()
        if app.state.limits is not None:
            app.state.limits.proxies = Proxies.named(settings.desk_proxies())
        app.state.closing.clear()
        try:
            with kept(Watch(app.state.desk.engine, app.state.desk.secret, app.state.patience, watching)):
                yield
        finally:
            app.state.closing.set()  # the server waits for threads that pause

    return lifespan


def create_app(desk: Desk | None = None, nudge: Nudge | None = None, watching: Watching | None = None) -> Starlette:
    """The desk. Without `desk` the environment is read at the start, which fails where there is no secret.

    `nudge` wakes the runs of a programme; without, a thread does. While it serves, it watches whether the sweep runs.
    """
    watching = watching or Watching()

    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(SecurityHeaders), Middleware(PreferredLanguage), Middleware(RateLimits)],
        exception_handlers={
            HTTPException: html.on_http_error,
            ClientDisconnect: html.on_lost_connection,
            ProgrammeError: html.on_known_error,
            Exception: html.on_defect,
        },
        lifespan=_serving(watching),
    )
    app.router.redirect_slashes = False  # its redirects repeat the Host header, which anybody can set
    app.state.desk = desk
    app.state.nudge = nudge or Waker(wake_in_prefect).wake
    app.state.limits = Limits()
    app.state.bodies = Bodies()
    app.state.writers = writers.places()
    app.state.files = writers.places_for_files()
    app.state.patience = Patience(watching)
    app.state.closing = Event()
    return app


ROUTES = [
    Route("/health", health.health),
    *public.ROUTES,
    *languages.ROUTES,
    *access.ROUTES,
    *organisation.ROUTES,
    *asked.ROUTES,
    *wishes.ROUTES,
    *signing.ROUTES,
    *acting.ROUTES,
    *looking.ROUTES,
    *tray.ROUTES,
    *attachments.ROUTES,
    *writing.ROUTES,
    *word_back.ROUTES,
    *workbooks.ROUTES,
]
"""Each module of pages brings its own."""
