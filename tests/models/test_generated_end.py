"""Generated toolkit notes, evaluations and syntheses agree with what came in before them, for any programme."""

from __future__ import annotations

from statistics import fmean

import pytest

from tests.models.generated_run import PROGRAMMES, run

SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("programme", PROGRAMMES)
def test_every_city_rates_exactly_the_expected_results(programme: str, seed: int) -> None:
    played = run(programme, seed)
    expected = [result.slug for result in played.programme.expected_results]
    bodies = played.bodies("evaluation")
    assert len(bodies) == len(played.programme.cities)
    assert all([row["result"] for row in body["results"]] == expected for body in bodies)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mentees_evidence_quotes_its_own_self_assessments_and_a_mentors_none(seed: int) -> None:
    played = run("orchard", seed)
    mentees = {pair["mentee"] for pair in played.pairs}
    for item in [item for item in played.earlier if item["kind"] == "evaluation"]:
        evidence = item["body"]["results"][0]["evidence"]
        if item["organisation"] not in mentees:
            assert "there is no self-assessment of this city" in evidence
            continue
        sums = [sum(row["rating"] for row in body["ratings"]) for body in played.bodies("self-assessment", item["scope"])]
        assert f"{sums[0]} points before, {sums[1]} after" in evidence


@pytest.mark.parametrize("seed", SEEDS)
def test_evidence_quotes_the_evaluations_own_partners_and_competences(seed: int) -> None:
    for body in run("orchard", seed).bodies("evaluation"):
        cooperation, competences = body["cooperation"], body["competences"]
        assert (
            f"Partners abroad: {cooperation['partners_before']} before, {cooperation['partners_after']} now"
            in body["results"][1]["evidence"]
        )
        risen = sum(row["after"] > row["before"] for row in competences)
        assert f"rated higher than before: {risen} of {len(competences)}" in body["results"][2]["evidence"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("programme", PROGRAMMES)
def test_the_synthesis_judges_each_result_by_the_mean_of_its_ratings(programme: str, seed: int) -> None:
    played = run(programme, seed)
    (synthesis,) = played.bodies("synthesis")
    assert [row["result"] for row in synthesis["results"]] == [result.slug for result in played.programme.expected_results]
    for row in synthesis["results"]:
        ratings = [rated["rating"] for body in played.bodies("evaluation") for rated in body["results"] if rated["result"] == row["result"]]
        assert f"{len(ratings)} of {len(played.programme.cities)} cities rate it, {fmean(ratings):.1f} of 5" in row["judgement"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("programme", PROGRAMMES)
def test_toolkit_notes_are_on_their_theme_and_name_its_practices_alone(programme: str, seed: int) -> None:
    played = run(programme, seed)
    notes = [item for item in played.earlier if item["kind"] == "toolkit-notes"]
    assert {item["scope"] for item in notes} == {f"theme-{pair['theme']}" for pair in played.pairs}
    for item in notes:
        theme = item["body"]["theme"]
        assert item["scope"] == f"theme-{theme}"
        titles = {p["title"] for body in played.bodies("good-practice") for p in body["practices"] if p["theme"] == theme}
        named = [row["title"] for row in item["body"]["resources"] if row["kind"] == "practice"]
        assert all(any(name == f"Practice: {title}"[:300].rstrip() for title in titles) for name in named)
        assert len(named) == min(5, len(titles))


def test_no_address_is_made_up_for_a_resource() -> None:
    for programme in PROGRAMMES:
        resources = [row for body in run(programme, 0).bodies("toolkit-notes") for row in body["resources"]]
        assert {row["website"] for row in resources} == {None}
