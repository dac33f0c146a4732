"""What is computed from a stakeholder map and a local support network: the grid of interest and influence, who became a member."""

from __future__ import annotations

from typing import Any

from tasks.wording import Words

Json = dict[str, Any]
STEPS = (1, 2, 3, 4, 5)
"""Interest and influence go from 1 to 5; the scales are this software's own."""
KINDS = {
    "migrants-association": "migrants' association",
    "non-governmental-organisation": "non-governmental organisation",
    "municipal-service": "municipal service",
    "other-public-body": "other public body",
    "education": "education",
    "employer-or-trade-union": "employer or trade union",
    "faith-community": "faith community",
    "other": "other",
}


def kind(key: str, words: Words) -> str:
    """What a stakeholder is, in words."""
    return words.gettext(KINDS[key]) if key in KINDS else key


def rows(mapped: Json, network: Json) -> list[Json]:
    """The stakeholders with their number on the map and whether each is a member of the network, by its name.

    Shape: `[stakeholder + {"number", "member": bool}]`, those who can move most and care most first.
    """
    members = {str(member["organisation"]).casefold() for member in network.get("members") or []}
    ranked = sorted(mapped.get("stakeholders") or [], key=lambda row: (-row["influence"], -row["interest"], str(row["organisation"])))
    return [row | {"number": at, "member": str(row["organisation"]).casefold() in members} for at, row in enumerate(ranked, start=1)]


def grid(numbered: list[Json]) -> list[Json]:
    """The map as a table: `[{"influence", "cells": [[number]]}]`, the highest influence first, a cell for each interest from 1 to 5."""
    return [{"influence": step, "cells": [_cell(numbered, interest, step) for interest in STEPS]} for step in reversed(STEPS)]


def _cell(numbered: list[Json], interest: int, influence: int) -> list[int]:
    return [row["number"] for row in numbered if (row["interest"], row["influence"]) == (interest, influence)]
