"""Counts selected records, in total and by the values of facets.

Each count comes with the version of the dataset that its statement saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Subquery

from policy.documents.facets import FacetPair
from policy.models import FacetValue, Revision
from policy.models.index import facet_value_id
from policy.models.sql import fetch_all
from policy.search.query import IndexScan, Selection, current_condition
from policy.search.version import LAST_VERSION_SQL, parse_stored_version
from policy.versions import EMPTY_VERSION, Version

GroupKeys = tuple[str | None, ...]
UNIT_ACT = facet_value_id("action", "unit", "act")
LOWER_BOUND_COMPARATORS = {"more_than", "at_least"}


@dataclass(frozen=True)
class RecordCount:
    records: int
    version: Version


@dataclass(frozen=True)
class FigureSum:
    """The sum of the figures in one unit, over the records of a group."""

    unit: str
    value: Decimal
    records: int
    comparators: list[str]

    @property
    def is_lower_bound(self) -> bool:
        """Whether the true sum may be larger, but not smaller."""
        inexact = set(self.comparators) - {"exactly"}
        return bool(inexact) and inexact <= LOWER_BOUND_COMPARATORS


def count_with_value(kind: str, pair: FacetPair) -> RecordCount:
    """Return the number of current records with a value, which is stored and not counted."""
    value = FacetValue.objects.filter(pk=facet_value_id(kind, *pair)).values("records")
    latest = Revision.objects.order_by("-id").annotate(records=Subquery(value))
    last = latest.values_list("id", "seal", "records").first()
    if last is None:
        return RecordCount(0, EMPTY_VERSION)
    number, seal, records = last
    return RecordCount(records or 0, Version.of(number, seal))


def count_scan(scan: IndexScan) -> RecordCount:
    sql, values = scan.ids_sql
    statement = f"SELECT count(*), {LAST_VERSION_SQL} FROM ({sql}) chosen"  # noqa: S608
    ((records, version),) = fetch_all(statement, values)
    return RecordCount(records, parse_stored_version(version))


class TotalCount(NamedTuple):
    """The numbers of selected records and of acts among them, and the version of the dataset."""

    records: int
    acts: int
    version: Version


class GroupCount(NamedTuple):
    """The numbers of records and of acts with the same values."""

    keys: GroupKeys
    records: int
    acts: int


def count_groups(
    chosen: Selection, facets: Sequence[str], limit: int
) -> tuple[TotalCount, list[GroupCount]]:
    """Return the numbers of selected records and acts, in total and for each combination of values.

    The largest groups come first, at most `limit`. A record counts once in every combination that
    it has. None in a combination means that the record has no value of the facet.
    """
    sql, values = chosen.to_scan().ids_sql
    by = GroupingSql(chosen, facets)
    statement = f"""
        WITH chosen AS MATERIALIZED (
            SELECT ids.revision_id, unit.value_id AS act FROM ({sql}) ids
            LEFT JOIN policy_facet unit
                ON unit.revision_id = ids.revision_id AND unit.value_id = %s
        ), grouped AS (
            SELECT count(*) AS number, count(act) AS acts, {by.columns}
            FROM chosen {by.joins} GROUP BY {by.ids_sql}
        )
        SELECT now.*, number, acts, {by.values}
        FROM (SELECT count(*), count(act), {LAST_VERSION_SQL} FROM chosen) now
        LEFT JOIN grouped ON true {by.name_joins}
        ORDER BY number DESC, {by.values} LIMIT %s
    """  # noqa: S608
    parameters = [*values, UNIT_ACT, *by.join_params, *by.name_params, limit]
    rows = fetch_all(statement, parameters)
    groups = [GroupCount(tuple(row[5:]), *row[3:5]) for row in rows if row[3]]
    records, acts, version = rows[0][:3]
    return TotalCount(records, acts, parse_stored_version(version)), groups


def sum_figures(
    chosen: Selection, facets: Sequence[str], figure: str
) -> dict[GroupKeys, list[FigureSum]]:
    """Return the sums of a kind of figure for each combination of values, one for each unit.

    If an action gives the figure for the whole act, the figures of its parts are not added to it.
    """
    sql, values = chosen.to_scan().ids_sql
    by = GroupingSql(chosen, facets)
    statement = f"""
        WITH chosen AS MATERIALIZED ({sql}), grouped AS (
            SELECT {by.columns}, (figure->>'unit') COLLATE "C" AS unit,
                sum((figure->>'value')::numeric) AS total,
                count(DISTINCT chosen.revision_id) AS number,
                array_agg(DISTINCT figure->>'comparator') AS comparators
            FROM chosen JOIN policy_revision r ON r.id = chosen.revision_id
            CROSS JOIN LATERAL ({FIGURES_SQL}) figures {by.joins}
            WHERE part = '' OR NOT has_whole
            GROUP BY {by.ids_sql}, unit
        )
        SELECT {by.values}, unit, total, number, comparators
        FROM grouped {by.name_joins} ORDER BY unit
    """  # noqa: S608
    sums: dict[GroupKeys, list[FigureSum]] = {}
    for row in fetch_all(statement, [*values, figure, *by.join_params, *by.name_params]):
        sums.setdefault(row[: len(facets)], []).append(FigureSum(*row[len(facets) :]))
    return sums


class GroupingSql:
    """SQL fragments that group selected revisions by their values of facets.

    Revisions are grouped by the ids of values. The values themselves are joined after grouping,
    when there are few rows.
    """

    def __init__(self, chosen: Selection, facets: Sequence[str]) -> None:
        numbers = range(len(facets))
        self.ids_sql = ", ".join(f"f{n}.value_id" for n in numbers)
        self.columns = ", ".join(f"f{n}.value_id AS id{n}" for n in numbers)
        self.values = ", ".join(f"v{n}.value" for n in numbers)
        current = current_condition(chosen.version)
        self.joins = " ".join(FACET_JOIN_SQL.format(n=n, current=current.sql) for n in numbers)
        self.name_joins = " ".join(VALUE_JOIN_SQL.format(n=n) for n in numbers)
        names = [(chosen.kind, facet) for facet in facets]
        self.join_params = [value for name in names for value in (*current.values, *name)]
        self.name_params = [word for name in names for word in name]


FIGURES_SQL = """
SELECT figure, part, bool_or(part = '') OVER (PARTITION BY figure->>'unit') AS has_whole
FROM (
    SELECT figure, coalesce(figure->>'part', '') AS part
    FROM json_array_elements(r.document::json->'figures') figure WHERE figure->>'kind' = %s
) parts
"""
FACET_JOIN_SQL = """
LEFT JOIN (
    SELECT f.revision_id, f.value_id FROM policy_facet f WHERE {current} AND f.value_id = ANY(
        ARRAY(SELECT v.id FROM policy_facetvalue v WHERE v.kind = %s AND v.facet = %s))
) f{n} ON f{n}.revision_id = chosen.revision_id
"""
VALUE_JOIN_SQL = (
    "LEFT JOIN policy_facetvalue v{n} ON v{n}.id = id{n} AND v{n}.kind = %s AND v{n}.facet = %s"
)
