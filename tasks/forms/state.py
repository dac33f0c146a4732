"""A contribution as it is being written, a tree of texts, and its way from a body and back to one.

A leaf is a text; a group is `{name: subtree}`; a list of entries is `{"order": [key, ...], "items": {key: subtree}}` with short keys that
stay with their entry; a list of lines is one text with a line each; yes or no is "yes", "no" or "".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasks.forms.typed import Path, Problem, is_empty, typed, value_of
from tasks.page_fields import Field, Form
from tasks.wording import Words

State = dict[str, Any]

PREFILLED = (Form.CHOICE, Form.YES_NO)
"""A new entry starts with the default of these; of all others only the one who writes can know what goes there."""


def id_of(path: Path) -> str:
    """The id of a field on a page."""
    return ".".join(path)


def path_of(place: str) -> Path:
    """The path an id stands for; the empty text is the whole contribution."""
    return tuple(place.split(".")) if place else ()


def at(state: Mapping[str, Any], path: Path) -> Any:
    """What stands at a path, None where nothing does. Entries are reached by their key alone."""
    here: Any = state
    for part in path:
        if not isinstance(here, Mapping):
            return None
        here = here["items"].get(part) if is_list(here) else here.get(part)
    return here


def is_list(node: Any) -> bool:
    """Whether a node of a state is a list of entries."""
    return isinstance(node, Mapping) and isinstance(node.get("order"), list) and isinstance(node.get("items"), Mapping)


def field_at(fields: Sequence[Field], path: Path) -> Field | None:
    """The field that a path leads to; for an entry that of its list. None where there is no such place."""
    found: Field | None = None
    within_list = False
    for part in path:
        if within_list:
            within_list = False
            continue
        inner = found.fields if found else fields
        found = next((field for field in inner if field.name == part), None)
        if found is None:
            return None
        within_list = found.form is Form.ENTRIES
    return found


# -- from a body ---------------------------------------------------------------------------------------------------


def state_of(fields: Sequence[Field], body: Mapping[str, Any] | None) -> State:
    """A body as a draft starts from it; None: an empty one. The same body gives the same keys, e1, e2 and so on.

    What has another shape than the fields have, as a body of another version of the method may, is left out.
    """
    if body is None:
        return blank(fields)
    return {field.name: _node(field, body.get(field.name, json.loads(field.default) if field.default else None)) for field in fields}


def _node(field: Field, value: Any) -> Any:
    if field.form is Form.GROUP:
        return state_of(field.fields, value) if isinstance(value, Mapping) else _nothing(field.fields)
    if field.form is Form.ENTRIES:
        entries = [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list | tuple) else []
        items = {f"e{number}": state_of(field.fields, entry) for number, entry in enumerate(entries, start=1)}
        return {"order": list(items), "items": items}
    return typed(field, value)


def blank(fields: Sequence[Field]) -> State:
    """A part of a contribution of which nothing is said yet; lists that need entries have that many empty ones."""
    return {field.name: _blank(field) for field in fields}


def _blank(field: Field) -> Any:
    if field.form is Form.GROUP:
        return _nothing(field.fields) if field.may_be_left_out else blank(field.fields)
    if field.form is Form.ENTRIES:
        items = {f"e{number}": blank(field.fields) for number in range(1, field.fewest + 1)}
        return {"order": list(items), "items": items}
    return typed(field, json.loads(field.default)) if field.default and field.form in PREFILLED else ""


def with_blank_entries(fields: Sequence[Field], state: Any) -> State:
    """The state with an empty entry in every list that has none: for paper, where nobody can add one."""
    filled: State = {}
    for field in fields:
        node = _in(state, field.name)
        if field.form is Form.GROUP:
            filled[field.name] = with_blank_entries(field.fields, node)
        elif field.form is Form.ENTRIES:
            items = {key: node["items"][key] for key in order_of(node)} or {"e1": {}}
            filled[field.name] = {"order": list(items), "items": {key: with_blank_entries(field.fields, items[key]) for key in items}}
        else:
            filled[field.name] = node if isinstance(node, str) else ""
    return filled


def _nothing(fields: Sequence[Field]) -> State:
    """A group that is left out: not even what a new one starts with."""
    empty: State = {"order": [], "items": {}}
    return {
        field.name: _nothing(field.fields) if field.form is Form.GROUP else dict(empty) if field.form is Form.ENTRIES else ""
        for field in fields
    }


# -- what was said -------------------------------------------------------------------------------------------------


def leaves(fields: Sequence[Field], state: Any, path: Path = ()) -> Iterator[tuple[Path, Field, str]]:
    """Every text of a part of a contribution, in the order of the form."""
    for field in fields:
        node, here = _in(state, field.name), (*path, field.name)
        if field.form is Form.GROUP:
            yield from leaves(field.fields, node, here)
        elif field.form is Form.ENTRIES:
            for key in order_of(node):
                yield from leaves(field.fields, node["items"].get(key, {}), (*here, key))
        else:
            yield here, field, node if isinstance(node, str) else ""


def order_of(node: Any) -> list[str]:
    """The keys of a list's entries as they stand."""
    return [key for key in node["order"] if key in node["items"]] if is_list(node) else []


def says_something(fields: Sequence[Field], state: Any) -> bool:
    """Whether anything is said beyond what a new form starts with."""
    return any(
        not is_empty(text) and not (field.form in PREFILLED and field.default and text == typed(field, json.loads(field.default)))
        for _, field, text in leaves(fields, state)
    )


def counted(field: Field, node: Any) -> list[str]:
    """The keys of the entries that count: empty ones are passed over, but for those that the list must have."""
    order = order_of(node)
    said = [key for key in order if says_something(field.fields, node["items"][key])]
    if len(said) >= field.fewest:
        return said
    spare = [key for key in order if key not in said][: field.fewest - len(said)]
    return [key for key in order if key in said or key in spare]


# -- to a body -----------------------------------------------------------------------------------------------------


def body_of(fields: Sequence[Field], state: Any, language: str) -> tuple[dict[str, Any], list[Problem]]:
    """The body that a state stands for, and what is wrong with it in that language, in the order of the form.

    With problems the body is as good as it gets: what was not understood stands in it as it was typed. Rules between fields, and what
    a reference may name, are checked by `models.contribution_kinds.validate_body`; `forms.checking` brings both together.
    """
    problems: list[Problem] = []
    return _body(fields, state, (), Words(language), problems), problems


def _body(fields: Sequence[Field], state: Any, path: Path, words: Words, problems: list[Problem]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for field in fields:
        node, here = _in(state, field.name), (*path, field.name)
        if field.form is Form.GROUP:
            if field.may_be_left_out and not says_something(field.fields, node):
                body[field.name] = None
            else:
                body[field.name] = _body(field.fields, node, here, words, problems)
        elif field.form is Form.ENTRIES:
            keys = counted(field, node)
            body[field.name] = [_body(field.fields, node["items"][key], (*here, key), words, problems) for key in keys]
            problems += _list_problems(field, len(keys), here, words)
        else:
            _put_leaf(body, field, node if isinstance(node, str) else "", here, words, problems)
    return body


def _put_leaf(body: dict[str, Any], field: Field, text: str, path: Path, words: Words, problems: list[Problem]) -> None:
    if is_empty(text):
        if field.is_required:
            problems.append(Problem(path, _gap(field, words), is_gap=True))
            body[field.name] = value_of(field, "", words)[0]
        return
    body[field.name], wrong = value_of(field, text, words)
    if wrong:
        problems.append(Problem(path, wrong))


def _gap(field: Field, words: Words) -> str:
    match field.form:
        case Form.CHOICE | Form.YES_NO:
            return words.gettext("Choose an answer.")
        case Form.DATE:
            return words.gettext("Give the day.")
        case Form.WHOLE | Form.NUMBER:
            return words.gettext("Give the number.")
        case Form.LINES:
            return words.gettext("Give at least one.")
    return words.gettext("Choose an answer.") if field.names else words.gettext("Fill this in.")


def _list_problems(field: Field, number: int, path: Path, words: Words) -> Iterator[Problem]:
    if number < field.fewest:
        said = words.ngettext("Add at least %(least)s entry.", "Add at least %(least)s entries.", field.fewest)
        yield Problem(path, said % {"least": words.number(field.fewest)}, is_gap=True)
    if field.many and number > field.many:
        said = words.gettext("Give at most %(most)s entries; there are %(has)s.")
        yield Problem(path, said % {"most": words.number(field.many), "has": words.number(number)})


def _in(state: Any, name: str) -> Any:
    return state.get(name) if isinstance(state, Mapping) else None
