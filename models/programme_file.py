"""Reading a programme file: its shape and what must hold between its keys, with all faults at once, each on its line.

The rules themselves are in `programme_cast`, `programme_timing` and `programme_absences`.
"""

from __future__ import annotations

import os
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.definition import Definition
from models.errors import BadFile, Fault
from models.programme_absences import a_common_working_day_is_never_far
from models.programme_cast import CAST_RULES
from models.programme_timing import TIMING_RULES
from models.settings import programmes_folder
from models.yaml_lines import MAX_FAULTS, Document, parse, pydantic_faults, read
from models.yaml_places import Place

FILE_NAME = "programme.yaml"
RULES = (*CAST_RULES, *TIMING_RULES, a_common_working_day_is_never_far)


def located(given: str | os.PathLike[str]) -> Path:
    """The file behind what was entered: a programme at that path, or else one of that name that comes with the project.

    A folder without a programme file is none, and hides none that comes with the project.
    """
    path, shipped = Path(given), programmes_folder() / given
    is_shipped = shipped.parent == programmes_folder() and shipped.is_dir()
    return shipped if is_shipped and not (path.is_file() or (path / FILE_NAME).is_file()) else path


def read_programme(path: str | os.PathLike[str]) -> Definition:
    """The programme in `path`, a folder or its `programme.yaml`; BadFile with all faults at once.

    Faults name the file as it was given, for a folder its `programme.yaml`.
    """
    given = os.fspath(path)
    name = os.path.join(given, FILE_NAME) if os.path.isdir(given) else given  # noqa: PTH112, PTH118 - as given, which Path would tidy
    return programme_from(read(name), name)


def programme_from(text: str | bytes, name: str) -> Definition:
    """The programme written in `text`; BadFile with all faults at once, in which the file is called `name`."""
    document = parse(text, name)
    definition, shape = _validated(document)
    root = Place(document, document.data)
    broken = islice(chain.from_iterable(rule(root) for rule in RULES), MAX_FAULTS)
    faults = [*document.faults, *shape, *broken]
    if faults or definition is None:
        raise BadFile(name, list(dict.fromkeys(faults)))
    return definition


def _validated(document: Document) -> tuple[Definition | None, list[Fault]]:
    try:
        return Definition.model_validate(document.data), []
    except ValidationError as error:
        return None, pydantic_faults(error, document, Definition)


def definition_schema() -> dict[str, Any]:
    """The programme file's JSON Schema (2020-12), for editors that check while one types."""
    schema = Definition.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema | {
        "title": "Programme file",
        "description": "One mentoring programme: who takes part, which dates and offsets hold, what the matching weighs.",
    }
