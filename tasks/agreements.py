"""What is computed from the terms of a pair: who is meant by each side, duties by side, sums of days and money."""

from __future__ import annotations

from typing import Any

from tasks.reading import Reading

Json = dict[str, Any]
BEARERS = ("mentor", "mentee", "both", "association", "programme")
"""The order in which sides are listed."""


def bearer(key: str, doc: Reading) -> str:
    """A side of the agreement by name where the pair is known: "Norden (mentor)"."""
    pair = doc.content.get("pair") or {}
    _ = doc.words.gettext
    said = {
        "mentor": _("Mentor"),
        "mentee": _("Mentee"),
        "both": _("Both cities"),
        "association": _("Association"),
        "programme": _("Programme"),
    }
    if key in ("mentor", "mentee") and pair:
        return f"{doc.name(pair[key])} ({said[key].lower()})"
    return said.get(key, key)


def duties(terms: Json) -> list[Json]:
    """Duties under their side: `[{"party", "duties": [duty]}]`, in the order of sides."""
    found = {key: [duty for duty in terms.get("duties") or [] if duty["party"] == key] for key in BEARERS}
    return [{"party": key, "duties": listed} for key, listed in found.items() if listed]


def resources(terms: Json) -> Json:
    """Sums of what is stated, in days and in whole euro; None where nothing is stated.

    Shape: `{"days", "amount", "by_side": [{"by", "days", "amount"}]}`; `by_side` holds the sides that state any figure.
    """
    rows = terms.get("resources") or []
    sides = [{"by": key} | _sums([row for row in rows if row["by"] == key]) for key in BEARERS]
    return _sums(rows) | {"by_side": [side for side in sides if side["days"] is not None or side["amount"] is not None]}


def _sums(rows: list[Json]) -> Json:
    return {key: _sum([row[key] for row in rows if row.get(key) is not None]) for key in ("days", "amount")}


def _sum(stated: list[int]) -> int | None:
    return sum(stated) if stated else None
