"""Functions that turn a matched date expression in a text into a span of days."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from policy.months import MONTH_NAMES, MONTH_PARTS, month_bounds, month_part_bounds
from policy.suggestions.figures import NUMBER_WORDS, WORDS_BELOW_TWENTY

ONE_DAY_STEP = timedelta(days=1)
FULL_MONTH_NAMES = {name.lower() for name in MONTH_NAMES}
MONTH_NUMBERS = {"sept": 9} | {
    name: number
    for number, full in enumerate(MONTH_NAMES)
    for name in {full.lower(), full[:3].lower()} - {""}
}
WEEKDAY_NUMBERS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
# 0: the number is not stated.
DATE_NUMBER_WORDS = {word: NUMBER_WORDS[word] for word in WORDS_BELOW_TWENTY[1:13]}
DATE_NUMBER_WORDS |= {"a": 1, "an": 1, "several": 0, "few": 0}
MONTH_PART_WORDS = {part: part for part in MONTH_PARTS} | {
    **dict.fromkeys(("beginning", "start", "初", "上旬"), "early"),
    **dict.fromkeys(("middle", "中旬"), "mid"),
    **dict.fromkeys(("end", "下旬", "底", "末"), "late"),
}
FUTURE_CONTEXT = re.compile(
    r"\b(?:will|would|shall|by|until|from|starting|beginning|effective|coming|next|due|before|plans?"
    r"|takes? effect|(?:comes?|enters?) into (?:force|effect)|scheduled|expected)\b"
    r"[^.;\n]{0,30}$"
)


class DateSpan(NamedTuple):
    earliest: date | None
    latest: date | None
    precision: str


@dataclass(frozen=True)
class SuggestedDate:
    """A suggested date of an action. `hint` is the kind of date; empty: not clear."""

    earliest: date | None
    latest: date | None
    precision: str
    basis: str
    hint: str = ""

    def overlaps(self, earliest: date | None, latest: date | None) -> bool:
        """Whether two intervals overlap. If this one is open, the other must be open there, too."""
        if not (self.earliest and self.latest):
            return (self.earliest is None, self.latest is None) == (
                earliest is None,
                latest is None,
            )
        starts, ends = self.earliest or date.min, self.latest or date.max
        return starts <= (latest or date.max) and (earliest or date.min) <= ends

    def __str__(self) -> str:
        if self.earliest and self.latest:
            first, last = format_day(self.earliest), format_day(self.latest)
            return first if self.earliest == self.latest else f"{first} to {last}"
        if self.latest:
            return f"by {format_day(self.latest)}"
        return f"from {format_day(self.earliest)}" if self.earliest else ""


DateBounds = tuple[date | None, date | None]
SpanReader = Callable[[re.Match[str], date | None], DateSpan | None]


def format_day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def day_span(day: date) -> DateSpan:
    return DateSpan(day, day, "day")


def week_span(day: date) -> DateSpan:
    monday = day - day.weekday() * ONE_DAY_STEP
    return DateSpan(monday, monday + 6 * ONE_DAY_STEP, "week")


def month_span(year: int, month: int) -> DateSpan:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return DateSpan(*month_bounds(year, month), "month")


def month_part_span(year: int, month: int, part: str) -> DateSpan:
    return DateSpan(*month_part_bounds(year, month, MONTH_PART_WORDS[part]), "part_of_month")


def month_range_span(year: int, first: int, last: int) -> DateSpan:
    return DateSpan(month_span(year, first).earliest, month_span(year, last).latest, "range")


def year_span(year: int) -> DateSpan:
    return DateSpan(date(year, 1, 1), date(year, 12, 31), "year")


def period_span(unit: str, day: date, steps: int) -> DateSpan:
    """Return the day, week, month or year that is `steps` units after the one of `day`."""
    if unit == "day":
        return day_span(day + steps * ONE_DAY_STEP)
    if unit == "week":
        return week_span(day + 7 * steps * ONE_DAY_STEP)
    if unit == "month":
        return month_span(day.year, day.month + steps)
    return year_span(day.year + steps)


def parse_count(word: str) -> int:
    return int(word) if word.isdigit() else DATE_NUMBER_WORDS[word.lower()]


def infer_year(match: re.Match[str], month: int, day: date | None) -> int | None:
    """Return the stated year, or the one in which the month was last or will be next."""
    groups = match.groupdict()
    if groups.get("year"):
        return int(groups["year"])
    if not day:
        return None
    if groups.get("which"):
        return day.year + {"last": -1, "this": 0, "next": 1}[groups["which"].lower()]
    ahead = bool(FUTURE_CONTEXT.search(match.string, max(0, match.start() - 40), match.start()))
    if ahead:
        return day.year + (month < day.month)
    return day.year - (month > day.month)


def read_day(match: re.Match[str], day: date | None) -> DateSpan | None:
    month = parse_month_number(match)
    year = infer_year(match, month, day)
    return day_span(date(year, month, int(match["day"]))) if year else None


def read_month(match: re.Match[str], day: date | None) -> DateSpan | None:
    month = parse_month_number(match)
    year = infer_year(match, month, day)
    return month_span(year, month) if year else None


def read_last_named_month(match: re.Match[str], day: date | None) -> DateSpan | None:
    """“Last May”: the one before this month."""
    month = parse_month_number(match)
    return month_span(day.year - (month >= day.month), month) if day else None


def read_month_part(match: re.Match[str], day: date | None) -> DateSpan | None:
    month = parse_month_number(match)
    year = infer_year(match, month, day)
    return month_part_span(year, month, match["part"].lower()) if year else None


def parse_month_number(match: re.Match[str]) -> int:
    word = match["month"].lower().rstrip(".")
    return int(word) if word.isdigit() else MONTH_NUMBERS[word]


def read_numeric_date(match: re.Match[str], day: date | None) -> DateSpan | None:
    return day_span(date(int(match["year"]), int(match["month"]), int(match["day"])))


def read_year(match: re.Match[str], day: date | None) -> DateSpan | None:
    return year_span(int(match["year"]))


def read_quarter_or_half(match: re.Match[str], day: date | None) -> DateSpan | None:
    ordinal = {"first": 1, "second": 2, "third": 3, "fourth": 4}
    number = ordinal.get(match["which"].lower()) or int(match["which"][-1])
    length = 6 if "half" in match[0].lower() or match["which"].startswith("H") else 3
    if number * length > 12:
        return None
    return month_range_span(int(match["year"]), (number - 1) * length + 1, number * length)


def read_weekday(match: re.Match[str], day: date | None) -> DateSpan | None:
    """Return the last such weekday up to the day of publication, unless words point ahead."""
    if not day:
        return None
    number, which = WEEKDAY_NUMBERS[match["weekday"].lower()], (match["which"] or "").lower()
    if which == "next":
        monday = week_span(day + 7 * ONE_DAY_STEP).earliest
        return day_span(monday + number * ONE_DAY_STEP) if monday else None
    if which == "last":
        return day_span(day - ((day.weekday() - number - 1) % 7 + 1) * ONE_DAY_STEP)
    if FUTURE_CONTEXT.search(match.string, max(0, match.start() - 40), match.start()):
        return day_span(day + ((number - day.weekday()) % 7) * ONE_DAY_STEP)
    return day_span(day - ((day.weekday() - number) % 7) * ONE_DAY_STEP)


def read_adjacent_period(match: re.Match[str], day: date | None) -> DateSpan | None:
    steps = {"last": -1, "previous": -1, "past": -1, "this": 0, "current": 0}
    return (
        period_span(match["unit"].lower(), day, steps.get(match["which"].lower(), 1))
        if day
        else None
    )


def read_earlier_or_later(match: re.Match[str], day: date | None) -> DateSpan | None:
    """“Earlier this month”, “later this year”."""
    if not day:
        return None
    whole = period_span(match["unit"].lower(), day, 0)
    if match["side"].lower() == "later":
        return DateSpan(day, whole.latest, "range")
    return DateSpan(whole.earliest, day, "range")


def read_ago(match: re.Match[str], day: date | None) -> DateSpan | None:
    number, unit = parse_count(match["number"]), match["unit"].lower()
    if not day:
        return None
    return period_span(unit, day, -number) if number else DateSpan(None, day, "before")


def read_past_periods(match: re.Match[str], day: date | None) -> DateSpan | None:
    """“In the past three weeks”."""
    number, unit = parse_count(match["number"]), match["unit"].lower()
    if not day:
        return None
    length = {"day": 1, "week": 7, "month": 30, "year": 365}[unit]
    return (
        DateSpan(day - number * length * ONE_DAY_STEP, day, "range")
        if number
        else DateSpan(None, day, "before")
    )


def day_offset_reader(steps: int) -> SpanReader:
    return lambda match, day: day_span(day + steps * ONE_DAY_STEP) if day else None


def period_offset_reader(unit: str, steps: int) -> SpanReader:
    return lambda match, day: period_span(unit, day, steps) if day else None


def read_open_start(match: re.Match[str], day: date | None) -> DateSpan | None:
    return DateSpan(None, day, "before") if day else None


def read_open_end(match: re.Match[str], day: date | None) -> DateSpan | None:
    return DateSpan(day, None, "after") if day else None
