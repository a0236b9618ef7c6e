"""Writes the index rows of all revisions again, from their documents.

If you change what index rows hold (facets, periods, search texts, CSV columns), add one
to INDEX_VERSION. `manage.py migrate` then writes the index rows again.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection, reset_queries, transaction

from policy.documents.stored import read_document
from policy.models.index import IndexVersion
from policy.models.revision import LIVE_EVENTS, PUBLISHING_LOCK_ID
from policy.progress import Progress, no_progress
from policy.publishing.index import (
    DERIVED_TABLES,
    IndexWriter,
    analyze_tables,
)
from policy.publishing.restore import batched

INDEX_VERSION = 2
REINDEX_BATCH_SIZE = 1000  # revisions
REVISIONS_SQL = """
SELECT id, kind, record, event, successor, document FROM (
    SELECT id, kind, record, event, document,
        lead(id) OVER (PARTITION BY kind, record ORDER BY number) AS successor
    FROM policy_revision
) r WHERE event = ANY(%s) ORDER BY id
"""


class IndexedRevision(NamedTuple):
    """The columns of a revision that its index rows depend on.

    `successor` is the id of the revision that replaced it.
    """

    id: int
    kind: str
    record: str
    event: str
    successor: int | None
    document: str


def is_index_outdated() -> bool:
    return not IndexVersion.objects.filter(number=INDEX_VERSION).exists()


@transaction.atomic
def reindex(watch: Progress = no_progress) -> int:
    """Write all index rows again, and return the number of revisions that have some.

    Readers see the old rows until the commit. Nothing can be published meanwhile.
    """
    writer, written = IndexWriter(), 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISHING_LOCK_ID])
        for table in (*DERIVED_TABLES, "policy_coverage"):
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608
        cursor.execute("UPDATE policy_facetvalue SET records = 0")
        cursor.execute("SELECT count(*) FROM policy_revision WHERE event = ANY(%s)", [LIVE_EVENTS])
        (total,) = cursor.fetchone()
    for batch in batched(watch(iter_live_revisions(), "Indexing", total), REINDEX_BATCH_SIZE):
        writer.add([(revision, read_document(revision.document)) for revision in batch])
        written += len(batch)
        reset_queries()
    writer.flush_counts()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM policy_facetvalue v"
            " WHERE NOT EXISTS (SELECT FROM policy_facet f WHERE f.value_id = v.id)"
        )
    IndexVersion.objects.update_or_create(pk=1, defaults={"number": INDEX_VERSION})
    analyze_tables()
    return written


def iter_live_revisions() -> Iterator[IndexedRevision]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(REVISIONS_SQL, [LIVE_EVENTS])
        while rows := cursor.fetchmany(REINDEX_BATCH_SIZE):
            yield from map(IndexedRevision._make, rows)
