"""The next version takes over from this one while phases are suspended: its code, its forms, and a migration in between."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from deployments.serving import ROOT
from models.events import EventKind
from tests.faults.stand import Stand
from tests.faults.test_killed_at_each_step import assert_it_takes_answers, standing_of

pytestmark = [pytest.mark.prove, pytest.mark.server]

PACKAGES = ("models", "tasks", "flows", "deployments", "templates")
MIGRATION = '''"""What the next version adds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("phase", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mood", sa.String(length=16), server_default="calm", nullable=False))
'''


def change(file: Path, old: str, new: str) -> None:
    said = file.read_text(encoding="utf-8")
    assert old in said, f"{file.name} is not what this test was written for"
    file.write_text(said.replace(old, new, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def next_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project one step on: a column more, another question in the form, other words above it."""
    folder = tmp_path_factory.mktemp("next")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "programmes"))
    shutil.copytree(ROOT / "deployments" / "programmes", folder / "deployments" / "programmes")
    versions = folder / "models" / "migrations" / "versions"
    last = max(path.name[:4] for path in versions.glob("0*.py"))
    (versions / f"{int(last) + 1:04}_next.py").write_text(MIGRATION.format(number=f"{int(last) + 1:04}", before=last), encoding="utf-8")
    column = '    mood: Mapped[str] = mapped_column(String(16), default="calm")\n'
    question = '    mood: str = Field("calm", title="Mood", description="How it goes.")\n'
    change(folder / "models" / "programme.py", "    token: Mapped[int]", f"{column}    token: Mapped[int]")
    change(folder / "flows" / "form.py", "    gate: str = Field(", f"{question}    gate: str = Field(")
    change(folder / "tasks" / "status.py", "### Phase {number}", "### (the next version) Phase {number}")
    return folder


def run_in(folder: Path, at_stand: Stand, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=at_stand.server.environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_runs_suspended_by_this_version_are_resumed_by_the_next(at_stand: Stand, next_version: Path) -> None:
    server, world = at_stand.server, at_stand.begun()
    run = server.wait_suspended(world.programme, 1)
    assert "next version" not in server.form(run)[1]
    answers, told = standing_of(world).phase(1).answers, len(at_stand.arrived())

    worker = next(child for child in server.children.running if child.name == "worker")
    server.children.running.remove(worker)
    worker.process.terminate()
    worker.process.wait(30)
    run_in(next_version, at_stand, "-c", "from models.database import migrate; migrate()")
    run_in(next_version, at_stand, "-m", "deployments.registering")
    server.children.cwd = next_version
    try:
        server.children.start("worker", [sys.executable, "-m", "deployments.worker"])
        assert server.resume(run, gate="needs @ city-alder", what="extend", on="2024-05-31")["status"] == "ACCEPT"
        assert server.wait_suspended(world.programme, 1, answers + 1) == run
        schema, said = server.form(run)
        assert "next version" in said
        assert "mood" in schema["properties"]
        with server.engine.connect() as connection:
            assert connection.execute(text("select mood from phase where number = 1")).scalar_one() == "calm"
        assert str(world.gate("needs", "city-alder").due_on) == "2024-05-31"
        assert len(world.events(EventKind.DEADLINE_MOVED)) == 1
        assert len(at_stand.arrived()) >= told
        healed = at_stand.heal(world)
        at_stand.note(world, "next version", "while suspended", healed)
        assert_it_takes_answers(at_stand, world)
    finally:
        server.children.cwd = ROOT
