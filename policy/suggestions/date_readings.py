"""TODO docstring."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

DAY = timedelta(days=1)
MONTHS = {
    name: number
    for number in range(1, 13)
    for name in (calendar.month_name[number].lower(), calendar.month_abbr[number].lower())
} | {"sept": 9}
FULL = {name.lower() for name in calendar.month_name}
DAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
NUMBERS = {
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8},
    **{"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "a": 1, "an": 1, "several": 0, "few": 0},
}
PARTS = {
    "early": (1, 10),
    "beginning": (1, 10),
    "start": (1, 10),
    "mid": (11, 20),
    "middle": (11, 20),
    "late": (21, 31),
    "end": (21, 31),
    "初": (1, 10),
    "上旬": (1, 10),
    "中旬": (11, 20),
    "下旬": (21, 31),
    "底": (21, 31),
    "末": (21, 31),
}
FUTURE = re.compile(
    r"\b(?:will|would|shall|by|until|from|starting|beginning|effective|coming|next|due|before|plans?"
    r"|takes? effect|(?:comes?|enters?) into (?:force|effect)|scheduled|expected)\b"
    r"[^.;\n]{0,30}$"
)


class Span(NamedTuple):
    earliest: date | None
    latest: date | None
    precision: str


@dataclass(frozen=True)
class Interval:
    """An honest date, ready for an action. `hint` is the kind of date that the words point to."""

    earliest: date | None
    latest: date | None
    precision: str
    basis: str
    hint: str = ""

    def overlaps(self, earliest: date | None, latest: date | None) -> bool:
        """An end that is open overlaps nearly everything: the other must be open there, too."""
        if not (self.earliest and self.latest):
            return (self.earliest is None, self.latest is None) == (
                earliest is None,
                latest is None,
            )
        starts, ends = self.earliest or date.min, self.latest or date.max
        return starts <= (latest or date.max) and (earliest or date.min) <= ends

    def __str__(self) -> str:
        if self.earliest == self.latest and self.earliest:
            return spelled(self.earliest)
        if not self.earliest or not self.latest:
            bound = self.latest or self.earliest
            return f"{'by' if self.latest else 'from'} {spelled(bound)}"
        return f"{spelled(self.earliest)} to {spelled(self.latest)}"


Ends = tuple[date | None, date | None]
Read = Callable[[re.Match[str], date | None], Span | None]


def spelled(day: date | None) -> str:
    return f"{day.day} {day:%B} {day.year}" if day else "…"


def one(day: date) -> Span:
    return Span(day, day, "day")


def week_of(day: date) -> Span:
    monday = day - day.weekday() * DAY
    return Span(monday, monday + 6 * DAY, "week")


def month_span(year: int, month: int) -> Span:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return Span(date(year, month, 1), date(year, month, last), "month")


def part_span(year: int, month: int, part: str) -> Span:
    first, last = PARTS[part]
    days = min(last, calendar.monthrange(year, month)[1])
    return Span(date(year, month, first), date(year, month, days), "part_of_month")


def months_span(year: int, first: int, last: int) -> Span:
    return Span(month_span(year, first).earliest, month_span(year, last).latest, "range")


def year_span(year: int) -> Span:
    return Span(date(year, 1, 1), date(year, 12, 31), "year")


def span_of(unit: str, day: date, steps: int) -> Span:
    """The day, week, month or year that lies so many steps from this day's."""
    if unit == "day":
        return one(day + steps * DAY)
    if unit == "week":
        return week_of(day + 7 * steps * DAY)
    if unit == "month":
        return month_span(day.year, day.month + steps)
    return year_span(day.year + steps)


def number_of(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS[word.lower()]


def year_of(match: re.Match[str], month: int, day: date | None) -> int | None:
    """The year that stands there, or the one in which the month came last, or comes next."""
    found = match.groupdict()
    if found.get("year"):
        return int(found["year"])
    if not day:
        return None
    if found.get("which"):
        return day.year + {"last": -1, "this": 0, "next": 1}[found["which"].lower()]
    ahead = bool(FUTURE.search(match.string, max(0, match.start() - 40), match.start()))
    if ahead:
        return day.year + (month < day.month)
    return day.year - (month > day.month)


def read_day(match: re.Match[str], day: date | None) -> Span | None:
    month = month_of(match)
    year = year_of(match, month, day)
    return one(date(year, month, int(match["day"]))) if year else None


def read_month(match: re.Match[str], day: date | None) -> Span | None:
    month = month_of(match)
    year = year_of(match, month, day)
    return month_span(year, month) if year else None


def read_last_month_named(match: re.Match[str], day: date | None) -> Span | None:
    """“Last May”: the one before this month."""
    month = month_of(match)
    return month_span(day.year - (month >= day.month), month) if day else None


def read_part(match: re.Match[str], day: date | None) -> Span | None:
    month = month_of(match)
    year = year_of(match, month, day)
    return part_span(year, month, match["part"].lower()) if year else None


def month_of(match: re.Match[str]) -> int:
    word = match["month"].lower().rstrip(".")
    return int(word) if word.isdigit() else MONTHS[word]


def read_numbers(match: re.Match[str], day: date | None) -> Span | None:
    return one(date(int(match["year"]), int(match["month"]), int(match["day"])))


def read_year(match: re.Match[str], day: date | None) -> Span | None:
    return year_span(int(match["year"]))


def read_fraction(match: re.Match[str], day: date | None) -> Span | None:
    ordinal = {"first": 1, "second": 2, "third": 3, "fourth": 4}
    number = ordinal.get(match["which"].lower()) or int(match["which"][-1])
    length = 6 if "half" in match[0].lower() or match["which"].startswith("H") else 3
    if number * length > 12:
        return None
    return months_span(int(match["year"]), (number - 1) * length + 1, number * length)


def read_weekday(match: re.Match[str], day: date | None) -> Span | None:
    """Of a thing that was: the last one, publication's own day included."""
    if not day:
        return None
    number, which = DAYS[match["weekday"].lower()], (match["which"] or "").lower()
    if which == "next":
        monday = week_of(day + 7 * DAY).earliest
        return one(monday + number * DAY) if monday else None
    if which == "last":
        return one(day - ((day.weekday() - number - 1) % 7 + 1) * DAY)
    if FUTURE.search(match.string, max(0, match.start() - 40), match.start()):
        return one(day + ((number - day.weekday()) % 7) * DAY)
    return one(day - ((day.weekday() - number) % 7) * DAY)


def read_neighbour(match: re.Match[str], day: date | None) -> Span | None:
    steps = {"last": -1, "previous": -1, "past": -1, "this": 0, "current": 0}
    return (
        span_of(match["unit"].lower(), day, steps.get(match["which"].lower(), 1)) if day else None
    )


def read_within(match: re.Match[str], day: date | None) -> Span | None:
    """“Earlier this month”, “later this year”."""
    if not day:
        return None
    whole = span_of(match["unit"].lower(), day, 0)
    if match["side"].lower() == "later":
        return Span(day, whole.latest, "range")
    return Span(whole.earliest, day, "range")


def read_ago(match: re.Match[str], day: date | None) -> Span | None:
    number, unit = number_of(match["number"]), match["unit"].lower()
    if not day:
        return None
    return span_of(unit, day, -number) if number else Span(None, day, "before")


def read_lately(match: re.Match[str], day: date | None) -> Span | None:
    """“In the past three weeks”."""
    number, unit = number_of(match["number"]), match["unit"].lower()
    if not day:
        return None
    length = {"day": 1, "week": 7, "month": 30, "year": 365}[unit]
    return Span(day - number * length * DAY, day, "range") if number else Span(None, day, "before")


def at(steps: int) -> Read:
    return lambda match, day: one(day + steps * DAY) if day else None


def whole(unit: str, steps: int) -> Read:
    return lambda match, day: span_of(unit, day, steps) if day else None


def before(match: re.Match[str], day: date | None) -> Span | None:
    return Span(None, day, "before") if day else None


def after(match: re.Match[str], day: date | None) -> Span | None:
    return Span(day, None, "after") if day else None
