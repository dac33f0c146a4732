"""The signed act behind a decision: kept whatever happens to the form, nothing else passes for it, and once decided it stays."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from models.contributions import Attachment
from models.database import changing, reading
from models.events import history
from models.standing import load
from tests.deployments.deciding_forms import ADOPTION, CEDAR, adopter, attachments, only, plain, send
from tests.deployments.desk_world import (
    World,
    copied,
    decisions,
    fields,
    launched,
    opened,
    play,
)
from tests.models import files


@pytest.fixture(scope="module")
def adopting(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = launched(tmp_path_factory.mktemp("adopting"))
    play(world, opened(ADOPTION))
    return world


@pytest.fixture
def council(adopting: World, tmp_path: Path) -> World:
    """The action plans are before the councils."""
    return copied(adopting, tmp_path / "world")


def test_the_final_plan_is_compared_with_the_one_that_was_approved_before_it(council: World) -> None:
    page = council.get(f"/a/{adopter(council)}").text
    assert "D7.1: what changed since version D5.2 0.5" in unescape(page)
    assert "<ins>" in page
    assert "D7.5" in page


def test_the_same_form_again_and_another_tab_change_nothing(council: World) -> None:
    token = adopter(council)
    form = fields(council, token, verdict="approve", act_number="12/2024", act_on=council.now.date().isoformat())
    other = fields(council, token, verdict="return", comment="No.")
    assert send(council, token, form, ("act.pdf", files.PDF)).status_code == 303
    before = council.history()
    for again in (send(council, token, form, ("act.pdf", files.PDF + b"\n")), send(council, token, other)):
        assert again.status_code == 409
        assert "This has been decided already" in again.text
    assert council.history() == before
    assert len(attachments(council)) == 1
    back = council.get(f"/a/{token}").text
    assert "Record the decision" not in back
    assert "See the receipt" in back


def test_after_the_closure_nothing_is_decided_and_no_file_kept(council: World) -> None:
    token = adopter(council)
    form = fields(council, token, verdict="approve", act_number="12/2024", act_on=council.now.date().isoformat())
    with changing(council.engine) as session:
        load(session, "orchard", locked=True).programme.closed_at = council.now
    answer = send(council, token, form, ("act.pdf", files.PDF))
    assert answer.status_code == 409
    assert attachments(council) == []
    assert decisions(council, ADOPTION, CEDAR) == []


def test_a_signed_file_is_kept_though_the_rest_of_the_form_is_refused_and_counts_with_the_next(council: World) -> None:
    token = adopter(council)
    refused = send(council, token, fields(council, token, verdict="approve", comment="At last."), ("Delibera 12.pdf.p7m", files.signed()))
    assert refused.status_code == 422
    assert 'href="#act_number"' in refused.text
    assert "Already uploaded:" in refused.text
    assert "Delibera 12.pdf.p7m" in refused.text
    act = {"act_number": "12/2024", "act_on": council.now.date().isoformat()}
    assert send(council, token, fields(council, token, verdict="approve", **act)).status_code == 303
    decision, (kept,) = only(council, ADOPTION), attachments(council)
    assert decision.evidence_id == kept.id
    digest = hashlib.sha256(files.signed()).hexdigest()
    with reading(council.engine) as session:
        told = [event.detail for event in history(session, "orchard") if event.kind == "decision-recorded" and event.gate == ADOPTION]
    assert told[-1]["evidence_sha256"] == digest
    assert "Delibera" not in str(told)
    receipt = plain(council.get(f"/a/{token}/receipt").text)
    for said in ("Delibera 12.pdf.p7m", digest, "12/2024", "approved", "Fingerprint of this version"):
        assert said in receipt
    assert re.search(r"Delibera 12\.pdf\.p7m [\d,]+ (bytes|kB) · \w+day \d+ \w+ \d{4}, \d\d:\d\d", receipt)
    got = council.get(f"/a/{token}/attachments/{kept.id}")
    assert (got.content, got.headers["content-type"]) == (files.signed(), "application/pkcs7-mime")


def test_an_act_without_its_file_is_enough_and_the_page_says_so(council: World) -> None:
    token = adopter(council)
    assert "you can approve without it" in plain(council.get(f"/a/{token}").text)
    form = fields(council, token, verdict="approve", act_number="12/2024", act_on=council.now.date().isoformat())
    assert send(council, token, form).status_code == 303
    assert only(council, ADOPTION).evidence_id is None


def test_another_file_replaces_the_one_before_and_it_can_be_taken_out(council: World) -> None:
    token = adopter(council)
    send(council, token, fields(council, token), ("one.pdf", files.PDF))
    send(council, token, fields(council, token), ("two.pdf", files.PDF + b"\n"))
    assert [item.filename for item in attachments(council)] == ["two.pdf"]
    send(council, token, fields(council, token) | {"evidence-out": "yes"})
    assert attachments(council) == []
    assert "Already uploaded" not in council.get(f"/a/{token}").text


def test_a_file_that_is_none_of_those_is_told_beside_the_field_and_nothing_is_decided(council: World) -> None:
    token = adopter(council)
    form = fields(council, token, verdict="approve", act_number="12/2024", act_on=council.now.date().isoformat(), comment="Mine.")
    answer = send(council, token, form, ("act.pdf", files.HTML))
    assert answer.status_code == 422
    assert 'id="evidence-error"' in answer.text
    assert "Mine.</textarea>" in answer.text
    assert 'value="12/2024"' in answer.text
    assert decisions(council, ADOPTION, CEDAR) == []


@pytest.mark.parametrize(("number", "status"), [("1", 422), ("999", 422), ("-1", 303), ("x" * 50, 303), ("٣", 303)])
def test_a_file_of_somebody_else_or_none_is_not_taken_for_evidence(council: World, number: str, status: int) -> None:
    with changing(council.engine) as session:
        gate = load(session, "orchard", locked=True).gate(ADOPTION, "city-damson")
        row = {"filename": "a.pdf", "media_type": "application/pdf", "sha256": "0" * 64, "size": 1, "data": b"x"}
        session.add(Attachment(programme_id="orchard", gate_id=gate.id, organisation="damson", **row))
    token = adopter(council)
    form = fields(council, token, verdict="approve", act_number="12/2024", act_on=council.now.date().isoformat())
    answer = send(council, token, form | {"evidence": number})
    assert answer.status_code == status
    assert ("Choose it once more" in answer.text) == (status == 422)
    assert all(item.evidence_id is None for item in decisions(council, ADOPTION, CEDAR))


def test_a_form_that_was_not_made_here_leaves_no_file(council: World) -> None:
    token = adopter(council)
    form = fields(council, token, verdict="approve", act_number="1", act_on=council.now.date().isoformat())
    assert send(council, token, form | {"proof": "made up"}, ("act.pdf", files.PDF)).status_code == 403
    assert attachments(council) == []


def test_a_file_far_too_large_loses_nothing_that_was_typed(council: World) -> None:
    token = adopter(council)
    form = fields(council, token, verdict="approve", comment="Adopted unanimously.")

    async def body() -> AsyncIterator[bytes]:
        for name, value in form.items():
            yield f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        yield b'--x\r\nContent-Disposition: form-data; name="evidence_file"; filename="act.pdf"\r\n\r\n%PDF-1.7'
        for _ in range(400):
            yield b"\0" * 65536
        yield b"\r\n--x--\r\n"

    async def upload() -> httpx.Response:
        transport = httpx.ASGITransport(council.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
            return await client.post(f"/a/{token}", content=body(), headers={"content-type": "multipart/form-data; boundary=x"})

    answer = asyncio.run(upload())
    assert answer.status_code == 413
    assert "at most 20 MB" in answer.text
    assert "Adopted unanimously.</textarea>" in answer.text
    assert re.search(r'value="approve"[^>]* checked', answer.text)
    assert attachments(council) == []
