"""From an edition's content to one self-contained HTML page: the Jinja environment and what templates may use.

Laying the page out as PDF is `pdf`, as Word `word`; the same page serves screen and print.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from models.method import METHOD
from tasks import (
    agreements,
    catalogue,
    charts,
    consultations,
    evaluations,
    gatherings,
    guides,
    networks,
    plans,
    ratings,
    recorded,
    reviews,
    said,
    services,
    toolkits,
    visit_plans,
    visits,
)
from tasks.reading import EditionView, Reading
from tasks.shape import Shape
from tasks.wording import Words

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
BREAK_AFTER = 20
DRAWING_OR_TAG = re.compile(r"(<svg\b.*?</svg>|<[^>]*>)", re.DOTALL)
LETTER = re.compile(r"&#?\w+;|\S")
JOINERS = frozenset("\u200c\u200d")
LONG_WORD = re.compile(r"(?:&#?\w+;|[^\s&]){26,}")

SHARED_PAGE = {
    "visit-report-1": "visit_report",
    "visit-report-2": "visit_report",
    "visit-report-3": "visit_report",
    "city-infographic": "infographic",
    "pair-infographic": "infographic",
    "programme-infographic": "infographic",
}
"""Deliverables that share a template, by slug; each other one has the template of its own name."""

PICTURES = {"city-infographic": "city", "pair-infographic": "pair", "programme-infographic": "programme"}


@dataclass(frozen=True)
class Heading:
    """One line of the contents list."""

    id: str
    number: str
    title: str
    level: int


class Contents:
    """Numbers the headings of one document in the order the template writes them."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self._counts = [0, 0]

    def add(self, title: str, level: int = 2) -> Heading:
        """Take the next number of that level, 2 for a section and 3 for a part of one."""
        if level == 2:
            self._counts = [self._counts[0] + 1, 0]
            number = str(self._counts[0])
        else:
            self._counts[1] += 1
            number = f"{self._counts[0]}.{self._counts[1]}"
        heading = Heading(f"s{number.replace('.', '-')}", number, title, level)
        self.headings.append(heading)
        return heading


@lru_cache(maxsize=32)
def environment(language: str) -> Environment:
    """Templates in one language: autoescaped, and a name that is not there is an error, never an empty string."""
    words = Words(language)
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_translations(words.translations, newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    env.filters |= _filters(words)
    env.globals |= {
        "words": words,
        "charts": charts,
        "consultations": consultations,
        "plans": plans,
        "guides": guides,
        "evaluations": evaluations,
        "recorded": recorded,
        "reviews": reviews,
        "toolkits": toolkits,
        "services": services,
        "agreements": agreements,
        "catalogue": catalogue,
        "gatherings": gatherings,
        "networks": networks,
        "ratings": ratings,
        "visit_plans": visit_plans,
        "visits": visits,
        "style": style,
        "METHOD": METHOD,
    }
    env.tests["on_the_web"] = is_web_address
    return env


def _filters(words: Words) -> dict[str, Callable[..., Any]]:
    """What templates write values with, in the language of the words."""
    return {
        "day": words.date,
        "month": words.month,
        "moment": words.moment,
        "number": words.number,
        "percent": words.percent,
        "money": words.money,
        "label": words.label,
        "listing": words.listing,
        "told": partial(said.in_words, words),
        "paragraphs": paragraphs,
    }


def render_html(view: EditionView) -> str:
    """The edition as one complete page with its styles inside.

    Raises jinja2.UndefinedError where the content lacks what its shape promises: a fault of ours, never a half page.
    """
    words = Words(view.language)
    reading = Reading(view, words)
    contents = Contents()
    shared: dict[str, Any] = {
        "view": view,
        "doc": reading,
        "content": view.content,
        "cover": view.cover,
        "programme": reading.programme,
        "contents": contents,
        "shape": Shape(reading),
        "note": sample_note(reading),
    }
    env = environment(view.language)
    slug = str(view.content["slug"])
    name = SHARED_PAGE.get(slug, slug.replace("-", "_"))
    if name == "infographic":
        shared |= {"svg": draw(reading, env), "alt": in_words(reading, env)}
    body = env.get_template(f"documents/{name}.html").render(shared)
    shared |= {"body": Markup(body), "template": name}  # noqa: S704 - our own autoescaped output
    return env.get_template("documents/page.html").render(shared)


def render_svg(view: EditionView) -> str:
    """The drawing of an infographic as a file of its own."""
    reading = Reading(view, Words(view.language))
    return str(draw(reading, environment(view.language))) + "\n"


def draw(reading: Reading, env: Environment) -> Markup:
    """The infographic of an edition, with a title and a description for those who do not see it."""
    name = PICTURES[str(reading.content["slug"])]
    facts = {"doc": reading, "content": reading.content, "programme": reading.programme}
    drawn = env.get_template(f"charts/{name}.svg").render(facts, note=sample_note(reading), alt=in_words(reading, env))
    return Markup(drawn.strip())  # noqa: S704 - our own autoescaped output


def in_words(reading: Reading, env: Environment) -> Markup:
    """The text alternative of an infographic: what it shows, in words, on one line."""
    said = env.get_template("documents/alt.txt").render(doc=reading, content=reading.content, programme=reading.programme)
    return Markup(" ".join(said.split()))  # noqa: S704 - our own autoescaped output


def sample_note(reading: Reading) -> str:
    """What stands on every page of a document that is not a statement of any real city; empty where it is one."""
    if reading.is_generated:
        return reading.words.gettext("Contains generated sample data: not a statement of any city or organisation.")
    if reading.is_illustrative:
        return reading.words.gettext("Illustrative sample: not a statement of any city or organisation.")
    return ""


@lru_cache(maxsize=16)
def style(*names: str) -> Markup:
    """Style sheets of `templates/styles`, joined for a `<style>` element."""
    return Markup("\n".join((TEMPLATES / "styles" / f"{name}.css").read_text(encoding="utf-8") for name in names))  # noqa: S704 - our own files


def paragraphs(text: Any) -> list[str]:
    """The paragraphs of a contributed text, split at blank lines."""
    return [part.strip() for part in str(text).replace("\r\n", "\n").split("\n\n") if part.strip()]


def breakable(html: str) -> str:
    """The page with a place to break in every word too long for a column, drawings and addresses left as they are.

    CSS has `overflow-wrap: anywhere` for this, but with it WeasyPrint tries every table column letter by letter: three times the time.
    """
    head, body, rest = html.partition("</head>")
    return head + body + "".join(part if part.startswith("<") else LONG_WORD.sub(_broken, part) for part in DRAWING_OR_TAG.split(rest))


def _broken(word: re.Match[str]) -> str:
    letters: list[str] = []
    for letter in LETTER.findall(word[0]):
        if letters and (unicodedata.category(letter[0]).startswith("M") or letter in JOINERS):
            letters[-1] += letter  # an accent stays with its letter
        else:
            letters.append(letter)
    return "<wbr>".join("".join(letters[at : at + BREAK_AFTER]) for at in range(0, len(letters), BREAK_AFTER))


def is_web_address(text: Any) -> bool:
    """Whether a contributed text may become a link: http and https only."""
    return str(text).startswith(("https://", "http://")) and not any(mark in str(text) for mark in "\"'<> \n\t")
