"""Mail with new links: signed when it goes out, to everything the mailbox is asked for by then, and never for what was withdrawn."""

from __future__ import annotations

import email
from datetime import timedelta
from email.policy import default
from pathlib import Path

import pytest
from lxml import html as parser
from sqlalchemy import Engine

from models.database import changing
from models.doors import access
from models.gates import GateState
from models.links import Link, read, sign
from models.standing import load
from tasks.dispatch import dispatch, open_channel
from tests.outboxes import DUE_ON, NOW, launched, notice, open_gate

SECRET = "a secret of this test"
ROLE = "project-lead"
MAILBOX = f"{ROLE}@cedar.example"


@pytest.fixture
def asked(sqlite_engine: Engine) -> Engine:
    """Cedar and Damson are asked for their needs assessment, Cedar's council for a decision too."""
    with changing(sqlite_engine) as session:
        standing = launched(session)
        open_gate(standing.gate("needs", "city-damson"))
        open_gate(standing.gate("needs-approval", "city-cedar"))
    return sqlite_engine


def sent(engine: Engine, folder: Path) -> dict[str, list[str]]:
    """The addresses in each mail that goes out now, by its mailbox; those of its text and its page are the same."""
    with open_channel(None, folder) as channel:
        dispatch(lambda: changing(engine), NOW, channel, worker="me", secret=SECRET, public_url="https://desk.example")
    found = {}
    for file in sorted(folder.rglob("*.eml")):
        message = email.message_from_bytes(file.read_bytes(), policy=default)
        plain, page = (message.get_body((kind,)) for kind in ("plain", "html"))
        assert plain is not None
        assert page is not None
        in_text = [line.strip() for line in plain.get_content().splitlines() if line.strip().startswith("https://")]
        assert [str(item) for item in parser.fromstring(page.get_content()).xpath("//a/@href")] == in_text
        found[str(message["To"])] = in_text
    return found


def opened_by(address: str) -> Link:
    return read(SECRET, address.removeprefix("https://desk.example/link/"), NOW)


def test_a_lost_mailbox_gets_everything_it_is_asked_for_in_one_mail(asked: Engine, tmp_path: Path) -> None:
    with changing(asked) as session:
        assert access.reissue_everything(session, load(session, "orchard", locked=True), MAILBOX.upper(), NOW)
    mails = sent(asked, tmp_path)
    assert list(mails) == [MAILBOX]
    found = [opened_by(address) for address in mails[MAILBOX]]
    with changing(asked) as session:
        standing = load(session, "orchard")
        gates = [standing.gate_by_id(link.gate_id) if link.gate_id else None for link in found]
    labels = [gate.label if gate else "its own page" for gate in gates]
    assert labels == ["needs @ city-cedar", "needs-approval @ city-cedar", "its own page"]
    assert {(link.purpose, link.organisation) for link in found} == {("act", "cedar")}
    assert [link.role for link in found] == [ROLE, "mayor-delegate", ROLE], "the lead's mailbox answers for roles that have none"


@pytest.mark.parametrize(
    ("by_coordinator", "says"), [(True, "The coordinator sends the links of this mailbox anew."), (False, "Somebody asked for the links")]
)
def test_the_mail_says_who_had_it_sent(asked: Engine, tmp_path: Path, by_coordinator: bool, says: str) -> None:
    with changing(asked) as session:
        access.reissue_everything(session, load(session, "orchard", locked=True), MAILBOX, NOW, by_coordinator=by_coordinator)
    sent(asked, tmp_path)
    (file,) = tmp_path.rglob("*.eml")
    text = email.message_from_bytes(file.read_bytes(), policy=default).get_body(("plain",))
    assert text is not None
    assert says in " ".join(text.get_content().split())


def test_what_was_done_meanwhile_is_not_in_it(asked: Engine, tmp_path: Path) -> None:
    with changing(asked) as session:
        standing = load(session, "orchard", locked=True)
        access.reissue_everything(session, standing, MAILBOX, NOW)
        standing.gate("needs", "city-cedar").state = GateState.SATISFIED
        standing.gate("needs-approval", "city-cedar").state = GateState.SATISFIED
    found = [opened_by(address) for address in sent(asked, tmp_path)[MAILBOX]]
    assert [link.gate_id for link in found] == [None]


def test_mail_that_waited_while_links_were_withdrawn_carries_links_that_work(asked: Engine, tmp_path: Path) -> None:
    with changing(asked) as session:
        standing = load(session, "orchard", locked=True)
        session.add(notice(standing, "waits", mailbox=MAILBOX))
        assert access.withdraw_links(session, standing, "cedar", NOW) == 1
        assert access.withdraw_links(session, standing, "cedar", NOW) == 2
    found = [opened_by(address) for address in sent(asked, tmp_path)[MAILBOX]]
    assert [link.epoch for link in found] == [2]


def test_a_new_link_allows_what_the_old_one_did_and_no_more(asked: Engine, tmp_path: Path) -> None:
    with changing(asked) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("needs", "city-cedar")
        old = read(SECRET, sign(SECRET, "act", "orchard", gate.id, None, "cedar", ROLE, NOW.date()), NOW)
        assert access.reissue(session, standing, old, NOW)
        assert not access.reissue(session, standing, old, NOW + timedelta(hours=2))
        foreign = Link("act", "orchard", gate.id, None, "damson", ROLE, NOW.date())
        assert access.reissue(session, standing, foreign, NOW)
    mails = sent(asked, tmp_path)
    mine, foreign = (opened_by(mails[f"{ROLE}@{slug}.example"][0]) for slug in ("cedar", "damson"))
    assert (mine.purpose, mine.gate_id, mine.role) == ("act", old.gate_id, ROLE)
    assert mine.expires_on > DUE_ON
    assert foreign.purpose == "read", "who is not asked there may look and no more, whatever the old link said"


def test_links_of_the_first_epoch_are_what_they_always_were() -> None:
    """Written down once: in people's mailboxes such links are for months."""
    token = sign(SECRET, "act", "orchard", 12, None, "cedar", ROLE, DUE_ON)
    assert token == sign(SECRET, "act", "orchard", 12, None, "cedar", ROLE, DUE_ON, epoch=0)
    fields = "WyJhY3QiLCJvcmNoYXJkIiwxMixudWxsLCJjZWRhciIsInByb2plY3QtbGVhZCIsIjIwMjYtMDItMTYiXQ"
    assert token == f"{fields}.2IQoBz_5asPdMjZYmXml8Rmh5iC79OTxJWaRRTpg69Q"
    assert token != sign(SECRET, "act", "orchard", 12, None, "cedar", ROLE, DUE_ON, epoch=1)
