"""HTML of editions: whole, safe, honest about what is missing, the same in every place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import html as parser

from models.definition import Matching, Side, Theme
from models.matching import CityFacts, match
from models.method import METHOD
from tasks.rendering import breakable, render_html, render_svg
from tests.documents.bodies import needs, profile
from tests.documents.samples import content, edition, full, programme, said

CITY, PAIR = "city-bergamo-sul-mare", "pair-bergamo-sul-mare"
SCOPES = {
    "programme": "programme",
    "city": CITY,
    "shop": CITY,
    "mentee": CITY,
    "pair": PAIR,
    "academy": "association-lead",
    "theme": "theme-city-for-all",
}
NUMBERS = [item.number for item in METHOD.deliverables]
FUNDING = {
    "line": "Co-funded by the Fund of Tests",
    "granting_authority": "Authority",
    "fund": None,
    "grant_number": "G-1",
    "disclaimer": "Views are ours.",
}


def scope_of(number: str) -> str:
    return SCOPES[METHOD.by_number[number].over.value]


def text_of(html: str) -> str:
    page = parser.document_fromstring(html)
    for element in page.xpath("//style"):
        element.getparent().remove(element)
    return " ".join(page.text_content().split())


def owing(gate: str, due_on: str | None) -> dict[str, Any]:
    return {"gate": gate, "title": METHOD.gates[gate].title, "scope": CITY, "organisation": "hafen", "owed_by": "Hafen", "due_on": due_on}


def sections(html: str) -> list[Any]:
    return list(parser.document_fromstring(html).xpath("//main/section"))


@pytest.mark.parametrize("number", NUMBERS)
def test_every_deliverable_renders_whole_with_its_cover_and_contents(number: str) -> None:
    html = render_html(edition(full(number, scope_of(number)), "Rehearsal"))
    said_there = text_of(html)
    assert METHOD.by_number[number].title in said_there
    assert "Lead beneficiary" in said_there
    assert "by project lead, 4 October 2021 09:12 UTC, version 0.1.1" in said_there
    assert not re.search(r"\{\{|\{%|Undefined|\bNone\b|<built-in|dict_", said_there)


@pytest.mark.parametrize("number", NUMBERS)
def test_no_section_is_empty_when_nothing_has_been_contributed(number: str) -> None:
    html = render_html(edition(content(number, scope_of(number))))
    for section in sections(html):
        beside = " ".join(element.text_content().strip() for element in section if element.tag not in ("h2", "h3"))
        assert len(beside) > 20, section.text_content()


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_missing_names_who_owes_it(number: str) -> None:
    gate = next(key for key, gate in METHOD.gates.items() if gate.contribution in METHOD.by_number[number].draws_on)
    owed = {
        "gate": gate,
        "title": METHOD.gates[gate].title,
        "scope": CITY,
        "organisation": "hafen",
        "owed_by": "Hafen",
        "due_on": "2021-03-05",
    }
    html = render_html(edition(content(number, scope_of(number), missing=[owed])))
    assert "Hafen" in text_of(html)
    if "infographic" not in METHOD.by_number[number].slug:
        assert "5 March 2021" in text_of(html)


def test_a_text_left_out_names_the_city_that_left_it_out() -> None:
    body = needs() | {"governance": ""}
    html = render_html(edition(content("D1.1", CITY, {"needs-assessment": [said("needs", CITY, "bergamo-sul-mare", body)]})))
    assert "Bergamo sul Mare has not said anything on this in “Needs assessment questionnaire”." in text_of(html)


def test_the_contents_list_is_the_documents_headings() -> None:
    page = parser.document_fromstring(render_html(edition(full("D7.1", CITY))))
    listed = [link.get("href").removeprefix("#") for link in page.xpath("//nav//a")]
    assert listed == page.xpath("//main//*[self::h2 or self::h3][@id]/@id")
    assert len(listed) == len(set(listed)) >= 18


def test_an_action_plan_has_every_section_the_method_asks_for() -> None:
    said_there = text_of(render_html(edition(full("D7.1", CITY))))
    for heading in (
        "Foreword",
        "Summary",
        "Context",
        "Needs",
        "Benchmark and gaps",
        "Vision and objectives",
        "Logic of the plan",
        "Action sheets",
        "Budget",
        "Timetable",
        "Governance",
        "Participation",
        "Monitoring and indicators",
        "Risks",
        "Communication",
        "Sustainability",
        "Approval",
        "Annexes",
    ):
        assert heading in said_there


def test_the_budget_says_what_finance_has_costed_and_where_the_plan_has_other_figures() -> None:
    said_there = text_of(render_html(edition(full("D7.1", CITY))))
    assert "1 of 4 actions were costed by the city’s finance department" in said_there
    assert "€ 100,000" in said_there
    assert "costed at € 31,000" in said_there


def test_funding_is_printed_only_where_there_is_funding() -> None:
    without = text_of(render_html(edition(full("D1.1", CITY))))
    funded = text_of(render_html(edition(full("D1.1", CITY) | {"programme": programme(funding=FUNDING)})))
    assert "Co-funded by the Fund of Tests" in funded
    assert "Views are ours." in funded
    assert "Co-funded" not in without
    assert "European Union" not in without


def test_samples_say_on_every_page_that_they_are_samples() -> None:
    plain = full("D1.1", CITY)
    generated = full("D1.1", CITY)
    generated["contributions"]["city-profile"][0]["generated"] = True
    assert "sample" not in render_html(edition(plain))
    assert render_html(edition(generated)).count("Contains generated sample data") >= 2
    assert "Illustrative sample" in render_html(edition(plain | {"programme": programme(illustrative=True)}))


def test_an_approval_that_no_longer_holds_says_so() -> None:
    stale = {"state": "stale", "role": "council", "at": "2021-10-04T09:12:00Z", "content_sha256": "0" * 64, "gap": None}
    said_there = text_of(render_html(edition(full("D7.1", CITY), approval=stale)))
    assert "Approval no longer holds" in said_there
    assert "it must be decided on again" in said_there


def test_a_document_published_without_approval_names_the_gap() -> None:
    none = {"state": "none", "role": None, "at": None, "content_sha256": None, "gap": "The council did not decide before closure."}
    assert "The council did not decide before closure." in text_of(render_html(edition(full("D7.1", CITY), approval=none)))


def test_a_councils_decision_carries_the_number_and_date_of_its_act() -> None:
    said_there = text_of(render_html(edition(full("D7.1", CITY), act={"number": "47/2022", "on": "2022-06-30"})))
    assert "act no. 47/2022 of 30 June 2022" in said_there
    assert "The decision is act no. 47/2022 of 30 June 2022." in said_there


def test_dates_and_numbers_follow_the_language() -> None:
    said_there = text_of(render_html(edition(full("D1.1", CITY), language="it")))
    assert "30.000" in said_there
    assert "30 settembre 2021" in said_there


def test_an_unknown_language_and_a_right_to_left_one_still_render() -> None:
    assert 'dir="rtl"' in render_html(edition(full("D1.1", CITY), language="ar"))
    assert "Needs assessment" in text_of(render_html(edition(full("D1.1", CITY), language="tlh")))


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7*7 }} {% raw %} " + "Wort" * 80 + " مرحبا Λιβαδειά"


def spoilt(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: spoilt(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [spoilt(item, key) for item in value]
    free = not re.fullmatch(r"[a-z0-9-]*|[A-Z]+\d+", str(value)) and not re.match(r"\d{4}-\d\d", str(value))
    return HOSTILE if isinstance(value, str) and free else value


@pytest.mark.parametrize("number", NUMBERS)
def test_contributed_text_stays_text(number: str) -> None:
    whole = full(number, scope_of(number))
    for items in whole["contributions"].values():
        for item in items:
            item["body"] = spoilt(item["body"])
    html = render_html(edition(whole, watermark="</style><script>alert(3)</script>"))
    page = parser.document_fromstring(html)
    assert page.xpath("//script") == []
    assert page.xpath("//img | //*[@onerror]") == []
    assert "{{ 7*7 }}" in html or not any(whole["contributions"].values())


def test_an_address_that_is_no_web_address_is_not_a_link() -> None:
    whole = full("D6.3", CITY)
    whole["contributions"]["one-stop-shop"][0]["body"]["services"][0]["website"] = "javascript:alert(1)"
    page = parser.document_fromstring(render_html(edition(whole)))
    assert not [link for link in page.xpath("//a/@href") if link.startswith("javascript")]


def test_an_infographic_stands_alone_and_says_in_words_what_it_shows() -> None:
    svg = render_svg(edition(full("D1.4", CITY), "Rehearsal"))
    drawing = parser.etree.fromstring(svg.encode())
    space = {"s": "http://www.w3.org/2000/svg"}
    assert drawing.findtext("s:title", namespaces=space) == "City infographic: Bergamo sul Mare"
    described = drawing.findtext("s:desc", namespaces=space)
    assert "Residents: 30,000" in described
    assert "Need number 1, said in one line – A vision of a city for all (5/5)" in described
    assert "services for newcomers listed: 1; organisations consulted: 1." in described
    assert "Rehearsal" in svg
    assert "href" not in svg


def leaves(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place with a text or number, as what holds it and its key."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        if isinstance(value, dict | list):
            yield from leaves(value)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            yield node, key


def seen_and_said(whole: dict[str, Any]) -> tuple[str, str]:
    """What the drawing shows, and what its description says."""
    drawing = parser.etree.fromstring(render_svg(edition(whole)).encode())
    described = next(drawing.iter("{*}desc"))
    said_ = str(described.text)
    described.text = ""
    return parser.etree.tostring(drawing, encoding="unicode"), said_


@pytest.mark.parametrize(("number", "scope"), [("D1.4", CITY), ("D7.5", PAIR), ("D7.6", "programme")])
def test_the_description_of_an_infographic_changes_with_everything_that_it_shows(number: str, scope: str) -> None:
    whole = full(number, scope)
    before = seen_and_said(whole)
    shown = 0
    bodies = [item["body"] for kind in whole["contributions"].values() for item in kind]
    for held, key in [place for body in [*bodies, whole["pairs"]] for place in leaves(body)]:
        value = held[key]
        held[key] = f"Quite another {value}" if isinstance(value, str) else value - 1
        try:
            seen, said_ = seen_and_said(whole)
        finally:
            held[key] = value
        if seen != before[0]:
            shown += 1
            assert said_ != before[1], f"{key}: {value!r} is drawn and not described"
    assert shown > 5


def test_the_description_of_an_infographic_counts_what_the_drawing_counts() -> None:
    whole = full("D1.4", CITY)
    body = whole["contributions"]["needs-assessment"][0]["body"]
    before = seen_and_said(whole)[1]
    body["services"].append({"name": "Advice", "description": "By telephone.", "target_group": "All"})
    assert seen_and_said(whole)[1] != before


def test_an_infographic_without_data_says_who_owes_it() -> None:
    owed = owing("needs", None)
    assert "Owed by Hafen" in render_svg(edition(content("D1.4", CITY, missing=[owed])))


def test_a_needs_assessment_keeps_the_citys_ranking() -> None:
    said_there = text_of(render_html(edition(full("D1.1", CITY))))
    places = [said_there.rindex(f"Need number {at}, said in one line") for at in range(1, 6)]
    assert places == sorted(places)


def test_the_matching_report_shows_weights_matrix_runner_up_and_overrides() -> None:
    pair = {
        "mentor": "norden",
        "mentee": "liepkalns",
        "theme": "language",
        "score": 0.6123,
        "parts": {"fit": 0.5, "language": 0.1, "size": 0.0123},
        "tied_themes": [],
        "forbidden": [],
        "overridden": False,
    }
    barred = pair | {"mentor": "hafen", "forbidden": ["vetoed by Liepkalns"], "score": 0.0}
    matching = {
        "weights": {"fit": 1.0, "language": 0.3, "size": 0.2, "preference": 0.3, "different_country": False},
        "themes": [{"slug": "language", "title": "Language learning", "weight": 1.0}],
        "pairs": [pair],
        "total": 0.6123,
        "ties": False,
        "matrix": [pair, barred],
        "runner_up": {"pairs": [pair | {"theme": "work"}], "total": 0.6, "difference": 0.0123},
        "sensitivity": [
            {"mentor": "norden", "mentee": "liepkalns", "drop": 0.0123, "instead": [{"mentor": "hafen", "mentee": "liepkalns"}], "says": ""}
        ],
        "answers": {
            "steps": 2,
            "changes": [{"city": "norden", "what": "strength", "theme": "language", "level": 5, "other": 3, "instead": []}],
        },
        "overrides": [
            {
                "mentor": "norden",
                "mentee": "liepkalns",
                "theme": "language",
                "reason": "They know each other.",
                "cost": 0.1,
                "breaks": [],
                "says": "It costs 0.1000 of total score.",
            }
        ],
        "without_mentee": ["hafen"],
        "unavailable": [],
    }
    scored = {
        "needs-assessment": [said("needs", CITY, "bergamo-sul-mare", needs())],
        "city-profile": [said("profile", CITY, "norden", profile())],
    }
    said_there = text_of(render_html(edition(content("D1.2", "programme", scored, matching=matching))))
    for words in (
        "0.61",
        "barred",
        "vetoed by Liepkalns",
        "0.0123 less than the result",
        "They know each other.",
        "It costs 0.1000",
        "0.3",
        "No single need or strength that a city has named changes the result unless it changes by 2 levels or more",
        "Highest strength: ",
    ):
        assert words in said_there


def test_a_long_word_may_break_and_keeps_its_accents_and_entities_whole() -> None:
    word = "a" * 19 + "e\u0301" + "b" * 30
    head, body = f"<head><style>{'s' * 40}</style></head>", f"<body class='{'c' * 40}'>"
    page = breakable(f"{head}{body}<p>{word} &amp;{'d' * 26}</p><svg>{'x' * 40}</svg></body>")
    assert f"{'a' * 19}e\u0301<wbr>{'b' * 20}<wbr>{'b' * 10} &amp;{'d' * 19}<wbr>{'d' * 7}" in page
    assert page.count("<wbr>") == 3


def test_what_a_profile_does_not_say_is_not_made_up() -> None:
    silent = said("profile", CITY, "bergamo-sul-mare", profile() | {"capacity_mentees": None})
    page = text_of(render_html(edition(content("D1.1", CITY, {"city-profile": [silent]}))))
    assert re.search("Mentees it could take on ?not said", page)


def test_the_matching_report_claims_no_more_of_answers_than_was_tried_and_no_tie_where_more_pairs_win() -> None:
    cities = [
        CityFacts("norden", "Norden", "BE", Side.MENTOR, capacity=2, strengths={"work": 1.0}),
        CityFacts("liepkalns", "Liepkalns", "LV", Side.MENTEE, needs={"work": 1.0}),
        CityFacts("hafen", "Hafen", "BE", Side.EITHER, vetoes=frozenset({"liepkalns"})),
    ]
    matching = match(cities, (Theme(slug="work", title="Decent work"),), Matching()).as_content()
    said_there = text_of(render_html(edition(content("D1.2", "programme", matching=matching))))
    assert "No single need or strength that a city has named, at whatever level from 1 to 5, leads to another result." in said_there
    assert "with fewer pairs; the result is the one with more" in said_there
    assert "alphabetical order" not in said_there
    assert "Then better" not in said_there


def test_a_plan_does_not_take_the_rating_afterwards_for_the_one_before() -> None:
    late = full("D7.1", CITY)
    late["contributions"]["self-assessment"] = [
        item for item in late["contributions"]["self-assessment"] if item["gate"] == "self-assessment-after"
    ]
    page = parser.document_fromstring(render_html(edition(late)))
    (table,) = page.xpath("//table[thead//th='Rating before']")
    for row in table.xpath("./tbody/tr"):
        before, after = (cell.text_content().strip() for cell in row.xpath("./td")[:2])
        assert before == "not rated"
        assert "3/4" in after
