"""A contribution to work on in Word: download it, upload it again, look at every change, accept or decline."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.desk import html
from deployments.desk.attachments import file_headers
from deployments.desk.taking import NOTHING_TOLD, leads_to, proven, taking
from deployments.desk.uploads import Body, Sent
from deployments.desk.visits import ANSWERING, Visit, opened, proof_of, visiting
from models.doors import drafting, proposing
from models.doors.attaching import Upload
from models.drafts import Proposal
from models.errors import Overtaken
from models.file_types import DOCX, clean_name
from models.gates import Gate
from tasks.notice_views import scope_names
from tasks.page_answers import NotTaken, Problem
from tasks.pages import writer_party
from tasks.word_back.documents import Held, copy_of, has_texts, held, read_back
from tasks.word_back.opening import LARGEST_FILE, Unreadable
from tasks.word_back.opening import opened as opened_file
from tasks.word_back.origin import unsigned
from tasks.word_back.places import fingerprint, with_texts
from tasks.word_back.saying import whose, why_unreadable
from tasks.word_back.taking import chosen, everything, offers
from tasks.wording import Words

KIND = "word"
UPLOAD_BYTES = LARGEST_FILE + 256 * 1024
CHOICES_BYTES = 1024 * 1024
"""The form of a preview: a few letters for each change."""
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _writing(visit: Visit) -> tuple[Gate, Held]:
    """The contribution the link is for; 404 where it is none with texts, or for reading only."""
    gate = visit.gate
    if gate is None or writer_party(visit.standing, gate, visit.link) is None or not has_texts(gate.spec.contribution):
        raise HTTPException(404)
    return gate, held(visit.session, visit.standing, gate, visit.link, visit.now, Words(visit.language))


# -- download and upload -------------------------------------------------------------------------------------------


@opened
def download(request: Request) -> Response:
    """The working copy, of the contribution as it stands; `?for=libreoffice` without content controls."""
    with visiting(request, opens=ANSWERING) as visit:
        gate, found = _writing(visit)
        has_controls = request.query_params.get("for") != "libreoffice"
        data = copy_of(visit.standing, found, request.app.state.desk.secret, Words(visit.language), has_controls=has_controls)
        return Response(data, media_type=WORD, headers=file_headers(f"{gate.key}.{gate.scope}.docx"))


@opened
def start(request: Request) -> Response:
    """How it works, the form to upload, and what waits to be looked at."""
    with visiting(request, opens=ANSWERING) as visit:
        return _start_page(request, visit)


def _start_page(request: Request, visit: Visit, **told: Any) -> Response:
    gate, _ = _writing(visit)
    there = proposing.waiting(visit.session, gate, visit.link.organisation, KIND)
    return _page(request, visit, gate, "word", waiting=there, **told)


def _page(request: Request, visit: Visit, gate: Gate, template: str, **shown: Any) -> Response:
    zone = visit.standing.definition.organisation(visit.link.organisation).zone
    return html.page(
        template,
        visit.language,
        programme=visit.standing.programme,
        title=gate.spec.title,
        about=scope_names(visit.standing, gate.scope),
        token=visit.token,
        proof=proof_of(request, visit),
        at=html.clock_in(visit.language, zone),
        **{**NOTHING_TOLD, **shown},
    )


def _upload(request: Request, sent: Sent) -> Response:
    """Read a document that came back. It changes nothing yet: its changes are shown first."""
    with proven(request, sent, opens=ANSWERING, changes=False) as visit:  # reading takes a second and must not lock the programme
        try:
            returned = _read(request, visit, sent.file)
        except Unreadable as bad:
            raise NotTaken([Problem(why_unreadable(bad.reason, Words(visit.language)), "file")]) from bad
    with proven(request, sent, opens=ANSWERING) as visit:
        gate, _ = _writing(visit)
        organisation = visit.link.organisation
        number = proposing.receive(visit.session, visit.standing, gate, organisation, returned, visit.writer, visit.now).id
    return leads_to(request, f"/word/{number}")


def _too_large(words: Words) -> Problem:
    return Problem(why_unreadable("large", words), "file")


def _again(request: Request, visit: Visit, _sent: Sent, **told: Any) -> Response:
    return _start_page(request, visit, **told)


def _read(request: Request, visit: Visit, file: Upload | None) -> proposing.Returned:
    gate, found = _writing(visit)
    data = file.data if file else b""
    document = opened_file(data)
    origin = unsigned(request.app.state.desk.secret, document.token)
    wrong = whose(visit.standing, gate, visit.link.organisation, origin, Words(visit.language))
    if wrong or origin is None:
        raise NotTaken([Problem(wrong, "file")])
    body = read_back(visit.session, visit.standing, found, origin, document)
    name = clean_name(file.filename if file else "", DOCX)
    return proposing.Returned(KIND, name, hashlib.sha256(data).hexdigest(), body)


# -- looking at it and taking it over ------------------------------------------------------------------------------


@opened
def preview(request: Request) -> Response:
    """Every change of a document beside what is held, or what came of it."""
    with visiting(request, opens=ANSWERING) as visit:
        return _preview_page(request, visit)


def _preview_page(request: Request, visit: Visit, *, typed: dict[str, str] | None = None, **told: Any) -> Response:
    gate, found = _writing(visit)
    proposal = _proposal(request, visit, gate)
    if proposal.settled_at is not None:
        return _page(request, visit, gate, "word_settled", proposal=proposal, **told)
    words = Words(visit.language)
    places = list(found.section(words).places())
    offered = offers(proposal.body, places, visit.only, same_draft=proposal.body["revision"] == found.saved.base.revision)
    return _page(
        request, visit, gate, "word_preview", proposal=proposal, file=proposal.body,
        offers=offered, typed=everything(offered) if typed is None else typed, seen=fingerprint(places),
        is_older=(proposal.body["revision"], proposal.body["save"]) != (found.saved.base.revision, found.saved.base.save), **told,
    )  # fmt: skip


def _proposal(request: Request, visit: Visit, gate: Gate) -> Proposal:
    number = request.path_params["number"]
    found = proposing.proposal_of(visit.session, gate, visit.link.organisation, KIND, number)
    if found is None:
        raise HTTPException(404)
    return found


def _settle(request: Request, sent: Sent) -> Response:
    """Take over what was accepted, into the draft; or nothing of it."""
    try:
        with proven(request, sent, opens=ANSWERING) as visit:
            _take(request, visit, sent.texts)
    except IntegrityError as error:
        raise Overtaken("Many are writing here at once. Nothing was saved; try again.") from error
    return leads_to(request, f"/word/{request.path_params['number']}")


def _shown_again(request: Request, visit: Visit, sent: Sent, **told: Any) -> Response:
    return _preview_page(request, visit, typed=sent.texts, **told)


def _take(request: Request, visit: Visit, typed: dict[str, str]) -> None:
    """One save of the draft with everything that was accepted. NotTaken where the draft has changed since the page was shown."""
    gate, found = _writing(visit)
    proposal = _proposal(request, visit, gate)
    words = Words(visit.language)
    proposing.check_waits(proposal)
    places = list(found.section(words).places())
    offered = offers(proposal.body, places, visit.only, same_draft=proposal.body["revision"] == found.saved.base.revision)
    form = {"all": {**typed, **everything(offered)}, "none": {}}.get(typed.get("take", ""), typed)
    taken = chosen(offered, form)
    if taken.texts and typed.get("seen") != fingerprint(places):
        said = words.gettext(
            "Somebody has changed the draft since this page was shown. Nothing was taken over yet: look at the texts once more. "
            "Your choices are kept."
        )
        raise NotTaken([Problem(said)], conflict=True)
    if taken.texts:
        drafting.save(
            visit.session, visit.standing, gate, visit.link.organisation, with_texts(found.saved.state, taken.texts), found.saved.base,
            visit.writer, visit.now, beginning=found.beginning, language=found.language,
        )  # fmt: skip
    outcome = {"accepted": taken.accepted, "declined": taken.declined, "texts": len(taken.texts)}
    if taken.texts:
        proposing.take_over(visit.session, visit.standing, gate, proposal, outcome, visit.origin, visit.now)
    else:
        proposing.settle(proposal, outcome, visit.now)


UPLOAD = Body(UPLOAD_BYTES, file="file", most_file=UPLOAD_BYTES)
CHOICES = Body(CHOICES_BYTES)

ROUTES = [
    Route("/a/{token}/plan.docx", download),
    Route("/a/{token}/word", start, methods=["GET"]),
    Route(
        "/a/{token}/word",
        taking(_upload, _again, opens=ANSWERING, look=_writing, body=UPLOAD, too_large=_too_large, reads_a_file=True),
        methods=["POST"],
    ),
    Route("/a/{token}/word/{number:number}", preview, methods=["GET"]),
    Route("/a/{token}/word/{number:number}", taking(_settle, _shown_again, opens=ANSWERING, look=_writing, body=CHOICES), methods=["POST"]),
]
