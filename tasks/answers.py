"""The coordinator's answers from the form in Prefect: taken through their door once, also where the run they woke died with them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from prefect.input.actions import aread_flow_run_input
from prefect.input.run_input import keyset_from_base_key
from sqlalchemy.exc import DataError, SQLAlchemyError

from models import clock
from models.database import changing
from models.doors import coordinating
from models.doors.coordinating import Given, What
from models.errors import Busy, Overtaken, ProgrammeError
from models.programme import Phase
from models.standing import load

log = logging.getLogger(__name__)


def suspension_key(number: int, answers: int) -> str:
    """Under which a run suspends: another one after each answer, for under a key that was answered Prefect gives the old answer at once."""
    return f"phase-{number}-{answers}"


def given_of(form: Mapping[str, Any]) -> Given:
    """An answer as the form has it, in the model's words; what is left out is the default, "look again"."""
    on = form.get("on")
    return Given(
        form.get("gate") or "",
        form.get("what") or What.LOOK.value,
        form.get("comment") or "",
        str(on) if on else None,
        form.get("on_behalf_of") or None,
    )


def take(programme: str, number: int, given: Given, key: int) -> str | None:
    """Take an answer through its door once; the reason where it was refused.

    `key` is the suspension it answers: an answer that was counted already is not carried out a second time.
    """
    try:
        with changing() as session:
            standing = load(session, programme, locked=True)
            if standing.phase(number).answers == key:
                coordinating.answer(session, standing, number, given, clock.now())
    except (Busy, Overtaken):
        raise  # it was not refused: it may be taken again
    except (ProgrammeError, DataError) as refused:
        reason = str(refused) if isinstance(refused, ProgrammeError) else "Something in the answer is too long, or no text."
        _refuse(programme, number, reason, given, key)
        return reason
    return None


def _refuse(programme: str, number: int, reason: str, given: Given, key: int) -> None:
    with changing() as session:
        standing = load(session, programme, locked=True)
        if standing.phase(number).answers == key:
            coordinating.refuse(standing, number, reason, given)


async def rescue(phase: Phase) -> None:
    """Take the answer that a broken run was woken with and had not taken yet. Prefect keeps it; nothing else is read there."""
    name = keyset_from_base_key(f"suspended-{suspension_key(phase.number, phase.answers)}")["response"]
    form: dict[str, Any] | None = await aread_flow_run_input(name, flow_run_id=UUID(str(phase.run_id)))
    if form is None:
        return  # nobody had answered
    given = given_of(form)
    try:
        refusal = take(phase.programme_id, phase.number, given, phase.answers)
    except (ProgrammeError, SQLAlchemyError):
        raise  # the database: the next sweep tries again
    except Exception as error:  # what broke the run must not break every sweep after it
        log.exception("the answer to phase %s of %s cannot be carried out", phase.number, phase.programme_id)
        refusal = f"It could not be carried out ({type(error).__name__}); the log of the sweep says more."
        _refuse(phase.programme_id, phase.number, refusal, given, phase.answers)
    log.warning("the answer to phase %s of %s outlived its run: %s", phase.number, phase.programme_id, refusal or "taken")
