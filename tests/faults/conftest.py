"""The stand that fault tests share; what came of each scenario is kept for the table at the end of the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.stand import Stand, stand
from tests.faults.table import keep


@pytest.fixture(scope="module")
def at_stand(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, request: pytest.FixtureRequest) -> Iterator[Stand]:
    """A server with its worker and mail server for all scenarios of a module."""
    with stand(tmp_path_factory.mktemp("stand"), migrated_sqlite) as ready:
        yield ready
    keep(request.config, ready.outcomes, ready.remarks)


@pytest.fixture
def at_table(request: pytest.FixtureRequest) -> Iterator[list[Stand]]:
    """Where a test that has a stand of its own puts it, so that its outcomes are in the table."""
    stands: list[Stand] = []
    yield stands
    for one in stands:
        keep(request.config, one.outcomes, one.remarks)
