"""Words for a day become the interval that they can stand for, and never a made-up day."""

from datetime import date

import pytest

from policy.suggestions.date_input import format_date_input, parse_date_input
from policy.suggestions.date_intervals import (
    DateInputError,
    ParsedDateInterval,
    UnknownDateError,
)

READINGS = {
    "2021-05-21": ("2021-05-21", "2021-05-21", "day"),
    "21 May 2021": ("2021-05-21", "2021-05-21", "day"),
    "on the 21st of May, 2021": ("2021-05-21", "2021-05-21", "day"),
    "May 21, 2021": ("2021-05-21", "2021-05-21", "day"),
    "Sept. 3 2021": ("2021-09-03", "2021-09-03", "day"),
    "29 February 2020": ("2020-02-29", "2020-02-29", "day"),
    "May 2021": ("2021-05-01", "2021-05-31", "month"),
    "in feb 2021.": ("2021-02-01", "2021-02-28", "month"),
    "2021-05": ("2021-05-01", "2021-05-31", "month"),
    "2021": ("2021-01-01", "2021-12-31", "year"),
    "early May 2021": ("2021-05-01", "2021-05-10", "part_of_month"),
    "the beginning of May 2021": ("2021-05-01", "2021-05-10", "part_of_month"),
    "mid-May 2021": ("2021-05-11", "2021-05-20", "part_of_month"),
    "in the middle of May 2021": ("2021-05-11", "2021-05-20", "part_of_month"),
    "late May 2021": ("2021-05-21", "2021-05-31", "part_of_month"),
    "End of  May 2021": ("2021-05-21", "2021-05-31", "part_of_month"),
    "at the end of February 2021": ("2021-02-21", "2021-02-28", "part_of_month"),
    "week of 19 May 2021": ("2021-05-17", "2021-05-23", "week"),
    "the week of 2021-05-17": ("2021-05-17", "2021-05-23", "week"),
    "before 10 June 2021": (None, "2021-06-09", "before"),
    "before June 2021": (None, "2021-05-31", "before"),
    "by June 10, 2021": (None, "2021-06-10", "before"),
    "no later than June 2021": (None, "2021-06-30", "before"),
    "after 10 June 2021": ("2021-06-11", None, "after"),
    "after 2020": ("2021-01-01", None, "after"),
    "since May 2021": ("2021-05-01", None, "after"),
    "from 3 May 2021": ("2021-05-03", None, "after"),
    "between 1 and 5 May 2021": ("2021-05-01", "2021-05-05", "range"),
    "1-5 May 2021": ("2021-05-01", "2021-05-05", "range"),
    "from 1 to 5 May 2021": ("2021-05-01", "2021-05-05", "range"),
    "between 28 December and 5 January 2021": ("2020-12-28", "2021-01-05", "range"),
    "2021-05-01 – 2021-06-02": ("2021-05-01", "2021-06-02", "range"),
    "between May and July 2021": ("2021-05-01", "2021-07-31", "range"),
    "between mid-May 2021 and the end of June 2021": ("2021-05-11", "2021-06-30", "range"),
    "2019 to 2021": ("2019-01-01", "2021-12-31", "range"),
    "May 1 to May 5, 2021": ("2021-05-01", "2021-05-05", "range"),
    "from 1 May till 5 May 2021": ("2021-05-01", "2021-05-05", "range"),
    "up to 5 May 2021": (None, "2021-05-05", "before"),
    "late in May 2021": ("2021-05-21", "2021-05-31", "part_of_month"),
    "Q2 1950": ("1950-04-01", "1950-06-30", "range"),
    "in the second half of 2020": ("2020-07-01", "2020-12-31", "range"),
    "1st–5th May 2021": ("2021-05-01", "2021-05-05", "range"),
    "2021年5月底": ("2021-05-21", "2021-05-31", "part_of_month"),
}


def told(interval: ParsedDateInterval) -> tuple[str | None, str | None, str]:
    first, last = interval.earliest, interval.latest
    return first and first.isoformat(), last and last.isoformat(), interval.precision


@pytest.mark.parametrize("words", READINGS)
def test_words_stand_for_an_interval(words):
    assert told(parse_date_input(words)) == READINGS[words]


NEAR = {
    "end of May": ("2021-05-21", "2021-05-31", "part_of_month"),
    "9 June": ("2021-06-09", "2021-06-09", "day"),
    "10 June": ("2021-06-10", "2021-06-10", "day"),
    "11 June": ("2020-06-11", "2020-06-11", "day"),
    "June": ("2021-06-01", "2021-06-30", "month"),
    "December": ("2020-12-01", "2020-12-31", "month"),
    "week of 7 June": ("2021-06-07", "2021-06-13", "week"),
    "between 1 and 5 May": ("2021-05-01", "2021-05-05", "range"),
    "before 1 June": (None, "2021-05-31", "before"),
    "last June": ("2020-06-01", "2020-06-30", "month"),
    "May last year": ("2020-05-01", "2020-05-31", "month"),
}


@pytest.mark.parametrize("words", NEAR)
def test_a_year_left_out_is_the_last_one_that_is_not_to_come(words):
    published = date(2021, 6, 10)  # a Thursday
    assert told(parse_date_input(words, reference_date=published)) == NEAR[words]
    assert parse_date_input(words, reference_date=published).reference_date == published
    with pytest.raises(DateInputError, match=r"^The year is missing"):
        parse_date_input(words)


RELATIVE = {
    "today": ("2021-06-10", "2021-06-10", "day"),
    "yesterday": ("2021-06-09", "2021-06-09", "day"),
    "tomorrow": ("2021-06-11", "2021-06-11", "day"),
    "on Thursday": ("2021-06-10", "2021-06-10", "day"),
    "last Thursday": ("2021-06-03", "2021-06-03", "day"),
    "next Thursday": ("2021-06-17", "2021-06-17", "day"),
    "on Wednesday": ("2021-06-09", "2021-06-09", "day"),
    "last Wednesday": ("2021-06-09", "2021-06-09", "day"),
    "Friday": ("2021-06-04", "2021-06-04", "day"),
    "next Friday": ("2021-06-11", "2021-06-11", "day"),
    "this week": ("2021-06-07", "2021-06-13", "week"),
    "last week": ("2021-05-31", "2021-06-06", "week"),
    "last month": ("2021-05-01", "2021-05-31", "month"),
    "next year": ("2022-01-01", "2022-12-31", "year"),
    "since last year": ("2020-01-01", None, "after"),
    "before Wednesday": (None, "2021-06-08", "before"),
    "this Friday": ("2021-06-11", "2021-06-11", "day"),
    "between Monday and Wednesday": ("2021-06-07", "2021-06-09", "range"),
    "three weeks ago": ("2021-05-17", "2021-05-23", "week"),
    "over the past two weeks": ("2021-05-27", "2021-06-10", "range"),
    "earlier this month": ("2021-06-01", "2021-06-10", "range"),
}


@pytest.mark.parametrize("words", RELATIVE)
def test_relative_words_are_resolved_on_the_day_of_the_source(words):
    published = date(2021, 6, 10)  # a Thursday
    assert told(parse_date_input(words, reference_date=published)) == RELATIVE[words]
    assert parse_date_input(words, reference_date=published).reference_date == published
    with pytest.raises(DateInputError, match=r"^The day is relative"):
        parse_date_input(words)


def test_months_go_round_the_year():
    assert told(parse_date_input("next month", reference_date=date(2021, 12, 31)))[:2] == (
        "2022-01-01",
        "2022-01-31",
    )
    assert told(parse_date_input("last month", reference_date=date(2021, 1, 31)))[:2] == (
        "2020-12-01",
        "2020-12-31",
    )


def test_a_year_in_the_words_needs_no_other_day():
    interval = parse_date_input("May 2019", reference_date=date(2021, 6, 10))
    assert interval == parse_date_input("May 2019")
    assert interval.reference_date is None


def test_a_year_that_no_calendar_has_is_refused():
    with pytest.raises(DateInputError, match=r"^year -499 is out of range"):
        parse_date_input("999 years ago", reference_date=date(500, 1, 1))


REFUSED = {
    "31 June 2021": "June 2021 has no day 31.",
    "29 February 2021": "February 2021 has no day 29.",
    "2021-02-30": "February 2021 has no day 30.",
    "2021-13": "There is no month 13.",
    "0021": "The year 0021 is not between 1000 and 2999.",
    "05/06/2021": "It is not clear which number is the month. Write the month as a word.",
    "between 5 and 1 May 2021": "The start 2021-05-05 is after the end 2021-05-01.",
    "week of May 2021": "“may 2021” is not a day. ",
    "before soon": "“soon” is not a day, a month or a year. ",
    "recently": "“recently” cannot be read as a date. ",
    "after several weeks ago": "“several weeks ago” is not a day, a month or a year. ",
    "Q1 0500": "The year 0500 is not between 1000 and 2999.",
    "summer of 2019": "“summer of 2019” cannot be read as a date. ",
    "early 2021": "“early 2021” cannot be read as a date. ",
    "": "“” cannot be read as a date. ",
    "<b>" + "x" * 99: "“<b>xxxxx",
}


@pytest.mark.parametrize("words", REFUSED)
def test_other_words_are_refused_with_the_reason(words):
    with pytest.raises(DateInputError) as refusal:
        parse_date_input(words)
    assert str(refusal.value).startswith(REFUSED[words])
    assert not isinstance(refusal.value, UnknownDateError)


@pytest.mark.parametrize("words", ["unknown", "Not known", "?", "n/a", "no date", "unknown day"])
def test_unknown_is_no_date(words):
    with pytest.raises(UnknownDateError, match="give the reason under unknown fields"):
        parse_date_input(words)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("end of May 2021", "2021-05-21 to 2021-05-31, part of a month"),
        ("week of 21 May 2021", "2021-05-17 to 2021-05-23, a week"),
        ("between 1 and 5 May 2021", "2021-05-01 to 2021-05-05, a range"),
        ("21 May 2021", "2021-05-21"),
        ("before 10 June 2021", "2021-06-09 or earlier"),
        ("after 10 June 2021", "2021-06-11 or later"),
    ],
)
def test_an_interval_says_what_is_stored(words, says):
    assert str(parse_date_input(words)) == says


@pytest.mark.parametrize("words", READINGS)
def test_what_was_read_can_be_spelled_and_read_again(words):
    interval = parse_date_input(words)
    assert parse_date_input(format_date_input(interval)) == interval


def test_what_no_words_say_is_not_spelled():
    odd = ParsedDateInterval(date(2021, 5, 1), date(2021, 5, 7), "part_of_month")
    assert format_date_input(odd) == ""
    assert format_date_input(ParsedDateInterval(None, date(2021, 5, 1), "range")) == ""
