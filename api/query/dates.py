"""The filters by date: years, months, bounds of `sort_date`, and windows for each kind of date."""

import re
from datetime import date, datetime, time

from django.core.exceptions import ValidationError

from api.query import parameters
from api.query.filters import FacetFilter
from api.query.parameters import ParameterSchema
from policy.documents.facets import UNDATED
from policy.models.sql import SqlFragment, fetch_all, join_conditions
from policy.months import last_day_of_month
from policy.search.query import Selection

DateWindow = tuple[date | None, date | None]  # first and last day, both inclusive; None: open
WINDOW_PART_PATTERN = re.compile(r"(\d{4})(?:-(\d{2}))?", re.ASCII)
LAST_BEFORE_SQL = """
    SELECT (SELECT id FROM policy_revision WHERE published_at < %s
        ORDER BY published_at DESC LIMIT 1), %s > clock_timestamp()
"""
HAS_SORT_DATE = SqlFragment("f.date <> %s", (UNDATED,))
FILTER_MONTH_PATTERN = r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])"
DAY_SCHEMA: ParameterSchema = {"type": "string", "format": "date"}


class YearFilter(FacetFilter):
    """Records whose main date surely lies in a year."""

    schema = {"type": "integer", "minimum": 1, "maximum": 9999}

    def clean_values(self, values: list[str]) -> list[str]:
        if not all(re.fullmatch(r"[1-9]\d{0,3}", value, re.ASCII) for value in values):
            raise ValidationError("Use a year from 1 to 9999.")
        return values

    def filter(self, qs: Selection, value: str) -> Selection:
        """Filter by the year as a value, and as date bounds, which also limit the scan of the
        value that drives the query."""
        return filter_period(super().filter(qs, value), value.zfill(4)) if value else qs


class MonthFilter(FacetFilter):
    """Records whose main date surely lies in a month."""

    schema = {"type": "string", "pattern": f"^{FILTER_MONTH_PATTERN}$"}

    def clean_values(self, values: list[str]) -> list[str]:
        if not all(re.fullmatch(FILTER_MONTH_PATTERN, value, re.ASCII) for value in values):
            raise ValidationError("Use a year and a month of two digits, for example 2021-06.")
        return values

    def filter(self, qs: Selection, value: str) -> Selection:
        """Filter by the month as a value and as date bounds, like YearFilter."""
        return filter_period(super().filter(qs, value), value) if value else qs


def filter_period(rows: Selection, period: str) -> Selection:
    """Add the bounds of a period, YYYY or YYYY-MM, to the rows."""
    bounds = SqlFragment("f.date BETWEEN %s AND %s", parse_window_part(period))
    return rows.filter_dates(bounds)


class SortDateFilter(FacetFilter):
    """The parameters `sort_date__gte` and `sort_date__lte`. Records without a date never match."""

    schema = DAY_SCHEMA

    def __init__(self, lookup: str, help_text: str) -> None:
        self.lookup = lookup
        super().__init__(f"sort_date__{lookup}", help_text, "2021-06-09")

    def filter(self, qs: Selection, value: str) -> Selection:
        if not value:
            return qs
        operator = {"gte": ">=", "lte": "<="}[self.lookup]
        bound = SqlFragment(f"f.date {operator} %s", (parse_filter_day(value),))
        return qs.filter_dates(bound).filter_dates(HAS_SORT_DATE)


class InForceFilter(FacetFilter):
    """Actions that were in force on a day: surely, or possibly.

    `policy.documents.periods` says how the periods follow from the dates and the status.
    """

    schema = DAY_SCHEMA

    def __init__(self, name: str, period: str, help_text: str) -> None:
        self.period = period
        super().__init__(name, help_text, "2021-06-10")

    def filter(self, qs: Selection, value: str) -> Selection:
        if not value:
            return qs
        day = parse_filter_day(value)
        return qs.where(revision_has_date(self.period, interval_may_overlap(day, day)))


def parse_filter_day(value: str) -> date:
    """Return the day of an ISO 8601 date. Raise ValidationError for any other value."""
    start, end = parse_window_part(value)
    if start is None or start != end:
        raise ValidationError("Use a day, for example 2021-06-09.")
    return start


class DateWindowFilter(FacetFilter):
    """Records with a date of a kind that lies inside a window (relation "within"), or may lie
    inside it ("overlaps")."""

    def __init__(self, kind: str, relation: str, name: str = "") -> None:
        self.kind, self.relation = kind, relation
        help_texts = {
            "within": "Certainly inside the window: both ends are known and inside it.",
            "overlaps": "Possibly inside the window: an unknown end counts as open. Records "
            "without this date never match.",
        }
        name = name or kind
        super().__init__(f"{name}__{relation}", f"{name}: {help_texts[relation]}", "2021-06")

    def filter(self, qs: Selection, value: str) -> Selection:
        if not value:
            return qs
        relate = {"within": interval_is_within, "overlaps": interval_may_overlap}[self.relation]
        return qs.where(revision_has_date(self.kind, relate(*parse_window(value))))


def revision_has_date(kind: str, condition: SqlFragment) -> SqlFragment:
    """Return the condition that a revision has a period of a kind for which `condition` is true.
    In `condition`, `i` is the period."""
    intervals = "SELECT FROM policy_interval i WHERE i.revision_id = f.revision_id"
    sql = f"EXISTS ({intervals} AND i.date = %s AND {condition.sql})"
    return SqlFragment(sql, (kind, *condition.values))


def interval_is_within(start: date | None, end: date | None) -> SqlFragment:
    """Return the condition that both ends of an interval are known and inside a window."""
    conditions = [SqlFragment("i.earliest IS NOT NULL"), SqlFragment("i.latest IS NOT NULL")]
    conditions += [SqlFragment("i.earliest >= %s", (start,))] if start else []
    conditions += [SqlFragment("i.latest <= %s", (end,))] if end else []
    return join_conditions(conditions)


def interval_may_overlap(start: date | None, end: date | None) -> SqlFragment:
    """Return the condition that an interval, whose unknown ends are open, overlaps a window."""
    after, before = (
        "(i.latest IS NULL OR i.latest >= %s)",
        "(i.earliest IS NULL OR i.earliest <= %s)",
    )
    conditions = [SqlFragment(after, (start,))] if start else []
    conditions += [SqlFragment(before, (end,))] if end else []
    return join_conditions(conditions)


def parse_window(value: str) -> DateWindow:
    """Return the window of a value: one part, or two parts with a slash between them, as in
    parse_window_part(). Raise ValidationError for any other value."""
    first, slash, last = value.partition("/")
    start, end = parse_window_part(first)[0], parse_window_part(last if slash else first)[1]
    if start and end and start > end:
        raise ValidationError("The window ends before it starts. Swap the two dates.")
    if not start and not end:
        raise ValidationError("Use a date for at least one end of the window.")
    return start, end


def parse_window_part(value: str) -> DateWindow:
    """Return the first and last day of YYYY, YYYY-MM or YYYY-MM-DD, and (None, None) for `..`.
    Raise ValidationError for any other value."""
    if value == "..":
        return None, None
    try:
        if match := WINDOW_PART_PATTERN.fullmatch(value):
            year, month = int(match[1]), match[2] and int(match[2])
            return date(year, month or 1, 1), last_day_of_month(year, month or 12)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return date.fromisoformat(value), date.fromisoformat(value)
    except ValueError:
        pass
    raise ValidationError("Use 2021, 2021-06, 2021-06-09, 2021-06-01/2021-06-09 or 2021-06-01/..")


class UpdatedSinceFilter(FacetFilter):
    """Records whose current revision was published at or after an instant."""

    def parse(self, value: str) -> datetime:
        """Return the instant of a value. Raise ValidationError if it is not one."""
        instant = parameters.parse_instant(value, time.min)
        if instant is None:
            raise ValidationError(parameters.instant_hint(value))
        return instant

    def filter(self, qs: Selection, value: str) -> Selection:
        """Filter by version. Versions increase with the instants of publication, and the index
        has versions only."""
        if not value:
            return qs
        instant = self.parse(value)
        ((last, is_future),) = fetch_all(LAST_BEFORE_SQL, (instant, instant))
        if is_future:
            raise ValidationError("Use a time that is not in the future.")
        return qs.where(SqlFragment("f.revision_id > %s", (last or 0,)))
