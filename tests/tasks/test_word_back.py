"""A working copy as Word gives it back: every tracked change found, accepted or declined to the letter."""

from __future__ import annotations

import io
import random

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.page_fields import Form
from tasks.word_back.changes import BETWEEN, marked, pieces_of
from tasks.word_back.copying import working_copy
from tasks.word_back.origin import unsigned
from tasks.word_back.places import laid_out
from tasks.word_back.reading import Kind, Mark, Paragraph, Piece
from tasks.word_back.taking import chosen, everything, offers
from tests.tasks.sent_to_word import (
    BODY,
    COVER,
    ENGLISH,
    FIELDS,
    FIRST,
    SECOND,
    STATE,
    THIRD,
    VISION,
    places_of,
    read,
    said,
    sent_copy,
    text_after,
)
from tests.tasks.worded import WHO, Docx, W, dele, ins, para, run


@pytest.fixture
def made() -> bytes:
    return sent_copy()


@pytest.fixture
def copy(made: bytes) -> Docx:
    return Docx(made)


# -- the document that is sent --------------------------------------------------------------------------------------


def test_a_copy_sent_back_untouched_changes_nothing(made: bytes) -> None:
    found = read(made)
    assert {name: found[name] for name in ("fields", "missing", "unplaced", "remarks")} == {
        "fields": [],
        "missing": [],
        "unplaced": [],
        "remarks": [],
    }


def test_the_same_contribution_gives_the_same_bytes(made: bytes) -> None:
    assert working_copy(laid_out(FIELDS, STATE, ENGLISH), COVER, ENGLISH) == made


def test_changes_are_tracked_from_the_start_and_every_text_has_a_control_of_its_own(copy: Docx) -> None:
    assert b"w:trackRevisions" in copy.parts["word/settings.xml"]
    tags = [item.get(f"{{{W}}}val") for item in copy.root.iter(f"{{{W}}}tag")]
    assert [tag for tag in tags if tag.startswith("f:")] == [place.tag for place in places_of(STATE)]
    assert "f:actions/A1/description" in tags
    assert all(len(tag) <= 64 for tag in tags)


def test_ids_dates_and_money_are_no_texts_to_work_on() -> None:
    paths = {"/".join(place.path) for place in places_of(STATE)}
    assert not paths & {"actions/A1/id", "actions/A1/start", "actions/A1/cost/staff", "actions/A1/objective", "actions/A1/priority"}


def test_a_document_opens_in_python_docx_as_any_other(made: bytes) -> None:
    document = docx.Document(io.BytesIO(made))
    assert round(document.sections[0].page_width.cm) == 21
    assert any(item.style.name == "Heading 1" and item.text == "Vision" for item in document.paragraphs)


def test_what_a_document_says_of_itself_is_believed_only_with_our_signature() -> None:
    assert unsigned("s", COVER.token) is not None
    assert unsigned("other", COVER.token) is None
    assert unsigned("s", COVER.token[:-2] + "xx") is None


# -- tracked changes -------------------------------------------------------------------------------------------------


def test_insertions_and_deletions_in_split_runs_are_one_change_each(copy: Docx) -> None:
    copy.write(
        "vision",
        para(run("We ") + dele("wel") + dele("come") + ins("gre") + ins("et") + run(" everybody.")) + para(run(SECOND)) + para(run(THIRD)),
    )
    found = read(copy.bytes())
    assert said(found, "vision") == [("del", "welcome"), ("ins", "greet")]
    (change,) = found["fields"][0]["changes"]
    assert (change["author"], change["date"], change["is_tracked"]) == ("Anna", "2024-05-03T10:00:00Z", True)
    assert text_after(found, "vision") == VISION.replace("welcome", "greet")
    assert text_after(found, "vision", accepted=set()) == VISION


def test_of_two_peoples_changes_one_is_accepted_and_one_declined(copy: Docx) -> None:
    other = 'w:id="7" w:author="Carl" w:date="2024-05-05T10:00:00Z"'
    copy.write(
        "vision",
        para(run("We ") + ins("warmly ") + run("welcome everybody") + ins(" who comes", other) + run("."))
        + para(run(SECOND))
        + para(run(THIRD)),
    )
    found = read(copy.bytes())
    assert [change["author"] for change in found["fields"][0]["changes"]] == ["Anna", "Carl"]
    assert text_after(found, "vision", accepted={2}) == VISION.replace("everybody.", "everybody who comes.")
    assert text_after(found, "vision", accepted={1}) == VISION.replace("We ", "We warmly ")


def test_formatting_alone_is_no_change(copy: Docx) -> None:
    bold = f"<w:r><w:rPr><w:b/><w:rPrChange {WHO}><w:rPr/></w:rPrChange></w:rPr><w:t>We welcome everybody.</w:t></w:r>"
    moved = f'<w:p><w:pPr><w:jc w:val="center"/><w:pPrChange {WHO}><w:pPr/></w:pPrChange></w:pPr>{bold}</w:p>'
    copy.write("vision", moved + para("<w:proofErr w:type='spellStart'/>" + run(SECOND[:4]) + run(SECOND[4:])) + para(run(THIRD)))
    assert read(copy.bytes())["fields"] == []


def test_what_was_inserted_and_deleted_again_is_left_out(copy: Docx) -> None:
    nested = f"<w:ins {WHO}>{run('hardly ')}{dele('ever ')}</w:ins>" + f"<w:del {WHO}>{ins('never ')}</w:del>"
    copy.write("vision", para(run("We ") + nested + run("welcome everybody.")) + para(run(SECOND)) + para(run(THIRD)))
    found = read(copy.bytes())
    assert said(found, "vision") == [("ins", "hardly ")]
    assert text_after(found, "vision", accepted=set()) == VISION


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (para(run(FIRST)) + para(dele(SECOND), "del") + para(run(THIRD)), f"{FIRST}\n\n{THIRD}"),
        (para(run(FIRST)) + para(run(SECOND)) + para(dele(THIRD)), f"{FIRST}\n\n{SECOND}"),
        (para(run(FIRST)) + para(dele(SECOND), "del") + para(dele(THIRD)), FIRST),
        (para(ins("New."), "ins") + para(run(FIRST)) + para(run(SECOND)) + para(run(THIRD)), f"New.\n\n{VISION}"),
        (para(run(FIRST)) + para(run(SECOND)) + para(run(THIRD), "ins") + para(ins("New.")), f"{VISION}\n\nNew."),
        (para(run(FIRST)) + para(run(SECOND)) + para(run(THIRD)) + para(ins("New."), "ins"), f"{VISION}\n\nNew."),
        (para(run(FIRST), "del") + para(run(SECOND)) + para(run(THIRD)), f"{FIRST}{SECOND}\n\n{THIRD}"),
        (para(run(FIRST[:3]), "ins") + para(run(FIRST[3:])) + para(run(SECOND)) + para(run(THIRD)), f"We\n\n{VISION[3:]}"),
    ],
    ids=["deleted", "last-deleted", "two-last-deleted", "first-inserted", "last-inserted", "last-inserted-after", "joined", "split"],
)
def test_paragraphs_inserted_and_deleted_with_their_ends(copy: Docx, content: str, expected: str) -> None:
    found = read(copy.write("vision", content).bytes())
    assert len(found["fields"][0]["changes"]) == 1
    assert text_after(found, "vision").replace("We \n\n", "We\n\n") == expected
    assert text_after(found, "vision", accepted=set()) == VISION


def test_a_moved_paragraph_is_one_change_with_both_its_ends(copy: Docx) -> None:
    start = '<w:moveFromRangeStart w:id="1" w:name="move1" w:author="Anna" w:date="2024-05-03T10:00:00Z"/>'
    to = start.replace("moveFrom", "moveTo").replace('w:id="1"', 'w:id="2"')
    away = (
        f"<w:p><w:pPr><w:rPr><w:moveFrom {WHO}/></w:rPr></w:pPr>"
        f"{start}<w:moveFrom {WHO}>{run(FIRST)}</w:moveFrom></w:p><w:moveFromRangeEnd w:id='1'/>"
    )
    here = (
        f"<w:p><w:pPr><w:rPr><w:moveTo {WHO}/></w:rPr></w:pPr>{to}<w:moveTo {WHO}>{run(FIRST)}</w:moveTo></w:p><w:moveToRangeEnd w:id='2'/>"
    )
    found = read(copy.write("vision", away + para(run(SECOND)) + here + para(run(THIRD))).bytes())
    (change,) = found["fields"][0]["changes"]
    assert change["move"] == "move1"
    assert text_after(found, "vision") == f"{SECOND}\n\n{FIRST}\n\n{THIRD}"
    assert text_after(found, "vision", accepted=set()) == VISION


def test_both_ends_of_a_move_between_two_texts_are_chosen_once(copy: Docx) -> None:
    start = '<w:moveFromRangeStart w:id="1" w:name="move2" w:author="Anna" w:date="2024-05-03T10:00:00Z"/>'
    to = start.replace("moveFrom", "moveTo")
    copy.write(
        "vision",
        para(run(FIRST)) + para(run(SECOND)) + para(start + f"<w:moveFrom {WHO}>{run(THIRD)}</w:moveFrom><w:moveFromRangeEnd w:id='1'/>"),
    )
    copy.write("governance", para(to + f"<w:moveTo {WHO}>{run(THIRD)}</w:moveTo><w:moveToRangeEnd w:id='1'/>"))
    offered = offers(read(copy.bytes()), places_of(STATE), None, same_draft=True)
    assert len({choice.name for offer in offered for choice in offer.choices if choice.change.move}) == 1
    assert chosen(offered, everything(offered)).texts == {("vision",): f"{FIRST}\n\n{SECOND}", ("governance",): THIRD}


def test_changes_in_a_table_row_and_in_a_list(copy: Docx) -> None:
    title = BODY["actions"][0]["title"]
    copy.write("actions/A1/title", dele(title) + ins("Courses"))
    copy.write("actions/A1/steps", para(run("Agree")) + para(ins("Begin"), "ins") + para(ins("End")))
    found = read(copy.bytes())
    assert text_after(found, "actions/A1/title") == "Courses"
    assert text_after(found, "actions/A1/title", accepted=set()) == title
    lines = text_after(found, "actions/A1/steps").split("\n")
    assert lines == ["Agree", "Begin", "End"]


def test_a_table_that_was_put_into_a_text_keeps_its_words(copy: Docx) -> None:
    row = f"<w:tr><w:trPr><w:ins {WHO}/></w:trPr><w:tc>{para(run('Cell one'))}</w:tc><w:tc>{para(run('Cell two'))}</w:tc></w:tr>"
    copy.write("vision", para(run(FIRST)) + para(run(SECOND)) + para(run(THIRD)) + f"<w:tbl>{row}</w:tbl>")
    found = read(copy.bytes())
    assert {change["author"] for change in found["fields"][0]["changes"]} == {"Anna"}
    assert text_after(found, "vision") == f"{VISION}\n\nCell one\n\nCell two"
    assert text_after(found, "vision", accepted=set()) == VISION


# -- any edits at all ------------------------------------------------------------------------------------------------

WORD = st.sampled_from(["we", "city", "plan", "é", ",", ".", "ten"])
TEXT = st.lists(st.lists(WORD, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=3).map("\n\n".join)


def tracked(base: str, rng: random.Random) -> list[Paragraph]:
    """Random words of a text deleted and others inserted, as tracked changes."""
    paragraphs = []
    for text in base.split("\n\n"):
        pieces: list[Piece] = []
        for word in text.split(" "):
            last = " " if pieces else ""
            if rng.random() < 0.3:
                pieces.append(Piece(f"{last}{rng.choice(['new', 'so'])}", Mark(Kind.INS, rng.choice("AB"), "2024")))
            pieces.append(Piece(last + word, Mark(Kind.DEL, rng.choice("AB"), "2024") if rng.random() < 0.3 else Mark()))
        paragraphs.append(Paragraph(pieces))
    return paragraphs


@settings(max_examples=60, deadline=None)
@given(TEXT, TEXT, st.integers(0, 10_000))
def test_all_declined_gives_what_was_sent_and_all_accepted_what_came(base: str, came: str, seed: int) -> None:
    paragraphs = tracked(came, random.Random(seed))
    pieces = pieces_of(paragraphs, Form.TEXT)
    accepted = "".join(piece.text for piece in pieces if piece.mark.kind is not Kind.DEL)
    for sent in (came, base):
        found = marked(sent, pieces)
        assert found.text(set()) == sent
        assert found.text(found.all).strip() == accepted.strip()
    assert BETWEEN[Form.TEXT].join(came.split("\n\n")) == came
