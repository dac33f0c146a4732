"""What the pages for writing show. Which page follows what is `writing`; what a page is made of is `tasks.writing`."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_time, format_timedelta
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from deployments.desk import attachments, html
from deployments.desk.visits import Visit, proof_of
from models.doors.drafting import Conflict
from models.merging import UNSEEN, Clash, merge, text_at
from tasks.decided import role_title
from tasks.forms.posted import Posted
from tasks.forms.sections import Progress
from tasks.forms.state import at, field_at, id_of, order_of, path_of, with_blank_entries
from tasks.forms.typed import Path, Problem, shown
from tasks.notice_views import scope_names
from tasks.page_fields import Field, Form
from tasks.page_remarks import Returned, returned_to
from tasks.pages import counting, writer_party
from tasks.wording import Words
from tasks.writing import Writing, entry_page, languages_of, writing_of


@dataclass(frozen=True)
class Told:
    """What a page says beside its questions: what is to be put right, what is to be settled, why nothing was saved."""

    status: int = 200
    message: str = ""
    problems: Sequence[Problem] = ()
    conflicts: Sequence[Conflict] = ()


def open_writing(visit: Visit) -> Writing:
    """The contribution the visit is about; HTTPException 404 where its reader may not write at one."""
    gate = visit.gate
    if gate is None or writer_party(visit.standing, gate, visit.link) is None:
        raise HTTPException(404)
    return writing_of(visit.session, visit.standing, gate, visit.link, visit.only, visit.now, Words(visit.language))


# -- pages ---------------------------------------------------------------------------------------------------------


def form_page(request: Request, visit: Visit, writing: Writing, place: Path, told: Told) -> Response:
    """The questions of a section, of a whole small contribution, or of one entry."""
    conflicts = {item.path: item for item in told.conflicts if item.clash is Clash.TEXT}
    view = replace(writing.view(item for item in told.problems if item.path not in conflicts), conflicts=conflicts)
    section = writing.section(place[0]) if place else writing.sections[0]
    if section is None:
        raise HTTPException(404)
    entry = entry_page(writing, place, view) if len(place) > 1 else None
    if len(place) > 1 and entry is None:
        raise HTTPException(404)  # somebody removed it
    problems = [problem for problem in told.problems if is_on(writing, place, problem.path) and problem.path not in view.conflicts]
    nodes = entry.children if entry else view.nodes(section.fields, writing.saved.state)
    title = f"{entry.label}: {entry.summary}" if entry and entry.summary else entry.label if entry else section.title(writing.words)
    return _page(
        "form",
        request,
        visit,
        writing,
        status=told.status,
        title=title if entry or not writing.is_small else "",
        nodes=nodes,
        entry=entry,
        place=id_of(place),
        above=section.key if entry else "",
        number=writing.sections.index(section) + 1,
        count=len(writing.sections),
        is_last=writing.following(section) is None,
        problems=problems,
        wheres={problem.field: _where(writing, problem.path) for problem in problems},
        message=told.message,
        conflicts=[conflict_line(item, writing.words, visit) for item in told.conflicts],
        open_id=request.query_params.get("open", ""),
        removed=_removed(writing, place, path_of(request.query_params.get("removed", ""))),
        checking="check" in request.query_params,
    )


def _removed(writing: Writing, place: Path, path: Path) -> dict[str, str] | None:
    """An entry that was just removed from a list of this page, so that it can be brought back: its list, its id, what it is called."""
    found = writing.removed(path)
    if found is None or writing.page_of(path[:-1]) != place:
        return None
    entry = writing.view().entry(found.asked, found.entry, path, found.number)
    return {"list": found.list_id, "id": found.id, "label": f"{entry.label}: {entry.summary}" if entry.summary else entry.label}


def check_page(request: Request, visit: Visit, writing: Writing, *, status: int = 200, message: str = "") -> Response:
    """All answers with links to change them; what is still to be put right; and, where nothing is, the button that hands in."""
    view = writing.view()
    answers = [(section, view.nodes(section.fields, writing.saved.state)) for section in writing.sections]
    problems = writing.checked.problems
    return _page(
        "form_check",
        request,
        visit,
        writing,
        status=status,
        message=message,
        problems=[(problem, address(visit, writing, problem.path, query="check"), _where(writing, problem.path)) for problem in problems],
        shown=[(section.title(writing.words), f"/a/{visit.token}/form/{section.key}?check", nodes) for section, nodes in answers],
        languages=languages_of(visit.standing, writing),
        state=visit.asked.state,
        counts=counting(visit.session, visit.asked, visit.link.organisation),
        files=attachments.shown(visit)["files"],
    )


def print_page(request: Request, visit: Visit, writing: Writing) -> Response:
    """The same questions and answers for paper, with room to write where nothing is answered yet."""
    view = writing.view()
    state = with_blank_entries(writing.fields, writing.saved.state)
    asked = [(section.title(writing.words), view.nodes(section.fields, state)) for section in writing.sections]
    return _page("form_print", request, visit, writing, shown=asked)


def overview(request: Request, visit: Visit) -> dict[str, Any]:
    """What the page of a contribution shows of the writing: its sections and how far they are."""
    writing = open_writing(visit)
    rows = writing.rows()
    return {
        "rows": rows,
        "finished": sum(row.progress is Progress.COMPLETE for row in rows),
        "draft": writing.draft,
        "last_save": writing.last_save,
        "overtaken": writing.is_overtaken,
        "is_small": writing.is_small,
        "ago": lambda when: ago(writing.words, when, visit.now),
        "just_saved": "saved" in request.query_params,
        "own_page": False,
        "returned": returned(visit, writing.words),
        **attachments.shown(visit),
    }


def handed_on_page(request: Request, visit: Visit) -> Response:
    """The first page of a section that was handed on."""
    writing = open_writing(visit)
    shown = overview(request, visit)
    return _page(
        "form_handed_on",
        request,
        visit,
        writing,
        parts=[section.title(writing.words) for section in writing.sections],
        role=role_title(visit.link.role),
        opens_through=visit.link.expires_on,
        is_begun=any(row.is_begun for row in shown["rows"]),
        **shown,
    )


def returned(visit: Visit, words: Words) -> Returned:
    """The comments with which the contribution came back."""
    return returned_to(visit.session, visit.standing, visit.asked, visit.link.organisation, words)


def _page(template: str, request: Request, visit: Visit, writing: Writing, *, status: int = 200, **more: Any) -> Response:
    gate, standing = visit.asked, visit.standing
    organisation = standing.definition.organisation(visit.link.organisation)
    known: dict[str, Any] = {
        "programme": standing.programme,
        "gate_title": gate.spec.title,
        "asks": gate.spec.asks,
        "about": scope_names(standing, gate.scope),
        "name": organisation.name,
        "due_on": gate.due_on if gate.is_open else None,
        "token": visit.token,
        "proof": proof_of(request, visit),
        "base": str(writing.saved.base),
        "writer": visit.writer,
        "last_save": writing.last_save,
        "overtaken": writing.is_overtaken,
        "is_part": visit.only is not None,
        "writing": writing,
        "ago": lambda when: ago(writing.words, when, visit.now),
        "who_of": lambda conflict: who(conflict, writing.words),
        "is_own": is_own,
        "at": html.clock_in(visit.language, organisation.zone),
        "returned": more["returned"] if "returned" in more else returned(visit, writing.words),
        "script_address": html.SCRIPT_ADDRESS,
    }
    answer = html.page(template, visit.language, status=status, **(known | more))
    if template == "form":
        answer.headers["content-security-policy"] = html.WITH_SCRIPT
    return answer


# -- places --------------------------------------------------------------------------------------------------------


def address(visit: Visit, writing: Writing, path: Path, *, query: str = "", open_: bool = False) -> str:
    """Where a place is asked, with the place itself after the hash."""
    page = writing.page_of(path)
    asked = "&".join(filter(None, (query, f"open={id_of(path)}" if open_ and len(path) > len(page) else "")))
    way = f"/a/{visit.token}/form" + (f"/{id_of(page)}" if page else "")
    hash_ = "" if not path or (path == page and len(path) > 1) else f"#{id_of(path)}"
    return way + (f"?{asked}" if asked else "") + hash_


def is_on(writing: Writing, place: Path, path: Path) -> bool:
    """Whether a place is asked on that page."""
    return bool(path) and writing.page_of(path) == place


def _where(writing: Writing, path: Path) -> str:
    """A place in words: "Need 2, title"."""
    words = writing.words
    said: list[str] = []
    for length in range(1, len(path) + 1):
        asked = field_at(writing.fields, path[:length])
        found = writing.entry_at(path[:length]) if length > 1 else None
        if found and asked:
            said[-1] = f"{words.label(asked.entry or asked.name)} {words.number(found[1])}"
        elif asked:
            said.append(words.label(asked.name) if not said else words.label(asked.name).lower())
    return ", ".join(said)


# -- conflicts -----------------------------------------------------------------------------------------------------


def as_typed(writing: Writing, form: Posted, *, is_stale: bool) -> tuple[Writing, tuple[Conflict, ...]]:
    """The page as it was typed where it could not be saved; what was handed in meanwhile is a conflict with it, to be settled."""
    stored = writing.saved.state
    merged = merge(UNSEEN if is_stale else stored, form.changes, stored)
    conflicts = [Conflict(met.path, met.clash, met.theirs, met.mine, "", writing.saved_at) for met in merged.met]
    for path, pick in form.picks.items():
        theirs = text_at(merged.tree, path)
        if pick.mine is not None and pick.mine != theirs and field_at(writing.fields, path) is not None:
            number = 0 if is_stale else pick.own
            conflicts.append(Conflict(path, Clash.TEXT, theirs, pick.mine, "", writing.saved_at, number=number))
    return writing.after(replace(writing.saved, state=merged.tree)), tuple(conflicts)


def who(conflict: Conflict, words: Words) -> str:
    """Who changed the same: by name, where there is one that is not the reader's own."""
    if conflict.writer:
        return conflict.writer
    if conflict.own:
        return words.gettext("Somebody with the same link")
    return words.gettext("Somebody with the same link, or you in another window,")


def is_own(conflict: Conflict) -> bool:
    """Whether it was the reader's own other window, as far as names tell."""
    return bool(conflict.own) and conflict.own == conflict.writer


def conflict_line(conflict: Conflict, words: Words, visit: Visit) -> dict[str, Any]:
    """A conflict in a sentence, the id of the place it is about, and the number that the writer's own answer is kept under."""
    told = {"who": who(conflict, words), "when": ago(words, conflict.when, visit.now)}
    match conflict.clash:
        case Clash.TEXT if is_own(conflict):
            said = words.gettext("The same answer was changed in another window %(when)s. Both are kept until you choose.") % told
        case Clash.BOTH_ADDED:
            said = words.gettext("%(who)s filled in an entry here too (%(when)s). They are two entries now, and both are kept.") % told
        case Clash.TEXT:
            said = words.gettext("%(who)s changed the same answer %(when)s. Both are kept until you choose.") % told
        case Clash.THEY_REMOVED:
            said = words.gettext("%(who)s removed an entry that you wrote in (%(when)s). It is back, with what you wrote.") % told
        case Clash.I_REMOVED:
            said = words.gettext("%(who)s wrote in an entry that you removed (%(when)s). It is still here: look at it first.") % told
        case Clash.ORDER:
            said = words.gettext("%(who)s put the entries in another order (%(when)s). Theirs was kept.") % told
    return {"field": id_of(conflict.path), "said": said, "kind": str(conflict.clash), "number": conflict.number, "was": id_of(conflict.was)}


def news(writing: Writing, form: Posted, conflicts: Sequence[Conflict]) -> dict[str, dict[str, str]]:
    """What others changed of what a page shows: the page that saved by itself takes it over, and then shows what its new base says.

    `texts`: by the id of a field what its answer is now; `orders`: by the id of a list the keys of its entries; `moved`: by the id that
    an entry has on the page the one it has now; `settled`: by the id of a field, that there is nothing to choose any more.
    """
    open_ = {conflict.path for conflict in conflicts}
    moved = {conflict.was: conflict.path for conflict in conflicts if conflict.was}
    texts: dict[str, str] = {}
    orders: dict[str, str] = {}
    _compare(writing.fields, form.changes, writing, (), texts, orders)
    for path in writing.saved.settled:
        field = field_at(writing.fields, path)
        if field is not None:
            texts[id_of(path)] = shown(field, text_at(writing.saved.state, path), writing.words)
    stays = {id_: text for id_, text in texts.items() if path_of(id_) not in open_ and not _is_below(path_of(id_), moved)}
    return {
        "texts": stays,
        "orders": orders,
        "moved": {id_of(was): id_of(path) for was, path in moved.items()},
        "settled": {id_of(path): "" for path in writing.saved.settled},
    }


def _is_below(path: Path, places: Container[Path]) -> bool:
    return any(path[:length] in places for length in range(1, len(path) + 1))


def _compare(
    fields: Sequence[Field], part: Mapping[str, Any], writing: Writing, path: Path, texts: dict[str, str], orders: dict[str, str]
) -> None:
    for field in fields:
        here = (*path, field.name)
        if field.name not in part:
            continue
        now = at(writing.saved.state, here)
        if field.form is Form.GROUP:
            _compare(field.fields, part[field.name], writing, here, texts, orders)
        elif field.form is Form.ENTRIES:
            keys = order_of(now)
            orders[id_of(here)] = " ".join(keys)
            for key, entry in part[field.name]["items"].items():
                if key in keys:
                    _compare(field.fields, entry, writing, (*here, key), texts, orders)
        elif part[field.name] != (now or ""):
            texts[id_of(here)] = shown(field, now or "", writing.words)


def ago(words: Words, when: datetime, now: datetime) -> str:
    """How long ago, in words: "5 minutes ago"."""
    if (now - when).total_seconds() < 60:
        return words.gettext("just now")
    return format_timedelta(when - now, add_direction=True, locale=words.locale)


def clock_time(visit: Visit) -> str:
    """The reader's own time of day: "14:03"."""
    zone = visit.standing.definition.organisation(visit.link.organisation).zone
    return format_time(visit.now.astimezone(ZoneInfo(zone)), "HH:mm", locale=Words(visit.language).locale)
