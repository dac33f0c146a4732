"""Workbooks for tests: written, as somebody saved them after changing something, and with parts that do not belong there."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import openpyxl
import pytest

from models.contribution_kinds.parts import Known
from tasks.forms import State, state_of
from tasks.forms.options import Offer
from tasks.page_fields import asked_fields
from tasks.wording import Words
from tasks.workbook import About, BadWorkbook, Read, read_workbook, workbook_of
from tests.factories import definition
from tests.models.every_field import valid

NEEDS = "needs-assessment"
ABOUT = About(
    "orchard", "needs", "city-cedar", "cedar", "Orchard", "Needs assessment", "What your city needs.", "Cedar", ("Cedar",), date(2024, 4, 1)
)


def offer(language: str = "en") -> Offer:
    return Offer(definition(), Known.of(definition()), Words(language), "cedar")


def written(kind: str, state: State, language: str = "en", about: About = ABOUT) -> bytes:
    return workbook_of(kind, asked_fields(kind), state, about, offer(language))


def read(data: bytes, kind: str = NEEDS, language: str = "en", about: About = ABOUT) -> Read:
    return read_workbook(data, kind, asked_fields(kind), about, offer(language))


def state(kind: str = NEEDS) -> State:
    return state_of(asked_fields(kind), valid(kind))


@cache
def needs() -> bytes:
    return written(NEEDS, state())


def edited(edit: Callable[[Any], None], data: bytes | None = None) -> bytes:
    """The workbook as somebody saved it after changing something."""
    book = openpyxl.load_workbook(io.BytesIO(data or needs()))
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(change: Callable[[str, bytes], bytes | None], more: dict[str, bytes] | None = None, data: bytes | None = None) -> bytes:
    """The file with its parts changed one by one, or left out, and others added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data or needs())) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = change(name, source.read(name))
            if part is not None:
                target.writestr(name, part)
        for name, part in (more or {}).items():
            target.writestr(name, part)
    return out.getvalue()


def with_part(name: str, part: bytes = b"<x/>") -> bytes:
    return repacked(lambda _, data: data, {name: part})


def refused(data: bytes) -> str:
    with pytest.raises(BadWorkbook) as caught:
        read(data)
    return str(caught.value)


def lines(data: bytes, language: str = "en") -> list[str]:
    return read(data, language=language).lines(Words(language))


def put(sheet: str, **cells: Any) -> Callable[[Any], None]:
    """Somebody writes into cells."""

    def edit(book: Any) -> None:
        for place, value in cells.items():
            book[sheet][place] = value

    return edit
