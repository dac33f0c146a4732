"""Phase 5: second study visit: consolidate action plans.

Its gates are declared in `models.method.phases`; this is the run that works them off.
"""

from __future__ import annotations

from prefect import flow

from flows.phase_run import work_off


@flow(name="phase-5", flow_run_name="{programme} phase 5", retries=0, persist_result=False)
async def second_visit(programme: str) -> None:
    """Second study visit: consolidate action plans.

    1. Agenda, briefing, visit and report, as for the first visit (D5.1).
    2. Finance costs the plan (w+6); the network is consulted and the mentor gives its opinion (w+8).
    3. The mentee consolidates the plan (w+10); finance and departments approve v0.5 and the comment log (D5.2, D5.3).
    """
    await work_off(programme, 5)
