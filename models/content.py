"""What an edition contains, gathered from what was contributed: the frozen JSON an approval binds to.

No approval, version, date of building or font is in it; the shape is shown in `gather`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models.contributions import Contribution, Revision
from models.definition import Organisation
from models.gates import Gate, Outcome
from models.method import METHOD, DeliverableSpec, GateKind
from models.record import record
from models.standing import Standing

PRACTICE = "good-practice"
"""The kind of contribution that is gathered by what it is about, not by who made it."""


def gather(session: Session, standing: Standing, spec: DeliverableSpec, scope: str) -> dict[str, Any]:
    """The content of one deliverable in one scope, as things stand.

    `contributions` maps each kind to the accepted contributions of scopes that touch this one, up to the deliverable's
    phase, in the method's order; `missing` names what was asked for and is not there, and who owes it; `matching` is
    the computed matching (D1.2); `record` the run's record (documents about the run).
    """
    found = _contributions(session, standing, spec, scope)
    return {
        "number": spec.number,
        "slug": spec.slug,
        "title": spec.title,
        "phase": spec.phase,
        "scope": scope,
        **about(standing),
        "pair": _pair(standing, scope),
        "contributions": {kind: [item for item in found if item["kind"] == kind] for kind in spec.draws_on},
        "missing": _missing(standing, spec, scope),
        "matching": compute_matching(session, standing) if spec.number == "D1.2" else None,
        "record": record(session, standing) if spec.from_record else None,
    }


def about(standing: Standing) -> dict[str, Any]:
    """What every document knows of its programme: title, languages, funding, expected results, the cast, themes and pairs."""
    return {
        "programme": _programme(standing),
        "organisations": {item.slug: _organisation(item) for item in standing.definition.organisations},
        "themes": {theme.slug: {"title": theme.title, "description": theme.description} for theme in standing.definition.themes},
        "pairs": [{"mentor": pair.mentor, "mentee": pair.mentee, "theme": pair.theme} for pair in standing.programme.pairs],
    }


def compute_matching(session: Session, standing: Standing) -> dict[str, Any]:
    """The matching over what the cities have said, with the facilitator's overrides.

    `{"impossible": reason}` where there is none: the report must say so to those who can change it, and nobody can
    confirm it.
    """
    # SciPy takes half a second to load, and every flow run would pay it.
    from models.contribution_kinds.facts import city_facts, overrides_of
    from models.matching import BadMatchingInput, NoMatching, Override, match

    bodies: dict[str, dict[str, dict[str, Any]]] = {"needs-assessment": {}, "city-profile": {}}
    overrides: list[Override] = []
    for contribution in _all(session, standing):
        current = contribution.current
        if current is not None and contribution.kind in bodies:
            bodies[contribution.kind][contribution.organisation] = current.body
        elif current is not None and contribution.kind == "matching-proposal":
            overrides = overrides_of(current.body)
    try:
        facts = city_facts(standing.definition, bodies["needs-assessment"], bodies["city-profile"])
        return match(facts, standing.definition.themes, standing.definition.matching, overrides).as_content()
    except (NoMatching, BadMatchingInput) as reason:
        return {"impossible": str(reason)}


def _all(session: Session, standing: Standing) -> list[Contribution]:
    query = (
        select(Contribution)
        .where(Contribution.programme_id == standing.programme.id)
        .options(selectinload(Contribution.revisions))
        .order_by(Contribution.id)
    )
    return list(session.scalars(query))


def _contributions(session: Session, standing: Standing, spec: DeliverableSpec, scope: str) -> list[dict[str, Any]]:
    order = {key: number for number, key in enumerate(METHOD.gates)}
    relevant = [
        item
        for item in _all(session, standing)
        if draws_on(standing, spec, scope, item.kind, item.scope, item.phase)
    ]
    relevant.sort(key=lambda item: (order[item.gate_key], item.scope, item.organisation))
    found = [_contribution(item, item.current) for item in relevant if item.current is not None]
    return [item for item in found if _has_something_on(item, scope)]


def draws_on(standing: Standing, spec: DeliverableSpec, scope: str, kind: str, of: str, phase: int) -> bool:
    """Whether contributions of a kind, in the scope `of`, asked for in a phase, belong into a deliverable of `scope`."""
    return kind in spec.draws_on and phase <= spec.phase and _is_about(standing, kind, of, scope)


def _is_about(standing: Standing, kind: str, one: str, scope: str) -> bool:
    """Whether a contribution of that kind and scope belongs into a document of `scope`.

    A theme's toolkit shows the practices of all cities and associations (`domain.md`, "Integrated toolkit"), not only its pair's.
    """
    return standing.touch(one, scope) or (kind == PRACTICE and scope.startswith("theme-"))


def _has_something_on(item: dict[str, Any], scope: str) -> bool:
    """Whether a contribution of practices has any on the theme that `scope` is about; everything else always does."""
    kind, _, theme = scope.partition("-")
    if kind != "theme" or item["kind"] != PRACTICE:
        return True
    return any(practice["theme"] == theme for practice in item["body"].get("practices") or [])


def _contribution(item: Contribution, current: Revision) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "gate": item.gate_key,
        "phase": item.phase,
        "scope": item.scope,
        "organisation": item.organisation,
        "revision": current.number,
        "sha256": current.sha256,
        "illustrative": current.illustrative,
        "generated": current.generated,
        "body": current.body,
    }


def _missing(standing: Standing, spec: DeliverableSpec, scope: str) -> list[dict[str, Any]]:
    asked = [
        gate
        for gate in standing.programme.gates
        if gate.spec.kind is GateKind.CONTRIBUTION
        and draws_on(standing, spec, scope, gate.spec.contribution, gate.scope, gate.phase)
    ]
    return [_owed(standing, gate) for gate in asked if not gate.is_satisfied or gate.outcome == Outcome.WITHOUT]


def _owed(standing: Standing, gate: Gate) -> dict[str, Any]:
    slug = standing.parties(gate)[0].organisation
    return {
        "gate": gate.key,
        "title": gate.spec.title,
        "scope": gate.scope,
        "organisation": slug,
        "owed_by": standing.definition.organisation(slug).name,
        "due_on": gate.due_on.isoformat() if gate.due_on else None,
    }


def _programme(standing: Standing) -> dict[str, Any]:
    definition = standing.definition
    return {
        "id": definition.id,
        "title": definition.title,
        "summary": definition.summary,
        "website": definition.website,
        "illustrative": definition.illustrative,
        "languages": list(definition.languages),
        "working_language": definition.working_language,
        "funding": definition.funding.model_dump(mode="json") if definition.funding else None,
        "coordinator": definition.coordinator,
        "facilitator": definition.facilitator,
        "committee": definition.committee,
        "expected_results": [result.model_dump(mode="json") for result in definition.expected_results],
    }


def _organisation(item: Organisation) -> dict[str, Any]:
    return {
        "name": item.name,
        "kind": str(item.kind),
        "country": item.country,
        "side": str(item.side) if item.side else None,
        "association": item.association,
        "languages": list(item.languages),
        "website": item.website,
    }


def _pair(standing: Standing, scope: str) -> dict[str, str] | None:
    pair = standing.pair_of(scope)
    return {"mentor": pair.mentor, "mentee": pair.mentee, "theme": pair.theme} if pair else None
