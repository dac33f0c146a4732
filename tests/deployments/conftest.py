"""Worlds that many tests of the desk begin with. Each is played once in a test process; a test that changes something has a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployments.desk_world import World, copied, launched, lead, opened, play


@pytest.fixture(scope="session")
def morning(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The programme on its first morning: the needs of every city are asked for."""
    return launched(tmp_path_factory.mktemp("morning"))


@pytest.fixture(scope="session")
def deciding(morning: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The needs assessments are up for approval."""
    world = copied(morning, tmp_path_factory.mktemp("deciding"))
    play(world, opened("needs-approval"))
    return world


@pytest.fixture
def world(morning: World, tmp_path: Path) -> World:
    """The first morning, for this test alone."""
    return copied(morning, tmp_path / "world")


@pytest.fixture
def mail_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail goes to files of this test alone, with links to an address of its own."""
    monkeypatch.setenv("VAR", str(tmp_path / "var"))
    monkeypatch.delenv("NOTIFY_URLS", raising=False)
    monkeypatch.setenv("PUBLIC_URL", "http://desk.example")


@pytest.fixture
def asked(world: World) -> World:
    """The same, for tests in whose words a city is asked for something."""
    return world


@pytest.fixture
def review(deciding: World, tmp_path: Path) -> World:
    """The needs assessments up for approval, for this test alone."""
    return copied(deciding, tmp_path / "world")


@pytest.fixture
def token(world: World) -> str:
    """The link of Cedar's project lead to its needs assessment."""
    return lead(world)
