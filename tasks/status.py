"""What the coordinator reads in the Prefect UI: what a phase waits for, and where the whole programme stands, as Markdown.

Names that came from people are escaped: they are shown, never interpreted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from prefect.artifacts import acreate_markdown_artifact

from models import links
from models.definition import Role
from models.doors.coordinating import last_refusal
from models.gates import Gate
from models.method import METHOD
from models.programme import Phase, PhaseState
from models.settings import link_secret, public_url
from models.standing import Standing
from tasks.troubles import trouble_of

STATES = {PhaseState.WAITING: "not started", PhaseState.OPEN: "under way", PhaseState.HELD: "**held**", PhaseState.COMPLETED: "completed"}


MARKS = re.compile(r"([!-/:-@\[-`{-~])")
"""All punctuation that Markdown lets be escaped."""

BARE = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=\w)", re.IGNORECASE)
"""Where bare addresses are broken by what nobody sees: Prefect's newer pages make links of them after everything is unescaped."""


def escape(text: str) -> str:
    """Text of somebody else's as inert Markdown on one line: no markup, headings or table borders come of it, and no links."""
    return MARKS.sub(r"\\\1", BARE.sub("\N{WORD JOINER}", " ".join(text.split())))


def waiting_for(standing: Standing, number: int) -> str:
    """What a phase waits for now, the latest refusal first. Frozen at suspension, so it says how to see more."""
    gates = [gate for gate in standing.gates_in(number) if gate.is_open]
    parts = [f"### Phase {number}: {METHOD.phase(number).title}"]
    if refusal := last_refusal(standing, number):
        parts.append(f"> **Your last answer was refused.** {escape(refusal)}")
    if gates:
        parts.append(f"{len(gates)} gates are open. Choose one below, or leave everything as it is to look again.")
        parts.append(
            "“On the desk” leads to where you act for somebody: hand in their answer or files, record a promise, answer a request for time."
        )
        parts.append("\n".join(_line(standing, gate) for gate in gates))
    else:
        parts.append(f"No gate is open. {_next(standing, number)}")
    parts.append("This text is from the moment the run was suspended. To see what has come since, leave everything as it is and resume.")
    return "\n\n".join(parts)


def _line(standing: Standing, gate: Gate) -> str:
    """A gate under the name the form has for it. A list and no table: Prefect shows it in a strip that has no room for columns."""
    waits = ", ".join(
        f"{escape(standing.definition.organisation(party.organisation).name)} ({party.role})" for party in standing.open_parties(gate)
    )
    due = f", due {gate.due_on:%-d %B %Y}" if gate.due_on else ""
    links_of = [f"[read it]({_review_link(standing, gate)})"] if gate.is_approval else []
    links_of.append(f"[on the desk]({public_url()}/coordinator/{standing.programme.id}/gate/{gate.id})")
    told = ["**late**"] if gate.missed else []
    told += [
        f"**{escape(standing.definition.organisation(item.organisation).name)} asks for time until {item.until:%-d %B %Y}**"
        for item in standing.requests_at(gate)
    ]
    told += ["**rejected: return it or go on without**"] if gate.rejected else []
    said = " · ".join([*told, *links_of])
    return f"- `{gate.label}` {gate.spec.title}{due}: {waits or 'nobody'} · {said}"


def _review_link(standing: Standing, gate: Gate) -> str:
    """The coordinator's link to what an approval decides on; it reads and does not decide."""
    until = (gate.due_on or standing.programme.start_on) + timedelta(days=365)
    token = links.sign(
        link_secret(), "read", standing.programme.id, gate.id, None, standing.definition.coordinator, Role.COORDINATOR, until,
        epoch=standing.organisation(standing.definition.coordinator).link_epoch,
    )  # fmt: skip
    return links.address(public_url(), token)


def _next(standing: Standing, number: int) -> str:
    days = [
        day for gate in standing.gates_in(number) if not gate.is_satisfied and standing.is_free(gate) and (day := standing.opens_on(gate))
    ]
    if standing.phase(number).state == PhaseState.WAITING:
        begins = standing.work_begins(standing.phase(number).planned_on)
        return f"The phase opens on {begins:%Y-%m-%d at %H:%M} UTC, or once what comes before it is done."
    return f"The next opens on {standing.work_begins(min(days)):%Y-%m-%d at %H:%M} UTC." if days else "It waits for gates of other phases."


def phase_report(standing: Standing, number: int) -> str:
    """The phase's checklist: every gate with its state."""
    phase, gates = standing.phase(number), standing.gates_in(number)
    done = sum(gate.is_satisfied for gate in gates)
    head = (
        f"## Phase {number}: {METHOD.phase(number).title}\n\n{STATES[PhaseState(phase.state)]} · {done} of {len(gates)} gates satisfied\n\n"
    )
    rows = [
        f"| {gate.spec.title} | {gate.scope} | {gate.state} | {gate.outcome or ''} | {gate.due_on or ''}{' late' if gate.missed else ''} |"
        for gate in gates
    ]
    head += "".join(f"{line}\n\n" for line in _advice([phase]))
    return head + "\n".join(["| gate | where | state | outcome | due |", "|---|---|---|---|---|", *rows])


def programme_report(standing: Standing, now: datetime) -> str:
    """Where the programme stands: phases, what is late, what comes next."""
    published = sum(edition.published_at is not None for edition in standing.programme.editions)
    as_of = f"Started on {standing.programme.start_on}; as of {now:%Y-%m-%d %H:%M} UTC. {published} deliverables published."
    head = ["| phase | state | planned | opened | completed | gates | late |", "|---|---|---|---|---|---|---|"]
    table = "\n".join([*head, *(_phase_line(standing, phase) for phase in standing.programme.phases)])
    return "\n\n".join([f"# {escape(standing.definition.title)}", as_of, *_advice(standing.programme.phases), table])


def _phase_line(standing: Standing, phase: Phase) -> str:
    gates = standing.gates_in(phase.number)
    done, late = sum(gate.is_satisfied for gate in gates), sum(gate.missed and gate.is_open for gate in gates)
    completed = standing.today(phase.completed_at) if phase.completed_at else ""
    cells = [
        f"{phase.number} {METHOD.phase(phase.number).title}",
        STATES[PhaseState(phase.state)],
        phase.planned_on,
        phase.opened_on or "",
        completed,
        f"{done}/{len(gates)}",
        late or "",
    ]
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _advice(phases: Iterable[Phase]) -> list[str]:
    """What to do where a person is needed, and what the engine is mending by itself."""
    found = [(phase.number, trouble) for phase in phases if (trouble := trouble_of(phase))]
    return [
        f"> **Phase {number} is {trouble.name}.** {escape(trouble.means)} {escape(trouble.to_do)}"
        + (f" Said last: {escape(trouble.said)}" if trouble.said else "")
        for number, trouble in found
    ]


async def show_phase(standing: Standing, number: int) -> None:
    """Publish the phase's checklist as its artifact."""
    key = f"{standing.programme.id}-phase-{number}"
    await acreate_markdown_artifact(
        key=key, markdown=phase_report(standing, number), description=f"Phase {number} of {escape(standing.definition.title)}"
    )


async def show_programme(standing: Standing, now: datetime) -> None:
    """Publish where the programme stands as its artifact."""
    await acreate_markdown_artifact(
        key=f"{standing.programme.id}-status",
        markdown=programme_report(standing, now),
        description=f"Where {escape(standing.definition.title)} stands",
    )
