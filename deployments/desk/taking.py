"""Taking the form of a page behind a link: look who knocks, read it, carry it out, or show the page again with what is wrong.

One chain for every such form. `do` carries it out and answers; what it raises (NotTaken, Refused) becomes the page once more, in the
reader's language, with everything that was typed. `told` is the part of it that the coordinator's side shares.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from deployments.desk.security import is_proof
from deployments.desk.uploads import Body, Crowded, NoProof, NotReceived, Sent, received
from deployments.desk.visits import PAGES, Unproven, Visit, check_proof, knock, opened, opens_nothing, visiting, waking
from deployments.desk.writers import change
from models.errors import Refused
from models.links import BadLink, Purpose
from models.standing import Standing
from tasks.page_answers import NotTaken, Problem
from tasks.plain import plainly
from tasks.wording import Words

RETRY_AFTER = 30
"""Seconds after which somebody who found no place may try again."""

Handle = Callable[[Request], Awaitable[Response]]
Do = Callable[[Request, Sent], Response]
"""Carries a form out, in visits of its own, and says where to go then."""
Show = Callable[..., Response]
"""The page once more: `show(request, visit, sent, status=…, problems=…, conflict=…)`."""


NOTHING_TOLD: Mapping[str, Any] = {"problems": (), "conflict": False}
"""What a page has to say that is shown for the first time."""


@dataclass(frozen=True)
class Told:
    """What a page says that is shown again. `conflict`: not for a mistake in the form, but because things stand differently by now."""

    status: int
    problems: list[Problem]
    conflict: bool = False

    @property
    def shown(self) -> dict[str, Any]:
        """As pages take it."""
        return {"status": self.status, "problems": self.problems, "conflict": self.conflict}


def told(error: NotTaken | Refused, words: Words, standing: Standing) -> Told:
    """Why nothing was recorded: 403 for a form that is not from its page, 422 for one to be put right, 409 where things have changed."""
    if isinstance(error, Refused):
        said = plainly(words, standing, str(error))
        return Told(422, [Problem(said, error.about)]) if error.about else Told(409, [Problem(said)], conflict=True)
    status = 403 if isinstance(error, Unproven) else 409 if error.conflict else 422
    return Told(status, error.problems, error.conflict)


def taking(
    do: Do,
    show: Show,
    *,
    opens: frozenset[Purpose] = PAGES,
    look: Callable[[Visit], object] | None = None,
    body: Body | None = None,
    too_large: Callable[[Words], Problem] | None = None,
    reads_a_file: bool = False,
) -> Handle:
    """The handler of a form that links of these purposes may send.

    `look` raises where its sender may not send it at all, before anything of it is read; without, only the link is looked at.
    `too_large` says that the file is; without, a plain page does. `reads_a_file`: `do` looks into one before it changes anything, which
    takes long, and nobody else's change shall wait for it.
    """
    return _Form(do, show, opens, look, body or Body(), too_large, reads_a_file).handle


@dataclass(frozen=True)
class _Form:
    """What is known of a form before anybody sends it."""

    do: Do
    show: Show
    opens: frozenset[Purpose]
    look: Callable[[Visit], object] | None
    body: Body
    too_large: Callable[[Words], Problem] | None
    reads_a_file: bool

    async def handle(self, request: Request) -> Response:
        try:
            await run_in_threadpool(self._look, request)
        except BadLink as bad:
            return await run_in_threadpool(opens_nothing, request, bad)
        secret, token = request.app.state.desk.secret, request.path_params["token"]
        try:
            async with received(request, self.body, lambda given: is_proof(secret, token, given)) as sent:
                return await change(opened(lambda request: self._take(request, sent)), request, reads_a_file=self.reads_a_file)
        except NotReceived as error:
            refused = error
        return await run_in_threadpool(opened(lambda request: self._not_received(request, refused)), request)

    def _look(self, request: Request) -> None:
        """Who may not send it sends no body."""
        if self.look is None:
            knock(request, self.opens)
            return
        with visiting(request, opens=self.opens) as visit:
            self.look(visit)

    def _take(self, request: Request, sent: Sent) -> Response:
        try:
            return self.do(request, sent)
        except BadLink:
            raise
        except (NotTaken, Refused) as error:
            with visiting(request, opens=self.opens) as visit:
                return self.show(request, visit, sent, **told(error, Words(visit.language), visit.standing).shown)

    def _not_received(self, request: Request, error: NotReceived) -> Response:
        with visiting(request, opens=self.opens) as visit:
            words = Words(visit.language)
            if isinstance(error, NoProof):
                return self.show(request, visit, error.sent, **told(Unproven.said_in(words), words, visit.standing).shown)
            if isinstance(error, Crowded):
                answer = self.show(request, visit, error.sent, status=503, problems=[Problem(_crowded(words))], conflict=True)
                answer.headers["retry-after"] = str(RETRY_AFTER)
                return answer
            if self.too_large is None:
                raise HTTPException(413)
            return self.show(request, visit, error.sent, status=413, problems=[self.too_large(words)], conflict=False)


def _crowded(words: Words) -> str:
    return words.gettext(
        "Many large files are being sent at this moment. Nothing was recorded and nothing is lost: wait half a minute, choose the file "
        "again and send it."
    )


@contextmanager
def proven(request: Request, sent: Sent, *, opens: frozenset[Purpose] = PAGES, changes: bool = True) -> Iterator[Visit]:
    """The visit in which a form is carried out; Unproven where it does not come from its page."""
    with visiting(request, changes=changes, opens=opens) as visit:
        check_proof(request, visit, sent.texts, Words(visit.language))
        yield visit


def leads_to(request: Request, place: str, *, wake: str = "") -> Response:
    """Away from a form that was taken, to a page of the same link, so that a reload repeats nothing. `wake`: the programme's runs."""
    return RedirectResponse(f"/a/{request.path_params['token']}{place}", 303, background=waking(request, wake) if wake else None)
