"""What differs between two states of a contribution, answer by answer, in the words of the reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tasks.forms.options import Offer
from tasks.forms.state import order_of, says_something
from tasks.forms.typed import Path
from tasks.page_fields import Field, Form
from tasks.workbook.cells import shown
from tasks.workbook.layout import Column


class What(StrEnum):
    """What became of a place."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"


@dataclass(frozen=True)
class Line:
    """One answer: what it is called, and how it is said."""

    label: str
    said: str


@dataclass(frozen=True)
class Change:
    """One difference. Of an answer `was` and `now` (empty: nothing was said); of an entry what it says, line by line."""

    path: Path
    label: str
    what: What
    was: str = ""
    now: str = ""
    lines: tuple[Line, ...] = ()


def changes_of(fields: Sequence[Field], before: Any, after: Any, offer: Offer) -> list[Change]:
    """Every difference between two states, in the order of the form; entries that say nothing are passed over."""
    return list(_differences(fields, before, after, (), (), (), offer))


def said(field: Field, place: Path, text: str, offer: Offer) -> str:
    """A text of a state as a person reads it: choices by name, numbers and days as the language writes them."""
    value = shown(Column((field.name,), place, field, "", is_asked=False), text, offer)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return text if field.form is Form.WHOLE and field.name in ("year", "number") else offer.words.number(value, 9)
    return offer.words.date(value)


def label_of(fields: Sequence[Field], state: Any, path: Path, offer: Offer) -> str:
    """What a place is called: "Needs 2 – Title"."""
    labels: list[str] = []
    inner, node, index = fields, state, 0
    while index < len(path):
        field = next((item for item in inner if item.name == path[index]), None)
        if field is None:
            break
        node = _in(node, field.name)
        label, inner, index = offer.words.label(field.name), field.fields, index + 1
        if field.form is Form.ENTRIES and index < len(path):
            order = order_of(node)
            number = order.index(path[index]) + 1 if path[index] in order else 0
            label = f"{label} {offer.words.number(number)}" if number else label
            node = node["items"].get(path[index]) if number else None
            index += 1
        labels.append(label)
    return " \N{EN DASH} ".join(labels)


def _differences(
    fields: Sequence[Field], before: Any, after: Any, path: Path, place: Path, labels: tuple[str, ...], offer: Offer
) -> Iterator[Change]:
    for field in fields:
        was, now, own, where = _in(before, field.name), _in(after, field.name), (*path, field.name), (*place, field.name)
        names = (*labels, offer.words.label(field.name))
        if field.form is Form.GROUP:
            yield from _differences(field.fields, was, now, own, where, names, offer)
        elif field.form is Form.ENTRIES:
            yield from _of_lists(field, was, now, own, where, names, offer)
        elif (was or "") != (now or ""):
            yield Change(own, _joined(names), What.CHANGED, said(field, where, was or "", offer), said(field, where, now or "", offer))


def _of_lists(field: Field, was: Any, now: Any, path: Path, place: Path, labels: tuple[str, ...], offer: Offer) -> Iterator[Change]:
    old, new = order_of(was), order_of(now)
    number = offer.words.number
    for key in old:
        if key not in new and says_something(field.fields, was["items"][key]):
            label = _joined((*labels[:-1], f"{labels[-1]} {number(old.index(key) + 1)}"))
            yield Change((*path, key), label, What.REMOVED, lines=_lines(field, was["items"][key], place, offer))
    both = [key for key in old if key in new]
    if both != [key for key in new if key in old]:
        orders = [", ".join(_summary(field, node["items"][key]) for key in order_of(node) if key in both) for node in (was, now)]
        yield Change(path, _joined(labels), What.MOVED, orders[0], orders[1])
    for position, key in enumerate(new, start=1):
        names = (*labels[:-1], f"{labels[-1]} {number(position)}")
        had, has = (key in order and says_something(field.fields, node["items"][key]) for order, node in ((old, was), (new, now)))
        if had and has:
            yield from _differences(field.fields, was["items"][key], now["items"][key], (*path, key), place, names, offer)
        elif had:  # its row was emptied
            yield Change((*path, key), _joined(names), What.REMOVED, lines=_lines(field, was["items"][key], place, offer))
        elif has:  # also where an empty entry stood ready for it
            yield Change((*path, key), _joined(names), What.ADDED, lines=_lines(field, now["items"][key], place, offer))


def _lines(field: Field, entry: Any, place: Path, offer: Offer) -> tuple[Line, ...]:
    """What an entry says, without what it leaves open."""
    changes = _differences(field.fields, {}, entry, (), place, (), offer)
    found: list[Line] = []
    for change in changes:
        if change.what is What.CHANGED:
            found.append(Line(change.label, change.now))
        else:
            found += [Line(f"{change.label} \N{EN DASH} {line.label}", line.said) for line in change.lines]
    return tuple(found)


def _summary(field: Field, entry: Mapping[str, Any]) -> str:
    """What an entry is told by: its first line of text."""
    texts = (entry.get(inner.name) for inner in field.fields if inner.form in (Form.LINE, Form.TEXT))
    text = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    return text if len(text) <= 60 else f"{text[:59]}…"


def _joined(labels: Sequence[str]) -> str:
    return " \N{EN DASH} ".join(labels)


def _in(node: Any, name: str) -> Any:
    return node.get(name) if isinstance(node, Mapping) else None
