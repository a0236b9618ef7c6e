"""What the benchmark is at, said on stderr."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

WIDTH = 28
PAUSE = 0.2


def say(text: str) -> None:
    print(f"\r\033[K{text}" if sys.stderr.isatty() else text, file=sys.stderr, flush=True)


def bar(text: str, total: int) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """Shows how far an iteration has come: a bar on a terminal, else a line each tenth."""

    def watched(rows: Iterable[Any]) -> Iterator[Any]:
        began = shown = time.monotonic()
        done = tenth = 0
        for done, row in enumerate(rows, 1):
            yield row
            now = time.monotonic()
            if sys.stderr.isatty() and now - shown > PAUSE:
                shown = now
                draw(text, done, total)
            elif not sys.stderr.isatty() and done * 10 // total > tenth:
                tenth = done * 10 // total
                say(f"{text}: {min(tenth, 10) * 10} %")
        say(f"{text}: {done:,} in {time.monotonic() - began:.0f} s")

    return watched


def draw(text: str, done: int, total: int) -> None:
    share = min(1.0, done / total)
    filled = "█" * int(share * WIDTH)
    sys.stderr.write(f"\r\033[K{text} {filled:·<{WIDTH}} {share:.0%}")
    sys.stderr.flush()
