"""What is computed from the plan of a pair's study visits: the budget's sums, and the questions under their key factors."""

from __future__ import annotations

from typing import Any

from tasks.key_factors import titles_of

Json = dict[str, Any]
VISITS = (1, 2, 3)
"""The method has three study visits (`domain.md`, "The seven phases")."""


def unplanned(plan: Json) -> list[int]:
    """The visits the plan says nothing of."""
    planned = {visit["number"] for visit in plan.get("visits") or []}
    return [number for number in VISITS if number not in planned]


def budget(lines: list[Json]) -> Json:
    """Sums in whole euro: `{"total", "by_payer": [{"paid_by", "amount"}]}`, payers in the order in which they first stand there."""
    payers = dict.fromkeys(str(line["paid_by"]) for line in lines)
    return {
        "total": sum(line["amount"] for line in lines),
        "by_payer": [{"paid_by": payer, "amount": sum(line["amount"] for line in lines if line["paid_by"] == payer)} for payer in payers],
    }


def questions(plan: Json, benchmark: Json) -> list[Json]:
    """Questions under the key factors they are about, in the benchmark's order, those on the whole last.

    Shape: `[{"id": key factor's id or "", "title": its title or "", "questions": [text]}]`; a key factor that is asked about
    though the benchmark does not have it stands under its id alone.
    """
    titles = titles_of(benchmark)
    asked: dict[str, list[str]] = {key: [] for key in titles}
    for question in plan.get("questions") or []:
        asked.setdefault(str(question.get("key_factor") or ""), []).append(str(question["question"]))
    general = {"": asked.pop("", [])}
    return [{"id": key, "title": titles.get(key, ""), "questions": lines} for key, lines in (asked | general).items() if lines]


def unasked(plan: Json, benchmark: Json) -> list[Json]:
    """The benchmark's key factors that no question is about."""
    asked = {question.get("key_factor") for question in plan.get("questions") or []}
    return [factor for factor in benchmark.get("key_factors") or [] if factor["id"] not in asked]
