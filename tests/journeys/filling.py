"""Filling in a contribution on the desk as a person does: section by section, entry by entry, in the controls that the page offers.

What is to be said is a body; how the page asks for it is found on the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from babel.numbers import format_decimal
from playwright.sync_api import Locator

from tasks.page_fields import Field, Form
from tests.journeys.people import Person

Body = Mapping[str, Any]


@dataclass
class Writer:
    """One person at one contribution, from its page to the receipt."""

    person: Person
    fields: Sequence[Field]
    body: Body

    def __post_init__(self) -> None:
        self.page = self.person.page
        self.done: set[str] = set()

    def write(self) -> None:
        """From the page of what is asked to the page with all answers: every section, the first ones in the order the desk leads."""
        self.person.press(self.page.locator("p.start a.button"))
        while not self._is_checking:
            self.section()
        self._look_back()

    def change(self, key: str) -> None:
        """From the page with all answers: one section anew, and back."""
        self.person.press(self.page.locator(f'section.checked a[href*="/form/{key}"]'))
        self.section()
        assert self._is_checking

    def section(self) -> None:
        """Answer what the page asks and go on."""
        self.person.look_around()
        self._say_who()
        asked = self._asked()
        self.done |= {field.name for field in asked}
        self._fill(asked, self.body, "")
        self._go_on()

    def hand_in(self, language: str) -> None:
        """From the page with all answers to the receipt."""
        self.person.look_around()
        assert not self.page.locator(".problems").count(), self.page.locator(".problems").inner_text()
        self.page.locator("#language").select_option(language)
        self.person.press(self.page.locator('main form[action$="/check"] button[type=submit]'))
        assert self.page.locator(".done h1").is_visible()
        assert urlsplit(self.page.url).path.endswith("/receipt")

    # -- where we are ------------------------------------------------------------------------------------------------

    @property
    def _path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def _is_checking(self) -> bool:
        return self._path.endswith("/check")

    def _asked(self) -> list[Field]:
        """The fields the page asks for."""
        return [item for item in self.fields if self._has(item, item.name)]

    def _has(self, asked: Field, id_: str) -> bool:
        if asked.form is Form.GROUP:
            return any(self._has(item, f"{id_}.{item.name}") for item in asked.fields)
        return bool(self.page.locator(f'input[type=hidden][name="{id_}"]').count() or self._named(id_).count())

    def _look_back(self) -> None:
        """Sections that were passed over because nothing has to be said there."""
        for item in self.fields:
            if item.name not in self.done and self.body.get(item.name):
                self.change(item.name)

    def _say_who(self) -> None:
        """Asked once in each browser."""
        if self.page.locator("details.who[open] #writer").count():
            self.page.locator("#writer").fill(self.person.mailbox[:2].upper())

    def _go_on(self) -> None:
        self.person.press(self.page.locator('.finish button[value="next"]'))
        assert not self.page.locator(".problems").count(), self.page.locator(".problems").inner_text()

    # -- filling -----------------------------------------------------------------------------------------------------

    def _fill(self, asked: Sequence[Field], body: Body, above: str) -> None:
        """Single answers first: what is typed is kept when a list grows, but the page comes anew."""
        lists = [item for item in asked if item.form is Form.ENTRIES]
        for item in [item for item in asked if item not in lists]:
            value, id_ = body.get(item.name), f"{above}{item.name}"
            if item.form is Form.GROUP:
                self._fill(item.fields, value or {}, f"{id_}.")
            else:
                self._answer(item, value, id_)
        for item in lists:
            self._fill_list(item, body.get(item.name) or [], f"{above}{item.name}")

    def _fill_list(self, asked: Field, entries: Sequence[Body], id_: str) -> None:
        """Those that are there already, such as one for each key factor, come first; what is too many goes."""
        for number, entry in enumerate(entries):
            keys = self._keys(id_)
            if number < len(keys):
                place = f"{id_}.{keys[number]}"
                for own_page in self.page.locator(f'.entry.brief a[href$="/form/{place}"]').all():
                    self.person.press(own_page)
            else:
                self.person.press(self.page.locator(f'button[value="add:{id_}"]'))
                place = self._place if self._place.startswith(f"{id_}.") else f"{id_}.{self._keys(id_)[-1]}"
            if self._place == place:
                self._fill(asked.fields, entry, f"{place}.")
                self._go_on()
            else:
                self._unfold(self.page.locator(f'[id="{place}.{asked.fields[0].name}"]').first)
                self._fill(asked.fields, entry, f"{place}.")
        for key in self._keys(id_)[len(entries) :]:
            place = f"{id_}.{key}"
            remove = self.page.locator(f'button[value="remove:{place}"]')
            self._unfold(remove)
            self.person.press(remove)

    @property
    def _place(self) -> str:
        """The section or entry whose page is open."""
        return self._path.rpartition("/form/")[2]

    def _keys(self, id_: str) -> list[str]:
        return (self.page.locator(f'input[type=hidden][name="{id_}"]').get_attribute("value") or "").split()

    def _answer(self, asked: Field, value: Any, id_: str) -> None:
        """One answer, in whatever control the page has for it; what is not said is left as it is."""
        if value is None or value in ("", []):
            return
        control = self._named(id_).first
        kind = control.evaluate("element => element.type")
        if kind in ("radio", "checkbox"):
            for one in value if isinstance(value, list) else [value]:
                box = self.page.locator(f'input[name="{id_}"][value="{_word(one)}"]')
                self._unfold(box)
                box.check()
        elif kind == "select-one":
            control.select_option(_word(value))
        elif isinstance(value, list):
            control.fill("\n".join(value))
        else:
            control.fill(self._written(asked, value))

    def _written(self, asked: Field, value: Any) -> str:
        """Numbers as people of that language write them."""
        if isinstance(value, bool) or asked.form not in (Form.WHOLE, Form.NUMBER):
            return _word(value)
        pattern = "#,##0.######" if abs(value) >= 10_000 else "0.######"
        return format_decimal(value, pattern, locale=self.person.language)

    def _named(self, id_: str) -> Locator:
        """The controls of a question, without what the page carries along for itself."""
        return self.page.locator(f'[name="{id_}"]:not([type=hidden])')

    def _unfold(self, place: Locator) -> None:
        """Open what is folded around it, as a person who looks for it."""
        folded = place.locator("xpath=ancestor::details[not(@open)]/summary")
        while folded.count():
            folded.first.click()


def _word(value: Any) -> str:
    """A choice as its control names it."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def as_boxes_say(fields: Sequence[Field], body: Body) -> dict[str, Any]:
    """The body with the order taken from lists that are ticked: boxes have the order of the page."""
    said: dict[str, Any] = dict(body)
    for item in fields:
        value = said.get(item.name)
        if item.form is Form.LINES and (item.names or item.choices) and value:
            said[item.name] = sorted(value)
        elif item.form is Form.ENTRIES and value:
            said[item.name] = [as_boxes_say(item.fields, entry) for entry in value]
        elif item.form is Form.GROUP and value:
            said[item.name] = as_boxes_say(item.fields, value)
    return said
