"""Writes the index rows of revisions: facets, intervals, search entries, CSV rows and counts."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import Protocol

from django.db import connection

from policy.documents import csv_rows, facets
from policy.documents.coverage import count_coverage
from policy.documents.reference import ReferenceTrees
from policy.documents.stored import add_later_fields, read_document
from policy.documents.types import AnyDocument, Document
from policy.models import Revision
from policy.models.index import CoverageCounts, facet_value_id
from policy.models.revision import LIVE_EVENTS
from policy.models.sql import SqlRow

SqlRows = list[SqlRow]
FacetValueRow = tuple[int, str, str, str]  # id, kind, facet, value
FACET_COLUMNS = ("value_id", "date", "record", "revision_id", "superseded_by")
INTERVAL_COLUMNS = ("revision_id", "date", "earliest", "latest")
CSV_ROW_COLUMNS = ("revision_id", "text")
MAX_PENDING_VALUES = 100_000  # facet values with counts in memory
DERIVED_TABLES = ("policy_facet", "policy_interval", "policy_searchentry", "policy_csvrow")
SEARCH_WEIGHTS = "ABCD"
TEXT_SEARCH_CONFIGS = ("english", "simple")  # stemmed words, and unstemmed names
SEARCH_VECTOR_SQL = " || ".join(
    f"setweight(to_tsvector('{language}', {weight}), '{weight}')"
    for weight in SEARCH_WEIGHTS
    for language in TEXT_SEARCH_CONFIGS
)


class AnyRevision(Protocol):
    """A revision, or a row with what index rows depend on."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def record(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def successor(self) -> int | None: ...


class IndexWriter:
    """Writes the index rows of revisions inside a transaction.

    Counts over all revisions stay in memory until `flush_counts`: repeated updates of a row in one
    transaction become slower each time.
    """

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()  # change of current records, by id of the value
        self.coverage: CoverageCounts = Counter()

    @cached_property
    def trees(self) -> ReferenceTrees:
        return ReferenceTrees.load()

    def add(self, revisions: Sequence[tuple[AnyRevision, Document]]) -> None:
        """Index live revisions and their documents. Tombstones are skipped.

        The documents get the fields that were added to the schema after their publication.
        """
        live = [
            (revision, add_later_fields(body), self.facet_values(revision, body))
            for revision, body in revisions
            if revision.event in LIVE_EVENTS
        ]
        insert_facet_values(set().union(*(values for _, _, values in live)))
        # Build all rows before COPY starts: a query during COPY would block.
        rows = [build_facet_rows(*entry) for entry in live]
        # Sort the rows like their indexes, so that neighbours are written together.
        copy_rows("policy_facet", FACET_COLUMNS, sorted(chain.from_iterable(rows)))
        copy_rows(
            "policy_interval",
            INTERVAL_COLUMNS,
            [row for revision, body, _ in live for row in build_interval_rows(revision, body)],
        )
        insert_search_entries(
            [(revision.id, facets.search_texts(body)) for revision, body, _ in live]
        )
        copy_csv_rows((revision.id, body) for revision, body, _ in live)
        for revision, body, values in live:
            if revision.successor is None:
                self.counts.update(id for id, *_ in values)
                self.coverage.update(coverage_of_record(revision.kind, body))
        if len(self.counts) > MAX_PENDING_VALUES:
            self.flush_counts()

    def facet_values(self, revision: AnyRevision, body: AnyDocument) -> set[FacetValueRow]:
        pairs = facets.compute_facets(body, self.trees.places, self.trees.terms)
        values = [(revision.kind, facet, value) for facet, value in pairs]
        return {(facet_value_id(*value), *value) for value in values}

    def mark_superseded(self, ended: Sequence[Revision]) -> None:
        """Mark index rows of superseded revisions. Only queries for past versions use them then."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT value_id, count(*) FROM policy_facet"
                " WHERE revision_id = ANY(%s) GROUP BY value_id",
                [[old.pk for old in ended]],
            )
            counts: dict[int, int] = dict(cursor.fetchall())
            self.counts.subtract(counts)
            cursor.executemany(
                "UPDATE policy_facet SET superseded_by = %s WHERE revision_id = %s",
                [(old.successor, old.pk) for old in ended],
            )
        for old in ended:
            if old.event in LIVE_EVENTS:
                self.coverage.subtract(coverage_of_record(old.kind, read_document(old.document)))

    def flush_counts(self) -> None:
        """Write the counts that changed since the last call."""
        changed = sorted((id, number) for id, number in self.counts.items() if number)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE policy_facetvalue v SET records = v.records + counted.number"
                " FROM unnest(%s::bigint[], %s::int[]) AS counted (id, number)"
                " WHERE v.id = counted.id",
                [[row[column] for row in changed] for column in range(2)],
            )
        add_coverage(+self.coverage)
        subtract_coverage(-self.coverage)
        self.counts.clear()
        self.coverage.clear()


def build_facet_rows(
    revision: AnyRevision, body: AnyDocument, values: Iterable[FacetValueRow]
) -> SqlRows:
    place = (facets.ordering_date(body), revision.record, revision.id, revision.successor)
    return [(id, *place) for id, *_ in values]


def insert_facet_values(values: Collection[FacetValueRow]) -> None:
    """Insert facet values that do not exist. Two values with the same id raise IntegrityError."""
    rows = sorted(values)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO policy_facetvalue (id, kind, facet, value, records)"
            " SELECT *, 0 FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])"
            " ON CONFLICT (kind, facet, value) DO NOTHING",
            [[row[column] for row in rows] for column in range(4)],
        )


def build_interval_rows(revision: AnyRevision, body: AnyDocument) -> SqlRows:
    return [(revision.id, *interval) for interval in dict.fromkeys(facets.iter_date_periods(body))]


def coverage_of_record(kind: str, body: AnyDocument) -> CoverageCounts:
    return count_coverage(body) if kind == "action" else Counter()


def add_coverage(added: CoverageCounts) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO policy_coverage AS c (field, how, number) VALUES (%s, %s, %s)"
            " ON CONFLICT (field, how) DO UPDATE SET number = c.number + excluded.number",
            [(*key, number) for key, number in sorted(added.items())],
        )


def subtract_coverage(removed: CoverageCounts) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE policy_coverage SET number = number - %s WHERE field = %s AND how = %s",
            [(number, *key) for key, number in sorted(removed.items())],
        )


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[SqlRow]) -> None:
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as target,
    ):
        for row in rows:
            target.write_row(row)


def insert_search_entries(entries: Sequence[tuple[int, dict[str, str]]]) -> None:
    """Insert search vectors. `entries` are ids of revisions with their texts by weight."""
    texts = [[text[weight] for _, text in entries] for weight in SEARCH_WEIGHTS]
    arrays = ", ".join(["%s::text[]"] * len(SEARCH_WEIGHTS))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO policy_searchentry (revision_id, words) SELECT id, {SEARCH_VECTOR_SQL}"  # noqa: S608
            f" FROM unnest(%s::bigint[], {arrays}) AS entry (id, {', '.join(SEARCH_WEIGHTS)})",
            [[id for id, _ in entries], *texts],
        )


def copy_csv_rows(documents: Iterable[tuple[int, AnyDocument]]) -> None:
    copy_rows(
        "policy_csvrow", CSV_ROW_COLUMNS, [(id, csv_rows.csv_row(body)) for id, body in documents]
    )


def analyze_tables() -> None:
    """Update the planner's statistics. Before, it plans for the small tables that it knew."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE policy_revision, {', '.join(DERIVED_TABLES)}")
