"""Word, pictures and sites: the same content, the same bytes, nothing that runs."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import docx
from lxml import html as parser
from PIL import Image

from tasks.documents import Written, write_edition
from tasks.rendering import render_html
from tasks.services import freshness, hsds, papers
from tasks.word import docx_of
from tasks.wording import Words
from tests.documents.bodies import service, shop
from tests.documents.samples import edition, full, said

CITY = "city-bergamo-sul-mare"


def word(number: str = "D7.1", watermark: str | None = None) -> bytes:
    view = edition(full(number, CITY), watermark)
    return docx_of(render_html(view), view)


def test_a_word_plan_has_the_same_sections_as_the_page() -> None:
    document = docx.Document(io.BytesIO(word()))
    headings = [paragraph.text for paragraph in document.paragraphs if paragraph.style and paragraph.style.name == "Heading 1"]
    page = parser.document_fromstring(render_html(edition(full("D7.1", CITY))))
    assert headings == [" ".join(element.text_content().split()) for element in page.xpath("//main//h2")]
    assert len(headings) == 19


def test_word_tables_carry_the_figures() -> None:
    document = docx.Document(io.BytesIO(word()))
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert {"€ 100,000", "Lead beneficiary", "A1 Open evening courses in neighbourhood number 1"} <= cells


def test_word_says_on_every_page_that_it_is_a_rehearsal() -> None:
    document = docx.Document(io.BytesIO(word(watermark="Rehearsal")))
    assert document.sections[0].header.paragraphs[0].text.startswith("REHEARSAL")


def test_the_same_page_gives_the_same_word_file_with_fixed_times() -> None:
    one = word()
    assert one == word()
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2020, 1, 1, 0, 0, 0)}
        assert b"2020-01-01" in archive.read("docProps/core.xml")


def test_hostile_text_is_text_in_word_too() -> None:
    whole = full("D7.1", CITY)
    whole["contributions"]["action-plan"][0]["body"]["foreword"] = "<script>x</script> & \x07 " + "w" * 5000
    view = edition(whole)
    text = "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(docx_of(render_html(view), view))).paragraphs)
    assert "<script>x</script> &" in text


def test_an_infographic_is_one_vector_page_and_a_picture_of_it(faces: Path, tmp_path: Path) -> None:
    view = edition(full("D1.4", CITY), "Rehearsal")
    formats = ("pdf", "html", "svg", "png")
    written = write_edition(view, tmp_path / "one", formats, fonts=faces)
    assert written == write_edition(view, tmp_path / "two", formats, fonts=faces)
    assert [one.path for one in written] == [f"deliverables/D1.4/{CITY}/en.{name}" for name in formats]
    with Image.open(tmp_path / "one" / written[3].path) as image:
        assert image.size == (1191, 1684)
        assert len(image.getcolors(10_000_000) or []) > 20
    for one in written:
        assert hashlib.sha256((tmp_path / "one" / one.path).read_bytes()).hexdigest() == one.file_sha256


def site(tmp_path: Path, *services: dict[str, object]) -> tuple[Path, Written]:
    whole = full("D6.3", CITY)
    if services:
        whole["contributions"]["one-stop-shop"] = [said("shop-content", CITY, "bergamo-sul-mare", shop(*services))]
    (written,) = write_edition(edition(whole), tmp_path, ("site",))
    return tmp_path / "shops" / "bergamo-sul-mare", written


def test_a_site_is_a_page_and_its_open_data_with_one_digest(tmp_path: Path) -> None:
    folder, written = site(tmp_path)
    files = {path.relative_to(tmp_path).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    lines = "".join(sorted(f"{path}\0{digest}\n" for path, digest in files.items()))
    assert written.path == "shops/bergamo-sul-mare/index.html"
    assert sorted(files) == ["shops/bergamo-sul-mare/index.html", "shops/bergamo-sul-mare/services.json"]
    assert written.file_sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_a_site_runs_nothing_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    folder, _ = site(tmp_path, service(name="<script>x</script>", website="javascript:alert(1)"))
    page = parser.document_fromstring((folder / "index.html").read_bytes())
    assert page.xpath("//script | //img | //iframe | //link[@rel='stylesheet'] | //@onclick") == []
    assert all(link.startswith(("#", "tel:", "mailto:", "services.json")) for link in page.xpath("//a/@href | //link/@href"))
    assert not re.search(r"url\(|@import", page.xpath("//style")[0].text)


def test_a_service_says_all_a_newcomer_must_know(tmp_path: Path) -> None:
    folder, _ = site(tmp_path, service())
    card = " ".join(parser.document_fromstring((folder / "index.html").read_bytes()).xpath("//article")[0].text_content().split())
    for words in (
        "City library",
        "Town hall",
        "Monday to Friday",
        "free",
        "A letter with your address",
        "Italian, English",
        "everybody",
        "no appointment needed",
    ):
        assert words in card
    assert "No, residence papers are not needed." in card
    assert "Nothing is reported." in card
    assert "Checked on 1 September 2021 by Service owner" in card


def test_a_record_turns_amber_after_90_days_and_red_after_180() -> None:
    one = service(checked_on="2021-01-01")
    assert [freshness(one, day) for day in ("2021-04-01", "2021-04-02", "2021-06-30", "2021-07-01")] == ["good", "amber", "amber", "red"]
    assert freshness(one | {"recheck_days": 30}, "2021-02-01") == "amber"
    assert freshness(one | {"checked_on": None}, "2021-02-01") == "unchecked"


def test_whether_papers_are_needed_is_said_in_words() -> None:
    words = Words("en")
    assert papers(service(papers_needed=True), words) == "Yes, residence papers are needed."
    assert papers(service(papers_needed="Only for the exam"), words) == "Only for the exam"


def test_the_open_data_has_what_hsds_3_requires(tmp_path: Path) -> None:
    folder, _ = site(tmp_path)
    data = json.loads((folder / "services.json").read_text())
    assert all({"id", "name", "status"} <= set(one) for one in data["service"])
    assert all({"id", "name", "description"} <= set(one) for one in data["organization"])
    assert all({"id", "location_type"} <= set(one) for one in data["location"])
    assert data["service"][0]["assured_date"] == "2021-09-01"
    known = {one["id"] for one in data["organization"]}
    assert {one["organization_id"] for one in data["service"]} <= known
    assert hsds(shop(), "x")["service"] == data["service"]


def test_a_city_with_its_own_site_is_linked_and_lists_nothing(tmp_path: Path) -> None:
    whole = full("D6.3", CITY)
    body = whole["contributions"]["one-stop-shop"][0]["body"] | {"own_site": "https://www.city.example/newcomers", "services": []}
    whole["contributions"]["one-stop-shop"][0]["body"] = body
    write_edition(edition(whole), tmp_path, ("site",))
    page = parser.document_fromstring((tmp_path / "shops/bergamo-sul-mare/index.html").read_bytes())
    assert "https://www.city.example/newcomers" in page.xpath("//main//a/@href")
    assert page.xpath("//article") == []
