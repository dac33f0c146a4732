"""The Word round trip on the desk: download, tracked changes, upload, every change accepted or declined into the draft."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from models import links
from models.database import changing, reading
from models.doors import drafting
from models.drafts import Delegation, Draft, Proposal
from models.links import Link
from models.standing import load
from tasks.forms import state_of
from tasks.word_back.documents import Held, held
from tasks.word_back.places import with_texts
from tasks.wording import Words
from tests.deployments.desk_world import SECRET, World, copied, fields, launched, opened, play
from tests.documents.bodies import plan
from tests.tasks.worded import Docx, dele, ins, para, run, xml

KEY, CITY, SCOPE = "plan-draft", "cedar", "city-cedar"


@pytest.fixture(scope="module")
def planning(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Cedar's plan is asked for, and half written: a draft with some texts."""
    world = launched(tmp_path_factory.mktemp("planning"))
    play(world, opened(KEY))
    write(world, {("vision",): "We welcome everybody.", ("summary",): "In short."})
    return world


@pytest.fixture
def world(planning: World, tmp_path: Path) -> World:
    return copied(planning, tmp_path / "world")


def lead(world: World, key: str = KEY, scope: str = SCOPE, organisation: str = CITY) -> str:
    return world.token(key, scope, organisation, "project-lead")


def link_of(world: World) -> Link:
    return Link("act", "orchard", world.gate(KEY, SCOPE).id, None, CITY, "project-lead", world.now.date())


def write(world: World, texts: Mapping[tuple[str, ...], str]) -> None:
    """Somebody else saves the draft through the form."""
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate(KEY, SCOPE)
        found = held(session, standing, gate, link_of(world), world.now, Words("en"))
        state = with_texts(found.saved.state, texts)
        drafting.save(session, standing, gate, CITY, state, found.saved.base, "Dora", world.now, beginning=found.beginning)


def now_held(world: World) -> Held:
    with reading(world.engine) as session:
        standing = load(session, "orchard")
        return held(session, standing, standing.gate(KEY, SCOPE), link_of(world), world.now, Words("en"))


def text(world: World, name: str) -> str:
    return str(now_held(world).saved.state[name])


def downloaded(world: World, token: str) -> Docx:
    answer = world.get(f"/a/{token}/plan.docx")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    return Docx(answer.content)


def send(world: World, token: str, data: bytes, name: str = "../../plan Anna.docx", **more: str) -> httpx.Response:
    proof = fields(world, f"{token}/word")["proof"]
    return world.post(f"/a/{token}/word", data={"proof": proof} | more, files={"file": (name, data)})


def worked_on(world: World, token: str) -> bytes:
    copy = downloaded(world, token)
    copy.write("vision", para(run("We ") + dele("welcome") + ins("greet") + run(" everybody") + ins(" who comes") + run(".")))
    copy.write("governance", para(ins("A board.")))
    return copy.bytes()


def shown(world: World, token: str) -> tuple[str, str]:
    """The address and text of the preview of what was worked on."""
    answer = send(world, token, worked_on(world, token))
    assert answer.status_code == 303
    address = answer.headers["location"]
    return address, world.get(address).text


def ticked(page: str) -> dict[str, str]:
    """What a browser sends of the page as it is."""
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    boxes = re.findall(r'<input type="(?:checkbox|radio)" id="[^"]*" name="([^"]*)" value="([^"]*)" checked>', page)
    return hidden | dict(boxes) | {"take": "ticked"}


def proposals(world: World) -> list[Proposal]:
    with reading(world.engine) as session:
        return list(session.query(Proposal).all())


def test_changes_are_shown_first_and_go_into_the_draft_when_accepted(world: World) -> None:
    token = lead(world)
    address, page = shown(world, token)
    assert text(world, "vision") == "We welcome everybody."
    assert "<bdi>plan Anna.docx</bdi>" in page
    assert "Anna" in page
    assert "3 May 2024" in page
    answer = world.post(address, data=ticked(page))
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert text(world, "vision") == "We greet everybody who comes."
    assert text(world, "governance") == "A board."
    receipt = world.get(address).text
    assert "The changes are in the draft" in receipt
    assert "3 changes" in receipt
    with reading(world.engine) as session:
        assert session.query(Draft).one().saves == 2


def test_of_two_changes_in_a_text_one_is_declined(world: World) -> None:
    address, page = shown(world, lead(world))
    form = ticked(page)
    first = next(name for name in form if name.startswith("c-") and name.endswith("-1"))
    world.post(address, data={name: value for name, value in form.items() if name != first})
    assert text(world, "vision") == "We welcome everybody who comes."
    assert text(world, "governance") == "A board."


@pytest.mark.parametrize(("button", "expected"), [("all", "We greet everybody who comes."), ("none", "We welcome everybody.")])
def test_everything_is_accepted_or_declined_with_one_button(world: World, button: str, expected: str) -> None:
    address, page = shown(world, lead(world))
    form = {name: value for name, value in ticked(page).items() if not name.startswith("c-")} | {"take": button}
    world.post(address, data=form)
    assert text(world, "vision") == expected
    assert text(world, "governance") == ("A board." if button == "all" else "")


def test_once_taken_over_names_and_texts_are_gone_and_a_second_click_changes_nothing(world: World) -> None:
    address, page = shown(world, lead(world))
    world.post(address, data=ticked(page))
    assert proposals(world)[0].body == {"accepted": 3, "declined": 0, "texts": 2}
    write(world, {("vision",): "Later."})
    again = world.post(address, data=ticked(page))
    assert again.status_code == 409
    assert "already" in again.text
    assert text(world, "vision") == "Later."


def test_a_text_that_changed_on_both_sides_is_shown_twice_and_ours_stays_unless_chosen(world: World) -> None:
    token = lead(world)
    data = worked_on(world, token)
    write(world, {("vision",): "A vision of our own."})
    address = send(world, token, data).headers["location"]
    page = world.get(address).text
    assert "changed on both sides" in page
    assert "A vision of our own." in page
    rival = next(name for name in ticked(page) if name.startswith("t-"))
    untouched = world.post(address, data=ticked(page) | {"take": "all"})
    assert untouched.status_code == 303
    assert text(world, "vision") == "A vision of our own."
    assert text(world, "governance") == "A board."
    address = send(world, token, data).headers["location"]
    world.post(address, data=ticked(world.get(address).text) | {rival: "file"})
    assert text(world, "vision") == "We greet everybody who comes."


def test_a_draft_that_changes_while_the_preview_is_read_is_not_overwritten_and_the_choices_are_kept(world: World) -> None:
    address, page = shown(world, lead(world))
    write(world, {("vision",): "Somebody was faster."})
    form = ticked(page)
    dropped = next(name for name in form if name.startswith("c-"))
    answer = world.post(address, data={name: value for name, value in form.items() if name != dropped})
    assert answer.status_code == 409
    assert text(world, "vision") == "Somebody was faster."
    assert "Somebody was faster." in answer.text
    assert dropped not in ticked(answer.text)
    assert proposals(world)[0].settled_at is None


def test_nothing_is_recorded_without_the_pages_own_proof(world: World) -> None:
    address, page = shown(world, lead(world))
    assert world.post(address, data=ticked(page) | {"proof": "x"}).status_code == 403
    assert text(world, "vision") == "We welcome everybody."
    assert send(world, lead(world), b"x", proof="x").status_code == 403


def test_the_same_file_twice_waits_once(world: World) -> None:
    token = lead(world)
    data = worked_on(world, token)
    addresses = {send(world, token, data).headers["location"] for _ in range(2)}
    assert len(addresses) == len(proposals(world)) == 1
    assert "A document waits to be looked at" in world.get(f"/a/{token}/word").text


def test_files_that_cannot_be_taken_say_why(world: World) -> None:
    token = lead(world)
    copy = downloaded(world, token)
    del copy.parts["docProps/custom.xml"]
    for line in [item for item in copy.root.iter("{*}t") if "inclucities:" in (item.text or "")]:
        line.text = ""
    for data, said in (
        (b"", "Choose the Word document"),
        (b"hello", "not a Word document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "password"),
        (copy.bytes(), "was not downloaded from this page"),
        (bytes(9 * 1024 * 1024), "too large"),
    ):
        answer = send(world, token, data)
        assert answer.status_code in (413, 422)
        assert said in answer.text
        assert "Error:" in answer.text
    assert proposals(world) == []


def test_another_citys_document_says_whose_it_is(world: World) -> None:
    theirs = world.get(f"/a/{lead(world, scope='city-damson', organisation='damson')}/plan.docx").content
    answer = send(world, lead(world), theirs)
    assert answer.status_code == 422
    assert "of Damson" in answer.text


def test_nobody_sees_another_citys_preview_and_readers_do_not_write(world: World) -> None:
    address, _ = shown(world, lead(world))
    number = address.rpartition("/")[2]
    other = lead(world, scope="city-damson", organisation="damson")
    reader = world.token(KEY, SCOPE, CITY, "project-lead", "read")
    assert world.get(f"/a/{other}/word/{number}").status_code == 404
    assert world.get(f"/a/{lead(world)}/word/{10**30}").status_code == 404
    for page in ("plan.docx", "word", f"word/{number}"):
        assert world.get(f"/a/{reader}/{page}").status_code == 404
    assert world.post(f"/a/{reader}/word/{number}", data={}).status_code == 404


def test_scripts_in_a_document_are_shown_as_text(world: World) -> None:
    token = lead(world)
    evil = '<script>alert(1)</script>"><img src=x>'
    who = 'w:id="1" w:author="&lt;b&gt;Eve" w:date="&lt;i&gt;"'
    copy = downloaded(world, token).write("vision", para(run("We welcome everybody.") + ins(evil, who)))
    copy.body.insert(0, Docx(copy.bytes()).body[0])
    page = world.get(send(world, token, copy.bytes(), 'x"><script>.docx').headers["location"]).text
    assert "&lt;script&gt;" in page
    assert not re.search(r"<script(?! src=)|<img|<b>Eve|<i>", page)


def test_comments_stray_text_and_lost_fields_are_on_the_page(world: World) -> None:
    token = lead(world)
    copy = downloaded(world, token).comment("4", "Too bold?")
    inner = run("We welcome everybody.") + '<w:r><w:commentReference w:id="4"/></w:r>'
    copy.write("vision", para(inner))
    copy.control("vision").getparent().addnext(xml(para(ins("An afterthought.")))[0])
    lost = copy.control("monitoring").getparent()
    for item in (lost.getprevious(), lost):
        item.getparent().remove(item)
    page = world.get(send(world, token, copy.bytes()).headers["location"]).text
    assert "Too bold?" in page
    assert "An afterthought." in page
    assert "1 field was not found" in page
    assert "Nothing in the document differs from what we hold." in page
    assert "Put the document away" in page


def test_what_is_taken_over_leaves_no_text_in_the_history(world: World) -> None:
    before = world.history()
    address, page = shown(world, lead(world))
    world.post(address, data=ticked(page))
    assert world.history() == before


def test_the_page_of_the_plan_leads_to_word(world: World) -> None:
    token = lead(world)
    assert f"/a/{token}/word" in world.get(f"/a/{token}").text
    assert "Download the working copy" in world.get(f"/a/{token}/word").text
    assert b"<w:sdt>" in Docx(world.get(f"/a/{token}/plan.docx").content).parts["word/document.xml"]
    assert b"<w:sdt>" not in Docx(world.get(f"/a/{token}/plan.docx?for=libreoffice").content).parts["word/document.xml"]


def test_a_section_that_was_handed_on_opens_no_word_copy_of_the_whole(world: World) -> None:
    data = worked_on(world, lead(world))
    with changing(world.engine) as session:
        gate_id = world.gate(KEY, SCOPE).id
        row = Delegation(
            programme_id="orchard", gate_id=gate_id, organisation=CITY, fields=["governance"], label="Dora", made_at=world.now,
            expires_on=world.now.date(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        number = row.id
    token = links.sign(SECRET, "part", "orchard", gate_id, None, CITY, "project-lead", world.now.date(), delegation_id=number)
    waiting = send(world, lead(world), data).headers["location"].rpartition("/")[2]
    before = text(world, "vision"), text(world, "governance")
    for address in ("plan.docx", "word", f"word/{waiting}"):
        assert world.get(f"/a/{token}/{address}").status_code == 404, address
    assert world.post(f"/a/{token}/word").status_code == 404
    assert world.post(f"/a/{token}/word/{waiting}", data={"take": "all"}).status_code == 404
    assert (text(world, "vision"), text(world, "governance")) == before


def with_an_action(world: World) -> None:
    """Cedar's plan has an action that costs something."""
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate(KEY, SCOPE)
        found = held(session, standing, gate, link_of(world), world.now, Words("en"))
        body = plan(1) | {"vision": "We welcome everybody."}
        state = state_of(found.fields, body)
        for action in state["actions"]["items"].values():
            action["cost"]["staff"] = "86000"
        drafting.save(session, standing, gate, CITY, state, found.saved.base, "Dora", world.now, beginning=found.beginning)


def test_the_copy_names_themes_and_money_as_the_document_does(world: World) -> None:
    with_an_action(world)
    assert "€ 86,000" in list(downloaded(world, lead(world)).root.itertext())
    needs = list(downloaded(world, lead(world, "needs")).root.itertext())
    assert "Decent work" in needs
    assert "work" not in needs


@pytest.mark.parametrize("has_controls", [True, False])
def test_a_copy_of_an_earlier_version_with_bare_numbers_still_comes_back(world: World, has_controls: bool) -> None:
    with_an_action(world)
    copy = downloaded(world, lead(world))
    for piece in copy.root.iter("{*}t"):
        if piece.text.startswith("€ "):
            piece.text = f"{piece.text[2:].replace(',', '')} euro"
    copy.write("vision", para(run("We ") + dele("welcome") + ins("greet") + run(" everybody.")))
    if not has_controls:
        controls = list(copy.root.iter("{*}sdt"))
        for sdt in controls:
            above = sdt.getparent()
            at = above.index(sdt)
            above[at : at + 1] = list(sdt.find("{*}sdtContent"))
    page = world.get(send(world, lead(world), copy.bytes()).headers["location"]).text
    assert "86000" not in page
    assert "not found in the document" not in page
    assert "greet" in page
