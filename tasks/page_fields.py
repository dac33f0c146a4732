"""What a contribution asks for in plain words, from the schema of its kind, and the YAML file to fill in.

Reading a filled file is `models.contribution_file`; how the fields look on a page is `templates/desk`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

import yaml

from models.contribution_kinds import schema

Json = Mapping[str, Any]
WIDTH = 100
CODES = {"language": "code", "key-factor": "id", "action": "id", "objective": "id"} | dict.fromkeys(
    ("theme", "pair-theme", "result", "city", "pair-city", "mentor", "mentee"), "slug"
)
"""By what a file names what it refers to."""


class Form(StrEnum):
    """How a field is answered, in the words of the page."""

    LINE = "a line"
    TEXT = "a text"
    WHOLE = "a whole number"
    NUMBER = "a number"
    YES_NO = "true or false"
    YES_NO_WORDS = "true, false, or in words"
    DATE = "a date, such as 2022-03-01"
    CHOICE = "one of the words listed"
    LINES = "a list, a line each"
    ENTRIES = "a list of entries"
    GROUP = "a group of fields"


@dataclass(frozen=True)
class Field:
    """One field of a contribution; `fields` are those of each entry, or of the group. `default` is JSON text, empty for none."""

    name: str
    says: str
    form: Form
    is_required: bool
    unit: str = ""
    example: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    entry: str = ""
    """What one entry of a list is called, in English: "Existing service"."""
    names: str = ""
    """What the field refers to: "theme", "city" and the like (`models.contribution_kinds.parts.names`); empty where to nothing."""
    each: str = ""
    """The field of an entry of which a list has one entry for each thing it may name; empty where a list is free."""
    pattern: str = ""
    longest: int = 0
    """Characters that a text, or each line of a list of lines, may have; 0: as many as one likes."""
    least: float | None = None
    most: float | None = None
    fewest: int = 0
    many: int = 0
    """Entries or lines there must be at least, and may be at most; 0: no limit."""

    @property
    def may_be_left_out(self) -> bool:
        """Whether a group that is left empty says nothing at all."""
        return self.default == "null"


@lru_cache(maxsize=64)
def asked_fields(kind: str) -> tuple[Field, ...]:
    """The fields of a contribution kind in their order; KeyError for an unknown kind."""
    whole = schema(kind)
    return _fields(whole, whole.get("$defs", {}))


def _fields(part: Json, defs: Json) -> tuple[Field, ...]:
    required = part.get("required", ())
    return tuple(_field(name, _resolved(item, defs), name in required, defs) for name, item in part.get("properties", {}).items())


def _field(name: str, item: Json, is_required: bool, defs: Json) -> Field:
    inner = _resolved(item.get("items", {}), defs)
    form = _form(item, inner)
    nested = inner if form is Form.ENTRIES else item if form is Form.GROUP else {}
    return Field(
        name=name,
        says=str(item.get("description", "")),
        form=form,
        is_required=is_required,
        unit=str(item.get("unit", "")),
        example=_example(item.get("examples")),
        default=json.dumps(item["default"], ensure_ascii=False) if "default" in item else "",
        choices=tuple(str(choice) for choice in item.get("enum") or inner.get("enum") or ()),
        fields=_fields(nested, defs),
        entry=spelled_out(str(nested.get("title", ""))) if form is Form.ENTRIES else "",
        names=str(item.get("names") or inner.get("names") or ""),
        each=str(item.get("each", "")),
        pattern=str(item.get("pattern") or inner.get("pattern") or ""),
        longest=int(item.get("maxLength") or inner.get("maxLength") or 0),
        least=item.get("minimum"),
        most=item.get("maximum"),
        fewest=int(item.get("minItems", 0)),
        many=int(item.get("maxItems", 0)),
    )


def spelled_out(title: str) -> str:
    """The name of a model as people write it: "ExistingService" becomes "Existing service"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title).capitalize()


def _resolved(item: Json, defs: Json) -> Json:
    """A schema without references and without "or nothing": what the field holds when it holds something."""
    if "$ref" in item:
        own = {key: value for key, value in item.items() if key != "$ref"}
        return {**_resolved(defs[str(item["$ref"]).rpartition("/")[2]], defs), **own}
    if "anyOf" in item:
        options = [option for option in item["anyOf"] if option.get("type") != "null"]
        own = {key: value for key, value in item.items() if key != "anyOf"}
        either = {"either": True} if {option.get("type") for option in options} == {"boolean", "string"} else {}
        return {**_resolved(options[0], defs), **either, **own}
    return item


def _form(item: Json, inner: Json) -> Form:
    if item.get("either"):
        return Form.YES_NO_WORDS
    if "enum" in item:
        return Form.CHOICE
    match item.get("type"):
        case "array":
            return Form.ENTRIES if inner.get("type") == "object" else Form.LINES
        case "object":
            return Form.GROUP
        case "integer":
            return Form.WHOLE
        case "number":
            return Form.NUMBER
        case "boolean":
            return Form.YES_NO
    if item.get("format") == "date":
        return Form.DATE
    return Form.TEXT if item.get("maxLength", 0) > 1000 else Form.LINE


def _example(examples: Any) -> str:
    if not examples:
        return ""
    example = examples[0]
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)


# -- the file to fill in -------------------------------------------------------------------------------------------


def file_to_fill(heading: Sequence[str], envelope: Mapping[str, str], fields: Sequence[Field], body: Json | None) -> str:
    """A contribution file: the heading as comments, the envelope filled in, and the body as it is or as a skeleton.

    The skeleton can be read as it stands; what is required and empty is reported, line by line, when it is handed in.
    """
    lines = [*(f"# {_one_line(line)}" for line in heading), "", *_dumped(dict(envelope), 0), "body:"]
    for field in fields:
        lines += ["", *_comment(field, 1), *_value(field, body, 1)]
    return "\n".join(lines) + "\n"


def _comment(field: Field, depth: int) -> Iterator[str]:
    named = f", by its {CODES[field.names]}" if field.names in CODES else ""
    needed = "required" if field.is_required else "may be left as it is"
    unit = f", in {field.unit}" if field.unit else ""
    yield _indented(f"# {_one_line(field.says) or field.name} ({field.form}{named}{unit}; {needed})", depth)
    if field.choices:
        yield _indented(f"# One of: {', '.join(field.choices)}", depth)
    if field.example:
        yield _indented(f"# Example: {_one_line(field.example)}", depth)


def _value(field: Field, body: Json | None, depth: int) -> list[str]:
    if body is not None and field.name in body:
        return _dumped({field.name: body[field.name]}, depth)
    if field.form in (Form.ENTRIES, Form.GROUP) and not field.is_required:
        pattern = [f"{'  ' * depth}# {line}" for line in _skeleton(field, 0)]
        return [
            _indented(f"{field.name}: {field.default or '[]'}", depth),
            _indented("# To fill it in, write it like this:", depth),
            *pattern,
        ]
    return _skeleton(field, depth)


def _skeleton(field: Field, depth: int) -> list[str]:
    """A field as it looks when it is to be filled in."""
    if field.form is Form.GROUP:
        return [_indented(f"{field.name}:", depth), *_inner(field, depth + 1)]
    if field.form is Form.ENTRIES:
        return [_indented(f"{field.name}:", depth), _indented("-", depth + 1), *_inner(field, depth + 2)]
    if field.form is Form.LINES and field.is_required:
        return [_indented(f"{field.name}:", depth), _indented('- ""', depth + 1)]
    if field.default:
        return [_indented(f"{field.name}: {field.default}", depth)]
    return [_indented(f'{field.name}: ""' if field.form in (Form.LINE, Form.TEXT) else f"{field.name}:", depth)]


def _inner(field: Field, depth: int) -> list[str]:
    return [line for item in field.fields for line in (*_comment(item, depth), *_skeleton(item, depth))]


def _dumped(value: Json, depth: int) -> list[str]:
    text = yaml.safe_dump(dict(value), allow_unicode=True, sort_keys=False, width=WIDTH)
    return [_indented(line, depth) if line else line for line in text.splitlines()]


def _indented(line: str, depth: int) -> str:
    return "  " * depth + line


def _one_line(text: str) -> str:
    return " ".join(text.split())
