"""Everything that is still to be put right before a contribution can be handed in, each at its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.contribution_kinds import validate_body
from models.contribution_kinds.parts import Known, nearest
from models.definition import Definition
from models.errors import BadFile
from models.fault_words import shown as short
from tasks.forms.options import Offer
from tasks.forms.state import at, body_of, counted, field_at
from tasks.forms.typed import Path, Problem
from tasks.page_fields import Field, Form, asked_fields
from tasks.said import in_words
from tasks.wording import Words


@dataclass(frozen=True)
class Checked:
    """What a draft comes to: the canonical body where nothing is wrong with it, and what is."""

    body: dict[str, Any] | None
    problems: tuple[Problem, ...]


def check(kind: str, state: Mapping[str, Any], definition: Definition, known: Known, words: Words, city: str = "") -> Checked:
    """A draft against its kind and the running programme. At each place the first thing that is wrong is told.

    `city`: the one the contribution is about, empty where it is about something else.
    """
    fields = asked_fields(kind)
    offer = Offer(definition, known, words, city, state)
    data, problems = body_of(fields, state, words.language)
    problems = [_as_name(problem, fields, state, offer) for problem in problems]
    try:
        body = validate_body(kind, data, None, "form", definition, known)
    except BadFile as bad:
        told = {problem.path for problem in problems}
        for fault in bad.faults:
            path = place_of(fields, state, fault.path)
            if path not in told and not fault.message.startswith("missing key"):
                said = _named_wrongly(fields, state, path, fault.path, offer) or _sentence(in_words(words, fault.message))
                problems.append(Problem(path, said))
                told.add(path)
        body = None
    return Checked(None if problems else body, tuple(problems))


def place_of(fields: Sequence[Field], state: Any, dotted: str) -> Path:
    """The path in a draft of a place in its body: entries by their keys instead of their numbers."""
    path: list[str] = []
    node: Any = state
    inner: Sequence[Field] = fields
    inside: Field | None = None
    for part in dotted.split(".") if dotted else ():
        if inside is not None and inside.form is Form.ENTRIES and part.isdecimal():
            keys = counted(inside, node)
            if int(part) >= len(keys):
                break
            node, inner, step = node["items"][keys[int(part)]], inside.fields, keys[int(part)]
            inside = None
        else:
            inside = next((field for field in inner if field.name == part), None)
            if inside is None:
                break
            node = node.get(part) if isinstance(node, Mapping) else None
            inner, step = (inside.fields if inside.form is Form.GROUP else ()), part
        path.append(step)
    return tuple(path)


# -- names that nothing has ----------------------------------------------------------------------------------------

MOST_NAMED = 12
"""How many choices a sentence lists."""
SAME = {"pair-theme": "theme", "pair-city": "city", "mentor": "city", "mentee": "city"}
"""What is looked for where only some of them may be named."""


def _named_wrongly(fields: Sequence[Field], state: Any, path: Path, dotted: str, offer: Offer) -> str:
    """What to say where a fault is that something names what there is not; empty for any other fault.

    As people read it, with the names they know: the rules themselves know the programme's short ones only.
    """
    asked = field_at(fields, path)
    if asked is None or not asked.names:
        return ""
    value = _line_at(at(state, path), dotted.rpartition(".")[2] if asked.form is Form.LINES else "")
    choices = offer.choices(asked, path)
    everything = offer.choices(replace(asked, names=SAME.get(asked.names, asked.names)), path)
    known = {name for choice in everything for name in (choice.value, choice.label)}
    if not value or not choices or value in known or (said := _no_such(asked.names, value, offer.words)) == "":
        return ""
    names = {name: choice.label for choice in choices for name in (choice.value, choice.label)}
    near = names.get(nearest(value, names), "")
    meant = [offer.words.gettext("Did you mean “%(near)s”?") % {"near": near}] if near else []
    listed = "; ".join(choice.label for choice in choices[:MOST_NAMED]) + (" …" if len(choices) > MOST_NAMED else "")
    return " ".join([said, *meant, offer.words.gettext("Choose one of: %(names)s.") % {"names": listed}])


def _as_name(problem: Problem, fields: Sequence[Field], state: Any, offer: Offer) -> Problem:
    """A name that nothing has is told as that, not as a text too long for a name."""
    said = "" if problem.is_gap else _named_wrongly(fields, state, problem.path, "0", offer)
    return replace(problem, message=said) if said else problem


def _line_at(value: Any, number: str) -> str:
    """A text, or the line of that number (from 0) of a list of lines."""
    text = value if isinstance(value, str) else ""
    if not number.isdecimal():
        return " ".join(text.split())
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return lines[int(number)] if int(number) < len(lines) else ""


def _no_such(what: str, value: str, words: Words) -> str:
    name = {"value": short(value)}
    match what:
        case "theme" | "pair-theme":
            return words.gettext("There is no theme called “%(value)s”.") % name
        case "city" | "pair-city" | "mentor" | "mentee":
            return words.gettext("There is no city called “%(value)s” here.") % name
        case "action":
            return words.gettext("There is no action called “%(value)s” in the plan.") % name
        case "objective":
            return words.gettext("There is no objective called “%(value)s” in the plan.") % name
        case "key-factor":
            return words.gettext("There is no key factor called “%(value)s” in the benchmark.") % name
        case "result":
            return words.gettext("There is no expected result called “%(value)s”.") % name
    return ""


def _sentence(message: str) -> str:
    """A fault as a sentence of its own."""
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "?")) else ".")
