"""The dead-man's switch: the desk looks every half minute whether the sweep still runs, and tells people once when it does not.

Who is told: the operators' channels of NOTIFY_URLS, at least once for each silence and once when it is over; the coordinator of each
running programme by one mail, which this module sends because the sweep would have. Told to operators means that one of their
channels took it, or that there is none: until then it is tried again at every look. Two desks share a lease, so one of them tells;
only a desk that dies between telling and writing that down lets the other repeat it. What is silent may hold a lock: where nothing
can be written, the operators are told all the same and this process remembers it. The same holds for a database that is away.

It is a thread of its own: neither a page that takes long nor a stuck connection keeps the other waiting.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models import clock, settings
from models.database import changing, reading
from models.doors import telling, vital
from models.doors.vital import MISSED, SWEEP, SWEEP_EVERY, Silence
from models.errors import ProgrammeError, Refused
from models.notices import NoticeKind
from models.standing import load
from tasks.channel import Channel, open_channel
from tasks.claims import claims_kept
from tasks.dispatch import dispatch
from tasks.vital import MEANWHILE, TO_DO, clock_time, since_when, span

log = logging.getLogger(__name__)

NO_DATABASE = (OSError, ProgrammeError, SQLAlchemyError)


def configured_channel() -> Channel:
    """The channels of NOTIFY_URLS; ProgrammeError where one cannot be used."""
    return open_channel(settings.notify_urls(), settings.mail_folder())


@dataclass(frozen=True)
class Watching:
    """How a desk watches: seconds between looks, how long it gives a sweep after its own start, its stopwatch, its channels."""

    every: float = 30.0
    grace: timedelta = timedelta(minutes=1)
    elapsed: Callable[[], float] = time.monotonic
    channel: Callable[[], Channel] = configured_channel


class Patience:
    """How long this process has waited for a new sign of life, by a stopwatch: nobody sets it, and it stops where the machine sleeps.

    A sign that was there at the start says nothing about now, so waiting begins after the start and a grace.
    """

    def __init__(self, watching: Watching) -> None:
        self._elapsed, self._grace = watching.elapsed, watching.grace.total_seconds()
        self._lock = threading.Lock()
        self.begin()

    def begin(self) -> None:
        """Wait anew, as at the start."""
        with self._lock:
            self._from, self._last, self._has_looked = self._elapsed() + self._grace, None, False

    def since(self, sign: datetime | None, now: datetime) -> datetime:
        """The moment, on the clock that says `now`, since when the newest sign has been `sign`."""
        with self._lock:
            at = self._elapsed()
            if self._has_looked and sign != self._last:
                self._from = at
            self._last, self._has_looked = sign, True
            return now - timedelta(seconds=at - self._from)

    _last: datetime | None


@dataclass(frozen=True)
class Found:
    """What a look finds: the last sweep, the silence there is while programmes run, or when people were told of one now over."""

    now: datetime
    last: datetime | None
    running: tuple[str, ...]
    silence: Silence | None
    over: datetime | None


def find(session: Session, patience: Patience, now: datetime) -> Found:
    """Look at the sign of life."""
    last, running = vital.last_sign(session, SWEEP), tuple(vital.running(session))
    silence = vital.silence(session, SWEEP, now, since=patience.since(last, now))
    return Found(now, last, running, silence if running else None, vital.told_and_over(session, SWEEP))


@dataclass
class Watch:
    """One desk's watch. `look` never raises for a database, a lock or a channel: it says so in the log and looks again."""

    engine: Engine
    secret: str
    patience: Patience
    watching: Watching
    holder: str = field(default_factory=lambda: f"desk-{uuid4().hex}")
    unwritten: str | None = None
    """The key of the silence that operators were told of while nothing could be written."""
    away_from: float | None = None
    """When the database did not answer first, by the stopwatch."""
    away_told: bool = False

    def look(self) -> None:
        """Look once, and do what follows from it."""
        try:
            with reading(self.engine) as session:
                found = find(session, self.patience, clock.now(self.engine))
        except NO_DATABASE as error:
            self._database_is_away(error)
            return
        if self._database_was_away():
            return
        if found.silence is not None:
            self._tell(found, found.silence)
            self._mail(found, found.silence)
        elif found.last is not None and (found.over or self.unwritten not in (None, vital.key_of(found.last))):
            self._tell_it_is_over(found, found.last)

    # -- the sweep ---------------------------------------------------------------------------------------------------

    def _tell(self, found: Found, silence: Silence) -> None:
        """Tell the operators, once: first the lease, then the telling, then that they are told."""
        if silence.told:
            self.unwritten = None
            return
        try:
            token = self._take_up(silence, found.now)
        except Refused:
            return
        except NO_DATABASE as error:
            log.warning("the sweep is silent, and nothing can be written: %s", _short(error))
            if self.unwritten != silence.key and self._say_silence(silence, found.now):
                self.unwritten = silence.key
            return
        if self.unwritten == silence.key or self._say_silence(silence, found.now):
            noted = self._note(token, lambda session: vital.told(session, silence, found.now))
            self.unwritten = None if noted else silence.key
        else:
            self._note(token)

    def _say_silence(self, silence: Silence, now: datetime) -> bool:
        said = since_when(silence, now)
        log.error("%s", said)
        return self._say("The sweep does not run", f"{said} {MEANWHILE}\n\n{TO_DO}")

    def _tell_it_is_over(self, found: Found, last: datetime) -> None:
        said = f"It got through at {clock_time(last, found.now)} and catches up."
        if found.over:
            said += f" You were told at {clock_time(found.over, found.now)} that it did not run."
        try:
            token = self._take_up(None, found.now) if found.over else None
        except Refused:
            return
        except NO_DATABASE as error:
            log.warning("the sweep is back, and nothing can be written: %s", _short(error))
            return
        heard = self._say("The sweep runs again", said)
        if heard:
            self.unwritten = None
        if token is not None:
            self._note(token, lambda session: heard and vital.told_it_is_over(session, SWEEP))

    def _take_up(self, silence: Silence | None, now: datetime) -> int:
        with self._changing() as session:
            return vital.take_up(session, SWEEP, silence, self.holder, now)

    def _note(self, token: int, note: Callable[[Session], bool] = lambda session: False) -> bool:
        """Write down that it is told, if it is, and lay the telling down; whether that could be written."""
        try:
            with self._changing() as session:
                vital.lay_down(session, SWEEP, token)
                return note(session)
        except NO_DATABASE as error:
            log.warning("what the operators were told could not be noted: %s", _short(error))
            return False

    def _mail(self, found: Found, silence: Silence) -> None:
        """One mail to each coordinator: a row with a key first. What a mail server does not take is due again by the outbox's rules."""
        for programme in found.running:
            try:
                with self._changing() as session:
                    telling.silent(session, load(session, programme, locked=True), silence, found.now)
                with self.watching.channel() as channel:
                    self._send(channel, programme, found.now)
            except NO_DATABASE as error:
                log.warning("the coordinator of %s is not told by mail yet: %s", programme, _short(error))

    def _send(self, channel: Channel, programme: str, now: datetime) -> None:
        with claims_kept(self._changing, self.holder, lambda: clock.now(self.engine)):
            dispatch(
                self._changing, now, channel, worker=self.holder, secret=self.secret, public_url=settings.public_url(),
                programme_id=programme, kinds={NoticeKind.SILENCE},
            )  # fmt: skip

    @contextmanager
    def _changing(self) -> Iterator[Session]:
        with changing(self.engine) as session:
            vital.be_impatient(session)
            yield session

    # -- the database ------------------------------------------------------------------------------------------------

    def _database_is_away(self, error: Exception) -> None:
        """Nothing can be read or written: once it has lasted as long as a silence of the sweep, operators hear of it once."""
        log.error("the watch cannot look, the database does not answer: %s", _short(error))
        at = self.watching.elapsed()
        self.away_from = at if self.away_from is None else self.away_from
        lasted = timedelta(seconds=at - self.away_from)
        if not self.away_told and lasted > MISSED * SWEEP_EVERY:
            said = f"The programme database has not answered for {span(lasted)} ({type(error).__name__}). Nothing goes on without it."
            to_do = "See that it runs and that DATABASE_URL is right."
            self.away_told = self._say("The programme database does not answer", f"{said}\n\n{to_do}")

    def _database_was_away(self) -> bool:
        """It answers; whether it did not until now: no sweep could leave a sign meanwhile, so one is waited for anew.

        Operators who heard of it hear that it is over, now or once they can be reached.
        """
        was_away = self.away_from is not None
        if was_away:
            log.warning("the database answers again")
            self.patience.begin()
            self.away_from = None
        if self.away_told:
            self.away_told = not self._say("The programme database answers again", "The sweep catches up.")
        return was_away

    # -- the channels ------------------------------------------------------------------------------------------------

    def _say(self, title: str, body: str) -> bool:
        """Tell the operators; whether one of their channels took it. Where there are none, nobody is left to be told."""
        try:
            with self.watching.channel() as channel:
                if not channel.operators:
                    return True
                return channel.tell_operators(title, f"{body}\n\n{settings.public_url()}/health") > 0
        except ProgrammeError as error:
            log.error("the operators cannot be told: %s", error)  # noqa: TRY400 - a sentence for a person, not a defect
            return False


def _short(error: Exception) -> str:
    return str(error).partition("\n")[0]


@contextmanager
def kept(watch: Watch) -> Iterator[None]:
    """Look now and every so often, in a thread that ends with this block, or with the process where it is stuck."""
    done = threading.Event()
    thread = threading.Thread(target=_keep, args=(watch, done), name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(1)


def _keep(watch: Watch, done: threading.Event) -> None:
    while not done.is_set():
        try:
            watch.look()
        except Exception:
            log.exception("the watch stumbled; it looks again")
        done.wait(watch.watching.every)
