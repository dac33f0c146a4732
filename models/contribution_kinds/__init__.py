"""The kinds of contributions, each a typed body; the registry joins them to the method's gates by name.

Rows, revisions and doors are `contributions` and `doors`; the file a body travels in is `contribution_file`.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError, create_model

from models.contribution_kinds.benchmarks import SCALE_NOTE, Benchmark, GoodPractice, SelfAssessment
from models.contribution_kinds.closing import Lesson, Synthesis
from models.contribution_kinds.needs import CityProfile, MatchingProposal, NeedsAssessment
from models.contribution_kinds.networks import SupportNetwork
from models.contribution_kinds.parts import Known
from models.contribution_kinds.plans import ActionPlan, Comments, Costing, Opinion
from models.contribution_kinds.records import Record
from models.contribution_kinds.shops import OneStopShop
from models.definition import Definition
from models.errors import BadFile, Fault
from models.fault_words import suggestion
from models.yaml_lines import Document, pydantic_faults

KINDS: dict[str, type[BaseModel]] = {
    "needs-assessment": NeedsAssessment,
    "city-profile": CityProfile,
    "matching-proposal": MatchingProposal,
    "pair-terms": Record,
    "good-practice": GoodPractice,
    "benchmark": Benchmark,
    "self-assessment": SelfAssessment,
    "stakeholder-map": Record,
    "training-record": Record,
    "support-network": SupportNetwork,
    "visit-plan": Record,
    "visit-agenda": Record,
    "visit-briefing": Record,
    "visit-report": Record,
    "action-plan": ActionPlan,
    "costing": Costing,
    "comments": Comments,
    "opinion": Opinion,
    "peer-review": Record,
    "workshop-record": Record,
    "one-stop-shop": OneStopShop,
    "toolkit-notes": Record,
    "academy-record": Record,
    "lesson": Lesson,
    "synthesis": Synthesis,
}
"""Every kind a gate of the method asks for, in the method's order."""

# The same models one step down, so that faults in a contribution file are placed under its key `body`.
_IN_FILE: dict[str, type[BaseModel]] = {kind: create_model("ContributionBody", body=(model, ...)) for kind, model in KINDS.items()}


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind's body, with description, examples and unit of each field; KeyError for an unknown kind."""
    return KINDS[kind].model_json_schema()


def validate_body(kind: str, data: Any, document: Document | None, name: str, definition: Definition) -> dict[str, Any]:
    """The body as canonical JSON-able data: every key present, dates as ISO text, texts in one Unicode form.

    `data` is what stands under `body` in `document`; without a document (a form) all faults have line 1. Themes and cities
    named in it must be the programme's. BadFile, under `name`, with every fault found.
    """
    if kind not in KINDS:
        raise BadFile(name, [Fault(1, "", f"'{kind}' is no kind of contribution{suggestion(kind, KINDS)}")])
    known = Known.of(definition)
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
