"""The workbook on the desk: download, upload, what changes, taking it over; what was written here meanwhile stays."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from sqlalchemy import select

from models.contributions import Contribution
from models.database import changing, reading
from models.decisions import Entry
from models.doors import access
from models.doors.answering import Offered, Origin, contribute
from models.drafts import Draft, Proposal
from models.standing import load
from tests.deployments.desk_links import signed
from tests.deployments.desk_world import World, body_for, copied, launched, lead

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> World:
    return launched(tmp_path_factory.mktemp("workbooks"))


@pytest.fixture
def world(played: World, tmp_path: Path) -> World:
    return copied(played, tmp_path / "copy")


def downloaded(world: World) -> bytes:
    answer = world.get(f"/a/{lead(world)}/workbook.xlsx")
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    return answer.content


def filled(data: bytes, edit: Callable[[Any], None]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def answers(**cells: Any) -> Callable[[Any], None]:
    def edit(book: Any) -> None:
        for place, value in cells.items():
            book["Answers"][place] = value

    return edit


def uploaded(world: World, data: bytes, name: str = "needs.xlsx") -> httpx.Response:
    token = lead(world)
    return world.post(f"/a/{token}/workbook", data={"proof": hidden(world, f"/a/{token}/workbook")["proof"]}, files={"file": (name, data)})


def hidden(world: World, address: str) -> dict[str, str]:
    """The hidden fields of the first form of a page."""
    first = world.get(address).text.partition("<form")[2].partition("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', first))


def text(answer: httpx.Response) -> str:
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def state(world: World) -> dict[str, Any]:
    with reading(world.engine) as session:
        draft = session.scalars(select(Draft)).one()
        return draft.history[-1].state


def proposals(world: World) -> list[bool]:
    with reading(world.engine) as session:
        return [item.settled_at is not None for item in session.scalars(select(Proposal).order_by(Proposal.id))]


def test_a_workbook_goes_out_and_its_answers_come_into_the_draft(world: World) -> None:
    answer = uploaded(world, filled(downloaded(world), answers(C4="A town by the sea", C5="30,500")))
    assert answer.status_code == 303
    page = world.get(answer.headers["location"])
    assert "2 changes" in text(page)
    assert "Context Was: nothing Now: A town by the sea Population Was: nothing Now: 30,500" in text(page)
    assert world.get(f"/a/{lead(world)}/workbook.xlsx").status_code == 200
    taken = world.post(f"{answer.headers['location']}/accept", data=hidden(world, answer.headers["location"]))
    assert taken.status_code == 303
    assert (state(world)["context"], state(world)["population"]) == ("A town by the sea", "30500")
    again = openpyxl.load_workbook(io.BytesIO(downloaded(world)))
    assert again["Answers"]["C4"].value == "A town by the sea"
    assert "looked at already" in text(world.get(answer.headers["location"]))


def test_nothing_is_kept_in_the_draft_before_it_is_accepted_nor_after_it_is_declined(world: World) -> None:
    place = uploaded(world, filled(downloaded(world), answers(C4="A town"))).headers["location"]
    proof = hidden(world, place)["proof"]
    declined = world.post(f"{place}/decline", data={"proof": proof})
    assert declined.status_code == 303
    assert "saved" not in declined.headers["location"]
    assert proposals(world) == [True]
    refused = world.post(f"{place}/accept", data={"proof": proof, "base": "0.0"})
    assert (refused.status_code, "looked at already" in text(refused)) == (409, True)
    with reading(world.engine) as session:
        assert session.scalars(select(Draft)).all() == []


def test_faults_are_told_by_sheet_and_cell_and_what_is_there_may_be_taken_over(world: World) -> None:
    def edit(book: Any) -> None:
        book["Answers"]["C4"] = "A town"
        book["Needs"]["D4"], book["Needs"]["F4"], book["Needs"]["G4"] = "<script>alert(1)</script>", 9, "=1+1"

    place = uploaded(world, filled(downloaded(world), edit)).headers["location"]
    page = world.get(place)
    assert "Sheet “Needs”, cell F4 (Severity): It must be at most 5." in text(page)
    assert "Sheet “Needs”, cell G4 (People affected): This is a formula." in text(page)
    assert "<script>alert" not in page.text
    assert world.post(f"{place}/accept", data=hidden(world, place)).status_code == 303
    [entry] = [item for item in state(world)["needs"]["items"].values() if item["title"]]
    assert (entry["title"], entry["severity"], entry["people_affected"]) == ("<script>alert(1)</script>", "9", "")


def test_what_was_written_here_meanwhile_stays_and_the_same_answer_is_shown_twice(world: World) -> None:
    old = downloaded(world)
    first = uploaded(world, filled(old, answers(C4="Written here", C7="The council decides"))).headers["location"]
    world.post(f"{first}/accept", data=hidden(world, first))
    second = uploaded(world, filled(old, answers(C4="Written offline", C5=40000))).headers["location"]
    page = text(world.get(second))
    assert "Since you downloaded it, 2 things have changed here. They stay." in page
    assert "Changed in both places" in page
    assert "Context Here: Written here In the workbook: Written offline" in page
    assert "1 change " in page
    assert world.post(f"{second}/accept", data=hidden(world, second)).status_code == 303
    assert (state(world)["context"], state(world)["governance"], state(world)["population"]) == (
        "Written here",
        "The council decides",
        "40000",
    )
    third = uploaded(world, filled(old, answers(C4="Written offline"))).headers["location"]
    world.post(f"{third}/accept", data=hidden(world, third) | {"take": "context"})
    assert state(world)["context"] == "Written offline"


def test_a_preview_that_was_overtaken_is_looked_over_anew(world: World) -> None:
    old = downloaded(world)
    first = uploaded(world, filled(old, answers(C4="One"))).headers["location"]
    shown = hidden(world, first)
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("needs", "city-cedar")
        body = body_for(standing, gate, "cedar", [], world.now)
        contribute(session, standing, gate, Offered("cedar", "en", body), Origin(Entry.DESK), world.now)
    answer = world.post(f"{first}/accept", data=shown)
    assert answer.status_code == 409
    assert "Somebody saved something here since you opened this page" in text(answer)
    assert proposals(world) == [False]
    assert "Changed in both places" in text(answer)
    assert "Since you downloaded it," in text(answer)


def test_a_late_workbook_is_taken_into_a_draft_like_one_in_time(world: World) -> None:
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("needs", "city-cedar")
        contribute(
            session, standing, gate, Offered("cedar", "en", body_for(standing, gate, "cedar", [], world.now)), Origin(Entry.DESK), world.now
        )
        assert not gate.is_open
    place = uploaded(world, filled(downloaded(world), answers(C4="What we forgot"))).headers["location"]
    assert world.post(f"{place}/accept", data=hidden(world, place)).status_code == 303
    assert state(world)["context"] == "What we forgot"
    with reading(world.engine) as session:
        [contribution] = session.scalars(select(Contribution)).all()
        assert len(contribution.revisions) == 1


def test_a_file_that_is_no_workbook_comes_back_with_what_to_do(world: World) -> None:
    answer = uploaded(world, b"name;value\n", "needs.csv")
    assert answer.status_code == 422
    assert "This is a text file, perhaps CSV" in text(answer)
    assert proposals(world) == []
    assert "Choose the workbook you filled in." in world.post(
        f"/a/{lead(world)}/workbook", data={"proof": hidden(world, f"/a/{lead(world)}/workbook")["proof"]}
    ).text  # fmt: skip


def test_a_workbook_of_another_organisation_says_whose_it_is(world: World) -> None:
    other = world.get(f"/a/{world.token('needs', 'city-damson', 'damson', 'project-lead')}/workbook.xlsx").content
    answer = uploaded(world, other)
    assert answer.status_code == 422
    assert "of Damson (Orchard, city-damson). This page takes" in text(answer)


def test_a_small_file_with_more_than_anybody_is_asked_for_is_refused_before_it_keeps_others_waiting(world: World) -> None:
    def many(book: Any) -> None:
        for sheet in ("Figures", "Services", "Stakeholders", "Needs"):
            for row in range(4, 1000):
                for column in range(3, 8):
                    book[sheet].cell(row, column, "word")

    answer = uploaded(world, filled(downloaded(world), many))
    assert (answer.status_code, "more text in the file than" in text(answer)) == (422, True)
    assert proposals(world) == []


@pytest.mark.parametrize("beyond", [b"9" * 400, b"1E400", b"-1E400"])
def test_a_number_beyond_all_numbers_is_a_fault_of_its_cell_and_none_of_ours(world: World, beyond: bytes) -> None:
    def huge(book: Any) -> None:
        book["Answers"]["C5"] = 123454321
        book["Needs"]["B4"], book["Needs"]["D4"], book["Needs"]["F4"] = 123454321, "A need", 123454321

    said = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(filled(downloaded(world), huge))) as old, zipfile.ZipFile(said, "w") as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part).replace(b"123454321", beyond))
    answer = uploaded(world, said.getvalue())
    assert answer.status_code == 303
    place = answer.headers["location"]
    assert world.get(place).status_code == 200
    assert world.post(f"{place}/accept", data=hidden(world, place)).status_code == 303
    assert world.get(f"/a/{lead(world)}/check").status_code == 200
    assert openpyxl.load_workbook(io.BytesIO(downloaded(world)))["Needs"]["D4"].value == "A need"


def test_six_megabytes_are_refused_in_the_pages_own_words(world: World) -> None:
    answer = uploaded(world, b"PK\x03\x04" + b"0" * (6 * 1024 * 1024))
    assert answer.status_code == 413
    assert "larger than 5 MB" in text(answer)


def test_a_form_from_elsewhere_changes_nothing(world: World) -> None:
    place = uploaded(world, filled(downloaded(world), answers(C4="A town"))).headers["location"]
    assert world.post(f"{place}/accept", data={"proof": "forged", "base": "0.0"}).status_code == 403
    assert world.post(f"/a/{lead(world)}/workbook", data={"proof": "x"}, files={"file": ("a.xlsx", b"x")}).status_code == 403
    assert proposals(world) == [False]


def test_who_may_not_write_sees_no_workbook(world: World) -> None:
    reader = world.token("needs", "city-cedar", "cedar", "project-lead", "read")
    stranger = world.token("needs", "city-cedar", "damson", "project-lead")
    for token in (reader, stranger, "forged"):
        assert world.get(f"/a/{token}/workbook.xlsx").status_code == 404
        assert world.post(f"/a/{token}/workbook", files={"file": ("a.xlsx", b"x")}).status_code == 404
    place = uploaded(world, filled(downloaded(world), answers(C4="A town"))).headers["location"].rpartition("/")[2]
    damson = world.token("needs", "city-damson", "damson", "project-lead")
    assert world.get(f"/a/{damson}/workbook/{place}").status_code == 404
    assert world.get(f"/a/{damson}/workbook/{10**30}").status_code == 404


def test_the_page_leads_to_the_workbook(world: World) -> None:
    assert f'href="/a/{lead(world)}/workbook"' in world.get(f"/a/{lead(world)}").text


def section(world: World) -> str:
    """A link that opens one section of the questionnaire and nothing else."""
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        until = (world.now + timedelta(days=14)).date()
        given = access.delegate(
            session, standing, standing.gate("needs", "city-cedar"), "cedar", access.Section(("population",), "Statistics", until),
            Origin(Entry.DESK), world.now,
        )  # fmt: skip
        return signed(world, "part", section=given.id)


def test_a_link_to_one_section_neither_sees_nor_settles_a_workbook_of_the_whole(world: World) -> None:
    data, part = filled(downloaded(world), answers(C4="We are a town.", C5="many")), section(world)
    whole = uploaded(world, data).headers["location"]
    number = whole.rpartition("/")[2]
    for address in (f"/a/{part}/workbook/{number}", f"/a/{part}/workbook/{number}/accept", f"/a/{part}/workbook/{number}/decline"):
        proof = hidden(world, f"/a/{part}/workbook")["proof"]
        answer = world.get(address) if address.endswith(number) else world.post(address, data={"proof": proof})
        assert answer.status_code == 404
    form = {"proof": hidden(world, f"/a/{part}/workbook")["proof"]}
    for _ in range(6):
        own = world.post(f"/a/{part}/workbook", data=form, files={"file": ("needs.xlsx", data)}).headers["location"]
    assert own.rpartition("/")[2] != number
    assert world.get(own).status_code == 200
    assert world.post(f"{own}/decline", data=form).status_code == 303
    assert world.get(own).status_code == 200
    assert "We are a town." in text(world.get(whole))
