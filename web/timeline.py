"""A picture of actions in time: dated ones as marks, open or long intervals as bars."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from web import words
from web.reading import Headline

SIGNS = {
    "prohibit": "−−",
    "restrict": "−",
    "neutral": "=",
    "permit": "+",
    "promote": "++",
    "mixed": "±",
}
GAP, ROW, SIZE, ACROSS = 30, 28, 24, 3
NARROWEST, WIDEST, PICTURE = 88, 190, 1070  # a month, a month, all of them where they fit
AXIS, LETTER = 44, 6.6
Span = tuple[Headline, int | None, int | None]


@dataclass(frozen=True)
class Mark:
    """An action in the picture, in pixels from its upper left corner."""

    headline: Headline
    x: int
    y: int
    width: int = SIZE
    opens: str = ""

    @property
    def sign(self) -> str:
        return SIGNS.get(self.headline.stance, "·")

    @property
    def label(self) -> str:
        """As much of the title as the bar has room for."""
        room = int((self.width - 40) / LETTER)
        title = self.headline.title
        return title if len(title) <= room else f"{title[: room - 1].rstrip()}…" if room > 8 else ""

    @property
    def sign_x(self) -> float:
        return self.x + (SIZE / 2 if self.width == SIZE else 16)

    @property
    def label_x(self) -> int:
        return self.x + 32

    @property
    def text_y(self) -> int:
        return self.y + SIZE - 7


@dataclass(frozen=True)
class Column:
    x: int
    month: str
    year: str
    broken: bool


def month_of(day: str) -> int:
    found = date.fromisoformat(day)
    return found.year * 12 + found.month - 1


def months(headline: Headline) -> tuple[int | None, int | None]:
    """The months of the main date's ends; an open end is None."""
    row = headline.main_date or {"earliest": None, "latest": None}
    first, last = (row[end] and month_of(row[end]) for end in ("earliest", "latest"))
    return first, last


class Timeline:
    """Months that hold something stand side by side, with a break where time is left out."""

    def __init__(self, headlines: Sequence[Headline]) -> None:
        spans = [(headline, *months(headline)) for headline in headlines]
        found = sorted({end for _, *ends in spans for end in ends if end is not None})
        breaks = sum(after > before + 1 for before, after in pairwise(found))
        room = (PICTURE - GAP * breaks) // (len(found) or 1)
        self.column = max(NARROWEST, min(WIDEST, room))
        self.at = places(found, self.column)
        self.end = max(self.at.values(), default=-self.column) + self.column
        self.undated_x = self.end + GAP
        piles = [
            (headline, self.undated_x if first is None else self.at[first])
            for headline, first, last in spans
            if first == last
        ]
        self.undated = any(x == self.undated_x for _, x in piles)
        self.marks = list(piled(piles))
        self.axis = max((mark.y for mark in self.marks), default=-ROW) + ROW
        self.bars = list(self.packed([span for span in spans if span[1] != span[2]]))
        self.bars_y = self.axis + AXIS
        self.height = self.bars_y + max((bar.y for bar in self.bars), default=-ROW) + ROW
        self.width = self.undated_x + self.column if self.undated else self.end

    @property
    def columns(self) -> list[Column]:
        return [
            Column(x, words.MONTHS[month % 12][:3], str(month // 12), month - 1 not in self.at)
            for month, x in self.at.items()
        ]

    def packed(self, spans: list[Span]) -> Iterator[Mark]:
        """Bars in as few rows as they need: each goes to the first row with room."""
        taken: list[int] = []
        for headline, first, last in sorted(spans, key=lambda span: (span[1] or 0, span[2] or 0)):
            x = 0 if first is None else self.at[first]
            end = self.end if last is None else self.at[last] + self.column - 8
            row = next((n for n, until in enumerate(taken) if until <= x), len(taken))
            taken[row : row + 1] = [end]
            opens = "left" if first is None else "right" if last is None else ""
            yield Mark(headline, x, row * ROW, end - x, opens)


def places(found: Sequence[int], column: int) -> dict[int, int]:
    """Where each month begins: next to the one before, or after a break."""
    at: dict[int, int] = {}
    x = 0
    for month in found:
        x += GAP if at and month - 1 not in at else 0
        at[month] = x
        x += column
    return at


def piled(piles: Sequence[tuple[Headline, int]]) -> Iterator[Mark]:
    """Marks of one month, three in a row, piled up from the axis."""
    sizes = Counter(x for _, x in piles)
    highest = -(-max(sizes.values(), default=0) // ACROSS)
    seen: Counter[int] = Counter()
    for headline, x in piles:
        row, across = divmod(seen[x], ACROSS)
        seen[x] += 1
        yield Mark(headline, x + across * ROW, (highest - row - 1) * ROW)
