"""Creating a phase's next run in Prefect: once, whoever asks at the same time, and only where the phase still is as it was judged."""

from __future__ import annotations

import logging

from prefect.client.orchestration import PrefectClient

from models.database import changing, reading
from models.programme import Phase, PhaseState
from models.standing import load
from tasks.conditions import run_of
from tasks.steps import Step, reached

log = logging.getLogger(__name__)

TRIES = 12
"""How many keys in a row may belong to runs that have ended."""

RESTING = frozenset({PhaseState.HELD, PhaseState.COMPLETED})
"""In which a phase gets no run from the engine."""


async def launch(client: PrefectClient, judged: Phase, *tags: str) -> bool:
    """Create the phase's next run and write it down, if the phase still is as it was judged; whether it goes on in that run.

    Two who do it at once get the same run, by its idempotency key. So does who comes after one that died before writing it
    down; where that run has ended meanwhile, the next key brings another. Who was held up while the phase went on in another run,
    or a person held it, makes none.
    """
    number = judged.number
    found = await client.read_deployment_by_name(f"phase-{number}/phase-{number}")
    for launches in range(judged.launches, judged.launches + TRIES):
        with reading() as session:
            if not _is_still(load(session, judged.programme_id).phase(number), judged, launches):
                return False
        run = await client.create_flow_run_from_deployment(
            found.id,
            parameters={"programme": judged.programme_id},
            idempotency_key=_key(judged, launches + 1),
            name=f"{judged.programme_id} phase {number}",
            tags=[*found.tags, *tags],
        )
        reached(Step.RUN_CREATED)
        ended = run.state is not None and run.state.is_final()
        noted = _note_run(judged, launches, None if ended else str(run.id))
        reached(Step.RUN_NOTED)
        if noted and not ended:
            log.info("launched phase %s of %s as run %s", number, judged.programme_id, run.id)
        if not (noted and ended):
            return noted
    return False


def _key(phase: Phase, launches: int | str) -> str:
    """Under which Prefect makes a run only once; a person's runs have no such key."""
    return f"{phase.programme_id}-phase-{phase.number}-{launches}"


def _note_run(judged: Phase, launches: int, run_id: str | None) -> bool:
    """Write down a launch, and the run it brought if that is alive; False where the phase has gone on without it."""
    with changing() as session:
        phase = load(session, judged.programme_id, locked=True).phase(judged.number)
        if run_id is not None and phase.run_id == run_id:
            return True  # another has written it down, or it works already
        if not _is_still(phase, judged, launches):
            return False
        phase.launches, phase.run_id = launches + 1, run_id or judged.run_id
        return True


def _is_still(phase: Phase, judged: Phase, launches: int) -> bool:
    return phase.state not in RESTING and (phase.launches, phase.run_id) == (launches, judged.run_id)


async def is_the_engines(client: PrefectClient, phase: Phase, run_id: str) -> bool:
    """Whether a run is one that the engine has launched and that starts for the first time: no person wants it."""
    run = await run_of(client, run_id)
    return run is not None and (run.idempotency_key or "").startswith(_key(phase, "")) and (run.run_count or 0) <= 1
