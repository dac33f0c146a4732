"""The documents on visits, the consultation, workshop and academy: all sections, the right visit, nothing the data does not say."""

from __future__ import annotations

import io
import re
from typing import Any

import docx
import pytest

from models.contribution_kinds import KINDS
from models.method import METHOD
from tasks import consultations
from tasks.rendering import render_html
from tasks.word import docx_of
from tests.documents import bodies_of_meetings as bodies
from tests.documents.bodies import benchmark
from tests.documents.bodies_of_phases_1_to_3 import session
from tests.documents.pages import page_of, rows, sections
from tests.documents.pages import words_of as words
from tests.documents.samples import content, edition, full, owed_by, said

PAIR, CITY, ASSOCIATION = "pair-bergamo-sul-mare", "city-bergamo-sul-mare", "association-lead"
VISIT = (
    "Objectives", "Programme", "Participants by role", "Findings per key factor", "Ideas", "Obstacles", "Recommendations", "Follow-ups",
    "Quotes",
)  # fmt: skip
HEADINGS = {
    "D4.1": VISIT,
    "D5.1": VISIT,
    "D7.7": VISIT,
    "D5.3": ("Consultation", "Comments in figures", "Comments, responses and changes", "The mentor’s opinion"),
    "D6.1": (
        "Objectives", "Programme", "Participants by role", "What was transferred", "Peer feedback", "Evaluation", "Conclusions",
        "Follow-ups", "Materials",
    ),
    "D6.2": (
        "Audience", "Objectives", "Programme", "Participants by role", "Evaluation", "Competences before and after", "Materials",
        "Next steps",
    ),
}  # fmt: skip
SCOPES = {number: ASSOCIATION if number == "D6.2" else CITY if number == "D5.3" else PAIR for number in HEADINGS}


def whole(number: str, **sizes: int) -> dict[str, Any]:
    """All that was contributed to that document, with feedback on two plans."""
    found = full(number, SCOPES[number], **sizes)
    if "peer-review" in found["contributions"]:
        found["contributions"]["peer-review"] = [said("peer-feedback", PAIR, "norden", bodies.peer_review())]
    return found


def of_workshop(body: dict[str, Any], *reviews: dict[str, Any]) -> dict[str, Any]:
    found = {
        "workshop-record": [said("workshop-record", PAIR, "norden", body)],
        "peer-review": [said("peer-feedback", PAIR, "norden", review) for review in reviews],
        "benchmark": [said("benchmark", PAIR, "guide", benchmark())],
    }
    return content("D6.1", PAIR, found)


def log_of(comments: dict[str, Any]) -> dict[str, Any]:
    return content("D5.3", CITY, {"comments": [said("consultation", CITY, "bergamo-sul-mare", comments)]})


def body_of(whole: dict[str, Any]) -> str:
    return " ".join(sections(whole).values())


class TestEveryDocument:
    @pytest.mark.parametrize("number", HEADINGS)
    @pytest.mark.parametrize("is_whole", [True, False])
    def test_has_its_sections_in_order_whatever_came_in(self, number: str, is_whole: bool) -> None:
        found = list(sections(whole(number) if is_whole else content(number, SCOPES[number])))
        assert [heading for heading in found if heading in HEADINGS[number]] == list(HEADINGS[number])

    @pytest.mark.parametrize("number", HEADINGS)
    @pytest.mark.parametrize("is_whole", [True, False])
    def test_has_nothing_empty_below_a_heading(self, number: str, is_whole: bool) -> None:
        page = page_of(whole(number) if is_whole else content(number, SCOPES[number]))
        for heading in page.xpath("//main//*[self::h2 or self::h3 or self::h4][not(parent::header)]"):
            below = heading.getnext()
            assert below is not None, words(heading)
            assert below.tag > heading.tag or below.tag not in ("h2", "h3", "h4"), words(heading)
            assert words(below), words(heading)

    @pytest.mark.parametrize("number", HEADINGS)
    def test_says_in_every_section_who_owes_what_it_lacks(self, number: str) -> None:
        kinds = METHOD.by_number[number].draws_on
        gates = [key for key, gate in METHOD.gates.items() if gate.contribution in kinds]
        missing = [owed_by(key, f"Owner of {key}") for key in gates]
        for heading, text in sections(content(number, SCOPES[number], missing=missing)).items():
            assert "Owed by Owner of" in text, heading
            assert "5 March 2021" in text, heading

    @pytest.mark.parametrize("number", HEADINGS)
    def test_keeps_hostile_text_as_text(self, number: str) -> None:
        hostile = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} \u0645\u0631\u062d\u0628\u0627 " + "W" * 300
        found = whole(number)
        for items in found["contributions"].values():
            for item in items:
                item["body"] = spoilt(item["body"], hostile)
        page = page_of(found)
        assert page.xpath("//script | //main//img | //*[@onerror]") == []
        assert "{{ 7*7 }}" in words(page)

    @pytest.mark.parametrize("number", HEADINGS)
    def test_has_every_word_of_what_was_contributed(self, number: str) -> None:
        found = whole(number)
        shown = body_of(found)
        for kind, items in found["contributions"].items():
            if kind in ("comments", "opinion", "workshop-record", "peer-review", "academy-record"):
                for text in texts(items[-1]["body"]):
                    assert text in shown, (kind, text)

    @pytest.mark.parametrize("number", ["D4.1", "D5.1", "D7.7"])
    def test_has_the_same_sections_in_word(self, number: str) -> None:
        view = edition(whole(number))
        document = docx.Document(io.BytesIO(docx_of(render_html(view), view)))
        headings = [paragraph.text for paragraph in document.paragraphs if paragraph.style and paragraph.style.name == "Heading 1"]
        assert headings == [words(heading) for heading in page_of(whole(number)).xpath("//main//h2")]


def spoilt(value: Any, hostile: str) -> Any:
    """Every free text replaced."""
    if isinstance(value, dict):
        return {key: spoilt(item, hostile) for key, item in value.items()}
    if isinstance(value, list):
        return [spoilt(item, hostile) for item in value]
    is_free = isinstance(value, str) and not re.fullmatch(r"[a-z0-9-]*|[A-Z]+\d+|\d\d:\d\d", value) and not re.match(r"\d{4}-\d\d", value)
    return hostile if is_free else value


def texts(value: Any) -> list[str]:
    """Every paragraph of every free text."""
    if isinstance(value, dict | list):
        return [text for item in (value.values() if isinstance(value, dict) else value) for text in texts(item)]
    return str(value).split("\n\n") if isinstance(value, str) and " " in value else []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        *(("visit-agenda", bodies.visit_agenda(number)) for number in (1, 2, 3)),
        *(("visit-report", bodies.visit_report(number)) for number in (1, 2, 3)),
        ("comments", bodies.comments(300)),
        ("opinion", bodies.opinion()),
        ("workshop-record", bodies.workshop()),
        ("academy-record", bodies.academy()),
        ("peer-review", bodies.peer_review()),
    ],
)
def test_the_bodies_of_these_tests_are_valid(kind: str, body: dict[str, Any]) -> None:
    assert KINDS[kind].model_validate(body).model_dump(mode="json") == body


class TestTheCommentLog:
    @pytest.mark.parametrize(("count", "changed", "share"), [(1, 1, "100%"), (5, 3, "60%"), (300, 150, "50%")])
    def test_has_every_comment_with_its_answer_and_counts_them(self, count: int, changed: int, share: str) -> None:
        found = log_of(bodies.comments(count))
        table = rows(found, "Comments, responses and changes")
        assert len(table) == count
        assert table[0][1:] == [
            "Comment number 1: more evenings, please.",
            "Migrants' association",
            "Response number 1: yes, from autumn on.",
            "A1 has two more evenings.",
        ]
        figures = sections(found)["Comments in figures"]
        assert f"Led to a change in the plan {changed} ({share})" in figures
        assert f"Answered without a change {count - changed}" in figures

    def test_says_when_and_how_the_network_was_consulted(self) -> None:
        told = sections(log_of(bodies.comments()))["Consultation"]
        assert "When 20 November 2021 An evening at the school. The plan was read out in three languages." in told

    def test_says_who_has_not_told_when_and_how(self) -> None:
        told = sections(log_of(bodies.comments(held_on=None, summary="")))["Consultation"]
        assert told.count("Bergamo sul Mare has not said anything on this") == 2

    def test_says_that_nothing_changed_where_nothing_did(self) -> None:
        found = log_of(bodies.comments(comments=[bodies.comment(change="")]))
        assert rows(found, "Comments, responses and changes")[0][-1] == "none"
        assert "Led to a change in the plan 0 (0%)" in sections(found)["Comments in figures"]

    def test_lays_long_comments_out_as_cards(self) -> None:
        said_there = bodies.comment(comment="First paragraph.\n\n" + "word " * 1500)
        found = log_of(bodies.comments(comments=[said_there, bodies.comment(1)]))
        cards = [words(card) for card in page_of(found).xpath("//main//div[@class='card']")]
        assert cards[0].startswith("1. Migrants' association First paragraph. word")
        assert cards[1].endswith("Change in the plan none")

    def test_counts_author_roles_and_puts_the_rarest_together(self) -> None:
        roles = ["Migrants' association", "migrants' ASSOCIATION", *(f"Role {at}" for at in range(14))]
        said_there = [bodies.comment(at, author_role=role) for at, role in enumerate(roles)]
        counts = consultations.counts(said_there)
        assert counts["by_role"][0] == {"role": "Migrants' association", "all": 2, "changed": 1}
        assert (len(counts["by_role"]), counts["other_roles"], counts["others"]["all"]) == (12, 3, 3)
        assert "3 further roles" in body_of(log_of(bodies.comments(comments=said_there)))

    def test_carries_the_mentors_opinion_as_advice(self) -> None:
        told = sections(whole("D5.3"))["The mentor’s opinion"]
        assert "By Norden. The mentor’s opinion is advisory." in told
        assert "To keep A1" in told
        assert "To add A word on housing" in told
        assert "Nothing is named under: To change." in told

    def test_says_that_the_mentor_has_not_given_an_opinion(self) -> None:
        found = log_of(bodies.comments()) | {"missing": [owed_by("mentor-opinion", "Norden")]}
        assert "The mentor has not given an opinion. Owed by Norden" in sections(found)["The mentor’s opinion"]


class TestTheWorkshopReport:
    def test_says_what_went_from_whom_to_whom_and_for_which_key_factor(self) -> None:
        first, second = [words(card) for card in page_of(whole("D6.1")).xpath("//main//div[@class='card']")]
        assert first == (
            "The open house From Norden To Bergamo sul Mare Key factor KF2 Condition number 2 is in place "
            "How it is adapted In a school kitchen instead. On Fridays."
        )
        assert second.startswith("Asking in the queue From Bergamo sul Mare To Norden How it is adapted")

    def test_shows_ratings_strengths_gaps_and_suggestions_plan_by_plan(self) -> None:
        told = sections(whole("D6.1"))["Peer feedback"]
        assert "Norden has read 2 plans. Its feedback is advisory." in told
        own, _, other = told.partition("On the plan of Liepkalns")
        for part, plan in ((own, "bergamo-sul-mare"), (other, "liepkalns")):
            assert f"Each action of {plan} has an owner" in part
            assert f"{plan} leaves open who pays after a year" in part
            assert "Action A1 Begin a month earlier" in part
            assert "The whole plan One page that everybody can read" in part
            assert "The scale and the criteria are this software’s own. Not rated: It lasts." in part
        ratings = [row for row in rows(whole("D6.1"), "Peer feedback") if len(row) == 3]
        assert ratings[4] == ["It is paid for", "Reason for paid-for", "1/5"]

    def test_draws_a_bar_for_every_rating(self) -> None:
        bars = page_of(whole("D6.1")).xpath("//td[@class='bars']//*[local-name()='svg']/@aria-label")
        assert bars[:2] == ["It answers the needs: 5/5", "It is clear and complete: 4/5"]
        assert len(bars) == 2 * len(bodies.RATED) + len(bodies.workshop()["evaluation"])

    def test_says_who_owes_the_feedback(self) -> None:
        found = of_workshop(bodies.workshop()) | {"missing": [owed_by("peer-feedback", "Norden")]}
        assert "There is no feedback of the peers. Owed by Norden" in sections(found)["Peer feedback"]

    def test_says_nothing_that_was_left_out(self) -> None:
        bare = bodies.workshop(evaluation=[], comments=[], quotes=[], materials=[], follow_ups=[])
        review = {"reviews": [bodies.plan_review(suggestions=[])], "take_home": ["One desk"], "note": ""}
        found = of_workshop(bare, review)
        told = sections(found)
        assert not re.search("What they (wrote|said)|Suggestions", body_of(found))
        assert "Norden has read one plan." in told["Peer feedback"]
        for heading in ("Evaluation", "Materials", "Follow-ups"):
            assert "Norden has not said anything on this in “Record of the transfer workshop”." in told[heading]

    def test_prints_the_id_of_a_key_factor_whose_title_is_not_known(self) -> None:
        found = of_workshop(bodies.workshop(transferred=[bodies.transfer(key_factor="KF9")]))
        assert "Key factor KF9 How it is adapted" in sections(found)["What was transferred"]


class TestTheAcademyReport:
    def test_shows_audience_figures_competences_and_what_comes_next(self) -> None:
        told = sections(whole("D6.2"))
        assert "Academy on cities for all Hosted by Council of Cities When 10–11 Nov 2022" in told["The academy in short"]
        assert "Members with fewer than 50 000 residents" in told["Audience"]
        assert "34 people took part. 40 were invited." in told["Participants by role"]
        assert "I would use the toolkit. 3.5 30" in told["Evaluation"]
        assert "Using a benchmark 2.1 3.6 +1.5 30" in told["Competences before and after"]
        assert "Send the slides to all members Officer of the association 30 November 2022" in told["Next steps"]

    def test_says_what_the_association_left_out(self) -> None:
        bare = bodies.academy(evaluation=[], comments=[], competences=[], materials=[], follow_ups=[])
        found = content("D6.2", ASSOCIATION, {"academy-record": [said("academy-record", ASSOCIATION, "lead", bare)]})
        told = sections(found)
        for heading in ("Evaluation", "Competences before and after", "Materials"):
            assert "Council of Cities has not said anything on this in “Record of the academy”." in told[heading]
        assert "Follow-ups" not in told["Next steps"]

    def test_lists_sessions_by_day_in_the_order_of_their_hours(self) -> None:
        late, early = (session("2022-11-10", start, title) for start, title in (("14:00", "Later"), ("09:00", "Earlier")))
        body = bodies.academy(programme=[late, session("2022-11-11", "08:00", "Next day"), early])
        told = sections(content("D6.2", ASSOCIATION, {"academy-record": [said("academy-record", ASSOCIATION, "lead", body)]}))["Programme"]
        assert told.index("Earlier") < told.index("Later") < told.index("11 November 2022") < told.index("Next day")
