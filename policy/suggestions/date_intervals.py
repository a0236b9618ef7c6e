"""Intervals of days, and the readers of dates: functions that turn a match into an interval.

A reader takes a match of a pattern of date_grammar.py and the day of the source. It raises
ValueError or OverflowError if there is no such date.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from policy.months import MONTH_NAMES, MONTH_PARTS, month_bounds, month_part_bounds
from policy.suggestions.figures import NUMBER_WORDS, WORDS_BELOW_TWENTY

ONE_DAY_STEP = timedelta(days=1)
MONTH_NUMBERS = {"sept": 9} | {
    name: number
    for number, full in enumerate(MONTH_NAMES)
    for name in {full.lower(), full[:3].lower()} - {""}
}
WEEKDAY_NUMBERS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
COUNT_WORDS = {"a": 1, "an": 1} | {word: NUMBER_WORDS[word] for word in WORDS_BELOW_TWENTY[1:13]}
ORDINAL_NUMBERS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
MONTH_PART_WORDS = {part: part for part in MONTH_PARTS} | {
    **dict.fromkeys(("beginning", "start", "初", "上旬"), "early"),
    **dict.fromkeys(("middle", "中旬"), "mid"),
    **dict.fromkeys(("end", "下旬", "底", "末"), "late"),
}
PERIOD_STEPS = dict.fromkeys(("last", "previous", "past"), -1)
PERIOD_STEPS |= {"this": 0, "current": 0, "next": 1, "following": 1}


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
    reference_date: date | None = field(default=None, compare=False)  # completed relative words
    hint: str = field(default="", compare=False)  # the kind of date; empty: not clear
    is_reference_inferred: bool = field(default=False, compare=False)

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

    @property
    def label(self) -> str:
        first, last = (format_day(day) if day else "" for day in (self.earliest, self.latest))
        if not (first and last):
            return f"by {last}" if last else f"from {first}"
        return first if first == last else f"{first} to {last}"

    @property
    def basis(self) -> str:
        if not self.reference_date:
            return "stated"
        return "inferred" if self.is_reference_inferred else "derived"

    def overlaps(self, earliest: date | None, latest: date | None) -> bool:
        """Whether two intervals overlap. If this one is open, the other must be open there, too."""
        if not (self.earliest and self.latest):
            return (not self.earliest, not self.latest) == (not earliest, not latest)
        return self.earliest <= (latest or date.max) and (earliest or date.min) <= self.latest


@dataclass
class DateReference:
    """The day of the source, on which relative words are resolved.

    In a field, `ahead` is None, and a missing year is the latest in which the date starts on or
    before the day. In a text, it says whether words before the date point ahead.
    """

    known_day: date | None
    ahead: bool | None = None
    used: bool = False

    def use_day(self, problem: str = "The day is relative. Write the date") -> date:
        if self.known_day is None:
            raise DateInputError(f"{problem}, or cite a source with a day of publication.")
        self.used = True
        return self.known_day


DateMatch = re.Match[str]
DateReader = Callable[[DateMatch, DateReference], ParsedDateInterval]


# Dates of the calendar


def read_date(match: DateMatch, reference: DateReference) -> ParsedDateInterval:
    """Read a day, a part of a month, a month or a year, as the groups of the match say."""
    stated = match.groupdict().get("year")
    return interval_in_year(match, parse_year(match) if stated else infer_year(match, reference))


def interval_in_year(match: DateMatch, year: int) -> ParsedDateInterval:
    groups = match.groupdict()
    if "month" not in groups:
        return period_interval("year", date(year, 1, 1), 0)
    month = parse_month_number(match)
    if "day" in groups:
        return period_interval("day", day_in_month(year, month, int(groups["day"])), 0)
    if "part" in groups:
        part = MONTH_PART_WORDS[groups["part"].lower()]
        return ParsedDateInterval(*month_part_bounds(year, month, part), "part_of_month")
    return ParsedDateInterval(*month_bounds(year, month), "month")


def infer_year(match: DateMatch, reference: DateReference) -> int:
    day, groups = reference.use_day("The year is missing. Write it"), match.groupdict()
    month = parse_month_number(match)
    if groups.get("previous"):  # “last May”: the one before this month
        return day.year - (month >= day.month)
    if groups.get("which"):
        return day.year + PERIOD_STEPS[groups["which"].lower()]
    if reference.ahead is None:
        return day.year - ((interval_in_year(match, day.year).earliest or day) > day)
    return day.year + (month < day.month) if reference.ahead else day.year - (month > day.month)


def parse_year(match: DateMatch) -> int:
    if not 1000 <= int(match["year"]) <= 2999:
        raise DateInputError(f"The year {match['year']} is not between 1000 and 2999.")
    return int(match["year"])


def parse_month_number(match: DateMatch) -> int:
    word = match["month"].lower().rstrip(".")
    number = int(word) if word.isdigit() else MONTH_NUMBERS[word]
    if not 1 <= number <= 12:
        raise DateInputError(f"There is no month {word}.")
    return number


def day_in_month(year: int, month: int, number: int) -> date:
    _, last = month_bounds(year, month)
    if not 1 <= number <= last.day:
        raise DateInputError(f"{MONTH_NAMES[month]} {year} has no day {number}.")
    return last.replace(day=number)


def read_quarter(match: DateMatch, reference: DateReference) -> ParsedDateInterval:
    year, length = parse_year(match), 6 if match["half"] else 3
    which = (match["half"] or match["quarter"]).lower()
    last = length * (ORDINAL_NUMBERS.get(which) or int(which))
    _, end = month_bounds(year, last)
    return ParsedDateInterval(date(year, last - length + 1, 1), end, "range")


# Relative dates


def read_weekday(match: DateMatch, reference: DateReference) -> ParsedDateInterval:
    """Return the last such weekday up to the day of the source, unless words point ahead."""
    day, which = reference.use_day(), (match["which"] or "").lower()
    in_week = WEEKDAY_NUMBERS[match["weekday"].lower()] - day.weekday()  # steps in the same week
    back, ahead = -(-in_week % 7), in_week % 7
    if which == "last":
        steps = back or -7
    elif which == "next":  # in a field, the first one after the day; in a text, of the next week
        steps = ahead or 7 if reference.ahead is None else in_week + 7
    elif reference.ahead:
        steps = ahead
    else:
        steps = in_week if which == "this" else back
    return period_interval("day", day, steps)


def read_period(match: DateMatch, reference: DateReference) -> ParsedDateInterval:
    """“Last week”, “three weeks ago”."""
    which = match.groupdict().get("which")
    steps = PERIOD_STEPS[which.lower()] if which else -parse_count(match)
    return period_interval(match["unit"].lower(), reference.use_day(), steps)


def period_reader(unit: str, steps: int) -> DateReader:
    return lambda match, reference: period_interval(unit, reference.use_day(), steps)


def read_part_of(match: DateMatch, reference: DateReference) -> ParsedDateInterval:
    """“Earlier this month”, “later this year”."""
    day = reference.use_day()
    period = period_interval(match["unit"].lower(), day, 0)
    if match["side"].lower() == "earlier":
        return replace(period, latest=day, precision="range")
    return replace(period, earliest=day, precision="range")


def read_past(match: DateMatch, reference: DateReference) -> ParsedDateInterval:
    """“In the past three weeks”."""
    length = {"day": 1, "week": 7, "month": 30, "year": 365}[match["unit"].lower()]
    day, days = reference.use_day(), parse_count(match) * length
    return ParsedDateInterval(day - days * ONE_DAY_STEP, day, "range")


def parse_count(match: DateMatch) -> int:
    word = match["number"].lower()
    return int(word) if word.isdigit() else COUNT_WORDS[word]


def read_open_start(match: DateMatch, reference: DateReference) -> ParsedDateInterval:
    return ParsedDateInterval(None, reference.use_day(), "before")


def read_open_end(match: DateMatch, reference: DateReference) -> ParsedDateInterval:
    return ParsedDateInterval(reference.use_day(), None, "after")


def period_interval(unit: str, day: date, steps: int) -> ParsedDateInterval:
    """Return the day, week, month or year that is `steps` units after the one of `day`."""
    if unit == "day":
        day += steps * ONE_DAY_STEP
        return ParsedDateInterval(day, day, "day")
    if unit == "week":
        monday = day + (7 * steps - day.weekday()) * ONE_DAY_STEP
        return ParsedDateInterval(monday, monday + 6 * ONE_DAY_STEP, "week")
    if unit == "month":
        months = day.year * 12 + day.month - 1 + steps
        return ParsedDateInterval(*month_bounds(months // 12, months % 12 + 1), "month")
    year = day.year + steps
    return ParsedDateInterval(date(year, 1, 1), date(year, 12, 31), "year")


def format_day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
