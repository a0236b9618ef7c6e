"""Shows the progress of long commands in one line of a terminal."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from typing import Any, Protocol, TextIO, TypeVar

ProgressT = TypeVar("ProgressT")
FIRST, PAUSE = 1.0, 0.2  # seconds until the line appears, and between updates
ERASE = "\r\033[K"
BYTES_PER_MB = 10**6


class Progress(Protocol):
    """Passes rows through and may show progress. `total` is the sum of the weights of all rows."""

    def __call__(
        self,
        rows: Iterable[ProgressT],
        doing: str,
        total: int,
        weigh: Callable[[Any], int] = ...,
        /,
    ) -> Iterable[ProgressT]: ...


def one(row: Any) -> int:
    return 1


def no_progress(
    rows: Iterable[ProgressT], doing: str, total: int, weigh: Callable[[Any], int] = one
) -> Iterable[ProgressT]:
    return rows


def show_progress(
    rows: Iterable[ProgressT], doing: str, total: int, weigh: Callable[[Any], int] = one
) -> Iterable[ProgressT]:
    """Pass rows through. On a terminal, show the share done, the speed and the time left."""
    return report_rows(rows, doing, total, weigh, sys.stderr) if sys.stderr.isatty() else rows


def report_rows(
    rows: Iterable[ProgressT], doing: str, total: int, weigh: Callable[[Any], int], terminal: TextIO
) -> Iterator[ProgressT]:
    began, count, done, next_at = monotonic(), 0, 0, FIRST
    try:
        for row in rows:
            yield row
            count, done = count + 1, done + weigh(row)
            if (passed := monotonic() - began) >= next_at:
                next_at = passed + PAUSE
                write(terminal, line(doing, count, done, total, passed))
    finally:
        if next_at > FIRST:
            write(terminal, "")


@contextmanager
def show_byte_progress(doing: str, so_far: Callable[[], int], total: int = 0) -> Iterator[None]:
    """Show the progress of another program, in bytes, while the context is open.

    `so_far` returns the number of bytes done. `total` may be 0 if it is not known.
    """
    if not sys.stderr.isatty():
        yield
        return
    over = Event()
    teller = Thread(target=tell, args=(doing, so_far, total, over, sys.stderr), daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def tell(doing: str, so_far: Callable[[], int], total: int, over: Event, terminal: TextIO) -> None:
    began = monotonic()
    if over.wait(FIRST):
        return
    while not over.wait(PAUSE):
        write(terminal, line_of_bytes(doing, so_far(), total, monotonic() - began))
    write(terminal, "")


def write(terminal: TextIO, text: str) -> None:
    terminal.write(f"{ERASE}{text}")
    terminal.flush()


def line(doing: str, count: int, done: int, total: int, passed: float) -> str:
    """Return a progress line of at most 80 characters."""
    share = min(done / total, 1.0) if total else 0.0
    return f"{doing}: {share:.0%}, {count:,} at {count / passed:,.0f} a second{left(share, passed)}"


def line_of_bytes(doing: str, done: int, total: int, passed: float) -> str:
    share = min(done / total, 1.0) if total else 0.0
    percent = f"{share:.0%}, " if total else ""
    rate = f"{done / BYTES_PER_MB:,.1f} MB at {done / BYTES_PER_MB / passed:,.1f} MB a second"
    return f"{doing}: {percent}{rate}{left(share, passed)}"


def left(share: float, passed: float) -> str:
    return f", {clock(passed / share - passed)} left" if share else ""


def clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
