"""Parser of dates that people enter. A date becomes the interval of days that it can mean."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from policy.months import MONTH_NAMES, MONTH_PARTS, month_bounds, month_part_bounds
from policy.suggestions.date_readings import ONE_DAY_STEP, WEEKDAY_NUMBERS

LOWERCASE_MONTHS = [name.lower() for name in MONTH_NAMES]
MONTH_NAME_CHOICES = "(?:" + "|".join(name for name in LOWERCASE_MONTHS if name) + ")"
MONTH_ABBREVIATIONS = {name[:3]: name for name in LOWERCASE_MONTHS if name} | {"sept": "september"}
MONTH_PART_PATTERNS = {
    r"(?:the )?(?:beginning|start) of|at the beginning of": "early",
    r"(?:the )?middle of|mid-": "mid",
    r"(?:the )?end of": "late",
}
UNKNOWN_DATE_PATTERN = re.compile(
    r"(?:un|not )known(?: day| date)?|no (?:day|date)|not stated|n/?a|\?+"
)
DATE_INPUT_EXAMPLES = (
    "Write for example 21 May 2021, May 2021, end of May 2021, week of 17 May 2021, "
    "before 10 June 2021, between 1 and 5 May 2021, or unknown."
)


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


def parse_date_input(words: str, *, reference_date: date | None = None) -> ParsedDateInterval:
    """Return the interval that words mean.

    Relative words are resolved on `reference_date`, such as the day when the source appeared. A
    missing year is the latest in which the date starts on or before that day. Raises
    UnknownDateError for words like “unknown”, and DateInputError for words that are not a date.
    """
    plain = normalize_date_input(words)
    if UNKNOWN_DATE_PATTERN.fullmatch(plain):
        raise UnknownDateError("Nobody knows: leave the date out and say why under unknown fields.")
    for pattern, reading in DATE_PARSERS.items():
        if match := re.fullmatch(pattern, plain):
            return reading(reference_date, *match.groups())
    if re.fullmatch(r"\d+[/.]\d+[/.]\d+", plain):
        raise DateInputError("Is the day or the month first? Write the month as a word.")
    raise DateInputError(
        f"“{' '.join(words.split())[:60]}” is not understood. {DATE_INPUT_EXAMPLES}"
    )


def normalize_date_input(words: str) -> str:
    """Return lower case, single spaces, full month names, and early, mid or late."""
    plain = re.sub(r"[‐-―−]", "-", " ".join(words.lower().replace(",", " ").split()))
    plain = re.sub(r"\b(\d{1,2})(?:st|nd|rd|th)\b", r"\1", plain.rstrip("."))
    plain = re.sub(r"\b([a-z]{3,4})\b\.?", lambda m: MONTH_ABBREVIATIONS.get(m[1], m[0]), plain)
    for pattern, part in MONTH_PART_PATTERNS.items():
        plain = re.sub(rf"(?<![a-z])(?:{pattern}) ?", f"{part} ", plain)
    plain = re.sub(rf"\b({MONTH_NAME_CHOICES}) (\d{{1,2}})\b(?! ?(?:and|to|-) )", r"\2 \1", plain)
    return re.sub(r"^(?:on|in|during|the|at)(?: the)? ", "", plain)


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
            "From which day? Write the date, or cite a source with a day of publication."
        )
    return reference_date


def week_interval(reference_date: date | None, words: str) -> ParsedDateInterval:
    interval = parse_simple_date(words, reference_date, "day")
    monday = add_days_or_none(
        interval.earliest, -interval.earliest.weekday() if interval.earliest else 0
    )
    return replace(interval, earliest=monday, latest=add_days_or_none(monday, 6), precision="week")


def before_interval(reference_date: date | None, words: str) -> ParsedDateInterval:
    interval = parse_simple_date(words, reference_date)
    return ParsedDateInterval(
        None, add_days_or_none(interval.earliest, -1), "before", interval.reference_date
    )


def until_interval(reference_date: date | None, words: str) -> ParsedDateInterval:
    interval = parse_simple_date(words, reference_date)
    return ParsedDateInterval(None, interval.latest, "before", interval.reference_date)


def after_interval(reference_date: date | None, words: str) -> ParsedDateInterval:
    interval = parse_simple_date(words, reference_date)
    return ParsedDateInterval(
        add_days_or_none(interval.latest, 1), None, "after", interval.reference_date
    )


def since_interval(reference_date: date | None, words: str) -> ParsedDateInterval:
    interval = parse_simple_date(words, reference_date)
    return ParsedDateInterval(interval.earliest, None, "after", interval.reference_date)


def between_interval(reference_date: date | None, first: str, last: str) -> ParsedDateInterval:
    """The first end borrows from the last what it leaves out: “1 and 5 May 2021”."""
    end = parse_simple_date(last, reference_date)
    if re.fullmatch(r"\d{1,2}", first) and end.latest:
        first = f"{first} {LOWERCASE_MONTHS[end.latest.month]} {end.latest.year}"
    start = parse_simple_date(first, end.latest)
    if start.earliest and end.latest and start.earliest > end.latest:
        raise DateInputError(f"{start.earliest} comes after {end.latest}.")
    return ParsedDateInterval(start.earliest, end.latest, "range", end.reference_date)


MONTH_AND_YEAR = rf"({MONTH_NAME_CHOICES})(?: (?:of )?(\d{{4}}))?"
SIMPLE_DATE_PARSERS: dict[str, Callable[..., ParsedDateInterval]] = {
    r"(\d{4})-(\d\d)-(\d\d)": iso_day_interval,
    r"(\d{4})-(\d\d)": iso_month_interval,
    r"(\d{4})": year_interval,
    rf"(\d{{1,2}})(?: of)? {MONTH_AND_YEAR}": day_interval,
    MONTH_AND_YEAR: month_interval,
    rf"({'|'.join(MONTH_PARTS)})(?: in)? {MONTH_AND_YEAR}": month_part_interval,
    r"(yesterday|today|tomorrow)": relative_day_interval,
    rf"(?:(last|next) )?({'|'.join(WEEKDAY_NUMBERS)})": weekday_interval,
    r"(this|last|next) (week|month|year)": relative_period_interval,
}
DATE_PARSERS: dict[str, Callable[..., ParsedDateInterval]] = SIMPLE_DATE_PARSERS | {
    r"week (?:of|from|starting|beginning)(?: on)? (.+)": week_interval,
    r"before (.+)": before_interval,
    r"(?:by|until|till|up to|no later than|not later than) (.+)": until_interval,
    r"after (.+)": after_interval,
    r"(?:since|from|no earlier than|not before) ((?:(?! to | until ).)+)": since_interval,
    r"between (.+?) and (.+)": between_interval,
    r"(?:from )?(.+?)(?: to | until | till | - )(.+)": between_interval,
    rf"(\d{{1,2}})-(\d{{1,2}} {MONTH_NAME_CHOICES}.*)": between_interval,
}


def parse_simple_date(
    words: str, reference_date: date | None, only: str = ""
) -> ParsedDateInterval:
    """Return a day, a month, a part of a month or a year. Raises DateInputError.

    `only` is the precision that is allowed; empty: any.
    """
    for pattern, reading in SIMPLE_DATE_PARSERS.items():
        if match := re.fullmatch(pattern, re.sub("^the ", "", words)):
            interval = reading(reference_date, *match.groups())
            if not only or interval.precision == only:
                return interval
    expected = "a day" if only else "a day, a month or a year"
    raise DateInputError(f"“{words[:60]}” is not {expected}. {DATE_INPUT_EXAMPLES}")


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
        raise DateInputError("Of which year? Write it, or cite a source with a day of publication.")
    for on in (reference_date.year, reference_date.year - 1):
        interval = ParsedDateInterval(*ends(on), precision, reference_date)
        if interval.earliest and interval.earliest <= reference_date:
            return interval
    raise DateInputError("Of which year?")


def parse_supported_year(year: str) -> int:
    if not 1000 <= int(year) <= 2999:
        raise DateInputError(f"There is no year {year} here.")
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
