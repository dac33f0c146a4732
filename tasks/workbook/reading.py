"""Takes the answers out of a workbook that came back: what it says as a draft's tree, and every fault with its sheet and cell.

What could not be read stays out of the tree, so that a merge leaves it as it was; it is never taken for having been emptied.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from openpyxl.utils import get_column_letter

from tasks.forms.options import Offer
from tasks.forms.state import State
from tasks.forms.typed import Path
from tasks.page_fields import Field
from tasks.wording import Words, catalogues
from tasks.workbook.cells import Cell, Unreadable, read
from tasks.workbook.layout import ANSWER, FIRST_ROW, KEY_ROW, MARK, NUMBER, PARENT, Column, Sheet, fingerprint, layout_of
from tasks.workbook.opening import MOST_COLUMNS, MOST_ROWS, BadWorkbook, Grid, opened, too_much_text
from tasks.workbook.stamp import STAMP, About, Stamp, stamp_from

HIGHEST_KEYS = 12
"""In which of the first rows the hidden row of keys is looked for: somebody may have put rows above it."""
LONGEST_KEY = 12
MOST_ANSWERS = 16_000
"""Cells of all sheets of ours together that say something: what takes them over must not keep everybody else waiting."""


@dataclass(frozen=True)
class Place:
    """A cell, or a whole sheet where `cell` is empty, as they are called in the file that came; `label` is what is asked there."""

    sheet: str
    cell: str = ""
    label: str = ""

    def said(self, message: str, words: Words) -> str:
        """A message with its place."""
        if not self.sheet:
            return message
        if not self.cell:
            return words.gettext("Sheet “%(sheet)s”: %(message)s") % {"sheet": self.sheet, "message": message}
        told = {"sheet": self.sheet, "cell": self.cell, "label": self.label, "message": message}
        if not self.label:
            return words.gettext("Sheet “%(sheet)s”, cell %(cell)s: %(message)s") % told
        return words.gettext("Sheet “%(sheet)s”, cell %(cell)s (%(label)s): %(message)s") % told


@dataclass(frozen=True)
class CellFault:
    """One thing to put right. `path` is that of the answer in the tree, empty where it is about none."""

    place: Place
    message: str
    path: Path = ()


@dataclass
class Read:
    """What a workbook says, as a draft's tree; what is not in it was not read. `places` has the cell of every answer, by its path."""

    stamp: Stamp
    state: State = field(default_factory=dict)
    faults: list[CellFault] = field(default_factory=list)
    places: dict[Path, Place] = field(default_factory=dict)

    def lines(self, words: Words) -> list[str]:
        """Every fault with its place, in the order of the sheets."""
        return [fault.place.said(fault.message, words) for fault in self.faults]


def read_workbook(data: bytes, kind: str, fields: Sequence[Field], about: About, offer: Offer) -> Read:
    """What a file that came back says. BadWorkbook where it is no workbook, or that of another gate, organisation or programme.

    It is read in the language it was made in, and faults are told in that of `offer`, its reader's; where it does not say, all in that.
    """
    grids = opened(data, offer.words)
    return _Reader(kind, fields, about, offer, hashlib.sha256(data).hexdigest()).read(grids)


@dataclass
class _Table:
    """A sheet as it came: which field stands in which column, and the row of its keys."""

    grid: Grid
    top: int
    columns: dict[str, int]

    @property
    def first(self) -> int:
        return self.top + FIRST_ROW - KEY_ROW


class _Reader:
    def __init__(self, kind: str, fields: Sequence[Field], about: About, offer: Offer, sha256: str) -> None:
        self.kind, self.fields, self.about, self.offer, self.words, self.sha256 = kind, fields, about, offer, offer.words, sha256
        self.found = Read(Stamp())
        self.written = offer
        """The same choices as the workbook calls them."""
        self.rows: dict[str, dict[int, list[Path]]] = {}
        """Of each list: the paths of its entries by the number in their row."""

    def read(self, grids: list[Grid]) -> Read:
        self.found.stamp = self._stamp(grids)
        if self.found.stamp.language in catalogues():
            self.written = replace(self.offer, words=Words(self.found.stamp.language))
        is_older = self.found.stamp.fingerprint != fingerprint(self.kind, self.fields)
        left = MOST_ANSWERS
        for sheet in layout_of(self.fields, self.words):
            table = self._table(sheet, grids)
            if table is None:
                continue
            left -= len(table.grid.cells)
            if left < 0:
                raise BadWorkbook(too_much_text(self.words))
            self._check_whole(table)
            if sheet.path:
                self._list(sheet, table, is_older=is_older)
            else:
                self._singles(sheet, table, is_older=is_older)
        return self.found

    # -- what it is for --

    def _stamp(self, grids: list[Grid]) -> Stamp:
        gettext = self.words.gettext
        sheet = next((grid for grid in grids if grid.text(1, 1) == STAMP), None)
        if sheet is None:
            said = gettext(
                "This is not a workbook of these pages, or its hidden sheets were removed. Download it here, fill it in and upload that "
                "file."
            )
            raise BadWorkbook(said)
        stamp = stamp_from((sheet.text(row, 1), sheet.text(row, 2)) for row in range(2, 30))
        if not stamp.is_for(self.about) or stamp.kind != self.kind:
            said = gettext(
                "This workbook is for “%(title)s” of %(name)s (%(programme)s). This page takes “%(own)s” of %(own_name)s "
                "(%(own_programme)s). Upload it on the page its own link leads to; nothing was read."
            )
            theirs = {"title": stamp.title or stamp.gate, "name": stamp.name or stamp.organisation}
            own = {"own": self.about.title, "own_name": self.about.name, "own_programme": self.about.programme_title}
            where = self._of(stamp.programme_title or stamp.programme, stamp)
            raise BadWorkbook(said % (theirs | own | {"programme": where}))
        return stamp

    def _of(self, programme: str, stamp: Stamp) -> str:
        """The programme, and what tells two workbooks of one programme apart."""
        return f"{programme}, {stamp.scope}" if stamp.scope != self.about.scope else programme

    def _table(self, sheet: Sheet, grids: list[Grid]) -> _Table | None:
        """A sheet by its mark, whatever it is called; None, and a fault, where it is missing or there are two."""
        mark = f"{MARK}{sheet.key}"
        tables = []
        for grid in grids:
            places = [(row, at) for (row, at), cell in grid.cells.items() if row <= HIGHEST_KEYS and cell.value == mark]
            if places:
                top = min(places)[0]
                columns: dict[str, int] = {}
                for (row, at), cell in sorted(grid.cells.items()):
                    if row == top and isinstance(cell.value, str):
                        columns.setdefault(cell.value, at)
                tables.append(_Table(grid, top, columns | {"": columns[mark]}))
        if len(tables) == 1:
            return tables[0]
        gettext = self.words.gettext
        if tables:
            said = gettext("There are %(number)s sheets of this kind, perhaps copies. Leave only one and upload the file again.")
            self._fault(Place(tables[1].grid.title), said % {"number": self.words.number(len(tables))})
        else:
            said = gettext(
                "This sheet is missing, or its hidden first row is. What we hold for it stays as it is. Download the workbook afresh to "
                "fill it in."
            )
            self._fault(Place(sheet.title), said)
        return None

    def _check_whole(self, table: _Table) -> None:
        """Faults of a sheet as such: cells merged across answers, and more rows or columns than can be."""
        last = max((row for row, _ in table.grid.cells), default=0)
        for top, left, bottom, right in table.grid.merged:
            if bottom >= table.first and top <= max(last, table.first):
                where = f"{_cell(top, left)}:{_cell(bottom, right)}"
                said = self.words.gettext("These cells are merged, so that only the first counts. Unmerge them and fill in each.")
                self._fault(Place(table.grid.title, where), said)
        if table.grid.is_cut:
            said = self.words.gettext("What stands below row %(row)s or beside column %(column)s is not read. Move or delete it.")
            limits = {"row": str(MOST_ROWS), "column": get_column_letter(MOST_COLUMNS)}
            self._fault(Place(table.grid.title), said % limits)

    # -- answers --

    def _singles(self, sheet: Sheet, table: _Table, *, is_older: bool) -> None:
        answers = table.columns.get(ANSWER)
        keys = {table.grid.text(row, table.columns[""]): row for row, at in table.grid.cells if at == table.columns[""] and row > table.top}
        if answers is None:
            self._missing(table, self.words.gettext("Your answer"), is_older=is_older)
            return
        for column in sheet.columns:
            row = keys.get(column.key)
            if row is None:
                self._missing(table, column.label, is_older=is_older)
                continue
            self._answer(column, table, row, answers, self.found.state, ())
        asked = {keys[column.key] for column in sheet.columns if column.key in keys}
        for (row, at), cell in sorted(table.grid.cells.items()):
            if at == answers and row >= table.first and row not in asked and not cell.is_empty:
                self._stray(table, row, at)

    def _list(self, sheet: Sheet, table: _Table, *, is_older: bool) -> None:
        wanted = {column.key: column for column in sheet.columns}
        known = {name: at for name, at in table.columns.items() if name in wanted}
        for column in (column for key, column in wanted.items() if key not in known):
            self._missing(table, column.label, is_older=is_older)
        if sheet.parent and PARENT not in table.columns:
            self._missing(table, self.words.gettext("Belongs to # *"), is_older=is_older)
            return
        if sheet.parent and sheet.parent.key not in self.rows:
            return  # that the sheet it belongs to is missing was said already
        for owner in self._owners(sheet):
            _put(self._node(owner), sheet.inside, {"order": [], "items": {}})
            self.places[(*owner, *sheet.inside)] = Place(table.grid.title)
        self.rows[sheet.key] = {}
        is_whole = not table.grid.is_cut
        asked = {*known.values(), *([table.columns[PARENT]] if sheet.parent else [])}
        for row in (row for row in table.grid.columns if row >= table.first):
            filled = [at for at in asked if (row, at) in table.grid.cells]
            self._check_strays(table, row, asked)
            above = self._owner(sheet, table, row) if filled else None
            if above is not None:
                self._entry(sheet, table, row, above, {at: wanted[name] for name, at in known.items()})
            elif filled:
                is_whole = False
        if not is_whole:  # what was not read may be entries that are there already: nothing counts as removed or moved
            for owner in self._owners(sheet):
                del _got(self._node(owner), sheet.inside)["order"]

    def _entry(self, sheet: Sheet, table: _Table, row: int, above: Path, columns: dict[int, Column]) -> None:
        """One row as an entry of the list in `above`."""
        listed = _got(self._node(above), sheet.inside)
        key = self._key(table, row, sheet, listed["items"])
        path: Path = (*above, *sheet.inside, key)
        entry: State = {}
        listed["order"].append(key)
        listed["items"][key] = entry
        self.places[path] = Place(table.grid.title, _cell(row, min(columns, default=1)))
        self.rows[sheet.key].setdefault(self._number(table, row), []).append(path)
        for at, column in columns.items():
            self._answer(column, table, row, at, entry, path)

    @property
    def places(self) -> dict[Path, Place]:
        return self.found.places

    def _answer(self, column: Column, table: _Table, row: int, at: int, entry: State, path: Path) -> None:
        place, own = Place(table.grid.title, _cell(row, at), column.label), (*path, *column.path)
        self.places[own] = place
        cell = table.grid.cells.get((row, at), Cell(None, "n"))
        try:
            text: str | None = "" if cell.is_empty else read(cell, column, self.written, self.words)
        except Unreadable as wrong:
            self._fault(place, str(wrong), own)
            text = wrong.kept
        if text is not None:
            _put(entry, column.path, text)

    def _owners(self, sheet: Sheet) -> list[Path]:
        """The paths of all entries that have such a list; the whole contribution where it is in none."""
        return [path for paths in self.rows[sheet.parent.key].values() for path in paths] if sheet.parent else [()]

    def _owner(self, sheet: Sheet, table: _Table, row: int) -> Path | None:
        """The entry that the entry in a row belongs to; None, and a fault, where it is not clear."""
        if sheet.parent is None:
            return ()
        at = table.columns[PARENT]
        place = Place(table.grid.title, _cell(row, at))
        number = _whole(table.grid.cells.get((row, at)))
        owners = self.rows[sheet.parent.key].get(number or 0, [])
        told = {"sheet": sheet.parent.title}
        if number is None:
            said = self.words.gettext("Write here to which entry of the sheet “%(sheet)s” this row belongs: its number there.")
        elif not owners:
            said = self.words.gettext("In the sheet “%(sheet)s” there is no entry with this number. Choose one that is filled in.")
        elif len(owners) > 1:
            said = self.words.gettext("In the sheet “%(sheet)s” several entries have this number. Give each a number of its own.")
        else:
            return owners[0]
        self._fault(place, said % told)
        return None

    def _number(self, table: _Table, row: int) -> int:
        """The number that rows of other sheets call an entry by; where its own is gone, that of its row."""
        at = table.columns.get(NUMBER)
        number = _whole(table.grid.cells.get((row, at))) if at is not None else None
        return row - table.first + 1 if number is None else number

    def _key(self, table: _Table, row: int, sheet: Sheet, taken: Collection[str]) -> str:
        """The entry's key in the draft; a new one, the same for the same file, where it has none or another row has it already."""
        key = table.grid.text(row, table.columns[""])
        if not (key.isascii() and key.isalnum() and len(key) <= LONGEST_KEY) or key in taken:
            key = "w" + hashlib.sha256(f"{self.sha256} {sheet.key} {row}".encode()).hexdigest()[:7]
        return key

    def _node(self, path: Path) -> State:
        """The part of the tree at a path of an entry, or the whole."""
        here: Any = self.found.state
        for part in path:
            here = here["items"][part] if "items" in here else here[part]
        node: State = here
        return node

    # -- faults --

    def _check_strays(self, table: _Table, row: int, asked: set[int]) -> None:
        ours = {at for name, at in table.columns.items() if name in ("", NUMBER, PARENT)}
        stray = next((at for at in table.grid.columns[row] if at not in asked and at not in ours), None)
        if stray is not None:
            self._stray(table, row, stray)

    def _stray(self, table: _Table, row: int, at: int) -> None:
        said = self.words.gettext("This stands beside the questions and was not read. Move it to where it belongs, or delete it.")
        self._fault(Place(table.grid.title, _cell(row, at)), said)

    def _missing(self, table: _Table, label: str, *, is_older: bool) -> None:
        if is_older:
            said = self.words.gettext("“%(label)s” is not in it: what is asked has changed since you downloaded it. Download it afresh.")
        else:
            said = self.words.gettext("“%(label)s” is missing: its row or column was deleted. What we hold for it stays as it is.")
        self._fault(Place(table.grid.title), said % {"label": label})

    def _fault(self, place: Place, message: str, path: Path = ()) -> None:
        self.found.faults.append(CellFault(place, message, path))


def _cell(row: int, column: int) -> str:
    return f"{get_column_letter(column)}{row}"


def _whole(cell: Cell | None) -> int | None:
    """A whole number in a cell, as number or text; None where there is none."""
    value = cell.value if cell is not None and cell.kind != "f" else None
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 9:
        return int(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _put(node: State, path: Sequence[str], value: Any) -> None:
    """Set what stands at a path of groups."""
    for name in path[:-1]:
        node = node.setdefault(name, {})
    node[path[-1]] = value


def _got(node: State, path: Sequence[str]) -> Any:
    here: Any = node
    for name in path:
        here = here[name]
    return here
