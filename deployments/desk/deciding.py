"""Review and decide: the page beside the documents, the signed file that is kept whatever happens to the form, the decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from deployments.desk.attachments import texts_and_file
from deployments.desk.security import BodyTooLarge, read_upload
from deployments.desk.visits import Unproven, Visit, check_proof, opened, visiting, waking
from models.doors.attaching import Upload
from models.errors import Refused
from models.file_types import ACCEPTED, MOST_BYTES, Why
from models.gates import Gate
from models.links import BadLink
from tasks.attachments import why_not
from tasks.page_answers import NotTaken, Problem
from tasks.page_decisions import decide_by_form, keep_evidence
from tasks.page_review import review_of
from tasks.pages import Ask
from tasks.wording import Words

FORM_BYTES = 1024 * 1024
"""Of all the comments together."""

MOST_FIELDS = 1000

Again = Callable[..., Response]
"""The page once more: `again(request, typed, status, **told)`."""


def shown(visit: Visit, ask: Ask, typed: Mapping[str, str]) -> dict[str, Any]:
    """What the page of an approval shows beside what every page does; comments that were typed have their sections opened."""
    if visit.gate is None:
        return {}
    review = review_of(visit.session, visit.standing, visit.gate, visit.link, ask.language, ask.said)
    remarks = {name: text for name, text in typed.items() if name.startswith("remark.") and text.strip()}
    places = {place.field for place in review.places()}
    return {
        "review": review,
        "files_accepted": ACCEPTED,
        "open_fields": [name for name in remarks if name in places],
        "stray": [text for name, text in remarks.items() if name not in places],
    }


async def answer(request: Request, again: Again) -> Response:
    """Take the form of a decision. What was recorded is shown on the receipt, so that a reload repeats nothing."""
    try:
        form = await read_upload(request, MOST_BYTES + FORM_BYTES, max_fields=MOST_FIELDS, max_part_size=FORM_BYTES // 4)
    except BodyTooLarge as error:
        texts = error.texts
        return await run_in_threadpool(opened(lambda request: _too_large(request, texts, again)), request)
    try:
        typed, upload = await texts_and_file(form, "evidence_file")
    finally:
        await form.close()
    return await run_in_threadpool(opened(lambda request: _answer(request, typed, upload, again)), request)


def _too_large(request: Request, typed: dict[str, str], again: Again) -> Response:
    with visiting(request) as visit:
        said = why_not(Why.TOO_LARGE, Words(visit.language))
    return again(request, typed, 413, problems=[Problem(said, "evidence")])


def _answer(request: Request, typed: dict[str, str], upload: Upload | None, again: Again) -> Response:
    """First the file, which stays; then the decision, or back to the page with what is wrong and everything that was typed."""
    try:
        evidence_id = _keep(request, typed, upload)
        done = _decide(request, typed, evidence_id)
    except NotTaken as refused:
        status = 403 if isinstance(refused, Unproven) else 409 if refused.conflict else 422
        return again(request, typed, status, problems=refused.problems, conflict=refused.conflict)
    except BadLink:
        raise
    except Refused as refused:
        return again(request, typed, 409, problems=[Problem(str(refused))], conflict=True)
    return RedirectResponse(f"/a/{request.path_params['token']}/receipt", 303, background=done)


def _keep(request: Request, typed: dict[str, str], upload: Upload | None) -> int | None:
    with visiting(request, changes=True) as visit:
        words, gate = Words(visit.language), _gate(visit)
        check_proof(request, visit, typed, words)
        if not gate.spec.needs_act:
            return None
        return keep_evidence(
            visit.session, visit.standing, gate, visit.link, typed, upload, words, visit.now,
            writer=visit.writer, on_behalf=visit.origin.on_behalf,
        )  # fmt: skip


def _decide(request: Request, typed: dict[str, str], evidence_id: int | None) -> BackgroundTask:
    with visiting(request, changes=True) as visit:
        words = Words(visit.language)
        decide_by_form(
            visit.session, visit.standing, _gate(visit), visit.link, typed, evidence_id, words, visit.now,
            origin=visit.origin, writer=visit.writer,
        )  # fmt: skip
        return waking(request, visit.link.programme)


def _gate(visit: Visit) -> Gate:
    if visit.gate is None:
        raise HTTPException(405, headers={"Allow": "GET"})
    return visit.gate
