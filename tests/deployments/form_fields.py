"""What a browser makes of a form: the fields it would send, read from the page's HTML by nothing but the standard library."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Items = list[tuple[str, str]]


@dataclass
class Form:
    """A form as it stands on the page: where it goes, what it would send, and its buttons."""

    action: str = ""
    items: Items = field(default_factory=list)
    buttons: Items = field(default_factory=list)

    def value(self, name: str) -> str:
        return [value for found, value in self.items if found == name][-1]

    def with_(self, *more: tuple[str, str]) -> Items:
        """What would be sent with some fields filled in differently; a field that is not there yet is added."""
        names = {name for name, _ in more}
        return [item for item in self.items if item[0] not in names] + list(more)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._text: tuple[str, list[str]] | None = None
        self._select: tuple[str, str | None, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found.get("action", "")))
        elif not self.forms:
            return
        elif tag == "input" and found.get("name"):
            is_choice = found.get("type") in ("radio", "checkbox")
            if found.get("type") != "file" and (not is_choice or "checked" in found):
                self.forms[-1].items.append((found["name"], found.get("value", "")))
        elif tag == "button":
            self.forms[-1].buttons.append((found.get("name", ""), found.get("value", "")))
        elif tag == "textarea":
            self._text = (found["name"], [])
        elif tag == "select":
            self._select = (found["name"], None, "")
        elif tag == "option" and self._select:
            name, chosen, first = self._select
            self._select = (name, found["value"] if "selected" in found else chosen, first)

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text:
            name, parts = self._text
            # A line break right after the tag is none; what is sent ends lines with CR LF.
            text = "".join(parts).removeprefix("\n").replace("\n", "\r\n")
            self.forms[-1].items.append((name, text))
            self._text = None
        elif tag == "select" and self._select:
            name, chosen, _ = self._select
            self.forms[-1].items.append((name, chosen or ""))
            self._select = None


def forms(html: str) -> list[Form]:
    """Every form of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms
