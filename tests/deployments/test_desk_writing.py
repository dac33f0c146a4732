"""Writing a contribution on the desk, without JavaScript and with it: saved as one goes, never overwritten, handed in once."""

from __future__ import annotations

import asyncio
import html
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from models import links
from models.contributions import Contribution, Revision
from models.database import changing, reading
from models.drafts import Delegation, Draft
from models.standing import load
from tests.deployments.desk_world import SECRET, World, body_for, copied, lead, opened, play
from tests.deployments.form_fields import Form, Items, forms

CHECK = "Check your answers"


def form(world: World, address: str) -> Form:
    return forms(world.get(address).text)[0]


def send(world: World, address: str, items: Items, do: str = "save", **headers: str) -> httpx.Response:
    sent: dict[str, list[str]] = {}
    for name, value in [*items, ("do", do)]:
        sent.setdefault(name, []).append(value)
    return world.post(address, data=sent, headers=headers)


def by_itself(world: World, address: str, items: Items) -> Any:
    """As the script sends it."""
    answer = send(world, address, items, accept="application/json")
    assert answer.status_code == 200, answer.text
    return answer.json()


def good_body(world: World, gate: str = "needs", scope: str = "city-cedar", organisation: str = "cedar") -> dict[str, Any]:
    with changing(world.engine) as session:
        standing = load(session, "orchard")
        return body_for(standing, standing.gate(gate, scope), organisation, [], world.now)


def drafts(world: World) -> list[Draft]:
    with reading(world.engine) as session:
        found = session.query(Draft).all()
        return [draft for draft in found if [save.state for save in draft.history]]


def state(world: World) -> Any:
    """What the one draft holds now."""
    [draft] = drafts(world)
    return draft.history[-1].state


def revisions(world: World) -> list[Revision]:
    with reading(world.engine) as session:
        return [item for found in session.query(Contribution).all() for item in found.revisions]


def write_all(world: World, token: str) -> None:
    """Cedar's needs, filled in section by section."""
    body = good_body(world)
    need = body["needs"][0]
    simple = {
        "context": [("context", body["context"])],
        "population": [("population", str(body["population"]))],
        "needs": [("needs", "e1"), *((f"needs.e1.{name}", str(value)) for name, value in need.items() if value is not None)],
    }
    for section, filled in simple.items():
        address = f"/a/{token}/form/{section}"
        answer = send(world, address, form(world, address).with_(*filled), "next")
        assert answer.status_code == 303, html.unescape(re.sub("<[^>]+>", " ", answer.text))


def test_a_contribution_is_written_section_by_section_checked_and_handed_in(world: World, token: str) -> None:
    start = world.get(f"/a/{token}").text
    assert "0 of 3 sections are complete. 6 more are optional." in start
    assert "Check and hand in" not in start
    address = f"/a/{token}/form/context"
    answer = send(world, address, form(world, address).with_(("context", "A town.\r\n\r\nBy the sea."), ("writer", "Anna")), "next")
    assert answer.headers["location"] == f"/a/{token}/form/population"
    assert "writer=" in answer.headers["set-cookie"]
    assert state(world)["context"] == "A town.\n\nBy the sea."
    assert "A town.\n\nBy the sea.</textarea>" in world.get(address).text
    missing = world.get(f"/a/{token}/check").text
    assert "Population: Give the number." in missing
    assert f'href="/a/{token}/form/population?check#population"' in missing
    assert send(world, f"/a/{token}/check", form(world, address).with_()).status_code == 422
    write_all(world, token)
    page = world.get(f"/a/{token}").text
    assert "Check and hand in" in page
    check = form(world, f"/a/{token}/check")
    answer = world.post(f"/a/{token}/check", data=dict(check.with_(("language", "it"))))
    assert answer.headers["location"] == f"/a/{token}/receipt"
    [revision] = revisions(world)
    assert (revision.language, revision.number, revision.entry) == ("it", 1, "desk")
    assert revision.body["needs"][0]["title"] == good_body(world)["needs"][0]["title"]
    assert drafts(world) == []
    assert world.nudged == ["orchard"]


def test_an_entry_in_which_nothing_is_said_is_shown_as_left_out_and_is(world: World, token: str) -> None:
    write_all(world, token)
    needs = f"/a/{token}/form/needs"
    assert send(world, needs, form(world, needs).with_(), "add:needs").status_code == 303
    check = form(world, f"/a/{token}/check").with_()
    shown = html.unescape(re.sub(r"<[^>]+>|\s+", " ", world.get(f"/a/{token}/check").text))
    assert shown.count("it is left out when this is handed in") == 1
    assert world.post(f"/a/{token}/check", data=dict(check)).status_code == 303
    assert len(revisions(world)[0].body["needs"]) == 1


def test_handing_in_twice_or_from_a_stale_tab_changes_nothing(world: World, token: str) -> None:
    write_all(world, token)
    other = form(world, f"/a/{token}/form/context")
    check = form(world, f"/a/{token}/check").with_()
    for _ in range(2):
        assert world.post(f"/a/{token}/check", data=dict(check)).status_code == 303
    assert len(revisions(world)) == 1
    answer = send(world, f"/a/{token}/form/context", other.with_(("context", "Typed in the other window.")))
    assert answer.status_code == 409
    assert "handed in meanwhile" in answer.text
    assert "Typed in the other window." in answer.text
    assert drafts(world) == []
    again = forms(answer.text)[0]
    assert send(world, f"/a/{token}/form/context", again.with_(("choose~context", "mine"))).status_code == 303
    assert state(world)["context"] == "Typed in the other window."
    [draft] = drafts(world)
    assert draft.based_on == 1


def test_what_was_changed_since_it_was_looked_over_is_not_handed_in_unseen(world: World, token: str) -> None:
    write_all(world, token)
    check = form(world, f"/a/{token}/check").with_()
    address = f"/a/{token}/form/governance"
    send(world, address, form(world, address).with_(("governance", "The mayor.")))
    answer = world.post(f"/a/{token}/check", data=dict(check))
    assert answer.status_code == 409
    assert "changed since you looked at it" in answer.text
    assert revisions(world) == []


def test_two_people_in_different_fields_merge_and_in_the_same_field_see_both(world: World, token: str) -> None:
    address = f"/a/{token}/form/population"
    anna, berta = form(world, address), form(world, address)
    by_itself(world, address, anna.with_(("population", "30000"), ("writer", "Anna")))
    told = by_itself(world, address, berta.with_(("foreign_origin_share", "12.5"), ("writer", "Berta")))
    assert told["conflicts"] == []
    assert (state(world)["population"], state(world)["foreign_origin_share"]) == ("30000", "12.5")
    answer = send(world, address, berta.with_(("population", "31000"), ("foreign_origin_share", "12.5"), ("writer", "Berta")))
    assert answer.status_code == 409
    shown = html.unescape(answer.text)
    assert "Anna changed this too" in shown
    assert "30000" in shown
    again = forms(answer.text)[0]
    assert again.value("population") == "31000"
    assert state(world)["population"] == "30000"
    assert send(world, address, again.with_()).status_code == 409, "nothing was chosen"
    assert state(world)["population"] == "30000"
    assert send(world, address, again.with_(("choose~population", "theirs"))).status_code == 303
    assert state(world)["population"] == "30000"
    assert send(world, address, again.with_(("choose~population", "mine"))).status_code == 303
    assert state(world)["population"] == "31000"


def test_a_page_that_saves_by_itself_is_told_what_others_changed_so_that_it_takes_nothing_back(world: World, token: str) -> None:
    address = f"/a/{token}/form/needs"
    anna, berta = form(world, address), form(world, address)
    added = send(world, address, anna.with_(("needs.e1.title", "Rooms"), ("needs.e1.severity", "4")), "add:needs")
    key = added.headers["location"].rpartition(".")[2]
    told = by_itself(world, address, berta.with_(("needs.e1.people_affected", "400")))
    assert told["texts"] == {"needs.e1.title": "Rooms", "needs.e1.severity": "4"}
    assert told["orders"] == {"needs": f"e1 {key}"}
    news = [*told["texts"].items(), *told["orders"].items(), ("needs.e1.people_affected", "400"), ("base", told["base"])]
    by_itself(world, address, berta.with_(*news))
    assert state(world)["needs"]["items"]["e1"]["title"] == "Rooms"
    assert state(world)["needs"]["order"] == ["e1", key]


def test_entries_are_added_moved_and_removed_by_plain_buttons(world: World, token: str) -> None:
    address = f"/a/{token}/form/stakeholders"
    first = send(world, address, form(world, address).items, "add:stakeholders")
    key = first.headers["location"].rpartition(".")[2]
    typed = form(world, address).with_((f"stakeholders.{key}.name", "Library"))
    second = send(world, address, typed, "add:stakeholders").headers["location"].rpartition(".")[2]
    assert state(world)["stakeholders"]["items"][key]["name"] == "Library"
    assert state(world)["stakeholders"]["order"] == [key, second]
    answer = send(world, address, form(world, address).items, f"up:stakeholders.{second}")
    assert answer.headers["location"].endswith(f"#stakeholders.{second}")
    assert state(world)["stakeholders"]["order"] == [second, key]
    send(world, address, form(world, address).items, f"remove:stakeholders.{second}")
    assert state(world)["stakeholders"]["order"] == [key]
    assert send(world, address, form(world, address).items, "remove:stakeholders.nobody").status_code == 303
    assert send(world, address, form(world, address).items, "add:context.x").status_code == 303
    assert state(world)["stakeholders"]["order"] == [key]


@pytest.mark.parametrize(
    ("section", "field", "typed", "said"),
    [
        ("population", "population", "many", "Population: Write a number in figures"),
        ("population", "population", "12.5", "Population: Write a whole number"),
        ("population", "population", "2", "Population: It must be at least 5"),
        ("population", "foreign_origin_share", "101", "Foreign origin share: It must be at most 100"),
        ("context", "context", "x" * 8001, "Context: Shorten it to 8,000 characters"),
        ("needs", "needs.e1.severity", "9", "Need 1, severity: It must be at most 5"),
        ("needs", "needs.e1.theme", "nonsense", "Need 1, theme: There is no theme called “nonsense”."),
        ("gaps", "gaps", "\n".join("gap" * 1 for _ in range(61)), "Gaps: Give at most 60"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_above_by_name(
    world: World, token: str, section: str, field: str, typed: str, said: str
) -> None:
    address = f"/a/{token}/form/{section}"
    answer = send(world, address, form(world, address).with_((field, typed)), "next")
    assert answer.status_code == 422
    shown = html.unescape(answer.text)
    assert f'<a href="#{field}">{said}' in shown
    assert f'id="{field}-error"' in shown
    assert forms(answer.text)[0].value(field).replace("\r\n", "\n") == typed
    assert len(drafts(world)) == 1


def test_a_second_round_starts_from_what_was_handed_in_last(morning: World, tmp_path: Path) -> None:
    world = copied(morning, tmp_path / "world")
    play(world, opened("needs-approval"))
    mayor = world.token("needs-approval", "city-cedar", "cedar", "mayor-delegate")
    hidden = dict(forms(world.get(f"/a/{mayor}").text)[0].items)
    world.post(f"/a/{mayor}", data=hidden | {"verdict": "return", "comment": "Say more."})
    token = lead(world)
    body = world.bodies(world.gate("needs", "city-cedar"))[-1]
    page = html.unescape(world.get(f"/a/{token}/form/context").text)
    assert str(body["context"]).strip() in page.replace("\r\n", "\n")
    assert drafts(world) == []
    check = form(world, f"/a/{token}/check")
    assert world.post(f"/a/{token}/check", data=dict(check.items)).status_code == 303
    assert world.bodies(world.gate("needs", "city-cedar"))[-1] == body
    assert world.gate("needs", "city-cedar").is_satisfied


def test_a_list_with_an_entry_for_each_thing_starts_with_them_by_their_names(morning: World, tmp_path: Path) -> None:
    world = copied(morning, tmp_path / "world")
    play(world, opened("self-assessment"))
    with reading(world.engine) as session:
        [benchmark] = [item.current for item in session.query(Contribution).all() if (item.kind, item.scope) == ("benchmark", "pair-cedar")]
        assert benchmark is not None
        factors = {item["id"]: item["title"] for item in benchmark.body["key_factors"]}
    address = f"/a/{world.token('self-assessment', 'city-cedar', 'cedar', 'project-lead')}/form"
    page = form(world, address)
    assert [value for name, value in page.items if name.endswith(".key_factor")] == list(factors)
    text = html.unescape(world.get(address).text)
    assert all(f">{id_}: {title}</option>" in text for id_, title in factors.items())


def test_what_is_written_on_the_page_of_an_entry_that_somebody_removes_is_not_lost(world: World) -> None:
    token = world.token("practices", "city-cedar", "cedar", "project-lead")
    listing, page = f"/a/{token}/form/practices", f"/a/{token}/form/practices.e1"
    anna, berta = form(world, page), form(world, listing)
    send(world, listing, berta.with_(("writer", "Berta")), "remove:practices.e1")
    assert world.get(page).status_code == 404
    answer = send(world, page, anna.with_(("practices.e1.title", "Buddies")), "next")
    assert answer.status_code == 409
    assert "Berta removed an entry that you wrote in" in html.unescape(answer.text)
    assert state(world)["practices"]["items"]["e1"]["title"] == "Buddies"
    send(world, listing, form(world, listing).items, "remove:practices.e1")
    assert send(world, page, form(world, listing).items, "next").status_code == 303
    assert state(world)["practices"]["order"] == []


def test_a_section_handed_on_shows_and_saves_itself_alone(world: World) -> None:
    gate = world.gate("needs", "city-cedar")
    until = (world.now + timedelta(days=9)).date()
    with changing(world.engine) as session:
        row = Delegation(
            programme_id="orchard", gate_id=gate.id, organisation="cedar", fields=["needs"],
            label="Housing", made_at=world.now, expires_on=until,
        )  # fmt: skip
        session.add(row)
        session.flush()
        token = links.sign(SECRET, "part", "orchard", gate.id, None, "cedar", "project-lead", until, delegation_id=row.id)
    assert "Your part" in world.get(f"/a/{token}").text
    assert world.get(f"/a/{token}/form/context").status_code == 404
    address = f"/a/{token}/form"
    sent = form(world, address).with_(("needs.e1.title", "Rooms"), ("context", "not mine"))
    assert send(world, address, sent).status_code == 303
    assert (state(world)["needs"]["items"]["e1"]["title"], state(world)["context"]) == ("Rooms", "")
    check = world.get(f"/a/{token}/check").text
    assert "Hand it in" not in check
    assert "Context" not in check
    assert world.post(f"/a/{token}/check", data=dict(sent)).status_code == 405
    assert revisions(world) == []


def test_paper_has_every_question_of_the_screen_with_its_help(world: World, token: str) -> None:
    sections = re.findall(rf'href="/a/{token}/form/(\w+)"', world.get(f"/a/{token}").text)
    paper = html.unescape(world.get(f"/a/{token}/print").text)
    told = 0
    for section in dict.fromkeys(sections):
        address = f"/a/{token}/form/{section}"
        screen = send(world, address, form(world, address).items, f"add:{section}")
        page = html.unescape(world.get(address).text)
        for hint in re.findall(r'class="hint" id="(?!writer)[^"]+">([^<]+)', page):
            assert hint.split(". Example")[0].removesuffix("One on each line.").rstrip(". ") in paper
            told += 1
        assert screen.status_code == 303
    assert told > 20


def test_a_form_of_another_page_saves_nothing_and_gives_back_what_was_typed(world: World, token: str) -> None:
    address = f"/a/{token}/form/context"
    answer = send(world, address, [("context", "Mine"), ("base", "0.0"), ("proof", "forged")])
    assert answer.status_code == 403
    assert "Mine</textarea>" in answer.text
    assert drafts(world) == []
    assert send(world, address, [("proof", "forged")], accept="application/json").json()["problem"]


def test_more_than_can_be_kept_is_refused_with_a_page_that_says_so(world: World, token: str) -> None:
    address = f"/a/{token}/form/context"
    answer = send(world, address, form(world, address).with_(("context", "x" * 5 * 1024 * 1024)))
    assert answer.status_code == 413
    assert "That is too large" in answer.text
    assert drafts(world) == []


def test_a_connection_lost_in_the_middle_of_a_save_changes_nothing(world: World, token: str) -> None:
    """The body stops halfway; whatever came is thrown away."""
    sent = "&".join(f"{name}={value}" for name, value in form(world, f"/a/{token}/form/context").with_(("context", "Half"))).encode()
    told: list[Any] = []
    came = iter([{"type": "http.request", "body": sent, "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(came)

    async def answered(message: Any) -> None:
        told.append(message)

    scope = {
        "type": "http", "method": "POST", "path": f"/a/{token}/form/context", "raw_path": b"", "query_string": b"", "root_path": "",
        "scheme": "http", "headers": [(b"content-type", b"application/x-www-form-urlencoded")], "client": ("127.0.0.1", 1),
    }  # fmt: skip
    asyncio.run(world.app(scope, receive, answered))
    assert told[0]["status"] == 400
    assert drafts(world) == []


@pytest.mark.parametrize("place", ["nothing", "needs.e1", "needs.e99.title", "actions.k1", "context.x"])
def test_places_that_are_none_are_not_found(world: World, token: str, place: str) -> None:
    assert world.get(f"/a/{token}/form/{place}").status_code == 404


def test_odd_forms_never_break_a_page(world: World, token: str) -> None:
    address = f"/a/{token}/form/needs"
    page = form(world, address)
    odd: list[Items] = [
        [("needs", "e1 e1 ../x " + "k" * 99), ("needs.e1", "x"), ("needs.e1.title.x", "y")],
        [("context.x", "1"), ("needs", ""), ("unsettled", "needs.e1.title"), ("unsettled", "a.b.c")],
        [("base", "99.99")],
        [("base", "x" * 999), ("needs." + "a." * 500, "x")],
    ]
    for items in odd:
        for do in ("save", "remove:needs", "up:", "add:needs.e1", "down:needs.e1", "add:" + "needs." * 50):
            assert send(world, address, page.with_(*items), do).status_code < 500
