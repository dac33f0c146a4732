"""Generated terms, maps, networks, training and visit plans agree with the programme file and with one another."""

from __future__ import annotations

from datetime import date

import pytest

from tests.models.generated_run import PROGRAMMES, TODAY, run

SEEDS = range(10)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("programme", PROGRAMMES)
def test_terms_are_on_the_theme_of_the_pair_in_a_language_of_the_mentee(programme: str, seed: int) -> None:
    played = run(programme, seed)
    for pair in played.pairs:
        terms = played.bodies("pair-terms", f"pair-{pair['mentee']}")[0]
        spoken = played.bodies("city-profile", f"city-{pair['mentee']}")[0]["working_languages"]
        assert terms["theme"] == pair["theme"]
        assert set(terms["languages"]) <= {*spoken, played.programme.working_language}
        days = [entry["on"] for entry in terms["calendar"]]
        assert days == sorted(days)
        assert min(days) > TODAY.isoformat()


@pytest.mark.parametrize("seed", SEEDS)
def test_members_of_a_network_are_those_the_citys_map_invites(seed: int) -> None:
    played = run("orchard", seed)
    for city in played.programme.cities:
        mapped = played.bodies("stakeholder-map", f"city-{city.slug}")[0]
        network = played.bodies("support-network", f"city-{city.slug}")[0]
        invited = [row["organisation"] for row in mapped["stakeholders"] if row["invited"]]
        assert {member["organisation"] for member in network["members"]} <= set(invited)
        led = {row["organisation"] for row in mapped["stakeholders"] if row["kind"] == "migrants-association"}
        assert {member["organisation"] for member in network["members"] if member["migrant_led"]} <= led


def test_now_and_then_a_network_has_no_migrant_led_member_yet_and_says_by_when() -> None:
    networks = [body for seed in range(20) for body in run("orchard", seed).bodies("support-network")]
    without = [body for body in networks if not any(member["migrant_led"] for member in body["members"])]
    assert 0 < len(without) < len(networks) / 3
    assert all(body["exception"]["by"] > TODAY.isoformat() for body in without)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("programme", PROGRAMMES)
def test_a_visit_plan_goes_as_the_programme_file_has_it_and_asks_about_every_key_factor(programme: str, seed: int) -> None:
    played = run(programme, seed)
    for pair in played.pairs:
        plan = played.bodies("visit-plan", f"pair-{pair['mentee']}")[0]
        benchmark = played.bodies("benchmark", f"pair-{pair['mentee']}")[0]
        for visit in plan["visits"]:
            planned = getattr(played.programme.meetings, f"visit_{visit['number']}")
            assert (visit["mode"], visit["host"]) == (planned.mode, pair[planned.host])
            assert {visit["host"], visit["guest"]} == {pair["mentor"], pair["mentee"]}
            assert date.fromisoformat(visit["starts_on"]).weekday() == 1
        assert [question["key_factor"] for question in plan["questions"] if question["key_factor"]] == [
            factor["id"] for factor in benchmark["key_factors"]
        ]
        assert plan["budget_total"] == sum(line["amount"] for line in plan["budget"])


@pytest.mark.parametrize("seed", SEEDS)
def test_no_competence_falls_by_the_training_and_no_more_answer_than_came(seed: int) -> None:
    (training,) = run("orchard", seed).bodies("training-record")
    came = sum(row["attended"] for row in training["participants"])
    assert all(row["before"] <= row["after"] <= 5 for row in training["competences"])
    assert all(row["answers"] <= came for row in [*training["competences"], *training["evaluation"]])
