"""Phase 7: third study visit: review all action plans.

Its gates are declared in `models.method.phases`; this is the run that works them off.
"""

from __future__ import annotations

from prefect import flow

from flows.phase_run import work_off


@flow(name="phase-7", flow_run_name="{programme} phase 7", retries=0, persist_result=False)
async def third_visit(programme: str) -> None:
    """Third study visit: review all action plans.

    1. The plan is circulated (w-4); agenda, briefing, visit and report, as before (D7.7).
    2. The mentee brings its plan into final form (w+4); council or mayor adopts v1.0 (w+8, D7.1, D7.5).
    3. Cities assess themselves again and say what they learned; the facilitator writes the synthesis (w+9).
    4. The Steering Committee approves review, guide, toolkit, infographic and evaluation (w+12, D7.2 to D7.4, D7.6, D7.8).
    5. When every other gate of all phases is satisfied, the coordinator closes the programme (w+16).
    """
    await work_off(programme, 7)
