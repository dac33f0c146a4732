"""`make bench`: how long the important things take. Ratios within one run, for absolute times say more about the machine."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models.advance import advance
from models.database import changing, connect
from models.definition import Matching, Side, Theme
from models.links import REHEARSAL_SECRET
from models.manifest import last_published
from models.matching import CityFacts, match
from models.matching_result import Result
from models.matching_scores import LEVELS
from models.notices import Notice
from models.rows import create_all
from models.settings import programmes_folder
from models.standing import Standing
from tasks.dispatch import dispatch, open_channel
from tasks.documents import write_editions
from tasks.fonts import font_folder
from tasks.publishing import view_of
from tasks.rehearsal_folder import rehearse
from tasks.rehearsing import Rehearsal
from tests import bench_desk
from tests.outboxes import NOW, launched, notice
from tests.world import one_pair

T = TypeVar("T")

NOTICES = 600
DOCUMENTS = 20
LOOPS = 300
THEMES = [Theme(slug=f"theme-{number}", title=f"Theme {number}") for number in range(8)]


def main() -> None:
    """Measure one after the other, each in a folder of its own that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        matching()
        rehearsal = rehearsing(folder / "rehearsal")
        advancing(rehearsal.standing)
        laying_out(rehearsal.standing, folder / "documents")
        whole_programme(folder / "inclucities")
        dispatching(folder / "mail")
        for line in bench_desk.desk(folder / "desk"):
            say(*line)


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds and what came of it."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def say(what: str, *figures: str) -> None:
    sys.stdout.write(f"{what:<38} {'   '.join(figures)}\n")
    sys.stdout.flush()


def rehearsing(out: Path) -> Rehearsal:
    """The smallest programme from launch to closure: moments of the virtual clock, and events, per second."""
    moments: list[datetime] = []

    def count(_: Standing, now: datetime) -> None:
        moments.append(now)

    rehearsal = Rehearsal(one_pair(), {}, 1, out, on_event=count)
    seconds, _ = timed(rehearsal.play)
    events = len(rehearsal.events())
    say("rehearsal", f"{len(moments) / seconds:6.0f} moments/s", f"{events / seconds:6.0f} events/s", f"{seconds:5.1f} s in all")
    return rehearsal


def advancing(standing: Standing) -> None:
    """One look at what is due, against a loop that only touches every gate once. Everything is open again, so that all is looked at."""
    closed_at, now = standing.programme.closed_at, standing.programme.launched_at
    standing.programme.closed_at = None
    looking, _ = timed(lambda: [advance(standing, now) for _ in range(LOOPS)])
    looping, _ = timed(lambda: [[gate.state for gate in standing.programme.gates] for _ in range(LOOPS)])
    standing.programme.closed_at = closed_at
    gates = len(standing.programme.gates)
    say("advance against an empty loop", f"{looking / looping:6.1f} ×", f"{looking / LOOPS * 1e3:6.2f} ms for {gates} gates")


def laying_out(standing: Standing, out: Path) -> None:
    """The same documents in one process and in the pool, nothing cached; the fonts are made before."""
    from pypdf import PdfReader

    font_folder()
    jobs = [(view_of(standing, edition, "en"), ("pdf",)) for edition in last_published(standing)[:DOCUMENTS]]
    alone, _ = timed(partial(write_editions, jobs, out / "alone", workers=1))
    pooled, _ = timed(partial(write_editions, jobs, out / "pooled", workers=2))
    pages = sum(len(PdfReader(path).pages) for path in (out / "alone").rglob("*.pdf"))
    say(
        "documents, pool against one process",
        f"{alone / pooled:6.2f} ×",
        f"{pages / alone:5.1f} and {pages / pooled:5.1f} pages/s, {pages} pages",
    )


def whole_programme(folder: Path) -> None:
    """IncluCities as `rehearse` plays and builds it: documents a second, and what they add to a rehearsal without them."""
    source = programmes_folder() / "inclucities"
    played, _ = timed(lambda: rehearse(source, folder / "played", documents=False))
    whole, _ = timed(lambda: rehearse(source, folder / "whole"))
    built = len(list((folder / "whole" / "deliverables").rglob("*.pdf")))
    say(
        "IncluCities with documents, against without",
        f"{whole / played:6.2f} ×",
        f"{whole:5.1f} s, of which {whole - played:5.1f} s for {built} documents: {built / (whole - played):4.2f} documents/s",
    )


def matching() -> None:
    """The exact best of 500 mentors and 500 mentees with all it says, against half as many and against taking the best pair left."""
    half, _ = timed(partial(match, _network(250), THEMES, Matching(different_country=True)))
    whole, result = timed(partial(match, _network(500), THEMES, Matching(different_country=True)))
    greedy, total = timed(partial(_greedily, result))
    say(
        "matching, 500 × 500 against 250 × 250",
        f"{whole / half:6.1f} ×",
        f"{whole:5.1f} s, {whole / greedy:4.0f} × a greedy pass, whose total is {(1 - total / result.total):.1%} lower",
    )


def _network(number: int) -> list[CityFacts]:
    """So many mentors and as many mentees, with four answers each, by chance."""
    rng = random.Random(number)
    cities = []
    for side in (Side.MENTOR, Side.MENTEE):
        for at in range(number):
            answers = {theme.slug: rng.randint(1, LEVELS) / LEVELS for theme in rng.sample(THEMES, 4)}
            country, spoken = rng.choice(("BE", "IT", "LV", "PT", "GR")), tuple(rng.sample(("en", "fr", "it", "es", "nl", "el", "lv"), 2))
            wishes, population = (rng.choice(THEMES).slug,), rng.randrange(5_000, 200_000)
            cities.append(
                CityFacts(
                    f"{side}-{at}", f"{side} {at}", country, side, 1, spoken, population, needs=answers, strengths=answers, wishes=wishes
                )
            )
    return cities


def _greedily(result: Result) -> float:
    """The total of taking the best pair that is left again and again, which may leave mentees without a mentor."""
    taken: set[str] = set()
    total = 0.0
    for pair in sorted(result.matrix, key=lambda pair: -pair.score):
        if not pair.forbidden and not {pair.mentor, pair.mentee} & taken:
            taken |= {pair.mentor, pair.mentee}
            total += pair.score
    return total


def dispatching(folder: Path) -> None:
    """Notices through the outbox into a mail folder, against writing the same files and nothing else."""
    engine = connect(f"sqlite:///{folder}/outbox.db")
    create_all(engine)
    with changing(engine) as session:
        session.add_all(_notices(session))
    seconds, done = timed(partial(_send, engine, folder / "sent"))
    messages = {path.name: path.read_bytes() for path in (folder / "sent").rglob("*.eml")}
    bare, _ = timed(partial(_write, folder / "bare", messages))
    engine.dispose()
    say("dispatch against a bare write", f"{seconds / bare:6.1f} ×", f"{done / seconds:5.0f} notices/s in {len(messages)} messages")


def _notices(session: Session) -> list[Notice]:
    standing = launched(session)
    return [notice(standing, f"bench/{number}", mailbox=f"lead-{number}@cedar.example") for number in range(NOTICES)]


def _send(engine: Engine, out: Path) -> int:
    done = dispatch(
        partial(changing, engine), NOW, open_channel(None, out), worker="bench", secret=REHEARSAL_SECRET,
        public_url="https://desk.bench.example", rehearsal=True,
    )  # fmt: skip
    return done.sent


def _write(folder: Path, messages: dict[str, bytes]) -> None:
    folder.mkdir()
    for name, data in messages.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
