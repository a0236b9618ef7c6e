"""How many records were chosen, and how many of them have each value of a facet.

Each answer comes with the version of the dataset that its statement saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Subquery

from policy.documents.facets import Pair
from policy.models import FacetValue, Revision
from policy.models.index import value_id
from policy.models.sql import fetched
from policy.search.query import Selection, Walk, standing
from policy.search.version import VERSION

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
    chosen: Selection, facets: Sequence[str], most: int
) -> tuple[Count, list[tuple[Keys, int]]]:
    """All chosen records, and the number with each combination of values, the largest first.

    A record counts once in every combination that it has; None stands for having no value.
    """
    sql, values = chosen.walked().ids
    by = Groups(chosen, facets)
    statement = f"""
        WITH chosen AS MATERIALIZED ({sql}), grouped AS (
            SELECT count(*) AS number, {by.columns} FROM chosen {by.joins} GROUP BY {by.ids}
        )
        SELECT now.*, number, {by.values}
        FROM (SELECT (SELECT count(*) FROM chosen), {VERSION}) now
        LEFT JOIN grouped ON true {by.named}
        ORDER BY number DESC, {by.values} LIMIT %s
    """  # noqa: S608
    rows = fetched(statement, [*values, *by.asked, *by.asked_names, most])
    found = [(tuple(keys), number) for _, _, number, *keys in rows if number]
    return Count(*rows[0][:2]), found


def sums(chosen: Selection, facets: Sequence[str], figure: str) -> dict[Keys, list[Sum]]:
    """Of records that carry a figure, its sum over each combination of values, unit by unit."""
    sql, values = chosen.walked().ids
    by = Groups(chosen, facets)
    statement = f"""
        WITH chosen AS MATERIALIZED ({sql}), grouped AS (
            SELECT {by.columns}, (figure->>'unit') COLLATE "C" AS unit,
                sum((figure->>'value')::numeric) AS total, count(*) AS number,
                array_agg(DISTINCT figure->>'comparator') AS comparators
            FROM chosen JOIN policy_revision r ON r.id = chosen.revision_id
            CROSS JOIN LATERAL json_array_elements(r.document::json->'figures') figure {by.joins}
            WHERE figure->>'kind' = %s
            GROUP BY {by.ids}, unit
        )
        SELECT {by.values}, unit, total, number, comparators
        FROM grouped {by.named} ORDER BY unit
    """  # noqa: S608
    found: dict[Keys, list[Sum]] = {}
    for row in fetched(statement, [*values, *by.asked, figure, *by.asked_names]):
        found.setdefault(row[: len(facets)], []).append(Sum(*row[len(facets) :]))
    return found


class Groups:
    """Pieces of statements that group chosen revisions by their values of facets.

    Values are grouped by their ids, and named when they are few.
    """

    def __init__(self, chosen: Selection, facets: Sequence[str]) -> None:
        numbers = range(len(facets))
        self.ids = ", ".join(f"f{n}.value_id" for n in numbers)
        self.columns = ", ".join(f"f{n}.value_id AS id{n}" for n in numbers)
        self.values = ", ".join(f"v{n}.value" for n in numbers)
        stands = standing(chosen.version)
        self.joins = " ".join(JOIN.format(n=n, stands=stands.sql) for n in numbers)
        self.named = " ".join(NAME.format(n=n) for n in numbers)
        named = [(chosen.kind, facet) for facet in facets]
        self.asked = [value for name in named for value in (*stands.values, *name)]
        self.asked_names = [word for name in named for word in name]


JOIN = """
LEFT JOIN (
    SELECT f.revision_id, f.value_id FROM policy_facet f WHERE {stands} AND f.value_id = ANY(
        ARRAY(SELECT v.id FROM policy_facetvalue v WHERE v.kind = %s AND v.facet = %s))
) f{n} ON f{n}.revision_id = chosen.revision_id
"""
NAME = "LEFT JOIN policy_facetvalue v{n} ON v{n}.id = id{n} AND v{n}.kind = %s AND v{n}.facet = %s"
