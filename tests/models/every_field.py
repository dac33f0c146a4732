"""Every field of every kind of contribution, from the kind's schema: where it stands in a body that has them all, and what it allows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from models.contribution_kinds import schema, validate_body
from models.errors import BadFile
from tests.factories import definition
from tests.models.generated_run import run

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Field:
    """One value of a body: where it stands, its schema without references, and what the rest of the schema calls required of it."""

    path: Path
    schema: dict[str, Any]
    is_required: bool

    @property
    def place(self) -> str:
        return ".".join(map(str, self.path))

    @property
    def owner(self) -> str:
        """Where a missing key is told: at what it is missing from."""
        return ".".join(map(str, self.path[:-1]))


@cache
def _valid(kind: str) -> str:
    return json.dumps(max(run("orchard", 1).bodies(kind), key=lambda body: len(str(body))))


def valid(kind: str) -> Any:
    """The longest generated body, fresh each time."""
    return json.loads(_valid(kind))


@cache
def _whole(kind: str) -> str:
    return json.dumps(_filled(kind, schema(kind), valid(kind)))


def whole(kind: str) -> Any:
    """A body in which every field of the kind is filled in, fresh each time: generated, and the examples where that leaves a gap."""
    return json.loads(_whole(kind))


def put(body: Any, path: Path, value: Any) -> Any:
    """The body with one value replaced."""
    changed = deepcopy(body)
    place = changed
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return changed


def without(body: Any, path: Path) -> Any:
    """The body without one key."""
    changed = deepcopy(body)
    place = changed
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    return changed


def faults(kind: str, body: Any) -> dict[str, str]:
    """Messages by place of a body that must be refused; several at one place are joined."""
    with pytest.raises(BadFile) as refused:
        validate_body(kind, body, None, "form", definition())
    told: dict[str, str] = {}
    for fault in refused.value.faults:
        told[fault.path] = " | ".join(filter(None, (told.get(fault.path), fault.message)))
    return told


def fields(kind: str) -> list[Field]:
    """Every field of the kind; of lists the first entry."""
    return list(_fields(kind, schema(kind), ()))


def _fields(kind: str, place: dict[str, Any], path: Path) -> Iterator[Field]:
    required = place.get("required", ())
    for name, inner in place.get("properties", {}).items():
        here = resolved(kind, inner)
        yield Field((*path, name), here, name in required)
        yield from _fields(kind, here, (*path, name))
        if "items" in here:
            item = resolved(kind, here["items"])
            yield Field((*path, name, 0), item, is_required=False)
            yield from _fields(kind, item, (*path, name, 0))


def resolved(kind: str, place: dict[str, Any]) -> dict[str, Any]:
    """A schema with its reference, or the first member of its union that is not null, followed; its own keys beside it."""
    own = {key: value for key, value in place.items() if key not in ("anyOf", "$ref")}
    members = [member for member in place.get("anyOf", []) if member.get("type") != "null"]
    if members:
        return {**resolved(kind, members[-1]), **own}
    if reference := place.get("$ref"):
        return {**resolved(kind, schema(kind)["$defs"][reference.rsplit("/", 1)[-1]]), **own}
    return place


def _filled(kind: str, place: dict[str, Any], body: Any) -> Any:
    """The body with an example in the place of everything that is empty."""
    here = resolved(kind, place)
    if here.get("type") == "object":
        given = body or {}
        return {name: _filled(kind, inner, given.get(name)) for name, inner in here["properties"].items()}
    if here.get("type") == "array":
        return [_filled(kind, here["items"], item) for item in body or _entries(here)]
    return _example(here) if body in (None, "") else body


def _entries(here: dict[str, Any]) -> list[Any]:
    examples = here.get("examples")
    return list(examples[0]) if examples else [None]


def _example(here: dict[str, Any]) -> Any:
    if "examples" in here:
        return here["examples"][0]
    if "enum" in here:
        return here["enum"][0]
    return {"string": "Text", "integer": here.get("minimum", 1), "number": here.get("minimum", 1), "boolean": True}[here["type"]]
