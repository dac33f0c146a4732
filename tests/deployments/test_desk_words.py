"""What people read on the desk says one thing in one way: sizes in MB, quotation marks as printers set them."""

from __future__ import annotations

import re

from deployments.catalogues.texts import messages

SHOWN = ("templates/desk/", "templates/mail/", "tasks/", "deployments/desk/")


def read_by_people() -> list[str]:
    """Messages of pages and mails, without tags and places."""
    found = [message.text for message in messages().values() if any(place.startswith(SHOWN) for place in message.places)]
    return [re.sub(r"<[^>]*>|%\(\w+\)s", " ", text) for text in found]


def test_sizes_are_given_in_megabytes_everywhere() -> None:
    assert [text for text in read_by_people() if re.search(r"\b[KMG]iB\b", text)] == []


def test_no_text_for_people_has_straight_quotation_marks() -> None:
    assert len(read_by_people()) > 500
    assert [text for text in read_by_people() if '"' in text] == []
