"""What a workbook says of itself: the first sheet, and what is meant by each question."""

from __future__ import annotations

import json
from collections.abc import Sequence

from openpyxl.worksheet.worksheet import Worksheet

from tasks.forms.options import Offer
from tasks.forms.typed import typed
from tasks.page_fields import Form
from tasks.wording import Words
from tasks.workbook import styles
from tasks.workbook.cells import UNWRITABLE, shown
from tasks.workbook.choosing import LANGUAGE, choices_of
from tasks.workbook.layout import Column, Sheet
from tasks.workbook.stamp import About

MOST_NAMED = 12


def help_of(column: Column, offer: Offer) -> str:
    """What is meant by a question, how it is answered, and what holds where it is left empty."""
    field, words = column.field, offer.words
    lines = [words.gettext(field.says)] if field.says else []
    choices = choices_of(column, offer)
    if field.unit:
        lines.append(words.gettext("In %(unit)s.") % {"unit": words.gettext(field.unit)})
    if field.form is Form.LINES:
        lines.append(words.gettext("One to a line: Alt+Enter begins a new line inside the cell."))
        if choices:
            names = [name for _, name in choices[:MOST_NAMED]]
            lines.append(words.gettext("Each line is one of: %(names)s.") % {"names": "; ".join(names)})
        elif field.names == LANGUAGE:
            lines.append(words.gettext("Languages by name or code."))
    elif choices:
        lines.append(words.gettext("Choose from the list in the cell."))
    if field.least is not None and field.most is not None and field.most <= 1000:
        lines.append(words.gettext("From %(least)s to %(most)s.") % {"least": words.number(field.least), "most": words.number(field.most)})
    default = _default(column, offer)
    if default:
        lines.append(words.gettext("If left empty: %(default)s.") % {"default": default})
    return "\n".join(lines)


def _default(column: Column, offer: Offer) -> str:
    """What an empty cell means, where it means something."""
    value = json.loads(column.field.default) if column.field.default else None
    if value is None or (value in ("", [], 0) and value is not False):
        return ""
    return str(shown(column, typed(column.field, value), offer))


def example_of(column: Column, offer: Offer) -> str:
    """An example as it would be written into the cell; empty where there is none, or the choices say it already."""
    example, words = offer.words.example(column.field.example), offer.words
    if not example or (column.field.names and choices_of(column, offer)):
        return ""
    try:
        value = json.loads(example)
    except ValueError:
        value = example
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value) if column.path[-1] in styles.UNGROUPED else words.number(value, 2)
    if column.field.form is Form.DATE:
        return words.date(str(value), "medium")
    said = shown(column, typed(column.field, value), offer)
    return str(said or "").replace("\n", "; ")


def about_sheet(page: Worksheet, sheets: Sequence[Sheet], about: About, words: Words, wardrobe: styles.Wardrobe) -> None:
    """The first sheet: what is asked of whom by when, how to fill it in, and what is on which sheet."""
    gettext = words.gettext
    styles.lay_out(page, rtl=words.direction == "rtl", footer=UNWRITABLE.sub("", f"{about.programme_title} · {about.title} · {about.name}"))
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 30, 96
    of = f" ({words.listing(list(about.about))})" if about.about else ""
    facts = [(gettext("Programme"), about.programme_title), (gettext("Who is asked"), about.name), (gettext("What is asked"), about.asks)]
    if about.due_on:
        facts.append((gettext("By when"), words.date(about.due_on, "full")))
    based = gettext("Nothing has been handed in yet: the sheets are empty.")
    if about.revision:
        based = gettext("Revision %(number)s, as it was handed in.") % {"number": words.number(about.revision)}
    if about.save:
        based = gettext("Your draft, as it was saved last.")
    facts.append((gettext("What is filled in already"), based))
    steps = [
        gettext("Write into the light yellow cells. Everything else is locked, so that it can be read again; there is no password."),
        gettext("A star marks what is required. Where a cell offers a list, choose from it."),
        gettext("Each row of a list is one entry, in the order in which they are to stand. Rows you do not need stay empty."),
        gettext("Write answers, not formulas. To paste from elsewhere, paste values only."),
        gettext(
            "Save the file as Excel workbook (.xlsx) and upload it on the page your link leads to. You see there what changes before it "
            "counts."
        ),
    ]
    if any(sheet.parent for sheet in sheets):
        said = gettext(
            "Some sheets hold details of the entries of another sheet: their second column says of which, by its number (#) there."
        )
        steps.insert(3, said)
    row = _line(page, 1, about.title + of, "", styles.TITLE, wardrobe)
    for name, said in facts:
        row = _line(page, row, name, said, styles.STRONG, wardrobe)
    row = _line(page, row + 1, gettext("How to fill it in"), "", styles.HEADING, wardrobe)
    for number, step in enumerate(steps, start=1):
        row = _line(page, row, words.number(number), step, styles.STRONG, wardrobe)
    row = _line(page, row + 1, gettext("The sheets"), "", styles.HEADING, wardrobe)
    for sheet in sheets:
        row = _line(page, row, sheet.title, sheet.says, styles.STRONG, wardrobe)
    page.print_area = f"A1:B{row}"


def _line(page: Worksheet, row: int, name: str, said: str, look: styles.Look, wardrobe: styles.Wardrobe) -> int:
    """One row, and the next one's number."""
    for at, (text, own) in enumerate(((name, look), (said, styles.TEXT)), start=1):
        cell = page.cell(row, at)
        plain = UNWRITABLE.sub("", text)
        cell.value = plain or None
        if plain:
            cell.data_type = "s"
        wardrobe.dress(cell, own)
    if look is styles.TITLE:
        page.merge_cells(start_row=row, start_column=1, end_row=row, end_column=2)
        page.row_dimensions[row].height = styles.height_for([(name, 66)], 30) + 12
    else:
        page.row_dimensions[row].height = styles.height_for([(name, 30), (said, 100)], 19)
    return row + 1
