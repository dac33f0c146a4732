"""Contribution files: each fault at its line, and the samples of IncluCities lead to the pairs of the real run."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from models.contribution_file import ContributionFile, read_contribution, sample_paths
from models.contribution_kinds import validate_body
from models.contribution_kinds.facts import city_facts, overrides_of
from models.definition import Definition, Side
from models.errors import BadFile
from models.generated import generate
from models.matching import Override, match
from models.programme_file import read_programme
from models.yaml_lines import MAX_BYTES
from tests.factories import city, definition, organisations

INCLUCITIES = Path(__file__).parents[2] / "deployments" / "programmes" / "inclucities"

LESSON = """\
gate: lessons
scope: city-cedar
organisation: cedar
language: it
body:
  advice:
    - Begin early
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str, name: str = "file.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def lines(path: Path, programme: Definition | None = None) -> list[str]:
    """The faults of a file that must be refused, without the file's name."""
    with pytest.raises(BadFile) as refused:
        read_contribution(path, programme or definition())
    assert all(line.startswith(f"{path}:") for line in refused.value.lines())
    return [line.removeprefix(f"{path}:") for line in refused.value.lines()]


def test_a_file_is_read_with_the_kind_its_gate_asks_for(write: Write) -> None:
    read = read_contribution(write(LESSON), definition())

    body = {"summary": "", "worked": [], "did_not_work": [], "advice": ["Begin early"]}
    assert read == ContributionFile("lessons", "city-cedar", "cedar", "it", False, False, body, "lesson")


def test_json_is_read_as_well_and_marks_are_kept(tmp_path: Path) -> None:
    data = {"gate": "lessons", "scope": "city-cedar", "organisation": "cedar", "language": "en", "generated": True, "illustrative": True}
    path = tmp_path / "file.json"
    path.write_text(json.dumps(data | {"body": {"advice": ["Begin early"]}}, indent=1))

    read = read_contribution(path, definition())

    assert (read.generated, read.illustrative, read.body["advice"]) == (True, True, ["Begin early"])


def test_every_fault_is_told_at_once_with_its_line(write: Write) -> None:
    text = """\
gate: needs
scope: city-cedar
organization: cedar
language: en
body:
  context: " "
  needs:
    - theme: wrok
      title: Courses
      description: Too few
      severity: 9
"""
    assert lines(write(text)) == [
        "1: missing key 'organisation'",
        "3: organization: unknown key 'organization': did you mean 'organisation'?",
        "5: body: missing key 'population'",
        "6: body.context: must not be empty",
        (
            "8: body.needs.0.theme: there is no theme called 'wrok' in this programme. Did you mean 'work'? "
            "Choose one of: work, language-learning"
        ),
        "11: body.needs.0.severity: must be at most 5",
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("gate: lessons", "gate: lesson", "1: gate: no gate 'lesson' in the method: did you mean 'lessons'?"),
        ("gate: lessons", "gate: closure", "1: gate: the gate 'closure' asks for a decision or an event, not for a contribution"),
        ("gate: lessons", "gate: visit-1", "1: gate: the gate 'visit-1' asks for a decision or an event, not for a contribution"),
        ("gate: lessons", "gate: [lessons]", "1: gate: must be text, not a list"),
        ("city-cedar", "city-ceder", "2: scope: the gate 'lessons' has no scope 'city-ceder': did you mean 'city-cedar'?"),
        (
            "organisation: cedar",
            "organisation: damson",
            "3: organisation: 'damson' does not contribute at 'lessons' of city-cedar; that is 'cedar'",
        ),
        ("organisation: cedar", "organisation: Cedar", "3: organisation: 'Cedar' must be lower-case letters"),
        ("language: it", "language: Italian", "4: language: 'Italian' must be a language code"),
        ("language: it", "language: it\ngenerated: maybe", "5: generated: must be true or false"),
        ("body:\n  advice:\n    - Begin early\n", "", "1: missing key 'body'"),
        ("body:\n  advice:\n    - Begin early\n", "body: text\n", "5: body: must be a mapping"),
        ("    - Begin early", "    - Begin early\n  advice: []", "8: body.advice: the key 'advice' stands twice"),
    ],
)
def test_a_fault_names_its_line_and_what_would_be_right(write: Write, old: str, new: str, fault: str) -> None:
    assert any(line.startswith(fault) for line in lines(write(LESSON.replace(old, new))))


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "gate: [", "a: &x [1]\nb: *x\nc: !!python/object:os.system {}\n", "x" * (MAX_BYTES + 1)]
)
def test_what_is_no_contribution_at_all_is_refused_in_words(write: Write, text: str) -> None:
    assert lines(write(text))


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    assert lines(tmp_path / "none.yaml") == ["1: there is no such file"]


def test_a_mentor_cannot_contribute_as_a_mentee(write: Write) -> None:
    text = LESSON.replace("lessons", "consultation").replace("cedar", "alder")

    assert "the gate 'consultation' has no scope 'city-alder'" in lines(write(text))[0]


def test_a_city_without_a_shop_of_the_programme_has_no_shop_gate(write: Write) -> None:
    cast = [item if item.slug != "cedar" else city("cedar", "mentee", one_stop_shop=False) for item in organisations()]

    assert (
        "2: scope: the gate 'shop-content' has no scope 'city-cedar'"
        in lines(write(LESSON.replace("lessons", "shop-content")), definition(cast=cast))[0]
    )


@cache
def inclucities() -> Definition:
    return read_programme(INCLUCITIES / "programme.yaml")


@cache
def samples() -> dict[str, ContributionFile]:
    """The samples by file name."""
    return {path.name: read_contribution(path, inclucities()) for path in sample_paths(INCLUCITIES)}


def test_samples_are_found_beside_the_programme_file() -> None:
    assert sample_paths(INCLUCITIES / "programme.yaml") == sample_paths(INCLUCITIES)
    assert len(sample_paths(INCLUCITIES)) >= 8 + 8 + 1 + 3 + 1 + 2 + 2


def test_samples_are_marked_named_after_gate_and_scope_and_point_nowhere_real() -> None:
    for name, sample in samples().items():
        language = "" if sample.language == "en" else f".{sample.language}"
        assert name == f"{sample.gate}.{sample.scope}{language}.yaml"
        assert sample.illustrative
        assert not sample.generated
    for path in sample_paths(INCLUCITIES):
        text = path.read_text(encoding="utf-8")
        assert all(host.endswith(".example") for host in re.findall(r"(?:@|https?://)([\w.-]+)", text))
        assert set(re.findall(r"phone: '?([^'\n]*)", text)) <= {"112"}


def test_all_cities_bring_needs_and_profile() -> None:
    for gate in ("needs", "profile"):
        assert {sample.organisation for sample in samples().values() if sample.gate == gate} == {item.slug for item in inclucities().cities}


def test_the_samples_lead_to_the_pairs_of_the_real_run() -> None:
    needs = {item.organisation: item.body for item in samples().values() if item.gate == "needs"}
    profiles = {item.organisation: item.body for item in samples().values() if item.gate == "profile"}
    overrides = overrides_of(samples()["matching.programme.yaml"].body)

    result = match(city_facts(inclucities(), needs, profiles), inclucities().themes, inclucities().matching, overrides)

    assert {(pair.mentor, pair.mentee, pair.theme) for pair in result.pairs} == {
        ("brussels", "saint-jean-de-la-ruelle", "needs-assessment-gender"),
        ("mechelen", "capaci", "city-for-all"),
        ("fuenlabrada", "livadia", "employment"),
        ("schaerbeek", "jelgava", "language-learning"),
    }
    assert overrides == []
    assert not result.ties


def test_the_sample_plan_grows_and_agrees_with_benchmark_needs_and_costing() -> None:
    draft, revised, final = (samples()[f"plan-{step}.city-capaci.yaml"].body for step in ("draft", "revised", "final"))
    factors = {factor["id"] for factor in samples()["benchmark.pair-capaci.yaml"].body["key_factors"]}
    needs = {need["title"] for need in samples()["needs.city-capaci.yaml"].body["needs"]}
    costs = {item["action"]: item["cost"] for item in samples()["costing.city-capaci.yaml"].body["items"]}

    assert costs.keys() == {action["id"] for action in draft["actions"]}
    assert costs.items() <= {action["id"]: action["cost"] for action in revised["actions"]}.items()
    assert len(draft["actions"]) < len(revised["actions"]) == len(final["actions"])
    assert all(factors.issuperset(action["key_factors"]) and needs.issuperset(action["needs"]) for action in final["actions"])
    for gate in ("self-assessment", "self-assessment-after"):
        assert {rating["key_factor"] for rating in samples()[f"{gate}.city-capaci.yaml"].body["ratings"]} == factors


@pytest.mark.parametrize("seed", range(20))
def test_generated_needs_and_profiles_make_a_matching_of_inclucities(seed: int) -> None:
    bodies: dict[str, dict[str, dict[str, object]]] = {"needs-assessment": {}, "city-profile": {}}
    for kind, gate in (("needs-assessment", "needs"), ("city-profile", "profile")):
        for item in inclucities().cities:
            body = generate(
                kind, gate=gate, scope=f"city-{item.slug}", organisation=item.slug, definition=inclucities(),
                earlier=(), rng=random.Random(f"{seed} {gate} {item.slug}"), today=date(2020, 7, 1),
            )  # fmt: skip
            bodies[kind][item.slug] = validate_body(kind, body, None, kind, inclucities())

    result = match(city_facts(inclucities(), *bodies.values()), inclucities().themes, inclucities().matching)

    assert {pair.mentee for pair in result.pairs} == {item.slug for item in inclucities().cities if item.side is Side.MENTEE}
    assert all(pair.parts["fit"] > 0 for pair in result.pairs)


def test_facts_fall_back_on_the_programme_file_and_take_the_highest_value() -> None:
    need = {"theme": "work", "severity": 2}
    facts = {
        fact.slug: fact for fact in city_facts(definition(), {"cedar": {"population": 100, "needs": [need, need | {"severity": 4}]}}, {})
    }

    assert facts["cedar"].needs == {"work": 0.8}
    assert (facts["damson"].needs, facts["damson"].population, facts["damson"].languages) == ({}, None, ("lv", "en"))
    assert (facts["alder"].capacity, facts["alder"].available) == (1, True)


def test_a_mentor_that_takes_nobody_does_not_take_part_and_an_either_city_becomes_a_mentee() -> None:
    programme = definition(cast=[*organisations(), city("elm", "either")])
    facts = {fact.slug: fact for fact in city_facts(programme, {}, {slug: {"capacity_mentees": 0} for slug in ("alder", "elm", "cedar")})}

    assert not facts["alder"].available
    assert (facts["elm"].available, facts["elm"].side) == (True, Side.MENTEE)
    assert facts["cedar"].available


def test_overrides_of_a_proposal_are_those_of_the_matching() -> None:
    pair = {"mentor": "alder", "mentee": "cedar", "theme": "work", "reason": "r"}

    assert overrides_of({"overrides": [pair], "note": ""}) == [Override("alder", "cedar", "work", "r")]
