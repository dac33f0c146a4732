"""The record of a run as it is now, for the coordinator: one page as HTML and PDF. It is no deliverable and binds nobody."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from models.content import about
from models.editions import EditionState
from models.method import AFTER_MATCHING, METHOD, DeliverableSpec
from models.record import record
from models.standing import Standing
from tasks.files import put
from tasks.reading import EditionView, Reading
from tasks.rendering import Contents, environment
from tasks.wording import Words

Json = dict[str, Any]
TEMPLATE = "documents/periodic_record.html"


def record_as_at(session: Session, standing: Standing, now: datetime) -> Json:
    """What the page is written from: the programme, its record, `at` (UTC), `today` of the coordinator, deliverables, unsent notices."""
    return {
        **about(standing),
        "record": record(session, standing),
        "at": now.isoformat(),
        "today": standing.today(now).isoformat(),
        "rehearsal": standing.programme.rehearsal,
        "deliverables": [_deliverable(standing, spec) for spec in METHOD.deliverables],
        "unsent": standing.unsent,
    }


def _deliverable(standing: Standing, spec: DeliverableSpec) -> Json:
    """How many of a deliverable there will be, are published and under review; `versions` is how many were built so far."""
    editions = [item for item in standing.programme.editions if item.deliverable == spec.number]
    known = standing.is_matched or spec.over not in AFTER_MATCHING
    return {
        "number": spec.number,
        "title": spec.title,
        "phase": spec.phase,
        "expected": len(standing.scopes(spec.over)) if known else None,
        "published": sum(item.published_at is not None for item in editions),
        "review": sum(item.state == EditionState.REVIEW for item in editions),
        "versions": len(editions),
    }


def render_record(content: Json, language: str = "en") -> str:
    """The page, whole, with its styles inside."""
    whole = {"number": "", "title": "", "scope": "programme", "contributions": {}, "missing": []} | content
    view = EditionView(whole, {}, "", language, None, "", "")
    reading = Reading(view, Words(language))
    page = environment(language).get_template(TEMPLATE)
    return page.render(doc=reading, content=whole, programme=reading.programme, record=whole["record"], contents=Contents())


def write_record(content: Json, out: Path, language: str = "en") -> list[Path]:
    """Write `record-<programme>-<day>.html` and `.pdf` into the folder, in the place of the same day's; their paths.

    Raises NotLaidOut where the PDF cannot be made; the HTML is there then.
    """
    from tasks.fonts import font_folder
    from tasks.pdf import Layout, build_key, lay_out_all

    html = render_record(content, language)
    stem = out / f"record-{content['programme']['id']}-{content['today']}"
    page, pdf = stem.with_suffix(".html"), stem.with_suffix(".pdf")
    put(page, html.encode())
    faces = font_folder()
    lay_out_all([Layout(html, pdf, build_key(html, faces), faces)], 1, lambda _: None)
    return [page, pdf]
