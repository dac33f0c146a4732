"""What differs between two bodies of one contribution, section by section and word by word, as a review shows it of documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tasks.forms import state_of
from tasks.forms.nodes import Node, View
from tasks.forms.options import Offer
from tasks.page_changes import Change, Section, compare
from tasks.page_fields import Field, asked_fields


def changes_between(kind: str, before: Mapping[str, Any], after: Mapping[str, Any], offer: Offer) -> tuple[Change, ...]:
    """Every section of a contribution with what changed in it, in the words of the offer's language."""
    fields = asked_fields(kind)
    return compare(_sections(fields, before, offer), _sections(fields, after, offer))


def _sections(fields: Sequence[Field], body: Mapping[str, Any], offer: Offer) -> tuple[Section, ...]:
    state = state_of(fields, body)
    nodes = View(replace(offer, state=state)).nodes(fields, state)
    return tuple(Section("", node.label, node.path[0], 2, tuple(_lines(node, ""))) for node in nodes)


def _lines(node: Node, name: str) -> Iterator[str]:
    """What is answered, a line each. Entries are told by what they say and not by their number: one more must not change all after it."""
    if node.control == "entries":
        for entry in node.children:
            yield " · ".join(filter(None, (entry.summary,)))
            for child in entry.children:
                yield from _lines(child, child.label)
    elif node.control == "group":
        for child in node.children:
            yield from _lines(child, child.label)
    elif node.answer:
        unit = f" {node.unit}" if node.unit else ""
        for text in filter(str.strip, node.answer.split("\n")):
            yield f"{name}: {text}{unit}" if name else f"{text}{unit}"
