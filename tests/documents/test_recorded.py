"""What is computed from a run's record: delays, rates, returns, lateness; and the chart of its phases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tasks import charts, recorded
from tasks.wording import Words
from tests.documents.bodies_of_the_end import record

ENGLISH = Words("en")


def test_days_after_plan_carry_their_sign() -> None:
    assert [recorded.signed(days, ENGLISH) for days in (3, 0, -2, None)] == ["+3", "0", "\N{MINUS SIGN}2", "–"]


def test_a_phase_is_measured_at_its_start_and_at_its_last_deadline() -> None:
    first, *_, last = recorded.delays(record())
    assert (first["opened_after"], first["ended_after"]) == (0, 3)
    assert (last["opened_after"], last["ended_after"]) == (0, None)


def test_sums_over_all_phases_and_the_share_on_time() -> None:
    found = recorded.totals(record())
    assert {key: found[key] for key in ("gates", "done", "on_time", "late", "without")} == {
        "gates": 140, "done": 130, "on_time": 97, "late": 27, "without": 6,
    }  # fmt: skip
    assert found["share"] == pytest.approx(97 / 130)
    assert recorded.totals({})["share"] is None


def test_what_came_back_most_often_stands_first_and_what_did_not_is_left_out() -> None:
    rows: list[dict[str, Any]] = [
        {"phase": 1, "key": key, "title": key, "asked": 4, "at_once": 1, "returned": returned, "rejected": 0, "most": returned}
        for key, returned in (("a", 1), ("b", 3), ("c", 0))
    ]
    found = recorded.returned(record(rounds=rows))
    assert [row["key"] for row in found["rows"]] == ["b", "a"]
    assert (found["asked"], found["at_once"], found["returned"], found["tacit"]) == (12, 3, 4, 2)


def test_meetings_are_counted_by_how_people_met_as_reported_and_not_as_planned() -> None:
    found = recorded.meetings(record())
    assert [row["after"] for row in found["rows"]] == [14, 0, None]
    assert found["modes"] == {"virtual": 1}
    assert [recorded.how(row, ENGLISH) for row in found["rows"]] == ["online", "planned: in person", "planned: in person"]


def test_a_record_frozen_before_reports_were_read_claims_no_more_than_the_plan() -> None:
    earlier = [{key: value for key, value in row.items() if key != "met"} for row in record()["meetings"]]
    found = recorded.meetings(record(meetings=earlier))
    assert found["modes"] == {}
    assert recorded.how(found["rows"][0], ENGLISH) == "planned: in person"


@pytest.mark.parametrize(("today", "late"), [(date(2022, 7, 28), 0), (date(2022, 7, 29), 0), (date(2022, 8, 1), 3)])
def test_the_day_of_a_deadline_is_still_in_time(today: date, late: int) -> None:
    assert recorded.days_late(record()["open"][0], today) == late


def test_the_bar_of_an_open_phase_ends_on_the_day_that_is_known_and_not_at_the_charts_end() -> None:
    rows = [
        {"number": 1, "planned_on": "2024-01-01", "opened_on": "2024-01-01", "completed_on": None},
        {"number": 2, "planned_on": "2025-12-01", "opened_on": None, "completed_on": None},
    ]
    known = charts.phases(rows, "2024-07-01")["rows"]
    assert known[0]["x"] + known[0]["w"] == pytest.approx(100 * 182 / 731, abs=0.01)
    assert known[1]["x"] is None
    assert charts.phases(rows)["rows"][0]["w"] == 100.0


@pytest.mark.parametrize("months", [3, 10, 20, 40, 90])
def test_a_scale_has_no_more_marks_than_have_room(months: int) -> None:
    last = f"{2020 + months // 12}-{months % 12 + 1:02}-15"
    ticks = charts.phases([{"planned_on": "2020-01-01", "opened_on": "2020-01-01", "completed_on": last}])["ticks"]
    assert 1 <= len(ticks) <= 6
