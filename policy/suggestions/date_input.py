"""The parser of dates that people enter, and its reverse."""

import re
from datetime import date

from policy.months import MONTH_PARTS
from policy.suggestions.date_grammar import DATE_INPUT_EXAMPLES, FIELD_RULES
from policy.suggestions.date_intervals import (
    DateInputError,
    DateReference,
    ParsedDateInterval,
    UnknownDateError,
    format_day,
)

UNKNOWN_DATE_PATTERN = re.compile(
    r"(?:un|not )known(?: day| date)?|no (?:day|date)|not stated|n/?a|\?+"
)
WORDS_BY_PRECISION = {
    "day": "{first}",
    "week": "week of {first}",
    "part_of_month": "{part} {month}",
    "month": "{month}",
    "year": "{year}",
    "range": "between {first} and {last}",
    "before": "by {last}",
    "after": "since {first}",
}


def parse_date_input(words: str, *, reference_date: date | None = None) -> ParsedDateInterval:
    """Return the interval that words mean.

    Relative words are resolved on `reference_date`, such as the day when the source appeared. A
    missing year is the latest in which the date starts on or before that day. Raises
    UnknownDateError for words like “unknown”, and DateInputError for words that are not a date.
    """
    plain = normalize_date_input(words)
    if UNKNOWN_DATE_PATTERN.fullmatch(plain):
        raise UnknownDateError("Remove an unknown date, and give the reason under unknown fields.")
    for rule in FIELD_RULES:
        if match := rule.in_field.fullmatch(plain):
            return rule.read(match, DateReference(reference_date))
    if re.fullmatch(r"\d+[/.]\d+[/.]\d+", plain):
        raise DateInputError(
            "It is not clear which number is the month. Write the month as a word."
        )
    raise DateInputError(
        f"“{' '.join(words.split())[:60]}” cannot be read as a date. {DATE_INPUT_EXAMPLES}"
    )


def normalize_date_input(words: str) -> str:
    """Return lower case with single spaces, plain hyphens, no commas and no dots after words."""
    plain = " ".join(words.lower().replace(",", " ").split())
    return re.sub(r"\.(?!\d)", "", re.sub(r"[‐-―−]", "-", plain))


def format_date_input(interval: ParsedDateInterval) -> str:
    """Return words that parse_date_input turns into this interval; empty if there are none."""
    first, last = interval.earliest, interval.latest
    day = first or last or date.min
    words = WORDS_BY_PRECISION.get(interval.precision, "").format(
        first=first and format_day(first),
        last=last and format_day(last),
        part={start: part for part, (start, _) in MONTH_PARTS.items()}.get(day.day),
        month=f"{day:%B} {day.year}",
        year=day.year,
    )
    try:
        return words if parse_date_input(words) == interval else ""
    except DateInputError:
        return ""
