"""Honest dates: what people write for a day, as the interval that it can stand for."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

ONE_DAY_STEP = timedelta(days=1)
LOWERCASE_MONTHS = [name.lower() for name in calendar.month_name]
MONTH_NAME_CHOICES = "(?:" + "|".join(name for name in LOWERCASE_MONTHS if name) + ")"
MONTH_ABBREVIATIONS = {name[:3]: name for name in LOWERCASE_MONTHS if name} | {"sept": "september"}
LOWERCASE_WEEKDAYS = [name.lower() for name in calendar.day_name]
MONTH_PARTS = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}  # of a month
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
    """Why words are no date, in a sentence for whoever wrote them."""


class UnknownDateError(DateInputError):
    """The words say that nobody knows: that is a reason to write down, and no date."""


@dataclass(frozen=True)
class ParsedDateInterval:
    """All days that it can be. An end that is None is open."""

    earliest: date | None
    latest: date | None
    precision: str  # code of the vocabulary precision
    near: date | None = None  # the day that it was resolved on, where the words are not enough

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


def parse_date_input(words: str, *, near: date | None = None) -> ParsedDateInterval:
    """The interval that words stand for.

    What they leave to the reader is resolved on `near`, such as the day on which the source
    appeared; a year left out is the last one that makes the date start no later than that.
    Raises Unclear, and NotKnown for “unknown”.
    """
    plain = normalize_date_input(words)
    if UNKNOWN_DATE_PATTERN.fullmatch(plain):
        raise UnknownDateError("Nobody knows: leave the date out and say why under unknown fields.")
    for pattern, reading in DATE_PARSERS.items():
        if found := re.fullmatch(pattern, plain):
            return reading(near, *found.groups())
    if re.fullmatch(r"\d+[/.]\d+[/.]\d+", plain):
        raise DateInputError("Is the day or the month first? Write the month as a word.")
    raise DateInputError(
        f"“{' '.join(words.split())[:60]}” is not understood. {DATE_INPUT_EXAMPLES}"
    )


def normalize_date_input(words: str) -> str:
    """Lower case, single spaces, months in full, one word for early, mid and late."""
    plain = re.sub(r"[‐-―−]", "-", " ".join(words.lower().replace(",", " ").split()))
    plain = re.sub(r"\b(\d{1,2})(?:st|nd|rd|th)\b", r"\1", plain.rstrip("."))
    plain = re.sub(r"\b([a-z]{3,4})\b\.?", lambda m: MONTH_ABBREVIATIONS.get(m[1], m[0]), plain)
    for pattern, part in MONTH_PART_PATTERNS.items():
        plain = re.sub(rf"(?<![a-z])(?:{pattern}) ?", f"{part} ", plain)
    plain = re.sub(rf"\b({MONTH_NAME_CHOICES}) (\d{{1,2}})\b(?! ?(?:and|to|-) )", r"\2 \1", plain)
    return re.sub(r"^(?:on|in|during|the|at)(?: the)? ", "", plain)


# Readings. Each takes `near` and the words that its pattern picks out.


def day_interval(
    near: date | None, number: str, month: str, year: str | None
) -> ParsedDateInterval:
    return interval_in_year(
        near,
        year,
        lambda on: (date_in_month(on, month, number), date_in_month(on, month, number)),
        "day",
    )


def iso_day_interval(near: date | None, year: str, month: str, number: str) -> ParsedDateInterval:
    return day_interval(near, number, month_name_from_number(month), year)


def month_interval(near: date | None, name: str, year: str | None) -> ParsedDateInterval:
    return interval_in_year(near, year, lambda on: month_bounds(on, name), "month")


def iso_month_interval(near: date | None, year: str, number: str) -> ParsedDateInterval:
    return month_interval(near, month_name_from_number(number), year)


def month_part_interval(
    near: date | None, which: str, name: str, year: str | None
) -> ParsedDateInterval:
    first, last = MONTH_PARTS[which]

    def ends(on: int) -> tuple[date, date]:
        start, end = month_bounds(on, name)
        return start.replace(day=first), min(end, start.replace(day=min(last, end.day)))

    return interval_in_year(near, year, ends, "part_of_month")


def year_interval(near: date | None, number: str) -> ParsedDateInterval:
    return interval_in_year(near, number, lambda on: (date(on, 1, 1), date(on, 12, 31)), "year")


def relative_day_interval(near: date | None, word: str) -> ParsedDateInterval:
    found = (
        require_reference_date(near)
        + ONE_DAY_STEP * {"yesterday": -1, "today": 0, "tomorrow": 1}[word]
    )
    return ParsedDateInterval(found, found, "day", near)


def weekday_interval(near: date | None, which: str | None, name: str) -> ParsedDateInterval:
    """On Monday: the last one up to `near`, or the next one behind it."""
    today, number = require_reference_date(near), LOWERCASE_WEEKDAYS.index(name)
    back = (today.weekday() - number) % 7
    if which == "next":
        back -= 7
    elif which == "last":
        back = back or 7
    return ParsedDateInterval(today - back * ONE_DAY_STEP, today - back * ONE_DAY_STEP, "day", near)


def relative_period_interval(near: date | None, which: str, unit: str) -> ParsedDateInterval:
    """This, last or next week, month or year, as the calendar counts them."""
    today, step = require_reference_date(near), {"this": 0, "last": -1, "next": 1}[which]
    if unit == "week":
        monday = today + (7 * step - today.weekday()) * ONE_DAY_STEP
        return ParsedDateInterval(monday, monday + 6 * ONE_DAY_STEP, "week", near)
    if unit == "year":
        return replace(year_interval(near, str(today.year + step)), near=near)
    months = today.year * 12 + today.month - 1 + step
    ends = month_bounds(months // 12, LOWERCASE_MONTHS[months % 12 + 1])
    return ParsedDateInterval(*ends, "month", near)


def require_reference_date(near: date | None) -> date:
    if near is None:
        raise DateInputError(
            "From which day? Write the date, or cite a source with a day of publication."
        )
    return near


def week_interval(near: date | None, words: str) -> ParsedDateInterval:
    found = parse_simple_date(words, near, "day")
    monday = add_days_or_none(found.earliest, -found.earliest.weekday() if found.earliest else 0)
    return replace(found, earliest=monday, latest=add_days_or_none(monday, 6), precision="week")


def before_interval(near: date | None, words: str) -> ParsedDateInterval:
    found = parse_simple_date(words, near)
    return ParsedDateInterval(None, add_days_or_none(found.earliest, -1), "before", found.near)


def until_interval(near: date | None, words: str) -> ParsedDateInterval:
    found = parse_simple_date(words, near)
    return ParsedDateInterval(None, found.latest, "before", found.near)


def after_interval(near: date | None, words: str) -> ParsedDateInterval:
    found = parse_simple_date(words, near)
    return ParsedDateInterval(add_days_or_none(found.latest, 1), None, "after", found.near)


def since_interval(near: date | None, words: str) -> ParsedDateInterval:
    found = parse_simple_date(words, near)
    return ParsedDateInterval(found.earliest, None, "after", found.near)


def between_interval(near: date | None, first: str, last: str) -> ParsedDateInterval:
    """The first end borrows from the last what it leaves out: “1 and 5 May 2021”."""
    end = parse_simple_date(last, near)
    if re.fullmatch(r"\d{1,2}", first) and end.latest:
        first = f"{first} {LOWERCASE_MONTHS[end.latest.month]} {end.latest.year}"
    start = parse_simple_date(first, end.latest)
    if start.earliest and end.latest and start.earliest > end.latest:
        raise DateInputError(f"{start.earliest} comes after {end.latest}.")
    return ParsedDateInterval(start.earliest, end.latest, "range", end.near)


MONTH_AND_YEAR = rf"({MONTH_NAME_CHOICES})(?: (?:of )?(\d{{4}}))?"
SIMPLE_DATE_PARSERS: dict[str, Callable[..., ParsedDateInterval]] = {
    r"(\d{4})-(\d\d)-(\d\d)": iso_day_interval,
    r"(\d{4})-(\d\d)": iso_month_interval,
    r"(\d{4})": year_interval,
    rf"(\d{{1,2}})(?: of)? {MONTH_AND_YEAR}": day_interval,
    MONTH_AND_YEAR: month_interval,
    rf"(early|mid|late)(?: in)? {MONTH_AND_YEAR}": month_part_interval,
    r"(yesterday|today|tomorrow)": relative_day_interval,
    rf"(?:(last|next) )?({'|'.join(LOWERCASE_WEEKDAYS)})": weekday_interval,
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


def parse_simple_date(words: str, near: date | None, only: str = "") -> ParsedDateInterval:
    """A day, a month, a part of one or a year."""
    for pattern, reading in SIMPLE_DATE_PARSERS.items():
        if found := re.fullmatch(pattern, re.sub("^the ", "", words)):
            interval = reading(near, *found.groups())
            if not only or interval.precision == only:
                return interval
    wanted = "a day" if only else "a day, a month or a year"
    raise DateInputError(f"“{words[:60]}” is not {wanted}. {DATE_INPUT_EXAMPLES}")


# Days


def interval_in_year(
    near: date | None, year: str | None, ends: Callable[[int], tuple[date, date]], precision: str
) -> ParsedDateInterval:
    """The interval in the year that the words give, or in the last one not behind `near`."""
    if year:
        return ParsedDateInterval(*ends(parse_supported_year(year)), precision)
    if near is None:
        raise DateInputError("Of which year? Write it, or cite a source with a day of publication.")
    for on in (near.year, near.year - 1):
        interval = ParsedDateInterval(*ends(on), precision, near)
        if interval.earliest and interval.earliest <= near:
            return interval
    raise DateInputError("Of which year?")


def parse_supported_year(year: str) -> int:
    if not 1000 <= int(year) <= 2999:
        raise DateInputError(f"There is no year {year} here.")
    return int(year)


def date_in_month(year: int, month: str, number: str) -> date:
    _, last = month_bounds(year, month)
    if not 1 <= int(number) <= last.day:
        raise DateInputError(f"{month.title()} {year} has no day {int(number)}.")
    return last.replace(day=int(number))


def month_bounds(year: int, month: str) -> tuple[date, date]:
    number = LOWERCASE_MONTHS.index(month)
    return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])


def month_name_from_number(number: str) -> str:
    if not 1 <= int(number) <= 12:
        raise DateInputError(f"There is no month {number}.")
    return LOWERCASE_MONTHS[int(number)]


def add_days_or_none(day: date | None, days: int) -> date | None:
    return day + days * ONE_DAY_STEP if day else None


# Back into words
