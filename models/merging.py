"""Bringing together what two people wrote into the same draft: different places merge, the same place keeps both and says so.

A draft is a tree of texts (`tasks.forms`): a leaf is a text, a group `{name: subtree}`, a list `{"order": [key, ...], "items": {key:
subtree}}`. What somebody sends may be a part of it: what is not in it is as it was. Three trees meet: what the writer saw, what they made
of it, and what is there by now. Pure functions on JSON data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Path = tuple[str, ...]
Tree = dict[str, Any]


class Clash(StrEnum):
    """How two changes got in each other's way; in each case nothing is lost."""

    TEXT = "text"
    """Both changed the same text: theirs stands, mine is handed back."""
    THEY_REMOVED = "they-removed"
    """They removed an entry that I went on writing in: it is back, with what I wrote."""
    I_REMOVED = "i-removed"
    """I removed an entry that they went on writing in: it stays."""
    ORDER = "order"
    """Both moved entries: their order stands."""


@dataclass(frozen=True)
class Met:
    """One place at which two changes met. `theirs` and `mine` are the two texts, empty where it is about an entry or an order."""

    path: Path
    clash: Clash
    theirs: str = ""
    mine: str = ""


@dataclass
class Merged:
    """The tree that comes of it, and where changes met."""

    tree: Tree
    met: list[Met] = field(default_factory=list)


class Unseen:
    """Stands for what the writer saw where that is not known any more: then only what is still empty may be filled in."""


UNSEEN = Unseen()


def merge(seen: Tree | Unseen, mine: Mapping[str, Any], stored: Tree) -> Merged:
    """`mine` brought into `stored`; `seen` is the tree that `mine` was made from. None of the arguments is changed."""
    found: list[Met] = []
    return Merged(_group(seen, mine, stored, (), found), found)


def _group(seen: Any, mine: Mapping[str, Any], stored: Any, path: Path, found: list[Met]) -> Tree:
    merged: Tree = deepcopy(dict(stored)) if isinstance(stored, Mapping) else {}
    for name, value in mine.items():
        merged[name] = _node(_below(seen, name), value, merged.get(name), (*path, name), found)
    return merged


def _node(seen: Any, mine: Any, stored: Any, path: Path, found: list[Met]) -> Any:
    if isinstance(mine, Mapping):
        return _list(seen, mine, stored, path, found) if "items" in mine else _group(seen, mine, stored, path, found)
    return _text(seen, str(mine), stored if isinstance(stored, str) else "", path, found)


def _text(seen: Any, mine: str, stored: str, path: Path, found: list[Met]) -> str:
    before = seen if isinstance(seen, str) else None if isinstance(seen, Unseen) else ""
    if mine in (stored, before):
        return stored
    if stored == before or (before is None and not stored):
        return mine
    found.append(Met(path, Clash.TEXT, stored, mine))
    return stored


def _below(seen: Any, name: str) -> Any:
    if isinstance(seen, Unseen):
        return seen
    return seen.get(name) if isinstance(seen, Mapping) else None


# -- lists ---------------------------------------------------------------------------------------------------------


def _list(seen: Any, mine: Mapping[str, Any], stored: Any, path: Path, found: list[Met]) -> Tree:
    """Entries by their keys: added, removed and moved ones of both, and within those that both have, text by text."""
    have: Mapping[str, Any] = stored if isinstance(stored, Mapping) and "items" in stored else {"order": [], "items": {}}
    was: Any = seen if isinstance(seen, Unseen) else seen if isinstance(seen, Mapping) and "items" in seen else {"order": [], "items": {}}
    items = {key: deepcopy(item) for key, item in have["items"].items() if key in have["order"]}
    seen_order = list(items) if isinstance(was, Unseen) else list(was["order"])
    back: list[str] = []
    for key, part in mine["items"].items():
        before = was if isinstance(was, Unseen) else was["items"].get(key)
        if key in items:
            items[key] = _group(before, part, items[key], (*path, key), found)
        elif isinstance(was, Unseen) or key not in seen_order:
            items[key] = _group({}, part, {}, (*path, key), found)
            back.append(key)
        elif not _same(before, part):
            items[key] = _group(before, part, before, (*path, key), [])
            back.append(key)
            found.append(Met((*path, key), Clash.THEY_REMOVED))
    order = [key for key in have["order"] if key in items]
    wished = mine.get("order")
    if wished is None:
        return {"order": [*order, *back], "items": items}
    removed = [] if isinstance(was, Unseen) else [key for key in seen_order if key not in wished and key in items]
    for key in removed:
        if items[key] != was["items"].get(key):
            found.append(Met((*path, key), Clash.I_REMOVED))
        else:
            del items[key]
    return {"order": _ordered(seen_order, list(wished), order, items, path, found), "items": items}


def _same(before: Any, part: Any) -> bool:
    """Whether a part of an entry says nothing else than the entry did."""
    if isinstance(part, Mapping) and isinstance(before, Mapping):
        if "items" in part:
            order = part.get("order")
            return (order is None or order == before.get("order")) and _same(before.get("items", {}), part["items"])
        return all(_same(before.get(name, ""), value) for name, value in part.items())
    return bool(before == part)


def _ordered(seen: list[str], mine: list[str], stored: list[str], items: Tree, path: Path, found: list[Met]) -> list[str]:
    """The order both want: that of whoever moved something, the stored one where both did, each addition behind what it stood behind."""
    kept = [key for key in seen if key in mine and key in stored]
    i_moved = [key for key in mine if key in kept] != kept
    they_moved = [key for key in stored if key in kept] != kept
    if i_moved and they_moved and [key for key in mine if key in kept] != [key for key in stored if key in kept]:
        found.append(Met(path, Clash.ORDER))
    first, second = (mine, stored) if i_moved and not they_moved else (stored, mine)
    order = [key for key in first if key in items]
    for key, after in _with_neighbour([key for key in second if key in items]):
        if key not in order:
            order.insert(order.index(after) + 1 if after in order else 0, key)
    return [*order, *(key for key in items if key not in order)]


def _with_neighbour(order: list[str]) -> Iterator[tuple[str, str]]:
    """Each key with the one before it, the empty text for the first."""
    yield from zip(order, ["", *order], strict=False)


# -- who changed what ----------------------------------------------------------------------------------------------


def text_at(tree: Any, path: Path) -> str:
    """The text at a path; empty where there is none."""
    here = tree
    for part in path:
        if not isinstance(here, Mapping):
            return ""
        here = here["items"].get(part) if "items" in here and "order" in here else here.get(part)
    return here if isinstance(here, str) else ""


def node_at(tree: Any, path: Path) -> Any:
    """What stands at a path; None where nothing does."""
    here = tree
    for part in path:
        if not isinstance(here, Mapping):
            return None
        here = here["items"].get(part) if "items" in here and "order" in here else here.get(part)
    return here
