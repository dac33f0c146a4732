"""Everything that is still to be put right before a contribution can be handed in, each at its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.contribution_kinds import validate_body
from models.contribution_kinds.parts import Known
from models.definition import Definition
from models.errors import BadFile
from tasks.forms.state import body_of, counted
from tasks.forms.typed import Path, Problem
from tasks.page_fields import Field, Form, asked_fields
from tasks.said import in_words
from tasks.wording import Words


@dataclass(frozen=True)
class Checked:
    """What a draft comes to: the canonical body where nothing is wrong with it, and what is."""

    body: dict[str, Any] | None
    problems: tuple[Problem, ...]


def check(kind: str, state: Mapping[str, Any], definition: Definition, known: Known, words: Words) -> Checked:
    """A draft against its kind and the running programme. At each place the first thing that is wrong is told."""
    fields = asked_fields(kind)
    data, problems = body_of(fields, state, words.language)
    try:
        body = validate_body(kind, data, None, "form", definition, known)
    except BadFile as bad:
        told = {problem.path for problem in problems}
        for fault in bad.faults:
            path = place_of(fields, state, fault.path)
            if path not in told and not fault.message.startswith("missing key"):
                problems.append(Problem(path, _sentence(in_words(words, fault.message))))
                told.add(path)
        body = None
    return Checked(None if problems else body, tuple(problems))


def place_of(fields: Sequence[Field], state: Any, dotted: str) -> Path:
    """The path in a draft of a place in its body: entries by their keys instead of their numbers."""
    path: list[str] = []
    node: Any = state
    inner: Sequence[Field] = fields
    inside: Field | None = None
    for part in dotted.split(".") if dotted else ():
        if inside is not None and inside.form is Form.ENTRIES and part.isdecimal():
            keys = counted(inside, node)
            if int(part) >= len(keys):
                break
            node, inner, step = node["items"][keys[int(part)]], inside.fields, keys[int(part)]
            inside = None
        else:
            inside = next((field for field in inner if field.name == part), None)
            if inside is None:
                break
            node = node.get(part) if isinstance(node, Mapping) else None
            inner, step = (inside.fields if inside.form is Form.GROUP else ()), part
        path.append(step)
    return tuple(path)


def _sentence(message: str) -> str:
    """A fault as a sentence of its own."""
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "?")) else ".")
