"""What an edition contains: what was contributed, what is missing and owed by whom; nothing that changes by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from models.content import gather
from models.contributions import Contribution
from models.doors import steering
from models.editions import canonical, sha256_of
from models.method import METHOD
from tests.models.conftest import At
from tests.world import World

CEDAR = "city-cedar"


def content(world: World, number: str, scope: str) -> dict[str, Any]:
    with world.changing() as (session, standing):
        return gather(session, standing, METHOD.by_number[number], scope)


def test_the_same_contributions_give_the_same_content_whenever_it_is_gathered(at: At) -> None:
    world = at("needs-approval")
    before = content(world, "D1.1", CEDAR)
    world.now += timedelta(days=400)
    assert sha256_of(content(world, "D1.1", CEDAR)) == sha256_of(before)


def test_content_is_plain_json_without_approval_version_or_date_of_building(at: At) -> None:
    found = content(at("needs-approval"), "D1.1", CEDAR)
    assert canonical(found)
    about = {"number", "slug", "title", "phase", "scope", "programme", "organisations", "themes", "pair", "pairs"}
    assert set(found) == about | {"contributions", "missing", "matching", "record"}


def test_no_mailbox_of_the_cast_is_in_any_edition(at: At) -> None:
    with at("closed").looking() as standing:
        mailboxes = {contact.mailbox.encode() for item in standing.programme.organisations for contact in item.contacts}
        texts = [canonical(edition.content) for edition in standing.programme.editions]
    assert len(texts) > 50
    assert not [mailbox for mailbox in mailboxes for text in texts if mailbox in text]


def test_a_city_document_draws_on_the_city_alone(at: At) -> None:
    found = content(at("needs-approval"), "D1.1", CEDAR)
    assert {kind: [item["organisation"] for item in items] for kind, items in found["contributions"].items()} == {
        "needs-assessment": ["cedar"],
        "city-profile": ["cedar"],
    }


def test_a_pairs_document_draws_on_the_pair(at: At) -> None:
    found = content(at("closed"), "D2.1", "pair-cedar")
    assert found["pair"]["mentee"] == "cedar"
    assert [item["scope"] for item in found["contributions"]["benchmark"]] == ["pair-cedar"]


def test_a_themes_toolkit_draws_on_its_pair_and_on_everybodys_practices_on_that_theme(at: At) -> None:
    """Practices of cities outside the pair too, but only of those who have one on the theme."""
    world = at("closed")
    with world.changing() as (session, standing):
        themes = {pair.mentee: pair.theme for pair in standing.programme.pairs}
        mentees = [mentee for mentee, theme in themes.items() if theme == themes["cedar"]]
        written = {
            item.organisation: {practice["theme"] for practice in item.current.body["practices"]}
            for item in session.scalars(select(Contribution).where(Contribution.kind == "good-practice"))
            if item.current
        }
    found = content(world, "D6.4", f"theme-{themes['cedar']}")["contributions"]
    assert {item["organisation"] for item in found["good-practice"]} == {who for who, on in written.items() if themes["cedar"] in on}
    assert [item["scope"] for item in found["benchmark"]] == [f"pair-{mentee}" for mentee in sorted(mentees)]
    assert {item["scope"] for item in found["action-plan"]} == {f"city-{mentee}" for mentee in mentees}
    assert {item["scope"] for item in found["toolkit-notes"]} == {f"theme-{themes['cedar']}"}


def test_practices_of_a_city_outside_the_pair_are_in_its_themes_toolkit_with_the_theme_and_not_without(at: At) -> None:
    world = at("closed")
    with world.changing() as (session, standing):
        theme, other = standing.programme.pairs[0].theme, "on-no-theme-of-a-pair"
        outside = next(city.slug for city in standing.definition.cities if not standing.touch(f"city-{city.slug}", f"theme-{theme}"))
    for on, expected in ((theme, True), (other, False)):
        with world.changing() as (session, standing):
            for item in session.scalars(
                select(Contribution).where(Contribution.kind == "good-practice", Contribution.organisation == outside)
            ):
                for revision in item.revisions:
                    revision.body = {"practices": [practice | {"theme": on} for practice in revision.body["practices"]]}
        practices = content(world, "D6.4", f"theme-{theme}")["contributions"]["good-practice"]
        assert (outside in {item["organisation"] for item in practices}) is expected


def test_what_the_programme_is_to_achieve_is_in_every_document(at: At) -> None:
    results = content(at("needs-approval"), "D1.1", CEDAR)["programme"]["expected_results"]
    assert [result["slug"] for result in results] == ["integration", "cooperation", "competences"]
    assert set(results[0]) == {"slug", "title", "description"}


def test_a_document_knows_nothing_of_later_phases(at: At) -> None:
    """Self-assessments are made in phase 2 and again in phase 7; the benchmark paper is phase 2's."""
    found = content(at("closed"), "D2.1", "pair-cedar")
    assert {item["phase"] for item in found["contributions"]["self-assessment"]} == {2}
    final = content(at("closed"), "D7.1", CEDAR)
    assert [item["gate"] for item in final["contributions"]["action-plan"]] == ["plan-draft", "plan-revised", "plan-final"]


def test_only_the_newest_accepted_revision_is_in_it(at: At) -> None:
    world = at("needs-approval")
    world.decide("needs-approval", CEDAR, "cedar", "return", "more")
    world.contribute("needs", CEDAR, context="Second.")
    world.contribute("needs", CEDAR, context="Third, and too late: it lies in the tray.")
    (needs,) = content(world, "D1.1", CEDAR)["contributions"]["needs-assessment"]
    assert (needs["revision"], needs["body"]["context"]) == (2, "Second.")


def test_what_is_missing_names_who_owes_it_and_since_when(small: World) -> None:
    missing = content(small, "D1.1", CEDAR)["missing"]
    assert missing == [
        {
            "gate": "needs",
            "title": "Needs assessment questionnaire",
            "scope": CEDAR,
            "organisation": "cedar",
            "owed_by": "Cedar",
            "due_on": "2024-04-02",
        },
        {"gate": "profile", "title": "City profile", "scope": CEDAR, "organisation": "cedar", "owed_by": "Cedar", "due_on": None},
    ]


def test_what_was_gone_on_without_stays_missing(at: At) -> None:
    world = at("visit-1-agenda-approval")
    with world.changing() as (_, standing):
        gate = standing.gate("needs", CEDAR)
        gate.outcome = "proceeded-without"
    assert [item["gate"] for item in content(world, "D1.1", CEDAR)["missing"]] == ["needs"]


def test_the_matching_is_computed_from_what_the_cities_said(at: At) -> None:
    found = content(at("matching-approval"), "D1.2", "programme")
    assert {pair["mentee"] for pair in found["matching"]["pairs"]} == {"cedar", "damson"}
    assert len(found["contributions"]["needs-assessment"]) == 4
    assert found["record"] is None


def test_an_edition_about_the_run_is_frozen_and_goes_on_without_change(at: At) -> None:
    """The guide quotes the record as it was when the committee was shown it, not as it is now."""
    world = at("closed")
    with world.looking() as standing:
        edition = standing.latest_edition("D7.3", "programme")
        assert edition is not None
        shown = edition.content
        assert sha256_of(shown) == edition.content_sha256
    assert content(world, "D7.3", "programme")["record"] != shown["record"]


def test_every_deliverable_is_gathered_in_every_scope(at: At) -> None:
    world = at("closed")
    with world.changing() as (session, standing):
        for spec in METHOD.deliverables:
            for scope in standing.scopes(spec.over):
                found = gather(session, standing, spec, scope)
                assert found["missing"] == [], (spec.number, scope)
                assert all(found["contributions"][kind] for kind in spec.draws_on), (spec.number, scope)


def test_an_empty_answer_of_one_city_is_no_hindrance_for_the_others(at: At) -> None:
    world = at("pair-agreement")
    with world.changing() as (session, standing):
        steering.proceed_without(session, standing, standing.gate("pair-agreement", "pair-damson"), "", world.now)
    assert content(world, "D1.3", "pair-cedar")["missing"] == []
