"""The coordinator's side: who gets in and who does not, what waits there, and everything done on behalf of somebody."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import yaml
from sqlalchemy import select, text

from deployments.catalogues.check import looks_english
from deployments.desk.watch import Patience, Watching
from models import links
from models.contributions import Revision
from models.database import changing, reading
from models.doors import steering, vital, wishing
from models.doors.answering import Offered, contribute, party_of
from models.doors.wishing import Wanted
from models.events import history
from models.notices import Notice
from models.standing import load
from models.wishes import TimeRequest
from tests.deployments.coordinator_world import HOME, Browser, decides_for_the_mayor, links_on, proof_in, signed_in
from tests.deployments.desk_world import ORIGIN, SECRET, World, body_for
from tests.deployments.test_desk_wishes import error_beside

REASON = "The councillor for it <b>starts</b> in April."


pytestmark = pytest.mark.usefixtures("mail_folder")


@pytest.fixture
def inside(world: World) -> Browser:
    return signed_in(world)


def needs(world: World, slug: str = "cedar") -> str:
    return f"{HOME}/gate/{world.gate('needs', f'city-{slug}').id}"


def asks(world: World) -> None:
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("needs", "city-cedar")
        party = party_of(standing, gate, "cedar")
        wishing.ask_for_time(session, standing, gate, party, Wanted(date(2024, 4, 16), REASON, "Ada"), ORIGIN, world.now)


def sends_late(world: World) -> None:
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("needs", "city-cedar")
        for context in ("In time.", "Late, with <script>alert(1)</script>"):
            body = body_for(standing, gate, "cedar", [], world.now) | {"context": context}
            contribute(session, standing, gate, Offered("cedar", "en", body), ORIGIN, world.now)


def events(world: World, kind: str) -> list[dict[str, object]]:
    with reading(world.engine) as session:
        return [event.detail for event in history(session, "orchard") if event.kind == kind]


# -- what waits ------------------------------------------------------------------------------------------------------


def test_the_page_says_what_opens_next_and_what_should_be_open_already(inside: Browser) -> None:
    page = inside.get(HOME).text
    assert "What opens next" in page
    assert "City profile (4)," in page
    assert "Mon 18 Mar 2024, 08:00" in page
    inside.world.set_clock(inside.world.now + timedelta(days=30))
    late = signed_in(inside.world).get(HOME).text
    assert "due since Mon 18 Mar 2024, 08:00" in late
    assert 'href="/health"' in late


def breaks(world: World, often: int) -> None:
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        for count in range(often):
            steering.note_trouble(session, standing, 1, standing.phase(1).run_id, "<b>disk</b> full", world.now + timedelta(hours=count))


def test_where_nothing_is_broken_the_page_says_nothing_of_it(inside: Browser) -> None:
    assert "What does not run" not in inside.get(HOME).text


@pytest.mark.parametrize(("often", "said"), [(1, "has lost its run; another takes its place."), (3, "is stuck: its runs broke")])
def test_a_phase_that_lost_its_run_says_so_with_what_to_do(inside: Browser, often: int, said: str) -> None:
    breaks(inside.world, often)
    page = inside.get(HOME).text
    assert said in page
    assert "“&lt;b&gt;disk&lt;/b&gt; full”" in page


def test_a_held_phase_says_how_it_goes_on(inside: Browser) -> None:
    with changing(inside.world.engine) as session:
        steering.hold(session, load(session, "orchard", locked=True), 1, inside.world.now)
    assert "until you launch phase-1 again in Prefect" in inside.get(HOME).text


def test_the_silence_of_the_sweep_is_said_with_its_last_sign_of_life(inside: Browser) -> None:
    world = inside.world
    world.app.state.patience = Patience(Watching(grace=timedelta(minutes=-10)))
    assert "The engine has not been at work yet." in inside.get(HOME).text
    with changing(world.engine) as session:
        vital.seen(session, vital.SWEEP, world.now - timedelta(minutes=9))
    world.app.state.patience = Patience(Watching(grace=timedelta(minutes=-10)))
    page = inside.get(HOME).text
    assert "The engine was last at work on Mon 4 Mar 2024, 08:51. Until it is again, reminders" in page
    assert 'href="/health"' in page
    with changing(world.engine) as session:
        vital.seen(session, vital.SWEEP, world.now)
    assert "What does not run" not in inside.get(HOME).text


def test_everything_that_waits_is_there_and_leads_to_where_it_is_dealt_with(world: World) -> None:
    asks(world)
    inside = signed_in(world)
    page = inside.get(HOME)
    assert "Cedar, until 16 April 2024" in page.text
    assert "&lt;b&gt;starts&lt;/b&gt;" in page.text
    assert "28 days left" in page.text
    for address in set(links_on(page, f"{HOME}/")):
        assert inside.get(address).status_code == 200


def test_a_promise_is_recorded_shown_and_withdrawn(inside: Browser) -> None:
    address = needs(inside.world)
    answer = inside.press(address, "promise", party="cedar:project-lead", until="2024-03-12", note="phoned")
    assert answer.headers["location"] == f"{address}?done=promise"
    page = inside.get(f"{address}?done=promise")
    assert "Cedar promised it for Tuesday, 12 March 2024." in page.text
    assert "Not reminded before 13 March 2024" in page.text
    assert events(inside.world, "promise-recorded") == [{"until": "2024-03-12"}]
    number = re.search(r'name="number" value="(\d+)"', page.text)
    assert number
    inside.press(address, "withdraw-promise", number=number[1])
    assert "Cedar promised it for" not in inside.get(address).text
    answer = inside.press(address, "withdraw-promise", number=number[1])
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"until": ""}, "Give the day they promised."),
        ({"until": "soon"}, "Write the date as year-month-day"),
        ({"until": "2024-02-01"}, "is over"),
        ({"until": "2024-03-12", "party": "alder:project-lead"}, "does not ask them any more"),
    ],
)
def test_a_promise_that_is_none_is_refused_with_what_is_wrong(inside: Browser, typed: dict[str, str], said: str) -> None:
    answer = inside.press(needs(inside.world), "promise", **({"party": "cedar:project-lead"} | typed))
    assert answer.status_code in (409, 422)
    assert said in answer.text


@pytest.mark.parametrize(
    ("do", "typed", "field", "said"),
    [
        ("promise", {"party": "cedar:project-lead", "until": "2024-02-01"}, "until", "1 February 2024 is over: a promise is for today"),
        ("promise", {"party": "cedar:project-lead", "until": "2026-02-01"}, "until", "1 February 2026 is more than a year away."),
        ("grant", {"granted": "2024-03-20"}, "granted", "“Needs assessment questionnaire” (Cedar) is due on 2 April 2024: an extension"),
        ("grant", {"granted": "2026-01-01"}, "granted", "can be extended until 3 April 2025 at most, not 1 January 2026: a year"),
        ("grant", {"granted": "2024-05-02", "answer": "x" * 1001}, "answer", "Shorten the answer to 1000 characters"),
    ],
)
def test_a_day_that_cannot_be_is_refused_beside_its_field_without_keys_and_iso_dates(
    world: World, do: str, typed: dict[str, str], field: str, said: str
) -> None:
    asks(world)
    inside, address = signed_in(world), needs(world)
    with reading(world.engine) as session:
        number = str(session.scalars(select(TimeRequest.id)).one())
    answer = inside.press(address, do, **(typed if do == "promise" else typed | {"number": number}))
    assert answer.status_code == 422
    assert said in error_beside(answer.text, field)
    assert world.gate("needs", "city-cedar").due_on == date(2024, 4, 2)


def test_what_the_doors_refuse_is_said_to_an_italian_coordinator_with_titles_names_and_days(world: World) -> None:
    asks(world)
    with world.engine.execution_options(changing=True).begin() as connection:
        connection.execute(text("update contact set language = 'it'"))
    inside, address = signed_in(world), needs(world)
    with reading(world.engine) as session:
        number = str(session.scalars(select(TimeRequest.id)).one())
    said = error_beside(inside.press(address, "grant", number=number, granted="2024-03-20").text, "granted")
    assert "“Questionario di valutazione delle esigenze” (Cedar)" in said
    assert "2 aprile 2024" in said
    assert "20 marzo 2024" in said
    assert not looks_english("it", (), said)


def test_a_promise_for_a_day_after_the_deadline_is_taken_and_the_page_says_that_the_deadline_stays(inside: Browser) -> None:
    address = needs(inside.world)
    inside.press(address, "promise", party="cedar:project-lead", until="2024-04-02", note="")
    assert "is earlier and stays" not in inside.get(address).text
    inside.press(address, "promise", party="cedar:project-lead", until="2024-04-09", note="")
    page = inside.get(address).text
    assert "The due date, Tuesday, 2 April 2024, is earlier and stays: from the day after it this counts as late." in page
    assert "Nothing else happens by itself." in page


def test_of_a_promise_after_the_deadline_the_page_says_when_the_programme_goes_on_without_it(inside: Browser) -> None:
    with changing(inside.world.engine) as session:
        load(session, "orchard", locked=True).gate("needs", "city-cedar").policy = "proceed-without"
    address = needs(inside.world)
    inside.press(address, "promise", party="cedar:project-lead", until="2024-05-09", note="")
    assert "On 16 April 2024 the programme goes on without it." in inside.get(address).text


def test_time_until_a_sunday_is_said_to_end_on_monday_here_and_to_the_partner(world: World) -> None:
    asks(world)
    inside, address = signed_in(world), needs(world)
    with reading(world.engine) as session:
        number = str(session.scalars(select(TimeRequest.id)).one())
    answer = inside.press(address, "grant", number=number, granted="2024-04-14", answer="")
    page = inside.get(answer.headers["location"]).text
    assert "You named Sunday, 14 April 2024. That is no working day for everybody asked here (weekend)" in page
    assert "the date is now Monday, 15 April 2024." in page
    theirs = world.get(f"/a/{world.token('needs', 'city-cedar', 'cedar', 'project-lead')}").text
    assert "until Monday, 15 April 2024" in theirs
    assert "weekend" in theirs
    for made_up in ("2024-04-10", "2023-01-01", "9999-12-31", "soon", "<b>"):
        assert "You named" not in inside.get(f"{address}?done=granted&named={made_up}").text


def test_what_came_late_shows_what_it_changes_of_what_counts_section_by_section(world: World) -> None:
    sends_late(world)
    inside = signed_in(world)
    (address,) = set(links_on(inside.get(HOME), f"{HOME}/tray/"))
    page = inside.get(address).text
    changed = page[page.index("What it changes of revision 1") : page.index("What they handed in")]
    assert re.findall(r"<h3>([^<]*)</h3>", changed) == ["Context"]
    assert re.search(r"<del>.*?In time\.</del>", changed)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</ins>" in changed
    assert "sections have not changed" in changed


def test_more_time_is_given_or_not(world: World) -> None:
    asks(world)
    inside, address = signed_in(world), needs(world)
    with reading(world.engine) as session:
        number = str(session.scalars(select(TimeRequest.id)).one())
    assert "Say why the date stays" in inside.press(address, "decline", number=number).text
    answer = inside.press(address, "grant", number=number, granted="2024-04-16", answer="Gladly.")
    assert answer.headers["location"] == f"{address}?done=granted"
    assert world.gate("needs", "city-cedar").due_on == date(2024, 4, 16)
    assert world.nudged == ["orchard"]
    assert inside.press(address, "decline", number=number, answer="no").status_code == 409
    assert "Gladly." in world.get(f"/a/{world.token('needs', 'city-cedar', 'cedar', 'project-lead')}").text


def test_links_are_withdrawn_and_sent_again(inside: Browser) -> None:
    world, address = inside.world, needs(inside.world)
    old = world.token("needs", "city-cedar", "cedar", "project-lead")
    assert "Where a mailbox itself is in wrong hands this does not help" in inside.get(address).text
    done = inside.press(address, "withdraw-links", party="cedar:project-lead", number="0")
    said = inside.get(done.headers["location"]).text
    assert "New ones go to their own mailboxes only, when you send them or when somebody there asks for them." in said
    assert "the contacts of a running programme stay as its programme file had them" in said
    assert world.get(f"/a/{old}").status_code == 410
    assert inside.press(address, "send-links", party="cedar:project-lead").status_code == 303
    with reading(world.engine) as session:
        assert session.scalars(select(Notice).where(Notice.kind == "link")).one().detail["by_coordinator"] is True
    assert inside.press(address, "send-links", party="cedar:project-lead").status_code == 409


def test_an_unknown_button_does_nothing(inside: Browser) -> None:
    before = inside.world.history()
    assert inside.press(needs(inside.world), "everything").status_code == 400
    assert inside.world.history() == before


# -- the tray --------------------------------------------------------------------------------------------------------


def test_what_came_late_is_read_and_taken_in(world: World) -> None:
    sends_late(world)
    inside = signed_in(world)
    (address,) = set(links_on(inside.get(HOME), f"{HOME}/tray/"))
    page = inside.get(address)
    assert "&lt;script&gt;alert(1)" in page.text
    assert inside.press(address).status_code == 422
    answer = inside.press(address, what="decline")
    assert "Say why it is not taken" in answer.text
    assert inside.press(address, what="include", answer="Thank you.").headers["location"] == f"{HOME}?done=tray"
    with reading(world.engine) as session:
        assert [item.state for item in session.scalars(select(Revision).order_by(Revision.id))] == ["accepted", "accepted"]
    assert inside.get(address).status_code == 404
    assert world.nudged == ["orchard"]


@pytest.mark.parametrize(("what", "said"), [("next", "your form starts from it"), ("decline", "It is not taken. Revision 1")])
def test_the_sender_sees_what_became_of_it(world: World, what: str, said: str) -> None:
    sends_late(world)
    inside = signed_in(world)
    (address,) = set(links_on(inside.get(HOME), f"{HOME}/tray/"))
    inside.press(address, what=what, answer="Of another <b>town</b>.")
    token = world.token("needs", "city-cedar", "cedar", "project-lead")
    assert said in world.get(f"/a/{token}/receipt").text
    assert "Of another &lt;b&gt;town&lt;/b&gt;." in world.get(f"/a/{token}").text


def test_that_approvers_are_asked_anew_is_said_before(review: World) -> None:
    sends_late(review)
    inside = signed_in(review)
    addresses = links_on(inside.get(HOME), f"{HOME}/tray/")
    assert "these are asked again about the new version" in inside.get(addresses[-1]).text


# -- on behalf -------------------------------------------------------------------------------------------------------


def test_a_decision_on_behalf_is_recorded_so(review: World) -> None:
    inside = signed_in(review)
    address = decides_for_the_mayor(inside, "approve")
    assert "You act on behalf of Cedar." in inside.get(address).text
    (decision,) = review.gate("needs-approval", "city-cedar").decisions
    assert (decision.organisation, decision.on_behalf, decision.entry) == ("cedar", True, "desk")
    assert events(review, "decision-recorded")[-1]["on_behalf"] is True
    assert "You act on behalf of Cedar." in inside.get(f"{address}/receipt").text


def test_a_contribution_and_a_request_on_behalf_are_recorded_so(inside: Browser) -> None:
    world = inside.world
    address = inside.press(needs(world), "behalf", party="cedar:project-lead").headers["location"]
    page = inside.get(f"{address}/more-time")
    assert "You act on behalf of Cedar." in page.text
    inside.post(f"{address}/more-time", proof=proof_in(page), how="10", reason="They phoned.")
    assert events(world, "time-requested")[0]["on_behalf"] is True
    text = inside.get(f"{address}/template.yaml").text
    with reading(world.engine) as session:
        standing = load(session, "orchard")
        body = body_for(standing, standing.gate("needs", "city-cedar"), "cedar", [], world.now)
    assert "gate: needs" in text
    whole = {"gate": "needs", "scope": "city-cedar", "organisation": "cedar", "language": "en", "body": body}
    inside.post(address, proof=proof_in(inside.get(address)), text=yaml.safe_dump(whole))
    with reading(world.engine) as session:
        revision = session.scalars(select(Revision)).one()
    assert (revision.on_behalf, revision.entry) == (True, "desk")


def test_a_link_on_behalf_opens_nothing_in_another_browser_or_after_the_sign_out(inside: Browser) -> None:
    address = inside.press(needs(inside.world), "behalf", party="cedar:project-lead").headers["location"]
    assert inside.get(address).status_code == 200
    assert Browser(inside.world).get(address).status_code == 404
    inside.press(HOME, "here", to=f"{HOME}/sign-out")
    assert inside.get(address).status_code == 404


def test_partners_pages_never_say_that_somebody_else_acts(world: World) -> None:
    inside = signed_in(world)
    inside.get(inside.press(needs(world), "behalf", party="cedar:project-lead").headers["location"])
    token = world.token("needs", "city-cedar", "cedar", "project-lead")
    assert "on behalf of" not in inside.get(f"/a/{token}").text


def test_the_forms_key_is_signed_for_links_on_behalf_only_today(inside: Browser) -> None:
    address = inside.press(needs(inside.world), "behalf", party="cedar:project-lead").headers["location"]
    allowed = links.read(SECRET, address.removeprefix("/a/"), inside.world.now)
    assert (allowed.purpose, allowed.expires_on) == ("behalf", inside.world.now.date())
