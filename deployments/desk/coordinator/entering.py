"""What every page of the coordinator's side begins with: a session of this very programme, and for a form that it comes from its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from deployments.desk import html
from deployments.desk.coordinator import sessions
from deployments.desk.coordinator.sessions import SignedIn
from deployments.desk.languages import chosen
from deployments.desk.security import read_form
from deployments.desk.taking import told
from deployments.desk.visits import Unproven
from deployments.desk.writers import change
from models import clock
from models.database import changing, reading
from models.errors import Refused
from models.gates import Gate
from models.standing import Standing, load
from tasks.coordinator_pages import language_of, zone_of
from tasks.page_answers import NotTaken
from tasks.wording import Words

SMALL = 32 * 1024

DONE = frozenset({"promise", "promise-withdrawn", "granted", "declined", "links", "sent", "tray", "all-out"})
"""What a page may say has just been done; anything else in an address is ignored."""


class SignInFirst(Exception):
    """Nobody is signed in to this programme here; whether there is such a programme is not said."""


@dataclass(frozen=True)
class Entered:
    """One request of a coordinator who is signed in."""

    request: Request
    signed: SignedIn
    now: datetime
    session: Session
    standing: Standing

    @property
    def language(self) -> str:
        """The language chosen in this browser, else the coordination's."""
        return chosen() or language_of(self.standing)

    @property
    def home(self) -> str:
        """The address of the programme's page."""
        return f"/coordinator/{self.standing.programme.id}"

    @property
    def gate(self) -> Gate:
        """The gate in the address; HTTPException 404 where this programme has none of that number."""
        found = self.standing.gate_by_id(self.request.path_params["gate"])
        if found is None:
            raise HTTPException(404)
        return found

    def page(self, template: str, status: int = 200, **shown: Any) -> Response:
        """A page of this side, with what all of them need."""
        done = self.request.query_params.get("done", "")
        nothing: dict[str, Any] = {"problems": [], "faults": None, "conflict": False, "typed": {}}
        return html.page(
            f"coordinator/{template}",
            self.language,
            status=status,
            home=self.home,
            programme=self.standing.programme,
            proof=sessions.proof_of(self.request, self.signed),
            at=clock_of(self.standing, self.language),
            done=done if done in DONE else "",
            **(nothing | shown),
        )


def clock_of(standing: Standing, language: str) -> Callable[[datetime], str]:
    """Says a moment on the coordinator's clock."""
    locale, zone = Words(language).locale, ZoneInfo(zone_of(standing))
    return lambda at: format_datetime(at.astimezone(zone), "EEE d MMM y, HH:mm", locale=locale)


@contextmanager
def entering(request: Request, *, changes: bool = False) -> Iterator[Entered]:
    """The programme in the address, for whoever is signed in to it; SignInFirst for everybody else."""
    engine, programme = request.app.state.desk.engine, request.path_params["programme"]
    now = clock.now(engine)
    with changing(engine) if changes else reading(engine) as session:
        signed = sessions.signed_in(request, session, now).get(programme)
        if signed is None:
            raise SignInFirst
        yield Entered(request, signed, now, session, load(session, programme, locked=changes))


def inside(handle: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """A page of this side: who is not signed in is led to where one signs in."""

    def handled(request: Request) -> Response:
        try:
            return handle(request)
        except SignInFirst:
            return RedirectResponse("/coordinator", 303)

    return handled


Form = Mapping[str, str]
Do = Callable[[Entered, Form], str]
"""Carries a form out and says where to go then."""
Show = Callable[..., Response]
"""Shows the page a form came from once more: called with `status`, `problems`, `conflict` and `typed`."""


def taking(do: Do, show: Show, wake: Callable[[Request, str], Any] | None = None) -> Callable[[Request], Any]:
    """The handler of a form: proven, carried out in one transaction, then away from it; or the page again with what is wrong."""

    async def handle(request: Request) -> Response:
        form = await read_form(request, SMALL)
        typed = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        await form.close()
        return await change(inside(lambda request: _take(request, typed, do, show, wake)), request)

    return handle


def _take(request: Request, typed: Form, do: Do, show: Show, wake: Callable[[Request, str], Any] | None) -> Response:
    try:
        with entering(request, changes=True) as entered:
            if not sessions.is_proven(request, entered.signed, typed.get("proof", "")):
                raise Unproven.said_in(Words(entered.language))
            to = do(entered, typed)
            programme = entered.standing.programme.id
    except (NotTaken, Refused) as error:
        with entering(request) as entered:
            again = told(error, Words(entered.language), entered.standing)
        return show(request, typed=typed, **again.shown)
    return RedirectResponse(to, 303, background=wake(request, programme) if wake else None)
