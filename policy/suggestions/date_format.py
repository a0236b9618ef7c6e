"""Formatting of dates as people enter them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from policy.months import MONTH_PARTS
from policy.suggestions.date_input import parse_date_input
from policy.suggestions.date_intervals import DateInputError, ParsedDateInterval
from policy.suggestions.date_readings import format_day


def format_date_input(interval: ParsedDateInterval) -> str:
    """Return words that parse_date_input turns into this interval; empty if there are none."""
    first, last = interval.earliest, interval.latest
    words = (
        DATE_INPUT_FORMATTERS[interval.precision](first, last)
        if interval.precision in DATE_INPUT_FORMATTERS
        else ""
    )
    try:
        return words if parse_date_input(words) == replace(interval, reference_date=None) else ""
    except DateInputError:
        return ""


def format_end(day: date | None) -> str:
    return format_day(day) if day else ""


def format_month(first: date | None, last: date | None) -> str:
    return f"{first:%B} {first.year}" if first else ""


def format_month_part(first: date | None, last: date | None) -> str:
    which = {start: name for name, (start, _) in MONTH_PARTS.items()}.get(
        first.day if first else 0, ""
    )
    return f"{which} {format_month(first, last)}"


DATE_INPUT_FORMATTERS: dict[str, Callable[[date | None, date | None], str]] = {
    "day": lambda first, last: format_end(first),
    "week": lambda first, last: f"week of {format_end(first)}",
    "part_of_month": format_month_part,
    "month": format_month,
    "year": lambda first, last: str(first.year) if first else "",
    "range": lambda first, last: f"between {format_end(first)} and {format_end(last)}",
    "before": lambda first, last: f"by {format_end(last)}",
    "after": lambda first, last: f"since {format_end(first)}",
}
