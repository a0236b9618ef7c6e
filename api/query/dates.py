"""TODO docstring."""

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError

from api.query import parameters
from api.query.filters import FacetFilter
from policy.documents.facets import UNDATED
from policy.models import Revision
from policy.models.sql import SqlFragment, join_conditions

DateWindow = tuple[date | None, date | None]
WINDOW_PART_PATTERN = re.compile(r"(\d{4})(?:-(\d{2}))?", re.ASCII)
HAS_SORT_DATE = SqlFragment("f.date <> %s", (UNDATED,))
FILTER_MONTH_PATTERN = r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])"


class YearFilter(FacetFilter):
    schema = {"type": "integer", "minimum": 1, "maximum": 9999}

    def clean_values(self, values: list[str]) -> list[str]:
        if not all(re.fullmatch(r"[1-9]\d{0,3}", value, re.ASCII) for value in values):
            raise ValidationError("A year is a number from 1 to 9999.")
        return values

    def filter(self, qs: Any, value: Any) -> Any:
        """The same year twice: as a value, and as bounds to whichever value is walked."""
        return (
            super()
            .filter(qs, value)
            .filter_dates(sort_date_between(*parse_window_part(value.zfill(4))))
            if value
            else qs
        )


class MonthFilter(FacetFilter):
    schema = {"type": "string", "pattern": f"^{FILTER_MONTH_PATTERN}$"}

    def clean_values(self, values: list[str]) -> list[str]:
        if not all(re.fullmatch(FILTER_MONTH_PATTERN, value, re.ASCII) for value in values):
            raise ValidationError("A month is a year and two digits: 2021-06.")
        return values

    def filter(self, qs: Any, value: Any) -> Any:
        """As a value and as bounds, like a year."""
        return (
            super().filter(qs, value).filter_dates(sort_date_between(*parse_window_part(value)))
            if value
            else qs
        )


def sort_date_between(first: date | None, last: date | None) -> SqlFragment:
    return SqlFragment("f.date BETWEEN %s AND %s", (first, last))


class SortDateFilter(FacetFilter):
    """sort_date__gte and __lte. Undated records lie outside of every bound."""

    facet_only = False
    schema = {"type": "string", "format": "date"}

    def __init__(self, lookup: str, help_text: str) -> None:
        self.lookup = lookup
        super().__init__(f"sort_date__{lookup}", help_text, "2021-06-09")

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        sign = {"gte": ">=", "lte": "<="}[self.lookup]
        return qs.filter_dates(
            SqlFragment(f"f.date {sign} %s", (parse_filter_day(value),))
        ).filter_dates(HAS_SORT_DATE)


class InForceFilter(FacetFilter):
    """Records that may have been in force on a day, by their dates.

    It began to be by its effective date; without one, by when it was adopted, occurred or was
    observed. It is out of force after the day that it ended at the latest.
    """

    facet_only = False
    schema = {"type": "string", "format": "date"}
    START_DATE_KINDS = ("adopted", "occurred", "observed")

    def __init__(self) -> None:
        text = "May be in force on this day: begun on or before it, not ended before it."
        super().__init__("in_force_on", text, "2021-06-10")

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        on = parse_filter_day(value)
        begun = "(i.earliest IS NULL OR i.earliest <= %s)"
        effective = revision_has_date("effective", SqlFragment(begun, (on,)))
        other = revision_has_any_date(self.START_DATE_KINDS, SqlFragment(begun, (on,)))
        without = ~revision_has_date("effective", SqlFragment("true"))
        starts = SqlFragment(
            f"({effective.sql} OR ({without.sql} AND {other.sql}))",
            (*effective.values, *without.values, *other.values),
        )
        return qs.where(starts).where(
            ~revision_has_date("ended", SqlFragment("i.latest < %s", (on,)))
        )


def parse_filter_day(value: str) -> date:
    start, end = parse_window_part(value)
    if start is None or start != end:
        raise ValidationError("Use a day: 2021-06-09.")
    return start


class DateWindowFilter(FacetFilter):
    """Records by when: a date that lies within a window, or may lie in it."""

    facet_only = False

    def __init__(self, kind: str, relation: str) -> None:
        self.kind, self.relation = kind, relation
        words = {
            "within": "Surely inside the window: both ends known and in it.",
            "overlaps": "Possibly inside: open ends reach on. Never a record without the date.",
        }
        super().__init__(f"{kind}__{relation}", f"{kind}: {words[relation]}", "2021-06")

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        relate = {"within": interval_is_within, "overlaps": interval_may_overlap}[self.relation]
        return qs.where(revision_has_date(self.kind, relate(*parse_window(value))))


def revision_has_date(kind: str, condition: SqlFragment) -> SqlFragment:
    """Whether a revision has a date of a kind, called i, of which a condition is true."""
    return revision_has_any_date([kind], condition)


def revision_has_any_date(kinds: Sequence[str], condition: SqlFragment) -> SqlFragment:
    same = "SELECT FROM policy_interval i WHERE i.revision_id = f.revision_id"
    sql = f"EXISTS ({same} AND i.date = ANY(%s) AND {condition.sql})"
    return SqlFragment(sql, (list(kinds), *condition.values))


def interval_is_within(start: date | None, end: date | None) -> SqlFragment:
    """Both ends known and in the window."""
    found = [SqlFragment("i.earliest IS NOT NULL"), SqlFragment("i.latest IS NOT NULL")]
    found += [SqlFragment("i.earliest >= %s", (start,))] if start else []
    found += [SqlFragment("i.latest <= %s", (end,))] if end else []
    return join_conditions(found)


def interval_may_overlap(start: date | None, end: date | None) -> SqlFragment:
    found = [SqlFragment("(i.latest IS NULL OR i.latest >= %s)", (start,))] if start else []
    found += [SqlFragment("(i.earliest IS NULL OR i.earliest <= %s)", (end,))] if end else []
    return join_conditions(found)


def parse_window(value: str) -> DateWindow:
    """2021, 2021-06, 2021-06-09, or two of them with a slash; `..` is an open end."""
    first, slash, last = value.partition("/")
    start, end = parse_window_part(first)[0], parse_window_part(last if slash else first)[1]
    if start and end and start > end:
        raise ValidationError("The window ends before it starts.")
    if not start and not end:
        raise ValidationError("Close the window at one end at least.")
    return start, end


def parse_window_part(value: str) -> DateWindow:
    """The first and the last day of a day, month or year."""
    if value == "..":
        return None, None
    try:
        if match := WINDOW_PART_PATTERN.fullmatch(value):
            year, month = int(match[1]), match[2] and int(match[2])
            start = date(year, month or 1, 1)
            return start, last_day_of_month(year, month or 12)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return date.fromisoformat(value), date.fromisoformat(value)
    except ValueError:
        pass
    raise ValidationError("Use 2021, 2021-06, 2021-06-09, 2021-06-01/2021-06-09 or 2021-06-01/..")


def last_day_of_month(year: int, month: int) -> date:
    if (year, month) == (9999, 12):
        return date.max
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


class UpdatedSinceFilter(FacetFilter):
    """Records whose standing content was published at an instant or after it."""

    facet_only = False

    def clean_value(self, value: str) -> Any:
        moment = parameters.parse_instant(value, time.min)
        if wrong := parameters.validate_instant(moment, value):
            raise ValidationError(wrong)
        return moment

    def filter(self, qs: Any, value: Any) -> Any:
        """Versions and instants run the same way, and facets know the version alone."""
        if not value:
            return qs
        before = Revision.objects.filter(published_at__lt=self.clean_value(value))
        return qs.where(SqlFragment("f.revision_id > %s", (before.version(),)))
