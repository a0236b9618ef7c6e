"""A text in pieces: wherever a citation or a suggestion begins or ends, the words are cut."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from policy.sources.citations import PARAGRAPH
from policy.suggestions import Suggestion

# What turns or hides words on a page without being seen.
CONTROLS = re.compile("[\u00ad\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
MOST_BLOCKS, MOST_CHARACTERS = 200, 60_000  # of a page
LONGEST = 10_000  # characters of a block: paragraphs beyond are cut


class Block(NamedTuple):
    """A paragraph, or a part of one that is too long; offsets count in the whole text."""

    number: int
    start: int
    end: int


@dataclass
class Cited:
    """A citation with its number on the page."""

    number: int
    start: int
    end: int
    row: Any


Mark = TypeVar("Mark", Cited, Suggestion)


@dataclass
class Piece:
    """Words that the same citations and suggestions cover."""

    start: int
    words: str
    cited: list[Cited] = field(default_factory=list)
    suggested: list[Suggestion] = field(default_factory=list)
    ending: list[Cited] = field(default_factory=list)  # whose last words these are
    control: str = ""  # the code of a character that nobody would see

    @property
    def title(self) -> str:
        cited = [f"Cited for {one.row.action} [{one.number}]" for one in self.cited]
        return "\n".join([*cited, *(row.title for row in self.suggested)])


def pieces(block: Block, text: str, cited: list[Cited], suggested: list[Suggestion]) -> list[Piece]:
    mine = [row for row in cited if row.start < block.end and block.start < row.end]
    near = [row for row in suggested if row.start < block.end and block.start < row.end]
    controls = [found.span() for found in CONTROLS.finditer(text, block.start, block.end)]
    cuts = boundaries(block, [*((row.start, row.end) for row in (*mine, *near)), *controls])
    hidden = {start for start, _ in controls}
    return [
        Piece(
            start,
            text[start:end],
            quoted,
            meant,
            [row for row in quoted if row.end == end],
            f"U+{ord(text[start]):04X}" if start in hidden else "",
        )
        for (start, end), quoted, meant in zip(
            pairwise(cuts), covering(cuts, mine), covering(cuts, near), strict=True
        )
    ]


def covering(cuts: list[int], rows: list[Mark]) -> Iterator[list[Mark]]:
    """For each piece the marks that cover it."""
    waiting = deque(sorted(rows, key=lambda row: row.start))
    open_rows: list[Mark] = []
    for start in cuts[:-1]:
        open_rows = [row for row in open_rows if row.end > start]
        while waiting and waiting[0].start <= start:
            open_rows.append(waiting.popleft())
        yield open_rows


def boundaries(block: Block, spans: Iterable[tuple[int, int]]) -> list[int]:
    ends = {end for span in spans for end in span if block.start < end < block.end}
    return sorted(ends | {block.start, block.end})


# Pages


def blocks(text: str) -> Iterator[Block]:
    for number, found in enumerate(PARAGRAPH.finditer(text), 1):
        start, end = found.span()
        for cut in range(start, end, LONGEST):
            yield Block(number, cut, min(cut + LONGEST, end))


def pages(text: str) -> list[list[Block]]:
    """At least one, perhaps empty."""
    found: list[list[Block]] = [[]]
    for block in blocks(text):
        page = found[-1]
        if page and (len(page) == MOST_BLOCKS or block.end - page[0].start > MOST_CHARACTERS):
            found.append(page := [])
        page.append(block)
    return found


def page_at(found: list[list[Block]], offset: int) -> int:
    """The number, from 0, of the page on which an offset stands."""
    begun = [number for number, page in enumerate(found) if page and page[0].start <= offset]
    return begun[-1] if begun else 0
