"""Counts the records that may lie in each year or month, by the ends of their main date."""

from collections.abc import Iterator, Sequence
from datetime import date

from policy.documents.periods import MAIN_PERIOD
from policy.models.sql import fetch_all
from policy.months import last_day_of_month
from policy.search.counts import GroupingSql, GroupKeys
from policy.search.query import Selection

# As PostgreSQL writes the values of these facets. Years have no leading zeros.
PERIOD_FORMATS = {"year": "FMYYYY", "month": "YYYY-MM"}


def first_day(period: str) -> date:
    """Return the first day of a year or of a month, YYYY-MM."""
    year, _, month = period.partition("-")
    return date(int(year), int(month or 1), 1)


def last_day(period: str) -> date:
    year, _, month = period.partition("-")
    return last_day_of_month(int(year), int(month or 12))


def iter_calendar(first: str, last: str) -> Iterator[str]:
    """Yield all years or months from the first to the last one."""
    day, end = first_day(first), first_day(last)
    while day <= end:
        yield f"{day:%Y-%m}".zfill(7) if "-" in first else str(day.year)
        step = 1 if "-" in first else 12
        months = day.year * 12 + day.month - 1 + step
        if months // 12 > date.max.year:
            return
        day = date(months // 12, months % 12 + 1, 1)


def count_possible(
    chosen: Selection, facets: Sequence[str], period: str, span: tuple[str, str]
) -> dict[GroupKeys, int]:
    """Return the number of records whose main date may lie in each period.

    `facets` are one or two facets, of which `period` (year or month) is one. `span` has the first
    and the last period to count. The counts are by the values of all facets, earliest first.
    """
    sql, values = chosen.to_scan().ids_sql
    others = [facet for facet in facets if facet != period]
    by = GroupingSql(chosen, others)
    other_values = "".join(f", {column}" for column in [by.values] if column)
    other_ids = "".join(f", {column}" for column in [by.ids_sql] if column)
    other_columns = "".join(f", {column}" for column in [by.columns] if column)
    statement = f"""
        WITH chosen AS MATERIALIZED ({sql}), grouped AS (
            SELECT to_char(day, '{PERIOD_FORMATS[period]}') AS period, min(day) AS starts,
                count(*) AS number {other_columns}
            FROM chosen JOIN policy_interval i
                ON i.revision_id = chosen.revision_id AND i.date = '{MAIN_PERIOD}'
            CROSS JOIN LATERAL generate_series(
                date_trunc('{period}', greatest(coalesce(i.earliest, %s), %s)::timestamp),
                least(coalesce(i.latest, %s), %s)::timestamp, '1 {period}') day {by.joins}
            GROUP BY period {other_ids}
        )
        SELECT number, period {other_values} FROM grouped {by.name_joins}
        ORDER BY starts {other_values}
    """  # noqa: S608
    start, end = first_day(span[0]), last_day(span[1])
    bounds = [start, start, end, end]
    rows = fetch_all(statement, [*values, *bounds, *by.join_params, *by.name_params])
    at = list(facets).index(period)
    return {(*other[:at], name, *other[at:]): number for number, name, *other in rows}
