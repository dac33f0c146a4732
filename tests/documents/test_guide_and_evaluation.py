"""Methodological guide and evaluation: what they count from the record and the contributions, and what they say is lacking."""

from __future__ import annotations

from tests.documents.bodies import ratings
from tests.documents.bodies_of_the_end import RESULTS, judged, record
from tests.documents.pages import main_of, owed, parts, rows, section
from tests.documents.samples import content
from tests.documents.test_rendering import owing
from tests.documents.two_pairs import BERGAMO, LIEPKALNS, changed, whole, without

RUN = ["How phases went", "Who answered, and when", "Where time went", "What was returned", "Notices", "Cost"]
MINUS_ONE = "\N{MINUS SIGN}1"


# -- guide ---------------------------------------------------------------------------------------------------------------


def test_the_guide_tells_timing_answers_returns_and_meetings_from_the_record() -> None:
    given = whole("D7.3")
    timing = section(given, "Timing and cost")
    assert [title for title in parts(given) if title in RUN] == RUN
    assert "1 17 Jun 2020 17 Jun 2020 6 Sept 2020 9 Sept 2020 0 +3" in timing
    assert "City project lead 80 76 95% 60 16 4 23" in timing
    assert "Council 4 0 0% 0 0 0 –" in timing
    assert "Approvals asked for: 9; given at the first asking: 7. Returned for revision: 3 times; rejected: 0 times." in timing
    assert "Notices sent: 640, of which 210 because of a deadline; 1 could not be delivered." in timing
    met = section(given, "Online and in person")
    assert "online: 1" in met
    assert "First study visit Norden and Bergamo sul Mare 20 May 2021 3 Jun 2021 +14 online" in met
    assert "First study visit Hafen and Liepkalns 20 May 2021 20 May 2021 0 planned: in person" in met
    assert "Third study visit Hafen and Liepkalns 20 May 2022 not yet – planned: in person" in met
    assert "in person: " not in met


def test_the_guide_tells_what_changed_and_what_was_gone_without() -> None:
    found = section(whole("D7.3"), "Lessons and pitfalls")
    assert "1 Aug 2020 Needs assessment questionnaire Norden Deadline moved: 15 Jul 2020 → 15 Aug 2020 extended by the coordinator" in found
    assert "1 Feb 2021 City profile Hafen Gone on without –" in found
    calm = whole("D7.3", record=record(changes=[]))
    assert "No deadline was moved, nothing was asked again, and nothing was gone without." in section(calm, "Lessons and pitfalls")


def test_a_long_list_of_changes_says_how_many_more_there_are() -> None:
    many = whole("D7.3", record=record(changes=record()["changes"][:1] * 200))
    assert "… and 120 more in the programme’s record." in section(many, "Lessons and pitfalls")


def test_a_guide_without_record_claims_no_counts() -> None:
    bare = whole("D7.3", record=None)
    assert "counted from that run’s own record" not in main_of(bare)
    for title in ("Timing and cost", "Online and in person", "Lessons and pitfalls"):
        assert owed(bare, title)[0].startswith("The record of the run is not there yet."), title


# -- evaluation ----------------------------------------------------------------------------------------------------------


def test_each_expected_result_has_the_cities_ratings_their_mean_and_a_judgement() -> None:
    given = whole("D7.8")
    assert parts(given)[:3] == [one["title"] for one in RESULTS]
    found = rows(given, "Expected results")
    assert found[0] == ["Better long-term integration", "4 of 4", "3.75"]
    assert [row[0] for row in found[3:7]] == ["Norden", "Hafen", "Bergamo sul Mare", "Liepkalns"]
    assert [row[2] for row in found[3:7]] == ["Seen in integration."] * 4
    said_there = section(given, "Expected results")
    assert said_there.count("Mean of 4 ratings: 3.75 of 5.") == 3
    assert "The facilitator on cooperation." in said_there
    assert owed(given, "Expected results") == []


def test_a_result_nobody_rated_or_judged_says_who_owes_it() -> None:
    only = [{"result": "integration", "rating": 5, "evidence": "Seen."}]
    given = changed(whole("D7.8"), "synthesis", 0, results=judged("integration")["results"])
    for at in range(4):
        given = changed(given, "evaluation", at, results=only)
    found = owed(given, "Expected results")
    assert found[0].startswith("No city has rated this result.")
    assert (
        found[1]
        == "The facilitator has not judged this result. Guides and Sons has not said anything on this in “Synthesis by the facilitator”."
    )
    assert found[-1] == "Not every result is rated: Liepkalns. Liepkalns has not said anything on this in “Evaluation by the city”."
    assert ["More competences", "0 of 4", "not rated"] in rows(given, "Expected results")


def test_a_city_that_has_not_answered_is_named_and_counts_in_no_mean() -> None:
    open_one = {**owing("evaluation", "2022-07-15"), "scope": "city-hafen"}
    given = without(whole("D7.8"), "evaluation", organisation="hafen") | {"missing": [open_one]}
    assert ["Better long-term integration", "3 of 4", "3.67"] in rows(given, "Expected results")
    assert owed(given, "Expected results") == [
        "Not every result is rated: Hafen. Owed by Hafen (“Evaluation by the city”, due 15 July 2022)."
    ]
    assert "Partners abroad of the 3 cities that answered: 6 before, 11 now" in section(given, "Cooperation")
    assert owed(given, "Cooperation") == [
        "Nothing is known of its cooperation: Hafen. Owed by Hafen (“Evaluation by the city”, due 15 July 2022)."
    ]


def test_self_assessments_are_summed_over_the_factors_rated_both_times() -> None:
    found = rows(whole("D7.8"), "Self-assessments before and after")
    assert found[:2] == [["Bergamo sul Mare", "4", "4", "12", "+8"], ["Liepkalns", "3", "6", "6", "0"]]
    assert ["KF1 Condition number 1 is in place", "1/4", "3/4", "+2"] in found


def test_a_rating_that_fell_is_shown_as_it_is() -> None:
    fallen = changed(whole("D7.8"), "self-assessment", 3, **ratings(1, 3))
    found = section(fallen, "Self-assessments before and after")
    assert "Liepkalns rated 3 key factors before and after: 6 points in all before, 3 after. Rated higher: 0; lower: 3." in found
    assert ["KF1 Condition number 1 is in place", "2/4", "1/4", MINUS_ONE] in rows(fallen, "Self-assessments before and after")


def test_no_second_self_assessment_is_said_and_no_change_claimed() -> None:
    open_one = {**owing("self-assessment-after", "2022-07-01"), "scope": f"city-{BERGAMO}", "owed_by": "Bergamo sul Mare"}
    bare = without(whole("D7.8"), "self-assessment", gate="self-assessment-after") | {"missing": [open_one]}
    found = section(bare, "Self-assessments before and after")
    assert "0 of 2 mentee cities rated" in found
    assert "Bergamo sul Mare rated itself 1 of 4 on average." in found
    assert owed(bare, "Self-assessments before and after") == [
        "There is no second self-assessment. Owed by Bergamo sul Mare (“Self-assessment after”, due 1 July 2022).",
        "There is no second self-assessment. This comes from “Self-assessment after”, which has not been asked for yet.",
    ]
    assert ["KF1 Condition number 1 is in place", "1/4", "not rated", "–"] in rows(bare, "Self-assessments before and after")


def test_a_second_self_assessment_alone_is_no_first_one() -> None:
    late = without(whole("D7.8"), "self-assessment", gate="self-assessment", organisation=BERGAMO)
    found = section(late, "Self-assessments before and after")
    assert "Bergamo sul Mare rated itself 3 of 4 on average, after the visits only." in found
    assert "1 of 2 mentee cities rated" in found
    assert ["KF1 Condition number 1 is in place", "not rated", "3/4", "–"] in rows(late, "Self-assessments before and after")


def test_competences_come_from_training_academies_and_the_cities_own_teams() -> None:
    found = section(whole("D7.8"), "Competences before and after")
    for words in (
        "Mentoring training for all cities (Council of Cities)",
        "Academy by the sea (Council of Cities)",
        "Leading a network 2.4 3.8 +1.4 18",
    ):
        assert words in found
    own = [row for row in rows(whole("D7.8"), "Competences before and after") if row[0] == "Planning with newcomers"]
    assert own == [["Planning with newcomers", "2", "4", "+2"]] * 3
    bare = without(without(whole("D7.8"), "training-record", phase=3), "academy-record", phase=6)
    assert owed(bare, "Competences before and after")[0].startswith("No competences before and after a training are recorded.")


def test_cooperation_is_counted_and_says_who_goes_on() -> None:
    found = rows(whole("D7.8"), "Cooperation")
    assert ["Liepkalns", "3", "2", MINUS_ONE, "nothing named"] in found
    assert "Together 6 14 +8" in section(whole("D7.8"), "Cooperation")
    assert ["Norden and Bergamo sul Mare", "A vision of a city for all", "goes on", "goes on"] in found
    assert ["Hafen and Liepkalns", "Formal and informal language learning", "goes on", "does not go on"] in found
    quiet = without(whole("D7.8"), "evaluation", organisation=LIEPKALNS)
    assert ["Hafen and Liepkalns", "Formal and informal language learning", "goes on", "has not said"] in rows(quiet, "Cooperation")


def test_next_steps_stand_city_by_city_the_earliest_first() -> None:
    found = rows(whole("D7.8"), "What happens next")
    assert found[:3] == [
        ["Norden"],
        ["Report to the council", "Integration officer", "30 Jun 2023"],
        ["Invite other cities", "Mayor's office", "no day set"],
    ]
    assert "Associations carry on." in section(whole("D7.8"), "What happens next")


def test_an_evaluation_nobody_has_contributed_to_owes_every_section_and_shows_no_number() -> None:
    bare = content("D7.8", "programme")
    for title in (
        "Expected results",
        "Self-assessments before and after",
        "Competences before and after",
        "Cooperation",
        "How the programme ran",
    ):
        assert owed(bare, title), title
    assert "Mean of" not in main_of(bare)
    assert owed(content("D7.8", "programme", programme=bare["programme"] | {"expected_results": []}), "Expected results")[0].startswith(
        "The programme names no expected results."
    )
