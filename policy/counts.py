"""How many records were chosen, and how many of them have each value of a facet.

Each answer comes with the version of the dataset that its statement saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Subquery

from policy.facets import Pair
from policy.models import FacetValue, Revision
from policy.models.revision import value_id
from policy.selection import VERSION, Walk
from policy.sql import fetched

Keys = tuple[str | None, ...]
LOWER = {"more_than", "at_least"}


@dataclass(frozen=True)
class Count:
    records: int
    version: int


@dataclass(frozen=True)
class Sum:
    """The figures of a group's records in one unit, added up."""

    unit: str
    value: Decimal
    records: int
    comparators: list[str]

    @property
    def at_least(self) -> bool:
        """Whether the true sum can only be larger."""
        bounds = set(self.comparators) - {"exactly"}
        return bool(bounds) and bounds <= LOWER


def of_value(kind: str, pair: Pair) -> Count:
    """How many standing records have a value. Read, not counted."""
    value = FacetValue.objects.filter(pk=value_id(kind, *pair)).values("records")
    latest = Revision.objects.order_by("-id").annotate(records=Subquery(value))
    version, records = latest.values_list("id", "records").first() or (0, None)
    return Count(records or 0, version)


def of_walk(walk: Walk) -> Count:
    sql, values = walk.ids
    statement = f"SELECT count(*), {VERSION} FROM ({sql}) chosen"  # noqa: S608
    return Count(*fetched(statement, values)[0])


def groups(
    kind: str, walk: Walk, facets: Sequence[str], most: int
) -> tuple[Count, list[tuple[Keys, int]]]:
    """All chosen records, and the number with each combination of values, the largest first.

    A record counts once in every combination that it has; None stands for having no value.
    """
    sql, values = walk.ids
    columns, names, joins = joined(facets)
    statement = f"""
        WITH chosen AS MATERIALIZED ({sql}), grouped AS (
            SELECT count(*) AS number, {columns} FROM chosen {joins} GROUP BY {names}
        )
        SELECT now.*, number, {names}
        FROM (SELECT (SELECT count(*) FROM chosen), {VERSION}) now
        LEFT JOIN grouped ON true
        ORDER BY number DESC, {names} LIMIT %s
    """  # noqa: S608
    rows = fetched(statement, [*values, *pairs(kind, facets), most])
    found = [(tuple(keys), number) for _, _, number, *keys in rows if number]
    return Count(*rows[0][:2]), found


def sums(kind: str, walk: Walk, facets: Sequence[str], figure: str) -> dict[Keys, list[Sum]]:
    """Of records that carry a figure, its sum over each combination of values, unit by unit."""
    sql, values = walk.ids
    columns, names, joins = joined(facets)
    statement = f"""
        WITH chosen AS MATERIALIZED ({sql})
        SELECT {columns}, (figure->>'unit') COLLATE "C" AS unit,
            sum((figure->>'value')::numeric), count(*), array_agg(DISTINCT figure->>'comparator')
        FROM chosen JOIN "policy_revision" r ON r.id = chosen.revision_id
        CROSS JOIN LATERAL json_array_elements(r.document::json->'figures') figure {joins}
        WHERE figure->>'kind' = %s
        GROUP BY {names}, unit ORDER BY unit
    """  # noqa: S608
    found: dict[Keys, list[Sum]] = {}
    for row in fetched(statement, [*values, *pairs(kind, facets), figure]):
        found.setdefault(row[: len(facets)], []).append(Sum(*row[len(facets) :]))
    return found


def joined(facets: Sequence[str]) -> tuple[str, str, str]:
    """The columns that hold each facet's values, their names, and the joins that bring them."""
    tables = [f"f{number}" for number in range(len(facets))]
    columns = ", ".join(f"{table}.value AS {table}_value" for table in tables)
    return columns, ", ".join(f"{t}_value" for t in tables), " ".join(map(join, tables))


def join(table: str) -> str:
    values = (
        'SELECT f.revision_id, v.value FROM "policy_facet" f'
        ' JOIN "policy_facetvalue" v ON v.id = f.value_id WHERE v.kind = %s AND v.facet = %s'
    )
    return f"LEFT JOIN ({values}) {table} ON {table}.revision_id = chosen.revision_id"


def pairs(kind: str, facets: Sequence[str]) -> list[str]:
    return [word for facet in facets for word in (kind, facet)]
