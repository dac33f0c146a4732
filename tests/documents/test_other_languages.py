"""Every document in another language: all of its own words go through the catalogue, contributed texts stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from models.contribution_kinds import KINDS, schema
from models.method import METHOD, Over
from tasks.rendering import render_html
from tests.documents.samples import cover, edition, full, owed_by, programme
from tests.pseudo import OPEN, spoken_here
from tests.tongues import visible

SCOPES = {
    Over.PROGRAMME: "programme",
    Over.PAIR: "pair-bergamo-sul-mare",
    Over.THEME: "theme-city-for-all",
    Over.ACADEMY: "association-guide",
}
NAMES = re.compile(r"\bOpen Referral HSDS 3\b|\bservices\.json\b|https?://\S+|\b(?:DEM|DEC|DATA|OTHER|UTC)\b|\b[0-9a-f]{12,16}\b")
"""Names of formats, hashes, and codes of grant practice."""
WORD = re.compile(r"[A-Za-z]{3,}")


@pytest.fixture(scope="module")
def language(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A language nobody speaks: what is not in it shows."""
    with spoken_here(tmp_path_factory.mktemp("locales") / "locales") as code:
        yield code


def chosen(part: Any) -> Iterator[str]:
    """The words to choose from in the kinds' schemas: nobody has written them."""
    for name, item in part.items() if isinstance(part, dict) else ():
        yield from map(str, item) if name == "enum" else chosen(item)
    for item in part if isinstance(part, list) else ():
        yield from chosen(item)


CHOSEN = {word for kind in KINDS for word in chosen(schema(kind))}


def leaves(value: Any) -> Iterator[str]:
    """Every text of a content."""
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, str) and value not in CHOSEN:
        yield value


def contributed(content: dict[str, Any]) -> str:
    """What people or the programme file have said, in one text: everything but the titles that are the method's."""
    bodies = [item["body"] for found in content["contributions"].values() for item in found]
    names = [content["programme"], content["themes"], content["organisations"], cover(content["number"])["authors"]]
    owing = [item["owed_by"] for item in content["missing"]]
    return " ".join(" ".join(leaves([bodies, names, owing])).split())


def outside(html: str, known: str) -> list[str]:
    """Texts of a page that are neither in the language nor contributed."""
    found = []
    for text in visible(html):
        bare = " ".join(re.sub(f"{OPEN}[^⟧]*(⟧|…)", " ", text).split())
        left = [word for word in WORD.findall(NAMES.sub(" ", bare)) if word not in known]
        if left:
            found.append(text)
    return found


@pytest.mark.parametrize("number", METHOD.by_number)
def test_a_document_has_no_words_of_its_own_outside_its_language(number: str, language: str) -> None:
    content = full(number, SCOPES.get(METHOD.by_number[number].over, "city-bergamo-sul-mare"))
    content["missing"] = [owed_by("costing", "Norden")]
    page = render_html(edition(content, "Rehearsal", language=language))
    assert 'dir="rtl"' in page
    assert outside(page, contributed(content)) == []


@pytest.mark.parametrize("number", METHOD.by_number)
def test_an_empty_document_names_what_is_missing_in_its_language(number: str, language: str) -> None:
    content = full(number, SCOPES.get(METHOD.by_number[number].over, "city-bergamo-sul-mare"))
    content |= {"contributions": dict.fromkeys(content["contributions"], ()), "programme": programme(illustrative=True)}
    content["contributions"] = {kind: [] for kind in content["contributions"]}
    assert outside(render_html(edition(content, language=language)), contributed(content)) == []
