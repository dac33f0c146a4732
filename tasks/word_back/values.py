"""What a working copy shows beside its texts and does not take back: numbers, money, days, choices, as the published document does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from models.contribution_kinds.parts import UNPRINTABLE
from tasks.forms.options import Offer
from tasks.forms.typed import NUMBERS, PLAIN, shown
from tasks.page_fields import Field, Form
from tasks.shape import UNGROUPED_KEYS
from tasks.wording import Words

MONEY = "euro"
CITIES = ("city", "pair-city", "mentor", "mentee")
"""What `Field.names` says of a field that names a city."""


@dataclass(frozen=True)
class Shows:
    """Says values in one language. `offer` knows what references name; without, they stand as they are."""

    words: Words
    offer: Offer | None = None
    is_bare: bool = False
    """Numbers without marks between the thousands: so were the copies that were made by an earlier version."""

    def value(self, field: Field, value: Any, place: tuple[str, ...]) -> str:
        """A value of a state, for reading; `place` leads to it in the state."""
        text = clean(value) if isinstance(value, str) else ""
        if not text:
            return ""
        if field.form is Form.DATE:
            return self.words.date(text)
        if field.form is Form.CHOICE:
            return self.words.label(text)
        if field.form is Form.YES_NO:
            return self.words.gettext("yes") if text == "yes" else self.words.gettext("no") if text == "no" else text
        if field.form in NUMBERS and PLAIN.fullmatch(text) and not self.is_bare:
            return self._number(field, text)
        known = self._known(field, place)
        unit = self.words.gettext(field.unit) if field.unit else ""
        return f"{', '.join(known.get(item, item) for item in shown(field, text, self.words).split(chr(10)))} {unit}".strip()

    def _number(self, field: Field, text: str) -> str:
        if field.unit == MONEY:
            return self.words.money(text)
        number = text if field.name in UNGROUPED_KEYS else self.words.number(Decimal(text))
        return f"{number} {self.words.gettext(field.unit)}" if field.unit else number

    def _known(self, field: Field, place: tuple[str, ...]) -> Mapping[str, str]:
        """What a reference is called, by its key."""
        if self.offer is None or not field.names:
            return {}
        known = self.offer.definition  # what is there to be named, though the form may offer less of it
        by_key = {item.slug: item.title for item in known.themes} if field.names.endswith("theme") else {}
        by_key |= {item.slug: item.name for item in known.organisations} if field.names in CITIES else {}
        return by_key | {choice.value: choice.label for choice in self.offer.choices(field, place)}


def clean(text: str) -> str:
    """Without what no XML holds and no page shows, so that texts can be compared."""
    return UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
