"""What the desk shows everybody: the published documents of each programme, and where their files are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.editions import Edition, EditionFile
from models.manifest import last_published
from models.programme import Programme
from models.standing import Standing, load
from tasks.pages import Document, document_of

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "svg": "image/svg+xml",
    "png": "image/png",
}
SITE = "site"


@dataclass(frozen=True)
class Published:
    """A published edition with its files as (language, format); `site` is the city of the one-stop shop it is, or empty."""

    document: Document
    scope: str
    published_on: date
    files: tuple[tuple[str, str], ...]
    site: str


@dataclass(frozen=True)
class Shelf:
    """The last published edition of every deliverable of one programme, in the method's order."""

    programme_id: str
    title: str
    items: tuple[Published, ...]


def shelves(session: Session, folder: Path) -> list[Shelf]:
    """What is published, by programme; `folder` is where files of editions lie. All deliverables of the method are public."""
    ids = session.scalars(select(Programme.id).where(Programme.rehearsal.is_(False)).order_by(Programme.launched_at, Programme.id))
    found = [_shelf(load(session, programme_id), folder) for programme_id in ids]
    return [shelf for shelf in found if shelf.items]


def _shelf(standing: Standing, folder: Path) -> Shelf:
    items = [_published(standing, edition, folder) for edition in last_published(standing)]
    return Shelf(standing.programme.id, standing.programme.title, tuple(items))


def _published(standing: Standing, edition: Edition, folder: Path) -> Published:
    made = [item for item in edition.files if item.stamped and inside(folder, item.path)]
    return Published(
        document=document_of(standing, edition),
        scope=edition.scope,
        published_on=standing.today(edition.published_at or edition.built_at),
        files=tuple((item.language, item.format) for item in made if item.format in MEDIA_TYPES),
        site=edition.scope.removeprefix("city-") if any(item.format == SITE for item in made) else "",
    )


def published_edition(standing: Standing, number: str, scope: str) -> Edition | None:
    """The last published edition of a deliverable in a scope."""
    return next((item for item in last_published(standing) if (item.deliverable, item.scope) == (number, scope)), None)


def file_of(edition: Edition, folder: Path, format_: str, language: str) -> Path | None:
    """The file of an edition in a format, as its row says; None where it has not been made or is gone."""
    stamped = edition.published_at is not None
    for item in edition.files:
        if (item.format, item.language, item.stamped) == (format_, language, stamped):
            return inside(folder, item.path)
    return None


def nearest_file(edition: Edition, folder: Path, format_: str, language: str) -> Path | None:
    """As `file_of`; where there is none in that language, one in another: what is read is the same."""
    languages = dict.fromkeys((language, *(item.language for item in edition.files)))
    return next((path for one in languages if (path := file_of(edition, folder, format_, one)) is not None), None)


def site_file(session: Session, folder: Path, city: str, path: str) -> Path | None:
    """A file of a city's one-stop shop; None where no site of that city is published or it has no such file."""
    query = (
        select(EditionFile)
        .join(Edition, Edition.id == EditionFile.edition_id)
        .join(Programme, Programme.id == Edition.programme_id)
        .where(
            Edition.scope == f"city-{city}", Edition.published_at.is_not(None), EditionFile.format == SITE, Programme.rehearsal.is_(False)
        )
        .order_by(EditionFile.id.desc())
    )
    row = session.scalars(query.limit(1)).one_or_none()
    index = inside(folder, row.path) if row else None
    return inside(index.parent, path or "index.html") if index else None


def inside(folder: Path, path: str) -> Path | None:
    """The existing file at `path` under `folder`; None for anything that is not a file or leads out of it, links included."""
    try:
        found = (folder / path).resolve()
        return found if found.is_relative_to(folder.resolve()) and found.is_file() else None
    except (OSError, ValueError):  # a name no file system has: too long, or with a NUL in it
        return None
