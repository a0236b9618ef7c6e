"""Parser of dates that people enter. A date becomes the interval of days that it can mean."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from policy.months import MONTH_PARTS
from policy.suggestions.date_intervals import (
    LOWERCASE_MONTHS,
    DateInputError,
    ParsedDateInterval,
    UnknownDateError,
    add_days_or_none,
    day_interval,
    iso_day_interval,
    iso_month_interval,
    month_interval,
    month_part_interval,
    relative_day_interval,
    relative_period_interval,
    weekday_interval,
    year_interval,
)
from policy.suggestions.date_readings import WEEKDAY_NUMBERS

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
    "Write, for example, 21 May 2021, May 2021, end of May 2021, week of 17 May 2021, "
    "before 10 June 2021, between 1 and 5 May 2021, or unknown."
)


def parse_date_input(words: str, *, reference_date: date | None = None) -> ParsedDateInterval:
    """Return the interval that words mean.

    Relative words are resolved on `reference_date`, such as the day when the source appeared. A
    missing year is the latest in which the date starts on or before that day. Raises
    UnknownDateError for words like “unknown”, and DateInputError for words that are not a date.
    """
    plain = normalize_date_input(words)
    if UNKNOWN_DATE_PATTERN.fullmatch(plain):
        raise UnknownDateError("Remove an unknown date, and give the reason under unknown fields.")
    for pattern, reading in DATE_PARSERS.items():
        if match := re.fullmatch(pattern, plain):
            return reading(reference_date, *match.groups())
    if re.fullmatch(r"\d+[/.]\d+[/.]\d+", plain):
        raise DateInputError(
            "It is not clear which number is the month. Write the month as a word."
        )
    raise DateInputError(
        f"“{' '.join(words.split())[:60]}” cannot be read as a date. {DATE_INPUT_EXAMPLES}"
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


# Parsers of combined dates. Each takes `reference_date` and the groups of its pattern.


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
        raise DateInputError(f"The start {start.earliest} is after the end {end.latest}.")
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
