"""The manifest and the timeline: their schemas allow exactly what the contract says."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from models.events import EventKind
from models.manifest import Line, Manifest, Row, last_published, row
from models.method import METHOD
from tests.models.conftest import At

LINE: dict[str, Any] = {
    "at": "2024-03-04T08:00:00Z",
    "kind": "gate-opened",
    "phase": 1,
    "gate": "needs",
    "pair": None,
    "scope": "city-cedar",
    "organisation": None,
    "detail": {},
}


def test_the_timelines_kinds_are_those_of_the_code() -> None:
    assert set(get_args(Line.model_fields["kind"].annotation)) == set(EventKind)


@pytest.mark.parametrize(
    "change",
    [
        {"at": "2024-03-04T08:00:00+00:00"},
        {"kind": "party-held"},
        {"phase": 8},
        {"scope": "Cedar"},
        {"pair": "city-cedar"},
        {"more": 1},
        {"detail": None},
    ],
)
def test_a_line_that_breaks_the_contract_is_no_line(change: dict[str, Any]) -> None:
    Line.model_validate(LINE)
    with pytest.raises(ValidationError):
        Line.model_validate(LINE | change)
    assert list(Draft202012Validator(Line.model_json_schema()).iter_errors(LINE)) == []
    assert list(Draft202012Validator(Line.model_json_schema()).iter_errors(LINE | change))


def test_every_event_is_a_valid_line(at: At) -> None:
    events = at("closed").events()
    assert {event.kind for event in events} > {EventKind.PROGRAMME_LAUNCHED, EventKind.PROGRAMME_CLOSED}
    for event in events:
        Line.model_validate(event.as_line())


def test_the_last_published_editions_come_in_the_order_of_the_table(at: At) -> None:
    with at("closed").looking() as standing:
        found = [(edition.deliverable, edition.scope) for edition in last_published(standing)]
        order = [spec.number for spec in METHOD.deliverables]
    assert len(found) == len(set(found)) == 51
    assert [number for number, _ in found] == sorted((number for number, _ in found), key=order.index)


def test_a_row_of_each_edition_is_valid_and_its_approval_leaves_unused_fields_null(at: At) -> None:
    with at("closed").looking() as standing:
        for edition in last_published(standing):
            path = f"deliverables/{edition.deliverable}/{edition.scope}/en.pdf"
            made = Row.model_validate(row(edition, path=path, format_="pdf", language="en", file_sha256="0" * 64))
            assert made.approval.content_sha256 == made.content_sha256
        Manifest.model_validate({"programme": "orchard", "seed": 1, "editions": []})


def test_plans_are_one_lineage_of_three_versions(at: At) -> None:
    with at("closed").looking() as standing:
        plans = [
            (edition.deliverable, edition.version)
            for edition in last_published(standing)
            if edition.scope == "city-cedar" and edition.spec.slug == "action-plan"
        ]
    assert plans == [("D4.2", "0.1"), ("D5.2", "0.5"), ("D7.1", "1.0")]


@pytest.mark.parametrize("path", ["/etc/passwd", "mail/1.eml", "deliverables\\D1.1\\en.pdf", "../x"])
def test_a_path_lies_inside_the_folder_and_has_forward_slashes(path: str) -> None:
    assert list(Draft202012Validator(Row.model_json_schema()["properties"]["path"]).iter_errors(path))
