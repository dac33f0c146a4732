"""The method: seven phases, their gates and deliverables, declared once as data for every programme."""

from models.method.deliverables import DELIVERABLES
from models.method.phases import PHASES
from models.method.spec import AFTER_MATCHING, Actor, Anchor, AnchorKind, DeliverableSpec, GateKind, GateSpec, Method, Of, Over, PhaseSpec

METHOD = Method(PHASES, DELIVERABLES)

__all__ = [
    "AFTER_MATCHING",
    "METHOD",
    "Actor",
    "Anchor",
    "AnchorKind",
    "DeliverableSpec",
    "GateKind",
    "GateSpec",
    "Method",
    "Of",
    "Over",
    "PhaseSpec",
]
