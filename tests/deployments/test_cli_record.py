"""`inclucities record`: the run as it is now, from a real database, as a page and a PDF."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import run as run_command

import pytest
from lxml import html as parser

from deployments.cli import main
from models.database import connect, migrate
from models.doors import steering
from tests.world import PERSON, World, launched, one_pair


@dataclass
class Said:
    """What a command left: its exit code and both streams."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]
NOW = datetime(2024, 5, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The console script's function on the database `cli.db`, at a fixed moment."""
    from models import clock

    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/cli.db")
    monkeypatch.setenv("VAR", str(tmp_path / "var"))
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def command(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["inclucities", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
            raise SystemExit(0)
        captured = capsys.readouterr()
        return Said(int(ended.value.code or 0), captured.out, captured.err)

    return command
