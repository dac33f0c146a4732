"""The desk in Italian: nothing of it is left in English, not in errors either; and which language a page is in."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from deployments.desk.languages import best_of
from models.database import changing
from models.doors.answering import Offered, contribute
from models.doors.attaching import Upload, attach
from models.standing import load
from tests.deployments.desk_world import ORIGIN, World, body_for, fields, launched, lead, mayor, opened, play
from tests.models import files
from tests.tongues import english_in, visible

ITALIAN = "update contact set language = 'it' where organisation_id = (select id from organisation where slug = 'cedar')"
CONTRIBUTED = ("Orchard", "Cedar", "Europe/Rome")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """The first morning; Cedar's mailboxes are written to in Italian."""
    world = launched(tmp_path)
    with world.engine.execution_options(changing=True).begin() as connection:
        connection.execute(text(ITALIAN))
    return world


def test_a_contribution_is_asked_for_refused_taken_and_receipted_in_italian(world: World) -> None:
    token = lead(world)
    page = world.get(f"/a/{token}")
    assert page.headers["content-language"] == "it"
    assert '<html lang="it" dir="ltr">' in page.text
    assert english_in(page.text, but=CONTRIBUTED) == []
    empty = world.post(f"/a/{token}", data=fields(world, token), files={"file": ("", b"")})
    assert english_in(empty.text, but=CONTRIBUTED) == []
    broken = "gate: needs\nscope: city-cedar\norganisation: cedar\nlanguage: it\nbody:\n  people: 3\n  needs: nothing\n"
    refused = world.post(f"/a/{token}", data=fields(world, token, text=broken, file_name="esigenze.yaml"))
    assert refused.status_code == 422
    assert "esigenze.yaml:7: body.needs: deve essere un elenco" in refused.text
    assert "manca la chiave" in refused.text
    assert english_in(refused.text, but=CONTRIBUTED) == []


def test_a_decision_is_asked_for_refused_taken_and_receipted_in_italian(world: World) -> None:
    play(world, opened("needs-approval"))
    token = mayor(world)
    page = world.get(f"/a/{token}")
    assert english_in(page.text, but=CONTRIBUTED) == []
    assert "Perché questo giorno" in page.text or "rimast" in page.text
    silent = world.post(f"/a/{token}", data=fields(world, token, verdict="return", comment=""))
    assert "Indicare il motivo" in silent.text
    assert english_in(silent.text, but=CONTRIBUTED) == []
    world.post(f"/a/{token}", data=fields(world, token, verdict="return", comment="Mancano le cifre sulla casa."))
    assert english_in(world.get(f"/a/{token}/receipt").text, but=CONTRIBUTED) == []
    assert english_in(world.get(f"/a/{token}").text, but=CONTRIBUTED) == []
    again = world.get(f"/a/{lead(world)}")
    assert "Mancano le cifre sulla casa." in again.text
    assert "10 giorni lavorativi per la revisione" in again.text
    assert english_in(again.text, but=CONTRIBUTED) == []


def test_what_a_door_refuses_is_said_in_the_readers_language_on_every_page(world: World) -> None:
    """A rule refuses in English; whichever page sent the form says it as its reader reads."""
    token = lead(world)
    sections = world.post(f"/a/{token}/hand-on", data={"proof": fields(world, f"{token}/hand-on")["proof"], "withdraw": "999"})
    assert sections.status_code == 409
    assert "Questa sezione non esiste." in sections.text
    far = {"how": "day", "day": (world.now + timedelta(days=900)).date().isoformat(), "reason": "Siamo in tre."}
    time = world.post(f"/a/{token}/more-time", data=fields(world, f"{token}/more-time", **far))
    assert time.status_code == 422
    assert "è troppo lontano" in time.text
    assert "Siamo in tre." in time.text
    number = attached(world)
    kept = world.post(f"/a/{token}/attachments/{number}/withdraw", data=fields(world, f"{token}/attachments"))
    assert kept.status_code == 409
    for answer in (sections, kept):
        assert english_in(answer.text, but=(*CONTRIBUTED, "act.pdf", "SHA-256")) == []


def attached(world: World) -> int:
    """A file of Cedar's that was handed in already."""
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("needs", "city-cedar")
        number = attach(session, standing, gate, "cedar", Upload("act.pdf", files.PDF), "", world.now).id
        body = body_for(standing, gate, "cedar", [], world.now)
        contribute(session, standing, gate, Offered("cedar", "it", body, generated=True), ORIGIN, world.now)
        return number


def test_the_edition_a_mayor_decides_on_is_in_italian_with_what_was_contributed_as_it_was(world: World) -> None:
    play(world, opened("needs-approval"))
    page = world.get(f"/a/{mayor(world)}")
    address = page.text.partition("/edition/")[2].partition('"')[0]
    edition = world.get(f"/a/{mayor(world)}/edition/{address}")
    assert "Valutazione delle esigenze" in edition.text
    assert 'lang="it"' in edition.text
    assert "Needs assessment" not in visible(edition.text)


def test_a_link_that_opens_nothing_and_the_public_pages_are_in_the_language_the_browser_asks_for(world: World) -> None:
    for address, status in (("/", 200), ("/documents/", 200), ("/a/nonsense", 404), ("/nonsense", 404)):
        page = world._send("GET", address, headers={"accept-language": "it-IT,it;q=0.9,en;q=0.5"})
        assert (page.status_code, page.headers["content-language"]) == (status, "it")
        assert "accept-language" in page.headers["vary"].lower()
        assert english_in(page.text) == []
        assert world.get(address).headers["content-language"] == "en"


def test_a_mailbox_in_english_is_answered_in_english_whatever_its_browser_asks_for(world: World) -> None:
    token = world.token("needs", "city-alder", "alder", "project-lead")
    page = world._send("GET", f"/a/{token}", headers={"accept-language": "it"})
    assert page.headers["content-language"] == "en"
    assert "vary" not in page.headers or "language" not in page.headers["vary"]


def test_an_old_link_says_so_in_italian(world: World) -> None:
    token = world.token("needs", "city-cedar", "cedar", "project-lead", days=1)
    world.set_clock(world.now + timedelta(days=3))
    page = world._send("GET", f"/a/{token}", headers={"accept-language": "it"})
    assert page.status_code == 410
    assert english_in(page.text) == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("it", "it"), ("IT-it;q=0.8", "it"), ("fr,it;q=0.4,en;q=0.9", "en"), ("fr;q=1, it;q=0.9", "it"), ("it;q=0", "en"), ("", "en"),
        ("*", "en"), ("../../etc/passwd", "en"), ("it;q=nan,;;,q=1", "en"), ("x" * 100_000, "en"), (",".join(["tlh"] * 500) + ",it", "en"),
    ],
)  # fmt: skip
def test_what_a_browser_asks_for_is_the_first_language_that_has_a_catalogue(header: str, language: str) -> None:
    assert best_of(header) == language


def test_every_page_that_a_link_leads_to_is_in_italian(world: World) -> None:
    world.app.state.limits = None  # nobody looks at forty pages in a second
    token, seen = lead(world), set[str]()
    waiting = [f"/a/{token}"]
    while waiting:
        address = waiting.pop()
        seen.add(address)
        page = world.get(address)
        assert page.status_code == 200, address
        if "html" in page.headers["content-type"]:
            assert english_in(page.text, but=(*CONTRIBUTED, "Learning the language", "example-city")) == [], address
            linked = re.findall(r'href="(/a/[^"#?]*)', page.text)
            waiting += [found for found in dict.fromkeys(linked) if found not in seen and found not in waiting]
    assert len(seen) > 15
