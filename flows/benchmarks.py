"""Phase 2: thematic benchmarks. Its gates are declared in `models.method.phases`; this is the run that works them off."""

from __future__ import annotations

from prefect import flow

from flows.phase_run import work_off


@flow(name="phase-2", flow_run_name="{programme} phase 2", retries=0, persist_result=False)
async def benchmarks(programme: str) -> None:
    """Thematic benchmarks.

    1. Cities and associations describe good practices (w4); the facilitator approves the catalogue (D2.2).
    2. The facilitator writes down each pair's benchmark and key factors (w8); the mentee assesses itself (w10).
    3. The pair, then the facilitator, then the Steering Committee approve the benchmark paper (w12, D2.1).
    """
    await work_off(programme, 2)
