"""The README says what is true: every setting, every command, every target and file it names, and none that is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from deployments.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NOT_OURS = {"SOURCE_DATE_EPOCH", "NO_PROXY"}
"""Read where somebody else's standard asks for it."""


def settings_read() -> set[str]:
    found: set[str] = set()
    for folder in ("models", "tasks", "flows", "deployments"):
        for file in (ROOT / folder).rglob("*.py"):
            found |= set(re.findall(r'environ(?:ment)?(?:\.get\(|\[)"([A-Z_]+)"', file.read_text(encoding="utf-8")))
    return found - NOT_OURS


@pytest.mark.parametrize("setting", sorted(settings_read()))
def test_every_setting_is_in_the_readme(setting: str) -> None:
    assert f"`{setting}`" in README


@pytest.mark.parametrize("command", sorted(getattr(get_command(app), "commands", {})))
def test_every_command_is_shown_in_the_readme(command: str) -> None:
    assert f"inclucities {command}" in README


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z]+)\b", re.sub(r"and make\.", "", README + CONTRIBUTING)))))
def test_every_target_that_is_named_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http)([^)#]+)\)", README + CONTRIBUTING))))
def test_every_file_that_is_linked_exists(link: str) -> None:
    assert (ROOT / link).exists()
