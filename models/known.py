"""What a running programme knows when a contribution comes in, so that it can be checked at its entry.

Gathered from what was accepted so far; the checks themselves are `contribution_kinds.parts`. The rehearsal checks nothing against
it: what it hands in was made to agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models.contribution_file import Knowing
from models.contribution_kinds.parts import Known, KnownPair
from models.contributions import Contribution
from models.gates import Gate, Outcome
from models.method import METHOD, GateKind
from models.standing import Standing

BENCHMARK, PLAN = "benchmark", "action-plan"


def knowing(session: Session, standing: Standing, now: datetime) -> Knowing:
    """For a file, whose gate and scope are read before its body can be checked."""
    return lambda key, scope: known_in(session, standing, standing.gate(key, scope), now)


def known_in(session: Session, standing: Standing, gate: Gate, now: datetime) -> Known:
    """What a contribution to this gate may refer to, and the days between which it lies.

    Key factors are those of the benchmarks of the pairs the gate is about. While one of the pairs has none they are not known, and
    not checked: the reference may be to what is still to come. Actions are those of every plan as it stands, by city.
    """
    accepted = _accepted(session, standing)
    benchmarks = [accepted.get((BENCHMARK, f"pair-{mentee}")) for mentee in _pairs_of(standing, gate.scope)]
    plans = {scope.removeprefix("city-"): body for (kind, scope), body in accepted.items() if kind == PLAN}
    return replace(
        Known.of(standing.definition),
        pair=_pair_of(standing, gate.scope),
        key_factors=_key_factors(benchmarks),
        actions={city: tuple(action["id"] for action in plan["actions"]) for city, plan in plans.items()},
        titles=_titles(benchmarks, plans),
        starts_on=standing.programme.start_on,
        today=standing.today(now),
        held_on=_held_on(standing, gate),
    )


def _held_on(standing: Standing, gate: Gate) -> date | None:
    """The day that was recorded of the visit a report is about."""
    meetings = [
        other
        for key in gate.spec.after
        for other in standing.gates_of(key)
        if other.scope == gate.scope and other.spec.kind is GateKind.EVENT and other.outcome == Outcome.TOOK_PLACE
    ]
    return max((other.happened_on for other in meetings if other.happened_on), default=None)


def _pair_of(standing: Standing, scope: str) -> KnownPair | None:
    """The one pair a contribution is about; None where there is none yet, or it speaks of several."""
    pair = standing.pair_of(scope)
    return KnownPair(pair.mentor, pair.mentee, pair.theme) if pair else None


def _pairs_of(standing: Standing, scope: str) -> list[str]:
    """The mentees of the pairs a contribution may speak of: of an academy, held for everybody, those of the whole programme."""
    about = "programme" if scope.startswith("association-") else scope
    return sorted(standing.pairs_about(about))


def _accepted(session: Session, standing: Standing) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The latest benchmark and plan of each scope by (kind, scope): of several gates the one furthest on in the method."""
    query = (
        select(Contribution)
        .where(Contribution.programme_id == standing.programme.id, Contribution.kind.in_((BENCHMARK, PLAN)))
        .options(selectinload(Contribution.revisions))
    )
    order = list(METHOD.gates)
    found = sorted(session.scalars(query), key=lambda item: order.index(item.gate_key))
    return {(item.kind, item.scope): item.current.body for item in found if item.current is not None}


def _key_factors(benchmarks: Iterable[Mapping[str, Any] | None]) -> tuple[str, ...] | None:
    """The ids of all benchmarks, each once; None where there is no benchmark, or one is missing."""
    known = list(benchmarks)
    if not known or None in known:
        return None
    return tuple(dict.fromkeys(factor["id"] for body in known if body is not None for factor in body["key_factors"]))


def _titles(benchmarks: Iterable[Mapping[str, Any] | None], plans: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """What people call the key factors and actions, by ("key-factor", id) and (city, id)."""
    factors = {("key-factor", item["id"]): item["title"] for body in benchmarks if body for item in body["key_factors"]}
    return factors | {(city, item["id"]): item["title"] for city, plan in plans.items() for item in plan["actions"]}
