"""What changed between two versions of a page: sections found again, words compared, nothing lost and nothing made up."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.page_changes import MOST_BLOCKS, MOST_WORDS, Change, Effort, Kind, Run, Section, compare, sections_of, words_changed


def page(*sections: tuple[str, str], level: int = 2) -> str:
    """A document with those titles and inner HTML, numbered from 1."""
    inner = "".join(
        f'<section><h{level} id="s{number}"><span class="no">{number}</span> {title}</h{level}>{text}</section>'
        for number, (title, text) in enumerate(sections, 1)
    )
    about = '<section><h2 id="about"><span class="no">A</span> About</h2><p>SHA-256 0123</p></section>'
    return f"<html><body><header><p>Cover, version 0.1</p></header><main>{inner}{about}</main></body></html>"


def section(title: str, *blocks: str, number: str = "1") -> Section:
    return Section(number, title, f"s{number}", 2, blocks)


def changes(old: str, new: str) -> list[tuple[str, str]]:
    return [(change.section.title, str(change.kind)) for change in compare(sections_of(old), sections_of(new))]


def text(change: Change, *kinds: Kind) -> str:
    """The words of those kinds."""
    return " ".join(run.text for paragraph in change.paragraphs for run in paragraph if run.kind in kinds)


def test_sections_are_read_paragraph_by_paragraph_and_tables_row_by_row() -> None:
    inner = (
        "<p>One <b>bold</b>\n word.</p><ul><li>First</li><li>Second</li></ul>"
        "<table><caption>Costs</caption><tr><th>Staff</th><td>10<br>20</td><td></td></tr></table>"
        "<dl><div><dt>Actions</dt><dd>4</dd></div></dl><h3>Unnumbered</h3><p>Under it</p><svg><title>drawn</title></svg>"
    )
    (only,) = sections_of(page(("Needs", inner)))
    assert (only.number, only.title, only.anchor) == ("1", "Needs", "s1")
    assert only.blocks == ("One bold word.", "First", "Second", "Costs", "Staff | 10 / 20", "Actions: 4", "Unnumbered", "Under it")


def test_a_picture_is_compared_by_what_it_says_in_words() -> None:
    drawn = '<html><body><svg xmlns="http://www.w3.org/2000/svg"><desc>Capaci. Residents: 11,000.</desc></svg></body></html>'
    (only,) = sections_of(drawn)
    assert only.blocks == ("Capaci.", "Residents: 11,000.")
    (change,) = compare([only], sections_of(drawn.replace("11,000", "12,000")))
    assert (text(change, Kind.REMOVED), text(change, Kind.ADDED)) == ("11,000.", "12,000.")


def test_cover_and_notes_about_the_document_do_not_count() -> None:
    old = page(("Needs", "<p>Same</p>"))
    assert changes(old, old.replace("0.1", "0.2").replace("0123", "4567")) == [("Needs", "same")]


def test_a_changed_word_is_shown_between_the_words_around_it() -> None:
    (change,) = compare([section("Needs", "The old town is small.")], [section("Needs", "The new town is small.")])
    assert change.kind is Kind.CHANGED
    assert change.paragraphs == (
        (Run(Kind.SAME, "The"), Run(Kind.REMOVED, "old"), Run(Kind.ADDED, "new"), Run(Kind.SAME, "town is small.")),
    )


def test_a_section_put_in_before_others_leaves_them_unchanged_though_their_numbers_move() -> None:
    old = page(("Needs", "<p>N</p>"), ("Actions", "<p>A</p>"))
    new = page(("Context", "<p>C</p>"), ("Needs", "<p>N</p>"), ("Actions", "<p>A</p>"))
    assert changes(old, new) == [("Context", "added"), ("Needs", "same"), ("Actions", "same")]


def test_a_section_taken_out_stands_where_it_was_with_all_its_text() -> None:
    old = page(("Needs", "<p>N</p>"), ("Risks", "<p>Flood. Fire.</p>"), ("Actions", "<p>A</p>"))
    new = page(("Needs", "<p>N</p>"), ("Actions", "<p>A</p>"))
    assert changes(old, new) == [("Needs", "same"), ("Risks", "removed"), ("Actions", "same")]
    assert text(compare(sections_of(old), sections_of(new))[1], Kind.REMOVED) == "Flood. Fire."


def test_a_renamed_section_is_the_same_section_renamed() -> None:
    (change,) = compare(sections_of(page(("Old needs", "<p>N</p>"))), sections_of(page(("New needs", "<p>N</p>"))))
    assert change.paragraphs == ((Run(Kind.REMOVED, "Old"), Run(Kind.ADDED, "New"), Run(Kind.SAME, "needs")),)


def test_two_sections_of_one_title_are_kept_apart() -> None:
    old = page(("Why", "<p>One</p>"), ("Why", "<p>Two</p>"))
    assert changes(old, old.replace("Two", "Three")) == [("Why", "same"), ("Why", "changed")]


def test_a_paragraph_written_anew_is_shown_whole() -> None:
    assert list(words_changed("Everything was otherwise then.", "Nothing of this remains today here.", Effort())) == [
        Run(Kind.REMOVED, "Everything was otherwise then."),
        Run(Kind.ADDED, "Nothing of this remains today here."),
    ]


def test_far_from_a_change_unchanged_words_are_left_out() -> None:
    many = " ".join(f"w{number}" for number in range(100))
    runs = list(words_changed(f"{many} old", f"{many} new", Effort()))
    assert [run.kind for run in runs] == [Kind.GAP, Kind.SAME, Kind.REMOVED, Kind.ADDED]
    assert runs[1].text.startswith("w86")


def test_huge_texts_are_compared_without_taking_ages() -> None:
    long = " ".join(str(number % 7) for number in range(60 * MOST_WORDS))
    (change,) = compare([section("Needs", long)], [section("Needs", f"x {long}")])
    assert [run.kind for paragraph in change.paragraphs for run in paragraph] == [Kind.REMOVED, Kind.ADDED]
    lines = ["same"] * 2 * MOST_BLOCKS
    (change,) = compare([section("Needs", *lines)], [section("Needs", *lines, "more")])
    assert change.kind is Kind.CHANGED


def test_many_long_paragraphs_are_compared_as_wholes_once_it_has_taken_long_enough() -> None:
    old = [" ".join(str((at + number) % 3) for number in range(1000)) for at in range(20)]
    (change,) = compare([section("Needs", *old)], [section("Needs", *(f"{text} more" for text in old))])
    whole = [paragraph for paragraph in change.paragraphs if len(paragraph) == 1]
    assert 2 * 5 <= len(whole) < 2 * 20


WORDS = st.lists(st.sampled_from("a b c d e f".split()), max_size=12).map(" ".join)  # noqa: SIM905 - a list of a line


@settings(max_examples=80, deadline=None)
@given(WORDS, WORDS)
def test_what_is_not_removed_is_the_new_text_and_what_is_not_added_the_old(old: str, new: str) -> None:
    runs = list(words_changed(old, new, Effort()))
    assert " ".join(run.text for run in runs if run.kind is not Kind.REMOVED and run.text) == new
    assert " ".join(run.text for run in runs if run.kind is not Kind.ADDED and run.text) == old
    assert all(one.kind is not two.kind for one, two in pairwise(runs))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABCD"), WORDS), max_size=5), st.lists(st.tuples(st.sampled_from("ABCD"), WORDS), max_size=5))
def test_every_section_of_both_versions_is_told_of_once(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> None:
    before = [section(title, said, number=str(at)) for at, (title, said) in enumerate(old)]
    after = [section(title, said, number=str(at)) for at, (title, said) in enumerate(new)]
    found = compare(before, after)
    assert [change.section for change in found if change.kind is not Kind.REMOVED] == after
    matched = len(after) - sum(change.kind is Kind.ADDED for change in found)
    assert sum(change.kind is Kind.REMOVED for change in found) + matched == len(before)


def test_a_text_made_to_take_ages_to_compare_is_shown_as_taken_out_and_put_in() -> None:
    """Each word that recurs begins the comparison anew: this would take minutes, and costs no more than is granted."""
    old, new = (" ".join(f"a {other}{number}" for number in range(700)) for other in "xy")
    effort = Effort(500_000)
    assert [run.kind for run in words_changed(old, new, effort)] == [Kind.REMOVED, Kind.ADDED]
    assert 0 <= effort.left < 500_000
    assert [run.kind for run in words_changed("Staff of four", "Staff of six", Effort())] == [Kind.SAME, Kind.REMOVED, Kind.ADDED]
