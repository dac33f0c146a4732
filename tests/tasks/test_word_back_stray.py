"""What is in a returned document beside tracked changes: silent ones, lost fields, stray text, conflicts, and files that are not ours."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import pytest

from tasks.forms import state_of
from tasks.word_back.changes import marked
from tasks.word_back.copying import working_copy
from tasks.word_back.opening import LARGEST_FILE, LARGEST_WHOLE, Unreadable, opened
from tasks.word_back.origin import unsigned
from tasks.word_back.places import fingerprint, laid_out, paired, with_texts
from tasks.word_back.reading import Kind, Mark, Piece, blocks_of
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
from tests.tasks.worded import Docx, W, dele, ins, packed, para, run, xml


@pytest.fixture
def made() -> bytes:
    return sent_copy()


@pytest.fixture
def copy(made: bytes) -> Docx:
    return Docx(made)


# -- what is not tracked, not placed, not there ----------------------------------------------------------------------


def test_untracked_changes_are_changes_too(copy: Docx) -> None:
    copy.write("vision", para(run("We greet ") + ins("nearly ") + run("everybody.")) + para(run(SECOND)) + para(run(THIRD)))
    found = read(copy.bytes())
    assert [change["is_tracked"] for change in found["fields"][0]["changes"]] == [False, True]
    assert text_after(found, "vision") == VISION.replace("welcome", "greet").replace("everybody", "nearly everybody")
    assert text_after(found, "vision", accepted={2}) == VISION.replace("everybody", "nearly everybody")
    assert text_after(found, "vision", accepted=set()) == VISION


def test_a_text_where_there_was_none_comes_without_the_words_that_stood_there(copy: Docx) -> None:
    hint = next(place.says for place in places_of(STATE) if place.path == ("governance",))
    for content in (para(ins("A board.")), para(dele(hint) + ins("A board.")), para(run("A board."))):
        found = read(Docx(copy.bytes()).write("governance", content).bytes())
        assert text_after(found, "governance") == "A board."
        assert text_after(found, "governance", accepted=set()) == ""


def test_comments_stand_beside_their_text(copy: Docx) -> None:
    start = '<w:commentRangeStart w:id="4"/>'
    copy.write(
        "vision",
        para(start + run(FIRST) + '<w:commentRangeEnd w:id="4"/><w:r><w:commentReference w:id="4"/></w:r>')
        + para(run(SECOND))
        + para(run(THIRD)),
    )
    found = read(copy.comment("4", "Too bold?").bytes())
    assert found["fields"][0]["changes"] == []
    assert found["fields"][0]["remarks"] == [{"author": "Béla", "date": "2024-05-04T09:00:00Z", "text": "Too bold?"}]


def test_text_outside_of_all_fields_is_told_with_its_place(copy: Docx) -> None:
    control = copy.control("vision").getparent()
    control.addnext(xml(para(ins("An afterthought.")))[0])
    label = next(item for item in copy.body.iter(f"{{{W}}}t") if item.text == "Governance")
    label.text = "Steering"
    found = read(copy.bytes())
    assert {"where": "Vision", "text": "An afterthought."} in found["unplaced"]
    assert any(item["text"] == "Steering" for item in found["unplaced"])
    assert found["fields"] == []


def test_a_field_that_was_deleted_is_told_and_stays(copy: Docx) -> None:
    control = copy.control("vision").getparent()
    heading = control.getprevious()
    for item in (control, heading):
        item.getparent().remove(item)
    found = read(copy.bytes())
    assert found["missing"] == [["Vision"]]
    assert found["fields"] == []


def test_a_control_that_was_copied_counts_once(copy: Docx) -> None:
    control = copy.control("vision").getparent()
    twin = Docx(copy.bytes()).control("vision").getparent()
    control.addnext(twin)
    found = read(copy.bytes())
    assert found["fields"] == []
    assert FIRST in found["unplaced"][0]["text"]


@pytest.mark.parametrize("how", ["drop_tags", "drop_controls"])
def test_without_tags_texts_are_found_between_our_headings(copy: Docx, how: str) -> None:
    copy.write("vision", para(run("We ") + dele("welcome") + ins("greet") + run(" everybody.")) + para(run(SECOND)) + para(run(THIRD)))
    copy.write("actions/A2/title", ins("New: ") + run(BODY["actions"][1]["title"]))
    getattr(copy, how)()
    data = copy.bytes()
    assert unsigned("s", opened(data).token) is not None
    found = read(data)
    assert found["missing"] == found["unplaced"] == []
    assert {field["path"] for field in found["fields"]} == {"vision", "actions/A2/title"}
    assert text_after(found, "vision") == VISION.replace("welcome", "greet")


def test_the_copy_for_libreoffice_has_no_controls_and_comes_back_all_the_same(made: bytes) -> None:
    cover = replace(COVER, has_controls=False)
    bare = Docx(working_copy(laid_out(FIELDS, STATE, ENGLISH), cover, ENGLISH))
    assert next(bare.root.iter(f"{{{W}}}sdt"), None) is None
    assert read(bare.bytes())["fields"] == []
    text = next(item for item in bare.root.iter(f"{{{W}}}t") if item.text == FIRST)
    paragraph = text.getparent().getparent()
    paragraph[1:] = xml(run("We ") + dele("welcome") + ins("greet") + run(" everybody."))
    found = read(bare.bytes())
    assert text_after(found, "vision") == VISION.replace("welcome", "greet")
    assert found["missing"] == found["unplaced"] == []


@pytest.mark.parametrize(("program", "lossy"), [("LibreOffice/7.4.7.2$Linux_X86_64", True), ("Microsoft Office Word", False)])
def test_what_libreoffice_saved_with_controls_is_known_to_have_lost_tracks(copy: Docx, program: str, lossy: bool) -> None:
    space = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
    copy.parts["docProps/app.xml"] = f'<Properties xmlns="{space}"><Application>{program}</Application></Properties>'.encode()
    assert opened(copy.bytes()).is_lossy is lossy
    assert not opened(copy.drop_controls().bytes()).is_lossy


def test_texts_that_repeat_themselves_endlessly_are_not_compared_word_by_word(copy: Docx) -> None:
    base, came = "we they " * 2000, "they we no " * 2000
    found = marked(base, [Piece(came)])
    assert [(item.kind, item.text) for item in found.segments] == [(Kind.DEL, base), (Kind.INS, came)]
    for item in xml(para(run("Title")) * 3000):
        copy.body.insert(0, item)
    with pytest.raises(Unreadable):
        read(copy.bytes())


def test_a_text_with_very_many_changes_is_offered_as_one() -> None:
    pieces = [Piece(f"w{at} ", Mark(Kind.INS, "A") if at % 2 else Mark()) for at in range(400)]
    base = "".join(piece.text for piece in pieces if piece.mark.kind is Kind.KEEP)
    found = marked(base, pieces)
    assert len(found.changes) == 1
    assert found.text(set()) == base
    assert found.text(found.all) == "".join(piece.text for piece in pieces)


def test_where_the_sent_text_is_not_known_the_declined_one_stands_for_it(copy: Docx) -> None:
    copy.write("vision", para(run("Quite another ") + ins("text")))
    found = read(copy.bytes(), base_is_known=False)
    field = next(item for item in found["fields"] if item["path"] == "vision")
    assert field["base"] == "Quite another "
    assert said(found, "vision") == [("ins", "text")]


# -- taking it over --------------------------------------------------------------------------------------------------


def test_where_our_text_has_changed_too_ours_stays_until_the_files_is_chosen(copy: Docx) -> None:
    copy.write("vision", para(run("We ") + ins("do ") + run("welcome everybody.")) + para(run(SECOND)) + para(run(THIRD)))
    found = read(copy.bytes())
    now = places_of(with_texts(STATE, {("vision",): "Our own new vision."}))
    (offer,) = offers(found, now, None, same_draft=True)
    assert offer.differs
    form = everything([offer])
    assert chosen([offer], form).texts == {}
    assert chosen([offer], form | {offer.rival: "file"}).texts == {("vision",): VISION.replace("We ", "We do ")}


def test_what_a_link_does_not_open_is_not_taken(copy: Docx) -> None:
    copy.write("vision", para(ins("All new.")))
    offered = offers(read(copy.bytes()), places_of(STATE), frozenset({"summary"}), same_draft=True)
    assert chosen(offered, everything(offered)).texts == {}


def test_entries_are_found_again_after_others_were_put_before_them() -> None:
    older = places_of(STATE)
    body = BODY | {"annexes": [{"title": "Preface", "text": ""}, *BODY["annexes"]], "actions": BODY["actions"][::-1]}
    newer = places_of(state_of(FIELDS, body))
    found = paired(older, newer)
    assert found["annexes", "1", "text"].path == ("annexes", "2", "text")
    assert found["annexes", "1", "text"].text == "One"
    assert found["actions", "A1", "title"].text == BODY["actions"][0]["title"]
    assert ("actions", "A1", "title") not in paired(older, places_of(state_of(FIELDS, BODY | {"actions": BODY["actions"][1:]})))
    assert fingerprint(older) != fingerprint(newer)


# -- files that are not ours, or not safe ----------------------------------------------------------------------------


def refused(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        opened(data)
    return caught.value.reason


def test_files_that_are_no_document_are_told_apart(made: bytes) -> None:
    assert refused(b"") == "empty"
    assert refused(b"hello") == "not-word"
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)) == "locked"
    assert refused(made[: len(made) // 2]) == "not-word"
    assert refused(b"x" * (LARGEST_FILE + 1)) == "large"
    assert refused(packed({"a.txt": b"a"})) == "not-word"


def test_macros_are_refused(copy: Docx) -> None:
    copy.parts["word/vbaProject.bin"] = b"x"
    assert refused(copy.bytes()) == "macros"


def test_a_document_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(copy: Docx) -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        with archive.open("word/media/a.png", "w") as part:
            for _ in range(LARGEST_WHOLE // (1 << 20) + 1):
                part.write(bytes(1 << 20))

    assert refused(copy.bytes(then=fill)) == "bomb"


@pytest.mark.parametrize("part", ["word/document.xml", "word/comments.xml", "docProps/custom.xml", "_rels/.rels"])
def test_entities_and_document_types_are_refused(copy: Docx, part: str) -> None:
    data = copy.bytes()
    hostile = Docx(data)
    root = hostile.parts.get(part, f'<w:comments xmlns:w="{W}"/>'.encode())
    text = root.decode().partition("?>")[2] if root.startswith(b"<?xml") else root.decode()
    hostile.parts[part] = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{text}'.encode()
    assert refused(packed(hostile.parts)) == "broken"


def test_broken_and_endlessly_nested_xml_is_refused(copy: Docx) -> None:
    copy.bytes()
    for text in (b"<w:document", b"<a>" * 5000, b"\xff\xfe\x00"):
        assert refused(packed(copy.parts | {"word/document.xml": text})) == "broken"


def test_a_document_elsewhere_is_not_followed(copy: Docx) -> None:
    copy.bytes()
    rels = copy.parts["_rels/.rels"].replace(b'Target="word/document.xml"', b'Target="http://elsewhere.example/x" TargetMode="External"')
    assert rels != copy.parts["_rels/.rels"]
    assert refused(packed(copy.parts | {"_rels/.rels": rels})) == "not-word"


def test_deeply_nested_controls_and_tables_end_well(copy: Docx) -> None:
    deep = "<w:sdt><w:sdtContent>" * 120 + para(run("Deep")) + "</w:sdtContent></w:sdt>" * 120
    found = read(copy.write("vision", deep).bytes())
    assert text_after(found, "vision") == "Deep"


def test_scripts_and_direction_overrides_come_through_as_plain_text(copy: Docx) -> None:
    found = read(copy.write("vision", para(ins("<script>alert(1)</script>\u202eabc"))).bytes())
    assert text_after(found, "vision") == "<script>alert(1)</script>abc"


# -- made to keep us busy --------------------------------------------------------------------------------------------


def test_text_boxes_within_text_boxes_are_read_once() -> None:
    """Each once: were the inner ones met with every outer one, sixty of them would take for ever."""
    deep = "<w:r><w:drawing><w:txbxContent><w:p>" * 60 + run("Deep inside") + "</w:p></w:txbxContent></w:drawing></w:r>" * 60
    both = para(f"<w:r><w:drawing>{box('First')}{box('Second')}</w:drawing></w:r>")
    assert [block.sent() for block in blocks_of(xml(para(deep) + both))] == ["Deep inside", "First", "Second"]


def box(text: str) -> str:
    return f"<w:txbxContent>{para(run(text))}</w:txbxContent>"


def test_a_text_of_which_every_second_word_is_another_is_one_change() -> None:
    """Compared word by word this takes minutes, while the whole programme waits."""
    one, other = ("".join(f"u{number} {which}{number} " for number in range(6_000)) for which in "xy")
    found = marked(one, [Piece(other)])
    assert [item.kind for item in found.segments] == [Kind.KEEP, Kind.DEL, Kind.INS]
    assert (found.text(frozenset()), found.text(found.all)) == (one, other)


def test_a_document_of_more_tags_than_anybody_writes_is_not_read(copy: Docx) -> None:
    copy.body.extend(xml("<w:p/>" * 300_000))
    with pytest.raises(Unreadable, match="large"):
        opened(copy.bytes())
