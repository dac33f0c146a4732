"""Review and decide: what changed beside the document, comments on sections, and that one decides on what one saw."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine, select, text
from starlette.responses import Response

from deployments.desk import cookies
from models.database import changing, reading
from models.events import history
from models.notices import Notice, NoticeKind
from models.standing import load
from tests.deployments.deciding_forms import APPROVAL, CEDAR, only, places, plain, revise, send
from tests.deployments.desk_world import (
    SECRET,
    World,
    decisions,
    fields,
    lead,
    mayor,
)
from tests.world import launched as launched_on
from tests.world import opened as is_open

# -- comparing and commenting --------------------------------------------------------------------------------------


def test_of_a_first_version_every_section_is_named_and_can_be_commented_on(review: World) -> None:
    page = review.get(f"/a/{mayor(review)}").text
    assert "This is its first version" in page
    assert "<ins>" not in page
    assert len(places(review, mayor(review))) > 8
    assert re.search(r'href="/a/[^"]+/edition/\d+#s2"', page)


@pytest.fixture
def returned(review: World) -> World:
    """The mayor returned the needs assessment with two comments on sections and none on the whole."""
    token = mayor(review)
    named = list(places(review, token).values())
    comments = {named[0]: "Say from which year this is. <script>alert(1)</script>", named[2]: "Who was asked?\r\n\r\nAnd when?"}
    assert send(review, token, fields(review, token, verdict="return"), **comments).status_code == 303
    return review


def test_comments_on_sections_are_comment_enough_and_are_kept_with_number_and_title(returned: World) -> None:
    first, second = only(returned).remarks or []
    assert (first["document"], first["section"]) == ("D1.1", "1")
    assert first["title"]
    assert second["comment"] == "Who was asked?\n\nAnd when?"
    assert only(returned).comment == ""


def test_comments_on_sections_reach_the_authors_on_their_page_and_by_mail(returned: World) -> None:
    page = returned.get(f"/a/{lead(returned)}").text
    assert "It came back with a comment" in page
    assert "Say from which year this is." in page
    assert "<script>" not in page
    title = (only(returned).remarks or [])[0]["title"]
    assert f"Comment on D1.1 1.0, 1 {title}" in unescape(page)
    with reading(returned.engine) as session:
        notices = session.scalars(select(Notice).where(Notice.kind == NoticeKind.RETURNED)).all()
    assert notices
    assert all(
        [item["section"] for item in notice.detail["remarks"]] == ["1", (only(returned).remarks or [])[1]["section"]] for notice in notices
    )


def sections_with(page: str, words: str, tag: str) -> list[str]:
    """What the parts of a page are called that hold certain words."""
    parts = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", page, re.DOTALL)
    return [plain(re.findall(r"<(?:h2|a|h4)[^>]*>(.*?)</(?:h2|a|h4)>", part, re.DOTALL)[0]) for part in parts if words in part]


def test_a_comment_stands_beside_the_section_of_the_form_it_is_about_with_who_and_when(returned: World) -> None:
    token, said = lead(returned), "Say from which year this is."
    title = (only(returned).remarks or [])[0]["title"]
    assert title == "Context"
    assert sections_with(returned.get(f"/a/{token}").text, said, "li") == ["Context"]
    assert sections_with(returned.get(f"/a/{token}/check").text, said, "section") == ["Context"]
    form = plain(returned.get(f"/a/{token}/form/context").text)
    assert f"Comment on D1.1 1.0, 1 Context {said}" in form
    assert re.search(r"Cedar \(mayor's delegate\), \w+day \d+ \w+ 2024, \d\d:\d\d", form)
    assert said in returned.get(f"/a/{token}/print").text
    assert said not in returned.get(f"/a/{token}/form/needs").text


def test_a_comment_on_the_whole_stands_at_the_top_and_beside_no_section(review: World) -> None:
    token = mayor(review)
    whole = next(name for title, name in places(review, token).items() if title == "The whole document")
    sent = send(review, token, fields(review, token, verdict="return", comment="Shorter, please."), **{whole: "The picture is too small."})
    assert sent.status_code == 303
    page = review.get(f"/a/{lead(review)}").text
    top = page[: page.index('id="sections"')]
    assert "Shorter, please." in top
    assert "The picture is too small." in top
    assert "The picture is too small." not in page[page.index('id="sections"') :]
    assert "The picture is too small." not in review.get(f"/a/{lead(review)}/form/context").text


def test_once_handed_in_again_nothing_stands_beside_the_form_any_more(returned: World) -> None:
    revise(returned, context="Another.")
    assert "Say from which year" not in returned.get(f"/a/{lead(returned)}/form/context").text


def test_in_a_second_round_earlier_comments_stand_beside_the_sections_with_whether_these_changed(returned: World) -> None:
    revise(returned, "profile")
    revise(returned, context="Newcomers find a home here within one year, they say.")
    page = returned.get(f"/a/{mayor(returned)}").text
    assert sections_with(page, "Say from which year this is.", "section") == ["1 Context changed"]
    told = plain(page)
    assert "Your comment on D1.1 1.0, 1 Context changed since Say from which year this is." in told
    other = (only(returned).remarks or [])[1]
    assert f"Your comment on D1.1 1.0, {other['section']} {other['title']} not changed since Who was asked? And when?" in told
    theirs = plain(returned.get(f"/a/{returned.token(APPROVAL, CEDAR, 'alliance', 'coordinator', 'read')}").text)
    assert "Comment on D1.1 1.0, 1 Context changed since" in theirs


def test_comments_stay_out_of_the_history(returned: World) -> None:
    with reading(returned.engine) as session:
        told = str([event.detail for event in history(session, "orchard")])
    assert "which year" not in told
    assert "Who was asked" not in told


def test_the_receipt_repeats_the_comments_on_sections(returned: World) -> None:
    receipt = plain(returned.get(f"/a/{mayor(returned)}/receipt").text)
    assert "returned with comments" in receipt
    assert "Who was asked? And when?" in receipt


def test_the_new_version_shows_what_changed_word_by_word_and_only_names_the_rest(returned: World) -> None:
    revise(returned, "profile")
    revise(returned, context="Newcomers find a home here within one year, they say.")
    page = returned.get(f"/a/{mayor(returned)}").text
    assert "D1.1: what changed since version 1.0" in unescape(page)
    added = [unescape(found) for found in re.findall(r"<ins><span[^>]*>added: </span>([^<]*)</ins>", page)]
    removed = re.findall(r"<del><span[^>]*>removed: </span>([^<]*)</del>", page)
    assert any("within one year, they say" in words for words in added)
    assert removed
    assert re.search(r"\d+ sections have not changed", page)
    before = re.search(r'href="(/a/[^"]+/edition/\d+)">Read the version before', page)
    assert before
    assert returned.get(before[1]).status_code == 200


def test_contributed_text_in_a_comparison_stays_text(returned: World) -> None:
    revise(returned, "profile")
    revise(returned, context="<img src=x onerror=alert(1)> <ins>forged</ins>")
    page = returned.get(f"/a/{mayor(returned)}").text
    assert "&lt;img src=x" in page
    assert "<img" not in page
    assert "<ins>forged" not in page


def test_a_comment_on_a_section_that_does_not_exist_is_nothing(review: World) -> None:
    token = mayor(review)
    form = fields(review, token, verdict="return") | {"remark.D1.1.s99": "Where?", "remark.D9.9.s1": "x"}
    assert send(review, token, form).status_code == 422
    assert decisions(review, APPROVAL, CEDAR) == []


def test_a_refused_form_keeps_every_comment_and_opens_its_section(review: World) -> None:
    token = mayor(review)
    name = list(places(review, token).values())[3]
    answer = send(review, token, fields(review, token), **{name: "Kept, I hope."})
    assert answer.status_code == 422
    assert re.search(
        rf'<details class="remark" open>(?:(?!</details>).)*id="{re.escape(name)}"[^>]*>\s*Kept, I hope\.', answer.text, re.DOTALL
    )


def test_a_comment_that_is_too_long_is_told_beside_its_field(review: World) -> None:
    token = mayor(review)
    name = list(places(review, token).values())[3]
    answer = send(review, token, fields(review, token, verdict="return"), **{name: "x" * 4001})
    assert answer.status_code == 422
    assert f'href="#{name}"' in answer.text
    assert "Shorten the comment on" in answer.text


# -- what is decided on is what was seen ---------------------------------------------------------------------------


def test_an_edition_that_changed_while_it_was_read_is_not_decided_on_and_no_comment_is_lost(review: World) -> None:
    token = mayor(review)
    name = next(iter(places(review, token).values()))
    form = fields(review, token, verdict="approve") | {name: "On the old one.", "remark.D1.1.s98": "On what is gone."}
    with changing(review.engine) as session:
        standing = load(session, "orchard", locked=True)
        edition = standing.latest_edition("D1.1", CEDAR)
        assert edition
        edition.content_sha256 = "0" * 64
    answer = send(review, token, form)
    assert answer.status_code == 409
    assert "has changed since you opened this page" in answer.text
    assert "On the old one." in answer.text
    assert "On what is gone." in answer.text
    assert decisions(review, APPROVAL, CEDAR) == []


@pytest.fixture
def anywhere(engine: Engine, tmp_path: Path) -> World:
    """The needs assessments are up for approval, on each kind of database."""
    played = launched_on(engine)
    played.play(is_open(APPROVAL))
    with engine.begin() as connection:
        connection.execute(text("create table clock (at text)"))
        connection.execute(text("insert into clock values (:at)"), {"at": played.now.replace(tzinfo=None).isoformat()})
    world = World(tmp_path / "unused")
    world.serve(engine, tmp_path)
    return world


def test_of_three_who_decide_at_once_one_counts_and_the_others_are_told(anywhere: World) -> None:
    token, start = mayor(anywhere), Barrier(3)
    form = fields(anywhere, token)
    name = next(iter(places(anywhere, token).values()))

    def decide(chosen: dict[str, str]) -> int:
        start.wait(10)
        return send(anywhere, token, form | chosen).status_code

    wanted = [{"verdict": "approve"}, {"verdict": "return", name: "Which year?"}, {"verdict": "reject", "comment": "No."}]
    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(decide, wanted)) == [303, 409, 409]
    assert len(decisions(anywhere, APPROVAL, CEDAR)) == 1


def test_who_was_writing_is_kept_with_the_decision_and_not_in_the_history(review: World) -> None:
    token = mayor(review)
    remembered = Response()
    cookies.remember_writer(remembered, SECRET, "Anna B.", review.now)
    form = fields(review, token, verdict="approve")
    review.post(f"/a/{token}", data=form, headers={"cookie": remembered.headers["set-cookie"].partition(";")[0]})
    assert only(review).writer == "Anna B."
    assert "Anna B." in review.get(f"/a/{token}/receipt").text
    with reading(review.engine) as session:
        assert "Anna" not in str([event.detail for event in history(session, "orchard")])
