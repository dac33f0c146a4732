"""Toolkits and cross-plan review: every section, figures that are right, and nothing said that the data does not say."""

from __future__ import annotations

from typing import Any

import pytest

from models.contribution_kinds import validate_body
from models.method import METHOD
from tests.documents.bodies import benchmark
from tests.documents.bodies_of_phases_1_to_3 import practice
from tests.documents.bodies_of_the_end import evaluation, judged, peer_review, record, toolkit_notes
from tests.documents.pages import headings, main_of, owed, page_of, parts, rows, section, words_of
from tests.documents.samples import content, said
from tests.documents.test_rendering import HOSTILE, owing, spoilt
from tests.documents.two_pairs import BERGAMO, LIEPKALNS, changed, contributions, whole, without
from tests.factories import definition

Json = dict[str, Any]
THEME = "theme-city-for-all"
SCOPES = {"D6.4": THEME, "D7.2": "programme", "D7.3": "programme", "D7.4": "programme", "D7.8": "programme"}
PARTS = ["Benchmark", "Key factors", "Practices", "Self-assessment", "Extracts of plans", "Resources"]


# -- sections ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("D6.4", ["How to use it", *PARTS, "Exercises", "Tips from the pairs"]),
        ("D7.2", ["Comparison", "Strengths", "Gaps", "Recommendations", "How peers rate the plans",
          "What changed between the versions", "Where the run stood"]),
        (
            "D7.3",
            [
                "Introduction", "Why cities mentor each other", "Roles", "The seven steps", "Tools and templates", "Timing and cost",
                "Online and in person", "Lessons and pitfalls", "Checklist",
            ],
        ),
        ("D7.4", ["How to use it", "A vision of a city for all", "Formal and informal language learning"]),
        ("D7.8", ["Expected results", "Self-assessments before and after", "Competences before and after", "Cooperation",
          "How the programme ran", "What happens next"]),
    ],
)  # fmt: skip
def test_every_section_is_there_in_its_order(number: str, expected: list[str]) -> None:
    assert headings(whole(number, SCOPES[number])) == [*expected, "A About this document"]
    always = [title for title in expected if title not in ("Exercises", "Tips from the pairs")]
    assert headings(content(number, SCOPES[number])) == [*always, "A About this document"]


def test_the_integrated_toolkit_has_every_part_for_every_theme_of_a_pair() -> None:
    found = parts(whole("D7.4"))
    assert found == ["Recommendations", *PARTS, "Exercises", "Tips from the pairs", *PARTS]


@pytest.mark.parametrize("number", SCOPES)
@pytest.mark.parametrize("made", [whole, content], ids=["everything", "nothing"])
def test_no_heading_stands_without_anything_below_it(number: str, made: Any) -> None:
    body = page_of(made(number, SCOPES[number])).xpath("//main")[0]
    order = {"h2": 2, "h3": 3, "h4": 4}
    blocks = [one for one in body.iter() if one.tag in order or one.tag in ("p", "table", "ul", "ol", "dl", "figure")]
    for one, following in zip(blocks, [*blocks[1:], None], strict=True):
        if one.tag in order:
            assert following is not None, words_of(one)
            assert order.get(following.tag, 9) > order[one.tag], f"{words_of(one)} is followed by {words_of(following)}"


@pytest.mark.parametrize("number", SCOPES)
def test_hostile_text_stays_text_and_breaks_no_page(number: str) -> None:
    spoiled = whole(number, SCOPES[number])
    for items in spoiled["contributions"].values():
        for item in items:
            item["body"] = spoilt(item["body"])
    page = page_of(spoiled)
    assert page.xpath("//script | //img | //*[@onerror]") == []
    assert "<script>alert(1)</script>" in words_of(page)
    assert HOSTILE.split()[0] in words_of(page)


@pytest.mark.parametrize("number", ["D6.4", "D7.4"])
def test_an_address_that_is_no_web_address_is_no_link(number: str) -> None:
    bad = [{"title": "Bad", "kind": "", "use": "Nothing", "website": "javascript:alert(1)"}]
    links = page_of(changed(whole(number, SCOPES[number]), "toolkit-notes", 0, resources=bad)).xpath("//main//a/@href")
    assert "https://www.norden.example/open-house" in links
    assert not [link for link in links if link.startswith("javascript")]


@pytest.mark.parametrize("body", [toolkit_notes("work"), evaluation(), judged()], ids=["toolkit-notes", "evaluation", "synthesis"])
def test_the_bodies_these_tests_use_are_valid(body: Json) -> None:
    kind = "toolkit-notes" if "how_to_use" in body else "evaluation" if "cooperation" in body else "synthesis"
    assert validate_body(kind, body, None, kind, definition()) == body


# -- toolkits ----------------------------------------------------------------------------------------------------------


def test_a_theme_shows_practices_of_all_cities_on_that_theme_the_mentors_first_and_none_on_another() -> None:
    found = section(whole("D6.4", THEME), "Practices")
    assert found.index("Open house number 1") < found.index("Choir of neighbours")
    assert "Norden" in found
    assert "Liepkalns" in found
    assert "Open house number 2" not in found
    assert "Talking over tea" not in found


def test_a_practice_of_somebody_else_names_whose_it_is_and_who_brought_it_in() -> None:
    body = {"practices": [practice(0, local_government="A town in the hills")]}
    given = whole("D6.4", THEME) | {}
    given["contributions"] = given["contributions"] | {"good-practice": [said("association-practices", "association-lead", "lead", body)]}
    assert "A town in the hills · brought in by Council of Cities" in section(given, "Practices")


def test_a_theme_nobody_has_a_practice_on_says_so_and_blames_nobody() -> None:
    found = without(whole("D6.4", THEME), "good-practice", phase=2)
    (lacks,) = owed(found, "Practices")
    assert lacks.startswith("Nobody has brought in a practice on this theme. Cities and associations have been asked")
    (still,) = owed(found | {"missing": [owing("toolkit-notes", "2022-04-01")]}, "Practices")
    assert still == lacks
    (open_one,) = owed(found | {"missing": [owing("association-practices", "2022-04-01")]}, "Practices")
    assert "Owed by" in open_one


def test_where_several_pairs_work_on_a_theme_each_has_its_own_benchmark_and_ratings() -> None:
    both = [{"mentor": "norden", "mentee": BERGAMO, "theme": "language"}, {"mentor": "hafen", "mentee": LIEPKALNS, "theme": "language"}]
    given = whole("D6.4", "theme-language", pairs=both)
    for title in ("Benchmark", "Key factors", "Self-assessment", "Extracts of plans"):
        found = section(given, title)
        assert found.index("Norden and Bergamo sul Mare") < found.index("Hafen and Liepkalns"), title
    assert "A city everyone finds the way in" in section(given, "Benchmark")
    assert "A city that speaks" in section(given, "Benchmark")
    assert section(given, "Key factors").count("Without it nothing works.") == 7


def test_a_draft_of_phase_6_knows_no_second_self_assessment_and_the_integrated_toolkit_does() -> None:
    draft = section(whole("D6.4", THEME), "Self-assessment")
    assert "Bergamo sul Mare rated itself 1 of 4 on average." in draft
    assert "After" not in draft
    after = section(whole("D7.4"), "A vision of a city for all")
    assert "Bergamo sul Mare rated 4 key factors before and after: 4 points in all before, 12 after. Rated higher: 4; lower: 0." in after


@pytest.mark.parametrize("number", ["D6.4", "D7.4"])
def test_the_scale_is_explained_as_the_softwares_own(number: str) -> None:
    assert "The scale from 0 to 4 is this software's own" in main_of(whole(number, SCOPES[number]))


def test_extracts_name_the_practice_an_action_draws_on_and_the_key_factor_by_its_title() -> None:
    found = rows(whole("D6.4", THEME), "Extracts of plans")
    assert found[0][:2] == ["A1 Open evening courses in neighbourhood number 1", "Everybody"]
    assert found[0][2:] == ["KF1 Condition number 1 is in place", "Open house: In schools instead."]


def test_what_one_pair_lacks_is_owed_by_its_own_people_and_not_by_the_others() -> None:
    lacking = without(whole("D7.4"), "self-assessment", organisation=LIEPKALNS)
    lacking = without(lacking, "action-plan", organisation=LIEPKALNS)
    open_one = {**owing("plan-final", "2022-06-30"), "scope": f"city-{LIEPKALNS}", "organisation": LIEPKALNS, "owed_by": "Liepkalns"}
    found = owed(lacking | {"missing": [open_one]}, "Formal and informal language learning")
    assert found == [
        "The city has not rated itself. This comes from “Self-assessment before”, which has not been asked for yet.",
        "There is no plan to take extracts from. Owed by Liepkalns (“Action plan, final”, due 30 June 2022).",
    ]
    assert owed(lacking, "A vision of a city for all") == []


def test_a_toolkit_with_thirty_key_factors_and_forty_practices_shows_them_all() -> None:
    many = changed(whole("D6.4", THEME), "benchmark", 0, **benchmark(30))
    many = changed(many, "good-practice", 0, practices=[practice(0, title=f"Practice no. {at}") for at in range(40)])
    assert section(many, "Key factors").count("Without it nothing works.") == 30
    assert len(page_of(many).xpath("//h4[starts-with(., 'Practice no. ')]")) == 40


# -- cross-plan review -------------------------------------------------------------------------------------------------


def test_the_plans_stand_side_by_side_with_counts_and_sums() -> None:
    """Bergamo: three actions at 31, 25 and 25 thousand, finance has costed the first; Liepkalns: two at 25 thousand."""
    found = rows(whole("D7.2"), "Comparison")
    assert ["Bergamo sul Mare", "2", "3", "1 of 4", "1 of 5", "Education"] in found
    assert ["Liepkalns", "2", "2", "1 of 3", "1 of 5", "Education"] in found
    assert ["Bergamo sul Mare", "€ 56,000", "€ 25,000", "€ 0", "€ 81,000", "1 of 3"] in found
    assert ["Liepkalns", "€ 25,000", "€ 25,000", "€ 0", "€ 50,000", "0 of 2"] in found
    assert "Together € 81,000 € 50,000 € 0 € 131,000" in section(whole("D7.2"), "Comparison")
    assert ["Bergamo sul Mare", "1", "3"] in found
    assert ["Liepkalns", "2", "2"] in found


def test_the_chart_draws_each_plan_to_the_dearest_ones_scale() -> None:
    page = page_of(whole("D7.2"))
    widths = [
        [float(bar.get("width")) for bar in svg.xpath("./*[local-name()='rect']")]
        for svg in page.xpath("//figure//*[local-name()='svg']")
    ]  # fmt: skip
    assert [round(sum(bars)) for bars in widths] == [400, round(400 * 50 / 81)]
    assert [round(bars[0]) for bars in widths] == [round(400 * 56 / 81), round(400 * 25 / 81)]


def test_without_needs_and_benchmark_what_is_open_is_not_guessed() -> None:
    bare = without(without(whole("D7.2"), "needs-assessment", phase=1), "benchmark", phase=2)
    assert ["Liepkalns", "2", "2", "1", "1", "Education"] in rows(bare, "Comparison")
    assert ["Liepkalns", "the needs are not known", "the key factors are not known", "none"] in rows(bare, "Gaps")


def test_gaps_name_needs_and_key_factors_no_action_meets_and_actions_without_funding() -> None:
    unfunded = [{**action, "funding": {"source": "", "state": "none"}} for action in contributions()["action-plan"][-1]["body"]["actions"]]
    found = rows(changed(whole("D7.2"), "action-plan", 3, actions=unfunded), "Gaps")
    liepkalns = next(row for row in found if row[0] == "Liepkalns")
    assert liepkalns[1].startswith("Need number 2, said in one line; Need number 3")
    assert liepkalns[2] == "KF2 Condition number 2 is in place; KF3 Condition number 3 is in place"
    assert liepkalns[3] == "A1, A2"


def test_peers_ratings_are_means_and_what_was_not_rated_says_so() -> None:
    twice = whole("D7.2")
    second = said("peer-feedback", f"pair-{LIEPKALNS}", LIEPKALNS, peer_review(BERGAMO, lasts=5))
    twice["contributions"]["peer-review"] = [*twice["contributions"]["peer-review"], second]
    found = rows(twice, "How peers rate the plans")
    assert found[0] == ["Bergamo sul Mare", "not rated", "not rated", "4", "not rated", "not rated", "3.5", "3.67"]
    assert found[1] == ["Liepkalns", "not rated", "not rated", "not rated", "not rated", "not rated", "5", "5"]
    assert ["A1", "Begin a month earlier", "Norden"] in rows(twice, "Recommendations")
    assert ["the whole plan", "Say who deputises", "Norden"] in rows(twice, "Recommendations")


def test_no_peer_review_is_said_and_leaves_strengths_and_gaps_to_the_facilitator() -> None:
    bare = without(whole("D7.2"), "peer-review", phase=6)
    assert owed(bare, "How peers rate the plans") == [
        "No peer has reviewed a plan. This comes from “Peer feedback”, which has not been asked for yet."
    ]
    assert "What peers find good" not in parts(bare)
    assert "Concrete" in section(bare, "Strengths")


def test_versions_say_what_was_added_changed_and_dropped() -> None:
    found = section(whole("D7.2"), "What changed between the versions")
    assert "Action plan, first draft 2 3 € 75,000 € 25,000" in found
    assert "Action plan, consolidated 2 4 € 106,000 € 56,000" in found
    assert "Action plan, final 2 3 € 81,000 € 56,000" in found
    assert "New actions A4 Open evening courses in neighbourhood number 4" in found
    assert "A1 Open evening courses in neighbourhood number 1: target group, cost" in found
    assert "Changed chapters Governance" in found
    assert "Dropped actions A3 Open evening courses in neighbourhood number 3" in found
    assert "Only this version of the plan has been received, so nothing can be compared." in found


def test_a_mentee_without_a_plan_is_named() -> None:
    open_one = {**owing("plan-final", "2022-06-30"), "scope": f"city-{LIEPKALNS}", "organisation": LIEPKALNS, "owed_by": "Liepkalns"}
    lacking = without(whole("D7.2"), "action-plan", organisation=LIEPKALNS) | {"missing": [open_one]}
    assert owed(lacking, "Comparison") == ["There is no plan of Liepkalns. Owed by Liepkalns (“Action plan, final”, due 30 June 2022)."]


def test_where_the_run_stood_is_the_frozen_records() -> None:
    found = section(whole("D7.2"), "Where the run stood")
    assert "Gates passed 130 of 140" in found
    assert "Of these on time 97 (75%)" in found
    assert "60, 7, 0; 2 by tacit consent" in found
    assert "Bergamo sul Mare (Council) 1 Jun 2022 29 Jul 2022" in found
    assert owed(whole("D7.2", record=None), "Where the run stood") == [
        "The record of the run is not there yet. It is computed when this document is built; Council of Cities owes it."
    ]


def test_sixty_actions_in_each_of_forty_plans_are_summed() -> None:
    body = contributions()["action-plan"][-1]["body"]
    actions = [body["actions"][0] | {"id": f"A{at}"} for at in range(60)]
    pairs = [{"mentor": "norden", "mentee": f"town-{at}", "theme": "language"} for at in range(40)]
    plans = [said("plan-final", f"city-town-{at}", f"town-{at}", body | {"actions": actions}) for at in range(40)]
    many = content("D7.2", "programme", {"action-plan": plans}, pairs=pairs, record=record())
    assert "Together € 60,000,000 € 0 € 0 € 60,000,000" in section(many, "Comparison")


def test_these_documents_draw_on_what_their_sections_need() -> None:
    assert {"needs-assessment", "costing", "peer-review"} <= set(METHOD.by_number["D7.2"].draws_on)
    assert {"benchmark", "evaluation", "academy-record"} <= set(METHOD.by_number["D7.8"].draws_on)
