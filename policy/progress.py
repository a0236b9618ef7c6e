"""How far a long command has come: one line at the foot of a terminal, and nothing elsewhere."""

import sys
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import Any, Protocol, TextIO, TypeVar

T = TypeVar("T")
FIRST, PAUSE = 1.0, 0.2  # seconds until the line appears, and between two of its states


class Watch(Protocol):
    """Passes rows through, and may tell of them. `total` is what their weights come to."""

    def __call__(
        self, rows: Iterable[T], doing: str, total: int, weigh: Callable[[Any], int] = ..., /
    ) -> Iterable[T]: ...


def one(row: Any) -> int:
    return 1


def unwatched(
    rows: Iterable[T], doing: str, total: int, weigh: Callable[[Any], int] = one
) -> Iterable[T]:
    return rows


def watched(
    rows: Iterable[T], doing: str, total: int, weigh: Callable[[Any], int] = one
) -> Iterable[T]:
    """On a terminal: what is being done, how far, how fast, and how long it will take."""
    return told(rows, doing, total, weigh, sys.stderr) if sys.stderr.isatty() else rows


def told(
    rows: Iterable[T], doing: str, total: int, weigh: Callable[[Any], int], terminal: TextIO
) -> Iterator[T]:
    began, count, done, next_at = monotonic(), 0, 0, FIRST
    try:
        for row in rows:
            yield row
            count, done = count + 1, done + weigh(row)
            if (passed := monotonic() - began) >= next_at:
                next_at = passed + PAUSE
                terminal.write(f"\r\033[K{line(doing, count, done, total, passed)}")
                terminal.flush()
    finally:
        if next_at > FIRST:
            terminal.write("\r\033[K")
            terminal.flush()


def line(doing: str, count: int, done: int, total: int, passed: float) -> str:
    """Fits into 80 columns."""
    share = min(done / total, 1.0) if total else 0.0
    left = f", {clock(passed / share - passed)} left" if share else ""
    return f"{doing}: {share:.0%}, {count:,} at {count / passed:,.0f} a second{left}"


def clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
