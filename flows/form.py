"""The coordinator's form under "Resume": made at the gate, so that its drop-downs hold what is open now.

Every field has a default and "look again" is the default answer, so that an empty answer, which is how a run is woken,
is a legitimate one. What an answer does is `models.doors.coordinating`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, Self
from uuid import UUID

from prefect.input import RunInput
from prefect.input.actions import aread_flow_run_input
from prefect.input.run_input import Keyset
from prefect.runtime import flow_run
from pydantic import Field, create_model

from models.doors.coordinating import Given, What, choice, eligible, open_gates
from models.standing import Standing
from tasks.answers import given_of
from tasks.status import waiting_for

WHAT = Literal["look again", "approve", "return", "reject", "record on behalf", "extend", "proceed without"]


class CoordinatorForm(RunInput):
    """What the form always has. `gate` and `on_behalf_of` become drop-downs in `form_for`."""

    gate: str = Field("", title="Gate", description="Which open gate this is about.")
    what: WHAT = Field(What.LOOK.value, title="What", description="What you do there. “Look again” only wakes the phase.")
    comment: str = Field("", title="Comment", max_length=4000, description="Needed to return or reject. For a council's act: its number.")
    on: date | None = Field(None, title="On", description="The new deadline, the day it took place, or the date of the act.")
    on_behalf_of: str | None = Field(None, title="On behalf of", description="Whose decision you record. Empty for your own.")

    @classmethod
    async def aload(cls, keyset: Keyset, flow_run_id: UUID | None = None) -> Self:
        """The answer as it was given.

        The server has checked it against the form that was shown. By now other gates may be open, and a choice that is
        gone must be refused by the door with a reason, not fail the run here: so nothing is validated again.
        """
        run_id = flow_run_id or UUID(str(flow_run.get_id()))
        value: dict[str, Any] = await aread_flow_run_input(keyset["response"], flow_run_id=run_id) or {}
        return cls.model_construct(**{name: value[name] for name in cls.model_fields if name in value})  # type: ignore[return-value]  # the plugin of Pydantic names the class

    def given(self) -> Given:
        """The answer in the model's words."""
        return given_of({name: getattr(self, name) for name in CoordinatorForm.model_fields})


def form_for(standing: Standing, number: int) -> type[CoordinatorForm]:
    """The form of a phase as it stands, with what it is waiting for as its Markdown description."""
    gates = [choice(standing, gate) for gate in open_gates(standing, number)]
    parties = eligible(standing, number)
    fields: dict[str, Any] = {}
    if gates:
        fields["gate"] = (Literal[("", *gates)], CoordinatorForm.model_fields["gate"])
    if parties:
        fields["on_behalf_of"] = (Literal[tuple(parties)] | None, CoordinatorForm.model_fields["on_behalf_of"])
    form: type[CoordinatorForm] = create_model("CoordinatorForm", __base__=CoordinatorForm, **fields)
    form._description = waiting_for(standing, number)  # noqa: SLF001 - Prefect's own place for a form's Markdown
    return form
