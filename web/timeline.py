"""A picture of actions in time: dated ones as marks, open or long intervals as bars."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from web import text_formats
from web.action_text import ActionSummary

SIGN_BY_STANCE = {
    "prohibit": "−−",
    "restrict": "−",
    "neutral": "=",
    "permit": "+",
    "promote": "++",
    "mixed": "±",
}
BREAK_WIDTH, ROW_HEIGHT, MARK_SIZE, MARKS_PER_ROW = 30, 28, 24, 3
MIN_MONTH_WIDTH, MAX_MONTH_WIDTH, TIMELINE_WIDTH = (
    88,
    190,
    1070,
)  # a month, a month, all of them where they fit
AXIS_HEIGHT, LETTER_WIDTH = 44, 6.6
SummarySpan = tuple[ActionSummary, int | None, int | None]


@dataclass(frozen=True)
class TimelineMark:
    """An action in the picture, in pixels from its upper left corner."""

    action: ActionSummary
    x: int
    y: int
    width: int = MARK_SIZE
    open_end: str = ""

    @property
    def sign(self) -> str:
        return SIGN_BY_STANCE.get(self.action.stance, "·")

    @property
    def label(self) -> str:
        """As much of the title as the bar has room for."""
        room = int((self.width - 40) / LETTER_WIDTH)
        title = self.action.title
        return title if len(title) <= room else f"{title[: room - 1].rstrip()}…" if room > 8 else ""

    @property
    def sign_x(self) -> float:
        return self.x + (MARK_SIZE / 2 if self.width == MARK_SIZE else 16)

    @property
    def label_x(self) -> int:
        return self.x + 32

    @property
    def text_y(self) -> int:
        return self.y + MARK_SIZE - 7


@dataclass(frozen=True)
class TimelineMonth:
    x: int
    month: str
    year: str
    follows_gap: bool


def get_month_number(day: str) -> int:
    found = date.fromisoformat(day)
    return found.year * 12 + found.month - 1


def get_main_date_months(headline: ActionSummary) -> tuple[int | None, int | None]:
    """The months of the main date's ends; an open end is None."""
    row = headline.main_date or {"earliest": None, "latest": None}
    first, last = (row[end] and get_month_number(row[end]) for end in ("earliest", "latest"))
    return first, last


class Timeline:
    """Months that hold something stand side by side, with a break where time is left out."""

    def __init__(self, headlines: Sequence[ActionSummary]) -> None:
        spans = [(headline, *get_main_date_months(headline)) for headline in headlines]
        found = sorted({end for _, *ends in spans for end in ends if end is not None})
        breaks = sum(after > before + 1 for before, after in pairwise(found))
        room = (TIMELINE_WIDTH - BREAK_WIDTH * breaks) // (len(found) or 1)
        self.column = max(MIN_MONTH_WIDTH, min(MAX_MONTH_WIDTH, room))
        self.x_by_month = get_month_positions(found, self.column)
        self.end = max(self.x_by_month.values(), default=-self.column) + self.column
        self.undated_x = self.end + BREAK_WIDTH
        piles = [
            (headline, self.undated_x if first is None else self.x_by_month[first])
            for headline, first, last in spans
            if first == last
        ]
        self.undated = any(x == self.undated_x for _, x in piles)
        self.marks = list(iter_stacked_marks(piles))
        self.axis = max((mark.y for mark in self.marks), default=-ROW_HEIGHT) + ROW_HEIGHT
        self.bars = list(self.iter_bars([span for span in spans if span[1] != span[2]]))
        self.bars_y = self.axis + AXIS_HEIGHT
        self.height = (
            self.bars_y + max((bar.y for bar in self.bars), default=-ROW_HEIGHT) + ROW_HEIGHT
        )
        self.width = self.undated_x + self.column if self.undated else self.end

    @property
    def columns(self) -> list[TimelineMonth]:
        return [
            TimelineMonth(
                x,
                text_formats.LONG_MONTH_NAMES[month % 12][:3],
                str(month // 12),
                month - 1 not in self.x_by_month,
            )
            for month, x in self.x_by_month.items()
        ]

    def iter_bars(self, spans: list[SummarySpan]) -> Iterator[TimelineMark]:
        """Bars in as few rows as they need: each goes to the first row with room."""
        taken: list[int] = []
        for headline, first, last in sorted(spans, key=lambda span: (span[1] or 0, span[2] or 0)):
            x = 0 if first is None else self.x_by_month[first]
            end = self.end if last is None else self.x_by_month[last] + self.column - 8
            row = next((n for n, until in enumerate(taken) if until <= x), len(taken))
            taken[row : row + 1] = [end]
            opens = "left" if first is None else "right" if last is None else ""
            yield TimelineMark(headline, x, row * ROW_HEIGHT, end - x, opens)


def get_month_positions(found: Sequence[int], column: int) -> dict[int, int]:
    """Where each month begins: next to the one before, or after a break."""
    at: dict[int, int] = {}
    x = 0
    for month in found:
        x += BREAK_WIDTH if at and month - 1 not in at else 0
        at[month] = x
        x += column
    return at


def iter_stacked_marks(piles: Sequence[tuple[ActionSummary, int]]) -> Iterator[TimelineMark]:
    """Marks of one month, three in a row, piled up from the axis."""
    sizes = Counter(x for _, x in piles)
    highest = -(-max(sizes.values(), default=0) // MARKS_PER_ROW)
    seen: Counter[int] = Counter()
    for headline, x in piles:
        row, across = divmod(seen[x], MARKS_PER_ROW)
        seen[x] += 1
        yield TimelineMark(headline, x + across * ROW_HEIGHT, (highest - row - 1) * ROW_HEIGHT)
