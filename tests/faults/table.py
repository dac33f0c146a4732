"""The table that fault tests end with: step by fault, how often, what was lost, what was repeated, how long it took to heal."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import median, quantiles

import pytest


@dataclass
class Outcome:
    """What came of one scenario. `sweeps` and `seconds`: how long it took to heal."""

    step: str
    fault: str
    sweeps: int
    seconds: float
    repeated: int
    lost: list[str]


OUTCOMES = pytest.StashKey[list[Outcome]]()
REMARKS = pytest.StashKey[list[str]]()


def keep(config: pytest.Config, outcomes: Iterable[Outcome], remarks: Iterable[str]) -> None:
    """Keep them for the end of the session."""
    config.stash.setdefault(OUTCOMES, []).extend(outcomes)
    config.stash.setdefault(REMARKS, []).extend(remarks)


def packed(config: pytest.Config) -> str:
    """What a test process hands to the one that reports: JSON, for the line between them takes plain values only."""
    return json.dumps({"outcomes": [asdict(one) for one in config.stash.get(OUTCOMES, [])], "remarks": config.stash.get(REMARKS, [])})


def unpack(config: pytest.Config, text: str) -> None:
    """Take in what a test process has kept."""
    said = json.loads(text)
    keep(config, [Outcome(**one) for one in said["outcomes"]], said["remarks"])


def lines(config: pytest.Config) -> list[str]:
    """The table in lines; empty where no scenario was played."""
    outcomes = config.stash.get(OUTCOMES, [])
    return [*(_table(outcomes) if outcomes else ()), *config.stash.get(REMARKS, [])]


def _table(outcomes: list[Outcome]) -> Iterable[str]:
    yield f"{'step':<24} {'fault':<20} {'runs':>4} {'lost':>4} {'repeated':>8} {'sweeps to heal':>14} {'seconds':>8}"
    grouped: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        grouped[outcome.step, outcome.fault].append(outcome)
    for (step, fault), rows in grouped.items():
        lost, again = sum(len(row.lost) for row in rows), sum(row.repeated for row in rows)
        sweeps, seconds = max(row.sweeps for row in rows), median(row.seconds for row in rows)
        yield f"{step:<24} {fault:<20} {len(rows):>4} {lost:>4} {again:>8} {sweeps:>14} {seconds:>8.1f}"
    healing = [outcome.sweeps for outcome in outcomes]
    p95 = quantiles(healing, n=20, method="inclusive")[-1] if len(healing) > 1 else healing[0]
    yield f"{len(outcomes)} scenarios; sweeps to heal: median {median(healing)}, p95 {p95:.1f}, most {max(healing)}"
