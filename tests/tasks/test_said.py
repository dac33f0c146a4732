"""What models say in English is said in the reader's language, and what somebody wrote comes through as it was."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from deployments.catalogues.check import looks_english
from models.contribution_kinds import KINDS, validate_body
from models.errors import BadFile, Fault
from models.yaml_lines import load
from tasks.said import PLACE, SAID, faults_in_words, in_words
from tasks.wording import Words, translations
from tests.factories import definition
from tests.models.every_field import Field, fields, put, whole
from tests.models.test_contradictions import CASES

ITALIAN = Words("it")
BAD: tuple[Any, ...] = (None, [], {"a": 1}, "", "x" * 9000, -1, 3, 2**70, 0.5, True, "2021-02-30", "non\u202esuch", ["a", "b"], "a{b}%(c)s")
QUOTED = re.compile(r"'[^']*'|[\w.]+@[\w.]+")
TECHNICAL = {"true or false", "http:// or https://"}
"""Words that stand in a file as they are."""
SAYS = {"title", "description", "examples", "default", "properties"}
HOSTILE = ("'x' is given twice; give each once", "{value}", "%(what)s", "<b>&", "\\1", "a\u202eb\nc", "it's; the end")


def told(kind: str, body: Any) -> list[str]:
    """What is wrong with a body, as the models say it; nothing where it is taken."""
    try:
        validate_body(kind, body, None, "form", definition())
    except BadFile as bad:
        return [fault.message for fault in bad.faults]
    return []


def is_italian(message: str, said: str) -> bool:
    """Whether no English is left outside of quotation marks and lists of choices."""
    bare = QUOTED.sub(" ", said.partition("valori ammessi:")[0])
    for name in TECHNICAL:
        bare = bare.replace(name, " ")
    return said != message and not looks_english("it", (), bare)


def different(kind: str) -> list[Field]:
    """Fields of a kind whose schemas differ in more than their words: others are told the same."""
    seen: dict[str, Field] = {}
    for field in fields(kind):
        shape = {key: value for key, value in field.schema.items() if key not in SAYS}
        seen.setdefault(json.dumps(shape, sort_keys=True), field)
    return list(seen.values())


def test_every_fault_a_value_of_the_wrong_shape_can_have_is_said_in_italian() -> None:
    shapes, messages = set(), set[str]()
    for kind in KINDS:
        body = whole(kind)
        for field in different(kind):
            shape = json.dumps([field.schema.get(key) for key in ("type", "pattern", "enum", "minimum", "maxLength", "format", "unit")])
            if shape not in shapes:
                shapes.add(shape)
                messages |= {message for value in BAD for message in told(kind, put(body, field.path, value))}
        messages |= set(told(kind, {"nonsuch": 1}))
    assert len(messages) > 150
    said = {message: in_words(ITALIAN, message) for message in sorted(messages)}
    assert {message: italian for message, italian in said.items() if not is_italian(message, italian)} == {}


def test_every_contradiction_is_told_in_italian() -> None:
    for _, kind, change, _, _ in CASES:
        for message in told(kind, change(whole(kind))):
            assert is_italian(message, in_words(ITALIAN, message)), (message, in_words(ITALIAN, message))


WRITING = ("a: [", "a: 1\na: 2", "\ta: 1", "- 1", "", "a: *b", "a: !!python/name:os 1", "a: 1\n---\nb: 2", "a: \x07")


@pytest.mark.parametrize("text", WRITING)
def test_every_fault_of_a_files_writing_is_told_in_italian(text: str) -> None:
    with pytest.raises(BadFile) as bad:
        load(text, "needs.yaml")
    for fault, line in zip(bad.value.faults, faults_in_words(ITALIAN, bad.value), strict=True):
        assert line.startswith(f"needs.yaml:{fault.line}: ")
        assert in_words(ITALIAN, fault.message) in line
        assert in_words(ITALIAN, fault.message) != fault.message


def sentences() -> list[str]:
    """Every sentence of the models that the catalogue has."""
    known = translations("it")._catalog  # type: ignore[attr-defined]
    return [key.removeprefix(f"{SAID}\x04") for key in known if isinstance(key, str) and key.startswith(f"{SAID}\x04")]


def is_foreign(sentence: str, place: re.Match[str]) -> bool:
    """Whether what somebody wrote may stand there: in quotation marks in the models' sentences."""
    return place[1].startswith("given") or sentence[: place.start()].endswith(("'", "“"))


def test_every_sentence_of_the_models_is_found_again_and_its_values_stay_as_they_are() -> None:
    assert len(sentences()) > 200
    for sentence in sentences():
        values = {
            place[1]: f"{HOSTILE[number % len(HOSTILE)]}{number}" if is_foreign(sentence, place) else f"v{number}"
            for number, place in enumerate(PLACE.finditer(sentence))
        }
        values |= {name: f"'{value}'" for name, value in values.items() if name.startswith("given")}
        message = PLACE.sub(lambda place, values=values: values[place[1]], sentence)
        said = in_words(ITALIAN, message)
        assert all(value in said for value in values.values()), (message, said)
        literal = PLACE.sub(" ", sentence)
        assert said != message or not looks_english("it", (), literal), message


def test_words_of_ours_inside_a_sentence_are_translated_and_the_same_words_of_somebody_are_not() -> None:
    assert in_words(ITALIAN, "must be a number, not a list") == "deve essere un numero, non un elenco"
    assert in_words(ITALIAN, "must be a number, not 'a list'") == "deve essere un numero, non 'a list'"
    assert in_words(ITALIAN, "there is no theme called 'theme' in this programme. Choose one of: work") == (
        "tema: 'theme' non esiste in questo programma. Scegliere tra: work"
    )


def test_days_gates_and_countries_in_a_sentence_are_written_as_the_language_writes_them() -> None:
    assert in_words(ITALIAN, "2021-03-16 is still to come; report it once it has taken place").startswith(
        "16 marzo 2021 deve ancora venire"
    )
    assert in_words(ITALIAN, "needs @ city-cedar is pending: there is nothing to decide now.").startswith(
        "“Questionario di valutazione delle esigenze” (city-cedar) risulta in attesa"
    )
    assert in_words(ITALIAN, "Cedar: public holiday in Italy (PA): Epifania") == "Cedar: giorno festivo in Italia (PA): Epifania"


def test_reasons_that_stand_in_one_text_are_said_one_by_one() -> None:
    said = in_words(ITALIAN, "no earlier than 10 working days after it opened; Cedar: weekend")
    assert said == "non prima di 10 giorni lavorativi dall’apertura; Cedar: fine settimana"


def test_what_a_page_has_made_a_sentence_of_is_found_again() -> None:
    assert in_words(ITALIAN, "Must not be empty.") == "Non deve essere vuoto."


@pytest.mark.parametrize("message", ["", "Something else entirely", "x" * 5000, "{value}", "the", "Il testo di qualcuno; e altro"])
def test_what_no_model_says_stays_as_it_is(message: str) -> None:
    assert in_words(ITALIAN, message) == message


def test_english_readers_and_readers_without_a_catalogue_read_what_the_model_says() -> None:
    bad = BadFile("a.yaml", [Fault(3, "needs.0.title", "must not be empty"), Fault(1, "", "the file is empty")])
    for language in ("en", "tlh", "lv"):
        assert faults_in_words(Words(language), bad) == bad.lines()
    assert faults_in_words(ITALIAN, bad) == ["a.yaml:1: il file è vuoto", "a.yaml:3: needs.0.title: non deve essere vuoto"]
