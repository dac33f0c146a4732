"""Good practices put in order for the catalogue: by theme, each with who brought it in and its place in the document."""

from __future__ import annotations

from typing import Any

from tasks.reading import Reading

Json = dict[str, Any]
FIRST_THEME_SECTION = 2
"""The overview is section 1."""


def by_theme(doc: Reading) -> list[Json]:
    """The themes that have practices, in the programme's order.

    Shape: `[{"theme": slug, "practices": [{"practice", "organisation": slug, "number": "2.1"}]}]`; `number` is the one the
    practice's heading gets when the template writes one section a theme after the overview.
    """
    found: dict[str, list[Json]] = {theme: [] for theme in doc.content.get("themes") or {}}
    for item in doc.all("good-practice"):
        for practice in item["body"].get("practices") or []:
            found.setdefault(str(practice["theme"]), []).append({"practice": practice, "organisation": item["organisation"]})
    filled = [(theme, rows) for theme, rows in found.items() if rows]
    return [
        {"theme": theme, "practices": [row | {"number": f"{section}.{place}"} for place, row in enumerate(rows, start=1)]}
        for section, (theme, rows) in enumerate(filled, start=FIRST_THEME_SECTION)
    ]


def counts(doc: Reading) -> Json:
    """How many practices, from how many organisations; and the themes nobody has brought a practice on."""
    grouped = by_theme(doc)
    rows = [row for group in grouped for row in group["practices"]]
    filled = {group["theme"] for group in grouped}
    return {
        "practices": len(rows),
        "organisations": len({row["organisation"] for row in rows}),
        "bare": [theme for theme in doc.content.get("themes") or {} if theme not in filled],
    }


def whose(row: Json, doc: Reading) -> str:
    """Whose practice it is: the local government that is named, else the organisation that brought it in."""
    return str(row["practice"].get("local_government") or doc.name(row["organisation"]))
