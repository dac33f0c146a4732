"""One mechanism for every kind: a body becomes a form, and the form sent back unchanged is the same body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from models.contribution_kinds import KINDS, validate_body
from models.contribution_kinds.parts import Known
from models.merging import merge
from tasks.forms.nodes import View
from tasks.forms.options import Offer
from tasks.forms.posted import act, posted
from tasks.forms.state import body_of, leaves, state_of
from tasks.forms.typed import kept, shown
from tasks.page_fields import Field, Form, asked_fields
from tasks.rendering import environment
from tasks.wording import Words
from tests.deployments.form_fields import forms
from tests.factories import definition
from tests.models.generated_run import run

PAGE = (
    '{% import "desk/form_parts.html" as form with context %}<form action="">'
    "{% for node in nodes %}{{ form.ask(node, nodes | length == 1) }}{% endfor %}</form>"
)


def known() -> Known:
    return Known.of(definition())


def rendered(kind: str, state: Mapping[str, Any], language: str) -> str:
    """The whole contribution as one form, with every entry on the page."""
    words = Words(language)
    nodes = View(Offer(definition(), known(), words, state=state)).nodes(asked_fields(kind), state)
    page = environment(language).from_string(PAGE)
    return page.render(nodes=opened(nodes), token="t", ago=str)


def opened(nodes: Any) -> Any:
    """Lists whose entries have pages of their own as they look on those pages."""
    return [replace(node, is_big=False, children=tuple(opened(node.children))) for node in nodes]


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_as_a_form_sent_back_unchanged_is_the_same_body(kind: str) -> None:
    language = "it"
    fields = asked_fields(kind)
    for body in run("orchard", 1).bodies(kind)[:2]:
        state = state_of(fields, body)
        sent = forms(rendered(kind, state, language))[0].items
        back = posted(fields, sent, Words(language)).changes
        merged = merge(state, back, state)
        assert merged.tree == state
        assert merged.met == []
        data, problems = body_of(fields, merge({}, back, {}).tree, language)
        assert problems == []
        assert validate_body(kind, data, None, "form", definition(), known()) == body


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_form_asks_for_what_is_required_and_nothing_is_understood_wrongly(kind: str) -> None:
    fields = asked_fields(kind)
    state = state_of(fields, None)
    sent = forms(rendered(kind, state, "en"))[0].items
    assert merge(state, posted(fields, sent, Words("en")).changes, state).tree == state
    problems = body_of(fields, state, "en")[1]
    assert all(problem.is_gap for problem in problems)


HOSTILE = "<script>alert(1)</script>\u202egnp.exe {{ 7*7 }} \"'><img src=x onerror=alert(1)>"


def test_hostile_text_in_every_field_stays_text() -> None:
    fields = asked_fields("one-stop-shop")
    state = state_of(fields, run("orchard", 1).bodies("one-stop-shop")[0])
    state["services"]["items"] = {key: state["services"]["items"][key] for key in state["services"]["order"][:2]}
    state["services"]["order"] = state["services"]["order"][:2]
    for path, _, _ in list(leaves(fields, state)):
        node: Any = state
        for part in path[:-1]:
            node = node["items"][part] if "items" in node else node[part]
        node[path[-1]] = HOSTILE
    html = rendered("one-stop-shop", state, "it")
    assert "<script" not in html
    assert "<img" not in html
    assert "{{ 7*7 }}" in html
    back = posted(fields, forms(html)[0].items, Words("it")).changes
    assert {text for _, _, text in leaves(fields, merge({}, back, {}).tree)} == {HOSTILE.replace("\u202e", "")}


FIGURE = Field("value", "", Form.NUMBER, is_required=True, least=-100, most=1_000_000)


@pytest.mark.parametrize(
    ("language", "typed", "kept_as", "wrong"),
    [
        ("it", "1.200,5", "1200.5", False),
        ("it", "1200,50", "1200.5", False),
        ("it", "1.200", "1200", False),
        ("it", "1200.5", "1200.5", False),
        ("en", "1,200.5", "1200.5", False),
        ("en", "1,5", "1.5", False),
        ("en", "1.500", " 1.500", True),
        ("it", " -12 ", "-12", False),
        ("it", "1 200", "1200", False),
        ("it", "dodici", "dodici", True),
        ("en", "1e9", "1e9", True),
        ("en", "NaN", "NaN", True),
        ("en", "\u0661\u0662", "12", False),
        ("en", "2000000", "2000000", True),
        ("en", "9" * 400, "9" * 400, True),
    ],
)
def test_numbers_are_read_as_the_language_writes_them_and_others_are_kept(language: str, typed: str, kept_as: str, wrong: bool) -> None:
    words = Words(language)
    assert kept(FIGURE, typed, words) == kept_as
    _, problems = body_of([FIGURE], {"value": kept_as}, language)
    assert bool(problems) is wrong
    assert kept(FIGURE, shown(FIGURE, kept_as, words), words) == kept_as


@pytest.mark.parametrize(
    ("typed", "kept_as", "wrong"),
    [
        ("2022-03-01", "2022-03-01", False),
        ("1.3.2022", "2022-03-01", False),
        ("01/03/2022", "2022-03-01", False),
        ("31.2.2022", "31.2.2022", True),
        ("soon", "soon", True),
    ],
)
def test_days_are_taken_with_the_day_first_too(typed: str, kept_as: str, wrong: bool) -> None:
    field = Field("on", "", Form.DATE, is_required=True)
    assert kept(field, typed, Words("it")) == kept_as
    assert bool(body_of([field], {"on": kept_as}, "it")[1]) is wrong


@pytest.mark.parametrize("names", [("context.",), (".",), ("",), ("context", "context..x"), ("context..x", "context"), ("needs.e1.",)])
def test_names_that_no_form_has_say_nothing(names: tuple[str, ...]) -> None:
    found = posted(asked_fields("needs-assessment"), [*((name, "x") for name in names), ("governance", "A board")], Words("en"))
    assert found.changes["governance"] == "A board"


def test_entries_of_a_list_called_items_are_added_moved_and_removed_like_all_others() -> None:
    """The costing has one, and a list is kept as its order and its items."""
    fields = asked_fields("costing")
    state = state_of(fields, None)

    def after(do: str) -> list[str]:
        form = posted(fields, [("items", "e1 e2"), ("items.e1.note", "x"), ("items.e2.note", "y"), ("do", do)], Words("en"))
        assert act(form, fields, state) != ()
        return list(form.changes["items"]["order"])

    assert after("add:items")[:2] == ["e1", "e2"]
    assert len(after("add:items")) == 3
    assert after("up:items.e2") == ["e2", "e1"]
    assert after("remove:items.e1") == ["e2"]
