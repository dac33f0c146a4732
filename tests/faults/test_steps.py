"""The named steps: each is in the code, and each is struck by the fault suite."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tasks.steps import Step

ROOT = Path(__file__).parents[2]


def words_in(*folders: str) -> str:
    return "".join(file.read_text(encoding="utf-8") for folder in folders for file in (ROOT / folder).rglob("*.py"))


CODE, TESTS = words_in("tasks", "flows"), words_in("tests/faults")


@pytest.mark.parametrize("step", list(Step))
def test_every_step_is_reached_somewhere_and_struck_somewhere(step: Step) -> None:
    assert re.search(rf"reached\(Step\.{step.name}\)", CODE)
    assert re.search(rf"\bStep\.{step.name}\b", TESTS)
