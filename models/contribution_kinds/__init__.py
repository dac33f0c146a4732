"""The kinds of contributions, each a typed body; the registry joins them to the method's gates by name.

Rows, revisions and doors are `contributions` and `doors`; the file a body travels in is `contribution_file`.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError, create_model

from models.contribution_kinds.agreements import PairTerms
from models.contribution_kinds.benchmarks import SCALE_NOTE, Benchmark, GoodPractice, SelfAssessment
from models.contribution_kinds.closing import Evaluation, Lesson, Synthesis
from models.contribution_kinds.learning import AcademyRecord, PeerReview, TrainingRecord, WorkshopRecord
from models.contribution_kinds.needs import CityProfile, MatchingProposal, NeedsAssessment
from models.contribution_kinds.networks import StakeholderMap, SupportNetwork
from models.contribution_kinds.parts import Known
from models.contribution_kinds.plans import ActionPlan, Comments, Costing, Opinion
from models.contribution_kinds.shops import OneStopShop
from models.contribution_kinds.toolkits import ToolkitNotes
from models.contribution_kinds.visits import VisitAgenda, VisitBriefing, VisitPlan, VisitReport
from models.definition import Definition
from models.errors import BadFile, Fault
from models.fault_words import suggestion
from models.yaml_lines import Document, pydantic_faults

KINDS: dict[str, type[BaseModel]] = {
    "needs-assessment": NeedsAssessment,
    "city-profile": CityProfile,
    "matching-proposal": MatchingProposal,
    "pair-terms": PairTerms,
    "good-practice": GoodPractice,
    "benchmark": Benchmark,
    "self-assessment": SelfAssessment,
    "stakeholder-map": StakeholderMap,
    "training-record": TrainingRecord,
    "support-network": SupportNetwork,
    "visit-plan": VisitPlan,
    "visit-agenda": VisitAgenda,
    "visit-briefing": VisitBriefing,
    "visit-report": VisitReport,
    "action-plan": ActionPlan,
    "costing": Costing,
    "comments": Comments,
    "opinion": Opinion,
    "peer-review": PeerReview,
    "workshop-record": WorkshopRecord,
    "one-stop-shop": OneStopShop,
    "toolkit-notes": ToolkitNotes,
    "academy-record": AcademyRecord,
    "lesson": Lesson,
    "evaluation": Evaluation,
    "synthesis": Synthesis,
}
"""Every kind a gate of the method asks for, in the method's order."""

# The same models one step down, so that faults in a contribution file are placed under its key `body`.
_IN_FILE: dict[str, type[BaseModel]] = {kind: create_model("ContributionBody", body=(model, ...)) for kind, model in KINDS.items()}


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind's body, with description, examples and unit of each field; KeyError for an unknown kind."""
    return KINDS[kind].model_json_schema()


def validate_body(
    kind: str, data: Any, document: Document | None, name: str, definition: Definition, known: Known | None = None
) -> dict[str, Any]:
    """The body as canonical JSON-able data: every key present, dates as ISO text, texts in one Unicode form.

    `data` is what stands under `body` in `document`; without a document (a form) all faults have line 1. Themes and cities
    named in it must be the programme's; where the programme runs, `known` says what else it may refer to. BadFile, under
    `name`, with every fault found.
    """
    if kind not in KINDS:
        raise BadFile(name, [Fault(1, "", f"'{kind}' is no kind of contribution{suggestion(kind, KINDS)}")])
    known = known or Known.of(definition)
    try:
        if document is None:
            return KINDS[kind].model_validate(data, context=known).model_dump(mode="json")
        whole = _IN_FILE[kind].model_validate({"body": data}, context=known).model_dump(mode="json")
    except ValidationError as error:
        raise BadFile(name, body_faults(kind, error, data, document)) from None
    body: dict[str, Any] = whole["body"]
    return body


def body_faults(kind: str, error: ValidationError, data: Any, document: Document | None) -> list[Fault]:
    """Pydantic's errors about a body as faults, placed in `document` where there is one."""
    if document is None:
        return pydantic_faults(error, Document("", data, {}), KINDS[kind])
    return pydantic_faults(error, document, _IN_FILE[kind])


__all__ = ["KINDS", "SCALE_NOTE", "schema", "validate_body"]
