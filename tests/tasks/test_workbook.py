"""The workbook of a contribution: what goes out comes back, and what is wrong is told at its cell."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from models.contribution_kinds import KINDS, validate_body
from tasks.forms import body_of, state_of
from tasks.page_fields import asked_fields
from tasks.wording import Words
from tasks.workbook import cells, checked
from tasks.workbook.changes import What, changes_of
from tasks.workbook.layout import layout_of
from tasks.workbook.stamp import LISTS_SHEET, STAMP_SHEET
from tests.factories import definition
from tests.models.every_field import valid, whole
from tests.tasks.workbook_files import NEEDS, edited, lines, needs, offer, put, read, repacked, state, written

# -- there and back ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_goes_out_comes_back(kind: str) -> None:
    language = "it" if list(KINDS).index(kind) % 2 else "en"
    body, fields = valid(kind), asked_fields(kind)
    back = read(written(kind, state_of(fields, body), language), kind, language)
    assert back.lines(Words(language)) == []
    assert validate_body(kind, body_of(fields, back.state, language)[0], None, "", definition()) == validate_body(
        kind, body, None, "", definition()
    )


@pytest.mark.parametrize("kind", ["action-plan", "peer-review", "one-stop-shop"])
def test_every_field_and_every_entry_inside_an_entry_keeps_its_place_and_key(kind: str) -> None:
    held = state_of(asked_fields(kind), whole(kind))
    assert read(written(kind, held), kind).state == held


def test_the_same_input_gives_the_same_bytes() -> None:
    assert written(NEEDS, state()) == needs()
    with zipfile.ZipFile(io.BytesIO(needs())) as archive:
        assert {part.date_time for part in archive.infolist()} == {(2020, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert re.findall(r"(\d{4})-\d\d-\d\dT", core) == ["2020", "2020"]


def test_an_empty_workbook_comes_back_as_nothing_said() -> None:
    empty = read(written(NEEDS, state_of(asked_fields(NEEDS), None)))
    assert empty.faults == []
    assert empty.state["context"] == ""
    assert empty.state["needs"] == {"order": [], "items": {}}


def test_a_contributed_text_never_becomes_a_formula() -> None:
    texts = ["=1+1", "+39 1", "-5", "@SUM(A1)", "=cmd|' /C calc'!A0", "\N{FULLWIDTH EQUALS SIGN}1+1", "#N/A", '=HYPERLINK("https://evil.example")']
    held = state()
    held["gaps"] = "\n".join(texts)
    held["stakeholders"] = {
        "order": [f"e{number}" for number in range(len(texts))],
        "items": {f"e{number}": {"name": text, "kind": text} for number, text in enumerate(texts)},
    }
    data = written(NEEDS, held)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} == {"s", "n"}
    assert [book["Stakeholders"][f"C{row}"].value for row in range(4, 12)] == texts
    assert all(book["Stakeholders"][f"C{row}"].quotePrefix for row in range(4, 10))
    assert read(data).state == held


def with_shared_strings(data: bytes) -> bytes:
    """The texts in a table of their own, as Excel and LibreOffice write them; ours stand in their cells."""
    texts: list[bytes] = []

    def shared(found: re.Match[bytes]) -> bytes:
        texts.append(found[1])
        return b't="s"><v>%d</v></c>' % (len(texts) - 1)

    def change(name: str, part: bytes) -> bytes:
        if name.startswith("xl/worksheets/"):
            return re.sub(rb't="inlineStr"><is>(.*?)</is></c>', shared, part, flags=re.DOTALL)
        if name == "[Content_Types].xml" and b"sharedStrings" not in part:
            kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
            return part.replace(b"</Types>", b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>')
        return part

    moved = repacked(change, data=data)
    table = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</sst>'
    return repacked(
        lambda name, part: None if name == "xl/sharedStrings.xml" else part,
        {"xl/sharedStrings.xml": table % b"".join(b"<si>%s</si>" % text for text in texts)},
        moved,
    )


def test_texts_in_a_table_of_their_own_are_read_like_those_in_the_cells() -> None:
    data = with_shared_strings(needs())
    assert b"inlineStr" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    assert read(data).state == read(needs()).state


# -- how it looks --------------------------------------------------------------------------------------------------


def test_answers_are_open_and_all_else_is_locked() -> None:
    book = openpyxl.load_workbook(io.BytesIO(needs()))
    assert all(sheet.protection.sheet and not sheet.protection.password for sheet in book)
    assert book.security.lockStructure
    assert (book["Answers"]["C4"].protection.locked, book["Answers"]["B4"].protection.locked) == (False, True)
    assert (book["Needs"]["C33"].protection.locked, book["Needs"]["B33"].protection.locked) == (False, True)
    assert {book[name].sheet_state for name in (STAMP_SHEET, LISTS_SHEET)} == {"veryHidden"}
    assert book["Needs"].row_dimensions[1].hidden
    assert book["Needs"].column_dimensions["A"].hidden
    assert book["Needs"].freeze_panes == "D4"
    assert (book["Needs"].page_setup.orientation, book["Needs"].page_setup.paperSize) == ("landscape", 9)


def test_choices_are_offered_by_name() -> None:
    book = openpyxl.load_workbook(io.BytesIO(needs()))
    rules = {str(rule.sqref).split(":")[0]: rule for rule in book["Needs"].data_validations.dataValidation}
    assert rules["C4"].type == "list"
    names = [cell.value for column in book[LISTS_SHEET].iter_cols() for cell in column]
    assert {"Decent work", "Learning the language"} <= set(names)
    assert (rules["F4"].type, rules["F4"].formula1, rules["F4"].formula2) == ("whole", "1", "5")


def test_there_is_room_for_more_entries() -> None:
    page = openpyxl.load_workbook(io.BytesIO(needs()))["Figures"]
    assert page["B63"].value == 60
    assert page.max_row >= 3 + len(valid(NEEDS)["figures"]) + 30


def test_a_workbook_speaks_the_readers_language_and_direction() -> None:
    arabic = openpyxl.load_workbook(io.BytesIO(written(NEEDS, state(), "ar")))
    assert all(sheet.sheet_view.rightToLeft for sheet in arabic if sheet.sheet_state == "visible")
    assert not openpyxl.load_workbook(io.BytesIO(needs()))["Needs"].sheet_view.rightToLeft


# -- what people do in it --------------------------------------------------------------------------------------------


def test_numbers_and_choices_are_read_as_people_write_them() -> None:
    def edit(book: Any) -> None:
        answers, last = book.worksheets[1], book.worksheets[5]
        answers["C5"], answers["C6"], last["C4"] = "57.000", 0.125, "  decent WORK "
        answers["C6"].number_format = "0.0%"

    back = read(edited(edit, written(NEEDS, state(), "it")), language="it").state
    assert (back["population"], back["foreign_origin_share"]) == ("57000", "12.5")
    assert back["needs"]["items"]["e1"]["theme"] == "work"


def test_days_and_yes_and_no_are_read_as_cells_or_words() -> None:
    held = state("visit-report")
    fields = [cell.value for row in openpyxl.load_workbook(io.BytesIO(written("visit-report", held)))["Answers"]["A"] for cell in [row]]
    first, last = (f"C{fields.index(name) + 1}" for name in ("starts_on", "ends_on"))

    def edit(book: Any) -> None:
        book["Answers"][first], book["Answers"][last] = "31.12.2024", datetime(2025, 1, 2)  # noqa: DTZ001 - as Excel has it
        quotes = book["Quotes"]
        quotes["C4"], quotes["D4"], quotes["E4"] = "Well said", "Mayor", True

    back = read(edited(edit, written("visit-report", held)), "visit-report").state
    assert (back["starts_on"], back["ends_on"]) == ("2024-12-31", "2025-01-02")
    assert back["quotes"]["items"][back["quotes"]["order"][0]]["consent"] == "yes"


def test_a_workbook_is_read_in_its_own_language_and_its_faults_are_told_in_the_readers() -> None:
    held = state("visit-report")
    data = written("visit-report", held, "it")

    def edit(book: Any) -> None:
        quotes = book["Citazioni"]
        quotes["E4"], quotes["E5"], quotes["C5"], quotes["D5"] = "Sì", "forse", "Ben detto", "Il sindaco"

    back = read(edited(edit, data), "visit-report", "en")
    first, second = back.state["quotes"]["order"][:2]
    assert back.state["quotes"]["items"][first]["consent"] == "yes"
    [line] = [fault.message for fault in back.faults if fault.path == ("quotes", second, "consent")]
    assert line == "“forse” is neither yes nor no. Choose one from the list: Sì or No."


def test_figures_are_read_as_the_workbooks_language_writes_them() -> None:
    def edit(book: Any) -> None:
        book.worksheets[1]["C6"] = "0,125"

    assert read(edited(edit, written(NEEDS, state(), "it")), language="en").state["foreign_origin_share"] == "0.125"


@pytest.mark.parametrize("language", [None, "", "xx", "../it"])
def test_a_stamp_without_a_language_of_ours_leaves_it_to_the_readers(language: str | None) -> None:
    def edit(book: Any) -> None:
        stamp = book[STAMP_SHEET]
        row = next(row for row in range(1, 20) if stamp.cell(row, 1).value == "language")
        if language is None:
            stamp.delete_rows(row)
        else:
            stamp.cell(row, 2).value = language

    data = written(NEEDS, state(), "it")
    assert read(edited(edit, data), language="it").state == read(data, language="it").state


def test_rows_can_be_added_emptied_and_left_out_between() -> None:
    held = state()
    count = len(held["needs"]["order"])

    def edit(book: Any) -> None:
        page = book["Needs"]
        for cell in page[4][2:]:
            cell.value = None
        page[f"C{count + 6}"], page[f"D{count + 6}"] = "Decent work", "One more"

    back = read(edited(edit)).state["needs"]
    assert back["order"][:-1] == held["needs"]["order"][1:]
    assert back["items"][back["order"][-1]] | {"theme": "work", "title": "One more"} == back["items"][back["order"][-1]]


def test_renamed_and_reordered_sheets_and_new_headers_are_recognised() -> None:
    def edit(book: Any) -> None:
        book["Needs"]["C2"] = "Something else"
        book["Needs"].title = "Our needs"
        book.move_sheet("Our needs", -4)

    assert read(edited(edit)).state == read(needs()).state
    assert read(edited(edit)).faults == []


def test_moved_columns_are_recognised_and_a_new_one_is_told() -> None:
    def edit(book: Any) -> None:
        book["Needs"].insert_cols(4)
        book["Needs"]["D4"] = "my own notes"

    data = edited(edit)
    assert read(data).state["needs"] == state()["needs"]
    assert lines(data) == [
        "Sheet “Needs”, cell D4: This stands beside the questions and was not read. Move it to where it belongs, or delete it."
    ]


def test_a_deleted_column_leaves_its_answers_as_they_are() -> None:
    data = edited(lambda book: book["Needs"].delete_cols(4))
    assert lines(data) == ["Sheet “Needs”: “Title” is missing: its row or column was deleted. What we hold for it stays as it is."]
    assert "title" not in read(data).state["needs"]["items"]["e1"]


def test_a_missing_sheet_is_named_and_nothing_of_it_is_taken_for_emptied() -> None:
    data = edited(lambda book: book.remove(book["Needs"]))
    [line] = lines(data)
    assert line.startswith("Sheet “Needs”: This sheet is missing")
    assert "needs" not in read(data).state


def test_a_copied_sheet_is_told() -> None:
    data = edited(lambda book: book.copy_worksheet(book["Needs"]))
    assert lines(data) == ["Sheet “Needs Copy”: There are 2 sheets of this kind, perhaps copies. Leave only one and upload the file again."]


def test_a_formula_is_refused_at_its_cell_and_the_answer_stays_as_it_was() -> None:
    data = edited(put("Needs", D4="=A1&B1", F4="=2+2"))
    said = "This is a formula. Copy the cell and paste it as values, so that the result itself stands there."
    assert lines(data) == [f"Sheet “Needs”, cell D4 (Title): {said}", f"Sheet “Needs”, cell F4 (Severity): {said}"]
    assert "title" not in read(data).state["needs"]["items"]["e1"]


def test_merged_cells_are_told() -> None:
    data = edited(lambda book: book["Needs"].merge_cells("D4:D6"))
    assert "Sheet “Needs”, cell D4:D6: These cells are merged, so that only the first counts. Unmerge them and fill in each." in lines(data)


def test_what_is_none_of_the_choices_is_kept_and_told() -> None:
    data = edited(put("Figures", E4="bananas"))
    [line] = lines(data)
    assert line.startswith("Sheet “Figures”, cell E4 (Unit): “bananas” is none of the choices. Choose one from the list: People; %;")
    assert read(data).state["figures"]["items"]["e1"]["unit"] == "bananas"


def test_an_error_of_excels_is_told() -> None:
    [line] = lines(edited(put("Needs", F4="#REF!")))
    assert line == "Sheet “Needs”, cell F4 (Severity): This cell shows an error of Excel's (#REF!). Write the answer itself."


def test_a_row_that_belongs_to_nothing_is_told_and_removes_nothing() -> None:
    held = state("action-plan")
    data = edited(put("Actions – Milestones", C4=99), written("action-plan", held))
    back = read(data, "action-plan")
    assert [fault.message for fault in back.faults] == [
        "In the sheet “Actions” there is no entry with this number. Choose one that is filled in."
    ]
    assert all("order" not in item["milestones"] for item in back.state["actions"]["items"].values())


def test_every_rule_of_the_kind_is_told_at_its_cell() -> None:
    back = read(edited(put("Needs", C4="Decent work", F4=9, D5=None, E5="text", C5="Decent work", F5="many")))
    told = [fault.place.said(fault.message, Words("en")) for fault in checked(back, NEEDS, back.state, offer())]
    assert "Sheet “Needs”, cell F4 (Severity): It must be at most 5." in told
    assert "Sheet “Needs”, cell D5 (Title): Fill this in." in told
    assert any(line.startswith("Sheet “Needs”, cell F5 (Severity): Write a number in figures") for line in told)


def test_too_many_rows_are_told_and_do_not_hang() -> None:
    def far(name: str, part: bytes) -> bytes:
        row = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
        part = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', part)
        return part.replace(b"</sheetData>", row) if b"desk:needs" in part or name.endswith("sheet6.xml") else part

    assert lines(repacked(far)) == ["Sheet “Needs”: What stands below row 1000 or beside column KN is not read. Move or delete it."]


# -- what changes --------------------------------------------------------------------------------------------------


def test_changes_are_told_answer_by_answer() -> None:
    before = state()
    after = read(edited(put("Answers", C5=61000))).state
    [change] = changes_of(asked_fields(NEEDS), before, after, offer())
    assert (change.label, change.what, change.now) == ("Population", What.CHANGED, "61,000")


def test_added_and_removed_entries_are_told_with_what_they_say() -> None:
    before, after = state(), read(edited(put("Stakeholders", C40="New league", D40="association"))).state
    [added] = changes_of(asked_fields(NEEDS), before, after, offer())
    assert (added.what, [line.said for line in added.lines]) == (What.ADDED, ["New league", "association"])
    [removed] = changes_of(asked_fields(NEEDS), after, before, offer())
    assert removed.what is What.REMOVED


def test_an_entry_that_was_empty_is_told_whole_like_any_other_that_is_new_and_an_emptied_one_as_removed() -> None:
    fields = asked_fields(NEEDS)
    full = state()
    (first, *_) = full["needs"]["order"]
    empty = {**full, "needs": {**full["needs"], "items": {**full["needs"]["items"], first: {}}}}
    [added] = changes_of(fields, empty, full, offer())
    [removed] = changes_of(fields, full, empty, offer())
    assert (added.what, removed.what) == (What.ADDED, What.REMOVED)
    assert added.lines == removed.lines != ()


def test_names_of_languages_are_looked_up_and_not_searched_for() -> None:
    """A cell may hold sixteen thousand lines, a sheet many such cells."""
    column = next(column for sheet in layout_of(asked_fields("city-profile"), Words("it")) for column in sheet.columns
                  if column.field.name == "working_languages")  # fmt: skip
    text = "italiano\nEnglish\n" + "nobody's\n" * 100_000
    assert cells.read(cells.Cell(text, "s"), column, offer("it")).split("\n")[:3] == ["it", "en", "nobody's"]
