"""The documents of phases 1 to 3: every section in its order, all that was said, and who owes what was not."""

from __future__ import annotations

import io
import re
from typing import Any

import docx
import pytest

from models.contribution_kinds import KINDS
from models.contribution_kinds.benchmarks import SCALE_NOTE
from tasks.rendering import render_html
from tasks.word import docx_of
from tests.documents import bodies_of_phases_1_to_3 as bodies
from tests.documents.bodies import THEMES, benchmark, ratings
from tests.documents.pages import headings, main_of, page_of, section, words_of
from tests.documents.samples import content, edition, full, said

Json = dict[str, Any]
CITY, PAIR = "city-bergamo-sul-mare", "pair-bergamo-sul-mare"
SCOPES = {"D1.3": PAIR, "D2.1": PAIR, "D2.2": "programme", "D3.1": "programme", "D3.2": CITY, "D3.3": PAIR}
SECTIONS = {
    "D1.3": ["Theme", "Roles", "Calendar", "Resources", "Languages", "Data protection", "Exit and replacement"],
    "D2.1": [
        "Theme", "Policy background", "Benchmark statement", "Key factors", "Additional factors", "Baseline self-assessment", "Gaps",
        "Sources",
    ],
    "D2.2": ["Overview"],
    "D3.1": ["Objectives", "Programme", "Attendance", "Evaluation", "Competences before and after", "Materials"],
    "D3.2": ["Mandate", "Members", "Roles", "Meetings", "Decision rules", "Data protection", "Stakeholder map"],
    "D3.3": [
        "Dates and mode", "Agenda", "Roles", "Budget", "Questions", "Participation of the local support networks", "Logistics",
    ],
}  # fmt: skip
PRACTICE = ["Problem", "Target group", "Description", "Cost", "Results", "Conditions", "Transferability", "Contact role"]
GATES = {"D1.3": "pair-terms", "D2.1": "benchmark", "D2.2": "practices", "D3.1": "training", "D3.2": "network", "D3.3": "visit-plan"}
NUMBERS = list(SCOPES)


def filled(number: str) -> Json:
    return full(number, SCOPES[number])


def changed(number: str, kind: str, **changes: Any) -> Json:
    """The full content of a document, with other values in the first contribution of a kind."""
    whole = filled(number)
    whole["contributions"][kind][0]["body"] |= changes
    return whole


def owing(number: str) -> Json:
    """The content of a document for which nothing has come in."""
    missing = {
        "gate": GATES[number],
        "title": "What is owed",
        "scope": PAIR,
        "organisation": "hafen",
        "owed_by": "Hafen",
        "due_on": "2021-03-05",
    }
    return content(number, SCOPES[number], missing=[missing])


@pytest.mark.parametrize("number", NUMBERS)
def test_the_samples_are_what_the_kinds_ask_for(number: str) -> None:
    for kind, items in filled(number)["contributions"].items():
        for item in items:
            assert KINDS[kind].model_validate(item["body"]).model_dump(mode="json") == item["body"], kind


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("whole", [filled, owing], ids=["full", "nothing there"])
def test_every_section_stands_in_its_order(number: str, whole: Any) -> None:
    there = headings(whole(number))
    assert [title for title in there if title in SECTIONS[number]] == SECTIONS[number]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("whole", [filled, owing], ids=["full", "nothing there"])
def test_no_heading_stands_without_something_below_it(number: str, whole: Any) -> None:
    for heading in page_of(whole(number)).xpath("//main//*[self::h2 or self::h3 or self::h4]"):
        parent = heading.getparent()
        following = (parent if parent.tag == "header" else heading).getnext()
        assert following is not None, words_of(heading)
        assert following.tag > heading.tag or following.tag not in ("h2", "h3", "h4"), words_of(heading)
        assert words_of(following), words_of(heading)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_section_that_lacks_something_says_who_owes_it(number: str) -> None:
    page = page_of(owing(number))
    named = [words_of(one) for one in page.xpath("//main/section[h2]/p[@class='owed']")]
    assert len(named) >= len(SECTIONS[number])
    assert any("Owed by Hafen (“What is owed”, due 5 March 2021)." in one for one in named)
    assert not page.xpath("//main//table[not(ancestor::section/h2[@id='about'])]")


@pytest.mark.parametrize("number", NUMBERS)
def test_everything_that_was_said_is_there(number: str) -> None:
    there = main_of(filled(number))
    said_in_full = {kind: items for kind, items in filled(number)["contributions"].items() if (number, kind) != ("D3.3", "benchmark")}
    for kind, items in said_in_full.items():
        for text in [text for item in items[:1] for text in texts(item["body"])]:
            for line in text.split("\n\n"):
                assert line in there, (kind, line)


CODES = {"kind", "mode", "side", "party", "by", "on", "theme", "key_factor", "id", "host", "guest", "starts_on", "ends_on", "languages"}


def texts(value: Any, key: str = "") -> list[str]:
    """The texts in a body that people wrote: no codes, days or slugs."""
    if isinstance(value, dict):
        return [text for name, item in value.items() for text in texts(item, name)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item, key)]
    return [value] if isinstance(value, str) and key not in CODES else []


def test_an_agreement_names_its_sides_and_sums_what_is_stated() -> None:
    there = section(filled("D1.3"), "Resources")
    assert "Together, as far as stated 65 € 12,000" in there
    assert "Bergamo sul Mare (mentee) 45 € 3,000" in there
    assert "A room with a hearing loop Norden (mentor) – –" in there
    roles = section(filled("D1.3"), "Roles")
    assert roles.index("Norden (mentor)") < roles.index("Bergamo sul Mare (mentee)") < roles.index("Both cities")


def test_an_agreement_without_figures_states_no_sum() -> None:
    nothing_stated = [{"what": "Goodwill", "by": "both", "days": None, "amount": None}] * 2
    there = section(changed("D1.3", "pair-terms", resources=nothing_stated), "Resources")
    assert "No days or amounts are stated." in there
    assert "€" not in there
    assert "Together" not in there


def test_an_agreement_says_its_languages_by_name_and_days_that_are_open() -> None:
    assert "The pair works in English and Italian." in section(filled("D1.3"), "Languages")
    assert "no day set yet Meeting of both mayors" in section(filled("D1.3"), "Calendar")


def test_terms_on_another_theme_than_the_pair_say_so() -> None:
    assert "The pair was confirmed for “A vision of a city for all”." in section(changed("D1.3", "pair-terms", theme="work"), "Theme")
    assert "confirmed for" not in section(filled("D1.3"), "Theme")


@pytest.mark.parametrize(("number", "scope"), [("D1.3", PAIR), ("D3.2", CITY)])
def test_word_has_the_same_sections_as_the_page(number: str, scope: str) -> None:
    view = edition(full(number, scope))
    document = docx.Document(io.BytesIO(docx_of(render_html(view), view)))
    there = [paragraph.text for paragraph in document.paragraphs if paragraph.style and paragraph.style.name == "Heading 1"]
    assert [re.sub(r"^\w+ ", "", line, count=1) for line in there[:-1]] == headings(full(number, scope))[:-1]
    assert {"Norden (mentor)", "€ 12,000"} <= cells(document) or {"Influence 4", "migrants' association"} <= cells(document)


def cells(document: Any) -> set[str]:
    return {cell.text for table in document.tables for row in table.rows for cell in row.cells}


def test_each_key_factor_has_its_parts_in_order() -> None:
    parts = [words_of(one) for one in page_of(filled("D2.1")).xpath("//article")[1].xpath(".//h4")]
    assert parts == ["Why", "How", "Guiding questions", "Indicators", "Example"]


def test_a_part_a_key_factor_lacks_is_named_as_not_given_by_its_author() -> None:
    whole = filled("D2.1")
    whole["contributions"]["benchmark"][0]["body"]["key_factors"][0] |= {"guiding_questions": [], "mentor_example": ""}
    assert words_of(page_of(whole).xpath("//article")[0]).count("Not given by Guides and Sons.") == 2


def test_the_self_assessment_shown_is_the_first_with_the_scale_and_its_gaps() -> None:
    whole = filled("D2.1")
    whole["contributions"]["self-assessment"][0]["body"]["ratings"][1]["rating"] = 4
    whole["contributions"]["self-assessment"][0]["body"]["ratings"][2]["rating"] = 0
    there = section(whole, "Baseline self-assessment")
    assert "Bergamo sul Mare has rated itself on 4 of 4 key factors." in there
    assert SCALE_NOTE in there
    assert [mark for mark in re.findall(r"\d/4", there) if mark == "3/4"] == []
    gaps = section(whole, "Gaps")
    assert "Key factors rated: 4; of these, not fully in place yet: 3." in gaps
    assert "KF2" not in gaps
    assert gaps.index("KF3") < gaps.index("KF1") < gaps.index("KF4")


def test_every_rating_is_a_bar_that_says_what_it_shows() -> None:
    bars = page_of(filled("D2.1")).xpath("//main//td[@class='bars']//*[local-name()='svg']/@aria-label")
    assert bars == ["KF1: 1/4", "KF2: 1/4", "KF3: 1/4", "KF4: 1/4"]


def test_key_factors_that_are_not_rated_or_not_known_are_named() -> None:
    whole = filled("D2.1")
    rated = [*ratings(2, 2)["ratings"], {"key_factor": "KF9", "rating": 1, "evidence": "An older paper."}]
    whole["contributions"]["self-assessment"][0]["body"]["ratings"] = rated
    assert "has rated itself on 2 of 4 key factors" in section(whole, "Baseline self-assessment")
    assert "KF9 (1/4): An older paper. The benchmark has no key factor KF9." in section(whole, "Baseline self-assessment")
    assert "Not rated: KF3, KF4. Bergamo sul Mare has not said anything on this" in section(whole, "Gaps")


def test_a_city_that_is_everywhere_at_the_top_has_no_gap() -> None:
    whole = filled("D2.1")
    whole["contributions"]["self-assessment"][0]["body"] = ratings(4, 4)
    assert "there is no gap" in section(whole, "Gaps")


def test_without_ratings_nothing_is_said_of_gaps() -> None:
    whole = content("D2.1", PAIR, {"benchmark": [said("benchmark", PAIR, "guide", benchmark(30))]})
    assert section(whole, "Gaps").startswith("7 Gaps Without ratings the gaps are not known.")
    assert len(page_of(whole).xpath("//article")) == 30
    assert "30 conditions must be in place" in section(whole, "Key factors")


@pytest.mark.parametrize("count", [1, 30])
def test_every_practice_has_all_its_parts_and_its_place_in_the_overview(count: int) -> None:
    page = page_of(full("D2.2", "programme", practices=count))
    sheets = page.xpath("//article")
    assert len(sheets) == 2 * count
    assert all([words_of(one) for one in sheet.xpath(".//h4")] == PRACTICE for sheet in sheets)
    listed = page.xpath("//main/section[1]//td/a")
    assert [link.get("href") for link in listed] == [f"#{one}" for one in page.xpath("//article//h3/@id")]
    assert [words_of(link) for link in listed] == [words_of(one) for one in page.xpath("//article//h3/span")]


def test_practices_stand_under_their_themes_with_those_they_belong_to() -> None:
    whole = full("D2.2", "programme", practices=3)
    whole["contributions"]["good-practice"][1]["body"] = bodies.practices(1, local_government="A small member town", cost="", website=None)
    assert headings(whole)[1:4] == list(THEMES.values())
    assert "6 practices" not in section(whole, "Overview")
    assert "4 practices are described here. 2 organisations have brought them in." in section(whole, "Overview")
    there = section(whole, THEMES["city-for-all"])
    assert "A small member town · brought in by Bergamo sul Mare" in there
    assert there.count("Not given by Bergamo sul Mare.") == 1


def test_themes_without_a_practice_are_named() -> None:
    there = section(full("D2.2", "programme"), "Overview")
    assert "Nobody has brought in a practice on these themes yet: Formal and informal language learning Decent employment" in there


def test_a_practice_is_linked_only_where_its_address_is_one() -> None:
    whole = full("D2.2", "programme")
    whole["contributions"]["good-practice"][0]["body"]["practices"][0]["website"] = "javascript:alert(1)"
    links = page_of(whole).xpath("//article//a/@href")
    assert links == ["https://www.norden.example/open-house"]


HOSTILE = "<script>alert(1)</script>\"'><b>bold</b> {{ 7*7 }} " + "Wort" * 75 + " مرحبا"


@pytest.mark.parametrize("number", NUMBERS)
def test_hostile_text_stays_text_wherever_it_stands(number: str) -> None:
    whole = filled(number)
    for items in whole["contributions"].values():
        for item in items:
            item["body"] = spoilt(item["body"])
    page = page_of(whole)
    assert page.xpath("//script | //main//b") == []
    assert words_of(page.xpath("//main")[0]).count("{{ 7*7 }}") > 5


def spoilt(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: spoilt(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [spoilt(item, key) for item in value]
    return HOSTILE if isinstance(value, str) and key not in CODES - {"kind"} | {"starts", "ends"} else value
