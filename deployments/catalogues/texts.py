"""Every message there is to translate, from the files of a tree: templates, Python, the method's data, the models' refusals.

Literal calls of gettext are found by reading; what is data (titles of gates, descriptions of fields, names of roles) is listed here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.messages.extract import extract

from deployments.catalogues import spoken
from models.contribution_kinds import KINDS, schema
from models.method import METHOD
from tasks.guides import short_title
from tasks.page_fields import Form, spelled_out
from tasks.said import SAID
from tasks.wording import readable

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
OPTIONS = {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
TEMPLATES = (".html", ".txt", ".svg")
NAMED_ELSEWHERE = {"tasks/notice_views.py": ("ROLES",)}
"""Tables of texts that other modules and templates say, by file."""
SUPPLIED = re.compile(r"[a-z]{3}")
"""A text with at least a word in it; others say the same in every language."""


@dataclass
class Message:
    """One message: its text, the plural where it has one, what it is (`said`: a model's sentence), and the files it stands in."""

    text: str
    plural: str = ""
    context: str = ""
    places: set[str] = field(default_factory=set)

    @property
    def key(self) -> tuple[str, str]:
        """What tells messages apart."""
        return self.context, self.text


@lru_cache(maxsize=2)
def messages(root: Path = ROOT) -> dict[tuple[str, str], Message]:
    """All messages of the tree at `root` by context and text; the data is that of the modules that are imported."""
    found: dict[tuple[str, str], Message] = {}
    for text, plural, context, place in _all(root):
        message = found.setdefault((context, text), Message(text, plural, context))
        message.plural = message.plural or plural
        message.places.add(place)
    return found


Found = tuple[str, str, str, str]
"""Text, plural, context, place."""


def _all(root: Path) -> Iterator[Found]:
    yield from _of_templates(root)
    yield from _of_python(root)
    for sentence in spoken.sentences(root):
        yield sentence.text, "", SAID, sentence.place
    for text, place in _data():
        if text:
            yield text, "", "", place


# -- what is written where it is said ------------------------------------------------------------------------------


def _of_templates(root: Path) -> Iterator[Found]:
    for path in sorted((root / "templates").rglob("*")):
        if path.suffix in TEMPLATES:
            place = path.relative_to(root).as_posix()
            options = OPTIONS | ({"trimmed": "true"} if "/mail/" in f"/{place}" else {})
            with path.open("rb") as file:
                for _, said, _, _ in extract("jinja2", file, KEYWORDS, options=options):
                    yield *_pair(said), "", place


def _of_python(root: Path) -> Iterator[Found]:
    for folder in ("tasks", "deployments"):
        for path in sorted((root / folder).rglob("*.py")):
            place = path.relative_to(root).as_posix()
            if place.startswith("deployments/catalogues/"):
                continue
            text = path.read_bytes()
            if b"gettext" not in text and b"_(" not in text and place not in NAMED_ELSEWHERE:
                continue
            with path.open("rb") as file:
                for _, said, _, _ in extract("python", file, KEYWORDS):
                    yield *_pair(said), "", place
            for text_of_table in tables(ast.parse(text), NAMED_ELSEWHERE.get(place, ())):
                yield text_of_table, "", "", place


def _pair(said: str | tuple[str, ...]) -> tuple[str, str]:
    return (said, "") if isinstance(said, str) else (said[0], said[1])


def tables(tree: ast.Module, besides: tuple[str, ...] = ()) -> Iterator[str]:
    """The texts of the tables of a module that are said by their key, `words.gettext(TITLES[key])`; also `name, title in TITLES.items()`.

    A table is a dict, tuple or list in capitals at the top of the module. `besides` names those that are said by others.
    """
    whole: dict[str, ast.expr] = {}
    for item in tree.body:
        match item:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                whole[name] = value
    said = {node.id for call in ast.walk(tree) if _is_said_by_name(call) for node in ast.walk(call) if isinstance(node, ast.Name)}
    for name, value in whole.items():
        if name.isupper() and (name in besides or name in said or _is_looped(tree, name, said)):
            yield from (text for text in _texts(value) if SUPPLIED.search(text))


def _is_said_by_name(node: ast.AST) -> bool:
    """A call of gettext with anything but a text that stands there."""
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) == "gettext"
        and bool(node.args)
        and not isinstance(node.args[0], ast.Constant)
    )


def _is_looped(tree: ast.Module, name: str, said: set[str]) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.comprehension):
            over = {part.id for part in ast.walk(node.iter) if isinstance(part, ast.Name)}
            targets = {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
            if name in over and targets & said:
                return True
    return False


def _texts(value: ast.expr) -> Iterator[str]:
    """What a table says: the values of a dict, all texts of a list."""
    if isinstance(value, ast.Dict):
        for item in value.values:
            yield from _texts(item)
    elif isinstance(value, ast.Tuple | ast.List):
        for item in value.elts:
            yield from _texts(item)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value


# -- what is data ------------------------------------------------------------------------------------------------------


def _data() -> Iterator[tuple[str, str]]:
    yield from _of_the_method()
    for form in Form:
        yield form.value, "tasks/page_fields.py"
    for kind in KINDS:
        yield from _of_schema(schema(kind), f"models/contribution_kinds ({kind})")
    yield from _of_the_rest()


def _of_the_method() -> Iterator[tuple[str, str]]:
    place = "models/method"
    for phase in METHOD.phases:
        yield from ((phase.title, place), (phase.summary, place))
    for gate in METHOD.gates.values():
        yield from ((gate.title, place), (gate.asks, place))
        yield from ((gate.title.partition(": ")[0], place), (short_title(gate.title), place))
    for item in METHOD.deliverables:
        yield item.title, place


def _of_schema(part: Any, place: str) -> Iterator[tuple[str, str]]:
    """Descriptions, units, the readable names of fields and of the words to choose from."""
    for item in part if isinstance(part, list) else ():
        yield from _of_schema(item, place)
    for name, item in part.items() if isinstance(part, dict) else ():
        match name, item:
            case "properties", dict():
                yield from ((readable(key), place) for key in item)
                yield from _of_schema(list(item.values()), place)
            case (("description" | "unit"), str()):
                yield item, place
            case "$defs", dict():
                yield from ((spelled_out(str(model["title"])), place) for model in item.values() if model.get("type") == "object")
                yield from _of_schema(list(item.values()), place)
            case "examples", _:
                yield from ((example, place) for example in _flat(item) if _is_prose(example))
            case "enum", _:
                yield from ((word, place) for choice in item for word in _chosen(str(choice)))
            case (("default" | "const" | "required"), _):
                pass
            case _:
                yield from _of_schema(item, place)


def _chosen(choice: str) -> Iterator[str]:
    """A word to choose from as it stands in a sentence and as a label."""
    if re.search(r"[a-z]{2}", choice):
        yield choice.replace("-", " ")
        yield readable(choice)


def _flat(examples: Any) -> Iterator[str]:
    """The texts of examples, those in lists too."""
    for example in examples if isinstance(examples, list) else [examples]:
        if isinstance(example, list):
            yield from _flat(example)
        elif isinstance(example, str):
            yield example


def _is_prose(example: str) -> bool:
    """An example that is told in English; dates, addresses, numbers and codes are the same everywhere."""
    return bool(re.search(r"[a-z]{3}", example)) and not re.search(r"@|://", example) and not re.fullmatch(r"[a-z0-9-]+", example)


def _of_the_rest() -> Iterator[tuple[str, str]]:
    """Words that rows keep and pages show."""
    from models.decisions import Verdict
    from models.editions import EditionState
    from models.gates import GateState

    for enum, place in ((EditionState, "models/editions.py"), (GateState, "models/gates.py"), (Verdict, "models/decisions.py")):
        for item in enum:
            yield item.value.replace("-", " "), place
    for mark in ("Rehearsal", "For review"):
        yield mark, "models/covers.py"
