"""Values that contradict one another are refused by the rules of the kinds, one test for each rule; and limits that lose nothing."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from pydantic import BaseModel

from models.contribution_kinds import KINDS, validate_body
from models.definition import Strict
from models.errors import BadFile
from tests.factories import city, definition, organisations
from tests.models.every_field import Path, faults, put, valid

DAY = "2021-03-16"


def twice(*path: str | int) -> Any:
    """A change that puts the first entry of a list a second time at its end."""

    def change(body: Any) -> Any:
        entries = _at(body, path)
        return put(body, path, [*entries, deepcopy(entries[0])])

    return change


def at(*path: str | int, to: Any) -> Any:
    """A change of one value."""
    return lambda body: put(body, path, to)


def both(*changes: Any) -> Any:
    def change(body: Any) -> Any:
        for each in changes:
            body = each(body)
        return body

    return change


def every(*path: str | int, **to: Any) -> Any:
    """A change of the same keys in every entry of a list."""
    return lambda body: put(body, path, [entry | to for entry in _at(body, path)])


def _at(body: Any, path: Path) -> Any:
    for part in path:
        body = body[part]
    return body


PERSON = {"role": "City officers", "side": "host", "invited": 10, "attended": 8}
QUOTE = {"text": "It opened our eyes.", "role": "Officer", "consent": True}
FIGURE = {"label": "Residents", "value": 100, "unit": "people", "year": 2020, "source": "Register"}
TARGET = ("actions", 0, "indicator", "target")
UNNAMED = {"source": "", "state": "applied"}
SELF = {"giver": "cedar", "taker": "cedar"}
OVERRIDE = {"mentor": "alder", "mentee": "cedar", "theme": "work", "reason": "They know each other."}
PARTY = {"party": "mentor", "role": "Lead", "tasks": ["Shows"]}

Case = tuple[str, str, Any, str, str]
CASES: list[Case] = [
    # model, kind, what is changed, place of the fault, part of its message
    ("PairTerms", "pair-terms", at("duties", to=[PARTY] * 2), "duties", "says nothing of the mentee; add what it does"),
    ("GoodPractice", "good-practice", twice("practices"), "practices.-1.title", "the same practice as number 1; give each once"),
    ("Benchmark", "benchmark", twice("key_factors"), "key_factors.-1.id", "the same id as number 1; give each once"),
    ("SelfAssessment", "self-assessment", twice("ratings"), "ratings.-1.key_factor", "the same key factor as number 1"),
    ("Lesson", "lesson", lambda _: {"summary": "Fine."}, "", "give at least one line under worked, did_not_work or advice"),
    ("Synthesis", "synthesis", twice("results"), "results.-1.result", "the same result as number 1"),
    ("Evaluation", "evaluation", twice("results"), "results.-1.result", "the same result as number 1"),
    ("Evaluation", "evaluation", twice("competences"), "competences.-1.competence", "the same competence as number 1"),
    ("Evaluation", "evaluation", at("results", 0, "result", to="peace"), "results.0.result", "no expected result called 'peace' in this"),
    ("Session", "visit-report", at("programme", 0, "ends", to="00:01"), "programme.0.ends", "must come after the start"),
    ("Session", "visit-report", at("programme", 0, "starts", to=None), "programme.0.ends", "add starts"),
    ("Participants", "training-record", at("participants", 0, "attended", to=900), "participants.0.attended", "or leave out invited"),
    ("Quote", "visit-report", at("quotes", to=[QUOTE | {"consent": False}]), "quotes.0.consent", "obtain it or take the quote out"),
    ("Teaching", "training-record", twice("competences"), "competences.-1.competence", "the same competence as number 1"),
    ("Teaching", "training-record", twice("evaluation"), "evaluation.-1.question", "the same question as number 1"),
    ("Teaching", "training-record", twice("participants"), "participants.-1.role", "is counted twice; count each role once"),
    ("Teaching", "training-record", every("competences", answers=9000), "competences.0.answers", "9000 answered, but only "),
    ("Teaching", "training-record", every("evaluation", answers=9000), "evaluation.0.answers", "9000 answered, but only "),
    ("Teaching", "training-record", at("starts_on", to="2031-01-01"), "ends_on", "comes before the first, 2031-01-01"),
    ("WorkshopRecord", "workshop-record", every("programme", on="2001-01-01"), "programme.0.on", "2001-01-01 lies outside the meeting, "),
    ("WorkshopRecord", "workshop-record", every("evaluation", answers=9000), "evaluation.0.answers", "took part; correct one of them"),
    ("Teaching", "academy-record", twice("competences"), "competences.-1.competence", "the same competence as number 1"),
    ("Teaching", "academy-record", every("competences", answers=9000), "competences.0.answers", "9000 answered, but only "),
    ("VisitReport", "visit-report", every("programme", on="2001-01-01"), "programme.0.on", "lies outside the meeting"),
    ("VisitReport", "visit-report", every("follow_ups", by="2001-01-01"), "follow_ups.0.by", "2001-01-01 lies before the visit, "),
    ("VisitReport", "visit-report", both(at("host", to="cedar"), at("guest", to="cedar")), "guest", "name the other city of the pair"),
    ("Transfer", "workshop-record", every("transferred", **SELF), "transferred.0.taker", "cannot pass it on to itself"),
    ("PlanReview", "peer-review", every("reviews", 0, "ratings", criterion="lasts"), "reviews.0.ratings.1.criterion", "same criterion"),
    ("PeerReview", "peer-review", twice("reviews"), "reviews.-1.plan", "the same plan as number 1"),
    ("Figure", "needs-assessment", at("figures", to=[FIGURE | {"value": 3}]), "figures.0.value", "leave the figure out"),
    ("Figure", "needs-assessment", at("figures", to=[FIGURE | {"value": 7.5}]), "figures.0.value", "for a share use the unit %"),
    ("Figure", "needs-assessment", at("figures", to=[FIGURE | {"unit": "%", "value": 150}]), "figures.0.value", "between 0 and 100 %"),
    ("Figure", "needs-assessment", at("figures", to=[FIGURE | {"unit": "places", "value": -1}]), "figures.0.value", "cannot be negative"),
    ("NeedsAssessment", "needs-assessment", twice("needs"), "needs.-1.title", "the same need as number 1"),
    ("NeedsAssessment", "needs-assessment", at("population", to=5), "needs.0.people_affected", "more than the population"),
    ("CityProfile", "city-profile", at("vetoes", to=[{"city": "alder", "reason": "r"}] * 2), "vetoes.1.city", "the same city as number 1"),
    ("MatchingProposal", "matching-proposal", at("overrides", to=[OVERRIDE] * 2), "overrides.1.mentee", "the same mentee as number 1"),
    ("SupportNetwork", "support-network", twice("members"), "members.-1.organisation", "the same organisation as number 1"),
    ("SupportNetwork", "support-network", every("members", consent=False), "members.0.consent", "obtain it or take the member out"),
    ("SupportNetwork", "support-network", every("members", migrant_led=False), "members", "or give an exception with its reason"),
    ("StakeholderMap", "stakeholder-map", twice("stakeholders"), "stakeholders.-1.organisation", "the same organisation as number 1"),
    ("StakeholderMap", "stakeholder-map", every("stakeholders", invited=False), "stakeholders", "set invited to true for those"),
    ("FundingSource", "costing", every("items", funding=UNNAMED), "items.0.funding.source", "name who pays"),
    ("Indicator", "action-plan", at(*TARGET, "on", to="2001-01-01"), "actions.0.indicator.target.on", "must come after"),
    ("Indicator", "action-plan", at(*TARGET, "value", to=3), "actions.0.indicator.target.value", "give 0, or 5"),
    ("Action", "action-plan", at("actions", 0, "end", to="2001-01-01"), "actions.0.end", "must come after the start"),
    ("Action", "action-plan", every("actions", status="done", progress=50), "actions.0.progress", "set progress to 100"),
    ("Action", "action-plan", every("actions", status="planned", progress=50), "actions.0.progress", "set its status to under-way"),
    ("Action", "action-plan", every("actions", mentor_practice="", adaptation="Smaller."), "actions.0.adaptation", "name the practice"),
    ("ActionPlan", "action-plan", twice("actions"), "actions.-1.id", "the same id as number 1"),
    ("ActionPlan", "action-plan", twice("objectives"), "objectives.-1.id", "the same id as number 1"),
    ("ActionPlan", "action-plan", at("actions", 0, "objective", to="O99"), "actions.0.objective", "in this plan. Choose one of: O1"),
    ("Costing", "costing", at("total", to=1), "total", "1 euro is not the sum of the items, "),
    ("Costing", "costing", twice("items"), "items.-1.action", "the same action as number 1"),
    ("Opinion", "opinion", both(at("keep", to=["A1"]), at("change", to=["a1"])), "change.0", "decide for one"),
    ("ShopService", "one-stop-shop", every("services", checked_on=DAY, checked_by=""), "services.0.checked_on", "add checked_by, a role"),
    ("ShopService", "one-stop-shop", every("services", checked_on=None, checked_by="Owner"), "services.0.checked_by", "add checked_on"),
    ("OneStopShop", "one-stop-shop", twice("services"), "services.-1.name", "under that topic as number 1; give each once"),
    ("OneStopShop", "one-stop-shop", at("services", to=[]), "services", "add at least one, or own_site"),
    ("ToolkitNotes", "toolkit-notes", twice("exercises"), "exercises.-1.title", "the same exercise as number 1"),
    ("ToolkitNotes", "toolkit-notes", twice("resources"), "resources.-1.title", "the same resource as number 1"),
    ("PlannedVisit", "visit-plan", every("visits", host="alder", guest="alder"), "visits.0.guest", "'alder' cannot visit itself"),
    ("PlannedVisit", "visit-plan", at("visits", 0, "ends_on", to="2031-01-01"), "visits.0.ends_on", "more than 14 days; correct"),
    ("PlannedVisit", "visit-plan", at("visits", 0, "ends_on", to="2001-01-01"), "visits.0.ends_on", "comes before the first"),
    ("VisitPlan", "visit-plan", every("visits", number=1), "visits.1.number", "the same visit as number 1"),
    ("VisitPlan", "visit-plan", every("visits", starts_on=DAY, ends_on=DAY), "visits.1.starts_on", "before visit 1 is over on 2021-03-16"),
    ("VisitPlan", "visit-plan", at("budget_total", to=1), "budget_total", "correct one or leave the total out"),
    ("VisitAgenda", "visit-agenda", at("budget_total", to=1), "budget_total", "1 euro is not the sum of the items, "),
    ("VisitAgenda", "visit-agenda", every("sessions", on="2001-01-01"), "sessions.0.on", "2001-01-01 lies outside the meeting, "),
    ("VisitAgenda", "visit-agenda", both(at("host", to="cedar"), at("guest", to="cedar")), "guest", "cannot visit itself"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "kind", "change", "place", "message"), CASES, ids=[f"{case[0]}-{case[3]}" for case in CASES])
def test_what_contradicts_itself_is_told_where_and_what_would_be_right(
    model: str, kind: str, change: Any, place: str, message: str
) -> None:
    body = change(valid(kind))
    found = faults(kind, body)
    where = _last(place, body)
    assert where in found, found
    assert message in found[where], found[where]


def _last(place: str, body: Any) -> str:
    """The place, in which -1 is the number of a list's last entry."""
    before, found, after = place.partition("-1")
    return f"{before}{len(_at(body, _path(before))) - 1}{after}" if found else place


def _path(place: str) -> Path:
    return tuple(int(part) if part.isdigit() else part for part in place.strip(".").split("."))


def _with_rules(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        if each.__module__.startswith("models.contribution_kinds") and "rules" in vars(each):
            yield each
        yield from _with_rules(each)


def test_every_model_with_a_rule_has_its_case() -> None:
    assert {each.__name__ for each in _with_rules(Strict)} == {case[0] for case in CASES} | {"Override"}


def test_a_city_that_may_take_either_side_is_still_no_mentor_of_its_own() -> None:
    programme = definition(cast=[*organisations(), city("elm", "either")])
    body = {"overrides": [OVERRIDE | {"mentor": "elm", "mentee": "elm"}]}
    with pytest.raises(BadFile) as refused:
        validate_body("matching-proposal", body, None, "form", programme)
    assert [str(fault) for fault in refused.value.faults] == ["overrides.0.mentee: a city cannot be its own mentor; name two cities"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_changed_here_is_right_before(kind: str) -> None:
    assert validate_body(kind, valid(kind), None, "form", definition())


# -- a great deal, and nothing


def test_three_hundred_actions_are_refused_with_the_limit_and_sixty_are_taken() -> None:
    plan = valid("action-plan")
    actions = [plan["actions"][0] | {"id": f"A{number}"} for number in range(300)]
    assert faults("action-plan", plan | {"actions": actions}) == {"actions": "must have at most 60 items, and has 300"}
    assert len(validate_body("action-plan", plan | {"actions": actions[:60]}, None, "form", definition())["actions"]) == 60


def test_no_needs_at_all_is_refused() -> None:
    assert faults("needs-assessment", valid("needs-assessment") | {"needs": []}) == {"needs": "must have at least 1 item, and has 0"}


def test_a_benchmark_has_thirty_key_factors_and_no_more() -> None:
    benchmark = valid("benchmark")
    factors = [benchmark["key_factors"][0] | {"id": f"KF{number}"} for number in range(31)]
    taken = validate_body("benchmark", benchmark | {"key_factors": factors[:30]}, None, "form", definition())
    assert [factor["id"] for factor in taken["key_factors"]] == [f"KF{number}" for number in range(30)]
    assert faults("benchmark", benchmark | {"key_factors": factors}) == {"key_factors": "must have at most 30 items, and has 31"}
