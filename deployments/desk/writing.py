"""Writing a contribution: a page for each section, every send a save, a look over all answers, and handing in.

GET shows, only POST changes. What a page sends is brought together with what others wrote (`models.doors.drafting`).
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deployments.desk import cookies, html, written
from deployments.desk.security import read_form
from deployments.desk.visits import WRITING, Visit, as_writer, check_proof, knock, opened, opens_nothing, visiting, waking
from deployments.desk.writers import change
from deployments.desk.written import Told
from models.doors import drafting
from models.doors.answering import Offered
from models.doors.drafting import Base, Saved, StaleDraft
from models.errors import Overtaken, Refused
from models.links import BadLink
from models.merging import node_at
from tasks.forms.posted import CHOICE, Posted, act, only_list, posted
from tasks.forms.removed import bring_back
from tasks.forms.state import id_of, path_of
from tasks.forms.typed import Path
from tasks.page_answers import NotTaken
from tasks.plain import plainly
from tasks.wording import Words
from tasks.writing import Writing, languages_of

MOST_BYTES = 4 * 1024 * 1024
MOST_FIELDS = 8000
TRIES = 4
"""How often a save is tried where others save at the very same moment."""

Items = list[tuple[str, str]]


# -- showing -------------------------------------------------------------------------------------------------------


@opened
def show(request: Request) -> Response:
    """A section, or an entry of a list that has pages for its entries."""
    with visiting(request, opens=WRITING) as visit:
        writing = written.open_writing(visit)
        place = _place(request, writing)
        if place == () and not writing.is_small:
            return RedirectResponse(f"/a/{visit.token}#sections", 303)
        problems = writing.checked.problems if "check" in request.query_params else writing.slips
        return written.form_page(request, visit, writing, place, Told(problems=problems))


@opened
def look_over(request: Request) -> Response:
    """All answers before they are handed in, or what is still to be put right."""
    with visiting(request, opens=WRITING) as visit:
        return written.check_page(request, visit, written.open_writing(visit))


@opened
def printable(request: Request) -> Response:
    """The questions and answers on paper."""
    with visiting(request, opens=WRITING) as visit:
        return written.print_page(request, visit, written.open_writing(visit))


def _place(request: Request, writing: Writing, *, gone: bool = False) -> Path:
    """The page that is asked for: empty for the whole of a small contribution. HTTPException 404 where there is none.

    `gone`: an entry's page counts that somebody removed meanwhile, for what was written there must not be lost.
    """
    path = path_of(request.path_params.get("place", ""))
    if not path:
        return ()
    if writing.section(path[0]) is None or (len(path) > 1 and writing.page_of(path) != path and not (gone and writing.may_be_page(path))):
        raise HTTPException(404)
    if len(path) == 1:
        section = writing.section(path[0])
        return () if writing.is_small or section is None else (section.key,)
    return path


# -- saving --------------------------------------------------------------------------------------------------------


async def save(request: Request) -> Response:
    """Save what a page holds, and do what its button says. With JavaScript the same comes by itself, and is answered with JSON."""
    try:
        await run_in_threadpool(knock, request, WRITING)
    except BadLink as bad:
        return await run_in_threadpool(opens_nothing, request, bad)
    items = await _items(request)
    return await change(opened(lambda request: _save(request, items)), request)


async def hand_in(request: Request) -> Response:
    """Hand in what the page showed."""
    try:
        await run_in_threadpool(_check_may_write, request)
    except BadLink as bad:
        return await run_in_threadpool(opens_nothing, request, bad)
    items = await _items(request)
    return await change(opened(lambda request: _hand_in(request, dict(items))), request)


def _check_may_write(request: Request) -> None:
    """Who may not write sends no body."""
    with visiting(request, opens=WRITING) as visit:
        written.open_writing(visit)


async def _items(request: Request) -> Items:
    form = await read_form(request, MOST_BYTES, fields=MOST_FIELDS)
    try:
        return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    finally:
        await form.close()


def _save(request: Request, items: Items) -> Response:
    for _ in range(TRIES):
        try:
            return _save_once(request, items)
        except (Overtaken, IntegrityError):
            continue
    raise Overtaken("Many are writing here at once. Nothing was saved; try again.")


def _save_once(request: Request, items: Items) -> Response:
    typed = dict(items)
    by_itself = "application/json" in request.headers.get("accept", "")
    try:
        with visiting(request, drafts=True, opens=WRITING) as visit:
            words = Words(visit.language)
            check_proof(request, visit, typed, words)
            writing = written.open_writing(visit)
            place = _place(request, writing, gone=True)
            if by_itself:  # a choice is made by pressing a button
                items = [(name, value) for name, value in items if not name.startswith(CHOICE)]
            form = posted(writing.fields, items, words)
            base, name = Base.read(typed.get("base", "")), cookies.clean_writer(typed.get("writer", ""))
            writer = as_writer(name, visit.standing, visit.link) if name else visit.writer
            first = _as_typed_first(visit, writing, form, base, writer)
            if first is not None:  # what else the page said has been brought together with what others wrote, and counts no second time
                form = replace(form, changes=only_list(form.place[:-1], first.state))
            back = _bring_back(writing, form) if form.do == "back" else act(form, writing.fields, writing.saved.state)
            saved = _through_the_door(visit, writing, form, base, writer, first)
            answer = _saved(request, visit, writing.after(saved), place, form, back, by_itself)
            if writer != visit.writer:
                cookies.remember_writer(answer, request.app.state.desk.secret, name, visit.now)
            return answer
    except Overtaken:
        raise
    except BadLink:
        if by_itself:
            return JSONResponse({"problem": "link"}, 410)
        raise
    except StaleDraft as stale:
        return _not_saved(request, items, 409, str(stale), is_stale=True)
    except NotTaken as refused:
        return _not_saved(request, items, 403, refused.problems[0].message)
    except Refused as refused:
        return _not_saved(request, items, 409, str(refused))


def _through_the_door(visit: Visit, writing: Writing, form: Posted, base: Base, writer: str, first: Saved | None = None) -> Saved:
    """Save what a form says; `first` is what was saved of the same form just before, with everything that was chosen in it."""
    saved = drafting.save(
        visit.session, visit.standing, visit.asked, visit.link.organisation, form.changes, first.base if first else base, writer, visit.now,
        beginning=writing.beginning, language=writing.language, picks={} if first else form.picks,
    )  # fmt: skip
    if first is None:
        return saved
    told = (*first.conflicts, *saved.conflicts)
    return replace(saved, conflicts=told, settled=first.settled, draft=saved.draft or first.draft)


def _as_typed_first(visit: Visit, writing: Writing, form: Posted, base: Base, writer: str) -> Saved | None:
    """An entry that is removed is saved as it was typed before, so that it can be brought back like that; None where nothing is saved yet.

    Not where somebody else wrote in it since, or there is an answer to choose: then it stays, and both are told.
    """
    if form.do != "remove" or any(path[: len(form.place)] == form.place for path in form.picks):
        return None
    seen = drafting.seen_at(writing.draft, base, writing.beginning)
    entry = node_at(seen, form.place)
    if entry is None or entry != node_at(writing.saved.state, form.place):
        return None
    return _through_the_door(visit, writing, form, base, writer)


def _bring_back(writing: Writing, form: Posted) -> Path:
    """Bring an entry back that was removed; the place to come back to. Where it stands already there is nothing to do."""
    removed = writing.removed(form.place)
    if removed is not None:
        bring_back(form, writing.saved.state, removed)
        return removed.path
    if writing.entry_at(form.place) is None:
        raise Refused("This entry was removed too long ago to be brought back.")
    return form.place


def _saved(request: Request, visit: Visit, writing: Writing, place: Path, form: Posted, back: Path, by_itself: bool) -> Response:
    """What follows a save: an answer for the script, the page once more where something is to be settled or put right, or the next page."""
    conflicts = writing.saved.conflicts
    place = next((item.path for item in conflicts if item.was == place and place), place)
    if by_itself:
        return JSONResponse(
            {
                "saved": written.clock_time(visit),
                "base": str(writing.saved.base),
                "conflicts": [written.conflict_line(item, writing.words, visit) for item in conflicts],
                **written.news(writing, form, conflicts),
            }
        )
    if conflicts:
        return written.form_page(request, visit, writing, place, Told(status=409, conflicts=conflicts, problems=writing.slips))
    if form.do == "remove" and writing.removed(form.place) is not None:
        return RedirectResponse(written.address(visit, writing, back, query=f"removed={id_of(form.place)}", open_=True), 303)
    if form.do in ("add", "remove", "up", "down", "back"):
        return RedirectResponse(written.address(visit, writing, back, open_=form.do != "remove"), 303)
    wrong = [problem for problem in writing.checked.problems if not problem.is_gap and written.is_on(writing, place, problem.path)]
    if wrong and form.do in ("next", "save"):
        return written.form_page(request, visit, writing, place, Told(status=422, problems=tuple(wrong)))
    if form.do == "stay":
        return RedirectResponse(request.url.path, 303)
    return RedirectResponse(_next(request, visit, writing, place, form.do), 303)


def _next(request: Request, visit: Visit, writing: Writing, place: Path, do: str) -> str:
    home = f"/a/{visit.token}"
    if len(place) > 1:
        return f"{home}/form/{place[0]}#{id_of(place)}"
    if "check" in request.query_params:
        return f"{home}/check"
    if do == "next":
        section = writing.section(place[0]) if place else None
        following = writing.following(section) if section else None
        if following is not None:
            return f"{home}/form/{following.key}"
        if visit.only is None:
            return f"{home}/check"
    return f"{home}?saved=1#sections"


def _not_saved(request: Request, items: Items, status: int, message: str, *, is_stale: bool = False) -> Response:
    """Nothing was saved: the script hears why, a person gets the page back with everything they typed."""
    if "application/json" in request.headers.get("accept", ""):
        with visiting(request, opens=WRITING) as visit:
            return JSONResponse({"problem": plainly(Words(visit.language), visit.standing, message)}, status)
    with visiting(request, opens=WRITING) as visit:
        writing = written.open_writing(visit)
        try:
            form = posted(writing.fields, items, Words(visit.language))
        except Refused:
            form = Posted({})
        act(form, writing.fields, writing.saved.state)
        path = path_of(request.path_params.get("place", ""))
        again, conflicts = written.as_typed(writing, form, is_stale=is_stale)
        place = path if len(path) < 2 or again.page_of(path) == path else path[:1]
        told = Told(status, plainly(Words(visit.language), visit.standing, message), again.slips, conflicts)
        return written.form_page(request, visit, again, () if writing.is_small else place, told)


def _hand_in(request: Request, typed: dict[str, str]) -> Response:
    words = Words("en")
    try:
        with visiting(request, changes=True, opens=WRITING) as visit:
            words = Words(visit.language)
            check_proof(request, visit, typed, words)
            writing, gate = written.open_writing(visit), visit.gate
            if visit.only is not None or gate is None:
                raise HTTPException(405, headers={"Allow": "GET"})
            base, body = Base.read(typed.get("base", "")), writing.checked.body
            is_gone = drafting.is_handed_in(writing.draft, base, writing.beginning)
            if body is None and not is_gone:
                return written.check_page(request, visit, writing, status=422)
            language = typed.get("language", "")
            if language not in {choice.value for choice in languages_of(visit.standing, writing)}:
                language = writing.language
            offered = Offered(visit.link.organisation, language, body or {}, writer=visit.writer)
            newest = Base.read(f"{typed.get('newest', '')}.0").revision
            drafting.hand_in(
                visit.session, visit.standing, gate, offered, base, writing.beginning, visit.origin, visit.now, newest=newest
            )
            programme = visit.link.programme
    except StaleDraft as stale:
        return _look_again(request, 409, str(stale))
    except NotTaken as refused:
        return _look_again(request, 403, refused.problems[0].message)
    except BadLink:
        raise
    except Refused as refused:
        return _look_again(request, 409, str(refused))
    return RedirectResponse(f"/a/{request.path_params['token']}/receipt", 303, background=waking(request, programme))


def _look_again(request: Request, status: int, message: str) -> Response:
    with visiting(request, opens=WRITING) as visit:
        said = plainly(Words(visit.language), visit.standing, message)
        return written.check_page(request, visit, written.open_writing(visit), status=status, message=said)


def script(request: Request) -> Response:
    """The one script of the desk: it saves by itself, and copies links."""
    return Response(html.SCRIPT, media_type="text/javascript", headers=html.style_headers())


ROUTES = [
    Route("/static/desk.js", script),
    Route("/a/{token}/form", show, methods=["GET"]),
    Route("/a/{token}/form", save, methods=["POST"]),
    Route("/a/{token}/form/{place}", show, methods=["GET"]),
    Route("/a/{token}/form/{place}", save, methods=["POST"]),
    Route("/a/{token}/check", look_over, methods=["GET"]),
    Route("/a/{token}/check", hand_in, methods=["POST"]),
    Route("/a/{token}/print", printable, methods=["GET"]),
]
