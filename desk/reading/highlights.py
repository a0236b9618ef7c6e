"""Split a text into pages, blocks and segments, for a page that highlights parts of it.

A segment is the text between two boundaries. A boundary is wherever a citation or a suggestion
begins or ends.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, TypeVar

from policy.models import Citation
from policy.sources.citations import PARAGRAPH_PATTERN
from policy.suggestions import Suggestion

# Characters that are not visible, but reorder or hide other characters.
INVISIBLE_CHARACTERS = re.compile(
    "[\u00ad\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
MAX_BLOCKS_PER_PAGE, MAX_CHARACTERS_PER_PAGE = 200, 60_000
MAX_BLOCK_LENGTH = 10_000  # characters; longer paragraphs are split


class TextBlock(NamedTuple):
    """A paragraph, or a part of a long one. Offsets are from the start of the whole text."""

    number: int  # of the paragraph, from 1
    start: int
    end: int


@dataclass
class NumberedCitation:
    """A citation with its number on the page, from 1."""

    number: int
    start: int
    end: int
    citation: Citation


Highlight = TypeVar("Highlight", NumberedCitation, Suggestion)


@dataclass
class TextSegment:
    """Text that is covered by the same citations and suggestions from end to end."""

    start: int
    words: str
    cited: list[NumberedCitation] = field(default_factory=list)
    suggested: list[Suggestion] = field(default_factory=list)
    ending_citations: list[NumberedCitation] = field(default_factory=list)
    control_code: str = ""  # such as U+202E, if this is one invisible character

    @property
    def title(self) -> str:
        cited = [f"Cited for {row.citation.action} [{row.number}]" for row in self.cited]
        return "\n".join([*cited, *(suggestion.title for suggestion in self.suggested)])


def split_into_segments(
    block: TextBlock, text: str, cited: list[NumberedCitation], suggested: list[Suggestion]
) -> list[TextSegment]:
    """Return the segments of a block. `text` is the whole text, the highlights those of a page."""
    citations = [row for row in cited if row.start < block.end and block.start < row.end]
    suggestions = [row for row in suggested if row.start < block.end and block.start < row.end]
    controls = [
        match.span() for match in INVISIBLE_CHARACTERS.finditer(text, block.start, block.end)
    ]
    spans = [(row.start, row.end) for row in citations]
    spans += [(row.start, row.end) for row in suggestions]
    boundaries = segment_boundaries(block, [*spans, *controls])
    control_starts = {start for start, _ in controls}
    return [
        TextSegment(
            start,
            text[start:end],
            covering_citations,
            covering_suggestions,
            [row for row in covering_citations if row.end == end],
            f"U+{ord(text[start]):04X}" if start in control_starts else "",
        )
        for (start, end), covering_citations, covering_suggestions in zip(
            pairwise(boundaries),
            iter_covering_highlights(boundaries, citations),
            iter_covering_highlights(boundaries, suggestions),
            strict=True,
        )
    ]


def iter_covering_highlights(
    boundaries: list[int], highlights: list[Highlight]
) -> Iterator[list[Highlight]]:
    """Yield, for each segment between two boundaries, the highlights that cover it."""
    waiting = deque(sorted(highlights, key=lambda row: row.start))
    covering: list[Highlight] = []
    for start in boundaries[:-1]:
        covering = [row for row in covering if row.end > start]
        while waiting and waiting[0].start <= start:
            covering.append(waiting.popleft())
        yield covering


def segment_boundaries(block: TextBlock, spans: Iterable[tuple[int, int]]) -> list[int]:
    """Return the sorted offsets at which a block is split, its own ends included."""
    ends = {end for span in spans for end in span if block.start < end < block.end}
    return sorted(ends | {block.start, block.end})


def iter_blocks(text: str) -> Iterator[TextBlock]:
    for number, match in enumerate(PARAGRAPH_PATTERN.finditer(text), 1):
        start, end = match.span()
        for cut in range(start, end, MAX_BLOCK_LENGTH):
            yield TextBlock(number, cut, min(cut + MAX_BLOCK_LENGTH, end))


def paginate_blocks(text: str) -> list[list[TextBlock]]:
    """Return the blocks of each page. There is always a page, which may be empty."""
    pages: list[list[TextBlock]] = [[]]
    for block in iter_blocks(text):
        page = pages[-1]
        if page and (
            len(page) == MAX_BLOCKS_PER_PAGE or block.end - page[0].start > MAX_CHARACTERS_PER_PAGE
        ):
            pages.append(page := [])
        page.append(block)
    return pages


def page_index_at(pages: list[list[TextBlock]], offset: int) -> int:
    """Return the index, from 0, of the page that contains an offset."""
    started = [index for index, page in enumerate(pages) if page and page[0].start <= offset]
    return started[-1] if started else 0
