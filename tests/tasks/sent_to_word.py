"""A plan as it was sent out to be worked on in Word, and what is read of it when it comes back."""

from __future__ import annotations

from functools import cache
from typing import Any

from tasks.forms import state_of
from tasks.page_fields import asked_fields
from tasks.word_back.copying import Cover, blocks, working_copy
from tasks.word_back.opening import opened
from tasks.word_back.origin import Origin, signed
from tasks.word_back.places import Place, laid_out
from tasks.word_back.reading import blocks_of
from tasks.word_back.returned import compared
from tasks.word_back.taking import offers, tidy
from tasks.wording import Words
from tests.documents.bodies import plan

FIELDS = asked_fields("action-plan")
ENGLISH = Words("en")
BODY = plan(2) | {
    "governance": "",
    "vision": "We welcome everybody.\n\nIn five years it works.\n\nThen we rest.",
    "annexes": [{"title": "Bodies", "text": "One"}, {"title": "Laws", "text": "Two"}],
}
STATE = state_of(FIELDS, BODY)
COVER = Cover(
    "Action plan",
    ("Orchard", "Cedar"),
    "en",
    signed("s", Origin("orchard", "plan-draft", "city-cedar", "cedar", "action-plan", 1, 0, "", "en")),
)


def places_of(state: dict[str, Any]) -> list[Place]:
    return list(laid_out(FIELDS, state, ENGLISH).places())


@cache
def sent_copy() -> bytes:
    """The document as it was sent."""
    return working_copy(laid_out(FIELDS, STATE, ENGLISH), COVER, ENGLISH)


def read(data: bytes, *, base_is_known: bool = True) -> dict[str, Any]:
    section = laid_out(FIELDS, STATE, ENGLISH)
    sent = blocks_of(blocks(section, COVER, ENGLISH))
    return compared(list(section.places()), sent, opened(data), base_is_known=base_is_known)


def text_after(found: dict[str, Any], path: str, *, accepted: set[int] | None = None) -> str:
    """What a text becomes when all of its changes, or some, are accepted and the others declined."""
    (offer,) = [item for item in offers(found, places_of(STATE), None, same_draft=True) if "/".join(item.path) == path]
    return tidy(offer.form, offer.marked.text(offer.marked.all if accepted is None else accepted))


def said(found: dict[str, Any], path: str) -> list[tuple[str, str]]:
    (field,) = [item for item in found["fields"] if item["path"] == path]
    return [(kind, text) for kind, text, _ in field["segments"] if kind != "keep"]


VISION = BODY["vision"]
FIRST, SECOND, THIRD = VISION.split("\n\n")
