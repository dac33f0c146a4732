"""Scores, constraints, and what a matching says about ties, alternatives, overrides and constraints that conflict."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from models.definition import Matching, Side, Theme
from models.matching import BadMatchingInput, CityFacts, NoMatching, Override, match
from models.matching_result import Result

WORK, TONGUE = Theme(slug="work", title="Decent work"), Theme(slug="tongue", title="Learning the language")
THEMES = (WORK, TONGUE)
ONLY_FIT = Matching(fit=1, language=0, size=0, preference=0)


def mentor(slug: str, **facts: object) -> CityFacts:
    return CityFacts(slug=slug, name=slug.title(), country="BE", side=Side.MENTOR, **facts)  # type: ignore[arg-type]  # any of its fields


def mentee(slug: str, **facts: object) -> CityFacts:
    return CityFacts(slug=slug, name=slug.title(), country="IT", side=Side.MENTEE, **facts)  # type: ignore[arg-type]  # any of its fields


def either(slug: str, **facts: object) -> CityFacts:
    return CityFacts(slug=slug, name=slug.title(), country="FR", side=Side.EITHER, **facts)  # type: ignore[arg-type]  # any of its fields


def keys(result: Result) -> list[tuple[str, str]]:
    return [(pair.mentee, pair.mentor) for pair in result.pairs]


FOUR = (
    mentor("alder", strengths={"work": 1.0, "tongue": 0.5}),
    mentor("birch", strengths={"work": 0.5, "tongue": 0.5}),
    mentee("cedar", needs={"work": 1.0}),
    mentee("damson", needs={"work": 0.5, "tongue": 0.9}),
)


# --- the score


def test_the_score_adds_fit_language_size_and_preference_as_shares_of_the_weights() -> None:
    one = mentor("alder", strengths={"work": 0.5}, languages=("fr", "en"), population=200)
    other = mentee("cedar", needs={"work": 0.8}, languages=("it", "en"), population=50, wishes=("work",))
    (pair,) = match([one, other], THEMES, Matching(fit=1, language=0.3, size=0.2, preference=0.5)).pairs
    assert pair.theme == "work"
    assert pair.parts == pytest.approx({"fit": 0.4 / 2, "language": 0.3 / 2, "size": 0.05 / 2, "preference": 0.5 / 2})
    assert pair.score == pytest.approx(0.625)


def test_no_shared_language_and_an_unknown_population_add_nothing() -> None:
    one, other = mentor("alder", languages=("fr",), population=5), mentee("cedar", languages=("it",))
    assert match([one, other], THEMES, Matching()).pairs[0].score == 0


def test_a_heavier_theme_wins_and_the_score_stays_within_one() -> None:
    full = {"work": 1.0, "tongue": 1.0}
    themes = (WORK, TONGUE.model_copy(update={"weight": 4.0}))
    (pair,) = match([mentor("alder", strengths=full), mentee("cedar", needs=full)], themes, ONLY_FIT).pairs
    assert (pair.theme, pair.score) == ("tongue", 1.0)


def test_of_equal_themes_the_first_in_the_file_is_taken_and_the_other_is_said() -> None:
    full = {"work": 1.0, "tongue": 1.0}
    cities = [mentor("alder", strengths=full), mentee("cedar", needs=full)]
    assert [(pair.theme, pair.tied_themes) for pair in match(cities, THEMES, ONLY_FIT).pairs] == [("work", ("tongue",))]
    assert [(pair.theme, pair.tied_themes) for pair in match(cities, THEMES[::-1], ONLY_FIT).pairs] == [("tongue", ("work",))]


def test_without_any_weight_every_score_is_zero_and_still_everyone_is_matched() -> None:
    result = match(FOUR, THEMES, Matching(fit=0, language=0, size=0, preference=0))
    assert (result.total, len(result.pairs)) == (0, 2)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_need_outside_zero_to_one_is_refused(value: float) -> None:
    with pytest.raises(BadMatchingInput, match="Cedar: the need for work"):
        match([mentor("alder"), mentee("cedar", needs={"work": value})], THEMES, ONLY_FIT)


def test_a_city_given_twice_is_refused() -> None:
    with pytest.raises(BadMatchingInput, match="cedar is given twice"):
        match([mentor("alder"), mentee("cedar"), mentee("cedar")], THEMES, ONLY_FIT)


# --- the optimum


def test_the_best_total_wins_over_the_best_single_pair() -> None:
    # The best pair is Alder with Cedar (1.0); it would leave Damson with Birch, who has nothing to give.
    cities = (
        mentor("alder", strengths={"work": 1.0, "tongue": 0.9}),
        mentor("birch", strengths={"work": 0.8}),
        *FOUR[2:3],
        mentee("damson", needs={"tongue": 1.0}),
    )
    result = match(cities, THEMES, ONLY_FIT)
    assert keys(result) == [("cedar", "birch"), ("damson", "alder")]
    assert result.total == pytest.approx(1.7)


def test_a_mentor_with_capacity_two_takes_both_mentees() -> None:
    result = match((replace(FOUR[0], capacity=2), *FOUR[1:]), THEMES, ONLY_FIT)
    assert keys(result) == [("cedar", "alder"), ("damson", "alder")]
    assert result.without_mentee == ("birch",)


def test_a_veto_of_either_side_keeps_a_pair_apart_and_is_said() -> None:
    assert keys(match(FOUR, THEMES, ONLY_FIT)) == [("cedar", "alder"), ("damson", "birch")]
    by_mentor = (replace(FOUR[0], vetoes=frozenset({"cedar"})), *FOUR[1:])
    by_mentee = (*FOUR[:2], replace(FOUR[2], vetoes=frozenset({"alder"})), FOUR[3])
    for cities in (by_mentor, by_mentee):
        result = match(cities, THEMES, ONLY_FIT)
        assert keys(result) == [("cedar", "birch"), ("damson", "alder")]
        (cell,) = (cell for cell in result.matrix if cell.forbidden)
        assert (cell.mentor, cell.mentee) == ("alder", "cedar")
        assert "vetoes" in cell.forbidden[0]


def test_pairs_within_one_country_are_kept_apart_only_if_asked() -> None:
    cities = (*FOUR[:2], replace(FOUR[2], country="BE"), FOUR[3], replace(FOUR[0], slug="elm", country="ES", strengths={}))
    assert ("cedar", "alder") in keys(match(cities, THEMES, ONLY_FIT))
    apart = match(cities, THEMES, ONLY_FIT.model_copy(update={"different_country": True}))
    assert ("cedar", "elm") in keys(apart)


def test_a_city_that_is_not_available_is_left_out_and_said() -> None:
    result = match((*FOUR[:3], replace(FOUR[3], available=False)), THEMES, ONLY_FIT)
    assert keys(result) == [("cedar", "alder")]
    assert result.unavailable == ("damson",)


def test_a_city_that_may_be_either_takes_one_side_only() -> None:
    cities = [
        either("fig", strengths={"work": 1.0}, needs={"tongue": 0.3}),
        mentee("cedar", needs={"work": 1.0}),
        mentor("alder", strengths={"tongue": 1.0}),
    ]
    assert keys(match(cities, THEMES, ONLY_FIT)) == [("cedar", "fig")]
    assert keys(match([*cities, mentor("birch", strengths={"work": 1.0})], THEMES, ONLY_FIT)) == [("cedar", "birch"), ("fig", "alder")]


def test_cities_that_may_be_either_are_paired_even_where_they_have_nothing_in_common() -> None:
    assert keys(match([either("fig"), either("gorse")], THEMES, ONLY_FIT)) == [("fig", "gorse")]


def test_more_than_twelve_cities_that_may_be_either_are_refused_plainly() -> None:
    with pytest.raises(BadMatchingInput, match=r"13 cities may be either mentor or mentee.*at least 1 of them"):
        match([either(f"city-{n}") for n in range(13)], THEMES, ONLY_FIT)


def test_twelve_cities_that_may_be_either_are_all_paired() -> None:
    cities = [either(f"c{n:02}", needs={"work": n / 12}, strengths={"work": 1 - n / 24}) for n in range(12)]
    assert len(match(cities, THEMES, ONLY_FIT).pairs) == 6


def test_equal_matchings_are_said_and_settled_by_slug() -> None:
    same = {"work": 1.0}
    cities = [mentor("birch", strengths=same), mentor("alder", strengths=same), mentee("damson", needs=same), mentee("cedar", needs=same)]
    result = match(cities, THEMES, ONLY_FIT)
    assert result.ties
    assert keys(result) == [("cedar", "alder"), ("damson", "birch")]
    assert result.runner_up is not None
    assert result.runner_up.difference == 0
    assert "is tied: Birch with Cedar and Alder with Damson instead gives the same total" in result.sensitivity[0].says


def test_a_result_that_wins_by_one_more_pair_is_not_called_a_tie() -> None:
    cities = [mentee("cedar", needs={"work": 1.0}), mentor("alder", strengths={"work": 1.0}, capacity=2), either("fig", vetoes={"cedar"})]
    result = match(cities, THEMES, ONLY_FIT)
    assert keys(result) == [("cedar", "alder"), ("fig", "alder")]
    assert not result.ties
    assert result.runner_up is not None
    assert (result.runner_up.difference, len(result.runner_up.pairs)) == (0, 1)
    assert result.runner_up.says == "It has the same total as the result, which has more pairs."
    assert result.sensitivity[1].says == "Alder with Fig stands because the result has more pairs: the total is the same without it."


def test_a_pair_that_only_leaving_it_out_could_replace_stands_even_without_any_score() -> None:
    needs = {"work": 0.5}
    fig = either("fig", vetoes={"cedar"}, needs=needs)
    cities = [mentee("cedar", needs={"work": 1.0}), mentor("alder", strengths={"work": 1.0}, capacity=2), fig]
    says = match(cities, THEMES, ONLY_FIT).sensitivity[1].says
    assert says == "Alder with Fig stands even if its score fell from 0.5000 to 0: without it the best total is 0.5000 lower."


# --- what it hangs on


def test_the_sensitivity_names_what_would_come_instead() -> None:
    result = match(FOUR, THEMES, ONLY_FIT)
    first = result.sensitivity[0]
    assert first.drop == pytest.approx(1.0 + 0.45 - 0.5 - 0.5)
    assert first.instead == (("birch", "cedar"), ("alder", "damson"))
    assert first.says == (
        "Alder with Cedar stands while its score of 1.0000 falls by less than 0.4500; "
        "beyond that Birch with Cedar and Alder with Damson is better."
    )


def test_a_pair_that_stands_even_without_any_score_is_said_to() -> None:
    cities = (
        mentor("alder", strengths={"work": 1.0}),
        mentor("birch", strengths={"tongue": 1.0}),
        mentee("cedar", needs={"work": 0.5}),
        mentee("damson", needs={"tongue": 1.0}),
    )
    first = match(cities, THEMES, ONLY_FIT).sensitivity[0]
    assert first.drop == pytest.approx(1.5)
    assert first.says == "Alder with Cedar stands even if its score fell from 0.5000 to 0: without it the best total is 1.5000 lower."


def test_a_pair_without_an_alternative_stands_whatever_its_score() -> None:
    result = match([FOUR[0], FOUR[2]], THEMES, ONLY_FIT)
    assert result.sensitivity[0].drop is None
    assert "no matching is possible without it" in result.sensitivity[0].says
    assert result.runner_up is None


# --- overrides

SWAP = Override("birch", "cedar", "tongue", "They already work together.")


def test_an_override_sets_pair_and_theme_and_says_what_it_costs() -> None:
    free, result = match(FOUR, THEMES, ONLY_FIT), match(FOUR, THEMES, ONLY_FIT, [SWAP])
    assert [(pair.mentee, pair.mentor, pair.theme, pair.overridden) for pair in result.pairs] == [
        ("cedar", "birch", "tongue", True),
        ("damson", "alder", "work", False),
    ]
    assert result.overrides[0].cost == pytest.approx(free.total - result.total)
    assert result.overrides[0].says == "It costs 0.9500 of total score."
    assert "set by an override" in result.sensitivity[0].says


def test_an_override_of_what_is_best_anyway_costs_nothing() -> None:
    assert match(FOUR, THEMES, ONLY_FIT, [Override("alder", "cedar", "work", "agreed")]).overrides[0].says == "It costs nothing."


def test_an_override_may_set_a_veto_aside_and_says_so() -> None:
    cedar = replace(FOUR[2], vetoes=frozenset({"birch", "alder"}))
    result = match((*FOUR[:2], cedar, FOUR[3]), THEMES, ONLY_FIT, [SWAP])
    assert result.overrides[0].cost is None
    assert result.overrides[0].says == "Without it no matching is possible; it sets aside: Cedar vetoes Birch."


def test_an_override_brings_in_a_city_that_is_not_available() -> None:
    result = match((*FOUR[:3], replace(FOUR[3], available=False)), THEMES, ONLY_FIT, [Override("birch", "damson", "work", "back again")])
    assert ("damson", "birch") in keys(result)
    assert result.unavailable == ()


def test_an_override_settles_the_side_of_a_city_that_may_be_either() -> None:
    cities = [either("fig", strengths={"work": 1.0}), mentee("cedar", needs={"work": 1.0}), mentor("alder")]
    result = match([*cities, mentor("birch")], THEMES, ONLY_FIT, [Override("alder", "fig", "work", "asked for")])
    assert keys(result) == [("cedar", "birch"), ("fig", "alder")]
    with pytest.raises(NoMatching, match=r"Fig \(is a mentee by an override\)|need 2 places"):
        match(cities, THEMES, ONLY_FIT, [Override("alder", "fig", "work", "asked for")])


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ([Override("oak", "cedar", "work", "x")], "there is no city oak"),
        ([Override("alder", "cedar", "cooking", "x")], "there is no theme cooking"),
        ([Override("cedar", "damson", "work", "x")], "cedar takes part as a mentee"),
        ([Override("alder", "birch", "work", "x")], "birch takes part as a mentor"),
        ([Override("alder", "cedar", "work", "  ")], "a reason is needed"),
        ([SWAP, Override("alder", "cedar", "work", "x")], "cedar already has a mentor"),
        ([SWAP, Override("birch", "damson", "work", "x")], "birch takes no more than 1"),
    ],
)
def test_an_override_that_cannot_be_is_refused_with_its_reason(overrides: list[Override], says: str) -> None:
    with pytest.raises(BadMatchingInput, match=says):
        match(FOUR, THEMES, ONLY_FIT, overrides)


# --- no matching


def test_a_mentee_without_any_possible_mentor_is_named_with_the_reasons() -> None:
    cities = (FOUR[0], replace(FOUR[1], available=False), replace(FOUR[2], vetoes=frozenset({"alder"})))
    with pytest.raises(NoMatching) as refused:
        match(cities, THEMES, ONLY_FIT)
    assert str(refused.value) == (
        "No matching is possible. Cedar has no possible mentor: Alder (Cedar vetoes Alder); Birch (Birch is not available)."
    )


def test_mentees_who_share_too_few_places_are_named_and_nobody_else() -> None:
    only_alder = {"vetoes": frozenset({"birch"})}
    cities = (*FOUR[:2], mentee("cedar", **only_alder), mentee("damson", **only_alder), mentee("elm"))
    with pytest.raises(NoMatching) as refused:
        match(cities, THEMES, ONLY_FIT)
    message = str(refused.value)
    assert "Cedar and Damson need 2 places, but only Alder can take them, with 1 in all." in message
    assert "Cedar vetoes Birch; Damson vetoes Birch" in message
    assert "Elm" not in message


def test_mentees_of_one_country_that_only_its_own_mentors_could_take_are_told_the_constraint() -> None:
    cities = (*FOUR[:2], replace(FOUR[2], country="BE"), FOUR[3])
    with pytest.raises(NoMatching) as refused:
        match(cities, THEMES, ONLY_FIT.model_copy(update={"different_country": True}))
    assert str(refused.value) == ("No matching is possible. Cedar has no possible mentor: Alder (both are in BE); Birch (both are in BE).")


def test_mentees_that_ask_for_more_places_than_there_are_lead_to_advice() -> None:
    with pytest.raises(NoMatching, match=r"need 2 places, but only Alder can take them, with 1 in all\. Add a mentor, raise a capacity\."):
        match((FOUR[0], *FOUR[2:]), THEMES, ONLY_FIT)


def test_cities_without_a_mentor_among_them_cannot_be_matched() -> None:
    with pytest.raises(NoMatching, match="no city offers to be one"):
        match([mentee("cedar")], THEMES, ONLY_FIT)
    with pytest.raises(NoMatching, match="no available city takes part as a mentee"):
        match([mentor("alder")], THEMES, ONLY_FIT)


# --- the report's content


def test_the_content_is_json_with_rounded_numbers_and_every_possible_pair() -> None:
    content = match(FOUR, THEMES, Matching(), [SWAP]).as_content()
    assert json.loads(json.dumps(content)) == content
    assert [(cell["mentee"], cell["mentor"]) for cell in content["matrix"]] == [
        ("cedar", "alder"),
        ("cedar", "birch"),
        ("damson", "alder"),
        ("damson", "birch"),
    ]
    numbers = [cell["score"] for cell in content["matrix"]] + [content["total"]]
    assert all(number == round(number, 4) for number in numbers)
    assert content["overrides"][0]["reason"] == "They already work together."
