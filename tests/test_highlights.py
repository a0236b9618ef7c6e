"""A text is cut wherever a citation or a suggestion begins or ends, and loses nothing."""

from types import SimpleNamespace

import pytest

from desk.reading.highlights import (
    MAX_BLOCK_LENGTH,
    MAX_BLOCKS_PER_PAGE,
    MAX_CHARACTERS_PER_PAGE,
    NumberedCitation,
    TextBlock,
    page_index_at,
    paginate_blocks,
    split_into_segments,
)
from policy.sources.citations import paragraph_number_at
from policy.suggestions import Suggestion

pytestmark = pytest.mark.postgresql


def cited(number: int, start: int, end: int) -> NumberedCitation:
    return NumberedCitation(number, start, end, SimpleNamespace(action=f"action {number}"))


def suggested(start: int, end: int, kind: str = "date") -> Suggestion:
    return Suggestion(start, end, kind, None, f"{kind} {start}-{end}")


def cut(
    text: str, *marks: NumberedCitation | Suggestion, block: TextBlock | None = None
) -> list[tuple]:
    """(words, citations, suggestions, citations that end) of each piece."""
    rows = split_into_segments(
        block or TextBlock(1, 0, len(text)),
        text,
        [mark for mark in marks if isinstance(mark, NumberedCitation)],
        [mark for mark in marks if isinstance(mark, Suggestion)],
    )
    return [
        (
            row.words,
            [one.number for one in row.cited],
            [one.start for one in row.suggested],
            [one.number for one in row.ending_citations],
        )
        for row in rows
    ]


def test_without_marks_it_is_one_piece():
    assert cut("abc") == [("abc", [], [], [])]


def test_marks_that_overlap_share_the_words_between():
    assert cut("abcdefgh", cited(1, 0, 5), cited(2, 3, 8)) == [
        ("abc", [1], [], []),
        ("de", [1, 2], [], [1]),
        ("fgh", [2], [], [2]),
    ]


def test_marks_may_lie_inside_each_other():
    assert cut("abcdefgh", cited(1, 0, 8), suggested(2, 6), suggested(3, 4, "type")) == [
        ("ab", [1], [], []),
        ("c", [1], [2], []),
        ("d", [1], [2, 3], []),
        ("ef", [1], [2], []),
        ("gh", [1], [], [1]),
    ]


def test_the_same_words_are_cited_twice():
    assert cut("abc", cited(1, 0, 3), cited(2, 0, 3)) == [("abc", [1, 2], [], [1, 2])]


def test_marks_reach_beyond_a_block():
    block = TextBlock(2, 5, 8)
    assert cut("one\n\ntwo", cited(1, 0, 6), suggested(7, 20), block=block) == [
        ("t", [1], [], [1]),
        ("w", [], [], []),
        ("o", [], [7], []),
    ]


def test_offsets_count_code_points():
    assert cut("\U0001f600中é", cited(1, 1, 2)) == [
        ("\U0001f600", [], [], []),
        ("中", [1], [], [1]),
        ("é", [], [], []),
    ]


def test_characters_that_nobody_sees_stand_alone_and_are_named():
    rows = split_into_segments(TextBlock(1, 0, 4), "a\u202eb\u200b", [], [])
    assert [(row.words, row.control_code) for row in rows] == [
        ("a", ""),
        ("\u202e", "U+202E"),
        ("b", ""),
        ("\u200b", "U+200B"),
    ]


def test_a_piece_says_what_covers_it():
    (row,) = split_into_segments(TextBlock(1, 0, 3), "abc", [cited(7, 0, 3)], [suggested(0, 3)])
    assert row.title == "Cited for action 7 [7]\ndate 0-3"


# Pages


def test_paragraphs_are_numbered_as_citations_number_them():
    text = "\n\n one\n \n\ntwo\nlines \n\n\U0001f600\n"
    ((*found,),) = paginate_blocks(text)
    assert [text[row.start : row.end] for row in found] == ["one", "two\nlines ", "\U0001f600\n"]
    assert [row.number for row in found] == [paragraph_number_at(text, row.start) for row in found]


@pytest.mark.parametrize("text", ["", " \n\n "])
def test_a_text_without_words_is_one_empty_page(text):
    assert paginate_blocks(text) == [[]]
    assert page_index_at(paginate_blocks(text), 5) == 0


def test_pages_have_a_number_of_paragraphs():
    found = paginate_blocks("\n\n".join("a" * (2 * MAX_BLOCKS_PER_PAGE + 1)))
    assert [len(page) for page in found] == [MAX_BLOCKS_PER_PAGE, MAX_BLOCKS_PER_PAGE, 1]
    assert found[1][0] == TextBlock(
        MAX_BLOCKS_PER_PAGE + 1, 3 * MAX_BLOCKS_PER_PAGE, 3 * MAX_BLOCKS_PER_PAGE + 1
    )


def test_pages_have_a_length_and_long_paragraphs_are_cut():
    length = MAX_CHARACTERS_PER_PAGE + MAX_BLOCK_LENGTH // 2
    found = paginate_blocks("a" * length)
    assert [len(page) for page in found] == [MAX_CHARACTERS_PER_PAGE // MAX_BLOCK_LENGTH, 1]
    rows = [row for page in found for row in page]
    assert {row.number for row in rows} == {1}
    assert [row.start for row in rows[1:]] == [row.end for row in rows[:-1]]
    assert (rows[0].start, rows[-1].end) == (0, length)


@pytest.mark.parametrize(("offset", "page"), [(0, 0), (599, 0), (600, 1), (10**8, 2)])
def test_an_offset_stands_on_a_page(offset, page):
    assert page_index_at(paginate_blocks("\n\n".join("a" * 401)), offset) == page
