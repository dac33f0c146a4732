"""Looking into a document whose shape is not settled: reads that never fail, and faults on the right line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.errors import Fault
from models.yaml_lines import Document, Loc


@dataclass(frozen=True)
class Place:
    """A key or item of a document, there or not. A value of the wrong kind reads as nothing: the shape's check tells that."""

    document: Document
    value: Any
    path: Loc = ()

    def __getitem__(self, key: str) -> Place:
        return Place(self.document, self.value.get(key) if isinstance(self.value, dict) else None, (*self.path, key))

    def __bool__(self) -> bool:
        return self.value is not None

    def items(self) -> Iterator[Place]:
        """The items of a list."""
        for index, item in enumerate(self.value if isinstance(self.value, list) else ()):
            yield Place(self.document, item, (*self.path, index))

    def entries(self) -> Iterator[tuple[str, Place]]:
        """The keys of a mapping with their values."""
        for key in self.value if isinstance(self.value, dict) else ():
            yield key, self[key]

    @property
    def text(self) -> str:
        """Empty where it is no text."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def number(self) -> int | None:
        """None where it is no whole number."""
        return self.value if isinstance(self.value, int) and not isinstance(self.value, bool) else None

    @property
    def day(self) -> date | None:
        """None where it is no date."""
        try:
            return date.fromisoformat(self.text)
        except ValueError:
            return None

    def fault(self, message: str) -> Fault:
        """A fault here, on the line of the key, or of what it ought to stand in."""
        return self.document.fault(self.path, message)
