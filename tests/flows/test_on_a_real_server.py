"""Phase 1 on a real server and worker: launched, answered through the form and from elsewhere, completed, published."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from models.database import changing, reading
from models.decisions import Entry, Verdict
from models.doors import leasing, steering, vital
from models.doors.answering import Offered, Origin, Ruling, contribute, decide
from models.gates import Gate
from models.generated import generate
from models.method import GateKind
from models.programme import PhaseState
from models.standing import Standing, load
from tasks import conditions
from tasks.launches import launch
from tasks.leases import build_of
from tasks.runs import Budget, look_after, start
from tasks.steps import Step, watched
from tests.factories import definition
from tests.flows.real_server import Server, real_server
from tests.outboxes import notice

pytestmark = [pytest.mark.server]

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
ORIGIN = Origin(Entry.DESK)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with real_server(tmp_path_factory.mktemp("prefect")) as running:
        yield running


@pytest.fixture(scope="module")
def launched(server: Server) -> str:
    """The programme, launched in the UI; its phase 1 waits for the needs assessments."""
    server.set_clock(MONDAY)
    run = server.run("launch-programme", programme=str(server.write(definition())), start="2026-01-05")
    server.wait("launch", lambda: server.state(run) == "Completed")
    server.wait("first gates", lambda: [gate for gate in server.standing("orchard").gates_in(1) if gate.is_open])
    server.wait_suspended("orchard", 1)
    return "orchard"


def body(standing: Standing, gate: Gate) -> dict[str, Any]:
    slug = standing.parties(gate)[0].organisation
    pairs = [{"mentor": pair.mentor, "mentee": pair.mentee, "theme": pair.theme} for pair in standing.programme.pairs]
    return generate(
        gate.spec.contribution, gate=gate.key, scope=gate.scope, organisation=slug, definition=standing.definition,
        earlier=[], rng=random.Random(gate.id), today=date(2026, 1, 5), pairs=pairs,
    )  # fmt: skip


def answer_all(server: Server, programme: str, key: str, but: int = 0) -> list[str]:
    """Answer the open gates of a key through the doors, as the desk does; leave the last few, and say which."""
    with changing(server.engine) as session:
        standing, now = load(session, programme, locked=True), server.now()
        gates = [gate for gate in standing.gates_of(key) if gate.is_open]
        for gate in gates[: len(gates) - but]:
            if gate.spec.kind is GateKind.CONTRIBUTION:
                contribute(
                    session, standing, gate, Offered(standing.parties(gate)[0].organisation, "en", body(standing, gate)), ORIGIN, now
                )
            else:
                for party in standing.open_parties(gate):
                    decide(session, standing, gate, party, Ruling(Verdict.APPROVE), ORIGIN, now)
        return [gate.scope for gate in gates[len(gates) - but :]]


def wait_open(server: Server, programme: str, key: str, count: int) -> None:
    server.wait(f"{count} x {key}", lambda: len([gate for gate in server.standing(programme).gates_of(key) if gate.is_open]) == count)
    server.wait_suspended(programme, 1)


def test_a_phase_waits_without_a_process_and_its_form_lists_what_is_open(server: Server, launched: str) -> None:
    run = server.wait_suspended(launched, 1)
    schema, description = server.form(run)
    assert "needs @ city-alder" in schema["properties"]["gate"]["enum"]
    assert schema.get("required", []) == []
    assert "Needs assessment questionnaire" in description
    mails = sorted((server.folder / "var" / "mail").glob("*.eml"))
    assert len(mails) == 4


def test_launching_twice_is_refused_plainly(server: Server, launched: str) -> None:
    run = server.run("launch-programme", programme=str(server.write(definition())), start="2026-01-05")
    server.wait("second launch", lambda: server.state(run) == "Failed")
    assert "already" in server.api.get(f"/flow_runs/{run}").json()["state"]["message"]


def test_a_run_that_was_suspended_without_its_form_is_replaced(
    server: Server, launched: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = server.wait_suspended(launched, 1)
    keyset = server.api.get(f"/flow_runs/{run}").json()["state"]["state_details"]["run_input_keyset"]
    server.api.delete(f"/flow_runs/{run}/input/{keyset['schema']}").raise_for_status()
    monkeypatch.setattr(conditions, "FORM_COMES_WITHIN", timedelta(0))
    server.sweep()
    with reading(server.engine) as session:
        assert vital.last_sign(session, vital.SWEEP) is not None
    server.wait("another run", lambda: server.standing(launched).phase(1).run_id != run)
    assert server.state(run) == "Crashed"
    assert server.form(server.wait_suspended(launched, 1))


def test_a_run_that_nobody_starts_is_replaced_and_counted(server: Server, launched: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = server.wait_suspended(launched, 1)
    server.sweep()
    assert server.standing(launched).phase(1).relaunches == 0
    server.set_state(run, "PENDING")
    with monkeypatch.context() as patched:
        patched.setattr(conditions, "STARTS_WITHIN", timedelta(0))
        asyncio.run(look_after(launched, Budget()))
    assert server.standing(launched).phase(1).relaunches == 1
    assert server.wait_suspended(launched, 1) != run


def test_who_was_held_up_while_another_replaced_a_broken_run_makes_no_second_one(server: Server, launched: str) -> None:
    broken, others = server.wait_suspended(launched, 1), list[str]()
    judged = server.standing(launched).phase(1)

    async def launched_late() -> bool:
        async with get_client() as client:
            return await launch(client, judged)

    def looked_after() -> None:
        asyncio.run(look_after(launched, Budget()))

    def overtaken(step: Step) -> None:
        if step is Step.RUN_BURIED and not others:
            others.append(broken)
            with ThreadPoolExecutor() as another:
                another.submit(copy_context().run, looked_after).result(60)
            others.append(server.wait_suspended(launched, 1))

    server.set_state(broken, "CRASHED")
    with watched(overtaken):
        looked_after()
    assert server.standing(launched).phase(1).run_id == others[1] != broken
    alive = {"type": {"not_any_": ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}}
    runs = server.api.post("/flow_runs/filter", json={"flow_runs": {"tags": {"all_": ["phase", "relaunched"]}, "state": alive}}).json()
    assert [run["id"] for run in runs] == [others[1]]
    assert not asyncio.run(launched_late()), "what was judged is not so any more"
    assert server.standing(launched).phase(1).run_id == others[1]


def test_a_build_behind_which_nobody_is_is_ended_by_the_sweep_and_keeps_no_other_out(
    server: Server, launched: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, alive, telling = (at_work(server, "deliverables", programme=name) for name in (launched, "another", launched))
    at_night = at_work(server, "deliverables")
    monkeypatch.setattr(steering, "LEASE", timedelta(milliseconds=100))
    with changing(server.engine) as session:
        leasing.take(session, build_of("another"), "somebody", server.now(), steering.LEASE)
        claims = notice(load(session, launched), "in its hands", claimed_by=telling, claimed_until=server.now() + timedelta(minutes=1))
        session.add(claims)
    server.sweep()
    assert [server.state(run) for run in (dead, alive, at_night, telling)] == ["Crashed", "Running", "Running", "Running"]
    with changing(server.engine) as session:
        session.delete(claims)
    for run in (alive, at_night, telling):
        server.set_state(run, "CANCELLED")


def at_work(server: Server, deployment: str, **parameters: str) -> str:
    """A run that Prefect shows at work, and no process behind it."""
    body = {"parameters": parameters, "state": {"type": "PENDING"}}
    run = server.api.post(f"/deployments/{server.deployment(deployment)['id']}/create_flow_run", json=body).raise_for_status().json()["id"]
    server.set_state(run, "RUNNING")
    return str(run)


def test_what_a_person_launched_and_no_worker_began_is_started_again(
    server: Server, launched: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = server.wait_suspended(launched, 1)
    body = {"parameters": {"programme": launched}, "state": {"type": "PENDING"}}
    lost = server.api.post(f"/deployments/{server.deployment('phase-1')['id']}/create_flow_run", json=body).raise_for_status().json()["id"]
    monkeypatch.setattr(conditions, "STARTS_WITHIN", timedelta(0))
    server.sweep()
    server.wait("it has been started", lambda: server.state(lost) == "Completed")
    assert server.wait_suspended(launched, 1) == own


def test_an_answer_the_form_does_not_offer_is_refused_by_the_server_and_the_phase_waits_on(server: Server, launched: str) -> None:
    run = server.wait_suspended(launched, 1)
    said = server.resume(run, gate="needs @ city-atlantis", what="dance")
    assert said.get("status") != "ACCEPT"
    assert server.state(run) == "Suspended"


def test_an_answer_a_rule_refuses_comes_back_in_the_next_form_and_the_right_one_is_taken(server: Server, launched: str) -> None:
    run = server.wait_suspended(launched, 1)
    answers = server.standing(launched).phase(1).answers
    assert server.resume(run, gate="needs @ city-alder", what="approve")["status"] == "ACCEPT"
    assert server.wait_suspended(launched, 1, answers + 1) == run
    assert "refused" in server.form(run)[1]
    server.resume(run, gate="needs @ city-alder", what="extend", on="2026-03-02", comment="they asked for it")
    server.wait_suspended(launched, 1, answers + 2)
    assert server.standing(launched).gate("needs", "city-alder").due_on == date(2026, 3, 2)
    assert "refused" not in server.form(run)[1]


def test_a_day_that_is_no_date_does_not_end_the_run(server: Server, launched: str) -> None:
    run, answers = server.wait_suspended(launched, 1), server.standing(launched).phase(1).answers
    assert server.resume(run, gate="needs @ city-alder", what="extend", on="2027-02-31")["status"] == "ACCEPT"
    assert server.wait_suspended(launched, 1, answers + 1) == run
    assert "is no date" in server.form(run)[1]


def test_what_is_handed_in_elsewhere_wakes_the_phase_and_carries_it_to_completion(server: Server, launched: str, tmp_path: Path) -> None:
    [last] = answer_all(server, launched, "needs", but=1)
    standing = server.standing(launched)
    gate = standing.gate("needs", last)
    file = tmp_path / "needs.json"
    slug = last.removeprefix("city-")
    file.write_text(json.dumps({"gate": "needs", "scope": last, "organisation": slug, "language": "en", "body": body(standing, gate)}))
    server.set_clock(datetime(2026, 1, 26, 9, tzinfo=UTC))
    done = server.command("contribute", str(file))
    assert "is accepted" in done.stdout, done.stderr
    wait_open(server, launched, "profile", 4)

    server.set_clock(datetime(2026, 2, 16, 9, tzinfo=UTC))
    for key, following, count in (
        ("profile", "needs-approval", 4),
        ("needs-approval", "matching", 1),
        ("matching", "matching-approval", 1),
    ):
        answer_all(server, launched, key)
        server.nudge(launched)
        wait_open(server, launched, following, count)

    run = server.wait_suspended(launched, 1)
    [shown] = [
        choice for choice in server.form(run)[0]["properties"]["gate"]["enum"] if choice.startswith("matching-approval @ programme (v1.0, ")
    ]
    server.resume(run, gate=shown, what="approve", on_behalf_of="board (steering-committee)")
    wait_open(server, launched, "pair-terms", 2)
    answer_all(server, launched, "pair-terms")
    server.nudge(launched)
    wait_open(server, launched, "pair-agreement", 2)
    answer_all(server, launched, "pair-agreement")
    server.nudge(launched)
    server.wait("phase 1 complete", lambda: server.standing(launched).phase(1).state == PhaseState.COMPLETED)
    server.wait("its run complete", lambda: server.state(run) == "Completed")

    def published() -> bool:
        editions = server.standing(launched).programme.editions
        return len(editions) == 11 and all(
            item.published_at and any(file.stamped and file.format == "pdf" for file in item.files) for item in editions
        )

    server.wait("deliverables of phase 1 published by the trigger", published, 180)
    assert (
        (server.folder / "var" / "documents" / "orchard" / "deliverables" / "D1.2" / "programme" / "en.pdf")
        .read_bytes()
        .startswith(b"%PDF")
    )
    decision = server.standing(launched).gate("matching-approval", "programme").decisions[-1]
    assert (decision.organisation, decision.on_behalf, decision.entry) == ("board", True, "prefect")


def test_cancelling_a_run_holds_its_phase_until_it_is_launched_again(server: Server, launched: str) -> None:
    server.set_clock(datetime(2026, 6, 29, 9, tzinfo=UTC))
    server.sweep()
    run = server.wait_suspended(launched, 2)
    server.api.post(
        f"/flow_runs/{run}/set_state", json={"state": {"type": "CANCELLED", "name": "Cancelled"}, "force": True}
    ).raise_for_status()
    server.sweep()
    assert server.standing(launched).phase(2).state == PhaseState.HELD
    refused = server.resume(run)
    assert refused.get("status") != "ACCEPT"
    asyncio.run(start(launched, 2))
    assert server.standing(launched).phase(2).run_id is None, "the engine launches nothing that a person holds"
    late = {"parameters": {"programme": launched}, "idempotency_key": f"{launched}-phase-2-99", "state": {"type": "SCHEDULED"}}
    engines = server.api.post(f"/deployments/{server.deployment('phase-2')['id']}/create_flow_run", json=late).json()["id"]
    server.wait("a run that the engine launched before it knew", lambda: server.state(engines) == "Completed")
    assert server.standing(launched).phase(2).state == PhaseState.HELD
    again = server.run("phase-2", programme=launched)
    server.wait("phase 2 under way again", lambda: server.standing(launched).phase(2).state == PhaseState.OPEN)
    assert server.wait_suspended(launched, 2) == again
