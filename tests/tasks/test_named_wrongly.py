"""What is said where something is named that there is not: in the form, in a workbook and in a file, by the names its reader knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.contribution_kinds.parts import Known
from models.contribution_kinds.parts import KnownPair as Pair
from tasks.forms import State, state_of
from tasks.forms.checking import check
from tasks.page_fields import asked_fields
from tasks.wording import Words
from tasks.workbook import checked
from tests.factories import definition
from tests.models.every_field import valid
from tests.tasks.workbook_files import NEEDS, edited, offer, put, read

KNOWN = replace(
    Known.of(definition()),
    pair=Pair("alder", "cedar", "work"),
    key_factors=("KF1", "KF2"),
    actions={"cedar": ("A1", "A2")},
    titles={("key-factor", "KF1"): "A mandate", ("cedar", "A1"): "Evening courses"},
)


def said(kind: str, path: tuple[str, ...], value: str, language: str = "en") -> str:
    """What is told at that place where somebody writes that there."""
    state: State = state_of(asked_fields(kind), valid(kind))
    node: Any = state
    for part in path[:-1]:
        node = node["items"][part] if "items" in node else node[part]
    node[path[-1]] = value
    problems = check(kind, state, definition(), KNOWN, Words(language), "cedar").problems
    (found,) = [problem.message for problem in problems if problem.path == path]
    return found


@pytest.mark.parametrize("value", ["Gardening & parks!", "gardening", "G" * 60])
def test_a_theme_that_there_is_not_is_told_with_those_there_are_however_it_is_spelled(value: str) -> None:
    told = said("needs-assessment", ("needs", "e1", "theme"), value)
    assert told.startswith(f"There is no theme called “{value[:50]}")
    assert told.endswith("Choose one of: Decent work; Learning the language.")


def test_a_theme_by_nearly_its_title_is_told_the_one_that_was_probably_meant() -> None:
    told = said("needs-assessment", ("needs", "e1", "theme"), "Decnt Work")
    assert told == "There is no theme called “Decnt Work”. Did you mean “Decent work”? Choose one of: Decent work; Learning the language."


def test_one_wrong_line_of_a_list_is_the_one_that_is_told() -> None:
    assert said("city-profile", ("wished_themes",), "work\nGardens!").startswith("There is no theme called “Gardens!”.")


def test_a_city_an_action_and_a_key_factor_are_told_each_as_what_it_is() -> None:
    assert said("visit-report", ("host",), "Alter").startswith("There is no city called “Alter” here. Did you mean “Alder”?")
    assert said("visit-report", ("findings", "e1", "key_factor"), "A mandat!") == (
        "There is no key factor called “A mandat!” in the benchmark. Did you mean “KF1: A mandate”? Choose one of: KF1: A mandate; KF2."
    )
    assert said("costing", ("items", "e1", "action"), "Evening courses!") == (
        "There is no action called “Evening courses!” in the plan. Did you mean “A1: Evening courses”? "
        "Choose one of: A1: Evening courses; A2."
    )


def test_a_city_of_another_pair_is_a_city_and_told_as_one() -> None:
    assert "is not in this pair" in said("visit-report", ("host",), "birch")


def test_it_is_said_in_italian_too() -> None:
    told = said("needs-assessment", ("needs", "e1", "theme"), "Giardini!", "it")
    assert told.startswith("Non esiste alcun tema chiamato “Giardini!”. Scegliere tra:")


def test_in_a_workbook_it_is_told_with_sheet_and_cell() -> None:
    back = read(edited(put("Needs", C4="Gardens and parks!")))
    told = [fault.place.said(fault.message, Words("en")) for fault in checked(back, NEEDS, back.state, offer())]
    assert [line for line in told if "There is no theme called “Gardens and parks!”. Choose one of:" in line] == told
    assert told[0].startswith("Sheet “Needs”, cell C4 (Theme): ")
