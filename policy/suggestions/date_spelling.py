"""TODO docstring."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from policy.suggestions.date_input import PARTS, Interval, Unclear, read


def spell(interval: Interval) -> str:
    """Words that `read` takes for this interval; none where no words say just this."""
    first, last = interval.earliest, interval.latest
    words = SPELLINGS[interval.precision](first, last) if interval.precision in SPELLINGS else ""
    try:
        return words if read(words) == replace(interval, near=None) else ""
    except Unclear:
        return ""


def on(day: date | None) -> str:
    return f"{day.day} {day:%B} {day.year}" if day else ""


def in_month(first: date | None, last: date | None) -> str:
    return f"{first:%B} {first.year}" if first else ""


def in_part(first: date | None, last: date | None) -> str:
    which = {start: name for name, (start, _) in PARTS.items()}.get(first.day if first else 0, "")
    return f"{which} {in_month(first, last)}"


SPELLINGS: dict[str, Callable[[date | None, date | None], str]] = {
    "day": lambda first, last: on(first),
    "week": lambda first, last: f"week of {on(first)}",
    "part_of_month": in_part,
    "month": in_month,
    "year": lambda first, last: str(first.year) if first else "",
    "range": lambda first, last: f"between {on(first)} and {on(last)}",
    "before": lambda first, last: f"by {on(last)}",
    "after": lambda first, last: f"since {on(first)}",
}
