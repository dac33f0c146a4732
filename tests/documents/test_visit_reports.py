"""The reports on the three study visits: each on its own visit, beside its agenda, with findings under their key factors."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tasks import visits
from tests.documents import bodies_of_meetings as bodies
from tests.documents.bodies import benchmark
from tests.documents.bodies_of_phases_1_to_3 import session
from tests.documents.pages import rows, sections
from tests.documents.samples import content, full, owed_by, said

PAIR = "pair-bergamo-sul-mare"
REPORTS = {"D4.1": 1, "D5.1": 2, "D7.7": 3}
AGENDA, REPORT = "visit-agenda", "visit-report"


def of_visit(number: str, report: dict[str, Any] | None = None, agenda: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The report on one visit from these bodies alone, with the benchmark."""
    visit = REPORTS[number]
    found = {
        REPORT: [said(f"visit-{visit}-report", PAIR, "bergamo-sul-mare", report)] if report else [],
        AGENDA: [said(f"visit-{visit}-agenda", PAIR, "bergamo-sul-mare", agenda)] if agenda else [],
        "benchmark": [said("benchmark", PAIR, "guide", benchmark())],
    }
    return content(number, PAIR, found, **more)


@pytest.mark.parametrize(("number", "visit"), REPORTS.items())
def test_a_report_is_about_its_own_visit(number: str, visit: int) -> None:
    found = sections(full(number, PAIR))
    for heading, text in found.items():
        others = {int(told) for told in re.findall(r"visit (\d)", text.replace("Promised", "|").partition("|")[0])} - {visit}
        assert not others, heading
    assert f"Objective of visit {visit}" in found["Objectives"]
    assert f"Welcome to visit {visit}" in found["Programme"]
    assert f"On visit {visit} we were asked" in found["Quotes"]
    assert f"Visit {visit} of 3" in found["The visit in short"]


def test_a_report_names_days_mode_and_who_received_whom() -> None:
    first, third = (sections(full(number, PAIR))["The visit in short"] for number in ("D4.1", "D7.7"))
    assert "Host Norden Guest Bergamo sul Mare When 20–21 May 2021 How people met online" in first
    assert "Host Bergamo sul Mare Guest Norden When 12 May 2022 How people met in person and online" in third


def test_a_report_of_a_visit_that_has_none_does_not_borrow_anothers() -> None:
    found = full("D5.1", PAIR)
    found["contributions"][REPORT] = found["contributions"][REPORT][:1]
    found["missing"] = [owed_by("visit-2-report", "Bergamo sul Mare"), owed_by("visit-1-agenda", "Somebody else")]
    told = sections(found)
    for heading in ("Objectives", "Recommendations", "Quotes"):
        assert "Owed by Bergamo sul Mare" in told[heading], heading
        assert "Somebody else" not in told[heading]
    assert "Its agenda is for 28 Oct – 2 Nov 2021, in person." in told["The visit in short"].replace("\u2009", " ")
    assert "Send the papers of visit 1" in told["Follow-ups"]


def test_a_report_compares_the_agenda_with_the_visit() -> None:
    agenda = bodies.visit_agenda(1, starts_on="2021-05-18", ends_on="2021-05-19", mode="in-person")
    found = of_visit("D4.1", bodies.visit_report(1), agenda)
    table = [row for row in rows(found, "Programme") if len(row) == 3]
    assert table == [
        ["Days", "18–19 May 2021", "20–21 May 2021"],
        ["How people meet", "in person", "online"],
        ["Host", "Norden", "Norden"],
        ["Sessions", "3", "3"],
    ]
    told = sections(found)["Programme"]
    assert "under the same title: 2 of 3." in told
    assert "In the agenda only: Talks with finance." in told
    assert "In the report only: An evening at long tables." in told


def test_a_report_says_when_all_went_as_the_agenda_had_it() -> None:
    agenda = bodies.visit_agenda(1)
    told = sections(of_visit("D4.1", bodies.visit_report(1, programme=agenda["sessions"]), agenda))["Programme"]
    assert "The sessions of the visit have the titles that the agenda gave them." in told
    assert "only:" not in told


def test_a_report_says_who_owes_the_agenda_it_cannot_be_compared_with() -> None:
    missing = [owed_by("visit-1-agenda", "Hafen"), owed_by("visit-2-agenda", "Liepkalns")]
    told = sections(of_visit("D4.1", bodies.visit_report(1), missing=missing))["Programme"]
    assert "There is no agenda to compare the visit with. Owed by Hafen" in told
    assert "Liepkalns" not in told


def test_a_report_has_findings_under_the_titles_of_the_benchmark_and_in_its_order() -> None:
    report = bodies.visit_report(1, findings=[bodies.finding(2), bodies.finding(0), bodies.finding(8)])
    told = sections(of_visit("D4.1", report))["Findings per key factor"]
    assert told.index("KF1 Condition number 1 is in place") < told.index("KF3 Condition number 3 is in place") < told.index("KF9")
    assert "findings on 2 of its 4 key factors" in told
    assert "Without a finding: KF2 Condition number 2 is in place; KF4 Condition number 4 is in place." in told
    assert "The benchmark has no key factor of this name." in told
    assert "What Bergamo sul Mare makes of it at home Name a deputy for condition 1." in told


def test_a_report_without_a_benchmark_says_that_titles_are_not_known() -> None:
    found = of_visit("D4.1", bodies.visit_report(1), missing=[owed_by("benchmark", "Guides and Sons")])
    found["contributions"]["benchmark"] = []
    told = sections(found)["Findings per key factor"]
    assert "The titles of the key factors are not known here. Owed by Guides and Sons" in told
    assert "Seen at the counter: condition 4" in told
    assert "has no key factor of this name" not in told


def test_a_benchmark_without_a_title_is_not_quoted_by_an_empty_one() -> None:
    found = of_visit("D4.1", bodies.visit_report(1, findings=[bodies.finding(0)]))
    found["contributions"]["benchmark"][0]["body"]["title"] = ""
    told = sections(found)["Findings per key factor"]
    assert "The visit has findings on 1 of the 4 key factors of the pair’s benchmark." in told
    assert "“”" not in told


def test_a_report_gives_no_count_where_it_was_suppressed_and_zero_where_nobody_came() -> None:
    cells = {row[0] + " " + row[1]: row[2:] for row in rows(full("D4.1", PAIR), "Participants by role")}
    assert cells["Members of the network Local support network"] == ["–", "–", "–"]
    assert cells["Elected members Host"] == ["6", "0", "0%"]
    assert "At least 17 people took part; not every count is stated." in sections(full("D4.1", PAIR))["Participants by role"]


@pytest.mark.parametrize("quotes", [[], [{"text": "Not for print.", "role": "Member", "consent": False}]])
def test_a_report_releases_no_quote_without_consent(quotes: list[dict[str, Any]]) -> None:
    told = sections(of_visit("D4.1", bodies.visit_report(1, quotes=quotes)))["Quotes"]
    assert "No quotes have been released." in told
    assert "Not for print" not in told


def test_a_report_repeats_what_was_promised_at_the_visits_before() -> None:
    promised = [[row[1], row[0]] for row in rows(full("D7.7", PAIR), "Follow-ups") if len(row) == 4]
    assert promised == [[f"{what} visit {visit}", str(visit)] for visit in (1, 2) for what in ("Send the papers of", "Call again after")]
    assert "whether each was done is not recorded" in sections(full("D7.7", PAIR))["Follow-ups"]
    assert "Promised" not in sections(full("D4.1", PAIR))["Follow-ups"]


def test_a_report_says_which_earlier_report_is_not_there() -> None:
    found = of_visit("D7.7", bodies.visit_report(3), missing=[owed_by("visit-2-report", "Hafen")])
    quiet = bodies.visit_report(1, follow_ups=[])
    found["contributions"][REPORT].insert(0, said("visit-1-report", PAIR, "bergamo-sul-mare", quiet))
    told = sections(found)["Follow-ups"]
    assert "What was promised at visit 2 is not known. Owed by Hafen" in told
    assert "visit 1" not in told


def test_a_report_says_that_nothing_was_promised_earlier_where_the_reports_are_there() -> None:
    found = of_visit("D5.1", bodies.visit_report(2))
    quiet = bodies.visit_report(1, follow_ups=[])
    found["contributions"][REPORT].insert(0, said("visit-1-report", PAIR, "bergamo-sul-mare", quiet))
    assert "The reports of the earlier visits record no follow-ups." in sections(found)["Follow-ups"]


def test_a_report_says_what_its_author_left_out() -> None:
    told = sections(of_visit("D4.1", bodies.visit_report(1, ideas=[], obstacles=[], follow_ups=[])))
    for heading in ("Ideas", "Obstacles", "Follow-ups"):
        assert "Bergamo sul Mare has not said anything on this in “Report of study visit 1”." in told[heading]


def test_a_report_has_room_for_sixty_of_everything() -> None:
    programme = [session("2021-05-20", f"{at % 24:02}:{at // 24:02}", f"Session {at}") for at in range(60)]
    promises = [{"what": f"Promise {at}", "who": "Project lead", "by": None} for at in range(60)]
    report = bodies.visit_report(1, factors=60, programme=programme, follow_ups=promises)
    found = of_visit("D4.1", report, bodies.visit_agenda(1))
    found["contributions"]["benchmark"] = [said("benchmark", PAIR, "guide", benchmark(60))]
    told = " ".join(sections(found).values())
    assert all(f"{what} 59" in told for what in ("Session", "Promise"))
    assert "Condition number 60 is in place" in told


def test_sessions_of_the_same_title_are_counted_as_often_as_they_stand() -> None:
    agenda = {"sessions": [session("2021-05-20", None, title) for title in ("Talk", "talk", "Walk")]}
    report = {"programme": [session("2021-05-20", None, title) for title in ("Talk", "Walk", "Walk")]}
    assert visits.compared(agenda, report) == {"planned": 3, "held": 3, "same": 2, "only_planned": ["Talk"], "only_held": ["Walk"]}
