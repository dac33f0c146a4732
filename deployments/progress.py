"""A progress bar on a terminal, nothing where the output goes to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn


@contextmanager
def bar() -> Iterator[Callable[[int, int, str], None]]:
    """What to call with (done, of, what)."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("launch", total=None)
        yield lambda done, of, what: progress.update(task, completed=done, total=of, description=what)
