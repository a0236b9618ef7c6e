"""Writes what finds a revision, and its line. All of it follows from documents."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import orjson
from django.db import connection, transaction

from policy import facets, lines
from policy.coverage import Tally, tally
from policy.document import Document
from policy.models import Revision
from policy.models.revision import LIVE, value_id
from policy.reference import Trees

Row = tuple[Any, ...]
Rows = list[Row]
Value = tuple[str, str, str]  # kind, facet, value
FACET = ("value_id", "date", "record", "revision_id", "superseded_by")
INTERVAL = ("revision_id", "date", "earliest", "latest")
LINE = ("revision_id", "text")
LINES = 1000  # made again at once
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
    @cached_property
    def trees(self) -> Trees:
        return Trees.read()

    def add(self, revisions: Sequence[tuple[Revision, Document]]) -> None:
        """Index live revisions. Tombstones are found by their address alone."""
        live = [(revision, body) for revision, body in revisions if revision.event in LIVE]
        values = [self.values(revision, body) for revision, body in live]
        write_values(zip(values, (revision.successor is None for revision, _ in live), strict=True))
        # every row is made before COPY begins: a query inside it would wait for itself
        rows = [facet_rows(*pair, found) for pair, found in zip(live, values, strict=True)]
        # in the order of their indexes, so that neighbours are written together
        copy("policy_facet", FACET, sorted(chain.from_iterable(rows)))
        copy("policy_interval", INTERVAL, [row for pair in live for row in intervals(*pair)])
        write_words([(revision.id, facets.words(body)) for revision, body in live])
        write_lines((revision.id, body) for revision, body in live)
        write_coverage(tally_of((r.kind, body) for r, body in live if r.successor is None))

    def values(self, revision: Revision, body: Document) -> set[Value]:
        pairs = facets.facets(body, self.trees.places, self.trees.terms)
        return {(revision.kind, facet, value) for facet, value in pairs}

    def end(self, ended: Sequence[Revision]) -> None:
        """Take revisions out of what stands now. They stay in what stood once."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE policy_facetvalue v SET records = records - gone.number FROM ("
                " SELECT value_id, count(*) AS number FROM policy_facet"
                " WHERE revision_id = ANY(%s) GROUP BY value_id"
                ") gone WHERE v.id = gone.value_id",
                [[old.pk for old in ended]],
            )
            cursor.executemany(
                "UPDATE policy_facet SET superseded_by = %s WHERE revision_id = %s",
                [(old.successor, old.pk) for old in ended],
            )
        live = ((old.kind, orjson.loads(old.document)) for old in ended if old.event in LIVE)
        take_off(tally_of(live))


def facet_rows(revision: Revision, body: Document, values: set[Value]) -> Rows:
    place = (facets.day(body), revision.record, revision.id, revision.successor)
    return [(id, *place) for id in sorted(value_id(*value) for value in values)]


def write_values(found: Iterable[tuple[set[Value], bool]]) -> None:
    """Remember the values of revisions, and count those that stand.

    An id that stands for another value is an error of the database.
    """
    counts: Counter[Value] = Counter()
    for values, stands in found:
        counts.update(dict.fromkeys(values, int(stands)))
    rows = [(value_id(*value), *value, number) for value, number in sorted(counts.items())]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO policy_facetvalue AS v (id, kind, facet, value, records)"
            " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::int[])"
            " ON CONFLICT (kind, facet, value)"
            " DO UPDATE SET records = v.records + excluded.records",
            [[row[column] for row in rows] for column in range(5)],
        )


def intervals(revision: Revision, body: Document) -> Rows:
    return [(revision.id, *interval) for interval in facets.intervals(body)]


def tally_of(documents: Iterable[tuple[str, Document]]) -> Tally:
    counts: Tally = Counter()
    for kind, body in documents:
        if kind == "action":
            counts.update(tally(body))
    return counts


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
    copy("policy_line", LINE, [(id, lines.line(body)) for id, body in documents])


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
