"""Generated visits, workshops, academies and peer reviews agree with the programme file, the benchmark, the plans and one another."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from models.contribution_kinds import validate_body
from models.definition import Definition
from models.generated import generate
from models.method import METHOD
from tests.factories import definition
from tests.models.generated_run import PROGRAMMES, TODAY, run

PAIR = {"mentor": "alder", "mentee": "cedar", "theme": "work"}
REPORTS = ("visit-1-report", "visit-2-report", "visit-3-report")


def made(gate: str, *earlier: dict[str, Any], today: date = TODAY, programme: Definition | None = None, seed: int = 1) -> dict[str, Any]:
    """What is generated for that gate of the pair, with its envelope, after what was said earlier."""
    kind, whole = METHOD.gates[gate].contribution, programme or definition()
    body = generate(
        kind, gate=gate, scope="pair-cedar", organisation="cedar", definition=whole, earlier=earlier, rng=random.Random(seed),
        today=today, pairs=[PAIR],
    )  # fmt: skip
    assert validate_body(kind, body, None, gate, whole) == body
    return {"gate": gate, "kind": kind, "scope": "pair-cedar", "organisation": "cedar", "body": body}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("programme", PROGRAMMES)
def test_reports_find_something_on_every_key_factor_and_agendas_show_each(programme: str, seed: int) -> None:
    played = run(programme, seed)
    for pair in played.pairs:
        scope = f"pair-{pair['mentee']}"
        factors = [factor["id"] for factor in played.bodies("benchmark", scope)[0]["key_factors"]]
        for gate in REPORTS:
            report = played.bodies("visit-report", scope, gate)[0]
            agenda = played.bodies("visit-agenda", scope, gate.replace("report", "agenda"))[0]
            assert [row["key_factor"] for row in report["findings"]] == factors
            assert {key for session in agenda["sessions"] for key in session["key_factors"]} == set(factors)
            assert (report["host"], report["guest"]) == (agenda["host"], agenda["guest"])


@pytest.mark.parametrize(("third", "host"), [("mentee", "cedar"), ("mentor", "alder")])
def test_the_programme_file_says_who_receives(third: str, host: str) -> None:
    weeks = {key: {"week": week} for key, week in {"visit_1": 44, "visit_2": 62, "workshop": 74, "academy": 110}.items()}
    whole = definition(meetings=weeks | {"visit_3": {"week": 96, "host": third, "mode": "virtual"}})

    for gate in ("visit-3-agenda", "visit-3-report"):
        body = made(gate, programme=whole)["body"]
        assert (body["host"], body["mode"]) == (host, "virtual")
        assert {body["host"], body["guest"]} == {"alder", "cedar"}
    assert "online" in made("visit-3-briefing", programme=whole)["body"]["practicalities"]
    assert made("visit-1-report", programme=whole)["body"]["host"] == "alder"


def test_an_agenda_keeps_the_days_of_the_visit_plan_while_they_are_ahead() -> None:
    plan = made("visit-plan")
    planned = plan["body"]["visits"][1]

    in_time = made("visit-2-agenda", plan)["body"]
    too_late = made("visit-2-agenda", plan, today=date.fromisoformat(planned["starts_on"]))["body"]

    assert (in_time["starts_on"], in_time["ends_on"]) == (planned["starts_on"], planned["ends_on"])
    assert too_late["starts_on"] > planned["ends_on"]


@pytest.mark.parametrize("seed", range(10))
def test_every_day_of_an_agenda_has_a_session(seed: int) -> None:
    for body in run("orchard", seed).bodies("visit-agenda"):
        first, last = (date.fromisoformat(body[key]) for key in ("starts_on", "ends_on"))
        assert len({session["on"] for session in body["sessions"]}) == (last - first).days + 1


def test_a_report_tells_the_visit_as_its_own_agenda_had_it_once_that_is_over() -> None:
    first, second = made("visit-1-agenda"), made("visit-2-agenda", today=date(2021, 6, 1))
    report = made("visit-1-report", first, second, today=date(2021, 9, 1))["body"]

    assert (report["starts_on"], report["ends_on"]) == (first["body"]["starts_on"], first["body"]["ends_on"])
    assert report["programme"] == first["body"]["sessions"]
    invited = [row["invited"] for row in first["body"]["participants"]]
    assert [row["invited"] for row in report["participants"]] == invited


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", ["visit-report", "workshop-record", "academy-record"])
def test_no_count_points_at_single_people(kind: str, seed: int) -> None:
    for body in run("orchard", seed).bodies(kind):
        counts = [row[key] for row in body["participants"] for key in ("invited", "attended")]
        assert all(count is None or count == 0 or count >= 5 for count in counts)


@pytest.mark.parametrize("seed", range(10))
def test_peers_review_their_own_mentees_plan_and_another_by_what_stands_in_it(seed: int) -> None:
    played = run("orchard", seed)
    for pair in played.pairs:
        reviews = played.bodies("peer-review", f"pair-{pair['mentee']}")[0]["reviews"]
        assert [review["plan"] for review in reviews] == [pair["mentee"], *(one["mentee"] for one in played.pairs if one is not pair)]
        for review in reviews:
            actions = {action["id"] for action in played.bodies("action-plan", f"city-{review['plan']}")[-1]["actions"]}
            assert {row["action"] for row in review["suggestions"]} <= actions | {None}
            assert len(review["ratings"]) == 6


@pytest.mark.parametrize("seed", range(10))
def test_workshops_pass_on_what_the_plan_draws_on(seed: int) -> None:
    played = run("orchard", seed)
    for pair in played.pairs:
        revised = played.bodies("action-plan", f"city-{pair['mentee']}", "plan-revised")[0]
        *rows, back = played.bodies("workshop-record", f"pair-{pair['mentee']}")[0]["transferred"]
        assert {row["practice"] for row in rows} <= {action["mentor_practice"] for action in revised["actions"]}
        assert {(row["giver"], row["taker"]) for row in rows} == {(pair["mentor"], pair["mentee"])}
        assert (back["giver"], back["taker"]) == (pair["mentee"], pair["mentor"])


def test_generated_quotes_say_that_they_are_generated() -> None:
    quotes = [quote for seed in range(20) for body in run("orchard", seed).bodies("visit-report") for quote in body["quotes"]]
    assert quotes
    assert all(quote["text"].endswith("(generated)") for quote in quotes)


def test_a_review_of_a_plan_that_never_came_says_so() -> None:
    review = made("peer-feedback")["body"]["reviews"][0]
    assert {row["reason"] for row in review["ratings"]} == {"No plan has come in (generated)"}
    assert {row["action"] for row in review["suggestions"]} == {None}
