"""A second version of an answer: the partner reads before what becomes of it, the coordinator whether it is late or only newer."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import text

from models.database import changing, reading
from models.doors import steering, tray
from models.doors.answering import Offered, contribute
from models.notices import Notice
from models.standing import load
from tests.deployments.coordinator_world import HOME, links_on, signed_in
from tests.deployments.desk_world import ORIGIN, World, body_for, lead

pytestmark = pytest.mark.usefixtures("mail_folder")

COUNTS = "It then counts"
KEPT = "the coordinator decides whether"


def sends(world: World, context: str, key: str = "needs", slug: str = "cedar") -> None:
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate(key, f"city-{slug}")
        body = body_for(standing, gate, slug, [], world.now) | {"context": context}
        contribute(session, standing, gate, Offered(slug, "en", body), ORIGIN, world.now)


def goes_on_without(world: World) -> None:
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        steering.proceed_without(session, standing, standing.gate("needs", "city-cedar"), "", world.now)


def hand_in(world: World) -> str:
    """What the page says that becomes of what is handed in."""
    page = world.get(f"/a/{lead(world)}/check").text
    found = re.search(r"<p>(You hand this in for Cedar and get a receipt\..*?)</p>", page, re.DOTALL)
    return " ".join(unescape(found[1]).split()) if found else page


def in_the_tray(world: World) -> str:
    inside = signed_in(world)
    (address,) = links_on(inside.get(HOME), f"{HOME}/tray/")
    found = re.search(r'<p class="lead">(.*?)</p>', inside.get(address).text, re.DOTALL)
    assert found
    return unescape(found[1])


def last_receipt(world: World) -> dict[str, object]:
    with reading(world.engine) as session:
        found = session.query(Notice).filter(Notice.kind == "receipt").order_by(Notice.id.desc()).first()
        assert found
        return dict(found.detail)


def put(world: World, change: str) -> None:
    """Rows as they are after a long way that other tests go."""
    with world.engine.execution_options(changing=True).begin() as connection:
        connection.execute(text(change))


def test_an_answer_to_what_is_asked_again_is_said_to_count_in_place_of_the_one_before(world: World) -> None:
    sends(world, "First.")
    put(world, "update gate set state = 'open' where key = 'needs' and scope = 'city-cedar'")
    said = hand_in(world)
    assert "It then counts in place of what you handed in on Monday 4 March 2024" in said
    assert KEPT not in said


OVERTAKEN = [
    ("update gate set due_on = due_on", "counts and stays. This newer version is kept beside it", "not open any more"),
    ("update revision set state = 'next'", "This is not open any more: what you hand in is kept", "counts and stays"),
    (
        "update gate set state = 'pending' where key = 'needs' and scope = 'city-cedar'",
        "This is not asked of you yet: it is kept, and taken in by itself as soon as it is.",
        KEPT,
    ),
]
"""What happens before, what is said then, and what is not, beside that it counts: after an answer that counts, one the programme went on
without, and one before its time."""


@pytest.mark.parametrize(("change", "says", "says_not"), OVERTAKEN)
def test_what_is_not_asked_now_is_said_to_be_kept_and_not_to_count(world: World, change: str, says: str, says_not: str) -> None:
    sends(world, "First.")
    put(world, change)
    said = hand_in(world)
    assert says in said
    assert COUNTS not in said
    assert says_not not in said


def test_the_page_itself_says_what_becomes_of_an_answer_before_its_time(world: World) -> None:
    put(world, OVERTAKEN[-1][0])
    assert "What you send before this is asked of you is kept, and taken in by itself" in world.get(f"/a/{lead(world)}").text


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (2, "came on Wednesday, 6 March 2024, before the deadline"),
        (29, "came on Tuesday, 2 April 2024, before the deadline"),
        (30, "came on Wednesday, 3 April 2024, after the deadline"),
    ],
)
def test_the_coordinator_reads_whether_a_newer_version_came_before_the_deadline(world: World, days: int, said: str) -> None:
    sends(world, "In time.")
    world.set_clock(world.now + timedelta(days=days))
    sends(world, "Better.")
    shown = in_the_tray(world)
    assert "Cedar has answered with revision 1, which counts." in shown
    assert f"This newer version {said} (Tuesday, 2 April 2024)." in shown
    assert "not open any more" not in shown


def test_an_answer_that_came_after_the_programme_went_on_without_it_is_said_to_be_late(world: World) -> None:
    goes_on_without(world)
    sends(world, "Late.")
    assert "Cedar sent this on Monday, 4 March 2024, when it was not open any more." in in_the_tray(world)


def test_the_receipt_of_a_newer_version_says_which_revision_counts(world: World) -> None:
    sends(world, "First.")
    sends(world, "Second.")
    assert last_receipt(world)["counts"] == 1
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        (kept,) = tray.waiting(session, standing)
        tray.include(session, standing, kept, "", world.now)
    assert (last_receipt(world)["became"], last_receipt(world)["counts"]) == ("accepted", 1)
