"""The house's plan, held by reading the source: who may import whom, where the clock is read, how long a file may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("models", "tasks", "flows", "deployments", "templates")
CODE = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
ALL = sorted([*CODE, *(ROOT / "tests").rglob("*.py")])

FORBIDDEN = {
    "models": {"tasks", "flows", "deployments", "templates", "prefect", "jinja2", "apprise", "weasyprint"},
    "tasks": {"flows", "deployments"},
    "flows": {"deployments"},
    "templates": {"tasks", "flows", "deployments"},
}
"""models <- tasks <- flows <- deployments, and the domain knows no framework."""

CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
MAY_READ_THE_CLOCK = (
    "models/clock.py",
    "deployments/",
    "tasks/mail.py",  # Apprise calls it by hand from outside, where nobody passes a time
)
LONGEST = 400


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), name(path))


def imported(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import, wherever in the file it stands."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "" if node.level else str(node.module).partition(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"import_module", "importlib.import_module", "__import__"}:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant):
                yield node.lineno, str(first.value).partition(".")[0]


def clock_reads(module: ast.Module) -> Iterator[int]:
    """Lines that ask the machine what time it is; `time.monotonic` measures and is no clock."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value).rpartition(".")[2]
            if (owner, node.func.attr) in CLOCKS:
                yield node.lineno


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_point_downwards_only(package: str) -> None:
    wrong = [
        f"{name(path)}:{line} imports {found}"
        for path in CODE
        if name(path).startswith(f"{package}/")
        for line, found in imported(tree(path))
        if found in FORBIDDEN[package]
    ]
    assert wrong == []


def test_imports_are_absolute() -> None:
    assert [f"{name(path)}:{line}" for path in CODE for line, found in imported(tree(path)) if not found] == []


def test_the_clock_is_read_at_the_edges_only() -> None:
    wrong = [
        f"{name(path)}:{line}" for path in CODE if not name(path).startswith(MAY_READ_THE_CLOCK) for line in clock_reads(tree(path))
    ]
    assert wrong == []


def test_the_check_of_the_clock_sees_what_it_should() -> None:
    seen = ast.parse("datetime.now(UTC)\ndatetime.datetime.now()\nx.date.today()\nclock.now()\ntime.monotonic()\n")
    assert list(clock_reads(seen)) == [1, 2, 3]


def test_the_check_of_imports_sees_what_it_should() -> None:
    seen = ast.parse("import prefect.tasks\nfrom flows import x\ndef f():\n    import jinja2\nimport_module('apprise')\nfrom . import y\n")
    assert sorted(found for _, found in imported(seen)) == ["", "apprise", "flows", "jinja2", "prefect"]


def test_every_module_says_what_lives_in_it() -> None:
    assert [name(path) for path in ALL if not ast.get_docstring(tree(path))] == []


def test_no_file_of_code_is_too_long_to_read() -> None:
    revisions = ROOT / "models" / "migrations" / "versions"  # written by `draft`, as long as the schema
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in ALL if revisions not in path.parents}
    assert {path: count for path, count in lines.items() if count > LONGEST} == {}


def test_every_file_compiles() -> None:
    for path in ALL:
        assert compile(path.read_text(encoding="utf-8"), name(path), "exec", dont_inherit=True)
