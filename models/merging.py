"""Bringing together what two people wrote into the same draft: different places merge, the same place keeps both and says so.

A draft is a tree of texts (`tasks.forms`): a leaf is a text, a group `{name: subtree}`, a list `{"order": [key, ...], "items": {key:
subtree}}`. What somebody sends may be a part of it: what is not in it is as it was. Three trees meet: what the writer saw, what they made
of it, and what is there by now. Pure functions on JSON data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
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
    BOTH_ADDED = "both-added"
    """Both filled in the same empty entry: they are two entries, mine under a key of its own."""


@dataclass(frozen=True)
class Met:
    """One place at which two changes met. `theirs` and `mine` are the two texts, empty where it is about an entry or an order.

    `was`: of an entry that both added, where mine was on the page it came from.
    """

    path: Path
    clash: Clash
    theirs: str = ""
    mine: str = ""
    was: Path = ()


@dataclass
class Merged:
    """The tree that comes of it, and where changes met."""

    tree: Tree
    met: list[Met] = field(default_factory=list)


class Unseen:
    """Stands for what the writer saw where that is not known any more: then only what is still empty may be filled in."""


UNSEEN = Unseen()


def says_nothing(_path: Path, entry: Any) -> bool:
    """Whether an entry has no text at all."""
    if isinstance(entry, Mapping):
        parts = entry["items"] if "items" in entry and "order" in entry else entry
        return all(says_nothing(_path, part) for part in parts.values())
    return not entry


IsEmpty = Callable[[Path, Any], bool]


@dataclass(frozen=True)
class _Meeting:
    """What is known while two trees are brought together, and what is found."""

    is_empty: IsEmpty
    held: Collection[Path]
    met: list[Met]

    def apart(self) -> _Meeting:
        """The same, finding for itself."""
        return replace(self, met=[])


def merge(
    seen: Tree | Unseen, mine: Mapping[str, Any], stored: Tree, *, is_empty: IsEmpty = says_nothing, held: Collection[Path] = ()
) -> Merged:
    """`mine` brought into `stored`; `seen` is the tree that `mine` was made from. None of the arguments is changed.

    `is_empty` says whether an entry at a path is as a new one is. `held`: entries that stay though `mine` removes them.
    """
    found = _Meeting(is_empty, held, [])
    return Merged(_group(seen, mine, stored, (), found), found.met)


def _group(seen: Any, mine: Mapping[str, Any], stored: Any, path: Path, found: _Meeting) -> Tree:
    merged: Tree = deepcopy(dict(stored)) if isinstance(stored, Mapping) else {}
    for name, value in mine.items():
        merged[name] = _node(_below(seen, name), value, merged.get(name), (*path, name), found)
    return merged


def _node(seen: Any, mine: Any, stored: Any, path: Path, found: _Meeting) -> Any:
    if isinstance(mine, Mapping):
        return _list(seen, mine, stored, path, found) if "items" in mine else _group(seen, mine, stored, path, found)
    return _text(seen, str(mine), stored if isinstance(stored, str) else "", path, found)


def _text(seen: Any, mine: str, stored: str, path: Path, found: _Meeting) -> str:
    before = seen if isinstance(seen, str) else None if isinstance(seen, Unseen) else ""
    if mine in (stored, before):
        return stored
    if stored == before or (before is None and not stored):
        return mine
    found.met.append(Met(path, Clash.TEXT, stored, mine))
    return stored


def _below(seen: Any, name: str) -> Any:
    if isinstance(seen, Unseen):
        return seen
    return seen.get(name) if isinstance(seen, Mapping) else None


# -- lists ---------------------------------------------------------------------------------------------------------


def _list(seen: Any, mine: Mapping[str, Any], stored: Any, path: Path, found: _Meeting) -> Tree:
    """Entries by their keys: added, removed and moved ones of both, and within those that both have, text by text."""
    have: Mapping[str, Any] = stored if isinstance(stored, Mapping) and "items" in stored else {"order": [], "items": {}}
    was: Any = seen if isinstance(seen, Unseen) else seen if isinstance(seen, Mapping) and "items" in seen else {"order": [], "items": {}}
    items = {key: deepcopy(item) for key, item in have["items"].items() if key in have["order"]}
    seen_order = list(items) if isinstance(was, Unseen) else list(was["order"])
    wished = list(mine["order"]) if mine.get("order") is not None else None
    back: list[str] = []
    for key, part in mine["items"].items():
        before = was if isinstance(was, Unseen) else was["items"].get(key)
        if key in items:
            own = _met_in_entry(before, part, items, (*path, key), found)
            if own:
                back += [own] if own not in have["order"] else []
                if wished is not None and key in wished and own not in wished:
                    wished.insert(wished.index(key) + 1, own)
        elif isinstance(was, Unseen) or key not in seen_order:
            items[key] = _group({}, part, {}, (*path, key), found)
            back.append(key)
        elif not _same(before, part):
            items[key] = _group(before, part, before, (*path, key), found.apart())
            back.append(key)
            found.met.append(Met((*path, key), Clash.THEY_REMOVED))
    order = [key for key in have["order"] if key in items]
    if wished is None:
        return {"order": [*order, *back], "items": items}
    removed = [] if isinstance(was, Unseen) else [key for key in seen_order if key not in wished and key in items]
    for key in removed:
        if items[key] != was["items"].get(key) or (*path, key) in found.held:
            found.met.append(Met((*path, key), Clash.I_REMOVED))
        else:
            del items[key]
    return {"order": _ordered(seen_order, wished, order, items, path, found), "items": items}


def _met_in_entry(before: Any, part: Mapping[str, Any], items: Tree, path: Path, found: _Meeting) -> str:
    """Bring a part into an entry that is there, text by text; the key that mine has now where it is an entry of its own.

    Where the entry was empty when I saw it and we filled it in with different texts, we did not write at one thing: each added one. The
    key follows from what was written, so that the same form sent twice adds one entry.
    """
    *above, key = path
    here = found.apart()
    together = _group(before, part, items[key], path, here)
    is_one = isinstance(before, Unseen) or not any(met.clash in (Clash.TEXT, Clash.BOTH_ADDED) for met in here.met)
    if is_one or not (before is None or found.is_empty(path, before)):
        items[key] = together
        found.met.extend(here.met)
        return ""
    alone = _group(before, part, before or {}, path, found.apart())
    own = "m" + sha256(json.dumps([path, alone], sort_keys=True).encode()).hexdigest()[:11]
    items.setdefault(own, alone)
    found.met.append(Met((*above, own), Clash.BOTH_ADDED, was=path))
    return own


def _same(before: Any, part: Any) -> bool:
    """Whether a part of an entry says nothing else than the entry did."""
    if isinstance(part, Mapping) and isinstance(before, Mapping):
        if "items" in part:
            order = part.get("order")
            return (order is None or order == before.get("order")) and _same(before.get("items", {}), part["items"])
        return all(_same(before.get(name, ""), value) for name, value in part.items())
    return bool(before == part)


def _ordered(seen: list[str], mine: list[str], stored: list[str], items: Tree, path: Path, found: _Meeting) -> list[str]:
    """The order both want: that of whoever moved something, the stored one where both did, each addition behind what it stood behind."""
    kept = [key for key in seen if key in mine and key in stored]
    i_moved = [key for key in mine if key in kept] != kept
    they_moved = [key for key in stored if key in kept] != kept
    if i_moved and they_moved and [key for key in mine if key in kept] != [key for key in stored if key in kept]:
        found.met.append(Met(path, Clash.ORDER))
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


def put(part: Any, path: Path, text: str) -> bool:
    """Set a text in a tree or a part of one; False where its place is not there."""
    here = part
    for depth, step in enumerate(path[:-1]):
        here = here["items"].get(step) if depth and "items" in here else here.get(step)
        if not isinstance(here, dict):
            return False
    here[path[-1]] = text
    return True
