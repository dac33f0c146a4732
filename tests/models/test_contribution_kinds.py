"""Every kind of contribution takes what is right and refuses what is missing, too long, of the wrong kind or contradictory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from models.contribution_kinds import KINDS, schema, validate_body
from models.errors import BadFile
from models.method import METHOD
from tests.factories import definition
from tests.models.generated_run import run

Path = tuple[str | int, ...]


@cache
def _sample(kind: str) -> str:
    return json.dumps(max(run("orchard", 1).bodies(kind), key=lambda body: len(str(body))))


def sample(kind: str) -> Any:
    """A valid body, fresh each time."""
    return json.loads(_sample(kind))


def accepted(kind: str, body: Any) -> Any:
    return validate_body(kind, body, None, "form", definition())


def faults(kind: str, body: Any) -> dict[str, str]:
    """Messages by place; the body must be refused."""
    with pytest.raises(BadFile) as refused:
        accepted(kind, body)
    return {fault.path: fault.message for fault in refused.value.faults}


def put(body: Any, path: Path, value: Any) -> Any:
    """The body with one value replaced."""
    changed = deepcopy(body)
    place = changed
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return changed


def resolved(kind: str, place: dict[str, Any]) -> dict[str, Any]:
    """A schema with its reference, or the one member of its union that is not null, followed."""
    members = [member for member in place.get("anyOf", []) if member.get("type") != "null"]
    if len(members) == 1:
        return resolved(kind, members[0])
    if reference := place.get("$ref"):
        return resolved(kind, schema(kind)["$defs"][reference.rsplit("/", 1)[-1]])
    return place


def places(kind: str, body: Any, place: dict[str, Any] | None = None, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any], Any]]:
    """Every value of the body with its schema and path; of lists only the first entry."""
    here = resolved(kind, place or schema(kind))
    yield path, here, body
    if isinstance(body, dict):
        for key, value in body.items():
            yield from places(kind, value, here["properties"][key], (*path, key))
    elif isinstance(body, list) and body:
        yield from places(kind, body[0], here["items"], (*path, 0))


def dotted(path: Path) -> str:
    return ".".join(map(str, path))


def test_every_gate_of_the_method_finds_its_kind() -> None:
    assert {gate.contribution for gate in METHOD.gates.values() if gate.contribution} == KINDS.keys()


def test_an_unknown_kind_is_refused_with_a_suggestion() -> None:
    assert faults("action-plann", {}) == {"": "'action-plann' is no kind of contribution: did you mean 'action-plan'?"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described_and_bounded(kind: str) -> None:
    whole = schema(kind)
    unbounded, undescribed = [], []
    for owner in (whole, *whole.get("$defs", {}).values()):
        for name, place in owner.get("properties", {}).items():
            undescribed += [f"{owner['title']}.{name}"] * ("description" not in place)
            unbounded += [f"{owner['title']}.{name}" for option in _leaves(kind, place) if not _is_bounded(option)]
    assert (undescribed, unbounded) == ([], [])


def _leaves(kind: str, place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for option in place.get("anyOf", [place]):
        leaf = resolved(kind, option)
        yield leaf
        if "items" in leaf:
            yield from _leaves(kind, leaf["items"])


def _is_bounded(place: dict[str, Any]) -> bool:
    match place.get("type"):
        case "string":
            return (
                "maxLength" in place
                or "enum" in place
                or place.get("format") == "date"
                or place.get("pattern", "").startswith("^[a-z]{2,3}")
            )
        case "array":
            return "maxItems" in place
        case "integer" | "number":
            return "maximum" in place and "minimum" in place
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_body_is_canonical_and_stays_what_it_is(kind: str) -> None:
    once = accepted(kind, sample(kind))

    assert accepted(kind, once) == once
    assert json.loads(json.dumps(once)) == once


@pytest.mark.parametrize("kind", KINDS)
def test_each_required_field_is_asked_for_when_missing(kind: str) -> None:
    body = sample(kind)
    tried = 0
    for path, place, value in places(kind, body):
        for key in place.get("required", []) if isinstance(value, dict) else []:
            less = {name: item for name, item in value.items() if name != key}
            assert f"missing key '{key}'" in faults(kind, put(body, path, less) if path else less).values()
            tried += 1
    assert tried or kind in ("matching-proposal", "lesson")


@pytest.mark.parametrize("kind", KINDS)
def test_each_text_and_list_has_a_limit(kind: str) -> None:
    body = sample(kind)
    for path, place, value in places(kind, body):
        if isinstance(value, str) and "maxLength" in place:
            assert dotted(path) in faults(kind, put(body, path, "x" * (place["maxLength"] + 1)))
        if isinstance(value, list) and value:
            assert (
                f"must have at most {place['maxItems']} items"
                in faults(kind, put(body, path, value[:1] * (place["maxItems"] + 1)))[dotted(path)]
            )


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_the_wrong_type_is_refused_where_it_stands(kind: str) -> None:
    body = sample(kind)
    for path, _, value in places(kind, body):
        if path and value is not None:
            wrong = ["a", {"b": 1}] if not isinstance(value, list) else "one line"
            assert any(place.startswith(dotted(path)) for place in faults(kind, put(body, path, wrong)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_misspelt_key_is_refused_with_a_suggestion(kind: str) -> None:
    key = next(iter(schema(kind)["properties"]))

    assert faults(kind, sample(kind) | {key + "x": 1})[key + "x"] == f"unknown key '{key}x': did you mean '{key}'?"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nonsense", [None, [], "text", 7, {}])
def test_nonsense_is_no_body(kind: str, nonsense: Any) -> None:
    if kind == "matching-proposal" and nonsense == {}:
        assert accepted(kind, nonsense) == {"overrides": [], "note": ""}  # "as computed" is a whole answer
    else:
        assert faults(kind, nonsense)


NEED: Path = ("needs", 0)
ACTION: Path = ("actions", 0)
CONTRADICTIONS: list[tuple[str, Path, Any, str, str]] = [
    # kind, where, put there, place of the fault, part of its message
    ("needs-assessment", (*NEED, "severity"), 6, "needs.0.severity", "at most 5"),
    ("needs-assessment", (*NEED, "severity"), 0, "needs.0.severity", "at least 1"),
    ("needs-assessment", (*NEED, "severity"), True, "needs.0.severity", "should be a number, not yes or no"),
    ("needs-assessment", (*NEED, "people_affected"), 4, "needs.0.people_affected", "suppress counts under 5"),
    ("needs-assessment", (*NEED, "people_affected"), 10**8, "needs.0.people_affected", "more than the population"),
    ("needs-assessment", (*NEED, "theme"), "wrok", "needs.0.theme", "no theme called 'wrok' in this programme. Did you mean 'work'?"),
    ("needs-assessment", ("needs",), [], "needs", "at least 1 item"),
    ("needs-assessment", ("population",), "33 000", "population", "whole number"),
    ("needs-assessment", ("population",), 4, "population", "at least 5"),
    ("needs-assessment", ("population",), -1, "population", "at least 5"),
    ("needs-assessment", ("foreign_origin_share",), 100.1, "foreign_origin_share", "at most 100"),
    ("needs-assessment", ("foreign_origin_share",), float("nan"), "foreign_origin_share", ""),
    ("needs-assessment", ("figures", 0, "value"), 3, "figures.0.value", "suppress counts under 5"),
    ("needs-assessment", ("figures", 0, "value"), 7.5, "figures.0.value", "whole numbers"),
    ("needs-assessment", ("figures", 0, "value"), -10, "figures.0.value", "negative"),
    ("needs-assessment", ("figures", 0, "unit"), "km", "figures.0.unit", "is not one of people"),
    ("needs-assessment", ("figures", 1, "value"), 130, "figures.1.value", "between 0 and 100 %"),
    ("city-profile", ("strengths", 0, "level"), 9, "strengths.0.level", "at most 5"),
    ("city-profile", ("strengths",), [], "strengths", "at least 1 item"),
    ("city-profile", ("capacity_mentees",), 11, "capacity_mentees", "at most 10"),
    ("city-profile", ("working_languages",), ["English"], "working_languages.0", "language code"),
    ("city-profile", ("working_languages",), ["en", "en"], "working_languages", "given twice"),
    ("city-profile", ("wished_themes",), ["work", "work"], "wished_themes", "given twice"),
    ("city-profile", ("wished_themes",), ["gardens"], "wished_themes.0", "no theme called 'gardens'"),
    ("city-profile", ("vetoes",), [{"city": "alderr", "reason": "r"}], "vetoes.0.city", "Did you mean 'alder'?"),
    ("city-profile", ("vetoes",), [{"city": "alder", "reason": " "}], "vetoes.0.reason", "must not be empty"),
    ("city-profile", ("vetoes",), [{"city": "alder", "reason": "r"}] * 2, "vetoes.1.city", "the same city as number 1"),
    ("good-practice", ("practices", 0, "website"), "javascript:alert(1)", "practices.0.website", "http:// or https://"),
    ("benchmark", ("key_factors",), [], "key_factors", "at least 1 item"),
    ("benchmark", ("key_factors", 1, "id"), "KF1", "key_factors.1.id", "the same id as number 1"),
    ("benchmark", ("key_factors", 0, "id"), "../KF1", "key_factors.0.id", "letters a-z, digits"),
    ("self-assessment", ("ratings", 0, "rating"), 5, "ratings.0.rating", "at most 4"),
    ("self-assessment", ("ratings", 0, "evidence"), "", "ratings.0.evidence", "must not be empty"),
    ("self-assessment", ("ratings", 1, "key_factor"), "KF1", "ratings.1.key_factor", "the same key factor"),
    ("action-plan", (*ACTION, "end"), "2001-01-01", "actions.0.end", "must come after the start"),
    ("action-plan", (*ACTION, "start"), "soon", "actions.0.start", "must be a date"),
    ("action-plan", (*ACTION, "milestones", 0, "on"), "2001-01-01", "actions.0.milestones.0.on", "lies outside the action"),
    ("action-plan", (*ACTION, "cost", "staff"), "12 euro", "actions.0.cost.staff", "whole number"),
    ("action-plan", (*ACTION, "cost", "staff"), -5, "actions.0.cost.staff", "at least 0"),
    ("action-plan", (*ACTION, "cost", "staff"), 10.5, "actions.0.cost.staff", "whole number"),
    ("action-plan", (*ACTION, "funding"), {"source": "", "state": "secured"}, "actions.0.funding.source", "needs its source"),
    ("action-plan", (*ACTION, "funding"), {"source": "x", "state": "sure"}, "actions.0.funding.state", "secured, applied, none"),
    ("action-plan", (*ACTION, "indicator", "target", "on"), "2001-01-01", "actions.0.indicator.target.on", "after the baseline"),
    ("action-plan", (*ACTION, "indicator", "baseline", "value"), 2, "actions.0.indicator.baseline.value", "suppress counts"),
    ("action-plan", (*ACTION, "risk", "impact"), 6, "actions.0.risk.impact", "at most 5"),
    ("action-plan", (*ACTION, "objective"), "O9", "actions.0.objective", "no objective called 'O9' in this plan. Choose one of: O1, O2"),
    ("action-plan", ("actions", 1, "id"), "A1", "actions.1.id", "the same id as number 1"),
    ("action-plan", ("actions",), [], "actions", "at least 1 item"),
    ("action-plan", (*ACTION, "progress"), 20, "actions.0.progress", "only planned"),
    ("action-plan", (*ACTION, "status"), "done", "actions.0.progress", "stands at 100"),
    ("action-plan", (*ACTION, "mentor_practice"), "", "actions.0.adaptation", "name the practice"),
    ("costing", ("total",), 1, "total", "not the sum of the items"),
    ("costing", ("items", 1, "action"), "A1", "items.1.action", "the same action"),
    ("comments", ("comments",), [], "comments", "at least 1 item"),
    ("comments", ("held_on",), "2021-02-30", "held_on", "must be a date"),
    ("support-network", ("members", 0, "consent"), False, "members.0.consent", "without its consent"),
    ("one-stop-shop", ("services",), [], "services", "own_site"),
    ("one-stop-shop", ("services", 0, "topic"), "weather", "services.0.topic", "is not one of first-steps"),
    ("one-stop-shop", ("services", 0, "checked_by"), "", "services.0.checked_on", "by whom"),
    ("one-stop-shop", ("services", 0, "checked_on"), None, "services.0.checked_by", "not when"),
    ("one-stop-shop", ("services", 0, "phone"), "call me", "services.0.phone", "telephone number"),
    ("one-stop-shop", ("services", 0, "mailbox"), "a@b.example, c@d.example", "services.0.mailbox", "one mailbox"),
    ("one-stop-shop", ("own_site",), "//evil.example", "own_site", "http:// or https://"),
    ("visit-agenda", ("guest",), "birch", "guest", "cannot visit itself"),
    ("visit-agenda", ("host",), "cedarr", "host", "Did you mean 'cedar'?"),
    ("visit-agenda", ("ends_on",), "2001-01-01", "ends_on", "comes before the first"),
    ("visit-agenda", ("ends_on",), "2030-01-01", "ends_on", "more than 14 days"),
    ("visit-agenda", ("sessions", 0, "on"), "2001-01-01", "sessions.0.on", "lies outside the meeting"),
    ("visit-agenda", ("sessions", 0, "ends"), "08:00", "sessions.0.ends", "must come after the start"),
    ("visit-agenda", ("sessions", 0, "starts"), 9, "sessions.0.starts", "must be a time of day, such as '09:30', not 9"),
    ("visit-agenda", ("sessions", 0, "starts"), 930, "sessions.0.starts", "must be a time of day, such as '09:30', not 930"),
    ("visit-agenda", ("sessions", 0, "starts"), None, "sessions.0.ends", "not when it starts"),
    ("visit-agenda", ("budget_total",), 1, "budget_total", "not the sum of the items"),
    ("visit-report", ("participants", 0, "attended"), 3, "participants.0.attended", "suppress counts under 5"),
    ("visit-report", ("participants", 0, "attended"), 500, "participants.0.attended", "were invited"),
    ("visit-report", ("participants", 1, "side"), "host", "participants.1.role", "counted twice"),
    ("visit-report", ("findings",), [], "findings", "at least 1 item"),
    ("visit-report", ("follow_ups", 0, "by"), "2001-01-01", "follow_ups.0.by", "lies before the visit"),
    ("visit-report", ("quotes",), [{"text": "So.", "role": "r", "consent": False}], "quotes.0.consent", "without consent"),
    ("workshop-record", ("transferred", 0, "taker"), "birch", "transferred.0.taker", "cannot pass it on to itself"),
    ("workshop-record", ("evaluation", 0, "answers"), 900, "evaluation.0.answers", "took part"),
    ("academy-record", ("competences", 0, "after"), 5.5, "competences.0.after", "at most 5"),
    ("peer-review", ("reviews", 0, "ratings", 1, "criterion"), "answers-the-needs", "reviews.0.ratings.1.criterion", "the same criterion"),
    ("peer-review", ("reviews", 0, "plan"), "alder", "reviews.0.plan", "takes part as a mentor"),
]


@pytest.mark.parametrize(("kind", "where", "value", "place", "message"), CONTRADICTIONS)
def test_what_cannot_be_is_refused_at_its_place(kind: str, where: Path, value: Any, place: str, message: str) -> None:
    assert message in faults(kind, put(sample(kind), where, value))[place]


def test_all_faults_are_told_at_once() -> None:
    body = put(put(sample("needs-assessment"), ("population",), "many"), (*NEED, "theme"), "gardens")

    assert faults("needs-assessment", body | {"gapss": []}).keys() == {"population", "needs.0.theme", "gapss"}


def test_a_time_of_day_may_lack_its_nought() -> None:
    body = accepted("visit-agenda", put(put(sample("visit-agenda"), ("sessions", 0, "starts"), "9:30"), ("sessions", 0, "ends"), "14:30"))

    assert (body["sessions"][0]["starts"], body["sessions"][0]["ends"]) == ("09:30", "14:30")


def test_a_need_stands_once_because_actions_name_it_by_its_title() -> None:
    body = sample("needs-assessment")
    body["needs"].append(body["needs"][0] | {"title": body["needs"][0]["title"].upper()})

    assert list(faults("needs-assessment", body)) == [f"needs.{len(body['needs']) - 1}.title"]


@pytest.mark.parametrize(
    ("override", "place", "message"),
    [
        ({"mentor": "cedar"}, "overrides.0.mentor", "takes part as a mentee"),
        ({"mentee": "alder"}, "overrides.0.mentee", "takes part as a mentor"),
        ({"mentor": "oak"}, "overrides.0.mentor", "no city called 'oak'"),
        ({"theme": "gardens"}, "overrides.0.theme", "no theme called 'gardens'"),
        ({"reason": ""}, "overrides.0.reason", "must not be empty"),
    ],
)
def test_an_override_names_a_possible_pair_and_its_reason(override: dict[str, str], place: str, message: str) -> None:
    pair = {"mentor": "alder", "mentee": "cedar", "theme": "work", "reason": "They know each other."}

    assert accepted("matching-proposal", {"overrides": [pair]})["overrides"] == [pair]
    assert message in faults("matching-proposal", {"overrides": [pair | override]})[place]


def test_a_mentee_is_overridden_once() -> None:
    pair = {"mentor": "alder", "mentee": "cedar", "theme": "work", "reason": "r"}

    assert "the same mentee" in faults("matching-proposal", {"overrides": [pair, pair | {"mentor": "birch"}]})["overrides.1.mentee"]


def test_a_network_without_a_migrant_led_body_needs_an_exception_with_a_date() -> None:
    body: dict[str, Any] = {"members": [{"organisation": "School", "kind": "school", "migrant_led": False, "consent": True}]}
    exception = {"reason": "Being founded.", "by": "2022-01-31"}

    assert "no member is migrant-led" in faults("support-network", body)["members"]
    assert "exception.by" not in accepted("support-network", body | {"exception": exception})
    assert faults("support-network", body | {"exception": {"reason": "Being founded."}}) == {"exception": "missing key 'by'"}
    body["members"][0]["migrant_led"] = True
    assert "nothing to except" in faults("support-network", body | {"exception": exception})["exception"]


def test_a_city_with_a_site_of_its_own_gives_its_address_instead_of_services() -> None:
    body = {"publisher": "Cedar", "maintained_by": "Library", "languages": ["it"], "own_site": "https://www.cedar.example/welcome"}

    assert accepted("one-stop-shop", body)["services"] == []


def test_a_lesson_says_something() -> None:
    assert "nothing is said yet" in faults("lesson", {"summary": "It was fine."})[""]


def test_an_opinion_does_not_keep_and_change_the_same() -> None:
    assert "decide for one" in faults("opinion", {"summary": "s", "keep": ["A1"], "change": ["a1"]})["change.0"]


def test_zero_people_is_not_a_small_count() -> None:
    assert accepted("needs-assessment", put(sample("needs-assessment"), (*NEED, "people_affected"), 0))["needs"][0]["people_affected"] == 0


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "{{ 7*7 }}", "'; DROP TABLE revision; --", "D'Amico & fils", "مرحبا", "=1+1", "{message}", "%s"]
)
def test_a_hostile_name_is_kept_as_the_text_it_is(name: str) -> None:
    body = put(sample("support-network"), ("members", 0, "organisation"), name)

    assert accepted("support-network", body)["members"][0]["organisation"] == name


@pytest.mark.parametrize("name", ["a\x00b", "a\x1bb", "a\u202eb", "a\ud800b", "a\ufffeb", "\x85"])
def test_unprintable_characters_are_refused(name: str) -> None:
    assert "members.0.organisation" in faults("support-network", put(sample("support-network"), ("members", 0, "organisation"), name))


def test_a_hostile_reference_is_quoted_in_one_line() -> None:
    for message in faults("action-plan", put(sample("action-plan"), (*ACTION, "objective"), "O9\n<b>")).values():
        assert "\n" not in message


def test_equal_texts_have_one_form() -> None:
    composed, decomposed = "  Sch\u00e9ma\r\nb ", "Sche\u0301ma\nb"

    assert accepted("lesson", {"summary": composed, "advice": ["x\ty"]}) == accepted("lesson", {"summary": decomposed, "advice": ["x y"]})


def test_whole_numbers_stay_whole_and_others_what_they_are() -> None:
    body = put(sample("needs-assessment"), ("foreign_origin_share",), 12.0)
    body["figures"] = [{"label": "Rent", "value": value, "unit": "euro", "year": 2020, "source": "s"} for value in (7, 7.0, "7", 7.25)]

    taken = accepted("needs-assessment", body)

    assert repr([figure["value"] for figure in taken["figures"]]) == "[7, 7, 7, 7.25]"
    assert repr(taken["foreign_origin_share"]) == "12"
