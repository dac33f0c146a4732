"""Keeping an installation, as a person at a terminal meets it; and what bounds what `make up` keeps."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from deployments.cli import main
from deployments.processes import Children, keep_short
from deployments.serving import environment_of_children, serving
from models.database import connect
from tests.flows.real_server import PYTHON
from tests.tasks.furnished import SECRET, as_restored, everything_below, furnish
from tests.world import World, launched, one_pair

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The console script's function in the environment of an installation: its folder, and what is typed."""

    def command(var: Path, *typed: object) -> tuple[int, str, str]:
        monkeypatch.setenv("VAR", str(var))
        for name in ("DATABASE_URL", "DESK_SECRET", "NOTIFY_URLS", "PREFECT_API_URL"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(sys, "argv", ["inclucities", *map(str, typed)])
        with pytest.raises(SystemExit) as ended:
            main()
            raise SystemExit(0)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return command


@pytest.fixture
def var(sqlite_engine: Engine, tmp_path: Path) -> Path:
    """An installation with a programme on its first morning, its mail and its secret."""
    world = launched(sqlite_engine, one_pair())
    furnish(world, tmp_path / "var")
    sqlite_engine.dispose()
    (tmp_path / "programme.db").rename(tmp_path / "var" / "programme.db")
    return tmp_path / "var"


def world_in(var: Path) -> World:
    return World(connect(f"sqlite:///{var}/programme.db"))


def test_a_backup_says_what_it_holds_and_is_restored_and_verified(run: Run, var: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    code, out, err = run(var, "backup", file)
    assert (code, err) == (0, "")
    assert f"Wrote {file}" in out
    assert "sapling; " in out
    assert "mails, the secret of links" in out
    code, out, err = run(tmp_path / "new", "restore", file)
    assert (code, err) == (0, "")
    assert "the original must not run any more" in out
    assert "Verified: everything is as it must be." in out
    assert world_in(tmp_path / "new").rows() == as_restored(world_in(var))
    assert (tmp_path / "new" / "secret").read_text() == SECRET
    assert run(tmp_path / "new", "verify")[0] == 0


def test_refusals_are_told_plainly_and_end_with_1(run: Run, var: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    run(var, "backup", file)
    code, out, err = run(var, "backup", file)
    assert (code, out) == (1, "")
    assert "--replace" in err
    assert run(var, "backup", file, "--replace")[0] == 0
    before = world_in(var).rows()
    code, out, err = run(var, "restore", file)
    assert (code, out) == (1, "")
    assert "has files already" in err or "has programmes already" in err
    assert world_in(var).rows() == before
    code, _, err = run(tmp_path / "new", "restore", tmp_path / "nothing.tar.gz")
    assert (code, "is no file" in err) == (1, True)
    assert not [name for name in everything_below(tmp_path / "new") if not name.startswith("programme.db")]


def test_a_copy_in_which_something_was_wrong_already_is_restored_and_says_so(run: Run, var: Path, tmp_path: Path) -> None:
    with connect(f"sqlite:///{var}/programme.db").begin() as connection:
        connection.execute(text("delete from event where number = 2"))
    run(var, "backup", tmp_path / "b.tar.gz")
    code, out, err = run(tmp_path / "new", "restore", tmp_path / "b.tar.gz")
    assert code == 1
    assert "Restored as of" in out
    assert "not all is as it must be" in err
    assert "were written" in err


def test_tidying_up_without_a_server_clears_our_own_part(run: Run, var: Path) -> None:
    code, out, _ = run(var, "tidy")
    assert (code, out) == (0, "Cleared away: 0 failed tries of notices, 0 rows that never counted, 0 laid-out documents (0.0 MB).\n")


# -- bounded -----------------------------------------------------------------------------------------------------------


def test_a_long_log_begins_anew_and_its_process_writes_on(tmp_path: Path) -> None:
    log, go_on = tmp_path / "log" / "worker.log", tmp_path / "go on"
    code = f"import pathlib, time\nprint('a' * 2000)\nwhile not pathlib.Path({str(go_on)!r}).exists(): time.sleep(0.01)\nprint('b')"
    with Children(tmp_path / "log", os.environ, tmp_path) as children:
        child = children.start("worker", [PYTHON, "-u", "-c", code])
        while log.stat().st_size < 2001:
            child.check()
        keep_short(log, longest=2001)
        assert log.stat().st_size == 2001
        keep_short(log, longest=2000)
        assert (log.stat().st_size, (tmp_path / "log" / "worker.previous.log").stat().st_size) == (0, 2001)
        go_on.touch()
        child.process.wait(timeout=30)
        assert log.read_bytes() == b"b\n", "and not behind a hole"


def test_how_long_prefect_keeps_what_has_ended_may_be_set_otherwise(tmp_path: Path) -> None:
    found = serving({"VAR": str(tmp_path)})
    name = "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD"
    assert environment_of_children(found, {}, "secret")[name] == str(30 * 24 * 3600)
    assert environment_of_children(found, {name: "864000"}, "secret")[name] == "864000"
