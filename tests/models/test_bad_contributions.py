"""Bad input to every kind: each field of its schema missing, too long or of the wrong kind is told where, and what is right."""

from __future__ import annotations

from typing import Any

import pytest

from models.contribution_kinds import KINDS, validate_body
from tests.factories import definition
from tests.models.every_field import Field, faults, fields, put, valid, whole, without

NEEDS_NOTHING = {"matching-proposal", "lesson"}
"""Kinds of which no key is required: an empty one is whole, or its rule asks for one of several."""

CLOCKS = ("starts", "ends")


def told(kind: str, field: Field, value: Any) -> str:
    """What is said at the field when such a value stands there."""
    found = faults(kind, put(whole(kind), field.path, value))
    assert field.place in found, f"{field.place}: nothing said of {value!r}, but {found}"
    return found[field.place]


def of_type(kind: str, name: str) -> list[Field]:
    return [field for field in fields(kind) if field.schema.get("type") == name]


def plain(field: Field) -> bool:
    """A text with no more to say than how long it is."""
    return not {"format", "enum"} & field.schema.keys()


def too_long(field: Field) -> str:
    """A text one longer than allowed, and right otherwise where that is possible."""
    most: int = field.schema["maxLength"]
    pattern: str = field.schema.get("pattern", "")
    before = "https://" if pattern.startswith("^https?") else ""
    after = "@a.example" if "@" in pattern else ""
    sign = "1" if "0-9 ()" in pattern else "x"
    return before + sign * (most + 1 - len(before) - len(after)) + after


# -- missing


@pytest.mark.parametrize("kind", KINDS)
def test_every_required_field_is_asked_for_where_it_is_missing(kind: str) -> None:
    required = [field for field in fields(kind) if field.is_required]
    assert required or kind in NEEDS_NOTHING
    for field in required:
        assert f"missing key '{field.path[-1]}'" in faults(kind, without(whole(kind), field.path))[field.owner]


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_body_names_every_key_it_lacks_at_once(kind: str) -> None:
    if kind not in NEEDS_NOTHING:
        required = [field for field in fields(kind) if len(field.path) == 1 and field.is_required]
        assert sorted(faults(kind, {})[""].split(" | ")) == sorted(f"missing key '{field.path[0]}'" for field in required)


# -- too long, too many, too few


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_that_is_too_long_is_told_how_long_it_may_be(kind: str) -> None:
    limited = [field for field in of_type(kind, "string") if "maxLength" in field.schema]
    assert limited
    for field in limited:
        if field.path[-1] not in CLOCKS and "names" not in field.schema:  # too long a name is one that nothing has
            assert f"must have at most {field.schema['maxLength']} characters" in told(kind, field, too_long(field))


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_that_must_not_be_empty_says_so(kind: str) -> None:
    for field in of_type(kind, "string"):
        if field.schema.get("minLength"):
            assert "must not be empty" in told(kind, field, "   ")


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_is_told_how_many_entries_it_may_and_must_have(kind: str) -> None:
    for field in of_type(kind, "array"):
        most, least = field.schema["maxItems"], field.schema.get("minItems", 0)
        entry = _at(whole(kind), field.path)[0]
        assert f"must have at most {most} items, and has " in told(kind, field, [entry] * (most + 1))
        if least:
            assert f"must have at least {least} item" in told(kind, field, [])


def _at(body: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        body = body[part]
    return body


# -- of the wrong kind


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_is_text(kind: str) -> None:
    for field in of_type(kind, "string"):
        if plain(field) and field.path[-1] not in CLOCKS:
            assert "must be text, not a list" in told(kind, field, ["a", "b"])
            assert "must be text, not a mapping" in told(kind, field, {"a": "b"})


@pytest.mark.parametrize("kind", KINDS)
def test_every_whole_number_is_one(kind: str) -> None:
    for field in of_type(kind, "integer"):
        assert "must be a whole number, not 'many'" in told(kind, field, "many")
        assert "must be a whole number" in told(kind, field, 10.5)
        assert "must be a whole number" in told(kind, field, "12 euro")


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_lies_in_its_range_and_yes_is_none(kind: str) -> None:
    for field in (*of_type(kind, "integer"), *of_type(kind, "number")):
        least, most = field.schema["minimum"], field.schema["maximum"]
        assert "must be a" in told(kind, field, "many")
        assert "should be a number, not yes or no" in told(kind, field, True)
        assert f"must be at least {least}" in told(kind, field, least - 1)
        assert f"must be at most {most}" in told(kind, field, most + 1)


def test_no_money_is_negative_and_no_share_is_more_than_a_hundred() -> None:
    money = [(kind, field) for kind in KINDS for field in fields(kind) if field.schema.get("unit") == "euro"]
    shares = [(kind, field) for kind in KINDS for field in fields(kind) if field.schema.get("unit") == "%"]
    assert len(money) >= 10
    assert len(shares) >= 2
    for kind, field in money:
        assert "must be at least 0" in told(kind, field, -1)
    for kind, field in shares:
        assert "must be at most 100" in told(kind, field, 150)


def test_every_small_count_of_people_is_suppressed() -> None:
    people = [(kind, field) for kind in KINDS for field in fields(kind) if field.schema.get("unit") == "people"]
    assert {field.path[-1] for _, field in people} >= {"people_affected", "attended", "invited", "answers", "population"}
    for kind, field in people:
        for number in (1, 4):
            message = told(kind, field, number)
            assert "suppress counts under 5: leave it out, or say 'fewer than 5' in the text" in message or "must be at least 5" in message


@pytest.mark.parametrize("kind", KINDS)
def test_every_yes_or_no_is_one(kind: str) -> None:
    for field in of_type(kind, "boolean"):
        assert "must be true or false, not 'perhaps'" in told(kind, field, "perhaps")


@pytest.mark.parametrize("kind", KINDS)
def test_every_choice_names_what_there_is_to_choose_from(kind: str) -> None:
    for field in fields(kind):
        if "enum" in field.schema:
            assert f"'nonsuch' is not one of {', '.join(field.schema['enum'])}" in told(kind, field, "nonsuch")


@pytest.mark.parametrize(
    "value", ["soon", "2021-02-30", "2021-13-01", "30.6.2021", "20210630", 0, 20210630, 86400, True, "2021-06-30T10:00"]
)
def test_every_date_is_written_as_one_and_is_in_the_calendar(value: Any) -> None:
    days = [(kind, field) for kind in KINDS for field in fields(kind) if field.schema.get("format") == "date"]
    assert len(days) >= 20
    for kind, field in days:
        assert "must be a date such as 2024-05-31" in told(kind, field, value)


@pytest.mark.parametrize("value", ["25:00", "9.30", "half past nine", "14:30+02:00", 14.5, -1])
def test_every_time_of_day_is_one(value: Any) -> None:
    clocks = [(kind, field) for kind in KINDS for field in fields(kind) if field.path[-1] in CLOCKS]
    assert clocks
    for kind, field in clocks:
        assert "must be a time of day, such as '09:30', not " in told(kind, field, value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_and_group_is_one(kind: str) -> None:
    for field in of_type(kind, "array"):
        assert "must be a list, each item on a line that starts with '- '" in told(kind, field, "one line")
    for field in of_type(kind, "object"):
        assert "must be a mapping" in told(kind, field, "text")


@pytest.mark.parametrize("kind", KINDS)
def test_every_unknown_key_is_refused_wherever_it_stands(kind: str) -> None:
    for field in [field for field in fields(kind) if field.schema.get("type") == "object"]:
        place = f"{field.place}.nonsuch"
        assert faults(kind, put(whole(kind), (*field.path, "nonsuch"), 1))[place].startswith("unknown key 'nonsuch'")


@pytest.mark.parametrize("kind", KINDS)
def test_direction_overrides_are_refused_in_every_text_with_what_to_do(kind: str) -> None:
    free = [field for field in of_type(kind, "string") if plain(field) and "pattern" not in field.schema]
    assert free or kind == "matching-proposal"
    for field in free:
        assert "contains the unprintable character U+202E; remove it" in told(kind, field, "left\u202etfel")


# -- names as people write them

NAMES = (
    "Λευκή Σκάλα",
    "جمعية أصدقاء البحر",
    "Stillfjord / Jaskesvuona",
    'Workshop "The Open Quay"',
    "Porto d'Além",
    "Ļiepkalnė & Sons <Ltd>",
)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_script_with_slashes_and_quotes_are_kept_as_they_are(name: str) -> None:
    for kind in KINDS:
        body = valid(kind)
        for field in of_type(kind, "string"):
            if plain(field) and "pattern" not in field.schema and field.schema.get("maxLength") == 300 and _has(body, field.path):
                once = validate_body(kind, put(body, field.path, name), None, "form", definition())
                assert _at(once, field.path) == name, (kind, field.place)


def _has(body: Any, path: tuple[str | int, ...]) -> bool:
    try:
        return isinstance(_at(body, path), str)
    except (KeyError, IndexError, TypeError):
        return False
