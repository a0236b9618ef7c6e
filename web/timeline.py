"""The timeline of the home page: a square for an action of one month, a bar for a longer interval.

All coordinates are pixels from the upper left corner.
"""

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
MIN_MONTH_WIDTH, MAX_MONTH_WIDTH = 88, 190
TIMELINE_WIDTH = 1070  # of all months together, unless there are too many
AXIS_HEIGHT, LETTER_WIDTH = 44, 6.6
SummarySpan = tuple[ActionSummary, int | None, int | None]  # with its first and last month


@dataclass(frozen=True)
class TimelineMark:
    """The square or bar of an action. `open_end` is "left", "right" or empty."""

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
        """The title, shortened to fit into the bar; empty if hardly anything fits."""
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
    """The label of a month on the axis. `follows_gap`: the month before is left out."""

    x: int
    month: str
    year: str
    follows_gap: bool


def get_month_number(day: str) -> int:
    """Return the number of months between the year 0 and an ISO 8601 date."""
    parsed = date.fromisoformat(day)
    return parsed.year * 12 + parsed.month - 1


def get_main_date_months(action: ActionSummary) -> tuple[int | None, int | None]:
    """Return the numbers of the first and last month of the main date; None for an open end."""
    row = action.main_date or {"earliest": None, "latest": None}
    first, last = (row[end] and get_month_number(row[end]) for end in ("earliest", "latest"))
    return first, last


class Timeline:
    """The layout of the timeline. Months without actions are left out and marked by a break."""

    def __init__(self, actions: Sequence[ActionSummary]) -> None:
        spans = [(action, *get_main_date_months(action)) for action in actions]
        months = sorted({end for _, *ends in spans for end in ends if end is not None})
        breaks = sum(after > before + 1 for before, after in pairwise(months))
        room = (TIMELINE_WIDTH - BREAK_WIDTH * breaks) // (len(months) or 1)
        self.column = max(MIN_MONTH_WIDTH, min(MAX_MONTH_WIDTH, room))
        self.x_by_month = get_month_positions(months, self.column)
        self.end = max(self.x_by_month.values(), default=-self.column) + self.column
        self.undated_x = self.end + BREAK_WIDTH
        squares = [
            (action, self.undated_x if first is None else self.x_by_month[first])
            for action, first, last in spans
            if first == last
        ]
        self.undated = any(x == self.undated_x for _, x in squares)
        self.marks = list(iter_stacked_marks(squares))
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
        """Yield the bars, each in the first row with room for it."""
        row_ends: list[int] = []
        for action, first, last in sorted(spans, key=lambda span: (span[1] or 0, span[2] or 0)):
            x = 0 if first is None else self.x_by_month[first]
            end = self.end if last is None else self.x_by_month[last] + self.column - 8
            row = next((n for n, row_end in enumerate(row_ends) if row_end <= x), len(row_ends))
            row_ends[row : row + 1] = [end]
            open_end = "left" if first is None else "right" if last is None else ""
            yield TimelineMark(action, x, row * ROW_HEIGHT, end - x, open_end)


def get_month_positions(months: Sequence[int], column: int) -> dict[int, int]:
    """Return the x coordinate of each month: beside the month before, or after a break."""
    x_by_month: dict[int, int] = {}
    x = 0
    for month in months:
        x += BREAK_WIDTH if x_by_month and month - 1 not in x_by_month else 0
        x_by_month[month] = x
        x += column
    return x_by_month


def iter_stacked_marks(squares: Sequence[tuple[ActionSummary, int]]) -> Iterator[TimelineMark]:
    """Yield the squares of actions with the x coordinate of their month: MARKS_PER_ROW in a row,
    the first row on the axis."""
    sizes = Counter(x for _, x in squares)
    rows = -(-max(sizes.values(), default=0) // MARKS_PER_ROW)
    placed: Counter[int] = Counter()
    for action, x in squares:
        row, across = divmod(placed[x], MARKS_PER_ROW)
        placed[x] += 1
        yield TimelineMark(action, x + across * ROW_HEIGHT, (rows - row - 1) * ROW_HEIGHT)
