"""The sentences models say in English with values inside (faults, refusals, reasons), read from the code as messages with places.

`f"'{value}' is given twice; give each once"` becomes `'{value}' is given twice; give each once`. What an expression may say in
several ways becomes a message for each way. `tasks/said.py` finds the message again when it is to be shown.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path

WHOLE = (
    "models/contribution_kinds/*.py",
    "models/contribution_file.py",
    "models/fault_words.py",
    "models/yaml_lines.py",
    "models/file_types.py",
    "models/calendar.py",
    "models/doors/attaching.py",
    "models/doors/approvals.py",
)
"""Files in which every sentence may reach a partner."""
RAISED = (
    "models/doors/*.py", "models/links.py", "models/database.py", "models/standing.py", "models/known.py", "models/drafts.py",
    "models/wishes.py", "models/organisations.py", "tasks/page*.py", "tasks/forms/**/*.py", "tasks/workbook*.py", "tasks/workbook*/**/*.py",
    "tasks/word_back*.py", "tasks/word_back*/**/*.py", "deployments/desk/**/*.py",
)  # fmt: skip
"""Files of which partners see what they raise, and the reasons they keep."""
RAISES = {"Refused", "BadLink", "Overtaken", "Busy", "StaleToken", "StaleDraft", "NoSignIn", "Unfit", "Fault", "one_fault", "fault"}
"""Errors of other names count where they are made: `Bad...`, `Not...`."""
ERROR = re.compile(r"(Bad|Not|Too|Un)[A-Z]\w+")
KEEPS = {"reasons", "why"}
OTHERS = {
    "compile", "fullmatch", "match", "search", "sub", "getLogger", "execute", "text", "info", "warning", "error", "exception", "gettext",
    "ngettext", "strftime", "TypeVar", "NewType",
}  # fmt: skip
"""Calls whose texts nobody is told."""
SILENT = {"description", "title", "examples", "pattern", "json_schema_extra", "alias", "unit", "key", "name", "default"}
QUIET_TABLES = {"UNPRINTABLE", "__all__", "REFERENCE", "MAILBOX", "PHONE"}
MOST_WAYS = 24
HELPERS: dict[str, tuple[str, ...]] = {"suggestion": ("", ": did you mean '{close}'?"), "_count": ("{number} {noun}",)}
"""What small helpers of the models answer, as a message says it."""
BESIDES = {
    "models/fault_words.py": (
        "{expected}, not {given}", "text", "nothing", "a number", "a list", "a mapping", "character", "characters", "item", "items",
    ),
    "models/calendar.py": (
        "{names}: {why}", "closed: {name}", "weekend", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ),
    "models/contribution_kinds/parts.py": (
        "theme", "city", "action", "entry", "mentee", "practice", "result", "plan", "id", "key factor", "competence", "criterion",
        "exercise", "need", "organisation", "question", "resource", "visit", "promise", "reason", "answer",
    ),
    "models/gates.py": ("{gate} @ {scope}", "pending", "open", "satisfied"),
    "models/decisions.py": ("approve", "return", "reject", "contribution", "approval", "event"),
}  # fmt: skip
"""Short words and joints that no rule above takes for a sentence, by the file they come from."""


@dataclass(frozen=True)
class Sentence:
    """A message with named places, and the file it stands in."""

    text: str
    place: str


def sentences(root: Path) -> Iterator[Sentence]:
    """Every sentence of the models of a tree that a partner may be told, each once for each file."""
    for patterns, whole in ((WHOLE, True), (RAISED, False)):
        for path in sorted({path for pattern in patterns for path in root.glob(pattern)}):
            place = path.relative_to(root).as_posix()
            for text in dict.fromkeys(_of_file(path, whole=whole)):
                yield Sentence(text, place)
    for place, texts in BESIDES.items():
        for text in texts:
            yield Sentence(text, place)


def _of_file(path: Path, *, whole: bool) -> Iterator[str]:
    tree = ast.parse(path.read_bytes())
    for expression, named in _whole(tree, {}) if whole else _raised(tree):
        yield from filter(is_sentence, ways(expression, named))


def is_sentence(text: str) -> bool:
    """Words, not a key, a pattern or a format."""
    bare = re.sub(r"\{\w+\}", "", text)
    return len(re.findall(r"[A-Za-z]{2,}", bare)) >= 2 and " " in bare.strip() and not text.startswith(("^", "%", "\n"))


Expressions = Iterator[tuple[ast.expr, "Named"]]


def _whole(tree: ast.AST, named: Named) -> Expressions:
    """The widest text expressions of a file, without docstrings and what fields are described with."""
    for node in ast.iter_child_nodes(tree):
        if _is_silent(node):
            continue
        inside = texts_named(node) if isinstance(node, ast.FunctionDef) else named
        if isinstance(node, ast.expr) and _is_text(node):
            yield node, inside
            for inner in _values_in(node):
                yield from _whole(inner, inside)
        else:
            yield from _whole(node, inside)


def _is_silent(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name in QUIET_TABLES
        case ast.keyword(arg=str() as name):
            return name in SILENT
        case ast.Call():
            return _called(node) in OTHERS or _called(node) in HELPERS
    return False


def _values_in(node: ast.AST) -> Iterator[ast.AST]:
    """What stands between the words of a text and may hold another one."""
    for part in ast.walk(node):
        if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Call):
            yield part.value


def _raised(tree: ast.AST) -> Expressions:
    """What is raised or kept as a reason; a name stands for all that the function gives it."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
        named = texts_named(function)
        given: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                given.setdefault(node.targets[0].id, []).append(node.value)
        for expression in (told for node in ast.walk(function) for told in _told(node)):
            for one in given.get(expression.id, []) if isinstance(expression, ast.Name) else [expression]:
                yield from ((text, named) for text in _texts_in(one))


def _told(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and (_called(node) in RAISES or ERROR.fullmatch(_called(node))):
        yield from node.args
        yield from (keyword.value for keyword in node.keywords if keyword.arg in (None, "message"))
    if isinstance(node, ast.Call):
        yield from (keyword.value for keyword in node.keywords if keyword.arg in KEEPS)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in KEEPS:
        yield node.value
    if isinstance(node, ast.Call) and _called(node) == "move_deadline":
        yield from node.args


def _texts_in(node: ast.expr) -> Iterator[ast.expr]:
    if _is_text(node):
        yield node
    elif isinstance(node, ast.Tuple | ast.List):
        for item in node.elts:
            yield from _texts_in(item)
    elif isinstance(node, ast.IfExp):
        yield from _texts_in(node.body)
        yield from _texts_in(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for item in node.values:
            yield from _texts_in(item)


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def _is_text(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_text(node.left) or _is_text(node.right)
    return isinstance(node, ast.JoinedStr)


# -- one expression ----------------------------------------------------------------------------------------------------

Named = dict[str, ast.expr]
"""What a function calls its texts: `hint = f"..."`, to be put where `{hint}` stands."""


def ways(node: ast.expr, named: Named | None = None) -> list[str]:
    """The messages an expression can say; names of places are made unique in each."""
    return [_numbered(text) for text in dict.fromkeys(islice(_ways(node, named or {}), MOST_WAYS))]


def _ways(node: ast.expr, named: Named) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            yield text.replace("{", "{{").replace("}", "}}")
        case ast.JoinedStr(values=values):
            yield from ("".join(parts) for parts in product(*(list(_ways(part, named)) for part in values)))
        case ast.FormattedValue(value=value):
            yield from _ways(value, named)
        case ast.BinOp(op=ast.Add(), left=left, right=right) if _is_text(node):
            yield from (one + other for one, other in product(list(_ways(left, named)), list(_ways(right, named))))
        case ast.IfExp(body=body, orelse=orelse):
            yield from _ways(body, named)
            yield from _ways(orelse, named)
        case ast.BoolOp(op=ast.Or(), values=values):
            yield from (text for value in values for text in _ways(value, named) if text)
        case ast.Call() if _called(node) in HELPERS:
            yield from HELPERS[_called(node)]
        case ast.Name(id=name) if name in named:
            yield from _ways(named[name], {key: value for key, value in named.items() if key != name})
        case _:
            yield "{" + _name(node) + "}"


def texts_named(function: ast.AST) -> Named:
    """The texts that a function gives a name, once; a name that is given several times stays a place."""
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                given.setdefault(name, []).append(value)
    return {name: values[0] for name, values in given.items() if len(values) == 1 and _may_be_text(values[0])}


def _may_be_text(node: ast.expr) -> bool:
    return _is_text(node) or (isinstance(node, ast.IfExp) and _is_text(node.body) and _is_text(node.orelse))


def _name(node: ast.expr) -> str:
    """What a value is called: the last name in its expression."""
    if isinstance(node, ast.Call):
        called = _called(node)
        if called in ("quoted", "shown", "printable", "closest", "str", "len", "next", "sorted", "list"):
            return ("given" if called == "quoted" else "") or (_name(node.args[0]) if node.args else called)
        if called in ("join", "get"):
            return _name(node.args[0]) if node.args else called
        if isinstance(node.func, ast.Attribute):
            return _name(node.func.value)
        return called.strip("_")
    if isinstance(node, ast.Attribute):
        return node.attr.lower().strip("_")
    if isinstance(node, ast.Subscript):
        key = node.slice
        return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else _name(node.value)
    if isinstance(node, ast.Name):
        return node.id.lower().strip("_")
    if isinstance(node, ast.BinOp):
        return _name(node.left)
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        return _name(node.generators[0].iter)
    return "value"


def _numbered(text: str) -> str:
    seen: dict[str, int] = {}

    def name(match: re.Match[str]) -> str:
        seen[match[1]] = seen.get(match[1], 0) + 1
        return match[0] if seen[match[1]] == 1 else f"{{{match[1]}{seen[match[1]]}}}"

    return re.sub(r"(?<!\{)\{(\w+)\}(?!\})", name, text)
