"""The sections of an edition as it is rendered; what has been read once is remembered, for editions never change."""

from __future__ import annotations

import threading
from collections import OrderedDict

from models.editions import Edition
from models.standing import Standing
from tasks.page_changes import Section, sections_of
from tasks.pages import view_of
from tasks.rendering import render_html

KEPT = 64
"""Editions whose sections are remembered."""

_known: OrderedDict[tuple[str, ...], tuple[Section, ...]] = OrderedDict()
_lock = threading.Lock()


def sections_in(standing: Standing, edition: Edition, language: str) -> tuple[Section, ...]:
    """The sections of an edition in a language."""
    key = (standing.programme.id, edition.deliverable, edition.scope, edition.version, edition.content_sha256, language)
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    found = sections_of(render_html(view_of(standing, edition, language)))
    with _lock:
        _known[key] = found
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return found
