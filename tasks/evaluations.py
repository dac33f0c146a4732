"""What is computed for the evaluation: results with their means, self-assessments and competences before and after, cooperation.

Nothing is filled in: a city that has not said something stands under `silent`, a rating that is not there is None.
"""

from __future__ import annotations

from statistics import fmean
from typing import Any

from tasks.key_factors import titles_of
from tasks.reading import Reading

Json = dict[str, Any]
BEFORE, AFTER = "self-assessment", "self-assessment-after"
"""The two gates at which a mentee rates itself."""


def cities(doc: Reading) -> list[str]:
    """Slugs of the programme's cities, in its order."""
    return [slug for slug, one in doc.organisations.items() if one.get("kind") == "city"]


def results(doc: Reading) -> list[Json]:
    """Every expected result with what the cities and the facilitator say of it.

    Shape: `[{"result": {"slug", "title", "description"}, "ratings": [{"city", "rating", "evidence"}], "mean": 1 to 5 or None,
    "judgement": text, "silent": [city]}]`. Results that were rated and are no longer expected come last.
    """
    judged = {str(row["result"]): str(row["judgement"]) for row in doc.body("synthesis").get("results") or []}
    said = {slug: _rated(doc, slug) for slug in cities(doc)}
    known = {str(one["slug"]): one for one in doc.programme.get("expected_results") or []}
    strange = dict.fromkeys(key for rows in said.values() for key in rows if key not in known)
    expected = [*known.values(), *({"slug": key, "title": doc.words.label(key), "description": None} for key in strange)]
    return [_result(one, said, judged.get(str(one["slug"]), "")) for one in expected]


def _rated(doc: Reading, city: str) -> Json:
    return {str(row["result"]): row for row in doc.of("evaluation", city).get("results") or []}


def _result(result: Json, said: dict[str, Json], judgement: str) -> Json:
    key = str(result["slug"])
    ratings = [
        {"city": city, "rating": rows[key]["rating"], "evidence": rows[key]["evidence"]} for city, rows in said.items() if key in rows
    ]
    return {
        "result": result,
        "ratings": ratings,
        "mean": mean([row["rating"] for row in ratings]),
        "judgement": judgement,
        "silent": [city for city, rows in said.items() if key not in rows],
    }


def mean(values: list[float]) -> float | None:
    """The mean, to two places; None of nothing."""
    return round(fmean(values), 2) if values else None


# -- self-assessments --------------------------------------------------------------------------------------------------


def assessments(doc: Reading) -> list[Json]:
    """`before_and_after` of every mentee, in the order of the pairs."""
    return [before_and_after(doc, str(pair["mentee"])) for pair in doc.pairs]


def before_and_after(doc: Reading, mentee: str) -> Json:
    """A mentee's ratings on the key factors of its pair's benchmark, 0 to 4.

    Shape: `{"mentee", "rows": [{"id", "title", "before": rating or None, "after", "change"}], "before": sum over the factors
    rated both times, "after", "mean_before", "mean_after", "both": their count, "has_before", "has_after"}`; `rows` keep the
    benchmark's order, ratings of factors it does not have come last.
    """
    first, second = (_ratings(doc, mentee, gate) for gate in (BEFORE, AFTER))
    factors = titles_of(benchmark(doc, mentee))
    keys = dict.fromkeys([*factors, *first, *second])
    rows = [_row(key, factors.get(key, ""), first.get(key), second.get(key)) for key in keys]
    both = [row for row in rows if row["change"] is not None]
    return {
        "mentee": mentee,
        "rows": rows,
        "before": sum(row["before"]["rating"] for row in both),
        "after": sum(row["after"]["rating"] for row in both),
        "mean_before": mean([row["rating"] for row in first.values()]),
        "mean_after": mean([row["rating"] for row in second.values()]),
        "both": len(both),
        "rose": sum(row["change"] > 0 for row in both),
        "fell": sum(row["change"] < 0 for row in both),
        "has_before": bool(first),
        "has_after": bool(second),
    }


def _row(key: str, title: str, before: Json | None, after: Json | None) -> Json:
    change = after["rating"] - before["rating"] if before and after else None
    return {"id": key, "title": title, "before": before, "after": after, "change": change}


def _ratings(doc: Reading, mentee: str, gate: str) -> dict[str, Json]:
    body = latest(doc, "self-assessment", f"city-{mentee}", gate)
    return {str(row["key_factor"]): row for row in body.get("ratings") or []}


def benchmark(doc: Reading, mentee: str) -> Json:
    """The benchmark of a mentee's pair; empty where there is none."""
    return latest(doc, "benchmark", f"pair-{mentee}")


def latest(doc: Reading, kind: str, scope: str, gate: str = "") -> Json:
    """The last body of a kind in exactly that scope; empty where there is none."""
    found = [item["body"] for item in doc.all(kind) if item["scope"] == scope and gate in ("", item["gate"])]
    return dict(found[-1]) if found else {}


# -- competences, cooperation, what happens next -------------------------------------------------------------------------


def taught(doc: Reading) -> list[Json]:
    """Trainings and academies that recorded competences: `[{"by": organisation, "title", "rows": [competence]}]`."""
    held = [*doc.all("training-record"), *doc.all("academy-record")]
    return [
        {
            "by": item["organisation"],
            "title": item["body"].get("title") or doc.gate_title(item["gate"]),
            "rows": item["body"]["competences"],
        }
        for item in held
        if item["body"].get("competences")
    ]


def own_competences(doc: Reading) -> list[Json]:
    """What the cities' own teams say: `[{"city", "rows": [{"competence", "before", "after", "change"}]}]`, cities that said something."""
    found = []
    for city in cities(doc):
        rows = doc.of("evaluation", city).get("competences") or []
        if rows:
            found.append({"city": city, "rows": [row | {"change": row["after"] - row["before"]} for row in rows]})
    return found


def cooperation(doc: Reading) -> Json:
    """Partners abroad before and after by city, and who goes on.

    Shape: `{"rows": [{"city", "before", "after", "change", "continues", "how", "joint": [line]}], "before", "after": sums,
    "continue": count, "silent": [city], "pairs": [{"mentor", "mentee", "theme", "says": {city: True, False or None}}]}`.
    """
    said = {city: doc.of("evaluation", city).get("cooperation") or {} for city in cities(doc)}
    rows = [_cooperates(city, one) for city, one in said.items() if one]
    goes_on = {row["city"]: row["continues"] for row in rows}
    return {
        "rows": rows,
        "before": sum(row["before"] for row in rows),
        "after": sum(row["after"] for row in rows),
        "continue": sum(row["continues"] for row in rows),
        "silent": [city for city, one in said.items() if not one],
        "pairs": [pair | {"says": {side: goes_on.get(str(pair[side])) for side in ("mentor", "mentee")}} for pair in doc.pairs],
    }


def _cooperates(city: str, said: Json) -> Json:
    before, after = int(said["partners_before"]), int(said["partners_after"])
    return {
        "city": city,
        "before": before,
        "after": after,
        "change": after - before,
        "continues": bool(said["continues"]),
        "how": said.get("how") or "",
        "joint": said.get("joint_activities") or [],
    }


def next_steps(doc: Reading) -> list[Json]:
    """What each city does next: `[{"city", "steps": [{"what", "who", "by"}]}]`, steps with a day first, the earliest leading."""
    found = []
    for city in cities(doc):
        steps = doc.of("evaluation", city).get("next_steps") or []
        if steps:
            found.append({"city": city, "steps": sorted(steps, key=lambda step: step.get("by") or "9999")})
    return found


def remarks(doc: Reading) -> list[Json]:
    """What cities added in their own words: `[{"city", "text"}]`."""
    said = [{"city": city, "text": doc.of("evaluation", city).get("remarks") or ""} for city in cities(doc)]
    return [row for row in said if row["text"]]
