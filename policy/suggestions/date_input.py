"""Honest dates: what people write for a day, as the interval that it can stand for."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

DAY = timedelta(days=1)
MONTHS = [name.lower() for name in calendar.month_name]
MONTH = "(?:" + "|".join(name for name in MONTHS if name) + ")"
SHORT = {name[:3]: name for name in MONTHS if name} | {"sept": "september"}
WEEKDAYS = [name.lower() for name in calendar.day_name]
PARTS = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}  # of a month
WORDS_OF_PARTS = {
    r"(?:the )?(?:beginning|start) of|at the beginning of": "early",
    r"(?:the )?middle of|mid-": "mid",
    r"(?:the )?end of": "late",
}
NOT_KNOWN = re.compile(r"(?:un|not )known(?: day| date)?|no (?:day|date)|not stated|n/?a|\?+")
EXAMPLES = (
    "Write for example 21 May 2021, May 2021, end of May 2021, week of 17 May 2021, "
    "before 10 June 2021, between 1 and 5 May 2021, or unknown."
)


class Unclear(ValueError):
    """Why words are no date, in a sentence for whoever wrote them."""


class NotKnown(Unclear):
    """The words say that nobody knows: that is a reason to write down, and no date."""


@dataclass(frozen=True)
class Interval:
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


def read(words: str, *, near: date | None = None) -> Interval:
    """The interval that words stand for.

    What they leave to the reader is resolved on `near`, such as the day on which the source
    appeared; a year left out is the last one that makes the date start no later than that.
    Raises Unclear, and NotKnown for “unknown”.
    """
    plain = plainly(words)
    if NOT_KNOWN.fullmatch(plain):
        raise NotKnown("Nobody knows: leave the date out and say why under unknown fields.")
    for pattern, reading in READINGS.items():
        if found := re.fullmatch(pattern, plain):
            return reading(near, *found.groups())
    if re.fullmatch(r"\d+[/.]\d+[/.]\d+", plain):
        raise Unclear("Is the day or the month first? Write the month as a word.")
    raise Unclear(f"“{' '.join(words.split())[:60]}” is not understood. {EXAMPLES}")


def plainly(words: str) -> str:
    """Lower case, single spaces, months in full, one word for early, mid and late."""
    plain = re.sub(r"[‐-―−]", "-", " ".join(words.lower().replace(",", " ").split()))
    plain = re.sub(r"\b(\d{1,2})(?:st|nd|rd|th)\b", r"\1", plain.rstrip("."))
    plain = re.sub(r"\b([a-z]{3,4})\b\.?", lambda m: SHORT.get(m[1], m[0]), plain)
    for pattern, part in WORDS_OF_PARTS.items():
        plain = re.sub(rf"(?<![a-z])(?:{pattern}) ?", f"{part} ", plain)
    plain = re.sub(rf"\b({MONTH}) (\d{{1,2}})\b(?! ?(?:and|to|-) )", r"\2 \1", plain)
    return re.sub(r"^(?:on|in|during|the|at)(?: the)? ", "", plain)


# Readings. Each takes `near` and the words that its pattern picks out.


def day(near: date | None, number: str, month: str, year: str | None) -> Interval:
    return dated(near, year, lambda on: (of(on, month, number), of(on, month, number)), "day")


def iso_day(near: date | None, year: str, month: str, number: str) -> Interval:
    return day(near, number, named(month), year)


def month(near: date | None, name: str, year: str | None) -> Interval:
    return dated(near, year, lambda on: bounds(on, name), "month")


def iso_month(near: date | None, year: str, number: str) -> Interval:
    return month(near, named(number), year)


def part(near: date | None, which: str, name: str, year: str | None) -> Interval:
    first, last = PARTS[which]

    def ends(on: int) -> tuple[date, date]:
        start, end = bounds(on, name)
        return start.replace(day=first), min(end, start.replace(day=min(last, end.day)))

    return dated(near, year, ends, "part_of_month")


def year(near: date | None, number: str) -> Interval:
    return dated(near, number, lambda on: (date(on, 1, 1), date(on, 12, 31)), "year")


def from_today(near: date | None, word: str) -> Interval:
    found = known(near) + DAY * {"yesterday": -1, "today": 0, "tomorrow": 1}[word]
    return Interval(found, found, "day", near)


def weekday(near: date | None, which: str | None, name: str) -> Interval:
    """On Monday: the last one up to `near`, or the next one behind it."""
    today, number = known(near), WEEKDAYS.index(name)
    back = (today.weekday() - number) % 7
    if which == "next":
        back -= 7
    elif which == "last":
        back = back or 7
    return Interval(today - back * DAY, today - back * DAY, "day", near)


def period(near: date | None, which: str, unit: str) -> Interval:
    """This, last or next week, month or year, as the calendar counts them."""
    today, step = known(near), {"this": 0, "last": -1, "next": 1}[which]
    if unit == "week":
        monday = today + (7 * step - today.weekday()) * DAY
        return Interval(monday, monday + 6 * DAY, "week", near)
    if unit == "year":
        return replace(year(near, str(today.year + step)), near=near)
    months = today.year * 12 + today.month - 1 + step
    ends = bounds(months // 12, MONTHS[months % 12 + 1])
    return Interval(*ends, "month", near)


def known(near: date | None) -> date:
    if near is None:
        raise Unclear("From which day? Write the date, or cite a source with a day of publication.")
    return near


def week(near: date | None, words: str) -> Interval:
    found = simple(words, near, "day")
    monday = within(found.earliest, -found.earliest.weekday() if found.earliest else 0)
    return replace(found, earliest=monday, latest=within(monday, 6), precision="week")


def before(near: date | None, words: str) -> Interval:
    found = simple(words, near)
    return Interval(None, within(found.earliest, -1), "before", found.near)


def until(near: date | None, words: str) -> Interval:
    found = simple(words, near)
    return Interval(None, found.latest, "before", found.near)


def after(near: date | None, words: str) -> Interval:
    found = simple(words, near)
    return Interval(within(found.latest, 1), None, "after", found.near)


def since(near: date | None, words: str) -> Interval:
    found = simple(words, near)
    return Interval(found.earliest, None, "after", found.near)


def between(near: date | None, first: str, last: str) -> Interval:
    """The first end borrows from the last what it leaves out: “1 and 5 May 2021”."""
    end = simple(last, near)
    if re.fullmatch(r"\d{1,2}", first) and end.latest:
        first = f"{first} {MONTHS[end.latest.month]} {end.latest.year}"
    start = simple(first, end.latest)
    if start.earliest and end.latest and start.earliest > end.latest:
        raise Unclear(f"{start.earliest} comes after {end.latest}.")
    return Interval(start.earliest, end.latest, "range", end.near)


NAMED = rf"({MONTH})(?: (?:of )?(\d{{4}}))?"
SIMPLE: dict[str, Callable[..., Interval]] = {
    r"(\d{4})-(\d\d)-(\d\d)": iso_day,
    r"(\d{4})-(\d\d)": iso_month,
    r"(\d{4})": year,
    rf"(\d{{1,2}})(?: of)? {NAMED}": day,
    NAMED: month,
    rf"(early|mid|late)(?: in)? {NAMED}": part,
    r"(yesterday|today|tomorrow)": from_today,
    rf"(?:(last|next) )?({'|'.join(WEEKDAYS)})": weekday,
    r"(this|last|next) (week|month|year)": period,
}
READINGS: dict[str, Callable[..., Interval]] = SIMPLE | {
    r"week (?:of|from|starting|beginning)(?: on)? (.+)": week,
    r"before (.+)": before,
    r"(?:by|until|till|up to|no later than|not later than) (.+)": until,
    r"after (.+)": after,
    r"(?:since|from|no earlier than|not before) ((?:(?! to | until ).)+)": since,
    r"between (.+?) and (.+)": between,
    r"(?:from )?(.+?)(?: to | until | till | - )(.+)": between,
    rf"(\d{{1,2}})-(\d{{1,2}} {MONTH}.*)": between,
}


def simple(words: str, near: date | None, only: str = "") -> Interval:
    """A day, a month, a part of one or a year."""
    for pattern, reading in SIMPLE.items():
        if found := re.fullmatch(pattern, re.sub("^the ", "", words)):
            interval = reading(near, *found.groups())
            if not only or interval.precision == only:
                return interval
    wanted = "a day" if only else "a day, a month or a year"
    raise Unclear(f"“{words[:60]}” is not {wanted}. {EXAMPLES}")


# Days


def dated(
    near: date | None, year: str | None, ends: Callable[[int], tuple[date, date]], precision: str
) -> Interval:
    """The interval in the year that the words give, or in the last one not behind `near`."""
    if year:
        return Interval(*ends(checked(year)), precision)
    if near is None:
        raise Unclear("Of which year? Write it, or cite a source with a day of publication.")
    for on in (near.year, near.year - 1):
        interval = Interval(*ends(on), precision, near)
        if interval.earliest and interval.earliest <= near:
            return interval
    raise Unclear("Of which year?")


def checked(year: str) -> int:
    if not 1000 <= int(year) <= 2999:
        raise Unclear(f"There is no year {year} here.")
    return int(year)


def of(year: int, month: str, number: str) -> date:
    _, last = bounds(year, month)
    if not 1 <= int(number) <= last.day:
        raise Unclear(f"{month.title()} {year} has no day {int(number)}.")
    return last.replace(day=int(number))


def bounds(year: int, month: str) -> tuple[date, date]:
    number = MONTHS.index(month)
    return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])


def named(number: str) -> str:
    if not 1 <= int(number) <= 12:
        raise Unclear(f"There is no month {number}.")
    return MONTHS[int(number)]


def within(day: date | None, days: int) -> date | None:
    return day + days * DAY if day else None


# Back into words
