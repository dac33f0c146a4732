"""What lies on disk is looked over: a rehearsal's folder and an installation's files, whole and tampered with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from models.database import changing, reading
from models.errors import ProgrammeError
from models.standing import load
from tasks.publishing import rows_of, write_files
from tasks.rehearsal_folder import rehearse
from tasks.verifying import verify_installation, verify_rehearsal
from tests.world import made_once, one_pair, write_programme


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest programme, rehearsed without documents."""

    def make(folder: Path) -> None:
        rehearse(write_programme(one_pair(), folder / "programme"), folder / "out", documents=False)

    return made_once(tmp_path_factory, "verified", make) / "out"


@pytest.fixture
def out(rehearsed: Path, tmp_path: Path) -> Path:
    """A copy to tamper with, which claims one document."""
    folder = tmp_path / "out"
    shutil.copytree(rehearsed, folder)
    site = folder / "shops" / "cedar"
    site.mkdir(parents=True)
    (site / "index.html").write_text("<p>shop</p>")
    return folder


def test_a_rehearsals_folder_is_as_it_was_made(rehearsed: Path) -> None:
    assert verify_rehearsal(rehearsed) == []


def test_another_folder_is_none_of_a_rehearsal(tmp_path: Path) -> None:
    with pytest.raises(ProgrammeError, match=r"no rehearsal made it"):
        verify_rehearsal(tmp_path)


def lose_a_mail(out: Path) -> None:
    next(iter(sorted((out / "mail").glob("*.eml")))).unlink()


def cut_the_timeline(out: Path) -> None:
    lines = (out / "timeline.jsonl").read_text().splitlines()
    (out / "timeline.jsonl").write_text("\n".join(lines[:-1]) + "\n")


def turn_the_timeline(out: Path) -> None:
    first, *others = (out / "timeline.jsonl").read_text().splitlines()
    (out / "timeline.jsonl").write_text("\n".join([first, *reversed(others[:-1]), others[-1]]) + "\n")


def forge_an_event(out: Path) -> None:
    with (out / "timeline.jsonl").open("a") as timeline:
        timeline.write('{"at": "yesterday"}\n')


def forge_a_document(out: Path) -> None:
    row = {
        "path": "shops/cedar/index.html", "deliverable": "D6.3", "slug": "one-stop-shop", "scope": "city-cedar", "phase": 6,
        "language": "en", "format": "site", "version": "1.0", "title": "One-stop shop", "content_sha256": "0" * 64, "file_sha256": "1" * 64,
        "approval": {"state": "approved", "role": None, "at": None, "content_sha256": "2" * 64},
    }  # fmt: skip
    gone = row | {"path": "deliverables/D6.3/city-cedar/en.pdf", "format": "pdf"}
    whole = json.loads((out / "manifest.json").read_text()) | {"editions": [row, gone]}
    (out / "manifest.json").write_text(json.dumps(whole))


def add_to(name: str) -> Callable[[Path], None]:
    def tamper(out: Path) -> None:
        path = next(iter(sorted(out.glob(name))))
        path.write_bytes(path.read_bytes() + b" ")

    return tamper


def lose(name: str) -> Callable[[Path], None]:
    return lambda out: (out / name).unlink()


def slip_one_in(out: Path) -> None:
    (out / "mail" / "later.eml").write_text("Subject: never sent")


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (add_to("index.html"), ["index.html: is not the file that was made"]),
        (lose("index.html"), ["index.html: is not there"]),
        (add_to("mail/*.eml"), [".eml: is not the file that was made"]),
        (add_to("calendar.ics"), ["calendar.ics: is not the file that was made"]),
        (slip_one_in, ["mail/later.eml: was not made with the others"]),
        (lose("SHA256SUMS"), ["SHA256SUMS: is not there"]),
        (lose_a_mail, ["is not there"]),
        (cut_the_timeline, ["does not run from the launch to the closure"]),
        (turn_the_timeline, ["is not in the order of time"]),
        (forge_an_event, ["timeline.jsonl:"]),
        (forge_a_document, ["is not the file that was made", "other content than was approved", "en.pdf: is not there"]),
    ],
)
def test_what_was_changed_afterwards_is_told(out: Path, tamper: Callable[[Path], None], told: list[str]) -> None:
    tamper(out)
    found = "\n".join(verify_rehearsal(out))
    for words in told:
        assert words in found


def test_an_installations_published_files_are_looked_over(sqlite_engine: Engine, tmp_path: Path) -> None:
    from tests.world import closed, launched

    world = launched(sqlite_engine, one_pair())
    world.play(closed)
    documents = tmp_path / "documents"
    with changing(sqlite_engine) as session:
        standing = load(session, world.programme, locked=True)
        edition = next(item for item in standing.programme.editions if item.deliverable == "D6.3" and item.published_at)
        written = write_files(standing, [edition], documents / world.programme, workers=1)
        for (_, language), files in written.items():
            edition.files.extend(rows_of(edition, language, files))
    with reading(sqlite_engine) as session:
        assert verify_installation(session, documents) == []
        site = next((documents / world.programme / "shops").rglob("services.json"))
        site.write_text("[]")
        next((documents / world.programme).rglob("en.pdf")).unlink()
        found = "\n".join(verify_installation(session, documents))
    assert "index.html: is not the file that was made" in found
    assert "en.pdf: is not there" in found
