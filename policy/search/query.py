"""Chooses revisions by their facets: walks the rarest value in order, probes the others."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from policy.documents.facets import FacetPair
from policy.models.index import facet_value_id
from policy.models.sql import SqlFragment, fetch_all, join_conditions
from policy.search.version import DATASET_VERSION_SQL, LAST_REVISION_ID_SQL, DatasetVersion

PERIOD_FACETS = ("year", "month")
MAX_SORTED_ROWS = 1000  # rows that are sorted sooner than found one by one
ALL_RECORDS: FacetPair = ("all", "")  # the value that all revisions have
DATE_ORDER = ("date", "record")
NO_RANK = -1  # below all ranks


class IndexRow(NamedTuple):
    """A chosen revision, and the dataset's version that its statement saw; of a walk that is
    `stated`, all of where the dataset stood."""

    revision_id: int
    date: str
    record: str
    version: int
    rank: int
    text: str | None
    reference: int = 0
    at: float = 0.0

    @property
    def dataset_version(self) -> DatasetVersion:
        return DatasetVersion(self.version, self.reference, self.at)


class TextColumn(NamedTuple):
    """What is read of each chosen revision behind the LIMIT."""

    column: str
    join: str


NO_TEXT_COLUMN = TextColumn("NULL", "")
DOCUMENT_TEXT = TextColumn("r.document", "JOIN policy_revision r ON r.id = f.revision_id")
# One that is missing must not pass for the end of a list.
CSV_ROW_TEXT = TextColumn("l.text", "LEFT JOIN policy_csvrow l ON l.revision_id = f.revision_id")


WITH_LAST_REVISION_ID = ("", f"({LAST_REVISION_ID_SQL})", "")
WITH_DATASET_VERSION = (
    f"WITH state AS MATERIALIZED ({DATASET_VERSION_SQL})",
    "(SELECT version FROM state)",
    ", (SELECT reference FROM state), (SELECT at FROM state)",
)


def current_condition(version: int | None = None) -> SqlFragment:
    """What stands now, or stood at a version of the dataset."""
    if version is None:
        return SqlFragment("f.superseded_by IS NULL")
    return SqlFragment(
        "(f.superseded_by IS NULL OR f.superseded_by > %s) AND f.revision_id <= %s",
        (version, version),
    )


def value_condition(id: int) -> SqlFragment:
    return SqlFragment("f.value_id = %s", (id,))


def exists_condition(which: str, *values: Any) -> SqlFragment:
    """Asked of one row after another: OFFSET 0 keeps the planner from joining whole lists."""
    same = f"SELECT FROM policy_facet o WHERE o.revision_id = f.revision_id AND {which} OFFSET 0"
    return SqlFragment(f"EXISTS ({same})", values)


@dataclass(frozen=True)
class IndexScan:
    """Rows in an order, found by one facet and narrowed by conditions.

    `value` is that facet's, and `led_by` what is true of all rows that have it. `stated`: rows tell
    where the dataset stands. A file has too many of them to say it again and again.
    """

    condition: SqlFragment
    driving_condition: SqlFragment
    value: int
    text: TextColumn = NO_TEXT_COLUMN
    with_dataset_version: bool = False

    @property
    def ids_sql(self) -> SqlFragment:
        """A statement that gives the ids of the revisions."""
        sql, values = self.condition
        ids = f"SELECT f.revision_id FROM policy_facet f WHERE {sql}"  # noqa: S608
        return SqlFragment(ids, values)

    def fetch_rows(
        self, columns: Sequence[str], descending: bool, key: Sequence[Any], limit: int
    ) -> list[IndexRow]:
        """The first rows in an order of columns that tell all rows apart, or those after a key."""
        found = self.page_sql(columns, descending, key, limit)
        state, version, beyond = (
            WITH_DATASET_VERSION if self.with_dataset_version else WITH_LAST_REVISION_ID
        )
        statement = f"""
            {state} SELECT f.revision_id, f.date::text, f.record, {version}, f.rank,
                {self.text.column} {beyond}
            FROM ({found.sql}) f {self.text.join}
            ORDER BY {order_by_sql(columns, descending)}
        """  # noqa: S608
        return [IndexRow(*row) for row in fetch_all(statement, found.values)]

    def page_sql(
        self, columns: Sequence[str], descending: bool, key: Sequence[Any], limit: int
    ) -> SqlFragment:
        """A statement that gives the rows of a cut."""
        chosen = join_conditions([self.condition, *keyset_conditions(columns, descending, key)])
        sql = f"""
            SELECT f.revision_id, f.date, f.record, {NO_RANK}::bigint AS rank
            FROM policy_facet f WHERE {chosen.sql}
            ORDER BY {order_by_sql(columns, descending)} LIMIT %s
        """  # noqa: S608
        return SqlFragment(sql, (*chosen.values, limit))

    def newest_ids(self, most: int) -> list[int]:
        """The ids of the newest revisions by the date of their records."""
        rows = self.fetch_rows(DATE_ORDER, descending=True, key=(), limit=most)
        return [row.revision_id for row in rows]


def order_by_sql(columns: Sequence[str], descending: bool) -> str:
    way = " DESC" if descending else ""
    return ", ".join(f"f.{column}{way}" for column in columns)


def keyset_conditions(
    columns: Sequence[str], descending: bool, key: Sequence[Any]
) -> list[SqlFragment]:
    """What is true of the rows after a key; of all when it is empty."""
    names = ", ".join(f"f.{column}" for column in columns)
    sign = "<" if descending else ">"
    places = ", ".join(["%s"] * len(key))
    return [SqlFragment(f"({names}) {sign} ({places})", tuple(key))] if key else []


@dataclass(frozen=True)
class Selection:
    """What is asked of the revisions of a kind, before it is decided how to find them."""

    kind: str
    version: int | None = None
    values: tuple[FacetPair, ...] = ()
    date_bounds: tuple[SqlFragment, ...] = ()
    conditions: tuple[SqlFragment, ...] = ()

    def filter(self, facet: str, value: str) -> Self:
        """Only revisions with this value."""
        return replace(self, values=(*self.values, (facet, value)))

    def filter_in(self, facet: str, values: Collection[str]) -> Self:
        """Only revisions with at least one of these values."""
        ids = [facet_value_id(self.kind, facet, value) for value in values]
        if sum(record_counts_by_value(ids).values()) > MAX_SORTED_ROWS:
            return self.where(exists_condition("o.value_id = ANY(%s)", ids))
        few = "f.revision_id IN (SELECT o.revision_id FROM policy_facet o WHERE value_id = ANY(%s))"
        return self.where(SqlFragment(few, (ids,)))

    def exclude(self, facet: str, value: str | None = None) -> Self:
        """Only revisions without this value; without any value of the facet when None."""
        return self.where(~self.exists(facet, value))

    def has_any(self, facet: str) -> Self:
        """Only revisions with a value of the facet."""
        return self.where(self.exists(facet))

    def where(self, condition: SqlFragment) -> Self:
        """Only rows of facets, called f, of which this is true."""
        return replace(self, conditions=(*self.conditions, condition))

    def filter_dates(self, condition: SqlFragment) -> Self:
        """The same of their dates alone: where a walk begins and ends."""
        return replace(self, date_bounds=(*self.date_bounds, condition))

    def exists(self, facet: str, value: str | None = None) -> SqlFragment:
        if value is not None:
            return exists_condition("o.value_id = %s", facet_value_id(self.kind, facet, value))
        values = "SELECT v.id FROM policy_facetvalue v WHERE v.kind = %s AND v.facet = %s"
        return exists_condition(f"o.value_id IN ({values})", self.kind, facet)

    def to_scan(self) -> IndexScan:
        """Every list walks one facet; with no filter, the one that all revisions have."""
        walked, *probed = self.rarest_first() or [ALL_RECORDS]
        probes = [self.exists(*pair) for pair in probed]
        value = facet_value_id(self.kind, *walked)
        led_by = join_conditions(
            [current_condition(self.version), value_condition(value), *self.date_bounds]
        )
        return IndexScan(join_conditions([led_by, *self.conditions, *probes]), led_by, value)

    def rarest_first(self) -> list[FacetPair]:
        """The value to walk, then those to probe. The records of a year or month lie together, so
        that these bound the walk and never lead it."""
        if len(self.values) < 2:
            return list(self.values)
        found = record_counts_by_value([facet_value_id(self.kind, *pair) for pair in self.values])
        numbers = {pair: found.get(facet_value_id(self.kind, *pair), 0) for pair in self.values}
        return sorted(self.values, key=lambda pair: (pair[0] in PERIOD_FACETS, numbers[pair]))


def record_counts_by_value(ids: Sequence[int]) -> dict[int, int]:
    """How many standing records have each value."""
    rows = fetch_all("SELECT id, records FROM policy_facetvalue WHERE id = ANY(%s)", [list(ids)])
    return dict(rows)
