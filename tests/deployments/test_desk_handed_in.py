"""What was handed in can be read again: by its sender as a receipt of each revision, by the coordinator from the programme's page."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from models.contributions import Attachment, Revision
from models.database import changing, reading
from models.doors import steering, wishing
from models.doors.answering import Offered, contribute
from models.doors.attaching import Upload, attach
from models.editions import sha256_of
from models.method import METHOD
from models.standing import load
from tests.deployments.coordinator_world import HOME, Browser, decides_for_the_mayor, links_on, signed_in
from tests.deployments.desk_world import ORIGIN, World, body_for
from tests.deployments.test_desk_coordinator import asks, needs
from tests.models import files

FIRST, SECOND = "What we said <b>first</b>.", "What we said second."


def hands_in(world: World, *contexts: str, slug: str = "cedar", writer: str = "Ada") -> list[dict[str, Any]]:
    """Needs of a city, once for each text; the bodies."""
    found: list[dict[str, Any]] = []
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("needs", f"city-{slug}")
        for context in contexts:
            body = body_for(standing, gate, slug, [], world.now) | {"context": context}
            contribute(session, standing, gate, Offered(slug, "en", body, writer=writer), ORIGIN, world.now)
            found.append(body)
    return found


def numbers(world: World) -> list[int]:
    with reading(world.engine) as session:
        return list(session.scalars(select(Revision.id).order_by(Revision.id)))


def said(page: httpx.Response) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


def mine(world: World) -> str:
    return f"/a/{world.token('needs', 'city-cedar', 'cedar', 'project-lead')}"


# -- the sender ------------------------------------------------------------------------------------------------------


def test_a_receipt_has_everything_that_was_handed_in_who_wrote_it_and_its_fingerprint_unfolded(world: World) -> None:
    (body,) = hands_in(world, FIRST)
    page = world.get(f"{mine(world)}/receipt")
    assert "<details" not in page.text
    assert "What we said &lt;b&gt;first&lt;/b&gt;." in page.text
    assert sha256_of(body) in page.text
    assert "Written by Ada" in said(page)
    assert "Revision 1 counts now" in said(page)
    assert all(str(figure["label"]) in page.text for figure in body["figures"])
    assert "68,000 people" in said(page)


def test_every_revision_keeps_a_receipt_of_its_own(world: World) -> None:
    hands_in(world, FIRST, SECOND)
    address = mine(world)
    assert set(links_on(world.get(address), f"{address}/receipt/")) == {f"{address}/receipt/1", f"{address}/receipt/2"}
    first, second = (world.get(f"{address}/receipt/{number}") for number in (1, 2))
    assert "Your contribution has arrived" in first.text
    assert FIRST.replace("<", "&lt;").replace(">", "&gt;") in first.text
    assert SECOND not in first.text
    assert "You have handed in a newer version since. This receipt stays." in first.text
    assert "It has arrived and is kept" in second.text
    assert SECOND in second.text
    assert said(world.get(f"{address}/receipt")) == said(second)
    assert world.get(f"{address}/receipt/3").status_code == 404


def test_a_receipt_says_that_it_was_taken_in_and_the_first_that_it_counted_until_then(world: World) -> None:
    hands_in(world, FIRST, SECOND)
    signed_in(world).press(f"{HOME}/tray/{numbers(world)[1]}", what="include", answer="Thank you for it.")
    address = mine(world)
    first, second = (said(world.get(f"{address}/receipt/{number}")) for number in (1, 2))
    assert "Your contribution was taken in" in second
    assert "taken in: counts now" in second
    assert "The coordinator says Thank you for it." in second
    assert "counted until revision 2 came" in first


def test_each_of_several_that_counted_names_the_one_that_took_its_place(world: World) -> None:
    inside = signed_in(world)
    hands_in(world, FIRST)
    for text_ in (SECOND, "And a third time."):
        hands_in(world, text_)
        inside.press(f"{HOME}/tray/{numbers(world)[-1]}", what="include")
    page = said(world.get(mine(world)))
    assert page.count("counted until revision 2 came") == 1
    assert page.count("counted until revision 3 came") == 1
    assert page.count("counts now") == 1


def test_the_page_of_what_is_done_leads_to_the_receipt_of_what_counts(world: World) -> None:
    hands_in(world, FIRST, SECOND)
    found = re.search(r'href="([^"]+)">See the receipt', world.get(mine(world)).text)
    assert found
    assert found[1] == f"{mine(world)}/receipt/1"


def test_one_that_was_replaced_in_the_tray_was_not_declined(world: World) -> None:
    hands_in(world, FIRST, SECOND, "And a third time.")
    page = said(world.get(f"{mine(world)}/receipt/2"))
    assert "a newer one took its place" in page
    assert "not taken" not in page


def test_a_receipt_of_another_organisation_is_not_shown(world: World) -> None:
    hands_in(world, FIRST)
    stranger = world.token("needs", "city-cedar", "damson", "project-lead")
    assert world.get(f"/a/{stranger}/receipt/1").status_code == 404


def test_a_receipt_of_what_came_before_it_was_asked_for_says_that_it_is_taken_in_by_itself(world: World) -> None:
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("profile", "city-cedar")
        contribute(session, standing, gate, Offered("cedar", "en", body_for(standing, gate, "cedar", [], world.now)), ORIGIN, world.now)
    page = said(world.get(f"/a/{world.token('profile', 'city-cedar', 'cedar', 'project-lead')}/receipt"))
    assert "it is kept, and taken in by itself as soon as it is" in page
    assert "the coordinator decides" not in page


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("next", "It is not taken in this time. It is kept: when the same is asked of you again, your form starts from it."),
        ("decline", "It is not taken. Revision 1, which you sent before, counts and stays."),
    ],
)
def test_a_receipt_of_a_newer_version_says_what_became_of_it_and_not_that_it_was_late(world: World, what: str, expected: str) -> None:
    hands_in(world, FIRST, SECOND)
    signed_in(world).press(f"{HOME}/tray/{numbers(world)[1]}", what=what, answer="Of another town.")
    page = said(world.get(f"{mine(world)}/receipt/2"))
    assert expected in page
    assert "late" not in page.replace("later", "")


@pytest.mark.parametrize("odd", ["text", 3, True, [1, 2], {"a": 1}, None])
def test_a_revision_of_another_shape_is_read_all_the_same(world: World, odd: object) -> None:
    (body,) = hands_in(world, FIRST)
    with world.engine.execution_options(changing=True).begin() as connection:
        connection.execute(text("update revision set body = :body"), {"body": json.dumps(dict.fromkeys(body, odd))})
    inside, (number,) = signed_in(world), numbers(world)
    assert world.get(f"{mine(world)}/receipt").status_code == 200
    assert inside.get(f"{needs(world)}/revision/{number}").status_code == 200


def test_of_a_contribution_of_an_unknown_kind_the_receipt_has_the_fingerprint(world: World) -> None:
    (body,) = hands_in(world, FIRST)
    with world.engine.execution_options(changing=True).begin() as connection:
        connection.execute(text("update contribution set kind = 'of another method'"))
    assert sha256_of(body) in world.get(f"{mine(world)}/receipt").text


# -- the coordinator -------------------------------------------------------------------------------------------------


def test_what_has_come_in_is_found_from_the_programmes_page(world: World) -> None:
    hands_in(world, FIRST)
    inside = signed_in(world)
    page = inside.get(HOME)
    assert links_on(page, f"{HOME}/phase/") == [f"{HOME}/phase/{phase.number}" for phase in METHOD.phases]
    phase = inside.get(f"{HOME}/phase/1")
    assert needs(world) in links_on(phase, f"{HOME}/gate/")
    assert "Cedar : Needs assessment questionnaire came in" in said(phase)
    gate = inside.get(needs(world))
    (address,) = links_on(gate, f"{needs(world)}/revision/")
    assert "Cedar, revision 1 counts now" in said(gate)
    whole = inside.get(address)
    assert "What we said &lt;b&gt;first&lt;/b&gt;." in whole.text
    assert "Written by Ada" in said(whole)


def test_the_phases_say_how_much_of_them_is_done(world: World) -> None:
    inside = signed_in(world)
    with reading(world.engine) as session:
        gates = load(session, "orchard").gates_in(1)
        expected = [sum(gate.is_satisfied for gate in gates), len(gates)]
    before = said(inside.get(HOME))
    assert f"{expected[0]} of {expected[1]} done" in before
    hands_in(world, FIRST)
    assert f"{expected[0] + 1} of {expected[1]} done" in said(inside.get(HOME))


def test_a_revision_is_found_at_its_own_gate_and_programme_alone(world: World) -> None:
    hands_in(world, FIRST)
    inside, (number,) = signed_in(world), numbers(world)
    assert inside.get(f"{needs(world)}/revision/{number}").status_code == 200
    assert inside.get(f"{needs(world, 'damson')}/revision/{number}").status_code == 404
    assert inside.get(f"{needs(world)}/revision/{number + 1}").status_code == 404
    assert Browser(world).get(f"{needs(world)}/revision/{number}").headers["location"] == "/coordinator"
    assert inside.get(f"{HOME}/phase/8").status_code == 404


def test_the_files_that_came_with_it_are_handed_out_as_files(world: World) -> None:
    data = files.PDF
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        attach(session, standing, standing.gate("needs", "city-cedar"), "cedar", Upload("act.pdf", data), "Ada", world.now)
    hands_in(world, FIRST)
    inside, (number,) = signed_in(world), numbers(world)
    (address,) = links_on(inside.get(f"{needs(world)}/revision/{number}"), f"{HOME}/files/")
    answer = inside.get(address)
    assert answer.content == data
    assert answer.headers["content-disposition"].startswith("attachment")
    assert Browser(world).get(address).headers["location"] == "/coordinator"
    assert inside.get(f"{HOME}/files/99999").status_code == 404


def test_an_answered_request_for_time_leaves_its_trace_with_why_the_date_moved(world: World) -> None:
    asks(world)
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        (request,) = standing.requests
        wishing.grant(session, standing, request, request.until, "Gladly.", world.now)
    page = said(signed_in(world).get(needs(world)))
    assert "Cedar asked for time until 16 April 2024: given until 16 April 2024" in page
    assert "Said to them: “Gladly.”" in page
    assert "Why this day:" in page


def test_a_decision_is_read_with_its_comment_on_the_gates_page(review: World) -> None:
    inside = signed_in(review)
    gate = review.gate("needs-approval", "city-cedar")
    address = decides_for_the_mayor(inside, "return", "More <i>figures</i>.")
    page = inside.get(f"{HOME}/gate/{gate.id}")
    assert "returned with comments" in page.text
    assert "More &lt;i&gt;figures&lt;/i&gt;." in page.text
    assert "on their behalf" in page.text
    assert "recorded by the coordinator" in said(inside.get(f"{address}/receipt"))
    assert "Cedar (mayor's delegate): returned with comments" in said(inside.get(needs(review))), "what it sent back says so too"


def test_what_was_said_when_extending_is_read_on_the_gates_page(world: World) -> None:
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("needs", "city-cedar")
        assert gate.due_on is not None
        steering.extend(session, standing, gate, gate.due_on + timedelta(days=14), "Because of the elections.", world.now)
    assert "Because of the elections." in said(signed_in(world).get(needs(world)))


def test_a_rejected_gate_waits_for_the_coordinator_alone(review: World) -> None:
    inside = signed_in(review)
    gate = review.gate("needs-approval", "city-cedar")
    decides_for_the_mayor(inside, "reject", "Not like this.")
    page = inside.get(f"{HOME}/phase/1").text
    row = page[page.index(f"{HOME}/gate/{gate.id}") :].partition("</li>")[0]
    assert "rejected: yours to settle" in row
    assert "left" not in row


def test_files_of_another_programme_are_not_handed_out(world: World) -> None:
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        attach(session, standing, standing.gate("needs", "city-cedar"), "cedar", Upload("a.pdf", files.PDF), "", world.now)
    inside = signed_in(world)
    with reading(world.engine) as session:
        number = session.scalars(select(Attachment.id)).one()
    assert inside.get(f"{HOME}/files/{number}").status_code == 200
    with closing(sqlite3.connect(world.folder / "programme.db")) as beside:
        beside.execute("update attachment set programme_id = 'meadow'")  # a connection of its own holds no foreign keys
        beside.commit()
    assert inside.get(f"{HOME}/files/{number}").status_code == 404


# -- elsewhere -------------------------------------------------------------------------------------------------------


def test_the_page_leads_to_prefect_where_its_address_is_known(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://desk.example")
    inside = signed_in(world)
    for ui, api, expected in (
        ("https://prefect.example/", "http://127.0.0.1:4200/api", ["https://prefect.example"]),
        ("", "http://10.0.0.5:4200/api", ["http://10.0.0.5:4200"]),
        ("", "http://127.0.0.1:4200/api", []),
        ("", "", []),
    ):
        monkeypatch.setenv("PREFECT_UI_URL", ui)
        monkeypatch.setenv("PREFECT_API_URL", api)
        assert links_on(inside.get(HOME), "http") == expected
