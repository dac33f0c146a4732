"""What is counted in a consultation on an action plan: comments, those that changed the plan, and who they came from."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
MOST_ROLES = 12
LONGEST_CELL = 500
"""From this length of a text on, comments are laid out as cards: a column of a table would be all too narrow."""


def counts(comments: list[Json]) -> Json:
    """How many comments led to a change, on the whole and by author role.

    Shape: `{"all", "changed", "unchanged", "share": of one or None, "by_role": [{"role", "all", "changed"}], "other_roles": count,
    "others": {"all", "changed"}}`; the roles with most comments first, at most twelve, the rest together in `others`.
    """
    rows = _by_role(comments)
    changed = sum(1 for comment in comments if comment.get("change"))
    return {
        "all": len(comments),
        "changed": changed,
        "unchanged": len(comments) - changed,
        "share": changed / len(comments) if comments else None,
        "by_role": rows[:MOST_ROLES],
        "other_roles": len(rows[MOST_ROLES:]),
        "others": {key: sum(row[key] for row in rows[MOST_ROLES:]) for key in ("all", "changed")},
    }


def _by_role(comments: list[Json]) -> list[Json]:
    found: dict[str, Json] = {}
    for comment in comments:
        role = str(comment["author_role"])
        row = found.setdefault(role.casefold(), {"role": role, "all": 0, "changed": 0})
        row["all"] += 1
        row["changed"] += bool(comment.get("change"))
    return sorted(found.values(), key=lambda row: -row["all"])


def fits_a_table(comments: list[Json]) -> bool:
    """Whether all texts are short enough for the columns of a table."""
    return all(len(str(comment.get(key) or "")) <= LONGEST_CELL for comment in comments for key in ("comment", "response", "change"))
