"""The texts of a contribution that can be worked on in Word, each with a path that stays the same while entries are moved about.

A contribution is read from the state of its draft (`tasks.forms`). What is no free text, such as dates, money, ids and choices, is shown
in the document but not taken.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.contribution_kinds.parts import REFERENCE
from tasks.forms import at as node_at
from tasks.forms.options import Offer
from tasks.forms.state import order_of, says_something
from tasks.page_fields import Field, Form
from tasks.word_back.values import Shows, clean
from tasks.wording import Words

State = Mapping[str, Any]
Path = tuple[str, ...]

TEXT_FORMS = (Form.LINE, Form.TEXT, Form.LINES)
LONGEST_TAG = 64
"""Word takes no longer tags and titles."""


@dataclass(frozen=True)
class Place:
    """One text. `path` names it by ids, `keys` lead to it in the state it was read from, `trail` says where it stands.

    `says` stands in the document where there is no text yet.
    """

    path: Path
    keys: Path
    form: Form
    trail: tuple[str, ...]
    says: str
    text: str

    @property
    def label(self) -> str:
        """What it is called within its section."""
        return self.trail[-1]

    @property
    def tag(self) -> str:
        """The name of its control in the document."""
        plain = "f:" + "/".join(self.path)
        return plain if len(plain) <= LONGEST_TAG else f"f:~{hashlib.sha256(plain.encode()).hexdigest()[:32]}"


@dataclass(frozen=True)
class Fact:
    """A short line of a section: a text that can be worked on, or a value that is only shown."""

    label: str
    value: str
    place: Place | None = None


@dataclass(frozen=True)
class Section:
    """A contribution or one entry or group of it, as the document lays it out: short lines, then texts, then the parts."""

    title: str
    facts: tuple[Fact, ...]
    texts: tuple[Place, ...]
    parts: tuple[Section, ...]

    def places(self) -> Iterator[Place]:
        """Every text in the order of the document."""
        yield from (fact.place for fact in self.facts if fact.place is not None)
        yield from self.texts
        for part in self.parts:
            yield from part.places()


def laid_out(fields: Sequence[Field], state: State, words: Words, offer: Offer | None = None, *, is_bare: bool = False) -> Section:
    """The whole contribution; labels are in the language of `words`. `offer` and `is_bare`: see `Shows`."""
    shows = Shows(words, replace(offer, words=words, state=state) if offer else None, is_bare)
    return _section("", fields, state, shows, _At((), (), ()))


def fingerprint(places: Sequence[Place]) -> str:
    """SHA-256 of all texts with their paths: whether a document was made from these."""
    texts = [["/".join(place.path), place.text] for place in places]
    return hashlib.sha256(json.dumps(texts, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class _At:
    """Where the walk stands."""

    path: Path
    keys: Path
    trail: tuple[str, ...]

    def down(self, name: str, key: str, label: str) -> _At:
        return _At((*self.path, name), (*self.keys, key), (*self.trail, label))


def _section(title: str, fields: Sequence[Field], state: State, shows: Shows, at: _At) -> Section:
    facts: list[Fact] = []
    texts: list[Place] = []
    parts: list[Section] = []
    words = shows.words
    for field in fields:
        value, label = state.get(field.name), words.label(field.name)
        here = at.down(field.name, field.name, label)
        if field.form in TEXT_FORMS and not field.pattern:
            hint = f"[{words.gettext(field.says) if field.says else label}]"
            place = Place(here.path, here.keys, field.form, here.trail, hint, text_of(value))
            facts += [Fact(label, "", place)] if field.form is Form.LINE else []
            texts += [] if field.form is Form.LINE else [place]
        elif field.form is Form.GROUP:
            if isinstance(value, Mapping) and (not field.may_be_left_out or says_something(field.fields, value)):
                inner = _section(label, field.fields, value, shows, here)
                facts += [_within(label, fact) for fact in inner.facts]
                parts += [replace(inner, facts=())] if inner.texts or inner.parts else []
        elif field.form is Form.ENTRIES:
            parts += _entry_sections(field, value, shows, here, label)
        else:
            facts.append(Fact(label, shows.value(field, value, here.keys)))
    return Section(title, tuple(facts), tuple(texts), tuple(parts))


def _entry_sections(field: Field, value: Any, shows: Shows, here: _At, label: str) -> list[Section]:
    found = entries(value)
    if not found:
        return []
    inner = []
    for (key, item), name in zip(found, names_of(found), strict=True):
        title = f"{shows.words.gettext(field.entry) if field.entry else label} {name.lstrip('~')}"
        inner.append(_section(title, field.fields, item, shows, here.down(name, key, title)))
    return [Section(label, (), (), tuple(inner))]


def _within(label: str, fact: Fact) -> Fact:
    """The short lines of a group stand among those of what holds it."""
    return replace(fact, label=f"{label}: {fact.label[:1].lower()}{fact.label[1:]}")


# -- reading and writing a state -------------------------------------------------------------------------------------


def entries(node: Any) -> list[tuple[str, State]]:
    """The entries of a list with their keys, in order."""
    return [(key, node["items"][key]) for key in order_of(node) if isinstance(node["items"][key], Mapping)]


def names_of(found: Sequence[tuple[str, State]]) -> list[str]:
    """What paths call the entries of a list: by their own id where it is one of a kind, else by their number."""
    ids = [str(item.get("id") or "").strip() for _, item in found]
    numbered = "~" if any(ids) else ""
    return [
        own if re.match(REFERENCE, own) and ids.count(own) == 1 and len(own) <= 48 else f"{numbered}{number}"
        for number, own in enumerate(ids, 1)
    ]


def text_of(value: Any) -> str:
    """A text of a state as a document shows it."""
    return clean(value) if isinstance(value, str) else ""


def with_texts(state: State, texts: Mapping[Path, str]) -> dict[str, Any]:
    """A copy of the state with other texts at some places; KeyError where it has no such place."""
    changed = copy.deepcopy(dict(state))
    for keys, text in texts.items():
        above = node_at(changed, keys[:-1])
        if not isinstance(above, dict) or keys[-1] not in above:
            raise KeyError(keys)
        above[keys[-1]] = text
    return changed


# -- the same text in another version --------------------------------------------------------------------------------


def paired(base: Sequence[Place], held: Sequence[Place]) -> dict[Path, Place]:
    """Where each text of an older version stands in the one held now; what is not there any more is left out.

    Entries with ids are known by them; others by what they say, then by their first line, then by their number.
    """
    found: dict[Path, Place] = {}
    _pair(_grown(base), _grown(held), found)
    return found


@dataclass
class _Branch:
    place: Place | None
    under: dict[str, _Branch]

    def texts(self) -> list[str]:
        """All texts in order, to know it by."""
        own = [self.place.text] if self.place else []
        return own + [text for branch in self.under.values() for text in branch.texts()]


def _grown(places: Sequence[Place]) -> _Branch:
    root = _Branch(None, {})
    for place in places:
        node = root
        for name in place.path:
            node = node.under.setdefault(name, _Branch(None, {}))
        node.place = place
    return root


def _pair(base: _Branch, held: _Branch, found: dict[Path, Place]) -> None:
    if base.place is not None and held.place is not None:
        found[base.place.path] = held.place
    for name, other in _matched(base.under, held.under):
        _pair(base.under[name], held.under[other], found)


def _matched(base: Mapping[str, _Branch], held: Mapping[str, _Branch]) -> Iterator[tuple[str, str]]:
    """Which branch goes with which. Named ones by name, numbered ones by what they say."""
    numbered = {name for name in base if name.lstrip("~").isdigit()}
    yield from ((name, name) for name in base if name not in numbered and name in held)
    left = [name for name in base if name in numbered]
    free = [name for name in held if name.lstrip("~").isdigit()]
    for count in (None, 1):  # all its texts, or its first line
        for name in list(left):
            own = base[name].texts()[:count]
            other = next((item for item in free if any(own) and held[item].texts()[:count] == own), None)
            if other is not None:
                left.remove(name)
                free.remove(other)
                yield name, other
    yield from ((name, name) for name in left if name in free)
