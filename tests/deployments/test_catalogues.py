"""The catalogues: nothing that is said is left out, the check finds what is wrong, and a language is one file more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from deployments.catalogues import __main__ as command
from deployments.catalogues import check, files, literal
from deployments.catalogues.texts import Message, messages
from tasks import wording
from tasks.rendering import environment
from tasks.said import SAID, in_words
from tasks.wording import Words
from tests.deployments.desk_world import launched, lead
from tests.pseudo import OPEN, spoken_here
from tests.tongues import visible

SENTENCE = Message("Give %(count)s days, %(name)s.", places={"a.html"})


@pytest.fixture(scope="module")
def said() -> dict[tuple[str, str], Message]:
    return messages()


def catalogue(
    text: str | tuple[str, ...], string: str | tuple[str, ...], *, context: str | None = None, flags: tuple[str, ...] = ()
) -> Catalog:
    made = Catalog(locale="it")
    made.add(text, string, context=context, flags=flags)
    return made


def found(made: Catalog, *said: Message) -> list[str]:
    return [problem.partition(":")[0] for problem in check.problems("it", made, {message.key: message for message in said})]


# -- as it is


def test_every_catalogue_is_complete_and_no_template_has_words_outside(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["check"]) == 0, capsys.readouterr().out


def test_what_is_said_is_found_wherever_it_is_said(said: dict[tuple[str, str], Message]) -> None:
    for text in (
        "What do you decide?",  # a template's block
        "Lead beneficiary",  # a template's call
        "Choose what you decide: approve, return or reject.",  # Python
        "In person", "in person",  # a word to choose from
        "The need in one line",  # a field's description
        "Target group",  # a field's name
        "people",  # a unit
        "mayor's delegate",  # a role
        "Needs assessment questionnaire", "Needs assessment: the mayor's delegate approves", "Needs assessment",  # a gate, its thing
        "Every child in school",  # an example
        "Catalogue of good practices",  # a deliverable
        "“%(topic)s” is ready and waits for your decision.",  # a mail
    ):  # fmt: skip
        assert ("", text) in said, text
    for text in (
        "'{value}' is given twice; give each once",
        "there is no {what} called '{value}' {where}. Did you mean '{near}'? Choose one of: {listed}",
        "{label} is {state}: there is nothing to decide now.",
        "This link is too old. Ask for a new one: it will be sent to the same mailbox.",
        "{revision_working_days} working days to revise",
    ):
        assert (SAID, text) in said, text


# -- what the check finds


def test_the_check_finds_what_is_not_translated_or_doubtful() -> None:
    good = "Indicare %(count)s giorni, %(name)s."
    assert found(catalogue(SENTENCE.text, good), SENTENCE) == []
    assert found(catalogue(SENTENCE.text, ""), SENTENCE) == ["not translated"]
    assert found(catalogue(SENTENCE.text, good, flags=("fuzzy",)), SENTENCE) == ["doubtful (fuzzy)"]
    assert found(Catalog(locale="it"), SENTENCE) == ["not in the catalogue"]
    assert found(catalogue(SENTENCE.text, good)) == ["said nowhere any more"]
    plural = Message("%(count)s day", "%(count)s days", places={"a.html"})
    assert found(catalogue(("%(count)s day", "%(count)s days"), ("un giorno", "%(count)s giorni")), plural) == []
    assert found(catalogue(("%(count)s day", "%(count)s days"), ("un giorno", "giorni")), plural) == ["places differ, count"]


@pytest.mark.parametrize(
    ("string", "problem"),
    [
        ("Indicare %(count)s giorni.", "places differ, name"),
        ("Indicare %(counts)s giorni, %(name)s.", "places differ, count, counts"),
        ("Indicare %(count)s giorni, %(name)s: 5 %", "a stray % sign"),
        (" Indicare %(count)s giorni, %(name)s.", "spaces at its ends differ"),
        ("Indicare <b>%(count)s giorni</b>, %(name)s.", "tags differ"),
        ("Indicare %(count)s\ngiorni, %(name)s.", "line breaks differ"),
        ("Give %(count)s days, %(name)s.", "looks English"),
        ("Indicare the %(count)s giorni, %(name)s.", "looks English"),
    ],
)
def test_the_check_finds_a_translation_that_breaks_or_stayed_english(string: str, problem: str) -> None:
    assert found(catalogue(SENTENCE.text, string), SENTENCE) == [problem]


def test_the_check_compares_the_places_of_the_models_sentences() -> None:
    message = Message("{start} is after {end}", context=SAID, places={"a.py"})
    assert found(catalogue(message.text, "{start} è dopo {end}", context=SAID), message) == []
    assert found(catalogue(message.text, "{inizio} è dopo {end}", context=SAID), message) == ["places differ, inizio, start"]


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Hello there</p>",
        '<img alt="A map">',
        '<a title="Read it">x</a>',
        '<nav aria-label="Pages"></nav>',
        '<input placeholder="Your name">',
    ],
)
def test_words_outside_gettext_are_found_in_text_and_in_what_is_read_out(tmp_path: Path, markup: str) -> None:
    (tmp_path / "templates").mkdir()
    page = tmp_path / "templates" / "page.html"
    page.write_text(f"<h1>{{% trans %}}Fine{{% endtrans %}}</h1>\n{markup}\n")
    assert [line.partition(" ")[0] for line in literal.words_outside(tmp_path)] == ["templates/page.html:2:"]
    page.write_text('<p>{% trans %}Hello there{% endtrans %} {{ _("you") }} {# a note #}</p><code>key: value</code><p>PDF · 1 → 2</p>')
    assert list(literal.words_outside(tmp_path)) == []


def test_a_translation_that_went_out_of_use_comes_back_with_its_message() -> None:
    made = catalogue(SENTENCE.text, "Indicare %(count)s giorni, %(name)s.")
    without = files.updated(made, {})
    assert not list(files.entries(without))
    again = files.updated(without, {SENTENCE.key: SENTENCE})
    assert found(again, SENTENCE) == []


# -- a further language


def test_a_language_is_there_once_its_catalogue_is(tmp_path: Path) -> None:
    assert not wording.is_spoken("lv")
    with spoken_here(tmp_path):
        made = Catalog(locale="lv")
        made.add("What do you decide?", "Ko jūs nolemjat?")
        made.add(("%(days)s day left", "%(days)s days left"), ("%(days)s diena", "%(days)s dienas", "%(days)s dienu"))
        files.write("lv", made)
        assert wording.is_spoken("lv")
        assert Words("lv").gettext("What do you decide?") == "Ko jūs nolemjat?"
        assert [Words("lv").ngettext("%(days)s day left", "%(days)s days left", number) for number in (0, 1, 2)] == [
            "%(days)s dienu", "%(days)s diena", "%(days)s dienas",
        ]  # fmt: skip
        assert Words("lv").gettext("By when") == "By when"


@pytest.mark.parametrize("language", ["../../etc", "it/../it", "", "IT", "i", "it\x00", "it.po"])
def test_no_name_of_a_language_leads_out_of_the_folder_of_catalogues(language: str) -> None:
    assert wording.catalogue_of(language) is None


def test_a_page_in_a_language_nobody_speaks_has_no_words_outside_it_and_runs_from_right_to_left(tmp_path: Path) -> None:
    world = launched(tmp_path)
    with world.engine.execution_options(changing=True).begin() as connection:
        connection.exec_driver_sql("update contact set language = 'ar'")
    with spoken_here(tmp_path / "locales"):
        page = world.get(f"/a/{lead(world)}")
        assert '<html lang="ar" dir="rtl">' in page.text
        names = ("Orchard", "Cedar", "needs.city-cedar.yaml")
        outside = [text for text in visible(page.text) if OPEN not in text and re.search("[A-Za-z]{3}", text)]
        assert [text for text in outside if not any(name in text for name in names) and not re.fullmatch("[a-z0-9_-]+", text)] == []
        assert in_words(Words("ar"), "must not be empty").startswith(OPEN)
        assert environment("ar").globals["words"].direction == "rtl"
