"""Prefect tasks around the doors: load, call the model, commit. Primitives in, nothing kept by Prefect."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from models import clock, outbox
from models.advance import SWEEP_WORK, Action, Do, advance, for_phase
from models.database import changing, reading
from models.doors.coordinating import Given
from models.doors.opening import perform
from models.standing import load
from tasks.answers import take
from tasks.steps import Step, reached

FOREVER = 10_000
"""More actions than any moment brings: a loop that gets there turns in circles."""


def due_in_phase(programme: str, number: int) -> list[Action]:
    """What the phase's run is to do now."""
    with reading() as session:
        return for_phase(advance(load(session, programme), clock.now()), number)


async def carry_out(programme: str, action: Action, token: int | None) -> None:
    """Carry out one action of `advance` as a task of its own, named after what it does."""
    named = " ".join(part for part in (action.do, action.gate, action.scope) if part)
    await carry_out_action.with_options(task_run_name=named)(
        programme, action.do, action.phase, action.gate, action.scope, action.subject, token
    )


@task(cache_policy=NO_CACHE, persist_result=False)
async def carry_out_action(
    programme: str, what: str, phase: int | None, gate: str | None, scope: str | None, subject: str | None, token: int | None
) -> None:
    """Carry out one action in one transaction."""
    with changing() as session:
        action = Action(Do(what), phase, gate, scope, subject)
        perform(session, load(session, programme, locked=True), action, clock.now(), token=token)
    reached(Step.ACTION_DONE)


@task(task_run_name="answer in phase {number}", cache_policy=NO_CACHE, persist_result=False)
async def take_answer(programme: str, number: int, answer: dict[str, str | None], key: int) -> str | None:
    """Take the coordinator's answer through its door once; the reason where it was refused.

    `key` is the suspension it answers: an answer that was counted already is not carried out a second time.
    """
    return take(programme, number, Given(**answer), key)  # type: ignore[arg-type]  # what is None there has a default here


def time_brings_something(programme: str) -> bool:
    """Whether the sweep has anything to carry out or to send now: most minutes it has not, and then nothing is started."""
    with reading() as session:
        now = clock.now()
        mail = outbox.is_due(session, programme, now)
        return mail or any(action.do in SWEEP_WORK for action in advance(load(session, programme), now))


@task(task_run_name="what time brings to {programme}", cache_policy=NO_CACHE, persist_result=False)
async def carry_out_time(programme: str) -> int:
    """Missed deadlines, rungs of the ladder, the digest and closure; how many actions there were."""
    done = 0
    while done < FOREVER:
        with changing() as session:
            standing = load(session, programme, locked=True)
            now = clock.now()
            actions = [action for action in advance(standing, now) if action.do in SWEEP_WORK]
            for action in actions:
                perform(session, standing, action, now)
        if not actions:
            break
        done += len(actions)
    return done
