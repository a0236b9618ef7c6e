"""Writes what finds a revision, and its line. All of it follows from documents."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import orjson
from django.db import connection, transaction

from policy.documents import csv_rows, facets
from policy.documents.coverage import tally
from policy.documents.reference import Trees
from policy.documents.types import Document
from policy.models import Revision
from policy.models.index import Tally, value_id
from policy.models.revision import LIVE

Row = tuple[Any, ...]
Rows = list[Row]
Value = tuple[int, str, str, str]  # id, kind, facet, value
FACET = ("value_id", "date", "record", "revision_id", "superseded_by")
INTERVAL = ("revision_id", "date", "earliest", "latest")
LINE = ("revision_id", "text")
LINES = 1000  # made again at once
MOST = 100_000  # values whose counts wait in memory
LOCK = 0x504F4C45  # "POLE": one writer of revisions, and of what follows from them, at a time
DERIVED = ("policy_facet", "policy_interval", "policy_searchentry", "policy_line")
WEIGHTS = "ABCD"
LANGUAGES = ("english", "simple")  # stemmed words, and names as they are written
VECTOR = " || ".join(
    f"setweight(to_tsvector('{language}', {weight}), '{weight}')"
    for weight in WEIGHTS
    for language in LANGUAGES
)


class Index:
    """What is counted over all revisions waits for `settle`: to bring a row up to date again and
    again in one transaction costs more each time."""

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()  # records that stand, by the id of a value
        self.coverage: Tally = Counter()

    @cached_property
    def trees(self) -> Trees:
        return Trees.read()

    def add(self, revisions: Sequence[tuple[Revision, Document]]) -> None:
        """Index live revisions. Tombstones are found by their address alone."""
        live = [(revision, body) for revision, body in revisions if revision.event in LIVE]
        values = [self.values(revision, body) for revision, body in live]
        write_values(set().union(*values))
        # every row is made before COPY begins: a query inside it would wait for itself
        rows = [facet_rows(*pair, found) for pair, found in zip(live, values, strict=True)]
        # in the order of their indexes, so that neighbours are written together
        copy("policy_facet", FACET, sorted(chain.from_iterable(rows)))
        copy("policy_interval", INTERVAL, [row for pair in live for row in intervals(*pair)])
        write_words([(revision.id, facets.words(body)) for revision, body in live])
        write_lines((revision.id, body) for revision, body in live)
        for (revision, body), found in zip(live, values, strict=True):
            if revision.successor is None:
                self.counts.update(id for id, *_ in found)
                self.coverage.update(tally_of(revision.kind, body))
        if len(self.counts) > MOST:
            self.settle()

    def values(self, revision: Revision, body: Document) -> set[Value]:
        pairs = facets.facets(body, self.trees.places, self.trees.terms)
        found = [(revision.kind, facet, value) for facet, value in pairs]
        return {(value_id(*value), *value) for value in found}

    def end(self, ended: Sequence[Revision]) -> None:
        """Take revisions out of what stands now. They stay in what stood once."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT value_id, count(*) FROM policy_facet"
                " WHERE revision_id = ANY(%s) GROUP BY value_id",
                [[old.pk for old in ended]],
            )
            self.counts.subtract(dict(cursor.fetchall()))
            cursor.executemany(
                "UPDATE policy_facet SET superseded_by = %s WHERE revision_id = %s",
                [(old.successor, old.pk) for old in ended],
            )
        for old in ended:
            if old.event in LIVE:
                self.coverage.subtract(tally_of(old.kind, orjson.loads(old.document)))

    def settle(self) -> None:
        """Write what was counted since."""
        changed = sorted((id, number) for id, number in self.counts.items() if number)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE policy_facetvalue v SET records = v.records + counted.number"
                " FROM unnest(%s::bigint[], %s::int[]) AS counted (id, number)"
                " WHERE v.id = counted.id",
                [[row[column] for row in changed] for column in range(2)],
            )
        write_coverage(+self.coverage)
        take_off(-self.coverage)
        self.counts.clear()
        self.coverage.clear()


def facet_rows(revision: Revision, body: Document, values: Iterable[Value]) -> Rows:
    place = (facets.day(body), revision.record, revision.id, revision.successor)
    return [(id, *place) for id, *_ in values]


def write_values(found: Collection[Value]) -> None:
    """Remember values. An id that stands for another value is an error of the database."""
    rows = sorted(found)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO policy_facetvalue (id, kind, facet, value, records)"
            " SELECT *, 0 FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])"
            " ON CONFLICT (kind, facet, value) DO NOTHING",
            [[row[column] for row in rows] for column in range(4)],
        )


def intervals(revision: Revision, body: Document) -> Rows:
    return [(revision.id, *interval) for interval in facets.intervals(body)]


def tally_of(kind: str, body: Document) -> Tally:
    return tally(body) if kind == "action" else Counter()


def write_coverage(added: Tally) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO policy_coverage AS c (field, how, number) VALUES (%s, %s, %s)"
            " ON CONFLICT (field, how) DO UPDATE SET number = c.number + excluded.number",
            [(*key, number) for key, number in sorted(added.items())],
        )


def take_off(gone: Tally) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE policy_coverage SET number = number - %s WHERE field = %s AND how = %s",
            [(number, *key) for key, number in sorted(gone.items())],
        )


def copy(table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as target,
    ):
        for row in rows:
            target.write_row(row)


def write_words(words: Sequence[tuple[int, dict[str, str]]]) -> None:
    """The words of documents, weighted, once per language."""
    texts = [[found[weight] for _, found in words] for weight in WEIGHTS]
    arrays = ", ".join(["%s::text[]"] * len(WEIGHTS))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO policy_searchentry (revision_id, words) SELECT id, {VECTOR}"  # noqa: S608
            f" FROM unnest(%s::bigint[], {arrays}) AS given (id, {', '.join(WEIGHTS)})",
            [[id for id, _ in words], *texts],
        )


def write_lines(documents: Iterable[tuple[int, Document]]) -> None:
    copy("policy_line", LINE, [(id, csv_rows.line(body)) for id, body in documents])


@transaction.atomic
def make_lines_again() -> None:
    """Of all live revisions. Readers have the old lines until the new ones are whole.

    For migrations: it names two tables and no model, since an old migration calls it as it stands
    in later versions.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("DELETE FROM policy_line")
    last = 0
    while rows := live_after(last):
        write_lines((id, orjson.loads(document)) for id, document in rows)
        last = rows[-1][0]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE policy_line")


def live_after(version: int) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, document FROM policy_revision WHERE id > %s AND event = ANY(%s)"
            " ORDER BY id LIMIT %s",
            [version, LIVE, LINES],
        )
        return cursor.fetchall()


def analyze() -> None:
    """Tell the planner what was written: until then it plans for small tables."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE policy_revision, {', '.join(DERIVED)}")
