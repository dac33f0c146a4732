"""The key factors of a benchmark as others speak of them: by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def titles_of(benchmark: Mapping[str, Any]) -> dict[str, str]:
    """The titles of a benchmark's key factors, by their ids, in its order; empty where there is no benchmark."""
    return {str(factor["id"]): str(factor["title"]) for factor in benchmark.get("key_factors") or []}
