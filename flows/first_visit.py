"""Phase 4: first study visit: plan actions. Its gates are declared in `models.method.phases`; this is the run that works them off."""

from __future__ import annotations

from prefect import flow

from flows.phase_run import work_off


@flow(name="phase-4", flow_run_name="{programme} phase 4", retries=0, persist_result=False)
async def first_visit(programme: str) -> None:
    """First study visit: plan actions.

    1. The guest proposes the agenda (w-7), the host agrees (w-6) and sends the briefing pack (w-2).
    2. The visit takes place (w0); the guest reports, both cities approve (w+4, D4.1).
    3. The mentee drafts its action plan (w+8); its project lead approves v0.1 (D4.2).
    """
    await work_off(programme, 4)
