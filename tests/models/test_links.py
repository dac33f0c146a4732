"""Signed links: what they allow, until when, and that nobody can make one up."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ProgrammeError
from models.links import REHEARSAL_SECRET, BadLink, Link, address, read, sign

SECRET = "a secret of this test"
LINK = Link("act", "orchard", 12, None, "cedar", "project-lead", date(2026, 5, 1))
IN_TIME = datetime(2026, 5, 1, 23, 59, tzinfo=UTC)
TOO_LATE = datetime(2026, 5, 2, tzinfo=UTC)


def token(secret: str = SECRET, link: Link = LINK) -> str:
    return sign(secret, link.purpose, link.programme, link.gate_id, link.edition_id, link.organisation, link.role, link.expires_on)


def test_a_link_says_what_it_was_signed_for_through_its_last_day() -> None:
    assert read(SECRET, token(), IN_TIME) == LINK


def test_the_same_link_has_the_same_token() -> None:
    assert token() == token()


def test_an_old_link_is_refused_and_tells_for_whom_a_new_one_may_be_sent() -> None:
    with pytest.raises(BadLink, match="Ask for a new one") as caught:
        read(SECRET, token(), TOO_LATE)
    assert caught.value.expired == LINK


@given(st.text(max_size=200))
def test_what_was_never_signed_opens_nothing(text: str) -> None:
    with pytest.raises(BadLink, match="ask for a new one") as caught:
        read(SECRET, text, IN_TIME)
    assert caught.value.expired is None


@given(st.integers(min_value=0, max_value=len(token()) - 1))
def test_a_link_changed_in_one_place_opens_nothing(place: int) -> None:
    whole = token()
    other = "A" if whole[place] != "A" else "B"
    with pytest.raises(BadLink):
        read(SECRET, whole[:place] + other + whole[place + 1 :], IN_TIME)


@pytest.mark.parametrize("more", ["=", "==", ".", "!", " ", "\u00e9", "%"])
def test_a_link_with_something_after_it_opens_nothing(more: str) -> None:
    with pytest.raises(BadLink):
        read(SECRET, token() + more, IN_TIME)


def test_of_all_spellings_of_a_signature_only_the_one_that_was_written_opens_the_link() -> None:
    whole = token()
    letters = string.ascii_letters + string.digits + "-_"
    assert [letter for letter in letters if opens(whole[:-1] + letter)] == [whole[-1]]
    assert not opens(whole[:-5] + "*" + whole[-5:]), "base64 passes over what it does not know"


def opens(text: str) -> bool:
    try:
        return read(SECRET, text, IN_TIME) == LINK
    except BadLink:
        return False


@pytest.mark.parametrize("number", [-1, 2**31, 11859308630706])
def test_a_number_that_no_row_can_have_opens_nothing(number: int) -> None:
    with pytest.raises(BadLink, match="not one of ours"):
        read(SECRET, token(link=replace(LINK, gate_id=number)), IN_TIME)


def test_a_link_of_another_installation_opens_nothing() -> None:
    with pytest.raises(BadLink):
        read(SECRET, token("another secret"), IN_TIME)


def test_a_rehearsals_link_is_never_valid_live() -> None:
    rehearsed = token(REHEARSAL_SECRET)
    with pytest.raises(BadLink):
        read(SECRET, rehearsed, IN_TIME)
    with pytest.raises(ProgrammeError, match="known to everybody"):
        read(REHEARSAL_SECRET, rehearsed, IN_TIME)
    assert read(REHEARSAL_SECRET, rehearsed, IN_TIME, rehearsal=True) == LINK


def test_a_rehearsal_never_trusts_or_makes_live_links() -> None:
    with pytest.raises(ProgrammeError, match="must never open a live page"):
        read(SECRET, token(), IN_TIME, rehearsal=True)


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(ProgrammeError, match="without a secret"):
        token("")


def test_the_address_is_the_desks() -> None:
    assert address("https://desk.example/", "abc") == "https://desk.example/link/abc"
