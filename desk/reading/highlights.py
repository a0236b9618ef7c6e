"""A text in pieces: wherever a citation or a suggestion begins or ends, the words are cut."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from policy.sources.citations import PARAGRAPH_PATTERN
from policy.suggestions import Suggestion

# What turns or hides words on a page without being seen.
INVISIBLE_CHARACTERS = re.compile(
    "[\u00ad\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
MAX_BLOCKS_PER_PAGE, MAX_CHARACTERS_PER_PAGE = 200, 60_000  # of a page
MAX_BLOCK_LENGTH = 10_000  # characters of a block: paragraphs beyond are cut


class TextBlock(NamedTuple):
    """A paragraph, or a part of one that is too long; offsets count in the whole text."""

    number: int
    start: int
    end: int


@dataclass
class NumberedCitation:
    """A citation with its number on the page."""

    number: int
    start: int
    end: int
    citation: Any


Highlight = TypeVar("Highlight", NumberedCitation, Suggestion)


@dataclass
class TextSegment:
    """Words that the same citations and suggestions cover."""

    start: int
    words: str
    cited: list[NumberedCitation] = field(default_factory=list)
    suggested: list[Suggestion] = field(default_factory=list)
    ending_citations: list[NumberedCitation] = field(
        default_factory=list
    )  # whose last words these are
    control_code: str = ""  # the code of a character that nobody would see

    @property
    def title(self) -> str:
        cited = [f"Cited for {one.citation.action} [{one.number}]" for one in self.cited]
        return "\n".join([*cited, *(row.title for row in self.suggested)])


def split_into_segments(
    block: TextBlock, text: str, cited: list[NumberedCitation], suggested: list[Suggestion]
) -> list[TextSegment]:
    mine = [row for row in cited if row.start < block.end and block.start < row.end]
    near = [row for row in suggested if row.start < block.end and block.start < row.end]
    controls = [
        found.span() for found in INVISIBLE_CHARACTERS.finditer(text, block.start, block.end)
    ]
    cuts = segment_boundaries(block, [*((row.start, row.end) for row in (*mine, *near)), *controls])
    hidden = {start for start, _ in controls}
    return [
        TextSegment(
            start,
            text[start:end],
            quoted,
            meant,
            [row for row in quoted if row.end == end],
            f"U+{ord(text[start]):04X}" if start in hidden else "",
        )
        for (start, end), quoted, meant in zip(
            pairwise(cuts),
            iter_covering_highlights(cuts, mine),
            iter_covering_highlights(cuts, near),
            strict=True,
        )
    ]


def iter_covering_highlights(cuts: list[int], rows: list[Highlight]) -> Iterator[list[Highlight]]:
    """For each piece the marks that cover it."""
    waiting = deque(sorted(rows, key=lambda row: row.start))
    open_rows: list[Highlight] = []
    for start in cuts[:-1]:
        open_rows = [row for row in open_rows if row.end > start]
        while waiting and waiting[0].start <= start:
            open_rows.append(waiting.popleft())
        yield open_rows


def segment_boundaries(block: TextBlock, spans: Iterable[tuple[int, int]]) -> list[int]:
    ends = {end for span in spans for end in span if block.start < end < block.end}
    return sorted(ends | {block.start, block.end})


# Pages


def iter_blocks(text: str) -> Iterator[TextBlock]:
    for number, found in enumerate(PARAGRAPH_PATTERN.finditer(text), 1):
        start, end = found.span()
        for cut in range(start, end, MAX_BLOCK_LENGTH):
            yield TextBlock(number, cut, min(cut + MAX_BLOCK_LENGTH, end))


def paginate_blocks(text: str) -> list[list[TextBlock]]:
    """At least one, perhaps empty."""
    found: list[list[TextBlock]] = [[]]
    for block in iter_blocks(text):
        page = found[-1]
        if page and (
            len(page) == MAX_BLOCKS_PER_PAGE or block.end - page[0].start > MAX_CHARACTERS_PER_PAGE
        ):
            found.append(page := [])
        page.append(block)
    return found


def page_index_at(found: list[list[TextBlock]], offset: int) -> int:
    """The number, from 0, of the page on which an offset stands."""
    begun = [number for number, page in enumerate(found) if page and page[0].start <= offset]
    return begun[-1] if begun else 0
