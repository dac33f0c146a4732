"""What documents compute: chart geometry, budgets, gaps, wording, the index page of a rehearsal."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser

from tasks import charts, guides, plans
from tasks.index_page import render_index
from tasks.reading import Reading
from tasks.shape import Shape
from tasks.wording import Words
from tests.documents.bodies import action, benchmark, plan, ratings
from tests.documents.bodies_of_the_end import record
from tests.documents.samples import content, edition

ENGLISH = Words("en")


@given(st.text(max_size=200), st.floats(20, 600), st.integers(1, 5))
def test_wrapped_text_never_has_more_lines_than_fit(text: str, width: float, lines: int) -> None:
    assert len(charts.wrap(text, width, 12, lines)) <= lines


def test_a_word_too_long_for_its_line_is_cut() -> None:
    found = charts.wrap("Donaudampfschifffahrtsgesellschaft" * 4, 100, 12, 3)
    assert len(found) == 3
    assert found[-1].endswith("…")
    assert all(charts.width_of(line, 12) <= 100 for line in found)


def test_bars_lie_within_the_chart_and_in_the_order_of_their_start() -> None:
    chart = charts.gantt([action(at) for at in range(40)] + [{"id": "A99", "title": "Later"}], ENGLISH)
    assert all(row["x"] >= 0 and row["x"] + row["w"] <= 100 for row in chart["rows"])
    starts = [row["action"]["start"] for row in chart["rows"]]
    assert starts == sorted(starts)
    assert [one["id"] for one in chart["undated"]] == ["A99"]
    assert 1 <= len(chart["ticks"]) <= 7


def test_a_phase_that_never_opened_has_no_bar() -> None:
    rows = [
        {"number": 1, "planned_on": "2021-01-04", "opened_on": "2021-01-05", "completed_on": None},
        {"number": 2, "planned_on": "2021-03-01"},
    ]
    drawn = charts.phases(rows)["rows"]
    assert drawn[0]["x"] is not None
    assert drawn[1]["x"] is None
    assert charts.phases([])["rows"] == []


def test_heat_runs_from_nothing_to_the_highest() -> None:
    assert [charts.heat(value, 5) for value in (None, 0, 0.1, 3, 5, 9)] == ["h0", "h0", "h1", "h3", "h5", "h5"]


def test_a_budget_adds_up_by_funding_state() -> None:
    uncosted = {"cost": {"staff": 0, "other": 0}}
    items = [
        {"action": "A1", "cost": {"staff": 1, "other": 2}, "funding": {"state": "none"}},
        {"action": "A2", "cost": {"staff": 4, "other": 3}, "funding": {"source": "Fund", "state": "applied"}},
    ]
    first, second, *others = (action(at) for at in range(6))
    sums = plans.budget([first, second | uncosted, *others], {"items": items})
    assert sum(sums["by_state"].values()) == sums["total"] == sums["staff"] + sums["other"] == 5 * 25000 + 7
    assert sums["costed"] == 2


def test_the_plan_says_what_it_costs_and_finance_where_the_plan_does_not() -> None:
    item = {"cost": {"staff": 4, "other": 3}, "funding": {"source": "Fund", "state": "applied"}}
    planned, empty = action(0), action(1) | {"cost": {"staff": 0, "other": 0}}
    rows = plans.budget([planned, empty], {"items": [{"action": one["id"]} | item for one in (planned, empty)]})["rows"]
    assert [(row["total"], row["costed"]) for row in rows] == [(25000, 7), (7, 7)]
    assert (rows[1]["source"], rows[1]["state"]) == ("Fund", "applied")


def test_what_finance_costed_beside_the_plan_is_told_and_not_added() -> None:
    beside = {"action": "A99", "cost": {"staff": 4, "other": 3}, "funding": {"source": "", "state": "none"}}
    sums = plans.budget([action(0)], {"items": [beside]})
    assert sums["unplanned"] == [beside]
    assert sums["total"] == 25000


def test_the_gap_is_what_is_left_after_the_last_self_assessment() -> None:
    rows = plans.factors(benchmark(2), ratings(1, 2), ratings(3, 2), plan(3)["actions"])
    assert [row["gap"] for row in rows] == [1, 1]
    assert rows[0]["before"]["rating"] == 1
    assert rows[0]["actions"] == ["A1", "A2", "A3"]
    assert plans.factors(benchmark(1), {}, {}, [])[0]["gap"] is None


def test_a_rating_afterwards_alone_is_no_rating_before() -> None:
    (row,) = plans.factors(benchmark(1), {}, ratings(3, 1), [])
    assert (row["before"], row["after"]["rating"], row["gap"]) == (None, 3, 1)


def test_every_role_of_the_method_is_told_what_it_does() -> None:
    rows = guides.roles(ENGLISH)
    assert {"Coordinator", "Facilitator", "Steering Committee", "City project lead", "Council"} <= {row["role"] for row in rows}
    assert all(row["contributes"] or row["decides"] or row["confirms"] for row in rows)


def test_the_seven_steps_carry_the_runs_own_times() -> None:
    steps = guides.steps(record())
    assert [step["phase"].number for step in steps] == list(range(1, 8))
    timed = {gate.key: row for gate, row in steps[0]["gates"]}
    assert timed["needs"]["actual_days"] == 33.0
    assert timed["profile"] is None


def test_field_names_become_words() -> None:
    assert ENGLISH.label("lead_department") == "Lead department"
    assert ENGLISH.label("held_on") == "Held"
    assert ENGLISH.date("2021-09-30") == "30 September 2021"
    assert ENGLISH.money(106000) == "€ 106,000"
    assert ENGLISH.number(None) == "\N{EN DASH}"


def test_data_is_laid_out_by_its_shape() -> None:
    shape = Shape(Reading(edition(content("D2.1", "pair-liepkalns")), ENGLISH))
    assert shape.of([{"a": 1, "b": "x"}, {"a": 2}]) == "table"
    assert shape.of([{"a": "x" * 500}]) == "cards"
    assert shape.of({"a": 1, "b": [1, 2]}) == "facts"
    assert shape.of({"a": {"b": 1}}) == "parts"
    assert shape.of([]) == "nothing"
    assert shape.said("mentor", "norden") == "Norden"
    assert shape.said("languages", ["it", "en"]) == "Italian; English"
    assert shape.said("on", "2021-09-30") == "30 September 2021"


def row(number: str, phase: int, scope: str, name: str, path: str) -> dict[str, object]:
    return {
        "path": path,
        "deliverable": number,
        "slug": "x",
        "scope": scope,
        "phase": phase,
        "language": "en",
        "format": name,
        "version": "1.0",
        "title": "x",
        "approval": {"state": "approved"},
    }


def test_the_index_links_every_file_and_tells_how_it_went(tmp_path: Path) -> None:
    rows = [
        row("D1.1", 1, "city-norden", "pdf", "deliverables/D1.1/city-norden/en.pdf"),
        row("D1.1", 1, "city-norden", "html", "deliverables/D1.1/city-norden/en.html"),
        row("D6.3", 6, "city-norden", "site", "shops/norden/index.html"),
    ]
    phases = [
        {
            "number": 1,
            "title": "Needs",
            "planned_on": "2021-01-04",
            "opened_at": "2021-01-04T08:00:00Z",
            "completed_at": "2021-03-01T08:00:00Z",
        }
    ]
    summary = {
        "phases": phases,
        "counts": {"notice-sent": 12, "decision-recorded": 3},
        "pairs": [{"mentor": "A<b>", "mentee": "B", "theme": "T"}],
        "seed": 7,
        "start_on": "2021-01-04",
        "closed_at": "2021-03-01T08:00:00Z",
    }
    page = parser.document_fromstring(render_index({"programme": "invented", "seed": 7, "editions": rows}, summary, tmp_path).read_bytes())
    links = set(page.xpath("//a/@href"))
    assert {one["path"] for one in rows} | {"timeline.jsonl", "mail/", "calendar.ics", "manifest.json"} <= links
    text = " ".join(page.text_content().split())
    assert "12 notices" in text
    assert "A<b>" in text
    assert "Needs assessment and matching" in text


def test_the_index_of_a_rehearsal_without_documents_says_so(tmp_path: Path) -> None:
    summary = {"phases": [], "counts": {}, "pairs": [], "seed": 1, "start_on": None, "closed_at": None}
    page = render_index({"programme": "invented", "seed": 1, "editions": []}, summary, tmp_path).read_text()
    assert "played without documents" in page
