"""Mail into a folder: every message one `.eml` file, for trying things out, rehearsals and tests."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC
from pathlib import Path

from tasks.channel import Delivery, Outcome, Parcel


class MailFolder:
    """A folder that takes messages. Files appear whole or not at all, under names that depend on the parcel's time and key only."""

    name = "maildir"

    def __init__(self, folder: Path, sender: str | None = None, reply_to: str | None = None) -> None:
        self.folder = folder
        self.sender = sender
        self.reply_to = reply_to
        self._exists = False

    def deliver(self, parcel: Parcel) -> Delivery:
        """Write `YYYYMMDDTHHMMSS-<10 hex of the key>.eml`; a full or forbidden disk is a temporary failure."""
        name = f"{parcel.at.astimezone(UTC):%Y%m%dT%H%M%S}-{hashlib.sha256(parcel.key.encode()).hexdigest()[:10]}.eml"
        try:
            self._write(name, parcel.as_bytes())
        except OSError as error:
            return Delivery(Outcome.TEMPORARY, f"{self.folder.name}/{name}: {error.strerror}", stops=True)
        return Delivery(Outcome.SENT, file=f"{self.folder.name}/{name}")

    def close(self) -> None:
        """Nothing is held open."""

    def _write(self, name: str, data: bytes) -> None:
        if not self._exists:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._exists = True
        half = self.folder / f".{name}.{os.getpid()}"
        half.write_bytes(data)
        half.replace(self.folder / name)
