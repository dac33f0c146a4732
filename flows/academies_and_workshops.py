"""Phase 6: training academies and transfer workshops.

Its gates are declared in `models.method.phases`; this is the run that works them off.
"""

from __future__ import annotations

from prefect import flow

from flows.phase_run import work_off


@flow(name="phase-6", flow_run_name="{programme} phase 6", retries=0, persist_result=False)
async def academies_and_workshops(programme: str) -> None:
    """Training academies and transfer workshops.

    1. Plans are circulated (w-2), the workshop takes place (w0), peers give feedback (w+2), the facilitator approves the report (D6.1).
    2. Each city lists its services (w+8); service owners, translator and city approve the one-stop shop (w+16, D6.3).
    3. The facilitator drafts and approves each theme's toolkit (D6.4).
    4. After the third visits, each hosting association holds its academy and approves its report (D6.2).
    """
    await work_off(programme, 6)
