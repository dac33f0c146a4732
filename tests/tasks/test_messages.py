"""What a message looks like to the program that receives it and to the person who reads it."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models.definition import Policy
from models.editions import Edition
from models.method import METHOD, GateKind
from models.notices import NoticeKind
from tasks.messages import Letterhead, compose, view_of
from tasks.notice_views import Item, NoticeView
from tests.outboxes import NOW, launched, notice, open_gate

HEAD = Letterhead("orchard", "Orchard", "https://desk.orchard.example", "programme@orchard.example", reply_to="office@alliance.example")
LINK = "https://desk.orchard.example/link/" + "a" * 160
VIEW = NoticeView(
    key="needs/city-cedar",
    kind=NoticeKind.INVITATION,
    organisation="Cedar",
    role="project lead",
    today=date(2026, 2, 2),
    title="Needs assessment questionnaire",
    asks="Answer the questionnaire.",
    gate_kind=GateKind.CONTRIBUTION,
    scope=("Cedar",),
    due_on=date(2026, 2, 16),
    link=LINK,
    may_act=True,
    phase=1,
    phase_title="Needs assessment and matching",
)
APPROVAL = replace(
    VIEW,
    kind=NoticeKind.APPROVAL_REQUEST,
    title="Needs assessment: the mayor's delegate approves",
    gate_kind=GateKind.APPROVAL,
    documents=(("D1.1", "Needs assessment", "1.0"),),
)
ANY_TEXT = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=100)
DETAILS = {
    NoticeKind.DECISION: {"verdict": "approve", "by": "Cedar"},
    NoticeKind.DEADLINE_MOVED: {"old": "2026-02-09", "new": "2026-02-16", "reason": "more time was asked for"},
    NoticeKind.DELIVERABLE: {"number": "D1.1", "version": "1.0"},
    NoticeKind.TIME_REQUEST: {"by": "Cedar", "until": "2026-02-16", "comment": "The council meets late."},
    NoticeKind.TIME_ANSWER: {"until": "2026-02-16", "comment": "The others wait for it."},
    NoticeKind.RECEIPT: {"became": "kept", "early": False, "revision": 2, "received": "2026-02-02T08:41:00+00:00", "comment": ""},
    NoticeKind.SIGN_IN: {"nonce": "00", "until": "2026-02-02T08:41:00+00:00"},
    NoticeKind.SILENCE: {"last": "2026-02-02T08:41:00+00:00", "noticed": "2026-02-02T08:44:00+00:00"},
}


def received(*views: NoticeView, head: Letterhead = HEAD, mailbox: str = "lead@cedar.example", language: str = "en") -> EmailMessage:
    """The message as a mail program reads it, without any defect on the way."""
    sent = compose(views, head, mailbox=mailbox, language=language, now=NOW).as_bytes()
    message = email.message_from_bytes(sent, policy=default)
    assert isinstance(message, EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]
    assert max(map(len, sent.splitlines())) <= 998  # RFC 5322, 2.1.1
    assert sent.isascii()
    return message


def text_of(message: EmailMessage) -> str:
    return part_of(message, "plain").replace("\n", " ").replace("  ", " ")


def part_of(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_kind_has_a_subject_a_text_and_a_page(kind: NoticeKind) -> None:
    message = received(replace(VIEW, kind=kind, detail=DETAILS.get(kind, {})))
    assert message["Subject"]
    assert LINK in part_of(message, "plain").splitlines()
    assert f'href="{LINK}"' in part_of(message, "html")
    assert "With kind regards" in text_of(message)


def test_the_subject_says_what_and_by_when() -> None:
    assert received(VIEW)["Subject"] == "Needs assessment questionnaire (Cedar): by 16 February 2026"
    assert received(APPROVAL)["Subject"] == "For your decision by 16 February 2026: Needs assessment (Cedar)"
    pair = replace(VIEW, scope=("Alder", "Cedar"), title="Study visit 1 takes place", gate_kind=GateKind.EVENT)
    assert received(pair)["Subject"] == "Study visit 1 takes place (Alder and Cedar): 16 February 2026"


@pytest.mark.parametrize(
    ("today", "subject"),
    [
        (date(2026, 2, 9), "Reminder, due 16 February 2026: Needs assessment questionnaire (Cedar)"),
        (date(2026, 2, 15), "Due tomorrow: Needs assessment questionnaire (Cedar)"),
        (date(2026, 2, 16), "Due today: Needs assessment questionnaire (Cedar)"),
        (date(2026, 2, 18), "Was due 16 February 2026: Needs assessment questionnaire (Cedar)"),
    ],
)
def test_a_reminder_counts_the_days_on_the_day_it_is_read(today: date, subject: str) -> None:
    assert received(replace(VIEW, kind=NoticeKind.REMINDER, today=today))["Subject"] == subject


def test_a_request_names_what_is_to_be_read() -> None:
    message = received(APPROVAL)
    assert "- D1.1 Needs assessment, version 1.0" in part_of(message, "plain")
    assert "<li>D1.1 Needs assessment, version 1.0</li>" in part_of(message, "html")


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        (Policy.TACIT, "If we hear nothing by Monday, 16 February 2026, it counts as agreed."),
        (Policy.PROCEED, "the programme goes on without it"),
        (Policy.EXTEND, "the date moves once, by ten working days"),
    ],
)
@pytest.mark.parametrize("kind", [NoticeKind.APPROVAL_REQUEST, NoticeKind.REMINDER, NoticeKind.OVERDUE])
def test_what_happens_when_time_runs_out_is_printed_in_each_notice(kind: NoticeKind, policy: Policy, sentence: str) -> None:
    assert sentence in text_of(received(replace(APPROVAL, kind=kind, policy=policy)))
    assert sentence not in text_of(received(replace(APPROVAL, kind=kind)))


def test_an_escalation_names_who_owes_what_since_when() -> None:
    late = replace(
        VIEW, kind=NoticeKind.ESCALATION, rung="T+3", today=date(2026, 2, 19), organisation="South League", owing="Cedar", may_act=False
    )
    text = text_of(received(late))
    assert (
        "Cedar was asked for “Needs assessment questionnaire (Cedar)” by Monday, 16 February 2026. It has not reached us, 3 days later."
        in text
    )
    assert "whoever has it can answer" not in text


def test_somebodys_words_are_quoted_and_never_become_markup() -> None:
    message = received(replace(VIEW, kind=NoticeKind.RETURNED, detail={"comment": "Which year?\n\n<script>alert(1)</script>"}))
    assert "> Which year?\n>\n> <script>alert(1)</script>\n" in part_of(message, "plain")
    assert "<script>" not in part_of(message, "html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in part_of(message, "html")


def test_comments_on_sections_are_quoted_with_the_section_they_are_about() -> None:
    said = [
        {"document": "D1.1", "section": "2.1", "title": "Needs", "comment": "Who was asked?"},
        {"document": "", "section": "", "title": "Matching proposal: Orchard", "comment": "Why this pair?"},
    ]
    text = part_of(received(replace(VIEW, kind=NoticeKind.RETURNED, detail={"comment": "", "remarks": said})), "plain")
    assert "The comment:" in text
    assert "> D1.1, 2.1 Needs: Who was asked?\n>\n> Matching proposal: Orchard: Why this pair?\n" in text


def test_the_digest_lists_what_is_overdue_and_what_comes_soon() -> None:
    late = Item("Needs assessment questionnaire", ("Cedar",), date(2026, 1, 30), ("Cedar",))
    soon = Item("Terms of the pair", ("Alder", "Cedar"), date(2026, 2, 5), ("Cedar",))
    digest = replace(VIEW, kind=NoticeKind.DIGEST, overdue=(late,), due_soon=(soon,))
    message = received(digest)
    assert message["Subject"] == "2 February 2026: 1 overdue, 1 due within a week"
    text = part_of(message, "plain")
    assert "Overdue\n- 30 January 2026: Needs assessment questionnaire (Cedar)\n" in text
    assert "- 5 February 2026: Terms of the pair (Alder and Cedar), waiting for Cedar\n" in text


def test_folded_notices_keep_their_own_words_and_links() -> None:
    views = [replace(VIEW, key=str(number), link=f"{LINK}{number}", due_on=date(2026, 2, 16 + number)) for number in range(3)]
    message = received(*views, APPROVAL)
    assert message["Subject"] == "4 messages, the first date is 16 February 2026"
    text = part_of(message, "plain")
    assert all(f"{LINK}{number}" in text for number in range(3))
    assert "4. For your decision by 16 February 2026: Needs assessment (Cedar)" in text


# -- headers -------------------------------------------------------------------------------------------------------


def test_the_headers_let_programs_thread_and_filter() -> None:
    message = received(VIEW)
    assert message["From"] == "Orchard <programme@orchard.example>"
    assert message["Reply-To"] == "office@alliance.example"
    assert message["List-Id"] == "<orchard.desk.orchard.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message["Date"].datetime == NOW
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_same_notice_has_the_same_bytes_and_another_programme_another_message_id() -> None:
    first, again = (compose([VIEW], HEAD, mailbox="a@b.example", language="en", now=NOW) for _ in range(2))
    assert first.as_bytes() == again.as_bytes()
    assert re.fullmatch(r"<[0-9a-f]{32}@desk\.orchard\.example>", first["Message-ID"])
    other = compose([VIEW], replace(HEAD, programme="meadow"), mailbox="a@b.example", language="en", now=NOW)
    assert other["Message-ID"] != first["Message-ID"]


@pytest.mark.parametrize("url", ["http://localhost:4280", "http://127.0.0.1:4280", "http://[::1]:4280"])
def test_a_desk_without_a_public_name_lends_none_to_the_message_id(url: str) -> None:
    assert received(VIEW, head=replace(HEAD, public_url=url))["Message-ID"].endswith("@mail.orchard.example>")


@given(ANY_TEXT, ANY_TEXT)
def test_no_text_ever_becomes_a_header(title: str, name: str) -> None:
    message = received(
        replace(VIEW, title=f"{title}\r\nBcc: all@cedar.example", scope=(name,)), head=replace(HEAD, title=f"{name}\r\nBcc: x@y.example")
    )
    assert message["Bcc"] is None
    assert len(message.get_all("Subject", [])) == 1
    assert [address.addr_spec for address in message["From"].addresses] == ["programme@orchard.example"]


def test_control_characters_stay_out_of_the_subject() -> None:
    assert received(replace(VIEW, title="Needs\x00 and\x07\u2028profile"))["Subject"].startswith("Needs and profile (Cedar)")


@pytest.mark.parametrize("mailbox", ["lead@cedar.example\r\nBcc: all@cedar.example", "lead", "δήμος@cedar.example"])
def test_a_message_to_no_mailbox_is_not_composed(mailbox: str) -> None:
    with pytest.raises(ValueError, match="@"):
        compose([VIEW], HEAD, mailbox=mailbox, language="en", now=NOW)


def test_an_apostrophe_in_the_mailbox_stays() -> None:
    assert received(VIEW, mailbox="d'amico@cedar.example")["To"] == "d'amico@cedar.example"


def test_names_in_every_script_survive() -> None:
    message = received(replace(VIEW, scope=("Αγία Βαρβάρα", "Jēkabpils")), head=replace(HEAD, title="Città"))
    assert "(Αγία Βαρβάρα and Jēkabpils)" in message["Subject"]
    assert message["From"].addresses[0].display_name == "Città"


def test_a_rehearsals_message_says_so_in_subject_text_and_page() -> None:
    message = received(VIEW, head=replace(HEAD, watermark="Rehearsal"))
    assert message["Subject"].startswith("[Rehearsal] ")
    assert text_of(message).startswith("*** Rehearsal: nothing in this message is to be acted on. ***")
    assert "Rehearsal: nothing in this message is to be acted on." in part_of(message, "html")


def test_a_language_without_a_catalogue_is_written_in_english_dates_and_all() -> None:
    message = received(VIEW, language="lv")
    assert message["Content-Language"] == "en"
    assert message["Subject"].endswith("by 16 February 2026")


# -- from the rows -------------------------------------------------------------------------------------------------


def test_a_view_is_read_from_the_rows(session: Session) -> None:
    standing = launched(session)
    row = notice(standing, "one", kind=NoticeKind.REMINDER, rung="T-7", detail={"tacit": True, "owing": "cedar"})
    session.add(row)
    view = view_of(standing, row, LINK, datetime(2026, 2, 8, 23, 30, tzinfo=UTC))
    assert (view.organisation, view.role, view.scope, view.owing) == ("Cedar", "project lead", ("Cedar",), "")
    assert (view.title, view.due_on, view.policy) == (METHOD.gates["needs"].title, date(2026, 2, 16), Policy.TACIT)
    assert (view.today, view.zone) == (date(2026, 2, 9), "Europe/Rome"), "the reader's day, an hour ahead"
    assert view.may_act


def test_who_is_told_of_anothers_lateness_may_read_and_not_act(session: Session) -> None:
    standing = launched(session)
    row = notice(
        standing, "one", kind=NoticeKind.ESCALATION, organisation="south-league", role="association-contact", detail={"owing": "cedar"}
    )
    session.add(row)
    view = view_of(standing, row, LINK, NOW)
    assert (view.organisation, view.owing, view.may_act) == ("South League", "Cedar", False)


def test_a_request_lists_the_editions_under_review(session: Session) -> None:
    standing = launched(session)
    gate = open_gate(standing.gate("needs-approval", "city-cedar"))
    standing.programme.editions.append(
        Edition(
            deliverable="D1.1",
            scope="city-cedar",
            number=1,
            version="1.0",
            state="review",
            built_at=NOW,
            content={},
            content_sha256="0" * 64,
        )
    )
    session.flush()
    standing.refresh()
    row = notice(standing, "one", gate, kind=NoticeKind.APPROVAL_REQUEST, role="mayor-delegate")
    session.add(row)
    assert view_of(standing, row, LINK, NOW).documents == (("D1.1", "Needs assessment", "1.0"),)


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ({"granted": True, "reason": ""}, ["More time was asked for, and it is given."]),
        ({"granted": True, "reason": "Gladly."}, ["More time was asked for, and it is given.", "The coordinator says: “Gladly.”"]),
        ({"reason": "The council meets late."}, ["The reason: The council meets late."]),
        (
            {"reason": "extended by the coordinator", "asked_on": "2026-02-14", "reasons": ["Cedar: closed: Spring", "weekend"]},
            ["(Cedar: closed: Spring; weekend), so it is the next one that is.", "The reason: extended by the coordinator."],
        ),
    ],
)
def test_a_new_date_is_told_with_all_its_reasons_each_once(detail: dict[str, object], said: list[str]) -> None:
    moved = replace(VIEW, kind=NoticeKind.DEADLINE_MOVED, detail={"old": "2026-02-09", "new": "2026-02-16"} | detail)
    text = text_of(received(moved))
    assert [text.count(sentence) for sentence in said] == [1] * len(said)
    assert text.count("asked for, and it is given") == text.lower().count("more time was asked for")
    assert ".." not in text
    assert ("The reason" in text) == any("The reason" in sentence for sentence in said)


@pytest.mark.parametrize("kind", [NoticeKind.RECEIPT, NoticeKind.SIGN_IN, NoticeKind.SILENCE])
def test_a_time_is_on_the_readers_clock_and_where_that_is_not_known_named_as_utc(kind: NoticeKind) -> None:
    view = replace(VIEW, kind=kind, detail=DETAILS[kind])
    here = text_of(received(replace(view, zone="Europe/Rome")))
    assert "2 February 2026 09:41 (Europe/Rome)" in here
    assert "UTC" not in here
    assert "2 febbraio 2026 09:41 (Europe/Rome)" in text_of(received(replace(view, zone="Europe/Rome"), language="it"))
    assert "2 February 2026 08:41 UTC" in text_of(received(view))
