"""An entry of a list that was removed by mistake: the page offers to bring it back, to its place, with everything it said."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select

from models.database import reading
from models.doors.drafting import KEPT_SAVES
from models.drafts import Draft, DraftSave, OtherAnswer
from models.errors import Refused
from tasks.forms.posted import Posted, only_list
from tasks.forms.removed import bring_back, removed_at
from tasks.forms.state import blank
from tasks.page_fields import Form, asked_fields
from tests.deployments.desk_world import World, lead
from tests.deployments.form_fields import Items, forms
from tests.deployments.test_desk_writing import by_itself, form, send, state

LIST = "stakeholders"


def filled(world: World, address: str, *names: str, list_: str = LIST) -> list[str]:
    """Add an entry for each name; their keys."""
    for name in names:
        key = send(world, address, form(world, address).items, f"add:{list_}").headers["location"].rpartition(".")[2]
        send(world, address, form(world, address).with_((f"{list_}.{key}.name", name)))
    keys: list[str] = state(world)[list_]["order"]
    return keys


def names(world: World) -> list[str]:
    held = state(world)[LIST]
    return [held["items"][key]["name"] for key in held["order"]]


def offered(page: str) -> list[str]:
    """What a page offers to bring back."""
    return [value for found in forms(page) for name, value in found.buttons if name == "do" and value.startswith("back:")]


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def removed(world: World, address: str, items: Items, key: str) -> str:
    """The page after an entry was removed."""
    return world.get(send(world, address, items, f"remove:{LIST}.{key}").headers["location"]).text


def test_an_entry_that_was_removed_comes_back_to_its_place_with_what_was_typed_last(world: World, token: str) -> None:
    address = f"/a/{token}/form/{LIST}"
    _, library, _ = filled(world, address, "Town hall", "Library", "School")
    typed = form(world, address).with_((f"{LIST}.{library}.name", "Library and archive"))
    page = removed(world, address, typed, library)
    assert names(world) == ["Town hall", "School"]
    assert "Stakeholder 2: Library and archive is removed. Bring it back" in text_of(page)
    [button] = offered(page)
    answer = send(world, address, forms(page)[0].items, button)
    assert answer.headers["location"].endswith(f"#{LIST}.{library}")
    assert names(world) == ["Town hall", "Library and archive", "School"]
    assert offered(world.get(answer.headers["location"]).text) == []


def test_an_entry_comes_back_though_others_wrote_elsewhere_meanwhile_and_only_once(world: World, token: str) -> None:
    address = f"/a/{token}/form/{LIST}"
    town, library = filled(world, address, "Town hall", "Library")
    page = removed(world, address, form(world, address).items, town)
    by_itself(world, address, form(world, address).with_((f"{LIST}.{library}.name", "The library")))
    for _ in range(2):
        assert send(world, address, forms(page)[0].items, offered(page)[0]).status_code == 303
    assert names(world) == ["Town hall", "The library"]


def test_removing_an_entry_from_an_older_page_leaves_what_others_added_meanwhile(world: World, token: str) -> None:
    address = f"/a/{token}/form/{LIST}"
    _, library = filled(world, address, "Town hall", "Library")
    older = form(world, address)
    filled(world, address, "School")
    assert send(world, address, older.items, f"remove:{LIST}.{library}").status_code == 303
    assert names(world) == ["Town hall", "School"]


def test_removing_an_entry_from_an_older_page_leaves_the_order_others_made_meanwhile(world: World, token: str) -> None:
    address = f"/a/{token}/form/{LIST}"
    one, _, three = filled(world, address, "One", "Two", "Three")
    older = form(world, address)
    send(world, address, form(world, address).items, f"up:{LIST}.{three}")
    send(world, address, older.items, f"remove:{LIST}.{one}")
    assert names(world) == ["Three", "Two"]


def test_where_an_older_page_removes_an_entry_and_says_otherwise_than_somebody_else_both_answers_wait(world: World, token: str) -> None:
    address = f"/a/{token}/form/{LIST}"
    town, library = filled(world, address, "Town hall", "Library")
    older = form(world, address)
    by_itself(world, address, form(world, address).with_((f"{LIST}.{town}.name", "Theirs")))
    answer = send(world, address, older.with_((f"{LIST}.{town}.name", "Mine")), f"remove:{LIST}.{library}")
    assert answer.status_code == 409
    assert names(world) == ["Theirs"]
    with reading(world.engine) as session:
        assert [(item.text, item.settled_at) for item in session.scalars(select(OtherAnswer))] == [("Mine", None)]


def test_changes_to_a_list_within_an_entry_speak_of_that_list_alone() -> None:
    steps = {"steps": {"order": ["a"], "items": {"a": {"what": "Ask"}}}}
    changes = only_list(("actions", "e1", "steps"), {"actions": {"order": ["e1"], "items": {"e1": steps}}})
    assert changes == {"actions": {"items": {"e1": {"steps": {"items": {}, "order": ["a"]}}}}}


def test_nothing_is_offered_for_an_empty_entry_nor_for_one_that_stands_or_never_stood(world: World, token: str) -> None:
    address = f"/a/{token}/form/{LIST}"
    [town] = filled(world, address, "Town hall")
    empty = send(world, address, form(world, address).items, f"add:{LIST}").headers["location"].rpartition(".")[2]
    assert offered(removed(world, address, form(world, address).items, empty)) == []
    for place in (f"{LIST}.{town}", f"{LIST}.nobody", LIST, "context", "a.b.c.d", "..", ""):
        assert offered(world.get(f"{address}?removed={place}").text) == []
    assert offered(world.get(f"/a/{token}/form/context?removed={LIST}.{empty}").text) == []


def test_an_entry_that_somebody_else_wrote_in_stays_and_nothing_is_offered(world: World, token: str) -> None:
    address = f"/a/{token}/form/{LIST}"
    [town] = filled(world, address, "Town hall")
    mine = form(world, address)
    by_itself(world, address, form(world, address).with_((f"{LIST}.{town}.name", "City hall")))
    answer = send(world, address, mine.items, f"remove:{LIST}.{town}")
    assert answer.status_code == 409
    assert "wrote in an entry that you removed" in answer.text
    assert names(world) == ["City hall"]


def test_what_was_removed_longer_ago_than_saves_are_kept_is_told_to_be_gone(world: World, token: str) -> None:
    address = f"/a/{token}/form/{LIST}"
    town, library = filled(world, address, "Town hall", "Library")
    page = removed(world, address, form(world, address).items, town)
    for number in range(KEPT_SAVES):
        by_itself(world, address, form(world, address).with_((f"{LIST}.{library}.name", f"Library {number}")))
    answer = send(world, address, form(world, address).items, offered(page)[0])
    assert answer.status_code == 409
    assert "removed too long ago" in answer.text
    assert names(world) == [f"Library {KEPT_SAVES - 1}"]


def test_an_entry_that_its_list_began_with_comes_back_too(world: World) -> None:
    token = lead(world)
    needs = f"/a/{token}/form/needs"
    send(world, needs, form(world, needs).with_(("needs.e1.title", "Rooms")))
    page = world.get(send(world, needs, form(world, needs).items, "remove:needs.e1").headers["location"]).text
    assert "Need 1: Rooms is removed." in text_of(page)
    send(world, needs, forms(page)[0].items, offered(page)[0])
    assert state(world)["needs"]["items"]["e1"]["title"] == "Rooms"


def test_an_entry_does_not_come_back_to_a_list_that_is_full_by_now() -> None:
    asked = next(item for item in asked_fields("city-profile") if item.form is Form.ENTRIES and item.many)
    keys = [f"e{number}" for number in range(1, asked.many + 2)]
    then = {asked.name: {"order": keys, "items": {key: blank(asked.fields) for key in keys}}}
    now = {asked.name: {"order": keys[1:], "items": {key: then[asked.name]["items"][key] for key in keys[1:]}}}
    draft = Draft(history=[DraftSave(number=0, state=then), DraftSave(number=1, state=now)])
    found = removed_at(draft, [asked], now, (asked.name, "e1"), lambda path, entry: False)
    assert found is not None
    with pytest.raises(Refused, match="no room"):
        bring_back(Posted(now), now, found)
