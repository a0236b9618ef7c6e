"""Appends revisions to the history of the dataset, under a lock."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from django.db import connection
from django.db.models import QuerySet

from policy.documents.build import serialize_document, strip_envelope
from policy.documents.diff import changed_fields
from policy.documents.stored import add_later_fields, read_document
from policy.documents.types import AnyDocument, Document, RecordKey
from policy.hashes import sha256_hex
from policy.models import Record, Revision
from policy.models.revision import LIVE_EVENTS, PUBLISHING_LOCK_ID
from policy.models.sql import fetch_all
from policy.publishing.index import IndexWriter, copy_rows
from policy.seals import compute_seal, revision_leaf
from policy.versions import INITIAL_SEAL

REVISION_COLUMNS = [field.attname for field in Revision._meta.concrete_fields]
revision_values = attrgetter(*REVISION_COLUMNS)
ONE_MICROSECOND = timedelta(microseconds=1)


class Ledger:
    """Appends revisions to the dataset inside a transaction.

    It waits for the publishing lock. `keys` are the records to append revisions to: `current` has
    their current revisions, tombstones included.
    """

    def __init__(self, keys: Iterable[RecordKey] = ()) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISHING_LOCK_ID])
            cursor.execute("SELECT clock_timestamp()")
            self.now: datetime = cursor.fetchone()[0]
        last = Revision.objects.order_by("-id").values_list("id", "published_at", "seal").first()
        self.version: int = last[0] if last else 0
        self.last_instant: datetime | None = last[1] if last else None
        self.seal: str = last[2] if last else INITIAL_SEAL
        self.current = self.load_current(set(keys))
        self.index = IndexWriter()
        self.pending: list[tuple[Revision, Document]] = []
        self.superseded: list[Revision] = []
        self.pending_documents: dict[RecordKey, AnyDocument] = {}

    @staticmethod
    def load_current(keys: set[RecordKey]) -> dict[RecordKey, Revision]:
        return revisions_by_key(Revision.objects.filter(superseded_at=None), keys)

    def next_instant(self) -> datetime:
        return max(self.now, self.last_instant + ONE_MICROSECOND) if self.last_instant else self.now

    def next_number(self, key: RecordKey) -> int:
        return self.current[key].number + 1 if key in self.current else 1

    def current_live(self, key: RecordKey) -> Revision | None:
        revision = self.current.get(key)
        return revision if revision and revision.event in LIVE_EVENTS else None

    def append(self, revision: Revision, body: Document) -> Revision:
        """Give a revision the next id and supersede the current revision of the record.

        Nothing is written before `commit` or `flush`.
        """
        self.version += 1
        self.last_instant = revision.published_at
        revision.id, revision.document = self.version, serialize_document(body)
        revision.digest = sha256_hex(revision.document)
        self.supersede(revision)
        self.pending.append((revision, body))
        if revision.event in LIVE_EVENTS:
            self.pending_documents[revision.kind, revision.record] = body
        return revision

    def supersede(self, revision: Revision) -> None:
        """End the current revision of the record at the time of publication of this one."""
        key = (revision.kind, revision.record)
        old = self.current.get(key)
        if old and old.superseded_at is None:
            old.superseded_at, old.successor = revision.published_at, revision.id
            if not old._state.adding:
                self.superseded.append(old)
        self.current[key] = revision

    def commit(self) -> list[Revision]:
        """Write the appended and the superseded revisions, their index rows and the counts."""
        revisions = self.flush()
        self.index.flush_counts()
        return revisions

    def flush(self) -> list[Revision]:
        """Write the same as `commit` without the counts. Use it for a batch of a load."""
        ends = [(old.superseded_at, old.pk) for old in self.superseded]
        with connection.cursor() as cursor:
            cursor.executemany("UPDATE policy_revision SET superseded_at = %s WHERE id = %s", ends)
        revisions = [revision for revision, _ in self.pending]
        set_changed_fields(self.pending)
        for revision in revisions:
            revision.leaf = revision.leaf or revision_leaf(revision)
            self.seal = revision.seal = compute_seal(self.seal, revision.leaf)
        copy_rows("policy_revision", REVISION_COLUMNS, map(revision_values, revisions))
        self.index.mark_superseded(self.superseded)
        self.index.add(self.pending)
        self.pending, self.superseded = [], []
        return revisions


def set_changed_fields(pending: Iterable[tuple[Revision, Document]]) -> None:
    """Set `changed` of live revisions that will be inserted, from their documents.

    The documents get the fields that were added to the schema after their publication.
    """
    live = [(revision, body) for revision, body in pending if revision.event in LIVE_EVENTS]
    before = fetch_last_contents([revision for revision, _ in live if revision.number > 1])
    for revision, body in live:
        content = strip_envelope(add_later_fields(body))
        key = (revision.kind, revision.record)
        revision.changed = changed_fields(before.get(key, {}), content)
        before[key] = content


def fetch_last_contents(revisions: Sequence[Revision]) -> dict[RecordKey, Document]:
    """Return what was last published of the records of these revisions, by record."""
    keys = [(revision.kind, revision.record) for revision in revisions]
    rows = fetch_all(
        "SELECT k.kind, k.record, r.document FROM unnest(%s::text[], %s::text[]) k (kind, record),"
        " LATERAL (SELECT document FROM policy_revision r WHERE r.kind = k.kind"
        " AND r.record = k.record AND r.event = ANY(%s) ORDER BY number DESC LIMIT 1) r",
        [[key[column] for key in keys] for column in range(2)] + [LIVE_EVENTS],
    )
    return {(kind, record): strip_envelope(read_document(text)) for kind, record, text in rows}


def revisions_by_key(rows: QuerySet[Revision], keys: set[RecordKey]) -> dict[RecordKey, Revision]:
    """Return those of `rows` that are revisions of these records, by record."""
    kinds, slugs = {kind for kind, _ in keys}, [slug for _, slug in keys]
    candidates = rows.filter(kind__in=kinds, record__in=slugs)
    return {(r.kind, r.record): r for r in candidates if (r.kind, r.record) in keys}


def record_key(record: Record) -> RecordKey:
    return record.KIND, record.slug
