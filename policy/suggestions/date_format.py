"""TODO docstring."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from policy.suggestions.date_input import (
    MONTH_PARTS,
    DateInputError,
    ParsedDateInterval,
    parse_date_input,
)


def format_date_input(interval: ParsedDateInterval) -> str:
    """Words that `read` takes for this interval; none where no words say just this."""
    first, last = interval.earliest, interval.latest
    words = (
        DATE_INPUT_FORMATTERS[interval.precision](first, last)
        if interval.precision in DATE_INPUT_FORMATTERS
        else ""
    )
    try:
        return words if parse_date_input(words) == replace(interval, near=None) else ""
    except DateInputError:
        return ""


def format_day(day: date | None) -> str:
    return f"{day.day} {day:%B} {day.year}" if day else ""


def format_month(first: date | None, last: date | None) -> str:
    return f"{first:%B} {first.year}" if first else ""


def format_month_part(first: date | None, last: date | None) -> str:
    which = {start: name for name, (start, _) in MONTH_PARTS.items()}.get(
        first.day if first else 0, ""
    )
    return f"{which} {format_month(first, last)}"


DATE_INPUT_FORMATTERS: dict[str, Callable[[date | None, date | None], str]] = {
    "day": lambda first, last: format_day(first),
    "week": lambda first, last: f"week of {format_day(first)}",
    "part_of_month": format_month_part,
    "month": format_month,
    "year": lambda first, last: str(first.year) if first else "",
    "range": lambda first, last: f"between {format_day(first)} and {format_day(last)}",
    "before": lambda first, last: f"by {format_day(last)}",
    "after": lambda first, last: f"since {format_day(first)}",
}
