"""Forms as they arrive: the proof before the file, the file to disk, and no more large ones at once than this process has room for.

Small forms pass at once. A large one first needs a place to be received, and once it is there a place to be held in memory while it is
looked at and stored. Whoever finds no place waits a little and is then told, kindly, to send it again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from deployments.desk.security import check_encoding, read_form
from models.doors.attaching import Upload
from models.links import BadLink, read

LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""Every link of ours can be read then; whether it still opens anything is looked at by the page."""

LONGEST_SENDING = 15 * 60.0
"""Seconds for a whole body: 20 MB over a slow line take ten minutes."""

LARGE = 1024 * 1024
"""Bytes of a body from which on it needs a place; smaller files stay in memory as they come."""

DRAINED = 256 * 1024 * 1024
"""How much of a body that is too large is still taken in, so that the browser gets to see the answer."""


@dataclass(frozen=True)
class Body:
    """What a form may bring: bytes in all and of its texts, how many fields, and the field of its file where it has one."""

    most: int = 16 * 1024
    fields: int = 12
    file: str = ""
    most_file: int = 0
    most_texts: int = 64 * 1024


@dataclass(frozen=True)
class Sent:
    """A form as it came: its texts in their order, and its file if one was chosen."""

    items: tuple[tuple[str, str], ...] = ()
    file: Upload | None = None

    @cached_property
    def texts(self) -> dict[str, str]:
        """The texts by the names of their fields, of several the last."""
        return dict(self.items)

    def all(self, name: str) -> list[str]:
        """Every text of one field."""
        return [value for known, value in self.items if known == name]


class NotReceived(Exception):
    """A form whose file was not taken in; `sent` has the texts that came."""

    def __init__(self, sent: Sent) -> None:
        self.sent = sent
        super().__init__(type(self).__name__)


class NoProof(NotReceived):
    """A file came before the proof of the form, or after a wrong one. Nothing of it was read."""


class TooLarge(NotReceived):
    """More than the form may bring."""


class Crowded(NotReceived):
    """There was no place for another large one, for longer than anybody wants to wait."""


# -- how many at once ------------------------------------------------------------------------------------------------


class Places:
    """So many at once, so many of each link; whoever comes then waits for a while."""

    def __init__(self, most: int, by_link: int) -> None:
        self.most, self.by_link = most, by_link
        self.taken: Counter[str] = Counter()
        self._left = asyncio.Condition()

    async def take(self, link: str, patience: float) -> bool:
        """Take a place; False where none became free in `patience` seconds."""
        try:
            async with asyncio.timeout(patience), self._left:
                await self._left.wait_for(lambda: self.taken.total() < self.most and self.taken[link] < self.by_link)
                self.taken[link] += 1
        except TimeoutError:
            return False
        return True

    async def leave(self, link: str) -> None:
        """Give a place back."""
        self.taken -= Counter((link,))  # and forget links without any
        async with self._left:
            self._left.notify_all()


@dataclass
class Bodies:
    """The places of one process, and how patient it is, in seconds. `app.state.bodies` holds them."""

    received: Places = field(default_factory=lambda: Places(16, 2))
    """While they come in and lie on disk: of 20 MB each."""
    held: Places = field(default_factory=lambda: Places(3, 1))
    """While they are in memory, where storing a file takes a few times its size."""
    patience: float = 20.0
    stalled: float = 60.0
    """For how long nothing more of a body may come before it counts as cut off."""


# -- reading ---------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def received(request: Request, body: Body, is_proof: Callable[[str], bool]) -> AsyncIterator[Sent]:
    """A request's form, for as long as the block lasts.

    NotReceived with what came of it, HTTPException 413 for texts that are too long and for a form without a file that is too large,
    400 for what is no form.
    """
    if not body.file or not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        form = await read_form(request, body.most_texts if body.file else body.most, fields=body.fields)
        try:
            sent = Sent(_texts(form))
        finally:
            await form.close()
        yield sent
        return
    reception = _Reception(request, body, is_proof)
    try:
        yield await reception.sent()
    finally:
        await reception.end()


def _texts(form: FormData) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))


def _reader(request: Request) -> str:
    """Whose form it is, whichever of their links it came by: each notice has one of its own."""
    token = str(request.path_params.get("token", ""))
    try:
        link = read(request.app.state.desk.secret, token, LONG_AGO)
    except BadLink:
        return token
    return f"{link.programme}/{link.gate_id}/{link.organisation}/{link.role}"


class _Reception:
    """One form with a file, on its way from the connection to disk and into memory."""

    def __init__(self, request: Request, body: Body, is_proof: Callable[[str], bool]) -> None:
        self._request, self._body = request, body
        self._bodies: Bodies = request.app.state.bodies
        self._link = _reader(request)
        self._parser = _Parser(request, self._chunks(), body, is_proof)
        self._form: FormData | None = None
        self._at: list[Places] = []

    async def sent(self) -> Sent:
        check_encoding(self._request)
        try:
            async with asyncio.timeout(LONGEST_SENDING):
                self._form = await self._parser.parse()
        except MultiPartException as error:
            raise HTTPException(400, error.message) from error
        except TimeoutError:
            raise ClientDisconnect from None
        texts = self._parser.texts
        chosen = self._form.get(self._body.file)
        if not isinstance(chosen, UploadFile) or not chosen.filename:
            return texts
        if (chosen.size or 0) > self._body.most_file:
            raise TooLarge(texts)
        if (chosen.size or 0) > LARGE and not await self._take(self._bodies.held):
            raise Crowded(texts)
        return Sent(texts.items, Upload(chosen.filename, await chosen.read()))

    async def end(self) -> None:
        """Give back what was taken up, however far it came."""
        if self._form is not None:
            await self._form.close()
        while self._at:
            await self._at.pop().leave(self._link)

    async def _take(self, places: Places) -> bool:
        has_place = await places.take(self._link, self._bodies.patience)
        if has_place:
            self._at.append(places)
        return has_place

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        """The body, as far as it may be looked at; with its place once it turns out to be large."""
        seen, most = 0, self._body.most
        async for chunk in self._stream():
            if seen <= LARGE < seen + len(chunk) and not await self._take(self._bodies.received):
                self._parser.is_dropping = True
            seen += len(chunk)
            if seen <= most:
                yield chunk
            elif seen > most + DRAINED:
                break
            else:
                await self.end()  # what is only read away needs no place
        if seen > most:
            raise TooLarge(self._parser.texts)
        if self._parser.is_dropping:
            raise Crowded(self._parser.texts)

    async def _stream(self) -> AsyncGenerator[bytes, None]:
        stream = self._request.stream()
        while True:
            try:
                async with asyncio.timeout(self._bodies.stalled):
                    chunk = await anext(stream)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise ClientDisconnect from None
            yield chunk


class _Parser(MultiPartParser):
    """Starlette's, which puts files on disk; a file without proof ends it, and one without a place is read away."""

    def __init__(self, request: Request, stream: AsyncGenerator[bytes, None], body: Body, is_proof: Callable[[str], bool]) -> None:
        super().__init__(request.headers, stream, max_files=1, max_fields=body.fields, max_part_size=body.most_texts)
        self._is_proof, self._left = is_proof, body.most_texts
        self.is_dropping = False

    @property
    def texts(self) -> Sent:
        """The texts that have come whole so far."""
        return Sent(tuple((name, value) for name, value in self.items if isinstance(value, str)))

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        if self._current_part.file is not None and not self._is_proof(self.texts.texts.get("proof", "")):
            raise NoProof(self.texts)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is None:
            self._left -= end - start
            if self._left < 0:
                raise HTTPException(413)
        elif self.is_dropping:
            return
        super().on_part_data(data, start, end)
