"""Shows the progress of long commands in one line of a terminal."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, NoReturn, Protocol, TypeVar

from tqdm import tqdm

ProgressT = TypeVar("ProgressT")
DELAY_SECONDS, UPDATE_SECONDS = 1.0, 0.2  # until the line appears, and between updates
tqdm.monitor_interval = 0  # no thread that watches over slow lines


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
    shows = total and sys.stderr.isatty()
    return report_rows(rows, doing, total, weigh) if shows else rows


def report_rows(
    rows: Iterable[ProgressT], doing: str, total: int, weigh: Callable[[Any], int]
) -> Iterator[ProgressT]:
    with make_bar(doing, total, " rows" if weigh is one else "B") as bar:
        for row in rows:
            yield row
            bar.update(weigh(row))


def make_bar(doing: str, total: int, unit: str) -> "tqdm[NoReturn]":
    """Return a line of progress that disappears at the end. `total` is 0 if it is not known."""
    bar: tqdm[NoReturn] = tqdm(
        desc=doing,
        total=total or None,
        unit=unit,
        unit_scale=True,
        file=sys.stderr,
        delay=DELAY_SECONDS,
        mininterval=UPDATE_SECONDS,
        miniters=1,
        leave=False,
        dynamic_ncols=True,
    )
    return bar


@contextmanager
def show_byte_progress(doing: str, so_far: Callable[[], int], total: int = 0) -> Iterator[None]:
    """Show the progress of another program, in bytes, while the context is open.

    `so_far` returns the number of bytes done. `total` may be 0 if it is not known.
    """
    if not sys.stderr.isatty():
        yield
        return
    over = Event()
    with make_bar(doing, total, "B") as bar:
        thread = Thread(target=update_bar, args=(bar, so_far, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def update_bar(bar: "tqdm[NoReturn]", so_far: Callable[[], int], over: Event) -> None:
    while not over.wait(UPDATE_SECONDS):
        bar.update(so_far() - bar.n)
