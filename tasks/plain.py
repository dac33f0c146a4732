"""What a door refuses, as people read it: for the keys that one types on the command line it says what they name.

A door says `needs @ city-cedar is due on 2024-04-02: ask for a day later than 2024-04-02, not 2024-03-30`. A page says the gate's title
with whom it is about, organisations and roles by their names, and days as the reader's language writes them; then the sentence itself is
said in that language (`tasks/said.py`).
"""

from __future__ import annotations

import re

from models.definition import Role
from models.method import METHOD
from models.standing import Standing
from tasks.decided import role_title
from tasks.notice_views import scope_names
from tasks.said import in_words
from tasks.wording import Words

LABEL = re.compile(r"(?<![\w'“-])([A-Za-z0-9][\w.-]*) @ ([a-z][a-z0-9-]*)")
"""A gate or a deliverable, and its scope."""
KEY = re.compile(r"'([a-z][a-z0-9-]*)'")
"""An organisation or a role."""
DAY = re.compile(r"(?<![\w'“-])\d{4}-\d\d-\d\d(?![\w'-])")


def plainly(words: Words, standing: Standing, message: str) -> str:
    """A refusal in the reader's language, without keys and ISO dates. What somebody wrote, in quotation marks, stays as it is."""
    message = LABEL.sub(lambda found: _labelled(words, standing, found), message)
    message = KEY.sub(lambda found: _named(words, standing, found), message)
    return in_words(words, DAY.sub(lambda found: words.date(found[0]), message))


def _labelled(words: Words, standing: Standing, found: re.Match[str]) -> str:
    titles = {item.number: item.title for item in METHOD.deliverables} | {key: gate.title for key, gate in METHOD.gates.items()}
    if found[1] not in titles or found[2] not in standing.all_scopes():
        return found[0]
    about = scope_names(standing, found[2])
    return f"“{words.gettext(titles[found[1]])}”" + (f" ({words.listing(list(about))})" if about else "")


def _named(words: Words, standing: Standing, found: re.Match[str]) -> str:
    if found[1] in {item.slug for item in standing.definition.organisations}:
        return standing.definition.organisation(found[1]).name
    return words.gettext(role_title(found[1])) if found[1] in set(Role) else found[0]
