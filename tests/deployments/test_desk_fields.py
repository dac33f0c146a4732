"""The file to fill in: readable as it stands for every kind, and with what was said before a whole contribution again."""

from __future__ import annotations

import random
from datetime import date

import pytest

from models.contribution_file import contribution_from
from models.contribution_kinds import KINDS
from models.errors import BadFile
from models.generated import generate
from models.method import METHOD
from models.yaml_lines import load, parse
from tasks.page_fields import Field, Form, asked_fields, file_to_fill
from tests.factories import definition

ENVELOPE = {"gate": "needs", "scope": "city-cedar", "organisation": "cedar", "language": "it"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_file_of_any_kind_can_be_read_and_names_every_field(kind: str) -> None:
    fields = asked_fields(kind)
    document = load(file_to_fill(["A: heading"], ENVELOPE, fields, None), "file.yaml")
    assert list(document.data["body"]) == [field.name for field in fields]
    assert list(document.data["body"]) == list(KINDS[kind].model_fields)


@pytest.mark.parametrize("key", ["needs", "profile", "practices"])
def test_a_file_with_what_was_said_before_is_that_contribution(key: str) -> None:
    spec, programme = METHOD.gates[key], definition()
    body = generate(
        spec.contribution,
        gate=key,
        scope="city-cedar",
        organisation="cedar",
        definition=programme,
        earlier=[],
        rng=random.Random(1),
        today=date(2024, 3, 4),
        pairs=[],
    )
    text = file_to_fill([], ENVELOPE | {"gate": key}, asked_fields(spec.contribution), body)
    assert contribution_from(parse(text, "file.yaml"), programme).body == body


def test_what_is_required_and_empty_is_reported_when_it_is_handed_in() -> None:
    text = file_to_fill([], ENVELOPE, asked_fields("needs-assessment"), None)
    with pytest.raises(BadFile) as refused:
        contribution_from(parse(text, "needs.yaml"), definition())
    places = {fault.path for fault in refused.value.faults}
    assert {"body.context", "body.population", "body.needs.0.title"} <= places


def test_fields_are_told_in_plain_words() -> None:
    fields = {field.name: field for field in asked_fields("needs-assessment")}
    population, figures = fields["population"], fields["figures"]
    assert (population.form, population.unit, population.is_required, population.example) == (Form.WHOLE, "people", True, "30000")
    assert population.says == "Residents of the city"
    assert figures.form is Form.ENTRIES
    unit = next(item for item in figures.fields if item.name == "unit")
    assert unit.form is Form.CHOICE
    assert "households" in unit.choices


def test_text_that_looks_like_yaml_stays_text() -> None:
    field = Field("note", "Say: anything # at all\nin two lines", Form.TEXT, is_required=True, example="- a: b")
    document = load(
        file_to_fill(["A title\ngate: other"], ENVELOPE, [field], {"note": "- no: list # no comment\n\n  'quoted'"}), "file.yaml"
    )
    assert document.data["body"] == {"note": "- no: list # no comment\n\n  'quoted'"}
    assert document.data["gate"] == "needs"
