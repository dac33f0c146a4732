"""The signed pages: what they show, what their forms record, what they refuse, and that nothing typed is lost."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from html import escape
from pathlib import Path
from threading import Barrier

import pytest

from deployments.desk.security import proof
from models import links
from models.database import changing, reading
from models.doors.answering import Offered, contribute, send_back
from models.standing import load
from tests.deployments.desk_world import (
    ORIGIN,
    SECRET,
    World,
    body_for,
    copied,
    decisions,
    fields,
    lead,
    mayor,
    opened,
    play,
    settle,
)

APPROVAL = "needs-approval"


def played(base: World, key: str, folder: Path) -> World:
    world = copied(base, folder)
    play(world, opened(key))
    return world


@pytest.fixture(scope="module")
def deciding(morning: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    return played(morning, APPROVAL, tmp_path_factory.mktemp("deciding"))


@pytest.fixture(scope="module")
def visiting(deciding: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    return played(deciding, "visit-1", tmp_path_factory.mktemp("visiting"))


@pytest.fixture(scope="module")
def adopting(visiting: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    return played(visiting, "plan-adoption", tmp_path_factory.mktemp("adopting"))


@pytest.fixture
def visit(visiting: World, tmp_path: Path) -> World:
    """The first study visits are due."""
    return copied(visiting, tmp_path / "world")


@pytest.fixture
def council(adopting: World, tmp_path: Path) -> World:
    """The action plans are before the councils."""
    return copied(adopting, tmp_path / "world")


# -- looking -------------------------------------------------------------------------------------------------------


def test_a_page_says_who_is_asked_what_until_when_and_why_that_day(asked: World) -> None:
    page = asked.get(f"/a/{lead(asked)}")
    assert page.status_code == 200
    for said in (
        "Orchard",
        "Needs assessment questionnaire",
        "Cedar (project lead)",
        "Tuesday, 2 April 2024",
        "29 days left",
        "Easter Monday",
    ):
        assert said in page.text
    assert '<html lang="en" dir="ltr">' in page.text


def test_looking_changes_nothing(review: World) -> None:
    before, token = review.history(), mayor(review)
    for address in ("", "/receipt", "/template.yaml", "/edition/1", "/edition/1.pdf"):
        review.get(f"/a/{token}{address}")
    review.get(f"/link/{token}")
    assert review.history() == before
    assert review.nudged == []


def test_an_approval_shows_the_edition_its_decision_binds_to(review: World) -> None:
    token, gate = mayor(review), review.gate(APPROVAL, "city-cedar")
    page = review.get(f"/a/{token}").text
    with reading(review.engine) as session:
        edition = load(session, "orchard").latest_edition("D1.1", gate.scope)
    assert edition is not None
    assert edition.content_sha256 in page
    shown = review.get(f"/a/{token}/edition/{edition.id}")
    assert shown.status_code == 200
    assert edition.content_sha256[:12] in shown.text
    assert "script-src" not in shown.headers["content-security-policy"]
    assert "default-src 'none'" in shown.headers["content-security-policy"]


def test_a_link_opens_no_edition_but_its_own(review: World) -> None:
    with reading(review.engine) as session:
        other = load(session, "orchard").latest_edition("D1.1", "city-damson")
    assert other is not None
    assert review.get(f"/a/{mayor(review)}/edition/{other.id}").status_code == 404


def test_the_edition_of_a_reading_link_is_shown_and_nothing_can_be_sent(review: World) -> None:
    with reading(review.engine) as session:
        edition = load(session, "orchard").latest_edition("D1.1", "city-cedar")
    assert edition is not None
    token = links.sign(SECRET, "read", "orchard", None, edition.id, "cedar", "project-lead", date(2030, 1, 1))
    assert f"/a/{token}/edition/{edition.id}" in review.get(f"/a/{token}").text
    assert review.get(f"/a/{token}/edition/{edition.id}").status_code == 200
    assert review.post(f"/a/{token}", data={"verdict": "approve"}).status_code == 405


def test_where_nothing_is_built_the_contribution_itself_is_shown(deciding: World, tmp_path: Path) -> None:
    world = played(deciding, "visit-1-agenda-approval", tmp_path / "world")
    page = world.get(f"/a/{world.token('visit-1-agenda-approval', 'pair-cedar', 'alder', 'project-lead')}").text
    body = world.bodies(world.gate("visit-1-agenda", "pair-cedar"))[0]
    assert escape(body["aims"][0]) in page
    assert "sample, not a statement" in page


# -- deciding ------------------------------------------------------------------------------------------------------


def test_a_decision_is_recorded_and_the_receipt_says_on_which_content(review: World) -> None:
    token = mayor(review)
    form = fields(review, token, verdict="approve")
    answer = review.post(f"/a/{token}", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/a/{token}/receipt")
    [decision] = decisions(review, APPROVAL, "city-cedar")
    assert (decision.verdict, decision.entry, decision.organisation, decision.role) == ("approve", "desk", "cedar", "mayor-delegate")
    assert " ".join(decision.bound.values()) == form["shown"]
    receipt = review.get(f"/a/{token}/receipt").text
    assert "Your decision is recorded" in receipt
    assert form["shown"].split()[0] in receipt
    assert "Monday 18 March 2024" in receipt
    assert review.nudged == ["orchard"]


def test_a_second_decision_is_told_that_it_has_been_decided(review: World) -> None:
    token = mayor(review)
    form = fields(review, token, verdict="approve")
    review.post(f"/a/{token}", data=form)
    again = review.post(f"/a/{token}", data=form | {"verdict": "reject", "comment": "No."})
    assert again.status_code == 409
    assert "This has been decided already" in again.text
    assert [item.verdict for item in decisions(review, APPROVAL, "city-cedar")] == ["approve"]
    assert review.nudged == ["orchard"]


def test_of_two_who_decide_at_once_one_is_told(review: World) -> None:
    token, start = mayor(review), Barrier(2)
    form = fields(review, token)

    def send(filled_in: dict[str, str]) -> int:
        start.wait()
        return review.post(f"/a/{token}", data=form | filled_in).status_code

    with ThreadPoolExecutor(2) as pool:
        codes = sorted(pool.map(send, [{"verdict": "approve"}, {"verdict": "reject", "comment": "No."}]))
    assert codes == [303, 409]
    assert len(decisions(review, APPROVAL, "city-cedar")) == 1


def test_a_return_without_a_comment_is_told_beside_the_field_and_keeps_what_was_chosen(review: World) -> None:
    token = mayor(review)
    answer = review.post(f"/a/{token}", data=fields(review, token, verdict="return", comment="  "))
    assert answer.status_code == 422
    assert 'id="comment-error"' in answer.text
    assert '<a href="#comment">Comment: Say why' in answer.text
    assert re.search(r'value="return"[^>]* checked', answer.text)
    assert decisions(review, APPROVAL, "city-cedar") == []


def test_a_comment_survives_a_form_without_a_choice(review: World) -> None:
    token = mayor(review)
    answer = review.post(f"/a/{token}", data=fields(review, token, comment="Two pages I have typed."))
    assert answer.status_code == 422
    assert 'id="verdict-error"' in answer.text
    assert "Two pages I have typed.</textarea>" in answer.text


def test_what_is_returned_is_asked_for_again_with_the_comment(review: World) -> None:
    token = mayor(review)
    review.post(f"/a/{token}", data=fields(review, token, verdict="return", comment="Name the <b>year</b>."))
    page = review.get(f"/a/{lead(review)}").text
    assert "It came back with a comment" in page
    assert "Name the &lt;b&gt;year&lt;/b&gt;." in page
    assert "You are written to when the new version is ready" in review.get(f"/a/{token}/receipt").text


def test_content_that_changed_since_it_was_shown_is_told_and_shown_anew(review: World) -> None:
    token = mayor(review)
    form = fields(review, token, verdict="approve", comment="Well done.")
    with changing(review.engine) as session:
        standing, now = load(session, "orchard", locked=True), review.now
        send_back(session, standing, standing.gate(APPROVAL, "city-cedar"), "Say more.", now)
        for key in ("needs", "profile"):
            gate = standing.gate(key, "city-cedar")
            body = {**body_for(standing, gate, "cedar", [], now)} | ({"governance": "Changed."} if key == "needs" else {})
            contribute(session, standing, gate, Offered("cedar", "en", body), ORIGIN, now)
        settle(session, standing, now)
    answer = review.post(f"/a/{token}", data=form)
    assert answer.status_code == 409
    assert "has changed since you opened this page" in answer.text
    assert "Version 1.0.1" in answer.text
    assert "Well done.</textarea>" in answer.text
    assert decisions(review, APPROVAL, "city-cedar") == []
    assert review.post(f"/a/{token}", data=fields(review, token, verdict="approve")).status_code == 303


def test_a_council_needs_number_and_date_of_its_act(council: World) -> None:
    token = council.token("plan-adoption", "city-cedar", "cedar", "council")
    answer = council.post(f"/a/{token}", data=fields(council, token, verdict="approve"))
    assert answer.status_code == 422
    assert 'id="act_number-error"' in answer.text
    assert 'id="act_on-error"' in answer.text
    ahead = (council.now + timedelta(days=3)).date().isoformat()
    answer = council.post(f"/a/{token}", data=fields(council, token, verdict="approve", act_number="12/2025", act_on=ahead))
    assert answer.status_code == 422
    assert "is still to come" in answer.text
    assert 'value="12/2025"' in answer.text
    held = council.now.date().isoformat()
    assert council.post(f"/a/{token}", data=fields(council, token, verdict="approve", act_number="12/2025", act_on=held)).status_code == 303
    assert [(item.act_number, str(item.act_on)) for item in decisions(council, "plan-adoption", "city-cedar")] == [("12/2025", held)]
    assert "12/2025" in council.get(f"/a/{token}/receipt").text


def test_only_the_role_that_is_asked_decides(review: World) -> None:
    token = review.token(APPROVAL, "city-cedar", "cedar", "project-lead")
    assert "For your information" in review.get(f"/a/{token}").text
    shown = fields(review, mayor(review))["shown"]
    answer = review.post(f"/a/{token}", data={"proof": proof(SECRET, token), "shown": shown, "verdict": "approve"})
    assert answer.status_code == 409
    assert decisions(review, APPROVAL, "city-cedar") == []


def test_script_in_a_comment_is_shown_as_text(review: World) -> None:
    token, script = mayor(review), "<script>alert(1)</script>\u202eevil\x00"
    review.post(f"/a/{token}", data=fields(review, token, verdict="reject", comment=script))
    receipt = review.get(f"/a/{token}/receipt").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;evil" in receipt
    assert "<script" not in receipt


# -- recording that something took place ---------------------------------------------------------------------------


def test_a_visit_that_took_place_is_recorded_with_its_day(visit: World) -> None:
    token = visit.token("visit-1", "pair-cedar", "alder", "project-lead")
    on = (visit.now - timedelta(days=1)).date().isoformat()
    assert visit.post(f"/a/{token}", data=fields(visit, token, on=on)).status_code == 303
    assert str(visit.gate("visit-1", "pair-cedar").happened_on) == on
    assert "The day is recorded" in visit.get(f"/a/{token}/receipt").text
    assert visit.post(f"/a/{token}", data=fields(visit, token, on=on, proof=proof(SECRET, token))).status_code == 409


@pytest.mark.parametrize(("on", "said"), [
    ("2033-01-01", "is still to come"), ("", "Give the day"), ("31/12/2024", "year-month-day"),
    ("2024-03-05", "is before it was agreed, on"), ("2020-01-01", "is before the programme started"),
])  # fmt: skip
def test_a_day_that_cannot_be_is_told_beside_the_field(visit: World, on: str, said: str) -> None:
    token = visit.token("visit-1", "pair-cedar", "alder", "project-lead")
    answer = visit.post(f"/a/{token}", data=fields(visit, token, on=on))
    assert answer.status_code == 422
    assert 'id="on-error"' in answer.text
    assert re.search(rf'<a href="#on">Day: [^<]*{said}', answer.text)
    assert visit.gate("visit-1", "pair-cedar").is_open


# -- waking the runs -----------------------------------------------------------------------------------------------


def test_runs_that_cannot_be_woken_are_no_fault_of_the_reader(review: World, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(programme: str) -> None:
        raise ConnectionError(programme)

    review.app.state.nudge = broken
    token = mayor(review)
    assert review.post(f"/a/{token}", data=fields(review, token, verdict="approve")).status_code == 303
    assert len(decisions(review, APPROVAL, "city-cedar")) == 1
    assert "could not be woken" in caplog.text
    assert token not in caplog.text


def test_what_was_not_recorded_wakes_nobody(review: World) -> None:
    token = mayor(review)
    review.post(f"/a/{token}", data=fields(review, token, verdict="return"))
    assert review.nudged == []
