"""What a running programme knows is checked when a contribution comes in: key factors, actions, the days of the programme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.contribution_file import ContributionFile, read_contribution, sample_paths
from models.contribution_kinds import validate_body
from models.contribution_kinds.parts import Known, KnownPair
from models.decisions import Verdict
from models.errors import BadFile
from models.known import knowing, known_in
from models.method import METHOD
from tests.models.conftest import At
from tests.models.generated_run import INCLUCITIES, inclucities
from tests.world import LAUNCH, World, body_for

DRAFTED = "plan-draft-approval"

Write = Callable[..., Path]


def known(world: World, key: str, scope: str) -> Known:
    with world.changing() as (session, standing):
        return known_in(session, standing, standing.gate(key, scope), world.now)


def body(world: World, key: str, scope: str) -> dict[str, Any]:
    """What is generated for that gate as things stand."""
    with world.changing() as (session, standing):
        gate = standing.gate(key, scope)
        return body_for(session, standing, gate, standing.parties(gate)[0].organisation, world.now)


def ids(entries: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(entry["id"] for entry in entries)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file for a gate, with a generated body and other values where given."""

    def written(world: World, key: str, scope: str, organisation: str = "", **changes: Any) -> Path:
        envelope = {"gate": key, "scope": scope, "organisation": organisation or scope.partition("-")[2], "language": "en"}
        path = tmp_path / "file.yaml"
        path.write_text(yaml.safe_dump(envelope | {"body": body(world, key, scope) | changes}, sort_keys=False), encoding="utf-8")
        return path

    return written


def on_its_day(world: World, key: str) -> dict[str, Any]:
    """What a generated agenda or report of Cedar's visit says of days, made to agree with the day that was recorded, if any was."""
    held, report = known(world, key, "pair-cedar").held_on, body(world, key, "pair-cedar")
    if held is None:
        return {}
    field = "programme" if "programme" in report else "sessions"
    days = {"starts_on": held.isoformat(), "ends_on": held.isoformat(), "follow_ups": []}
    return days | {field: [session | {"on": held.isoformat()} for session in report[field]]}


def read(world: World, path: Path) -> ContributionFile:
    with world.changing() as (session, standing):
        return read_contribution(path, standing.definition, knowing(session, standing, world.now))


def faults(world: World, path: Path) -> dict[str, str]:
    """Messages by place of a file that must be refused, each with its line."""
    with pytest.raises(BadFile) as refused:
        read(world, path)
    assert all(
        line.startswith(f"{path}:") and fault.line > 1 for line, fault in zip(refused.value.lines(), refused.value.faults, strict=True)
    )
    return {fault.path: fault.message for fault in refused.value.faults}


# -- what is known


def test_on_the_first_morning_only_the_file_and_the_day_are_known(small: World) -> None:
    found = known(small, "needs", "city-cedar")
    assert (found.key_factors, found.actions) == (None, {})
    assert (found.starts_on, found.today) == (LAUNCH.date(), LAUNCH.date())
    assert set(found.themes) == {"work", "language-learning"}
    assert set(found.cities) == {"alder", "birch", "cedar", "damson"}


def test_today_is_the_coordinators_day(small: World) -> None:
    small.now = datetime(2024, 6, 30, 22, 30, tzinfo=UTC)  # half past midnight in Brussels
    assert known(small, "needs", "city-cedar").today == date(2024, 7, 1)


def test_a_pair_knows_the_key_factors_of_its_benchmark_and_the_actions_of_its_plan(at: At) -> None:
    world = at(DRAFTED)
    with world.looking() as standing:
        mentor = standing.programme.pairs[0].mentor
    benchmark = body(world, "benchmark", "pair-cedar")
    assert known(world, "costing", "city-cedar").key_factors == known(world, "visit-1-report", "pair-cedar").key_factors
    assert known(world, "costing", "city-cedar").key_factors == ids(benchmark["key_factors"])
    assert known(world, "network", f"city-{mentor}").key_factors
    assert set(known(world, "costing", "city-cedar").actions) == {"cedar", "damson"}


def test_the_plan_as_it_stands_counts_and_not_an_earlier_one(at: At) -> None:
    world = at("plan-adoption")
    world.decide("plan-adoption", "city-cedar", "cedar", Verdict.RETURN, "Number the actions anew.")
    plan = body(world, "plan-final", "city-cedar")
    before = known(world, "costing", "city-cedar").actions["cedar"]
    assert before == ids(plan["actions"])
    actions = [action | {"id": f"N{number}"} for number, action in enumerate(plan["actions"])]
    world.contribute("plan-final", "city-cedar", actions=actions)
    assert known(world, "costing", "city-cedar").actions["cedar"] == ids(actions) != before


def test_what_waits_in_the_tray_is_not_known(at: At) -> None:
    world = at(DRAFTED)
    before = known(world, "self-assessment", "city-cedar").key_factors
    factor = body(world, "benchmark", "pair-cedar")["key_factors"][0]
    world.contribute("benchmark", "pair-cedar", key_factors=[factor | {"id": "LATE"}])
    assert known(world, "self-assessment", "city-cedar").key_factors == before


def test_what_is_about_the_whole_programme_may_name_any_pairs_key_factors(at: At) -> None:
    world = at("plan-adoption")
    own = [known(world, "self-assessment", scope).key_factors or () for scope in ("city-cedar", "city-damson")]
    for key, scope in (("synthesis", "programme"), ("academy-record", "association-north-league")):
        assert set(known(world, key, scope).key_factors or ()) == {*own[0], *own[1]}


def test_a_pair_and_its_mentee_know_the_pair_and_what_speaks_of_several_knows_none(at: At) -> None:
    world = at(DRAFTED)
    with world.looking() as standing:
        pairs = {pair.mentee: KnownPair(pair.mentor, pair.mentee, pair.theme) for pair in standing.programme.pairs}
    assert known(world, "visit-1-report", "pair-cedar").pair == known(world, "costing", "city-cedar").pair == pairs["cedar"]
    assert known(world, "visit-1-report", "pair-damson").pair == pairs["damson"] != pairs["cedar"]
    assert known(world, "synthesis", "programme").pair is None
    assert known(at("needs-approval"), "needs", "city-cedar").pair is None


def test_while_a_pair_has_no_benchmark_key_factors_are_not_checked(at: At) -> None:
    world = at("pair-agreement")
    assert known(world, "visit-1-report", "pair-cedar").key_factors is None
    assert known(world, "training", "programme").key_factors is None


# -- what a file is told


def test_a_file_that_agrees_is_taken(at: At, write: Write) -> None:
    world = at(DRAFTED)
    assert read(world, write(world, "costing", "city-cedar")).kind == "costing"


def test_a_suggestion_about_an_action_that_is_not_in_the_plan_is_told_with_those_there_are(at: At, write: Write) -> None:
    world = at(DRAFTED)
    review = body(world, "peer-feedback", "pair-cedar")["reviews"][0] | {"plan": "cedar"}
    there = known(world, "peer-feedback", "pair-cedar").actions["cedar"]
    with world.looking() as standing:
        mentor = standing.parties(standing.gate("peer-feedback", "pair-cedar"))[0].organisation

    def suggesting(action: str) -> Path:
        review["suggestions"] = [{"action": action, "suggestion": "Name the deputy."}]
        return write(world, "peer-feedback", "pair-cedar", mentor, reviews=[review])

    assert faults(world, suggesting("Z99")) == {
        "body.reviews.0.suggestions.0.action": f"there is no action called 'Z99' in the plan of cedar. Choose one of: {', '.join(there)}"
    }
    assert read(world, suggesting(there[0])).body["reviews"][0]["suggestions"][0]["action"] == there[0]


def test_an_unknown_key_factor_is_told_with_the_one_probably_meant(at: At, write: Write) -> None:
    world = at(DRAFTED)
    ratings = body(world, "self-assessment", "city-cedar")["ratings"]
    meant, there = ratings[0]["key_factor"], ", ".join(known(world, "self-assessment", "city-cedar").key_factors or ())
    found = faults(world, write(world, "self-assessment", "city-cedar", ratings=[ratings[0] | {"key_factor": f"{meant}x"}, *ratings[1:]]))
    assert found == {
        "body.ratings.0.key_factor": f"there is no key factor called '{meant}x' in the pair's benchmark. "
        f"Did you mean '{meant}'? Choose one of: {there}"
    }


@pytest.mark.parametrize("key", ["visit-1-agenda", "visit-1-report"])
def test_a_visit_between_the_cities_of_another_pair_is_told_those_of_its_own(at: At, write: Write, key: str) -> None:
    world = at(DRAFTED)
    own, other = (known(world, key, scope).pair for scope in ("pair-cedar", "pair-damson"))
    assert own
    assert other
    report = body(world, key, "pair-cedar")
    told = f"is not in this pair; name one of its two cities, '{own.mentor}' or '{own.mentee}'"
    days = on_its_day(world, key) if key == "visit-1-report" else {}
    found = faults(world, write(world, key, "pair-cedar", report["guest"], host=other.mentor, guest=other.mentee, **days))
    assert found == {"body.host": f"'{other.mentor}' {told}", "body.guest": f"'{other.mentee}' {told}"}
    turned = write(world, key, "pair-cedar", report["guest"], host=report["guest"], guest=report["host"], **days)
    assert read(world, turned).body["host"] == report["guest"]


def test_a_report_is_about_the_day_that_was_recorded(at: At, write: Write) -> None:
    world = at(DRAFTED)
    held, guest = known(world, "visit-1-report", "pair-cedar").held_on, body(world, "visit-1-report", "pair-cedar")["guest"]
    assert held == world.gate("visit-1", "pair-cedar").happened_on is not None
    agreeing = on_its_day(world, "visit-1-report")

    def reporting(first: date, last: date, **more: Any) -> Path:
        sessions = [agreeing["programme"][0] | {"on": first.isoformat()}]
        days = {"starts_on": first.isoformat(), "ends_on": last.isoformat(), "programme": sessions}
        return write(world, "visit-1-report", "pair-cedar", guest, **agreeing | days, **more)

    day = timedelta(days=1)
    for first, last in ((held - day, held), (held, held)):
        assert read(world, reporting(first, last)).body["ends_on"] == held.isoformat()
    said = f"it was recorded that it took place on {held}"
    before, after = faults(world, reporting(held - 3 * day, held - day)), faults(world, reporting(held + day, held + day))
    assert {place: message[: len(said)] for place, message in before.items()} == {"body.ends_on": said}
    assert "body.starts_on" in after
    assert known(world, "visit-1-agenda", "pair-cedar").held_on is None


def test_a_planned_visit_to_a_city_of_another_pair_is_told(at: At, write: Write) -> None:
    world = at(DRAFTED)
    other = known(world, "visit-plan", "pair-damson").pair
    assert other
    visits = body(world, "visit-plan", "pair-cedar")["visits"]
    path = write(world, "visit-plan", "pair-cedar", "cedar", visits=[visits[0] | {"host": other.mentor, "guest": "cedar"}, *visits[1:]])
    assert list(faults(world, path)) == ["body.visits.0.host"]


@pytest.mark.parametrize("key", ["benchmark", "pair-terms"])
def test_a_benchmark_or_terms_on_another_theme_are_told_the_pairs(at: At, write: Write, key: str) -> None:
    world = at(DRAFTED)
    own, other = (known(world, key, scope).pair for scope in ("pair-cedar", "pair-damson"))
    assert own
    assert other
    with world.looking() as standing:
        organisation = standing.parties(standing.gate(key, "pair-cedar"))[0].organisation
    assert faults(world, write(world, key, "pair-cedar", organisation, theme=other.theme)) == {
        "body.theme": f"'{other.theme}' is not the theme of this pair; {own.mentor} and {own.mentee} work on '{own.theme}'"
    }
    assert read(world, write(world, key, "pair-cedar", organisation)).body["theme"] == own.theme


def test_at_a_workshop_peers_of_other_pairs_may_give_and_take(at: At, write: Write) -> None:
    world = at("plan-adoption")
    record = body(world, "workshop-record", "pair-cedar")
    other = known(world, "workshop-record", "pair-damson").pair
    assert other
    with world.looking() as standing:
        organisation = standing.parties(standing.gate("workshop-record", "pair-cedar"))[0].organisation
    transfer = record["transferred"][0] | {"giver": other.mentor, "taker": other.mentee}
    found = read(world, write(world, "workshop-record", "pair-cedar", organisation, transferred=[transfer])).body["transferred"]
    assert [(row["giver"], row["taker"]) for row in found] == [(other.mentor, other.mentee)]


def test_a_day_before_the_programme_or_still_to_come_is_told(at: At, write: Write) -> None:
    world = at(DRAFTED)
    today = world.now.date()
    early = write(world, "consultation", "city-cedar", held_on="2019-01-07")
    assert faults(world, early) == {"body.held_on": "2019-01-07 is before the programme started, on 2024-03-04"}
    late = (today + timedelta(days=1)).isoformat()
    assert faults(world, write(world, "consultation", "city-cedar", held_on=late)) == {
        "body.held_on": f"{late} is still to come; report it once it has taken place"
    }
    assert read(world, write(world, "consultation", "city-cedar", held_on=today.isoformat())).body["held_on"] == today.isoformat()


def test_a_contribution_for_a_pair_that_is_not_in_the_programme_is_told_which_there_are(at: At, write: Write) -> None:
    world = at(DRAFTED)
    path = write(world, "visit-1-report", "pair-cedar")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("scope: pair-cedar", "scope: pair-alder"), encoding="utf-8")
    assert faults(world, path) == {
        "scope": "the gate 'visit-1-report' has no scope 'pair-alder'; it exists for 'pair-cedar' and 'pair-damson'"
    }


def test_before_the_matching_a_pairs_contribution_is_told_that_there_are_none_yet(at: At, write: Write) -> None:
    text = write(at(DRAFTED), "pair-terms", "pair-cedar").read_text(encoding="utf-8")
    path = write(at("needs-approval"), "needs", "city-cedar")
    path.write_text(text, encoding="utf-8")
    assert faults(at("needs-approval"), path) == {"scope": "There is no gate 'pair-terms' for 'pair-cedar'. Its scopes: none yet."}


def test_the_samples_of_inclucities_agree_with_what_is_known_when_they_come_in() -> None:
    programme = inclucities()
    order = list(METHOD.gates)
    samples = sorted((read_contribution(path, programme) for path in sample_paths(INCLUCITIES)), key=lambda item: order.index(item.gate))
    factors = {item.scope.removeprefix("pair-"): ids(item.body["key_factors"]) for item in samples if item.gate == "benchmark"}
    actions: dict[str, tuple[str, ...]] = {}
    pairs = {pair.mentee: KnownPair(pair.mentor, pair.mentee, pair.theme) for pair in programme.historical_pairs}
    for item in samples:
        mentees = [pair.mentee for pair in programme.historical_pairs if item.scope.partition("-")[2] in (pair.mentor, pair.mentee)]
        about = {factor for mentee in mentees or factors for factor in factors[mentee]}
        pair = pairs.get(item.scope.partition("-")[2])
        now = replace(Known.of(programme), pair=pair, key_factors=tuple(about), actions=actions, starts_on=programme.historical_start)
        assert validate_body(item.kind, item.body, None, item.gate, programme, now) == item.body
        if item.kind == "action-plan":
            actions[item.organisation] = ids(item.body["actions"])
    assert len(actions) == len(factors) == 4
