"""The stand that fault tests share, and the table they end with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.faults.stand import Outcome, Stand, stand

OUTCOMES = pytest.StashKey[list[Outcome]]()
REMARKS = pytest.StashKey[list[str]]()


def keep(config: pytest.Config, ready: Stand) -> None:
    config.stash.setdefault(OUTCOMES, []).extend(ready.outcomes)
    config.stash.setdefault(REMARKS, []).extend(ready.remarks)


@pytest.fixture(scope="module")
def at_stand(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, request: pytest.FixtureRequest) -> Iterator[Stand]:
    """A server with its worker and mail server for all scenarios of a module."""
    with stand(tmp_path_factory.mktemp("stand"), migrated_sqlite) as ready:
        yield ready
    keep(request.config, ready)


@pytest.fixture
def at_table(request: pytest.FixtureRequest) -> Iterator[list[Stand]]:
    """Where a test that has a stand of its own puts it, so that its outcomes are in the table."""
    stands: list[Stand] = []
    yield stands
    for one in stands:
        keep(request.config, one)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Step by fault: how often, what was lost, what was repeated, how long it took to heal."""
    stash = terminalreporter.config.stash
    outcomes, remarks = stash.get(OUTCOMES, []), stash.get(REMARKS, [])
    if outcomes:
        terminalreporter.section("faults: a sweep is a minute of the programme's time")
        _write_table(terminalreporter, outcomes)
    for remark in remarks:
        terminalreporter.line(remark)


def _write_table(terminalreporter: pytest.TerminalReporter, outcomes: list[Outcome]) -> None:
    terminalreporter.line(f"{'step':<24} {'fault':<18} {'runs':>4} {'lost':>4} {'repeated':>8} {'sweeps to heal':>14} {'seconds':>8}")
    grouped: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        grouped[outcome.step, outcome.fault].append(outcome)
    for (step, fault), rows in grouped.items():
        lost, again = sum(len(row.lost) for row in rows), sum(row.repeated for row in rows)
        sweeps, seconds = max(row.sweeps for row in rows), median(row.seconds for row in rows)
        terminalreporter.line(f"{step:<24} {fault:<18} {len(rows):>4} {lost:>4} {again:>8} {sweeps:>14} {seconds:>8.1f}")
    healing = [outcome.sweeps for outcome in outcomes]
    p95 = quantiles(healing, n=20)[-1] if len(healing) > 1 else healing[0]
    terminalreporter.line(f"{len(outcomes)} scenarios; sweeps to heal: median {median(healing)}, p95 {p95:.1f}, most {max(healing)}")
