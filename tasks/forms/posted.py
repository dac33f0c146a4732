"""What a browser sends of a form, as changes to a draft: only what the form's own fields can say, whatever else was sent."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from models.doors.choosing import MINE, THEIRS, Pick
from models.doors.proposing import HIGHEST
from models.errors import Refused
from tasks.forms.state import at, blank, field_at, is_list, order_of, path_of
from tasks.forms.typed import Path, kept
from tasks.page_fields import Field, Form
from tasks.wording import Words

KEY = re.compile(r"[a-z0-9]{1,12}")
NUMBERED = re.compile(r"([A-Za-z]+)(\d{1,6})")
MOST_ENTRIES = 1000
"""Entries of one list that a form may have; every kind allows fewer."""

CHOICE, UNSETTLED, OWN, OTHERS = "choose~", "unsettled", "own~", "others~"
"""Names of what a form says about questions with several answers: which is to stand; where its own is not the stored one, and the number
that one is kept under; the numbers of the others it shows."""


@dataclass
class Posted:
    """What a form says: its part of the state, what it asks to do, and what it says of questions with several answers."""

    changes: dict[str, Any]
    do: str = "save"
    place: Path = ()
    """What `do` is about."""
    picks: dict[Path, Pick] = field(default_factory=dict)


def posted(fields: Sequence[Field], items: Iterable[tuple[str, str]], words: Words) -> Posted:
    """The fields of a form as a browser sends them. Refused where a list has more entries than any form of ours."""
    tree: dict[str, Any] = {}
    said: dict[str, list[str]] = {}
    for name, value in items:
        said.setdefault(name, []).append(value)
        here, parts = tree, name.split(".")
        if "" in parts:  # no field of ours is called so, and the empty name is where the values are kept
            continue
        for part in parts[:12]:
            here = here.setdefault(part, {})
        here.setdefault("", []).append(value)
    do, _, place = said.get("do", ["save"])[-1].partition(":")
    found = Posted(_part(fields, tree, words), do, path_of(place))
    unsettled = dict.fromkeys(said.get(UNSETTLED, []))
    others = [name.removeprefix(OTHERS) for name in said if name.startswith(OTHERS)]
    for name in list(dict.fromkeys([*unsettled, *others]))[:MOST_ENTRIES]:
        path, shown = path_of(name), _numbers(said.get(OTHERS + name, [""])[-1])
        own, choice = _numbers(said.get(OWN + name, [""])[-1]), said.get(CHOICE + name, [""])[-1]
        pick = Pick(None, max(own, default=0), shown, choice if choice in (MINE, THEIRS) or _numbers(choice) else "")
        found.picks[path] = _put_aside(found, path, pick) if name in unsettled else pick
    return found


def _numbers(text: str) -> frozenset[int]:
    found = [int(part) for part in text.split()[:MOST_ENTRIES] if part.isascii() and part.isdecimal() and len(part) < len(str(HIGHEST))]
    return frozenset(found)


def _part(fields: Sequence[Field], tree: Mapping[str, Any], words: Words) -> dict[str, Any]:
    part: dict[str, Any] = {}
    for asked in fields:
        here = tree.get(asked.name)
        if not here:
            continue
        if asked.form is Form.GROUP:
            part[asked.name] = _part(asked.fields, here, words)
        elif asked.form is Form.ENTRIES:
            part[asked.name] = _entries(asked, here, words)
        elif "" in here:
            part[asked.name] = kept(asked, "\n".join(filter(None, here[""])) if asked.form is Form.LINES else here[""][-1], words)
    return part


def _entries(asked: Field, here: Mapping[str, Any], words: Words) -> dict[str, Any]:
    keys = [key for key in here if key and KEY.fullmatch(key)]
    order = dict.fromkeys(key for key in here[""][-1].split() if KEY.fullmatch(key)) if "" in here else None
    if max(len(keys), len(order or ())) > MOST_ENTRIES:
        raise Refused("A list here has more than 1,000 entries, which none may have. Nothing was saved.")
    part: dict[str, Any] = {"items": {key: _part(asked.fields, here[key], words) for key in keys}}
    if order is not None:
        part["order"] = list(order)
    return part


def _put_aside(found: Posted, path: Path, pick: Pick) -> Pick:
    """An answer in a form that is not the stored one is a change only where it was chosen."""
    text = at_part(found.changes, path)
    if not isinstance(text, str) or pick.choice == MINE:
        return pick
    del at_part(found.changes, path[:-1])[path[-1]]
    return replace(pick, mine=text)


def at_part(part: Any, path: Path) -> Any:
    """What stands at a path of a part of a state; None where nothing does. The whole is no list, though it may have one called `items`."""
    here = part
    for depth, step in enumerate(path):
        if not isinstance(here, Mapping):
            return None
        here = here["items"].get(step) if depth and "items" in here else here.get(step)
    return here


# -- lists -----------------------------------------------------------------------------------------------------------


def act(found: Posted, fields: Sequence[Field], state: Mapping[str, Any]) -> Path:
    """Carry out add, remove, up or down on the changes of a form; the place to come back to, empty where there was nothing to do.

    `state` is the draft as it is stored: what the page does not have of a list is taken from there.
    """
    path = found.place if found.do == "add" else found.place[:-1]
    asked = field_at(fields, path)
    part = list_at(found.changes, path, state) if asked is not None and asked.form is Form.ENTRIES else None
    if asked is None or part is None:
        return ()
    order: list[str] = part["order"]
    key = found.place[-1]
    if found.do == "add":
        if asked.many and len(order) >= asked.many:
            return path
        key = new_key(order)
        part["items"][key] = _numbered(asked, blank(asked.fields), [part["items"], _items(state, path)])
        order.append(key)
        return (*path, key)
    if key not in order:
        return path
    where = order.index(key)
    order.remove(key)
    if found.do == "remove":
        part["items"].pop(key, None)
        return path
    order.insert(max(0, where - 1) if found.do == "up" else where + 1, key)
    return found.place


def new_key(order: Sequence[str]) -> str:
    """A key that no other entry has, nor one that somebody else adds at the same time."""
    while (key := "k" + secrets.token_hex(3)) in order:
        continue
    return key


def list_at(changes: dict[str, Any], path: Path, state: Mapping[str, Any]) -> dict[str, Any] | None:
    """The list at a path of the changes, with an order to work on; None where the form has none there."""
    part = at_part(changes, path)
    if not isinstance(part, dict) or "items" not in part:
        return None
    part.setdefault("order", order_of(at(state, path)))
    return part


def only_list(path: Path, state: Mapping[str, Any]) -> dict[str, Any]:
    """Changes that speak of the list at a path alone, with the order it has in a state and nothing of what its entries say."""
    part: dict[str, Any] = {"items": {}, "order": order_of(at(state, path))}
    for depth in reversed(range(len(path))):
        inner = {path[depth]: part}
        part = {"items": inner} if depth and is_list(at(state, path[:depth])) else inner
    return part


def _items(state: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    node = at(state, path)
    return node["items"] if is_list(node) else {}


def _numbered(asked: Field, entry: dict[str, Any], others: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A new entry with the next free short id, where entries have one: after A1 and A2 comes A3."""
    example = next((item.example for item in asked.fields if item.name == "id"), "")
    pattern = NUMBERED.fullmatch(example)
    if pattern:
        ids = [NUMBERED.fullmatch(str(item.get("id", ""))) for items in others for item in items.values()]
        used = [int(found[2]) for found in ids if found and found[1] == pattern[1]]
        entry["id"] = f"{pattern[1]}{max(used, default=0) + 1}"
    return entry
