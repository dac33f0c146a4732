"""Words in templates that stand outside gettext: text between tags, and the attributes that are read out or shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

BLOCK = re.compile(r"\{%-?\s*(trans|raw)\b.*?\{%-?\s*end\1\s*-?%\}", re.DOTALL)
MARK = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")
SHOWN = ("alt", "title", "aria-label", "placeholder", "aria-description", "summary")
SAME = {
    "PDF", "SHA", "HSDS", "EU", "Gantt", "https", "http", "SVG", "JSON", "YAML", "index", "json", "manifest", "zip", "ics", "eml",
    "csv", "mail", "calendar", "events", "jsonl", "html", "timeline", "services", "yaml", "Open", "Referral",
}  # fmt: skip
"""Words that are names in every language."""
SILENT = ("style", "script", "code")
ATTRIBUTE = re.compile(r"""[\w-]+="[^"]*"|-\w+\b""")
"""What a macro writes into a tag: attributes, and the ends of ids."""


def words_outside(root: Path) -> Iterator[str]:
    """`FILE:LINE: the words`, for each run of text in a template that no catalogue can translate."""
    for path in sorted((root / "templates").rglob("*")):
        if path.suffix in (".html", ".svg"):
            for line, text in _of_file(path.read_text(encoding="utf-8")):
                yield f"{path.relative_to(root).as_posix()}:{line}: {text!r} stands outside gettext"
        elif path.suffix == ".txt":
            bare = _without_marks(path.read_text(encoding="utf-8"))
            for number, text in enumerate(bare.splitlines(), 1):
                if is_text(text):
                    yield f"{path.relative_to(root).as_posix()}:{number}: {text.strip()!r} stands outside gettext"


def is_text(text: str) -> bool:
    """Whether words stand there that would have to be translated."""
    return any(word not in SAME for word in WORD.findall(text))


def _without_marks(template: str) -> str:
    """The template without what Jinja reads; lines stay where they are."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n")

    return MARK.sub(blank, BLOCK.sub(blank, template))


def _of_file(template: str) -> list[tuple[int, str]]:
    parser = _Words()
    parser.feed(_without_marks(template))
    parser.close()
    return parser.found


class _Words(HTMLParser):
    """Collects text and the attributes people are shown, by line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        for name, value in attrs:
            if name in SHOWN and value and is_text(value):
                self.found.append((self.getpos()[0], f'{name}="{value}"'))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent and is_text(ATTRIBUTE.sub(" ", data)):
            self.found.append((self.getpos()[0], " ".join(data.split())[:80]))
