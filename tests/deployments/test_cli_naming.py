"""A programme named wrongly on the command line, and the address that nobody has set: what there is, and how to say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployments.test_cli import Run, run, smallest

__all__ = ["run", "smallest"]


@pytest.mark.parametrize("command", ["launch", "check"])
def test_a_programme_that_is_mistyped_is_answered_with_those_there_are_the_likeliest_first(run: Run, command: str) -> None:
    said = run(command, "inclucites")
    assert (said.code, said.out) == (1, "")
    assert "There is no programme 'inclucites' here. Did you mean inclucities? " in said.err
    assert "inclucities, ports-of-welcome" in said.err
    assert "new" not in said.err.split("come with the project: ")[1].split(". ")[0]
    assert "Did you mean" not in run(command, "zzz").err
    assert "there is no such file" in run(command, "zzz/programme.yaml").err


@pytest.mark.parametrize(
    "command",
    [
        ("status", "--programme", "saplin"),
        ("build", "--programme", "saplin"),
        ("record", "saplin", "--out", "nowhere"),
        ("sign-in", "saplin"),
        ("withdraw-links", "saplin", "cedar"),
        ("release", "plan-adoption", "city-cedar", "--programme", "saplin"),
    ],
)
def test_a_launched_programme_that_is_mistyped_is_answered_with_those_that_run(
    run: Run, smallest: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.cli._need_server", lambda _command: None)
    assert "has been launched, nor any other" in run(*command).err
    run("launch", smallest)
    said = run(*command)
    assert (said.code, said.out) == (1, "")
    assert "No programme 'saplin' has been launched. Did you mean sapling? Launched: sapling." in said.err


def test_the_link_to_sign_in_with_says_which_address_it_assumed_and_how_to_say_another(
    run: Run, smallest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_SECRET", "a secret for tests")
    run("launch", smallest)
    for name in ("PUBLIC_URL", "DESK_PORT"):
        monkeypatch.delenv(name, raising=False)
    said = run("sign-in", "sapling")
    assert said.out.startswith("http://127.0.0.1:4280/sign-in/")
    assert "PUBLIC_URL is not set" in said.err
    assert "port 4280, the default" in said.err
    assert "DESK_PORT=" in said.err
    monkeypatch.setenv("DESK_PORT", "4999")
    said = run("sign-in", "sapling")
    assert said.out.startswith("http://127.0.0.1:4999/sign-in/")
    assert "the port of DESK_PORT" in said.err
    monkeypatch.setenv("PUBLIC_URL", "https://desk.example")
    said = run("sign-in", "sapling")
    assert said.out.startswith("https://desk.example/sign-in/")
    assert said.err == ""
