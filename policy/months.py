"""Months: their English names, their first and last days, and their parts."""

import calendar
from datetime import date

MONTH_NAMES = tuple(calendar.month_name)  # MONTH_NAMES[1] is January; MONTH_NAMES[0] is empty
# Part of a month: its first and last day. In a shorter month, "late" ends with the month.
MONTH_PARTS = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}


def last_day_of_month(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def month_bounds(year: int, month: int) -> tuple[date, date]:
    """Return the first and the last day of a month. `month` is 1 to 12."""
    return date(year, month, 1), last_day_of_month(year, month)


def month_part_bounds(year: int, month: int, part: str) -> tuple[date, date]:
    """Return the first and the last day of a part of a month. `part` is a key of MONTH_PARTS."""
    first, last = MONTH_PARTS[part]
    end = last_day_of_month(year, month)
    return date(year, month, first), end.replace(day=min(last, end.day))
