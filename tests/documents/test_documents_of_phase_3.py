"""Training report, network charter and visit plan: figures, members and days as they were said, and nothing that was not."""

from __future__ import annotations

import re
from typing import Any

from lxml import html as parser

from models.contribution_kinds.meetings import SELF_SCALE_NOTE
from tasks.reading import Reading
from tasks.rendering import render_html
from tasks.visit_plans import questions
from tasks.wording import Words
from tests.documents import bodies_of_phases_1_to_3 as bodies
from tests.documents.pages import headings, main_of, page_of, section, words_of
from tests.documents.samples import content, edition, full, said

Json = dict[str, Any]
CITY, PAIR = "city-bergamo-sul-mare", "pair-bergamo-sul-mare"
SCOPES = {"D3.1": "programme", "D3.2": CITY, "D3.3": PAIR}


def filled(number: str) -> Json:
    return full(number, SCOPES[number])


def changed(number: str, kind: str, **changes: Any) -> Json:
    """The full content of a document, with other values in the first contribution of a kind."""
    whole = filled(number)
    whole["contributions"][kind][0]["body"] |= changes
    return whole


def test_attendance_is_summed_and_says_what_is_not_known() -> None:
    assert "25 people took part." in section(filled("D3.1"), "Attendance")
    assert "City officers Others 24 18 75%" in section(filled("D3.1"), "Attendance")
    rows = bodies.training()["participants"]
    partly = changed("D3.1", "training-record", participants=[rows[0], rows[1] | {"attended": None}])
    assert "At least 18 people took part; not every count is stated." in section(partly, "Attendance")
    unknown = changed("D3.1", "training-record", participants=[row | {"attended": None} for row in rows])
    assert "How many people took part is not stated." in section(unknown, "Attendance")


def test_competences_show_the_change_in_both_directions_and_whose_scale_it_is() -> None:
    there = section(filled("D3.1"), "Competences before and after")
    assert "Rated higher afterwards: 1; the same: 1; lower: 1." in there
    assert re.search(r"Asking the right questions 2\.4 3\.8 \+1\.4 21", there)
    assert re.search(r"Finding rooms 4\.5 4\.2 -0\.3 21", there)
    assert SELF_SCALE_NOTE in there
    assert SELF_SCALE_NOTE in section(filled("D3.1"), "Evaluation")


def test_sessions_stand_under_their_days_in_the_order_of_their_hours() -> None:
    there = section(filled("D3.1"), "Programme")
    places = [there.index(words) for words in ("9 December 2020", "Mentoring step", "Founding", "10 December 2020", "Asking")]
    assert places == sorted(places)


def test_a_training_without_evaluation_or_competences_says_who_has_not_recorded_them() -> None:
    whole = changed("D3.1", "training-record", evaluation=[], comments=[], competences=[], materials=[], follow_ups=[])
    assert "Council of Cities has not said anything on this in “Training record”." in section(whole, "Evaluation")
    assert "Competences before and after are not recorded." in section(whole, "Competences before and after")
    assert headings(whole)[:-1] == ["Objectives", "Programme", "Attendance", "Evaluation", "Competences before and after", "Materials"]


def test_the_exception_from_a_migrant_led_member_is_plain_with_its_day() -> None:
    whole = filled("D3.2")
    whole["contributions"]["support-network"][0]["body"] = bodies.network_without_migrants()
    page = page_of(whole)
    assert "Exception until 30 June 2021: no member is led by migrants yet." in words_of(page.xpath("//*[@class='owed']/strong")[0])
    assert "The newcomers' association is being founded." in section(whole, "Members")
    assert "Exception" not in main_of(filled("D3.2"))
    assert "One of them is led by migrants." in section(filled("D3.2"), "Members")


def test_members_without_a_role_are_named() -> None:
    whole = changed("D3.2", "support-network", members=[bodies.member(0), bodies.member(1, role="")])
    assert "No role is named for Association of newcomers number 2 (illustrative)." in section(whole, "Roles")


def test_the_map_places_every_stakeholder_and_says_who_became_a_member() -> None:
    page = page_of(full("D3.2", CITY, stakeholders=100))
    grid = page.xpath("//table[contains(@class, 'heat')]")[0]
    placed = sorted(int(number) for cell in grid.xpath(".//td") for number in re.findall(r"\d+", cell.text_content()))
    assert placed == list(range(1, 101))
    rows = [words_of(row) for row in page.xpath("//table[contains(@class, 'heat')]/following::table[1]/tbody/tr")]
    assert [row.rsplit(" ", 1)[1] for row in rows].count("member") == 3
    assert "The scales are this software’s own." in words_of(page.xpath("//main")[0])


def test_a_stakeholder_stands_where_interest_and_influence_meet() -> None:
    whole = changed("D3.2", "stakeholder-map", stakeholders=[bodies.stakeholder(interest=2, influence=5)])
    first = page_of(whole).xpath("//table[contains(@class, 'heat')]/tbody/tr")[0]
    assert [words_of(cell) for cell in first] == ["Influence 5", "–", "1", "–", "–", "–"]


def test_a_plan_of_visits_says_when_who_and_how() -> None:
    there = section(filled("D3.3"), "Dates and mode")
    assert "20–21 May 2021 Norden Bergamo sul Mare online" in there
    assert "12 May 2022 Bergamo sul Mare Norden in person and online" in there
    assert "not in the plan yet" not in there


def test_visits_the_plan_does_not_have_are_named() -> None:
    whole = changed("D3.3", "visit-plan", visits=[bodies.visit(1, "2021-05-20", "2021-05-21")])
    assert "Visits that are not in the plan yet: 2, 3. Bergamo sul Mare has not said anything" in section(whole, "Dates and mode")


def test_a_budget_adds_up_and_by_who_pays() -> None:
    there = section(filled("D3.3"), "Budget")
    assert "Together € 8,000" in there
    assert "Programme budget € 6,500" in there


def test_without_a_budget_no_sum_is_stated() -> None:
    there = section(changed("D3.3", "visit-plan", budget=[]), "Budget")
    assert "What the visits cost has not been planned. Bergamo sul Mare has not said anything" in there
    assert "€" not in there


def test_questions_stand_under_the_titles_of_their_key_factors() -> None:
    there = section(filled("D3.3"), "Questions")
    assert "KF1 Condition number 1 is in place What did it cost?" in there
    assert there.index("KF2 Condition") < there.index("On the whole What would you leave out today?")
    assert "No question yet on: KF3 Condition number 3 is in place; KF4 Condition number 4 is in place." in there


def test_questions_without_a_benchmark_keep_the_ids_and_say_who_owes_the_titles() -> None:
    whole = content("D3.3", PAIR, {"visit-plan": [said("visit-plan", PAIR, "bergamo-sul-mare", bodies.visit_plan())]})
    there = section(whole, "Questions")
    assert "KF1 What did it cost?" in there
    assert "The key factors are not known here." in there
    assert [group["id"] for group in questions(bodies.visit_plan(), {})] == ["KF2", "KF1", ""]


def test_an_organisation_a_document_does_not_know_stands_by_its_slug() -> None:
    view = edition(changed("D3.3", "visit-plan", visits=[bodies.visit(1, "2021-05-20", "2021-05-20", host="nowhere")]))
    assert "nowhere receives Bergamo sul Mare." in words_of(parser.document_fromstring(render_html(view)))
    assert Reading(view, Words("en")).name("nowhere") == "nowhere"
