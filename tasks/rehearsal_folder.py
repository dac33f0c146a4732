"""The folder a rehearsal leaves: mail, timeline, calendar, deliverables, manifest, the page a person looks at, and the digests of all.

Same seed, same lock file, same bytes: everything is written from the rows, in a fixed order, with virtual times.
"""

from __future__ import annotations

import gc
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from models.contribution_file import ContributionFile, read_contribution, sample_paths
from models.definition import Definition
from models.errors import BadFile, Fault, ProgrammeError
from models.events import Event
from models.manifest import last_published
from models.method import METHOD
from models.programme_file import read_programme
from models.standing import Standing
from tasks.calendars import calendar_of
from tasks.files import write_sums
from tasks.rehearsing import Rehearsal, Samples

MARK = ".rehearsal"
"""The file that says a folder was made by a rehearsal and may be replaced by one."""

Progress = Callable[[int, int, str], None]
"""Called with (done, of, what): gates satisfied while playing, then documents written."""


def rehearse(
    programme: Path,
    out: Path,
    *,
    seed: int = 1,
    languages: tuple[str, ...] = ("en",),
    documents: bool = True,
    progress: Progress = lambda done, of, what: None,
) -> Standing:
    """Play a programme and write its folder. BadFile for a faulty programme or sample; ProgrammeError for a folder in use."""
    definition = read_programme(programme)
    samples = read_samples(programme, definition, languages)
    check_languages(languages)
    claim_folder(out)
    with few_collections():
        rehearsal = Rehearsal(definition, samples, seed, out, on_event=lambda standing, now: _tell(progress, standing, now))
        standing = rehearsal.play()
        events = rehearsal.events()
    _write_timeline(out, events)
    (out / "calendar.ics").write_bytes(calendar_of(standing))
    manifest = (
        _write_documents(standing, out, seed, languages, progress)
        if documents
        else {"programme": definition.id, "seed": seed, "editions": []}
    )
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    _write_index(standing, out, seed, manifest, events)
    write_sums(out)
    return standing


def check_languages(languages: tuple[str, ...]) -> None:
    """ProgrammeError for a language nothing has been translated into."""
    from tasks.wording import catalogues, is_spoken

    missing = [language for language in languages if not is_spoken(language)]
    if missing:
        raise ProgrammeError(f"There is no catalogue for {', '.join(missing)}. There are: {', '.join(catalogues())}.")


def read_samples(programme: Path, definition: Definition, languages: tuple[str, ...] = ()) -> Samples:
    """The programme's sample contributions by (gate, scope, organisation), each in the first of the languages that it is there in.

    The working language comes after those given, then any other. BadFile where one is faulty, or there twice in one language.
    """
    found: dict[tuple[str, str, str], dict[str, ContributionFile]] = {}
    for path in sample_paths(programme):
        item = read_contribution(path, definition)
        versions = found.setdefault((item.gate, item.scope, item.organisation), {})
        if item.language in versions:
            message = f"another file has {item.gate} of {item.organisation} for {item.scope} in '{item.language}' already; keep one of them"
            raise BadFile(str(path), [Fault(1, "", message)])
        versions[item.language] = item
    order = (*languages, definition.working_language)
    return {
        key: next((versions[language] for language in order if language in versions), next(iter(versions.values())))
        for key, versions in found.items()
    }


def claim_folder(out: Path) -> None:
    """Make the folder, or empty it where an earlier rehearsal made it; anything else is left alone and refused."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not (out / MARK).is_file():
            raise ProgrammeError(f"{out} is not empty and no rehearsal made it. Choose another folder.")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).write_text("made by `inclucities rehearse`; replaced by the next one\n")


@contextmanager
def few_collections() -> Iterator[None]:
    """Thousands of rows live until the end: looking for garbage among them costs a third of the time and finds none."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _tell(progress: Progress, standing: Standing, now: datetime) -> None:
    gates = standing.programme.gates
    progress(sum(gate.is_satisfied for gate in gates), len(gates), f"{now:%d %B %Y}")


def _write_timeline(out: Path, events: list[Event]) -> None:
    lines = [json.dumps(event.as_line(), ensure_ascii=False, sort_keys=True) for event in events]
    (out / "timeline.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_documents(standing: Standing, out: Path, seed: int, languages: tuple[str, ...], progress: Progress) -> dict[str, Any]:
    from tasks.publishing import manifest, write_files

    editions = last_published(standing)
    total = len(editions) * len(languages)
    done = iter(range(1, total + 1))
    written = write_files(standing, editions, out, languages=languages, on_done=lambda: progress(next(done), total, "documents"))
    return manifest(standing, seed, written)


def _write_index(standing: Standing, out: Path, seed: int, manifest: Mapping[str, Any], events: list[Event]) -> None:
    from tasks.index_page import render_index

    render_index(dict(manifest), summary(standing, seed, events), out)


def summary(standing: Standing, seed: int, events: list[Event]) -> dict[str, Any]:
    """What the index page shows of the run."""
    names = {item.slug: item.name for item in standing.definition.organisations} | {
        theme.slug: theme.title for theme in standing.definition.themes
    }
    return {
        "title": standing.definition.title,
        "summary": standing.definition.summary,
        "seed": seed,
        "start_on": standing.programme.start_on.isoformat(),
        "closed_at": standing.programme.closed_at.isoformat() if standing.programme.closed_at else None,
        "counts": dict(Counter(event.kind for event in events)),
        "names": names,
        "pairs": [
            {"mentor": names[pair.mentor], "mentee": names[pair.mentee], "theme": names[pair.theme]} for pair in standing.programme.pairs
        ],
        "phases": [
            {
                "number": phase.number,
                "title": METHOD.phase(phase.number).title,
                "planned_on": phase.planned_on.isoformat(),
                "opened_at": phase.opened_at.isoformat() if phase.opened_at else None,
                "completed_at": phase.completed_at.isoformat() if phase.completed_at else None,
            }
            for phase in standing.programme.phases
        ],
    }
