"""Reading a YAML (or JSON) file somebody wrote into plain data that remembers its lines, refusing what could hurt us.

What the data should look like is not known here; how a fault of shape is put into words is `fault_words`.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml
from pydantic import BaseModel, ValidationError

from models.errors import BadFile, Fault
from models.fault_words import in_words, quoted, shown, siblings, suggestion

MAX_BYTES = 1024 * 1024
MAX_VALUES = 200_000
MAX_DEPTH = 40
MAX_FAULTS = 1000

_TAG = "tag:yaml.org,2002:"
Loc = tuple[str | int, ...]

# What YAML itself refuses, found beforehand so that the fault has a line.
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# JSON writes what lies beyond the basic plane as two escapes; YAML knows it as one.
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the class is chosen at run time
    """Only JSON's types, as YAML 1.2 has it: `NO` is Norway, `10:30` is no number, a date stays the text it is."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


for _name, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]{1,18}$", "-+0123456789"),
    ("float", r"^[-+]?(?:[0-9]{1,18}\.[0-9]*|\.[0-9]+|[0-9]{1,18})(?:[eE][-+]?[0-9]{1,3})?$", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(_pattern), list(_first))


@dataclass(frozen=True)
class Document:
    """A file that could be read: JSON-able `data` (dates are text), and the line of each of its keys and items."""

    name: str
    data: dict[str, Any]
    lines: dict[Loc, int] = field(repr=False)
    faults: tuple[Fault, ...] = ()
    """What is wrong in the writing but did not stop the reading: keys that stand twice, tags."""

    def line(self, path: Loc) -> int:
        """The line, from 1, of the key or item at `path`, or of its nearest ancestor that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(self, path: Loc, message: str) -> Fault:
        """A fault at that place."""
        return Fault(self.line(path), dotted(path), message)


def load(text: str | bytes, name: str) -> Document:
    """The document in `text`; BadFile with every fault of its writing. `name` is what faults call the file."""
    document = parse(text, name)
    if document.faults:
        raise BadFile(name, list(document.faults))
    return document


def parse(text: str | bytes, name: str) -> Document:
    """As `load`, but faults that do not stop the reading are left in the document, to be told with others."""
    try:
        written = _decoded(text)
        _bounded(written)
        return _built(_Loader(written).get_single_node(), name)
    except _Stop as stop:
        raise BadFile(name, [Fault(stop.line, "", stop.message)]) from None
    except yaml.YAMLError as error:
        raise BadFile(name, [_syntax_fault(error, written)]) from None


def read(path: str | os.PathLike[str], name: str | None = None) -> bytes:
    """The bytes of a file, at most one more than are allowed; BadFile where it cannot be read."""
    shown = name or os.fspath(path)
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise BadFile(shown, [Fault(1, "", "there is no such file")]) from None
    except OSError as error:
        raise BadFile(shown, [Fault(1, "", f"the file cannot be read: {error.strerror or error}")]) from None


def dotted(path: Loc) -> str:
    """`("organisations", 3, "country")` as `organisations.3.country`, on one line whatever the keys contain."""
    return ".".join(shown(str(part), 48) for part in path)


def pydantic_faults(error: ValidationError, document: Document, model: type[BaseModel] | None = None) -> list[Fault]:
    """The faults Pydantic found in `document.data`, in a person's words and each on its key's line.

    With `model` (what the data was validated against) a misspelt key gets a suggestion. At most `MAX_FAULTS`.
    """
    found = error.errors(include_url=False, include_context=True)[:MAX_FAULTS]
    return [_pydantic_fault(dict(item), document, model) for item in found]


def _pydantic_fault(item: dict[str, Any], document: Document, model: type[BaseModel] | None) -> Fault:
    """Three cases: a key that is missing (told at its parent), a key nobody knows, a value of the wrong kind."""
    path = _place(item["loc"], document.data)
    key = str(item["loc"][-1]) if item["loc"] else ""
    if item["type"] == "missing":
        return document.fault(path, f"missing key {quoted(key)}")
    if item["type"] == "extra_forbidden":
        return document.fault(path, f"unknown key {quoted(key)}{suggestion(key, siblings(model, item['loc'][:-1]))}")
    if key == "[key]":
        return document.fault(path, f"the key {in_words(item)}")
    return document.fault(path, in_words(item))


def _place(loc: tuple[Any, ...], data: Any) -> Loc:
    """The part of Pydantic's location that exists in the data: it also names union members, which no file has."""
    path: Loc = ()
    for part in loc:
        if part in (data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()):
            data, path = data[part], (*path, part)
    return path


class _Stop(Exception):
    """The reading cannot go on."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def _decoded(text: str | bytes) -> str:
    if len(text) > MAX_BYTES:
        raise _Stop(1, f"the file is larger than {MAX_BYTES // 1024} KiB; split it or move long texts elsewhere")
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _Stop(line, "the file is not UTF-8 text; save it again with the encoding UTF-8") from None
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _Stop(line, f"a character that is not text (U+{ord(found[0]):04X}); remove it")
    return _SURROGATES.sub(_joined, text) if text.lstrip().startswith("{") else text


def _joined(pair: re.Match[str]) -> str:
    high, low = int(pair[2], 16), int(pair[3], 16)
    return f"{pair[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def _bounded(text: str) -> None:
    """Walk the file's events once, without building anything, and stop where a bound is broken."""
    count = _Count()
    documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = _line(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if documents > 1:
            raise _Stop(line, "a second document begins here ('---'); a file holds one")
        count.see(event, line)
        if len(count.opened) > MAX_DEPTH:
            raise _Stop(line, f"more than {MAX_DEPTH} levels inside each other")
        if count.values > MAX_VALUES:
            raise _Stop(line, f"more than {MAX_VALUES} values, those behind each alias counted; write fewer or use no aliases")
    if not documents:
        raise _Stop(1, "the file is empty")


class _Count:
    """How many values there would be with every alias written out, and which collections are open."""

    def __init__(self) -> None:
        self.values = 0
        self.opened: list[tuple[str | None, int]] = []
        self._sizes: dict[str, int] = {}

    def see(self, event: yaml.Event, line: int) -> None:
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self.opened.pop()
            if anchor:
                self._sizes[anchor] = self.values - before
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor or "", line)
        elif isinstance(event, yaml.NodeEvent):
            if isinstance(event, yaml.CollectionStartEvent):
                self.opened.append((event.anchor, self.values))
            elif event.anchor:
                self._sizes[event.anchor] = 1
            self.values += 1

    def _alias(self, name: str, line: int) -> None:
        if any(anchor == name for anchor, _ in self.opened):
            raise _Stop(line, f"the alias '*{shown(name)}' contains itself")
        self.values += self._sizes.get(name, 1)


def _built(root: yaml.Node | None, name: str) -> Document:
    if root is None or (isinstance(root, yaml.ScalarNode) and not root.value):
        raise _Stop(1, "the file is empty")
    if not isinstance(root, yaml.MappingNode):
        raise _Stop(_line(root.start_mark), "the file is not a mapping; it starts with a line such as 'key: value'")
    builder = _Builder()
    data = builder.mapping(root, ())
    return Document(name, data, builder.lines, tuple(builder.faults))


def _line(mark: Any) -> int:
    """A mark of PyYAML's counts from 0, people from 1."""
    return int(mark.line) + 1 if mark else 1


class _Builder:
    """Turns nodes into plain data, noting lines and faults on the way. Depth and number are bounded before."""

    def __init__(self) -> None:
        self.lines: dict[Loc, int] = {}
        self.faults: list[Fault] = []

    def value(self, node: yaml.Node, path: Loc) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def mapping(self, node: yaml.MappingNode, path: Loc) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key, value, line in self._keys(node, path):
            place = (*path, key)
            if key in built:
                message = f"the key '{shown(key)}' stands twice; it stood in line {self.lines[place]} already"
                self.faults.append(Fault(line, dotted(place), message))
                continue
            self.lines[place] = line
            built[key] = self.value(value, place)
        return built

    def _keys(self, node: yaml.MappingNode, path: Loc) -> Iterator[tuple[str, yaml.Node, int]]:
        for key, value in node.value:
            line = _line(key.start_mark)
            if not isinstance(key, yaml.ScalarNode):
                self.faults.append(Fault(line, dotted(path), "a key must be plain text, not a list or a mapping"))
            elif key.value == "<<" and not key.style:
                self.faults.append(Fault(line, dotted(path), "merging with '<<' is not read; write the keys out"))
            else:
                yield key.value, value, line

    def _item(self, node: yaml.Node, path: Loc) -> Any:
        self.lines[path] = _line(node.start_mark)
        return self.value(node, path)

    def _scalar(self, node: yaml.Node, path: Loc) -> Any:
        tag = node.tag or ""
        read = _SCALARS.get(tag.removeprefix(_TAG))
        if read is None:
            self.faults.append(Fault(_line(node.start_mark), dotted(path), f"the tag '{shown(tag)}' is not allowed; remove it"))
            return node.value
        try:
            return read(node.value)
        except ValueError:
            self.faults.append(Fault(_line(node.start_mark), dotted(path), f"{quoted(node.value)} is not a number that can be read"))
            return None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_SCALARS: dict[str, Callable[[str], Any]] = {
    "str": lambda text: text,
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": int,
    "float": _finite,
}


def _syntax_fault(error: yaml.YAMLError, text: str) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = shown(str(getattr(error, "problem", None) or error), 200)
    lines = text.rstrip().split("\n")
    if "end of stream" in problem or "',' or" in problem or mark is None:
        mark = getattr(error, "context_mark", None) or mark  # where the thing that never ends begins
    line = min(_line(mark), len(lines))
    written = lines[line - 1]
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return Fault(line, "", "a tab at the beginning of a line; indent with spaces")
    return Fault(line, "", f"this is not valid YAML: {problem}")
