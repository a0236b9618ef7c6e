"""Intervals of days that people can enter, and the parsers of simple dates."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from policy.months import MONTH_NAMES, month_bounds, month_part_bounds
from policy.suggestions.date_readings import ONE_DAY_STEP, WEEKDAY_NUMBERS

LOWERCASE_MONTHS = [name.lower() for name in MONTH_NAMES]


class DateInputError(ValueError):
    """The words are not a date. The message is for the person who entered them."""


class UnknownDateError(DateInputError):
    """The words say that the date is unknown."""


@dataclass(frozen=True)
class ParsedDateInterval:
    """The interval of possible days. None: no limit in this direction."""

    earliest: date | None
    latest: date | None
    precision: str  # code of the vocabulary precision
    reference_date: date | None = None  # used to complete relative words

    def __str__(self) -> str:
        words = {"day": "", "part_of_month": ", part of a month", "range": ", a range"}
        known = self.earliest and self.latest
        return self.extent + words.get(self.precision, f", a {self.precision}" if known else "")

    @property
    def extent(self) -> str:
        if self.earliest == self.latest:
            return str(self.earliest)
        if not (self.earliest and self.latest):
            return f"{self.latest} or earlier" if self.latest else f"{self.earliest} or later"
        return f"{self.earliest} to {self.latest}"


# Parsers. Each takes `reference_date` and the groups of its pattern.


def day_interval(
    reference_date: date | None, number: str, month: str, year: str | None
) -> ParsedDateInterval:
    def one_day(on: int) -> tuple[date, date]:
        day = date_in_month(on, month, number)
        return day, day

    return interval_in_year(reference_date, year, one_day, "day")


def iso_day_interval(
    reference_date: date | None, year: str, month: str, number: str
) -> ParsedDateInterval:
    return day_interval(reference_date, number, month_name_from_number(month), year)


def month_interval(reference_date: date | None, name: str, year: str | None) -> ParsedDateInterval:
    month = LOWERCASE_MONTHS.index(name)
    return interval_in_year(reference_date, year, lambda on: month_bounds(on, month), "month")


def iso_month_interval(reference_date: date | None, year: str, number: str) -> ParsedDateInterval:
    return month_interval(reference_date, month_name_from_number(number), year)


def month_part_interval(
    reference_date: date | None, which: str, name: str, year: str | None
) -> ParsedDateInterval:
    month = LOWERCASE_MONTHS.index(name)
    return interval_in_year(
        reference_date, year, lambda on: month_part_bounds(on, month, which), "part_of_month"
    )


def year_interval(reference_date: date | None, number: str) -> ParsedDateInterval:
    return interval_in_year(
        reference_date, number, lambda on: (date(on, 1, 1), date(on, 12, 31)), "year"
    )


def relative_day_interval(reference_date: date | None, word: str) -> ParsedDateInterval:
    days = {"yesterday": -1, "today": 0, "tomorrow": 1}[word]
    day = require_reference_date(reference_date) + days * ONE_DAY_STEP
    return ParsedDateInterval(day, day, "day", reference_date)


def weekday_interval(
    reference_date: date | None, which: str | None, name: str
) -> ParsedDateInterval:
    """Return the last such day up to `reference_date`, or the next one after it for “next”."""
    today, number = require_reference_date(reference_date), WEEKDAY_NUMBERS[name]
    back = (today.weekday() - number) % 7
    if which == "next":
        back -= 7
    elif which == "last":
        back = back or 7
    day = today - back * ONE_DAY_STEP
    return ParsedDateInterval(day, day, "day", reference_date)


def relative_period_interval(
    reference_date: date | None, which: str, unit: str
) -> ParsedDateInterval:
    """Return this, last or next week, month or year of the calendar."""
    today, step = require_reference_date(reference_date), {"this": 0, "last": -1, "next": 1}[which]
    if unit == "week":
        monday = today + (7 * step - today.weekday()) * ONE_DAY_STEP
        return ParsedDateInterval(monday, monday + 6 * ONE_DAY_STEP, "week", reference_date)
    if unit == "year":
        return replace(
            year_interval(reference_date, str(today.year + step)), reference_date=reference_date
        )
    months = today.year * 12 + today.month - 1 + step
    first, last = month_bounds(months // 12, months % 12 + 1)
    return ParsedDateInterval(first, last, "month", reference_date)


def require_reference_date(reference_date: date | None) -> date:
    if reference_date is None:
        raise DateInputError(
            "The day is relative. Write the date, or cite a source with a day of publication."
        )
    return reference_date


def interval_in_year(
    reference_date: date | None,
    year: str | None,
    ends: Callable[[int], tuple[date, date]],
    precision: str,
) -> ParsedDateInterval:
    """Return the interval in `year`, or in the latest year in which it starts by then."""
    if year:
        return ParsedDateInterval(*ends(parse_supported_year(year)), precision)
    if reference_date is None:
        raise DateInputError(
            "The year is missing. Write it, or cite a source with a day of publication."
        )
    for on in (reference_date.year, reference_date.year - 1):
        interval = ParsedDateInterval(*ends(on), precision, reference_date)
        if interval.earliest and interval.earliest <= reference_date:
            return interval
    raise DateInputError("The year is missing. Write it.")


def parse_supported_year(year: str) -> int:
    if not 1000 <= int(year) <= 2999:
        raise DateInputError(f"The year {year} is not between 1000 and 2999.")
    return int(year)


def date_in_month(year: int, month: str, number: str) -> date:
    _, last = month_bounds(year, LOWERCASE_MONTHS.index(month))
    if not 1 <= int(number) <= last.day:
        raise DateInputError(f"{month.title()} {year} has no day {int(number)}.")
    return last.replace(day=int(number))


def month_name_from_number(number: str) -> str:
    if not 1 <= int(number) <= 12:
        raise DateInputError(f"There is no month {number}.")
    return LOWERCASE_MONTHS[int(number)]


def add_days_or_none(day: date | None, days: int) -> date | None:
    return day + days * ONE_DAY_STEP if day else None
