"""Looking over what lies on disk: a rehearsal's folder against its manifest and timeline, an installation's files against its rows.

What must be true of the rows themselves is `models.verify`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.editions import Edition, EditionFile
from models.errors import ProgrammeError
from models.events import EventKind
from models.manifest import Line, Manifest
from models.verify import programmes, violations
from tasks.files import SUMS, sha256, sums_of
from tasks.shops import site_sha256


def verify_rehearsal(out: Path) -> list[str]:
    """What is wrong with the folder of a rehearsal: every file against its digest, what manifest and timeline say of them; empty: nothing.

    ProgrammeError where the folder is none of a rehearsal.
    """
    manifest, timeline = out / "manifest.json", out / "timeline.jsonl"
    if not (manifest.is_file() and timeline.is_file()):
        raise ProgrammeError(f"{out} has no manifest.json and timeline.jsonl: no rehearsal made it.")
    return list(dict.fromkeys([*_manifest_faults(out, manifest), *_timeline_faults(out, timeline), *_sums_faults(out)]))


def verify_installation(session: Session, documents: Path) -> list[str]:
    """What is wrong with an installation: every promise about its programmes' rows, and every file they speak of."""
    found = [f"{name}: {violation}" for name in programmes(session) for violation in violations(session, name)]
    return [*found, *_file_faults(session, documents)]


def _manifest_faults(out: Path, manifest: Path) -> Iterator[str]:
    try:
        editions = Manifest.model_validate_json(manifest.read_bytes()).editions
    except ValidationError as error:
        yield f"manifest.json: {error.error_count()} faults, first: {_first(error)}"
        return
    for row in editions:
        path = out / row.path
        if not path.is_file():
            yield f"{row.path}: is not there"
        elif _digest(out, row.path, row.format) != row.file_sha256:
            yield f"{row.path}: is not the file that was made"
        if row.approval.state in ("approved", "tacit") and row.approval.content_sha256 != row.content_sha256:
            yield f"{row.path}: holds other content than was approved"


def _sums_faults(out: Path) -> Iterator[str]:
    if not (out / SUMS).is_file():
        yield f"{SUMS}: is not there"
        return
    lines = (out / SUMS).read_text(encoding="utf-8").splitlines()
    made = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = sums_of(out)
    for name in sorted(made.keys() | found.keys()):
        if name not in found:
            yield f"{name}: is not there"
        elif name not in made:
            yield f"{name}: was not made with the others"
        elif found[name] != made[name]:
            yield f"{name}: is not the file that was made"


def _timeline_faults(out: Path, timeline: Path) -> Iterator[str]:
    lines: list[dict[str, Any]] = []
    for number, text in enumerate(timeline.read_text(encoding="utf-8").splitlines(), 1):
        try:
            lines.append(Line.model_validate_json(text).model_dump())
        except ValidationError as error:
            yield f"timeline.jsonl:{number}: {_first(error)}"
    kinds = [line["kind"] for line in lines]
    if kinds[:1] != [EventKind.PROGRAMME_LAUNCHED] or kinds[-1:] != [EventKind.PROGRAMME_CLOSED]:
        yield "timeline.jsonl: does not run from the launch to the closure"
    if [line["at"] for line in lines] != sorted(line["at"] for line in lines):
        yield "timeline.jsonl: is not in the order of time"
    for number, line in enumerate(lines, 1):
        file = line["detail"].get("file")
        if line["kind"] == EventKind.NOTICE_SENT and not (file and (out / file).is_file()):
            yield f"timeline.jsonl:{number}: the mail {file} is not there"


def _file_faults(session: Session, documents: Path) -> Iterator[str]:
    query = select(EditionFile, Edition).join(Edition, EditionFile.edition_id == Edition.id).order_by(EditionFile.id)
    for file, edition in session.execute(query):
        path = documents / file.path
        if edition.published_at is None or not file.stamped:
            continue  # a review's files may be cleared away; what is published may not
        if not path.is_file():
            yield f"{file.path}: is not there"
        elif _digest(documents / edition.programme_id, file.path.partition("/")[2], file.format) != file.file_sha256:
            yield f"{file.path}: is not the file that was made"


def _digest(root: Path, path: str, format_: str) -> str:
    """The digest of a file, or of the site whose `index.html` it is, as the manifest has it; paths relative to `root`."""
    if format_ != "site":
        return sha256((root / path).read_bytes())
    files = [file for file in (root / path).parent.iterdir() if file.is_file()]
    return site_sha256({file.relative_to(root).as_posix(): sha256(file.read_bytes()) for file in files})


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
