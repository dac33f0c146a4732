"""Files that come with a contribution: attached, withdrawn, downloaded by those who may, and what is refused."""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import tracemalloc
from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest
from starlette.types import Message

from deployments.desk.attachments import UPLOAD_BYTES
from models.contributions import Attachment
from models.database import changing, reading
from models.doors.answering import Offered, contribute
from models.doors.attaching import MOST_FILES, Upload, attach
from models.events import history
from models.file_types import MOST_BYTES
from models.standing import load
from tasks.attachments import PIECE, pieces_of
from tests.deployments.deciding_forms import plain
from tests.deployments.desk_world import ORIGIN, World, body_for, fields, lead, mayor
from tests.models import files

NEEDS = ("needs", "city-cedar")
HUGE = 200 * 1024 * 1024


def send(world: World, token: str, name: str, data: bytes, **more: str) -> httpx.Response:
    """Attach a file as the page's form does."""
    sent = fields(world, f"{token}/attachments") | more
    return world.post(f"/a/{token}/attachments", data=sent, files={"file": (name, data, "application/octet-stream")})


def rows(world: World) -> list[Attachment]:
    with reading(world.engine) as session:
        return list(session.query(Attachment).order_by(Attachment.id))


def first(world: World, token: str) -> str:
    """The address of the first file on the page."""
    found = re.search(rf'href="(/a/{re.escape(token)}/attachments/\d+)"', world.get(f"/a/{token}/attachments").text)
    assert found
    return found[1]


def test_a_file_is_attached_listed_and_downloaded_as_it_was(asked: World) -> None:
    token = lead(asked)
    sent = send(asked, token, "Delibera n. 12.pdf", files.PDF)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/a/{token}/attachments")
    page = asked.get(f"/a/{token}/attachments").text
    assert "Delibera n. 12.pdf" in page
    assert hashlib.sha256(files.PDF).hexdigest() in page
    got = asked.get(first(asked, token))
    assert got.content == files.PDF
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-disposition"].startswith('attachment; filename="Delibera n. 12.pdf"')
    assert "sandbox" in got.headers["content-security-policy"]
    assert got.headers["x-content-type-options"] == "nosniff"


def test_a_large_file_is_handed_out_piece_by_piece_and_held_nowhere(asked: World) -> None:
    token, large = lead(asked), _pdf_with(random.Random(4).randbytes(9_000_000))
    send(asked, token, "Plan.pdf", large)
    address = first(asked, token)
    got = asked.get(address)
    assert hashlib.sha256(got.content).digest() == hashlib.sha256(large).digest()
    assert got.headers["content-length"] == str(len(large))
    asyncio.run(_downloaded(asked, address))  # what is made once is there by now
    tracemalloc.start()
    size, longest = asyncio.run(_downloaded(asked, address))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (size, longest) == (len(large), PIECE)
    assert most < 4_000_000


def test_a_file_is_read_no_further_than_it_was_taken(asked: World) -> None:
    token = lead(asked)
    send(asked, token, "Plan.pdf", _pdf_with(b"\n" * 3 * PIECE))
    with reading(asked.engine) as session:
        pieces = pieces_of(asked.engine, session.query(Attachment).one())
    assert len(next(pieces)) == PIECE
    asked.post(f"{first(asked, token)}/withdraw", data=fields(asked, f"{token}/attachments"))
    send(asked, token, "Another.pdf", _pdf_with(b" " * 3 * PIECE))
    assert list(pieces) == []


def _pdf_with(more: bytes) -> bytes:
    return files.PDF.removesuffix(b"%%EOF\n") + more + b"\n%%EOF\n"


async def _downloaded(world: World, address: str) -> tuple[int, int]:
    """Take a file as a server does that passes on what it is given: bytes in all, and most at once."""
    taken: list[int] = []
    gone = asyncio.Event()

    async def send_on(message: Message) -> None:
        taken.append(len(message.get("body", b"")))

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": address, "query_string": b"", "headers": [(b"host", b"desk.example")]}
    await world.app(scope, receive, send_on)
    return sum(taken), max(taken)


def test_attachments_stand_on_the_check_page_and_on_the_receipt_with_size_and_moment(asked: World) -> None:
    token = lead(asked)
    assert "Nothing is attached yet." in asked.get(f"/a/{token}/check").text
    send(asked, token, "Delibera n. 12.pdf", files.PDF)
    checked = plain(asked.get(f"/a/{token}/check").text)
    size = f"{len(files.PDF)} bytes" if len(files.PDF) < 1000 else f"{round(len(files.PDF) / 1000)} kB"
    said = f"Delibera n. 12.pdf {size} · Monday 4 March 2024, "
    assert said in checked
    assert "not handed in yet" in checked
    with changing(asked.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate(*NEEDS)
        contribute(session, standing, gate, Offered("cedar", "en", body_for(standing, gate, "cedar", [], asked.now)), ORIGIN, asked.now)
    send(asked, token, "Afterwards.pdf", files.PDF + b"\n")
    receipt = plain(asked.get(f"/a/{token}/receipt").text)
    assert said in receipt
    assert "Afterwards" not in receipt


def test_the_fingerprint_of_a_file_is_folded_away(asked: World) -> None:
    token = lead(asked)
    send(asked, token, "a.pdf", files.PDF)
    page = asked.get(f"/a/{token}/attachments").text
    outside = re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    assert not re.search(r"[0-9a-f]{64}</code>", outside)
    assert "Fingerprint of this file (SHA-256)" in page


def test_the_history_knows_the_file_by_its_hash_and_never_by_its_name(asked: World) -> None:
    token = lead(asked)
    send(asked, token, "Dismissal of Anna Bianchi.pdf", files.PDF)
    asked.post(f"{first(asked, token)}/withdraw", data=fields(asked, f"{token}/attachments"))
    with reading(asked.engine) as session:
        told = [event for event in history(session, "orchard") if event.kind.startswith("attachment")]
    digest = {"sha256": hashlib.sha256(files.PDF).hexdigest(), "size": len(files.PDF)}
    assert [(event.kind, event.organisation, event.detail) for event in told] == [
        ("attachment-received", "cedar", digest),
        ("attachment-withdrawn", "cedar", digest),
    ]
    assert rows(asked) == []


def test_sending_the_same_file_twice_attaches_it_once_and_withdrawing_twice_is_no_fault(asked: World) -> None:
    token = lead(asked)
    send(asked, token, "a.pdf", files.PDF)
    assert send(asked, token, "b.pdf", files.PDF).status_code == 303
    assert [item.filename for item in rows(asked)] == ["a.pdf"]
    address, form = first(asked, token), fields(asked, f"{token}/attachments")
    assert [asked.post(f"{address}/withdraw", data=form).status_code for _ in range(2)] == [303, 303]


def test_two_files_of_one_name_stay_apart(asked: World) -> None:
    token = lead(asked)
    send(asked, token, "act.pdf", files.PDF)
    send(asked, token, "x/act.pdf", files.PDF + b"\n")
    assert [item.filename for item in rows(asked)] == ["act.pdf", "act (2).pdf"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("act.pdf", files.HTML, "Its name alone does not make it one"),
        ("picture.svg", files.SVG, "Its name alone does not make it one"),
        ("act.pdf", b"", "The file is empty"),
        ("plan.docm", files.docx("word/vbaProject.bin"), "contains macros"),
        ("plan.docx", files.bomb(), "would unpack to far more"),
        ("plan.docx", files.OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        ("scan.pdf", b"%PDF-1.4" + b"\0" * MOST_BYTES, "at most 20 MB"),
    ],
)
def test_what_is_not_taken_is_told_beside_the_field(asked: World, name: str, data: bytes, said: str) -> None:
    answer = send(asked, lead(asked), name, data)
    assert answer.status_code == 422
    assert said in unescape(answer.text)
    assert 'href="#file"' in answer.text
    assert rows(asked) == []


def test_a_hostile_name_reaches_neither_header_nor_page_as_it_was(asked: World) -> None:
    token = lead(asked)
    for number, name in enumerate(('../../x\u202e"><script>alert(1)</script>.exe', "Ünïcødé “act”.pdf", "a\r\nX-Evil: 1.pdf")):
        send(asked, token, name, files.PDF + b"\n" * number)
    page = asked.get(f"/a/{token}/attachments").text
    assert "<script>" not in page
    assert "\u202e" not in page
    for item in rows(asked):
        got = asked.get(f"/a/{token}/attachments/{item.id}")
        assert got.status_code == 200
        assert "x-evil" not in got.headers
        assert "/" not in item.filename


def test_more_files_than_may_be_are_refused(asked: World) -> None:
    token = lead(asked)
    with changing(asked.engine) as session:
        standing = load(session, "orchard", locked=True)
        for number in range(MOST_FILES):
            upload = Upload(f"{number}.pdf", files.PDF + b"\n" * number)
            attach(session, standing, standing.gate(*NEEDS), "cedar", upload, "", asked.now)
    assert "as many attachments as there may be" in send(asked, token, "one more.pdf", files.PDF + b"?").text


def test_a_form_that_was_not_made_here_attaches_and_withdraws_nothing(asked: World) -> None:
    token = lead(asked)
    assert send(asked, token, "a.pdf", files.PDF, proof="made up").status_code == 403
    assert rows(asked) == []
    send(asked, token, "a.pdf", files.PDF)
    assert asked.post(f"{first(asked, token)}/withdraw", data={"proof": "made up"}).status_code == 403
    assert len(rows(asked)) == 1


def test_get_withdraws_nothing(asked: World) -> None:
    token = lead(asked)
    send(asked, token, "a.pdf", files.PDF)
    assert asked.get(f"{first(asked, token)}/withdraw").status_code == 405
    assert len(rows(asked)) == 1


def test_no_file_chosen_says_so(asked: World) -> None:
    token = lead(asked)
    answer = asked.post(f"/a/{token}/attachments", data=fields(asked, f"{token}/attachments"))
    assert answer.status_code == 422
    assert "Choose a file first" in answer.text


@pytest.mark.parametrize("purpose", ["read", "other-city", "approval"])
def test_who_is_not_asked_for_the_contribution_has_no_such_page(asked: World, purpose: str) -> None:
    token = {
        "read": asked.token(*NEEDS, "cedar", "project-lead", purpose="read"),
        "other-city": asked.token(*NEEDS, "birch", "project-lead"),
        "approval": mayor(asked),
    }[purpose]
    assert asked.get(f"/a/{token}/attachments").status_code == 404
    assert asked.post(f"/a/{token}/attachments", files={"file": ("a.pdf", files.PDF)}).status_code == 404


def handed_in(world: World) -> int:
    """A file that came with Cedar's needs, revised."""
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate(*NEEDS)
        found = attach(session, standing, gate, "cedar", Upload("act.pdf", files.PDF), "", world.now)
        body = body_for(standing, gate, "cedar", [], world.now)
        contribute(session, standing, gate, Offered("cedar", "en", body, generated=True), ORIGIN, world.now)
        return found.id


def test_those_who_decide_and_the_coordinator_read_it_and_nobody_else(review: World) -> None:
    number = handed_in(review)
    with reading(review.engine) as session:
        coordinator = load(session, "orchard").definition.coordinator
    may = [lead(review), mayor(review), review.token("matching-approval", "programme", coordinator, "coordinator")]
    may_not = [
        review.token("needs-approval", "city-birch", "birch", "mayor-delegate"),
        review.token("needs", "city-birch", "birch", "project-lead"),
        review.token("needs-approval", "city-cedar", "birch", "mayor-delegate"),
    ]
    assert [review.get(f"/a/{token}/attachments/{number}").status_code for token in may] == [200, 200, 200]
    assert [review.get(f"/a/{token}/attachments/{number}").status_code for token in may_not] == [404, 404, 404]
    assert review.get(f"/a/{lead(review)}/attachments/{number + 1}").status_code == 404


def test_who_decides_for_another_organisation_reads_it_once_it_is_handed_in_and_only_through_that_gate(asked: World) -> None:
    with changing(asked.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate, facilitator = standing.gate("practices", "city-cedar"), standing.definition.facilitator
        number = attach(session, standing, gate, "cedar", Upload("act.pdf", files.PDF), "", asked.now).id
    deciding = asked.token("practices-approval", "programme", facilitator, "facilitator")
    elsewhere = asked.token("training-approval", "programme", facilitator, "facilitator")
    assert asked.get(f"/a/{deciding}/attachments/{number}").status_code == 404
    with changing(asked.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("practices", "city-cedar")
        body = body_for(standing, gate, "cedar", [], asked.now)
        contribute(session, standing, gate, Offered("cedar", "en", body, generated=True), ORIGIN, asked.now)
    assert asked.get(f"/a/{deciding}/attachments/{number}").status_code == 200
    assert asked.get(f"/a/{elsewhere}/attachments/{number}").status_code == 404


def test_what_was_handed_in_is_not_withdrawn(review: World) -> None:
    number, token = handed_in(review), lead(review)
    page = review.get(f"/a/{token}/attachments").text
    assert f"{number}/withdraw" not in page
    answer = review.post(f"/a/{token}/attachments/{number}/withdraw", data=fields(review, f"{token}/attachments"))
    assert answer.status_code == 409
    assert len(rows(review)) == 1


async def _streamed(world: World, token: str, size: int) -> httpx.Response:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="huge.pdf"\r\n\r\n%PDF-1.7'
    proof = fields(world, f"{token}/attachments")["proof"].encode()

    async def body() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="proof"\r\n\r\n' + proof + b"\r\n"
        yield head
        chunk = b"\0" * 65536
        for _ in range(size // len(chunk)):
            yield chunk
        yield b"\r\n--x--\r\n"

    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        return await client.post(f"/a/{token}/attachments", content=body(), headers={"content-type": "multipart/form-data; boundary=x"})


def test_200_mb_are_refused_kindly_and_never_kept(asked: World) -> None:
    token = lead(asked)
    asked.get(f"/a/{token}/attachments")
    tracemalloc.start()
    answer = asyncio.run(_streamed(asked, token, HUGE))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code == 413
    assert "at most 20 MB" in answer.text
    assert most < 8_000_000 < UPLOAD_BYTES
    assert rows(asked) == []
