"""The `inclucities` command as a person at a terminal meets it: exit codes, what goes to stdout and stderr, no server needed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from deployments.cli import main
from models import contribution_kinds
from models.advance import advance, next_at
from models.database import changing, connect
from models.doors.opening import perform
from models.programme_file import read_programme
from models.settings import programmes_folder
from models.standing import load
from tests.factories import definition
from tests.world import World, body_for, one_pair, write_programme

INCLUCITIES = programmes_folder() / "inclucities"
CORPUS = Path(__file__).parents[1] / "corpus"


@dataclass
class Said:
    """What a command left: its exit code and the lines of both streams."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], migrated_sqlite: Path) -> Run:
    """The console script's function, with a database of its own and no server."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    shutil.copy(migrated_sqlite, tmp_path / "cli.db")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/cli.db")
    monkeypatch.setenv("VAR", str(tmp_path / "var"))

    def command(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["inclucities", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
            raise SystemExit(0)
        captured = capsys.readouterr()
        return Said(int(ended.value.code or 0), captured.out, captured.err)

    return command


@pytest.fixture
def smallest(tmp_path: Path) -> Path:
    return write_programme(one_pair(), tmp_path / "sapling")


# -- programme files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("programme", ["inclucities", "ports-of-welcome"])
def test_the_programmes_that_come_with_it_have_no_faults(run: Run, programme: str) -> None:
    said = run("check", programmes_folder() / programme)
    assert (said.code, said.err) == (0, "")
    assert "no faults" in said.out


@pytest.mark.parametrize("name", ["unknown-keys", "city-twice", "cycle-of-gates"])
def test_each_fault_is_a_line_on_stderr_with_file_and_line(run: Run, name: str) -> None:
    said = run("check", CORPUS / f"{name}.yaml")
    assert (said.code, said.out) == (1, "")
    assert said.err
    for line in said.err.splitlines():
        file, number, message = line.split(":", 2)
        assert file == str(CORPUS / f"{name}.yaml")
        assert int(number) >= 1
        assert message.strip()


def test_the_faults_of_a_folder_are_its_programme_files(run: Run, smallest: Path) -> None:
    text = (smallest / "programme.yaml").read_text(encoding="utf-8")
    (smallest / "programme.yaml").write_text(text.replace("title: Sapling", "titel: Sapling"), encoding="utf-8")
    said = run("check", smallest)
    assert said.code == 1
    assert any(line.startswith(f"{smallest / 'programme.yaml'}:2: ") and "title" in line for line in said.err.splitlines())


def test_a_programme_that_is_not_there_is_said_plainly(run: Run, tmp_path: Path) -> None:
    said = run("check", tmp_path / "nothing.yaml")
    assert said.code == 1
    assert "nothing.yaml" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["nonsense"],
        ["rehearse", "inclucities"],
        ["rehearse", "inclucities", "--out", "y", "--seed", "one"],
        ["schema", "nonsense"],
    ],
)
def test_a_usage_error_exits_2(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).code == 2


def test_a_decision_in_words_that_do_not_exist_is_a_usage_error(run: Run) -> None:
    assert run("decide", "needs-approval", "city-cedar", "maybe", "--for", "cedar").code == 2


def test_a_new_programme_file_is_commented_and_without_faults(run: Run, tmp_path: Path) -> None:
    said = run("new", tmp_path / "mine")
    assert said.code == 0
    assert f"inclucities check {tmp_path / 'mine'}" in said.out
    assert (tmp_path / "mine" / "programme.yaml").read_text(encoding="utf-8").count("#") > 20
    assert run("check", tmp_path / "mine").code == 0


def test_a_new_programme_replaces_nothing(run: Run, tmp_path: Path) -> None:
    run("new", tmp_path / "mine")
    before = (tmp_path / "mine" / "programme.yaml").read_bytes()
    said = run("new", tmp_path / "mine")
    assert said.code == 1
    assert "exists already" in said.err
    assert (tmp_path / "mine" / "programme.yaml").read_bytes() == before


@pytest.mark.parametrize("name", ["programme", "manifest", "timeline", *contribution_kinds.KINDS])
def test_every_schema_is_printed_and_is_one(run: Run, name: str) -> None:
    said = run("schema", name)
    assert said.code == 0
    Draft202012Validator.check_schema(json.loads(said.out))


def test_the_schema_of_a_programme_holds_for_the_real_one(run: Run) -> None:
    schema = json.loads(run("schema", "programme").out)
    assert list(Draft202012Validator(schema).iter_errors(read_programme(INCLUCITIES).model_dump(mode="json", exclude_defaults=True))) == []


# -- rehearsals ------------------------------------------------------------------------------------------------------


def test_a_rehearsal_leaves_its_folder_and_says_what_to_open(run: Run, smallest: Path, tmp_path: Path) -> None:
    said = run("rehearse", smallest, "--out", tmp_path / "out", "--seed", 3, "--no-documents")
    assert said.code == 0
    assert f"Open {tmp_path / 'out' / 'index.html'}" in said.out
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == {"programme": "sapling", "seed": 3, "editions": []}
    assert list(Draft202012Validator(json.loads(run("schema", "manifest").out)).iter_errors(manifest)) == []
    timeline = Draft202012Validator(json.loads(run("schema", "timeline").out))
    assert all(
        timeline.is_valid(json.loads(line)) for line in (tmp_path / "out" / "timeline.jsonl").read_text(encoding="utf-8").splitlines()
    )


def test_a_rehearsal_into_a_folder_in_use_or_in_an_unknown_language_exits_1(run: Run, smallest: Path, tmp_path: Path) -> None:
    for arguments, reason in (((smallest,), "no rehearsal made it"), ((tmp_path / "out", "--languages", "en,tlh"), "no catalogue for tlh")):
        said = run("rehearse", smallest, "--no-documents", "--out", *arguments)
        assert said.code == 1
        assert reason in said.err
        assert said.err.startswith("inclucities: ")


# -- running a programme, without any server ---------------------------------------------------------------------------


def at_work(tmp_path: Path) -> World:
    """The launched programme on its first day at work, its first gates open."""
    engine = connect(f"sqlite:///{tmp_path}/cli.db")
    world = World(engine, datetime.now(UTC).replace(microsecond=0), "sapling")
    with changing(engine) as session:
        standing = load(session, "sapling", locked=True)
        first = standing.work_begins(standing.programme.start_on)
        while actions := advance(standing, first):
            for action in actions:
                perform(session, standing, action, first)
        assert next_at(standing, first) is not None
    return world


def contribution(world: World, folder: Path, key: str, scope: str, organisation: str) -> Path:
    with world.changing() as (session, standing):
        body = body_for(session, standing, standing.gate(key, scope), organisation, world.now)
    file = folder / f"{key}.{scope}.yaml"
    file.write_text(
        yaml.safe_dump({"gate": key, "scope": scope, "organisation": organisation, "language": "en", "body": body}), encoding="utf-8"
    )
    return file


def test_a_programme_is_launched_once_and_its_status_shown(run: Run, smallest: Path) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    said = run("launch", smallest, "--start", tomorrow)
    assert said.code == 0
    assert f"Sapling is launched and starts on {tomorrow}" in said.out
    assert "go on with the next sweep" in said.err
    status = run("status")
    assert status.code == 0
    assert f"Sapling, starts on {tomorrow}" in status.out
    again = run("launch", smallest)
    assert again.code == 1
    assert "already. It runs once" in again.err


def test_a_start_in_the_past_is_refused(run: Run, smallest: Path) -> None:
    said = run("launch", smallest, "--start", "2020-06-17")
    assert said.code == 1
    assert "2020-06-17 lies in the past" in said.err


def test_whoever_has_the_machine_can_print_a_link_that_signs_the_coordinator_in(
    run: Run, smallest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_SECRET", "a secret for tests")
    monkeypatch.setenv("PUBLIC_URL", "https://desk.example/")
    run("launch", smallest)
    said = run("sign-in", "sapling")
    assert re.fullmatch(r"https://desk\.example/sign-in/[0-9a-f]{64}\n", said.out)
    assert "No programme 'meadow' has been launched" in run("sign-in", "meadow").err


def test_contributions_and_decisions_go_through_the_doors(run: Run, smallest: Path, tmp_path: Path) -> None:
    run("launch", smallest)
    world = at_work(tmp_path)
    file = contribution(world, tmp_path, "needs", "city-cedar", "cedar")
    assert "Revision 1 of needs for city-cedar is accepted." in run("contribute", file).out
    assert "Revision 2 of needs for city-cedar is kept in the tray" in run("contribute", file, "--on-behalf").out
    early = run("decide", "needs-approval", "city-cedar", "approve", "--for", "cedar")
    assert early.code == 1
    assert "needs-approval @ city-cedar is pending" in early.err
    status = run("status").out
    assert "needs @ city-alder" in status
    assert "needs @ city-cedar" not in status
    kinds = [event.kind for event in world.events() if event.organisation == "cedar"]
    assert kinds == ["contribution-received", "gate-satisfied", "contribution-kept"]


def test_a_decision_is_recorded_on_behalf_of_the_organisation(run: Run, smallest: Path, tmp_path: Path) -> None:
    run("launch", smallest)
    world = at_work(tmp_path)
    with world.looking() as standing:
        world.now = standing.work_begins(standing.programme.start_on) + timedelta(hours=1)
    world.assess()
    said = run("decide", "needs-approval", "city-cedar", "approve", "--for", "cedar")
    assert said.code == 0
    assert "Recorded: mayor-delegate of cedar, approve, on needs-approval for city-cedar." in said.out
    assert [(item.entry, item.on_behalf) for item in world.gate("needs-approval", "city-cedar").decisions] == [("cli", True)]


def test_a_faulty_contribution_is_told_line_by_line_and_nothing_is_stored(run: Run, smallest: Path, tmp_path: Path) -> None:
    run("launch", smallest)
    file = tmp_path / "faulty.yaml"
    file.write_text("gate: needs\nscope: city-cedar\norganisation: alder\nlanguage: en\nbody: {context: 7}\n")
    said = run("contribute", file)
    assert said.code == 1
    assert all(line.startswith(f"{file}:") for line in said.err.splitlines())
    assert run("contribute", tmp_path / "not-there.yaml").code == 1


def test_a_contribution_is_checked_against_the_days_of_the_running_programme(run: Run, smallest: Path, tmp_path: Path) -> None:
    run("launch", smallest)
    file = contribution(at_work(tmp_path), tmp_path, "training", "programme", "alliance")
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    data["body"] |= {"starts_on": "2019-05-06", "ends_on": "2199-05-06"}
    file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    said = run("contribute", file)
    assert said.code == 1
    assert "body.starts_on: 2019-05-06 is before the programme started, on " in said.err
    assert "body.ends_on: 2199-05-06 is still to come; report it once it has taken place" in said.err
    assert all(line.startswith(f"{file}:") and int(line.removeprefix(f"{file}:").partition(":")[0]) > 5 for line in said.err.splitlines())


def test_a_contribution_for_a_pair_that_is_not_in_the_programme_is_told_which_there_are(run: Run, smallest: Path, tmp_path: Path) -> None:
    run("launch", smallest)
    file = tmp_path / "benchmark.yaml"
    file.write_text("gate: benchmark\nscope: pair-atlantis\norganisation: guides\nlanguage: en\nbody: {}\n")
    said = run("contribute", file)
    assert said.code == 1
    assert f"{file}:2: scope: the gate 'benchmark' has no scope 'pair-atlantis'; it exists for 'pair-cedar'" in said.err


def test_without_a_launched_programme_a_person_is_told_what_to_do(run: Run) -> None:
    said = run("status")
    assert said.code == 1
    assert "Launch one: inclucities launch PROGRAMME" in said.err


def test_with_several_programmes_one_is_named(run: Run, smallest: Path, tmp_path: Path) -> None:
    run("launch", smallest)
    run("launch", write_programme(definition(), tmp_path / "orchard"))
    said = run("status")
    assert said.code == 1
    assert "orchard, sapling. Say which with --programme" in said.err
    assert "Orchard, start" in run("status", "--programme", "orchard").out
    assert "No programme 'grove' has been launched" in run("status", "--programme", "grove").err


def test_the_installed_command_is_this_one(tmp_path: Path) -> None:
    """Once in a process of its own: the exit code and streams a shell sees."""
    command = Path(sys.executable).parent / "inclucities"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT")}
    ended = subprocess.run(
        [command, "check", CORPUS / "city-twice.yaml"],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        cwd=tmp_path,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "city-twice.yaml:" in ended.stderr
