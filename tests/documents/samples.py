"""Editions to render in tests: an invented programme with invented bodies of the kinds the documents draw on."""

from __future__ import annotations

from typing import Any

from models.editions import sha256_of
from models.method import METHOD
from tasks.reading import EditionView
from tests.documents.bodies import THEMES, benchmark, lesson, needs, plan, profile, ratings, shop
from tests.documents.bodies_of_meetings import academy, comments, opinion, visit_agenda, visit_report, workshop
from tests.documents.bodies_of_phases_1_to_3 import network, pair_terms, practices, stakeholder_map, training, visit_plan
from tests.documents.bodies_of_the_end import RESULTS, evaluation, judged, peer_review, record, toolkit_notes

Json = dict[str, Any]
CITIES = {
    "norden": ("Norden", "BE", "mentor"),
    "hafen": ("Hafen", "BE", "mentor"),
    "bergamo-sul-mare": ("Bergamo sul Mare", "IT", "mentee"),
    "liepkalns": ("Liepkalns", "LV", "mentee"),
}


def organisation(name: str, kind: str, country: str, side: str | None = None) -> Json:
    return {"name": name, "kind": kind, "country": country, "side": side, "association": None, "languages": ["en"], "website": None}


def programme(**changes: Any) -> Json:
    return {
        "id": "invented",
        "title": "Cities learn from cities",
        "summary": "Four invented cities mentor each other.",
        "website": "https://cities.example",
        "illustrative": False,
        "languages": ["en", "it"],
        "working_language": "en",
        "funding": None,
        "coordinator": "lead",
        "facilitator": "guide",
        "committee": "board",
        "expected_results": [dict(one) for one in RESULTS],
    } | changes


def content(number: str, scope: str, contributions: Json | None = None, **changes: Any) -> Json:
    """The content of an edition; `contributions` maps kinds to lists of `said(...)`."""
    spec = METHOD.by_number[number]
    mentee = scope.partition("-")[2]
    pairs = [
        {"mentor": "norden", "mentee": "bergamo-sul-mare", "theme": "city-for-all"},
        {"mentor": "hafen", "mentee": "liepkalns", "theme": "language"},
    ]
    said = contributions or {}
    return {
        "number": number,
        "slug": spec.slug,
        "title": spec.title,
        "phase": spec.phase,
        "scope": scope,
        "programme": programme(),
        "organisations": {slug: organisation(name, "city", country, side) for slug, (name, country, side) in CITIES.items()}
        | {
            "lead": organisation("Council of Cities", "coordinator", "BE"),
            "guide": organisation("Guides and Sons", "facilitator", "BE"),
            "board": organisation("Steering Committee", "committee", "BE"),
        },
        "themes": {slug: {"title": title, "description": None} for slug, title in THEMES.items()},
        "pair": next((pair for pair in pairs if pair["mentee"] == mentee), None),
        "pairs": pairs,
        "contributions": {kind: said.get(kind, []) for kind in spec.draws_on},
        "missing": [],
        "matching": None,
        "record": None,
    } | changes


def said(gate: str, scope: str, organisation: str, body: Json, **changes: Any) -> Json:
    spec = METHOD.gates[gate]
    return {
        "kind": spec.contribution,
        "gate": gate,
        "phase": spec.phase,
        "scope": scope,
        "organisation": organisation,
        "revision": 1,
        "sha256": sha256_of(body),
        "illustrative": False,
        "generated": False,
        "body": body,
    } | changes


def owed_by(gate: str, name: str, scope: str = "pair-bergamo-sul-mare") -> Json:
    """An entry of `missing`: what a gate asked for, and whose it is to give."""
    title = METHOD.gates[gate].title
    return {"gate": gate, "title": title, "scope": scope, "organisation": "hafen", "owed_by": name, "due_on": "2021-03-05"}


def cover(number: str, **changes: Any) -> Json:
    spec = METHOD.by_number[number]
    return {
        "number": number,
        "title": spec.title,
        "lead": "Bergamo sul Mare",
        "work_package": f"WP{spec.phase}",
        "type": str(spec.type),
        "dissemination": "PU",
        "due_on": "2021-09-30",
        "actual_on": "2021-10-05",
        "versions": [
            {"version": "0.1", "on": "2021-09-20", "state": "returned"},
            {"version": "0.1.1", "on": "2021-10-05", "state": "published"},
        ],
        "authors": ["Bergamo sul Mare", "Guides and Sons"],
        "act": None,
        "approval": {"state": "approved", "role": "project lead", "at": "2021-10-04T09:12:00Z", "content_sha256": None, "gap": None},
    } | changes


def edition(content: Json, watermark: str | None = None, language: str = "en", version: str = "0.1.1", **changes: Any) -> EditionView:
    """A view of that content; `changes` go to the cover."""
    digest = sha256_of(content)
    around = cover(content["number"], **changes)
    if around["approval"]["content_sha256"] is None and around["approval"]["state"] == "approved":
        around["approval"]["content_sha256"] = digest
    return EditionView(
        content, around, version, language, watermark, digest, f"deliverables/{content['number']}/{content['scope']}/{language}"
    )


def full(number: str, scope: str, **sizes: int) -> Json:
    """A content with every kind of contribution that number draws on, about Bergamo sul Mare."""
    mentee, mentor = "bergamo-sul-mare", "norden"
    pair, city = f"pair-{mentee}", f"city-{mentee}"
    factors = sizes.get("factors", 4)
    every = {
        "needs-assessment": [said("needs", f"city-{slug}", slug, needs()) for slug in (mentor, mentee)],
        "city-profile": [said("profile", f"city-{slug}", slug, profile()) for slug in (mentor, mentee)],
        "matching-proposal": [said("matching", "programme", "guide", {"overrides": [], "note": "As computed."})],
        "pair-terms": [said("pair-terms", pair, mentee, pair_terms())],
        "good-practice": [said("practices", f"city-{slug}", slug, practices(sizes.get("practices", 1))) for slug in (mentor, mentee)],
        "training-record": [said("training", "programme", "lead", training())],
        "stakeholder-map": [said("stakeholders", city, mentee, stakeholder_map(sizes.get("stakeholders", 5)))],
        "support-network": [said("network", city, mentee, network(sizes.get("members", 3)))],
        "visit-plan": [said("visit-plan", pair, mentee, visit_plan())],
        "benchmark": [said("benchmark", pair, "guide", benchmark(factors))],
        "self-assessment": [
            said("self-assessment", city, mentee, ratings(1, factors)),
            said("self-assessment-after", city, mentee, ratings(3, factors)),
        ],
        "action-plan": [said("plan-final", city, mentee, plan(sizes.get("actions", 4)))],
        "costing": [
            said(
                "costing",
                city,
                mentee,
                {
                    "items": [
                        {
                            "action": "A1",
                            "cost": {"staff": 30000, "other": 1000},
                            "funding": {"source": "Region", "state": "applied"},
                            "note": "",
                        }
                    ],
                    "total": None,
                    "assumptions": ["Half a post"],
                    "note": "",
                },
            )
        ],
        "comments": [said("consultation", city, mentee, comments(sizes.get("comments", 5)))],
        "opinion": [said("mentor-opinion", pair, mentor, opinion())],
        "workshop-record": [said("workshop-record", pair, mentor, workshop())],
        "academy-record": [said("academy-record", "association-lead", "lead", academy())],
        **visits(METHOD.by_number[number].phase, factors),
        "one-stop-shop": [said("shop-content", city, mentee, shop())],
        "toolkit-notes": [said("toolkit-notes", "theme-city-for-all", "guide", toolkit_notes())],
        "peer-review": [said("peer-feedback", pair, mentor, peer_review())],
        "evaluation": [said("evaluation", f"city-{slug}", slug, evaluation()) for slug in (mentor, mentee)],
        "synthesis": [said("synthesis", "programme", "guide", judged())],
        "lesson": [said("lessons", f"city-{slug}", slug, lesson()) for slug in (mentor, mentee)],
    }
    spec = METHOD.by_number[number]
    record_or_none = record() if spec.from_record else None
    draws = {kind: items for kind, items in every.items() if kind in spec.draws_on}
    if scope.startswith("city-"):
        draws = {kind: [one for one in items if one["scope"] in (scope, pair, "programme")] for kind, items in draws.items()}
    return content(number, scope, draws, record=record_or_none)


def visits(phase: int, factors: int) -> Json:
    """Agendas and reports of the visits up to that phase, as they are gathered."""
    mentee, pair = "bergamo-sul-mare", "pair-bergamo-sul-mare"
    known = [number for number in (1, 2, 3) if METHOD.gates[f"visit-{number}"].phase <= phase]
    return {
        "visit-agenda": [said(f"visit-{number}-agenda", pair, mentee, visit_agenda(number)) for number in known],
        "visit-report": [said(f"visit-{number}-report", pair, mentee, visit_report(number, factors)) for number in known],
    }
