"""Generated bodies are valid, repeatable, and agree with one another, for any programme file."""

from __future__ import annotations

import json
import random
from datetime import date
from time import perf_counter

import pytest

from models.contribution_file import read_contribution, sample_paths
from models.contribution_kinds import KINDS, validate_body
from models.generated import GENERATORS, generate
from models.method import METHOD, Over
from tests.factories import definition
from tests.models.generated_run import INCLUCITIES, PROGRAMMES, TODAY, Run, inclucities, run


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("programme", PROGRAMMES)
def test_every_gate_of_the_method_gets_a_valid_body(programme: str, seed: int) -> None:
    played = run(programme, seed)

    assert played.pairs
    assert {item["gate"] for item in played.earlier} == {gate.key for gate in METHOD.gates.values() if gate.contribution}


def test_what_is_generated_goes_on_from_samples() -> None:
    samples = [read_contribution(path, inclucities()) for path in sample_paths(INCLUCITIES)]
    without_costing = [item for item in samples if item.gate not in ("costing", "plan-final", "self-assessment-after")]

    played = Run(inclucities(), 1, without_costing).play()

    revised, final = played.bodies("action-plan", "city-capaci")[1:]
    costed = played.bodies("costing", "city-capaci")[0]["items"]
    assert [item["action"] for item in costed] == ["A1", "A2", "A3", "A4"]
    assert [action["title"] for action in final["actions"]] == [action["title"] for action in revised["actions"]]
    assert [rating["key_factor"] for rating in played.bodies("self-assessment", "city-capaci")[1]["ratings"]] == [
        "KF1",
        "KF2",
        "KF3",
        "KF4",
        "KF5",
    ]


def test_every_kind_has_a_generator() -> None:
    assert GENERATORS.keys() == KINDS.keys()


def test_the_same_seed_gives_the_same_bodies_and_another_seed_others() -> None:
    once = json.dumps(run("orchard", 3).earlier)

    assert json.dumps(Run(definition(), 3).play().earlier) == once
    assert json.dumps(run("orchard", 4).earlier) != once


def test_seeds_lead_to_different_matchings() -> None:
    assert len({json.dumps(run("orchard", seed).pairs) for seed in range(20)}) > 1


@pytest.mark.parametrize("seed", range(20))
def test_benchmark_is_on_the_theme_of_its_pair(seed: int) -> None:
    played = run("orchard", seed)

    assert [played.bodies("benchmark", f"pair-{pair['mentee']}")[0]["theme"] for pair in played.pairs] == [
        pair["theme"] for pair in played.pairs
    ]


@pytest.mark.parametrize("seed", range(20))
def test_self_assessments_rate_exactly_the_key_factors_and_mostly_rise(seed: int) -> None:
    played = run("orchard", seed)
    rose = []
    for pair in played.pairs:
        scope = f"city-{pair['mentee']}"
        factors = [factor["id"] for factor in played.bodies("benchmark", f"pair-{pair['mentee']}")[0]["key_factors"]]
        before, after = (
            {rating["key_factor"]: rating["rating"] for rating in played.bodies("self-assessment", scope, gate)[0]["ratings"]}
            for gate in ("self-assessment", "self-assessment-after")
        )
        assert list(before) == list(after) == factors
        rose += [after[factor] >= before[factor] for factor in factors]
    assert sum(rose) > len(rose) / 2


@pytest.mark.parametrize("seed", range(20))
def test_actions_name_needs_and_key_factors_that_exist(seed: int) -> None:
    played = run("orchard", seed)
    for pair in played.pairs:
        scope = f"city-{pair['mentee']}"
        needs = {need["title"] for need in played.bodies("needs-assessment", scope)[0]["needs"]}
        factors = {factor["id"] for factor in played.bodies("benchmark", f"pair-{pair['mentee']}")[0]["key_factors"]}
        actions = played.bodies("action-plan", scope)[0]["actions"]
        assert all(action["needs"] and needs.issuperset(action["needs"]) for action in actions)
        assert all(action["key_factors"] and factors.issuperset(action["key_factors"]) for action in actions)


@pytest.mark.parametrize("seed", range(20))
def test_costing_has_exactly_the_plans_actions_and_the_next_plan_its_cost(seed: int) -> None:
    played = run("orchard", seed)
    for pair in played.pairs:
        scope = f"city-{pair['mentee']}"
        draft, revised, final = played.bodies("action-plan", scope)
        items = played.bodies("costing", scope)[0]["items"]
        assert [item["action"] for item in items] == [action["id"] for action in draft["actions"]]
        assert [item["cost"] for item in items] == [action["cost"] for action in revised["actions"]]
        assert [action["id"] for action in final["actions"]] == [action["id"] for action in draft["actions"]]
        assert not draft["governance"]
        assert revised["governance"]


def test_a_plan_somebody_wrote_is_carried_on_and_not_replaced() -> None:
    written = json.loads(json.dumps(run("orchard", 1).bodies("action-plan")[0]))
    written |= {"summary": "Written by hand.", "annexes": [{"title": "By hand", "text": "Kept."}]}
    earlier = [{"gate": "plan-draft", "kind": "action-plan", "scope": "city-cedar", "organisation": "cedar", "body": written}]

    plan = generate(
        "action-plan", gate="plan-final", scope="city-cedar", organisation="cedar", definition=definition(),
        earlier=earlier, rng=random.Random(1), today=date(2030, 1, 1),
    )  # fmt: skip

    assert plan["summary"] == "Written by hand."
    assert plan["annexes"][0] == {"title": "By hand", "text": "Kept."}
    assert {action["status"] for action in plan["actions"]} == {"under-way"}
    assert earlier[0]["body"]["actions"][0]["status"] == "planned"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_can_be_generated_with_nothing_before_it(kind: str) -> None:
    gate = next(gate for gate in METHOD.gates.values() if gate.contribution == kind)
    scope = {
        Over.PROGRAMME: "programme",
        Over.PAIR: "pair-cedar",
        Over.ASSOCIATION: "association-north-league",
        Over.ACADEMY: "association-north-league",
        Over.THEME: "theme-work",
    }.get(gate.over, "city-cedar")
    who = "guides" if scope == "programme" else scope.partition("-")[2]
    who = who if gate.over is not Over.THEME else "guides"

    body = generate(
        kind, gate=gate.key, scope=scope, organisation=who, definition=definition(), earlier=(), rng=random.Random(1), today=TODAY
    )

    assert validate_body(kind, body, None, kind, definition()) == body


@pytest.mark.parametrize("kind", ["visit-report", "workshop-record", "academy-record", "training-record"])
def test_records_of_what_took_place_are_of_days_that_are_over(kind: str) -> None:
    for body in run("orchard", 1).bodies(kind):
        assert body["starts_on"] <= body["ends_on"] <= TODAY.isoformat()


def test_no_telephone_number_mailbox_or_address_is_made_up() -> None:
    for body in run("orchard", 1).bodies("one-stop-shop"):
        assert {(service["phone"], service["mailbox"], service["website"]) for service in body["services"]} == {(None, None, None)}


def test_a_whole_programme_is_generated_in_a_moment() -> None:
    start = perf_counter()
    played = Run(definition(), 99).play()

    assert (perf_counter() - start) / len(played.earlier) < 0.005  # with validation and matching; generation alone is far below 1 ms
