"""From edition rows to files: the views that are rendered, where each goes, and the rows that remember what was written.

Plain functions without Prefect, for the deliverables flow and the rehearsal alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from models.covers import cover, watermark
from models.editions import Edition, EditionFile
from models.manifest import last_published, row
from models.standing import Standing
from tasks.documents import EditionView, Written, write_editions
from tasks.wording import spoken


def languages_of(standing: Standing, edition: Edition) -> tuple[str, ...]:
    """The languages an edition's files are made in, of those the programme publishes in and that have a catalogue.

    The working language first; a document about a city, pair or association besides in the languages these work in, one about a
    theme or the whole programme in all. On the web every document can be read in every language that has a catalogue.
    """
    definition = standing.definition
    kind, _, slug = edition.scope.partition("-")
    pair = standing.pair_of(edition.scope)
    concerned = [pair.mentor, pair.mentee] if pair and kind == "pair" else [slug] if kind in ("city", "association") else None
    wanted = {language for item in concerned for language in definition.organisation(item).languages} if concerned else definition.languages
    return spoken((definition.working_language, *(language for language in definition.languages if language in wanted)))


def view_of(standing: Standing, edition: Edition, language: str) -> EditionView:
    """An edition as it is rendered in a language."""
    return EditionView(
        content=edition.content,
        cover=cover(standing, edition),
        version=edition.version,
        language=language,
        watermark=watermark(standing, edition),
        content_sha256=edition.content_sha256,
        path=path_of(edition, language),
    )


def path_of(edition: Edition, language: str) -> str:
    """`deliverables/<Dp.n>/<scope>/<language>` once published; before, in a folder of its own for each version."""
    if edition.published_at is None:
        return f"review/{edition.deliverable}/{edition.scope}/{edition.version}/{language}"
    return f"deliverables/{edition.deliverable}/{edition.scope}/{language}"


def formats_of(edition: Edition) -> tuple[str, ...]:
    """A review edition is read; the other formats are made of what is published."""
    return edition.spec.formats if edition.published_at is not None else ("pdf", "html")


def write_files(
    standing: Standing,
    editions: Iterable[Edition],
    out: Path,
    *,
    languages: tuple[str, ...] | None = None,
    workers: int = 2,
    cache: Path | None = None,
    on_done: Callable[[], None] = lambda: None,
) -> dict[tuple[int, str], list[Written]]:
    """Write the files of editions, several at a time; what was written by (edition id, language). Without languages: those of each."""
    wanted = [(edition, language) for edition in editions for language in languages or languages_of(standing, edition)]
    jobs = [(view_of(standing, edition, language), formats_of(edition)) for edition, language in wanted]
    written = write_editions(jobs, out, workers=workers, on_done=lambda view, files: on_done(), cache=cache)
    return {(edition.id, language): files for (edition, language), files in zip(wanted, written, strict=True)}


def rows_of(edition: Edition, language: str, files: Iterable[Written]) -> list[EditionFile]:
    """The rows that remember an edition's files: paths below the folder of all programmes, each of which has its own."""
    return [
        EditionFile(
            edition_id=edition.id,
            language=language,
            format=item.format,
            stamped=edition.published_at is not None,
            path=f"{edition.programme_id}/{item.path}",
            build_key=item.build_key,
            file_sha256=item.file_sha256,
        )
        for item in files
    ]


def manifest(standing: Standing, seed: int | None, written: dict[tuple[int, str], list[Written]]) -> dict[str, Any]:
    """The manifest of what was written of the last published editions (contract in `design.md`)."""
    by_edition: dict[int, list[tuple[str, Written]]] = {}
    for (edition_id, language), files in written.items():
        by_edition.setdefault(edition_id, []).extend((language, item) for item in files)
    rows = [
        row(edition, path=item.path, format_=item.format, language=language, file_sha256=item.file_sha256)
        for edition in last_published(standing)
        for language, item in by_edition.get(edition.id, [])
    ]
    return {"programme": standing.programme.id, "seed": seed, "editions": rows}


def without_files(standing: Standing, documents: Path) -> list[Edition]:
    """Editions whose files are not there as they stand now: after a crash, because they are new, or because somebody deleted one.

    `documents` is the folder of all programmes' files.
    """
    return [item for item in standing.programme.editions if item.state != "returned" and not _has_files(standing, item, documents)]


def _has_files(standing: Standing, edition: Edition, documents: Path) -> bool:
    stamped = edition.published_at is not None
    made = {(item.language, item.format) for item in edition.files if item.stamped == stamped and (documents / item.path).is_file()}
    return all((language, name) in made for language in languages_of(standing, edition) for name in formats_of(edition))
