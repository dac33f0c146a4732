"""Reading what somebody wrote: values as meant, each key with its line, and refusal of what could hurt."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BadFile
from models.yaml_lines import MAX_BYTES, load


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(BadFile) as refused:
        load(text, "f.yaml")
    return refused.value.lines()


def test_norway_a_time_and_a_date_stay_what_was_written() -> None:
    document = load("country: NO\nopens: 10:30\non: 2020-06-17\nday: 08-01\n", "f.yaml")
    assert document.data == {"country": "NO", "opens": "10:30", "on": "2020-06-17", "day": "08-01"}


def test_numbers_truth_and_nothing_are_read_as_such() -> None:
    assert load("a: 3\nb: -1.5\nc: true\nd: ~\ne:\nf: '3'\n", "f").data == {
        "a": 3, "b": -1.5, "c": True, "d": None, "e": None, "f": "3",
    }


def test_each_key_and_item_knows_its_line() -> None:
    document = load("# one\na:\n  - x: 1\n    y: {z: 2}\n\n  - x: 3\n", "f")
    places = {("a",): 2, ("a", 0): 3, ("a", 0, "x"): 3, ("a", 0, "y", "z"): 4, ("a", 1): 6}
    assert {path: document.line(path) for path in places} == places


def test_a_key_that_is_not_there_has_the_line_of_what_it_belongs_in() -> None:
    assert load("a:\n  - x: 1\n", "f").line(("a", 0, "missing", "below")) == 2


def test_json_is_read_with_its_tabs_and_escapes() -> None:
    data = {"emoji": "😀", "slash": "a/b", "list": [1, 2.5, None, True], "deep": {"quote": '"\\ud83d'}}
    assert load(json.dumps(data, indent="\t").replace("a/b", "a\\/b"), "f.json").data == data


TEXT = st.text(st.characters(exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(TEXT | st.integers(-(10**9), 10**9) | st.booleans() | st.none(), st.lists, max_leaves=6)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TEXT, JSON, min_size=1, max_size=5))
def test_whatever_json_can_say_is_read_back_the_same(data: dict[str, object]) -> None:
    assert load(json.dumps(data), "f.json").data == data


def test_ten_megabytes_are_refused_at_once_without_parsing() -> None:
    started = time.perf_counter()
    told = faults(b"a: [" + b"x, " * 3_500_000 + b"]")
    assert [line.partition(";")[0] for line in told] == [f"f.yaml:1: the file is larger than {MAX_BYTES // 1024} KiB"]
    assert time.perf_counter() - started < 0.5


def test_aliases_that_explode_are_refused_before_anything_is_built() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)]
    started = time.perf_counter()
    assert faults("\n".join(lines))[0].startswith("f.yaml:6: more than")
    assert time.perf_counter() - started < 0.5


def test_an_honest_alias_is_read() -> None:
    assert load("a: &hours [9, 17]\nb: *hours\n", "f").data == {"a": [9, 17], "b": [9, 17]}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"a: 1\nb: \xff\n", "2: the file is not UTF-8"),
        (b"\xff\xfea\x00", "1: the file is not UTF-8"),
        ("a: 1\nb: x\x07\n", "2: a character that is not text (U+0007)"),
        ("a: \ud800\n", "1: a character that is not text (U+D800)"),
        ("[" * 50_000, "1: more than 40 levels"),
        ("a: *nobody\n", "1: this is not valid YAML"),
        ("a: 1e999\n", "1: a: '1e999' is not a number"),
        ("a: .inf\nb: !!binary x\n", "2: b: the tag 'tag:yaml.org,2002:binary' is not allowed"),
        ("? [a]\n: 1\n", "1: a key must be plain text"),
        ("just words\n", "1: the file is not a mapping"),
    ],
)
def test_what_cannot_be_read_is_refused_on_its_line(text: str | bytes, fault: str) -> None:
    assert faults(text)[0].startswith(f"f.yaml:{fault}")


def test_a_fault_is_one_line_whatever_the_file_contains() -> None:
    assert faults('"a\\nb": 1\n"a\\nb": 2\n') == ["f.yaml:2: a?b: the key 'a?b' stands twice; it stood in line 1 already"]
