"""What a page says to its reader, and the English left in it."""

from __future__ import annotations

from html.parser import HTMLParser

from deployments.catalogues.check import looks_english

SILENT = {"script", "style", "code", "textarea", "pre"}
READ_OUT = ("alt", "title", "aria-label", "placeholder")


def _names_a_language(tag: str, attrs: list[tuple[str, str | None]]) -> bool:
    """A button that leads to another language says so in that language."""
    return tag == "button" and "lang" in dict(attrs)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = 0
        self._buttons: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT or _names_a_language(tag, attrs)
        self._buttons += [_names_a_language(tag, attrs)] if tag == "button" else []
        self.said += [value for name, value in attrs if name in READ_OUT and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT or (tag == "button" and self._buttons.pop())

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.said.append(" ".join(data.split()))


def visible(html: str) -> list[str]:
    """The texts of a page in their order: what is shown or read out, without code and what was typed."""
    words = _Words()
    words.feed(html)
    return words.said


def english_in(html: str, *, but: tuple[str, ...] = ()) -> list[str]:
    """Texts of an Italian page that look English; `but` are texts people contributed."""
    return [text for text in visible(html) if looks_english("it", (), text) and not any(part in text for part in but)]
