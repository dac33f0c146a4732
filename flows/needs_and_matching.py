"""Phase 1: needs assessment and matching. Its gates are declared in `models.method.phases`; this is the run that works them off."""

from __future__ import annotations

from prefect import flow

from flows.phase_run import work_off


@flow(name="phase-1", flow_run_name="{programme} phase 1", retries=0, persist_result=False)
async def needs_and_matching(programme: str) -> None:
    """Needs assessment and matching.

    1. Every city answers the needs questionnaire (w4) and writes its profile (w8); the mayor's delegate approves both (D1.1, D1.4).
    2. The scores of needs and strengths propose pairs; the facilitator checks them (w10), the Steering Committee confirms (w12, D1.2).
    3. Each pair writes down its terms and both cities approve the agreement (D1.3).
    """
    await work_off(programme, 1)
