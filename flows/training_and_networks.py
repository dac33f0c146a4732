"""Phase 3: mentoring training and local support networks.

Its gates are declared in `models.method.phases`; this is the run that works them off.
"""

from __future__ import annotations

from prefect import flow

from flows.phase_run import work_off


@flow(name="phase-3", flow_run_name="{programme} phase 3", retries=0, persist_result=False)
async def training_and_networks(programme: str) -> None:
    """Mentoring training and local support networks.

    1. Each city maps its stakeholders (w3) and founds its support network (w8), with a migrant-led member
       or a reasoned exception; the city approves (D3.2).
    2. The coordinator records the training (w6); the facilitator approves the report (D3.1).
    3. Each pair plans its study visits (w10); host and guest approve the plan (D3.3).
    """
    await work_off(programme, 3)
