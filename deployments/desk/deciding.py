"""Review and decide: the page beside the documents, the signed file that is kept whatever happens to the form, the decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from deployments.desk.taking import Handle, Show, leads_to, proven, taking
from deployments.desk.uploads import Body, Sent
from deployments.desk.visits import Visit
from models.file_types import ACCEPTED, MOST_BYTES, Why
from models.gates import Gate
from tasks.attachments import why_not
from tasks.page_answers import Problem
from tasks.page_decisions import decide_by_form, keep_evidence
from tasks.page_review import review_of
from tasks.pages import Ask
from tasks.wording import Words

FORM_BYTES = 1024 * 1024
"""Of all the comments together."""

MOST_FIELDS = 1000


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


def answering(show: Show) -> Handle:
    """Takes the form of a decision; `show` is the page once more."""
    body = Body(MOST_BYTES + FORM_BYTES, MOST_FIELDS, "evidence_file", MOST_BYTES, FORM_BYTES)
    return taking(_answer, show, body=body, too_large=lambda words: Problem(why_not(Why.TOO_LARGE, words), "evidence"))


def _answer(request: Request, sent: Sent) -> Response:
    """First the file, which stays; then the decision, or back to the page with what is wrong and everything that was typed."""
    evidence_id = _keep(request, sent)
    with proven(request, sent) as visit:
        decide_by_form(
            visit.session, visit.standing, _gate(visit), visit.link, sent.texts, evidence_id, Words(visit.language), visit.now,
            origin=visit.origin, writer=visit.writer,
        )  # fmt: skip
    return leads_to(request, "/receipt", wake=visit.link.programme)


def _keep(request: Request, sent: Sent) -> int | None:
    with proven(request, sent) as visit:
        gate = _gate(visit)
        if not gate.spec.needs_act:
            return None
        return keep_evidence(
            visit.session, visit.standing, gate, visit.link, sent.texts, sent.file, Words(visit.language), visit.now,
            writer=visit.writer, on_behalf=visit.origin.on_behalf,
        )  # fmt: skip


def _gate(visit: Visit) -> Gate:
    if visit.gate is None:
        raise HTTPException(405, headers={"Allow": "GET"})
    return visit.gate
