"""Large files on their way in: the proof first, so many at once as there is room for, and nobody is lost who comes when there is none."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator

import httpx
import pytest

from deployments.desk import writers
from deployments.desk.uploads import LARGE, Bodies, Places
from models.contributions import Attachment
from models.database import reading
from models.file_types import MOST_BYTES
from tests.deployments.desk_world import World, fields, lead, mayor, opened, play
from tests.models import files

CHUNK = 64 * 1024
SIZE = 8_000_000


def rows(world: World) -> list[Attachment]:
    with reading(world.engine) as session:
        return list(session.query(Attachment).order_by(Attachment.id))


class Sending:
    """A form with a large PDF, sent bit by bit: it can be held back, and tells how much of it was asked for."""

    def __init__(self, proof: str, size: int = SIZE, mark: bytes = b"0", **texts: str) -> None:
        self.taken = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.halfway = asyncio.Event()
        self._size, self._mark = size, mark
        self._texts = {"proof": proof} | texts

    async def body(self, field: str = "file") -> AsyncIterator[bytes]:
        for name, value in self._texts.items():
            yield f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        yield f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="act.pdf"\r\n\r\n'.encode()
        yield files.PDF.removesuffix(b"%%EOF\n")
        for number in range(self._size // CHUNK):
            if number * CHUNK > self._size // 2:
                self.halfway.set()
                await self.go_on.wait()
            self.taken += CHUNK
            yield self._mark * CHUNK
        yield b"\n%%EOF\n\r\n--x--\r\n"


async def post(world: World, address: str, sending: Sending, field: str = "file") -> httpx.Response:
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example", timeout=120) as client:
        return await client.post(address, content=sending.body(field), headers={"content-type": "multipart/form-data; boundary=x"})


def many_links(world: World, count: int) -> list[tuple[str, str]]:
    """Links of one reader with the proofs of their forms, each of another day."""
    links = [world.token("needs", "city-cedar", "cedar", "project-lead", days=60 + number) for number in range(count)]
    return [(link, fields(world, f"{link}/attachments")["proof"]) for link in links]


def test_many_large_uploads_at_once_hold_no_more_in_memory_than_there_are_places(asked: World) -> None:
    asked.app.state.bodies = Bodies(received=Places(16, 16), held=Places(1, 1), patience=120)

    async def all_at_once(count: int) -> list[httpx.Response]:
        sent = [Sending(proof, mark=bytes([65 + number])) for number, (_, proof) in enumerate(links[:count])]
        addresses = [f"/a/{link}/attachments" for link, _ in links[:count]]
        return await asyncio.gather(*(post(asked, *one) for one in zip(addresses, sent, strict=True)))

    links = many_links(asked, 6)
    assert [answer.status_code for answer in asyncio.run(all_at_once(1))] == [303]  # everything is loaded, and the first is there
    tracemalloc.start()
    answers = asyncio.run(all_at_once(6))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [answer.status_code for answer in answers] == [303] * 6
    assert len(rows(asked)) == 6
    assert most < 4 * SIZE  # storing one takes up to three times its size


def test_a_file_after_a_wrong_proof_or_none_is_refused_before_it_is_read(asked: World) -> None:
    link = lead(asked)
    for proof in ("0" * 64, ""):
        sending = Sending(proof, size=MOST_BYTES)
        answer = asyncio.run(post(asked, f"/a/{link}/attachments", sending))
        assert answer.status_code == 403
        assert "did not come from this page" in answer.text
        assert sending.taken <= CHUNK
    assert rows(asked) == []


def test_who_finds_no_place_is_told_to_send_it_again_and_loses_nothing(asked: World) -> None:
    play(asked, opened("needs-approval"))
    asked.app.state.bodies = Bodies(received=Places(1, 1), patience=0.05)
    link = mayor(asked)
    deciding = fields(asked, link) | {"verdict": "return", "comment": "The figures of 2019 are missing."}

    async def two_at_once() -> tuple[httpx.Response, httpx.Response]:
        first, second = Sending(**deciding), Sending(**deciding)
        first.go_on.clear()
        underway = asyncio.ensure_future(post(asked, f"/a/{link}", first, "evidence_file"))
        await first.halfway.wait()
        crowded = await post(asked, f"/a/{link}", second, "evidence_file")
        first.go_on.set()
        return await underway, crowded

    taken, crowded = asyncio.run(two_at_once())
    assert (crowded.status_code, crowded.headers["retry-after"]) == (503, "30")
    assert "nothing is lost" in crowded.text
    assert "The figures of 2019 are missing." in crowded.text
    assert taken.status_code == 303
    assert asked.get(f"/a/{link}/receipt").status_code == 200


def test_one_reader_never_takes_all_the_places_whichever_of_their_links_is_used(asked: World) -> None:
    asked.app.state.bodies = Bodies(received=Places(3, 1), patience=0.05)
    (one, proof), (again_theirs, its_proof) = many_links(asked, 2)
    other = asked.token("needs", "city-alder", "alder", "project-lead")
    other_proof = fields(asked, f"{other}/attachments")["proof"]

    async def three() -> tuple[int, int, int]:
        first = Sending(proof, mark=b"1")
        first.go_on.clear()
        underway = asyncio.ensure_future(post(asked, f"/a/{one}/attachments", first))
        await first.halfway.wait()
        again = await post(asked, f"/a/{again_theirs}/attachments", Sending(its_proof, mark=b"2"))
        elsewhere = await post(asked, f"/a/{other}/attachments", Sending(other_proof, mark=b"3"))
        first.go_on.set()
        return (await underway).status_code, again.status_code, elsewhere.status_code

    assert asyncio.run(three()) == (303, 503, 303)
    assert asked.app.state.bodies.received.taken.total() == 0


def test_a_small_file_needs_no_place(asked: World) -> None:
    asked.app.state.bodies = Bodies(received=Places(0, 0), held=Places(0, 0), patience=0.05)
    (link, proof), *_ = many_links(asked, 1)
    small, large = Sending(proof, size=LARGE // 2), Sending(proof, size=LARGE * 2)
    assert asyncio.run(post(asked, f"/a/{link}/attachments", small)).status_code == 303
    assert asyncio.run(post(asked, f"/a/{link}/attachments", large)).status_code == 503


def test_a_body_that_stops_coming_counts_as_cut_off_and_gives_its_place_back(asked: World) -> None:
    asked.app.state.bodies = Bodies(received=Places(1, 1), stalled=0.05)
    (link, proof), *_ = many_links(asked, 1)

    async def stalled() -> httpx.Response:
        sending = Sending(proof)
        sending.go_on.clear()
        return await post(asked, f"/a/{link}/attachments", sending)

    assert asyncio.run(stalled()).status_code == 400
    assert asked.app.state.bodies.received.taken.total() == 0
    assert rows(asked) == []


def test_texts_that_came_before_too_large_a_file_are_kept(asked: World) -> None:
    play(asked, opened("needs-approval"))
    link = mayor(asked)
    deciding = fields(asked, link) | {"verdict": "return", "comment": "The figures of 2019 are missing."}
    answer = asyncio.run(post(asked, f"/a/{link}", Sending(size=2 * MOST_BYTES, **deciding), "evidence_file"))
    assert answer.status_code == 413
    assert "The figures of 2019 are missing." in answer.text


def test_texts_are_never_so_long_that_they_take_the_room_of_a_file(asked: World) -> None:
    play(asked, opened("needs-approval"))
    link = mayor(asked)
    answer = asyncio.run(post(asked, f"/a/{link}", Sending(**fields(asked, link), comment="x" * 2_000_000), "evidence_file"))
    assert answer.status_code == 413


@pytest.mark.parametrize("page", ["workbook", "word"])
def test_files_that_are_read_wait_for_each_other_and_keep_nobody_from_saving(asked: World, page: str) -> None:
    token = lead(asked)
    proof = fields(asked, f"{token}/{page}")["proof"]
    asked.app.state.writers, asked.app.state.files = writers.places(), writers.places_for_files()  # as the desk has them

    async def beside_others() -> httpx.Response:
        reading_, saving, other = asked.app.state.files, asked.app.state.writers, object()
        reading_.acquire_on_behalf_of_nowait(other)
        for _ in range(int(saving.total_tokens)):
            saving.acquire_on_behalf_of_nowait(object())
        async with asyncio.timeout(60):
            sent = asyncio.create_task(post(asked, f"/a/{token}/{page}", Sending(proof, size=LARGE)))
            while not reading_.statistics().tasks_waiting:  # noqa: ASYNC110 - the limiter tells nobody
                await asyncio.sleep(0)
            reading_.release_on_behalf_of(other)
            return await sent

    answer = asyncio.run(beside_others())
    assert answer.status_code == 422
    assert asked.app.state.files.total_tokens == 1
