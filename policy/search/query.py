"""Selects revisions by facets: scans the index of the rarest value, and checks the others."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from policy.documents.facets import FacetPair
from policy.models.index import facet_value_id
from policy.models.sql import SqlFragment, fetch_all, join_conditions
from policy.search.version import LAST_VERSION_SQL

PERIOD_FACETS = ("year", "month")
MAX_SORTED_ROWS = 1000  # up to this many rows, sorting is faster than checking one by one
ALL_RECORDS: FacetPair = ("all", "")  # the facet value that all revisions have
DATE_ORDER = ("date", "record")
NO_RANK = -1  # below all ranks


class IndexRow(NamedTuple):
    """A selected revision, with the text of the version that its statement saw."""

    revision_id: int
    date: str
    record: str
    version: str
    rank: int
    text: str | None


class TextColumn(NamedTuple):
    """A column to read for the selected revisions after the LIMIT, and the join for it."""

    column: str
    join: str


NO_TEXT_COLUMN = TextColumn("NULL", "")
DOCUMENT_TEXT = TextColumn("r.document", "JOIN policy_revision r ON r.id = f.revision_id")
# LEFT JOIN: if a CSV row is missing, the revision must not be missing in the result.
CSV_ROW_TEXT = TextColumn("l.text", "LEFT JOIN policy_csvrow l ON l.revision_id = f.revision_id")


def current_condition(version: int | None = None) -> SqlFragment:
    """Return the condition for revisions that are current, or were at a version of the dataset,
    which is given as its number."""
    if version is None:
        return SqlFragment("f.superseded_by IS NULL")
    return SqlFragment(
        "(f.superseded_by IS NULL OR f.superseded_by > %s) AND f.revision_id <= %s",
        (version, version),
    )


def value_condition(id: int) -> SqlFragment:
    return SqlFragment("f.value_id = %s", (id,))


def exists_condition(condition: str, *values: Any) -> SqlFragment:
    """Return the condition that a revision has a facet row `o` for which a condition holds.

    OFFSET 0 makes PostgreSQL check one row after another, instead of joining all rows.
    """
    where = f"o.revision_id = f.revision_id AND {condition}"
    return SqlFragment(f"EXISTS (SELECT FROM policy_facet o WHERE {where} OFFSET 0)", values)


@dataclass(frozen=True)
class IndexScan:
    """A scan of the facet table, by one value and further conditions.

    `value` is the id of the value, and `driving_condition` the part of the condition that an index
    answers. `text` is a column to read for each row.
    """

    condition: SqlFragment
    driving_condition: SqlFragment
    value: int
    text: TextColumn = NO_TEXT_COLUMN

    @property
    def ids_sql(self) -> SqlFragment:
        """A statement that selects the ids of the revisions."""
        sql, values = self.condition
        ids = f"SELECT f.revision_id FROM policy_facet f WHERE {sql}"  # noqa: S608
        return SqlFragment(ids, values)

    def fetch_rows(
        self, columns: Sequence[str], descending: bool, key: Sequence[Any], limit: int
    ) -> list[IndexRow]:
        """Return the first rows, or the rows after a key, in the order of some columns.

        No two rows may have the same values in `columns`. `key` has the values of the last row of
        the previous page, or is empty.
        """
        page = self.page_sql(columns, descending, key, limit)
        statement = f"""
            SELECT f.revision_id, f.date::text, f.record, ({LAST_VERSION_SQL}), f.rank,
                {self.text.column}
            FROM ({page.sql}) f {self.text.join}
            ORDER BY {order_by_sql(columns, descending)}
        """  # noqa: S608
        return [IndexRow(*row) for row in fetch_all(statement, page.values)]

    def page_sql(
        self, columns: Sequence[str], descending: bool, key: Sequence[Any], limit: int
    ) -> SqlFragment:
        """Return a statement that selects the rows of one page."""
        chosen = join_conditions([self.condition, *keyset_conditions(columns, descending, key)])
        sql = f"""
            SELECT f.revision_id, f.date, f.record, {NO_RANK}::bigint AS rank
            FROM policy_facet f WHERE {chosen.sql}
            ORDER BY {order_by_sql(columns, descending)} LIMIT %s
        """  # noqa: S608
        return SqlFragment(sql, (*chosen.values, limit))

    def newest_ids(self, limit: int) -> list[int]:
        """Return the ids of the revisions with the newest dates."""
        rows = self.fetch_rows(DATE_ORDER, descending=True, key=(), limit=limit)
        return [row.revision_id for row in rows]


def order_by_sql(columns: Sequence[str], descending: bool) -> str:
    direction = " DESC" if descending else ""
    return ", ".join(f"f.{column}{direction}" for column in columns)


def keyset_conditions(
    columns: Sequence[str], descending: bool, key: Sequence[Any]
) -> list[SqlFragment]:
    """Return the conditions for the rows after a key; none if the key is empty."""
    names = ", ".join(f"f.{column}" for column in columns)
    operator = "<" if descending else ">"
    placeholders = ", ".join(["%s"] * len(key))
    return [SqlFragment(f"({names}) {operator} ({placeholders})", tuple(key))] if key else []


@dataclass(frozen=True)
class Selection:
    """The conditions for revisions of a kind. `to_scan` decides how to find them.

    Methods that add a condition return a new selection. `version` is the number of a past version
    of the dataset.
    """

    kind: str
    version: int | None = None
    values: tuple[FacetPair, ...] = ()
    date_bounds: tuple[SqlFragment, ...] = ()
    conditions: tuple[SqlFragment, ...] = ()

    def filter(self, facet: str, value: str) -> Self:
        """Require a value of a facet."""
        return replace(self, values=(*self.values, (facet, value)))

    def filter_in(self, facet: str, values: Collection[str]) -> Self:
        """Require at least one of these values of a facet."""
        ids = [facet_value_id(self.kind, facet, value) for value in values]
        if sum(record_counts_by_value(ids).values()) > MAX_SORTED_ROWS:
            return self.where(exists_condition("o.value_id = ANY(%s)", ids))
        few = "f.revision_id IN (SELECT o.revision_id FROM policy_facet o WHERE value_id = ANY(%s))"
        return self.where(SqlFragment(few, (ids,)))

    def exclude(self, facet: str, value: str | None = None) -> Self:
        """Exclude a value of a facet; all values of it if None."""
        return self.where(~self.exists(facet, value))

    def has_any(self, facet: str) -> Self:
        """Require any value of a facet."""
        return self.where(self.exists(facet))

    def where(self, condition: SqlFragment) -> Self:
        """Add a condition on rows of the facet table, with the alias `f`."""
        return replace(self, conditions=(*self.conditions, condition))

    def filter_dates(self, condition: SqlFragment) -> Self:
        """Add a condition on the date of facet rows, which limits the range of the scan."""
        return replace(self, date_bounds=(*self.date_bounds, condition))

    def exists(self, facet: str, value: str | None = None) -> SqlFragment:
        """Return the condition that a revision has a value of a facet; any value if None."""
        if value is not None:
            return exists_condition("o.value_id = %s", facet_value_id(self.kind, facet, value))
        values = "SELECT v.id FROM policy_facetvalue v WHERE v.kind = %s AND v.facet = %s"
        return exists_condition(f"o.value_id IN ({values})", self.kind, facet)

    @property
    def only_value(self) -> FacetPair | None:
        """The facet value that alone selects the rows; None if there are more conditions."""
        if self.version is not None or self.date_bounds or self.conditions or len(self.values) > 1:
            return None
        return self.values[0] if self.values else ALL_RECORDS

    def to_scan(self) -> IndexScan:
        """Return the scan of the rarest value; without values, of ALL_RECORDS."""
        scanned, *others = self.rarest_first() or [ALL_RECORDS]
        checks = [self.exists(*pair) for pair in others]
        value = facet_value_id(self.kind, *scanned)
        driving = join_conditions(
            [current_condition(self.version), value_condition(value), *self.date_bounds]
        )
        return IndexScan(join_conditions([driving, *self.conditions, *checks]), driving, value)

    def rarest_first(self) -> list[FacetPair]:
        """Return the values, the one with the fewest records first.

        Years and months come last: their records are next to each other in every index.
        """
        if len(self.values) < 2:
            return list(self.values)
        counts = record_counts_by_value([facet_value_id(self.kind, *pair) for pair in self.values])
        numbers = {pair: counts.get(facet_value_id(self.kind, *pair), 0) for pair in self.values}
        return sorted(self.values, key=lambda pair: (pair[0] in PERIOD_FACETS, numbers[pair]))


def record_counts_by_value(ids: Sequence[int]) -> dict[int, int]:
    """Return the number of current records with each value, by the id of the value."""
    rows = fetch_all("SELECT id, records FROM policy_facetvalue WHERE id = ANY(%s)", [list(ids)])
    return dict(rows)
