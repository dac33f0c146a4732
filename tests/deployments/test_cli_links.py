"""`inclucities withdraw-links`: one organisation's links, from a terminal."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from deployments.cli import main
from models.database import connect, reading
from models.standing import load
from tests.world import launched


def test_links_are_withdrawn_from_a_terminal(
    tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "cli.db")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/cli.db")
    engine = connect(f"sqlite:///{tmp_path}/cli.db")
    launched(engine)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["inclucities", "withdraw-links", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    assert run("orchard", "cedar") == 0
    assert "All links sent to Cedar so far open nothing any more" in capsys.readouterr().out
    with reading(engine) as session:
        epochs = {item.slug: item.link_epoch for item in load(session, "orchard").programme.organisations}
    assert {slug for slug, epoch in epochs.items() if epoch} == {"cedar"}
    assert run("orchard", "oak") == 1
    assert "has no organisation 'oak'. It has: " in capsys.readouterr().err
    assert run("elsewhere", "cedar") == 1
    engine.dispose()
