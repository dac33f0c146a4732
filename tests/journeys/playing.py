"""A programme played through the desk: time goes on, mail comes, whoever is asked opens their link and answers in a browser.

What the programme does between the answers is the server's, its worker's and the desk's; this only presses the sweep's Run when it is due.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from models.advance import SWEEP_WORK, Action, Do, advance, next_at, waits_for_run
from models.contribution_file import ContributionFile
from models.database import reading
from models.definition import Role
from models.gates import Gate
from models.method import GateKind
from models.notices import Notice, NoticeState
from models.programme import PhaseState
from models.standing import Party, Standing
from tasks.page_fields import asked_fields
from tests.flows.real_server import Server
from tests.flows.test_the_whole_programme import what_time_brings
from tests.journeys.filling import Writer
from tests.journeys.people import People, Person
from tests.journeys.post import Post
from tests.journeys.sheets import answer_by_workbook
from tests.journeys.words import change_in_word

Place = tuple[str, str]
"""A gate and its scope."""
Samples = Mapping[Place, ContributionFile]

GRACE = 10.0
"""Seconds after an answer within which the desk has woken the phase."""
ROUNDS = 400
"""More moments than two phases have."""


@dataclass(frozen=True)
class Act:
    """Something that was done: what, on how many pages, in how many seconds."""

    what: str
    gate: str
    scope: str
    organisation: str
    pages: int
    seconds: float


@dataclass
class Play:
    """The programme, its mail and its people."""

    server: Server
    post: Post
    people: People
    programme: str
    samples: Samples
    returns: dict[Place, str]
    """What is sent back once, and with what comment on a section."""
    revisions: dict[Place, dict[str, str]]
    """What is changed of a contribution that came back."""
    in_excel: frozenset[Place] = frozenset()
    """What is answered in a workbook."""
    in_word: frozenset[Place] = frozenset()
    """What is revised in Word."""
    acts: list[Act] = field(default_factory=list)
    sweeps: int = 0
    waited: float = 0.0

    def until_completed(self, *phases: int) -> None:
        """Everybody answers whatever they are asked in those phases, until they are completed."""
        grace = GRACE
        for _ in range(ROUNDS):
            self.settle(grace)
            if all(self.standing.phase(number).state == PhaseState.COMPLETED for number in phases):
                return
            grace = GRACE if self.everybody_answers(phases) else 0.0
            if not grace:
                self.time_goes_on()
        still = [gate.label for gate in self.standing.programme.gates if gate.phase in phases and gate.is_open]
        raise AssertionError(f"still open: {still}")

    @property
    def standing(self) -> Standing:
        """How it stands now."""
        return self.server.standing(self.programme)

    # -- the engine --------------------------------------------------------------------------------------------------

    def settle(self, grace: float) -> None:
        """Let the runs work and the sweep send, until nothing is due at this moment; then read the mail."""
        began = time.monotonic()
        for _ in range(30):
            self._let_runs_work(grace)
            if not self._is_due():
                break
            self._bring_time()
        else:
            raise AssertionError(f"still due at {self.server.now()}: {advance(self.standing, self.server.now())[:5]}")
        self.post.collect(self.server.now())
        self.waited += time.monotonic() - began

    def _let_runs_work(self, grace: float) -> None:
        """Until no run works. What an answer brings a run to do, the desk wakes it for, within `grace`; what time brings, the sweep."""
        until, idle_since = time.monotonic() + 120, time.monotonic()
        while time.monotonic() < until:
            if self._busy():
                idle_since = time.monotonic()
            elif time.monotonic() >= idle_since + grace or not waits_for_run(self.standing, self.server.now()):
                return
            time.sleep(0.5)

    def _busy(self) -> bool:
        runs = [phase.run_id for phase in self.standing.programme.phases if phase.run_id and phase.completed_at is None]
        return any(self.server.state(run) not in ("Suspended", "Completed") for run in runs)

    def _is_due(self) -> bool:
        return bool(self._due()) or self._first_mail() <= self.server.now()

    def _due(self) -> list[Action]:
        return [action for action in advance(self.standing, self.server.now()) if action.do is not Do.PUBLISH]

    def _first_mail(self) -> datetime:
        with reading(self.server.engine) as session:
            found = session.scalar(select(func.min(Notice.due_at)).where(Notice.state == NoticeState.QUEUED))
        return found or datetime.max.replace(tzinfo=self.server.now().tzinfo)

    def _bring_time(self) -> None:
        """The sweep, in Prefect; its first two steps alone, here, for the many moments that bring no more than a digest or a mail."""
        if all(action.do in SWEEP_WORK for action in self._due()):
            with ThreadPoolExecutor(1) as pool:  # Playwright keeps a loop in this thread
                pool.submit(lambda: asyncio.run(what_time_brings(self.programme))).result()
            return
        run = self.server.run("sweep")
        self.server.wait("a sweep", lambda: self.server.state(run) in ("Completed", "Failed", "Crashed"), 120)
        assert self.server.state(run) == "Completed"
        self.sweeps += 1

    def time_goes_on(self) -> None:
        """To the next moment at which something becomes due."""
        now = self.server.now()
        moments = [self._first_mail(), next_at(self.standing, now)]
        self.server.set_clock(min(moment for moment in moments if moment and moment > now))

    # -- the people --------------------------------------------------------------------------------------------------

    def everybody_answers(self, phases: tuple[int, ...]) -> int:
        """Whoever has been written to and has not answered yet does; how many did."""
        done = 0
        for gate in [gate for gate in self.standing.programme.gates if gate.phase in phases and gate.is_open]:
            for party in self.standing.open_parties(gate):
                done += self._answers(self.standing.gate(gate.key, gate.scope), party)
        return done

    def _answers(self, gate: Gate, party: Party) -> bool:
        if not gate.is_open:
            return False  # another party has just sent it back
        [contact, *_] = self.standing.organisation(party.organisation).reached_at(Role(party.role))
        invited = self.post.invitation(contact.mailbox, gate.id, party.organisation, str(party.role))
        if invited is None:
            return False  # the mail is on its way
        person = self.people.at(contact.mailbox, is_on_phone=gate.spec.kind is GateKind.CONTRIBUTION)
        began, pages = time.monotonic(), person.pages
        person.page.goto(f"{self.post.desk}/link/{invited.token}")
        person.look_around()
        what = self._contribute(person, gate) if gate.spec.kind is GateKind.CONTRIBUTION else self._decide(person, gate)
        self.acts.append(Act(what, gate.key, gate.scope, party.organisation, person.pages - pages, time.monotonic() - began))
        return True

    def _contribute(self, person: Person, gate: Gate) -> str:
        sample, place = self.samples[gate.key, gate.scope], (gate.key, gate.scope)
        writer = Writer(person, asked_fields(gate.spec.contribution), sample.body)
        is_first = not any((act.gate, act.scope) == place for act in self.acts)
        if is_first and place in self.in_excel:
            [asked] = writer.fields
            themes = {item.slug: item.title for item in self.standing.definition.themes}
            answer_by_workbook(person, asked, sample.body[asked.name], themes)
        elif is_first:
            writer.write()
        else:
            self._revise(writer, place)
        self._picture(person, gate)
        writer.hand_in(sample.language)
        return "handed in" if is_first else "handed in anew"

    def _revise(self, writer: Writer, place: Place) -> None:
        """What came back is changed, in Word or on its page; what only came back with it is handed in as it was."""
        changed, page, way = self.revisions.get(place, {}), writer.page, writer.page.url
        if place in self.in_word:
            change_in_word(writer.person, {name: (writer.body[name], text) for name, text in changed.items()})
            page.goto(way)
        writer.person.press(page.locator('p.start a[href$="/check"]'))
        writer.body = {**writer.body, **changed}
        for key in changed if place not in self.in_word else ():
            writer.change(key)

    def _decide(self, person: Person, gate: Gate) -> str:
        """Read what is to be decided on, every document of it; then decide."""
        page = person.page
        editions = page.locator(".documents .name a")
        assert editions.count() or page.locator("section.said").count(), "there is nothing to decide on"
        for number in range(editions.count()):
            number_and_title = editions.nth(number).inner_text()
            person.press(editions.nth(number))
            assert page.locator("h1").first.is_visible(), number_and_title
            page.go_back(wait_until="domcontentloaded")
        comment = self.returns.pop((gate.key, gate.scope), "")
        if comment:
            self._remark(person, comment)
        page.locator("#verdict-return" if comment else "#verdict").check()
        self._picture(person, gate)
        person.press(page.locator("form.review button[type=submit]"))
        assert page.locator(".done h1").is_visible()
        assert page.url.endswith("/receipt")
        return "returned" if comment else "approved"

    def _remark(self, person: Person, comment: str) -> None:
        """Write a comment on the first section of a document."""
        remark = person.page.locator("details.remark").first
        folded = remark.locator("xpath=ancestor::details[not(@open)]/summary")
        while folded.count():
            folded.first.click()
        remark.locator("summary").click()
        remark.locator("textarea").fill(comment)

    def _picture(self, person: Person, gate: Gate) -> None:
        """The first of each gate, and all of Capaci's, in Italian."""
        if "capaci" in gate.scope or all(act.gate != gate.key for act in self.acts):
            self.people.picture(person, f"{len(self.acts):02}-{gate.key}-{gate.scope}")

    # -- the figures -------------------------------------------------------------------------------------------------

    def table(self) -> str:
        """Acts, pages and seconds, by gate."""
        lines = [f"{'gate':24} {'what':16} {'acts':>5} {'pages':>6} {'seconds':>8}"]
        groups = Counter((act.gate, act.what) for act in self.acts)
        for (gate, what), count in groups.items():
            own = [act for act in self.acts if (act.gate, act.what) == (gate, what)]
            lines.append(self._line(gate, what, count, own))
        lines.append(self._line("all", f"{len(self.people.known)} mailboxes", len(self.acts), self.acts))
        lines.append(f"waited {self.waited:.0f} s for the server, {self.sweeps} sweeps run in Prefect, {self.post.read} mails")
        return "\n".join(lines)

    @staticmethod
    def _line(gate: str, what: str, count: int, acts: list[Act]) -> str:
        return f"{gate:24} {what:16} {count:>5} {sum(act.pages for act in acts):>6} {sum(act.seconds for act in acts):>8.1f}"

    def until_published(self, is_published: Callable[[], bool]) -> None:
        """The builds are the server's; then everybody who is concerned has mail."""
        self.wait_for("the deliverables", is_published, 600)
        self.wait_for("the end of the builds", lambda: not self._builds(), 300)
        self.settle(0.0)

    def _builds(self) -> int:
        """How many builds Prefect has at work."""
        under_way = {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}}
        own = {"name": {"any_": ["deliverables"]}}
        asked = {"flow_runs": under_way, "deployments": own}
        return int(self.server.api.post("/flow_runs/count", json=asked).raise_for_status().json())

    def wait_for(self, what: str, ready: Callable[[], bool], seconds: float) -> None:
        """As the server's wait, counted as waiting."""
        began = time.monotonic()
        self.server.wait(what, ready, seconds)
        self.waited += time.monotonic() - began
