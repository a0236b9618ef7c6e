"""How many records were chosen, and how many of them have each value of a facet.

Each answer comes with the version of the dataset that its statement saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Subquery

from policy.documents.facets import FacetPair
from policy.models import FacetValue, Revision
from policy.models.index import facet_value_id
from policy.models.sql import fetch_all
from policy.search.query import IndexScan, Selection, current_condition
from policy.search.version import LAST_REVISION_ID_SQL

GroupKeys = tuple[str | None, ...]
LOWER_BOUND_COMPARATORS = {"more_than", "at_least"}


@dataclass(frozen=True)
class RecordCount:
    records: int
    version: int


@dataclass(frozen=True)
class FigureSum:
    """The figures of a group's records in one unit, added up."""

    unit: str
    value: Decimal
    records: int
    comparators: list[str]

    @property
    def is_lower_bound(self) -> bool:
        """Whether the true sum can only be larger."""
        bounds = set(self.comparators) - {"exactly"}
        return bool(bounds) and bounds <= LOWER_BOUND_COMPARATORS


def count_with_value(kind: str, pair: FacetPair) -> RecordCount:
    """How many standing records have a value. Read, not counted."""
    value = FacetValue.objects.filter(pk=facet_value_id(kind, *pair)).values("records")
    latest = Revision.objects.order_by("-id").annotate(records=Subquery(value))
    version, records = latest.values_list("id", "records").first() or (0, None)
    return RecordCount(records or 0, version)


def count_scan(walk: IndexScan) -> RecordCount:
    sql, values = walk.ids_sql
    statement = f"SELECT count(*), {LAST_REVISION_ID_SQL} FROM ({sql}) chosen"  # noqa: S608
    return RecordCount(*fetch_all(statement, values)[0])


def count_groups(
    chosen: Selection, facets: Sequence[str], most: int
) -> tuple[RecordCount, list[tuple[GroupKeys, int]]]:
    """All chosen records, and the number with each combination of values, the largest first.

    A record counts once in every combination that it has; None stands for having no value.
    """
    sql, values = chosen.to_scan().ids_sql
    by = GroupingSql(chosen, facets)
    statement = f"""
        WITH chosen AS MATERIALIZED ({sql}), grouped AS (
            SELECT count(*) AS number, {by.columns} FROM chosen {by.joins} GROUP BY {by.ids_sql}
        )
        SELECT now.*, number, {by.values}
        FROM (SELECT (SELECT count(*) FROM chosen), {LAST_REVISION_ID_SQL}) now
        LEFT JOIN grouped ON true {by.name_joins}
        ORDER BY number DESC, {by.values} LIMIT %s
    """  # noqa: S608
    rows = fetch_all(statement, [*values, *by.join_params, *by.name_params, most])
    found = [(tuple(keys), number) for _, _, number, *keys in rows if number]
    return RecordCount(*rows[0][:2]), found


def sum_figures(
    chosen: Selection, facets: Sequence[str], figure: str
) -> dict[GroupKeys, list[FigureSum]]:
    """Of records that carry a figure, its sum over each combination of values, unit by unit."""
    sql, values = chosen.to_scan().ids_sql
    by = GroupingSql(chosen, facets)
    statement = f"""
        WITH chosen AS MATERIALIZED ({sql}), grouped AS (
            SELECT {by.columns}, (figure->>'unit') COLLATE "C" AS unit,
                sum((figure->>'value')::numeric) AS total, count(*) AS number,
                array_agg(DISTINCT figure->>'comparator') AS comparators
            FROM chosen JOIN policy_revision r ON r.id = chosen.revision_id
            CROSS JOIN LATERAL json_array_elements(r.document::json->'figures') figure {by.joins}
            WHERE figure->>'kind' = %s
            GROUP BY {by.ids_sql}, unit
        )
        SELECT {by.values}, unit, total, number, comparators
        FROM grouped {by.name_joins} ORDER BY unit
    """  # noqa: S608
    found: dict[GroupKeys, list[FigureSum]] = {}
    for row in fetch_all(statement, [*values, *by.join_params, figure, *by.name_params]):
        found.setdefault(row[: len(facets)], []).append(FigureSum(*row[len(facets) :]))
    return found


class GroupingSql:
    """Pieces of statements that group chosen revisions by their values of facets.

    Values are grouped by their ids, and named when they are few.
    """

    def __init__(self, chosen: Selection, facets: Sequence[str]) -> None:
        numbers = range(len(facets))
        self.ids_sql = ", ".join(f"f{n}.value_id" for n in numbers)
        self.columns = ", ".join(f"f{n}.value_id AS id{n}" for n in numbers)
        self.values = ", ".join(f"v{n}.value" for n in numbers)
        stands = current_condition(chosen.version)
        self.joins = " ".join(FACET_JOIN_SQL.format(n=n, stands=stands.sql) for n in numbers)
        self.name_joins = " ".join(VALUE_JOIN_SQL.format(n=n) for n in numbers)
        named = [(chosen.kind, facet) for facet in facets]
        self.join_params = [value for name in named for value in (*stands.values, *name)]
        self.name_params = [word for name in named for word in name]


FACET_JOIN_SQL = """
LEFT JOIN (
    SELECT f.revision_id, f.value_id FROM policy_facet f WHERE {stands} AND f.value_id = ANY(
        ARRAY(SELECT v.id FROM policy_facetvalue v WHERE v.kind = %s AND v.facet = %s))
) f{n} ON f{n}.revision_id = chosen.revision_id
"""
VALUE_JOIN_SQL = (
    "LEFT JOIN policy_facetvalue v{n} ON v{n}.id = id{n} AND v{n}.kind = %s AND v{n}.facet = %s"
)
