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


def sha256(data: bytes) -> str:
    """The digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
