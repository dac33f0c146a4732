"""Two answers to one question on the desk: nobody's is lost when a browser is closed, and whoever comes next chooses."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest

from models.database import changing
from models.decisions import Entry
from models.doors.answering import Offered, Origin, contribute
from models.standing import load
from tests.deployments.desk_world import World
from tests.deployments.form_fields import forms
from tests.deployments.test_desk_writing import by_itself, drafts, form, good_body, revisions, send, state, write_all


def page(world: World, address: str) -> str:
    return html.unescape(world.get(address).text)


@pytest.mark.parametrize("is_by_itself", [True, False])
@pytest.mark.parametrize(("choice", "stands"), [("1", "31000"), ("mine", "30000")])
def test_the_answer_of_somebody_who_closed_the_browser_waits_for_whoever_comes_next(
    world: World, token: str, is_by_itself: bool, choice: str, stands: str
) -> None:
    write_all(world, token)
    address = f"/a/{token}/form/population"
    anna, berta = form(world, address), form(world, address)
    by_itself(world, address, anna.with_(("population", "30000"), ("writer", "Anna")))
    sent = berta.with_(("population", "31000"), ("writer", "Berta"))
    if is_by_itself:
        assert by_itself(world, address, sent)["conflicts"][0]["number"] == 1
    else:
        assert send(world, address, sent).status_code == 409
    check = page(world, f"/a/{token}/check")
    assert "Population: There are several answers to this. Choose which is to stand." in check
    assert "Language you wrote in" not in check
    refused = world.post(f"/a/{token}/check", data=dict(form(world, address).items))
    assert (refused.status_code, revisions(world)) == (422, [])
    shown = page(world, address)
    assert "Berta answered this differently, just now:" in shown
    assert ">31,000</blockquote>" in shown
    carla = form(world, address)
    assert carla.value("population") == "30000"
    assert by_itself(world, address, carla.with_(("choose~population", choice)))["conflicts"] == []
    assert f'value="{choice}"' in page(world, address), "a choice is made by a button, not by the way"
    assert send(world, address, carla.with_(("choose~population", choice)), "next").status_code == 303
    assert state(world)["population"] == stands
    assert "There are several answers" not in page(world, f"/a/{token}/check")
    assert "answered this differently" not in page(world, address)


def test_a_choice_that_nobody_makes_hinders_no_other_answer(world: World, token: str) -> None:
    address = f"/a/{token}/form/population"
    first = form(world, address)
    for number in ("30000", "31000", "32000"):
        by_itself(world, address, first.with_(("population", number)))
    told = by_itself(world, address, form(world, address).with_(("foreign_origin_share", "12.5")))
    assert told["conflicts"] == []
    assert state(world)["foreign_origin_share"] == "12.5"
    shown = page(world, address)
    assert shown.count("Somebody with the same link answered this differently") == 2
    assert "Text 2 above" in shown


def test_a_page_whose_answer_was_chosen_from_elsewhere_is_told_so(world: World, token: str) -> None:
    address = f"/a/{token}/form/population"
    anna, berta = form(world, address), form(world, address)
    by_itself(world, address, anna.with_(("population", "30000")))
    [met] = by_itself(world, address, berta.with_(("population", "31000")))["conflicts"]
    own = (("unsettled", "population"), ("own~population", str(met["number"])))
    send(world, address, form(world, address).with_(("choose~population", "mine")))
    told = by_itself(world, address, berta.with_(("population", "31000"), *own))
    assert (told["conflicts"], told["settled"], told["texts"]) == ([], {"population": ""}, {"population": "30000"})


def test_an_own_other_window_is_called_so(world: World, token: str) -> None:
    address = f"/a/{token}/form/population"
    first = form(world, address)
    by_itself(world, address, first.with_(("population", "30000"), ("writer", "Anna")))
    [met] = by_itself(world, address, first.with_(("population", "31000"), ("writer", "Anna")))["conflicts"]
    assert met["said"].startswith("The same answer was changed in another window just now.")
    answer = send(world, address, first.with_(("population", "32000"), ("writer", "Anna")))
    assert "This was changed in another window, just now:" in html.unescape(answer.text)
    [met] = by_itself(world, address, first.with_(("population", "33000"), ("writer", "Berta")))["conflicts"]
    assert met["said"].startswith("Anna changed the same answer")


def test_without_names_nobody_is_called_somebody_else_for_sure(world: World, token: str) -> None:
    address = f"/a/{token}/form/population"
    first = form(world, address)
    by_itself(world, address, first.with_(("population", "30000")))
    [met] = by_itself(world, address, first.with_(("population", "31000")))["conflicts"]
    assert met["said"].startswith("Somebody with the same link, or you in another window, changed the same answer")


def test_an_empty_entry_that_two_people_fill_in_is_two_entries(world: World, token: str) -> None:
    address = f"/a/{token}/form/needs"
    anna, berta = form(world, address), form(world, address)
    send(world, address, anna.with_(("needs.e1.title", "Rooms"), ("needs.e1.severity", "4")))
    sent = berta.with_(("needs.e1.title", "Jobs"), ("needs.e1.severity", "2"))
    answer = send(world, address, sent, "next")
    assert answer.status_code == 409
    assert "They are two entries now, and both are kept." in html.unescape(answer.text)
    [first, second] = state(world)["needs"]["order"]
    said = [(item["title"], item["severity"]) for item in (state(world)["needs"]["items"][key] for key in (first, second))]
    assert said == [("Rooms", "4"), ("Jobs", "2")]
    told = by_itself(world, address, sent)
    assert told["moved"] == {"needs.e1": f"needs.{second}"}
    assert told["orders"] == {"needs": f"{first} {second}"}
    assert not [name for name in told["texts"] if name.startswith("needs.e1")]
    assert state(world)["needs"]["order"] == [first, second], "the same form sent again adds nothing"
    send(world, address, form(world, address).items, f"up:needs.{second}")
    send(world, address, form(world, address).items, f"remove:needs.{first}")
    assert state(world)["needs"]["order"] == [second]


def test_an_entry_with_a_page_of_its_own_that_two_people_fill_in_leads_on_to_ones_own(world: World) -> None:
    token = world.token("practices", "city-cedar", "cedar", "project-lead")
    address = f"/a/{token}/form/practices.e1"
    anna, berta = form(world, address), form(world, address)
    send(world, address, anna.with_(("practices.e1.title", "Buddies")))
    answer = send(world, address, berta.with_(("practices.e1.title", "Desk")))
    [_, own] = state(world)["practices"]["order"]
    again = forms(answer.text)[0]
    assert again.action.endswith(f"/form/practices.{own}")
    assert again.value(f"practices.{own}.title") == "Desk"


def test_the_tab_of_a_draft_that_ended_without_a_new_revision_is_told_so_and_keeps_its_text(world: World, token: str) -> None:
    write_all(world, token)
    world.post(f"/a/{token}/check", data=dict(form(world, f"/a/{token}/check").items))
    address = f"/a/{token}/form/context"
    said = revisions(world)[0].body["context"]
    send(world, address, form(world, address).with_(("context", "Changed, ")))
    send(world, address, form(world, address).with_(("context", said)))
    old = form(world, address)
    check = form(world, f"/a/{token}/check").items
    for _ in range(2):
        assert world.post(f"/a/{token}/check", data=dict(check)).status_code == 303
    assert (len(revisions(world)), drafts(world)) == (1, [])
    send(world, address, form(world, address).with_(("context", "A new draft.")))
    answer = send(world, address, old.with_(("context", "From the old tab.")))
    assert answer.status_code == 409
    assert "handed in meanwhile" in answer.text
    assert "From the old tab.</textarea>" in answer.text
    assert state(world)["context"] == "A new draft."
    again = forms(answer.text)[0]
    by_itself(world, address, again.items)
    assert "From the old tab." in page(world, address), "kept beside the other one from now on"


def test_what_waits_to_be_chosen_stays_on_the_page_where_the_draft_was_handed_in_meanwhile(world: World, token: str) -> None:
    write_all(world, token)
    address = f"/a/{token}/form/context"
    both = form(world, address)
    send(world, address, both.with_(("context", "Anna's")))
    waits = forms(send(world, address, both.with_(("context", "Berta's"))).text)[0]
    send(world, address, form(world, address).with_(("choose~context", "mine")))
    world.post(f"/a/{token}/check", data=dict(form(world, f"/a/{token}/check").items))
    assert len(revisions(world)) == 1
    answer = send(world, address, waits.items)
    assert answer.status_code == 409
    assert "Berta's</textarea>" in html.unescape(answer.text)


def test_a_draft_says_that_an_answer_was_handed_in_beside_it(world: World, token: str) -> None:
    address = f"/a/{token}/form/context"
    send(world, address, form(world, address).with_(("context", "A draft.")))
    notice = "Since this draft was begun another answer was handed in"
    pages = (f"/a/{token}", address, f"/a/{token}/check")
    assert not [place for place in pages if notice in page(world, place)]
    body = good_body(world)
    with changing(world.engine) as session:
        standing = load(session, "orchard")
        gate = standing.gate("needs", "city-cedar")
        origin = Origin(Entry.CLI, on_behalf=True)
        contribute(session, standing, gate, Offered("cedar", "en", body), origin, world.now + timedelta(minutes=1))
    assert [place for place in pages if notice in page(world, place)] == list(pages)
    assert state(world)["context"] == "A draft."


def test_a_list_longer_than_any_is_refused_in_words_and_not_cut(world: World, token: str) -> None:
    address = f"/a/{token}/form/stakeholders"
    key = send(world, address, form(world, address).items, "add:stakeholders").headers["location"].rpartition(".")[2]
    many = " ".join(f"k{number}" for number in range(1001))
    answer = send(world, address, form(world, address).with_(("stakeholders", f"{many} {key}")))
    assert answer.status_code == 409
    assert "more than 1,000 entries" in html.unescape(answer.text)
    assert state(world)["stakeholders"]["order"] == [key]
    told = send(world, address, form(world, address).with_(("stakeholders", many)), accept="application/json")
    assert "more than 1,000 entries" in told.json()["problem"]
