"""Two writers in one draft: whatever they do, what both wrote is in the draft or handed back, and what nobody touched stays."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.merging import UNSEEN, Clash, merge


def draft(**more: Any) -> dict[str, Any]:
    entries = {"e1": {"title": "one", "note": ""}, "e2": {"title": "two", "note": ""}, "e3": {"title": "three", "note": ""}}
    return {"context": "A town.", "group": {"lead": "Anna"}, "needs": {"order": list(entries), "items": entries}} | more


def changed(tree: dict[str, Any], **edits: str) -> dict[str, Any]:
    """The tree with texts replaced: `needs__e1__title="x"`."""
    new = deepcopy(tree)
    for place, text in edits.items():
        node = new
        *way, last = place.split("__")
        for part in way:
            node = node["items"][part] if "items" in node else node[part]
        node[last] = text
    return new


def without(tree: dict[str, Any], key: str) -> dict[str, Any]:
    new = deepcopy(tree)
    new["needs"]["order"].remove(key)
    del new["needs"]["items"][key]
    return new


def ordered(tree: dict[str, Any], *order: str) -> dict[str, Any]:
    new = deepcopy(tree)
    new["needs"]["order"] = list(order)
    return new


def test_different_places_merge() -> None:
    theirs, mine = changed(draft(), context="Their town.", needs__e1__note="x"), changed(draft(), group__lead="Berta", needs__e1__title="1")
    merged = merge(draft(), mine, theirs)
    assert merged.tree == changed(draft(), context="Their town.", needs__e1__note="x", group__lead="Berta", needs__e1__title="1")
    assert merged.met == []


def test_the_same_place_keeps_theirs_and_hands_mine_back() -> None:
    merged = merge(draft(), changed(draft(), context="Mine."), changed(draft(), context="Theirs."))
    assert merged.tree["context"] == "Theirs."
    assert [(met.path, met.clash, met.theirs, met.mine) for met in merged.met] == [(("context",), Clash.TEXT, "Theirs.", "Mine.")]


def test_a_part_says_nothing_of_the_rest() -> None:
    part = {"needs": {"items": {"e2": {"title": "zwei"}}}}
    merged = merge(draft(), part, changed(draft(), context="Theirs.", needs__e2__note="n"))
    assert merged.tree == changed(draft(), context="Theirs.", needs__e2__note="n", needs__e2__title="zwei")


def test_an_entry_they_removed_while_i_wrote_in_it_is_back() -> None:
    merged = merge(draft(), changed(draft(), needs__e2__note="more"), without(draft(), "e2"))
    assert merged.tree["needs"]["items"]["e2"] == {"title": "two", "note": "more"}
    assert merged.tree["needs"]["order"] == ["e1", "e2", "e3"]
    assert [met.clash for met in merged.met] == [Clash.THEY_REMOVED]


def test_an_entry_they_removed_and_i_left_alone_stays_removed() -> None:
    assert merge(draft(), changed(draft(), context="x"), without(draft(), "e2")).tree == changed(without(draft(), "e2"), context="x")


def test_an_entry_i_removed_while_they_wrote_in_it_stays() -> None:
    merged = merge(draft(), without(draft(), "e2"), changed(draft(), needs__e2__note="theirs"))
    assert merged.tree["needs"]["items"]["e2"]["note"] == "theirs"
    assert [met.clash for met in merged.met] == [Clash.I_REMOVED]
    assert "e2" not in merge(draft(), without(draft(), "e2"), draft()).tree["needs"]["items"]


def test_both_add_and_both_are_there() -> None:
    theirs, mine = draft(), draft()
    theirs["needs"] = {"order": ["e1", "t", "e2", "e3"], "items": theirs["needs"]["items"] | {"t": {"title": "T", "note": ""}}}
    mine["needs"] = {"order": ["e1", "e2", "e3", "m"], "items": mine["needs"]["items"] | {"m": {"title": "M", "note": ""}}}
    merged = merge(draft(), mine, theirs)
    assert merged.tree["needs"]["order"] == ["e1", "t", "e2", "e3", "m"]
    assert merged.met == []


@pytest.mark.parametrize(("mine", "theirs", "comes"), [("321", "123", "321"), ("123", "213", "213"), ("213", "213", "213")])
def test_the_order_of_whoever_moved_counts(mine: str, theirs: str, comes: str) -> None:
    def keys(text: str) -> list[str]:
        return [f"e{letter}" for letter in text]

    merged = merge(draft(), ordered(draft(), *keys(mine)), ordered(draft(), *keys(theirs)))
    assert (merged.tree["needs"]["order"], merged.met) == (keys(comes), [])


def test_two_orders_keep_theirs_and_say_so() -> None:
    merged = merge(draft(), ordered(draft(), "e3", "e2", "e1"), ordered(draft(), "e2", "e1", "e3"))
    assert merged.tree["needs"]["order"] == ["e2", "e1", "e3"]
    assert [met.clash for met in merged.met] == [Clash.ORDER]


def test_where_it_is_not_known_what_was_seen_only_what_is_empty_is_filled_in() -> None:
    merged = merge(UNSEEN, changed(draft(), context="Mine.", needs__e1__note="mine"), draft())
    assert merged.tree == changed(draft(), needs__e1__note="mine")
    assert [met.path for met in merged.met] == [("context",)]


# -- an empty entry that both fill in -------------------------------------------------------------------------------


def begun(**entry: str) -> dict[str, Any]:
    """A draft whose list begins with one empty entry."""
    return {"needs": {"order": ["e1"], "items": {"e1": {"title": "", "note": ""} | entry}}}


def test_an_empty_entry_that_both_fill_in_becomes_two() -> None:
    merged = merge(begun(), begun(title="Mine", note="m"), begun(title="Theirs"))
    [first, second] = merged.tree["needs"]["order"]
    assert first == "e1"
    assert merged.tree["needs"]["items"] == {"e1": {"title": "Theirs", "note": ""}, second: {"title": "Mine", "note": "m"}}
    [met] = merged.met
    assert (met.clash, met.path, met.was) == (Clash.BOTH_ADDED, ("needs", second), ("needs", "e1"))


def test_the_same_form_sent_twice_adds_one_entry() -> None:
    once = merge(begun(), begun(title="Mine"), begun(title="Theirs")).tree
    assert merge(begun(), begun(title="Mine"), once).tree == once
    assert len(merge(begun(), begun(title="A third"), once).tree["needs"]["order"]) == 3


def test_an_empty_entry_in_which_each_fills_in_another_question_stays_one() -> None:
    merged = merge(begun(), begun(note="Mine"), begun(title="Theirs"))
    assert (merged.tree, merged.met) == (begun(title="Theirs", note="Mine"), [])


def test_an_entry_that_says_what_it_is_about_stays_one_though_both_answer_it() -> None:
    merged = merge(begun(title="A1"), begun(title="A1", note="Mine"), begun(title="A1", note="Theirs"))
    assert merged.tree == begun(title="A1", note="Theirs")
    assert [met.clash for met in merged.met] == [Clash.TEXT]


def test_entries_that_both_added_are_moved_and_removed_like_all_others() -> None:
    both = merge(begun(), begun(title="Mine"), begun(title="Theirs")).tree
    theirs, mine = both["needs"]["order"]
    moved = ordered(both, mine, theirs)
    assert merge(both, moved, both).tree == moved
    assert merge(both, without(both, "e1"), both).tree["needs"]["order"] == [mine]


def test_my_entry_stands_behind_the_one_it_was_on_my_page_and_moves_with_what_i_moved() -> None:
    seen, mine, theirs = begun(), begun(title="Mine"), begun(title="Theirs")
    mine["needs"]["items"]["k1"] = {"title": "Added", "note": ""}
    mine["needs"]["order"] = ["k1", "e1"]
    merged = merge(seen, mine, theirs)
    titles = [merged.tree["needs"]["items"][key]["title"] for key in merged.tree["needs"]["order"]]
    assert sorted(titles) == ["Added", "Mine", "Theirs"]
    assert titles.index("Theirs") + 1 == titles.index("Mine")


def test_an_empty_list_inside_an_empty_entry_does_not_make_it_one_that_both_wrote_at() -> None:
    def review(name: str, rating: str) -> dict[str, Any]:
        ratings = {"order": ["e1"], "items": {"e1": {"rating": rating}}}
        return {"reviews": {"order": ["e1"], "items": {"e1": {"name": name, "ratings": ratings}}}}

    merged = merge(review("", ""), review("Mine", "3"), review("Theirs", "5"))
    said = [(item["name"], item["ratings"]["items"]["e1"]["rating"]) for item in merged.tree["reviews"]["items"].values()]
    assert said == [("Theirs", "5"), ("Mine", "3")]


def test_an_entry_that_is_held_is_not_removed() -> None:
    merged = merge(draft(), without(draft(), "e2"), draft(), held=frozenset({("needs", "e2")}))
    assert merged.tree == draft()
    assert [met.clash for met in merged.met] == [Clash.I_REMOVED]


# -- whatever two people do ------------------------------------------------------------------------------------------

TEXT = st.sampled_from(["", "a", "b", "c"])
EDIT = st.one_of(
    st.tuples(st.just("context"), TEXT),
    st.tuples(st.sampled_from(["title", "note"]), st.sampled_from(["e1", "e2", "e3", "n1", "n2"]), TEXT),
    st.tuples(st.just("remove"), st.sampled_from(["e1", "e2", "e3"])),
    st.tuples(st.just("add"), st.sampled_from(["n1", "n2"]), TEXT),
    st.tuples(st.just("last"), st.sampled_from(["e1", "e2", "e3"])),
)


def acted(tree: dict[str, Any], edits: list[tuple[str, ...]], who: str) -> dict[str, Any]:
    """What somebody makes of a draft; a text says whose it is, so that it can be found again."""
    new = deepcopy(tree)
    needs = new["needs"]
    for what, *rest in edits:
        key = f"{who}{rest[0]}" if rest[0].startswith("n") else rest[0]
        if what == "context":
            new["context"] = f"{who}:{rest[0]}" if rest[0] else ""
        elif what == "add" and key not in needs["order"]:
            needs["order"].append(key)
            needs["items"][key] = {"title": f"{who}:{rest[1]}", "note": ""}
        elif key in needs["order"] and what in ("title", "note"):
            needs["items"][key][what] = f"{who}:{rest[1]}"
        elif key in needs["order"] and what == "remove":
            needs["order"].remove(key)
            del needs["items"][key]
        elif key in needs["order"] and what == "last":
            needs["order"].remove(key)
            needs["order"].append(key)
    return new


def texts(tree: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    yield ("context",), tree["context"]
    for key, entry in tree["needs"]["items"].items():
        for name, text in entry.items():
            yield ("needs", key, name), text


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(EDIT, max_size=5), st.lists(EDIT, max_size=5))
def test_nothing_that_either_wrote_is_lost_without_a_word(theirs_did: list[tuple[str, ...]], mine_did: list[tuple[str, ...]]) -> None:
    seen = draft()
    theirs, mine = acted(seen, theirs_did, "T"), acted(seen, mine_did, "M")
    kept = deepcopy((seen, mine, theirs))
    merged = merge(seen, mine, theirs)
    assert (seen, mine, theirs) == kept, "arguments stay as they are"
    there, before = dict(texts(merged.tree)), dict(texts(seen))
    said = {met.path: met for met in merged.met}
    assert sorted(merged.tree["needs"]["order"]) == sorted(merged.tree["needs"]["items"])
    for path, text in texts(theirs):
        if text != before.get(path, ""):
            assert there.get(path) == text, "what they stored stands"
    for path, text in texts(mine):
        if text != before.get(path, ""):
            assert there.get(path) == text or said[path].mine == text, "what I wrote stands or is handed back"
    untouched = {path for path in before if dict(texts(theirs)).get(path) == before[path] == dict(texts(mine)).get(path)}
    assert all(there[path] == before[path] for path in untouched)
    again = merge(theirs, merged.tree, merged.tree)
    assert (again.tree, again.met) == (merged.tree, []), "saving once more changes nothing"
