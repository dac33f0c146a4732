"""From where files are made to where they are read: a build works in a folder of its own and moves what is finished, piece by piece.

So a builder that has lost its lease never touches what is published.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from tasks.documents import Written

BUILDING = ".building"


def workshop(out: Path, token: int) -> Path:
    """The folder of one build, empty; what dead builders before it have left is cleared away."""
    for left in out.glob(f"{BUILDING}-*"):
        if int(left.name.rpartition("-")[2]) <= token:
            shutil.rmtree(left)
    folder = out / f"{BUILDING}-{token}"
    folder.mkdir(parents=True)
    return folder


def place(folder: Path, out: Path, files: Iterable[Written]) -> None:
    """Move files from a build's folder to their places below `out`, each in one step. OSError where a place cannot be filled."""
    for file in files:
        for path in _parts(folder, file):
            target = out / path
            target.parent.mkdir(parents=True, exist_ok=True)
            (folder / path).replace(target)


def _parts(folder: Path, file: Written) -> Iterator[Path]:
    """The paths of a file; of a site, all beside its index, which comes last."""
    path = Path(file.path)
    if file.format == "site":
        for part in sorted((folder / path.parent).iterdir()):
            if part.is_file() and part.name != path.name:
                yield part.relative_to(folder)
    yield path
