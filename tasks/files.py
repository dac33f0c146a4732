"""Writing files so that they appear whole or not at all, and the digests that manifests carry."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path


def put(target: Path, data: bytes) -> None:
    """Write a file in one step: a reader sees the old one, the new one, never half."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    with os.fdopen(handle, "wb") as part:
        part.write(data)
    Path(name).chmod(0o644)
    Path(name).replace(target)


SUMS = "SHA256SUMS"
"""The file of a folder that has the digest of every other one, as `sha256sum --check` reads it."""


def write_sums(folder: Path) -> None:
    """Write down the digests of all files of a folder, in the order of their names."""
    (folder / SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(sums_of(folder).items())), encoding="utf-8")


def sums_of(folder: Path) -> dict[str, str]:
    """The digest of each file of a folder by its path in it, without the list of them."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: sha256(path.read_bytes()) for name, path in files.items() if name != SUMS}


def sha256(data: bytes) -> str:
    """The digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
