"""TODO docstring."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter

from django.db import connection
from django.db.models import QuerySet

from policy import audit
from policy.documents.build import serialize_document
from policy.documents.types import Document, RecordKey
from policy.hashes import sha256_hex
from policy.models import Record, Revision
from policy.models.revision import LIVE_EVENTS
from policy.publishing.index import PUBLISHING_LOCK_ID, IndexWriter, copy_rows

REVISION_COLUMNS = [field.attname for field in Revision._meta.concrete_fields]
revision_values = attrgetter(*REVISION_COLUMNS)
ONE_MICROSECOND = timedelta(microseconds=1)


class Ledger:
    """The dataset's history, opened for appending inside a transaction, under its lock."""

    def __init__(self, keys: Iterable[RecordKey] = ()) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISHING_LOCK_ID])
            cursor.execute("SELECT clock_timestamp()")
            self.now: datetime = cursor.fetchone()[0]
        last = Revision.objects.order_by("-id").values_list("id", "published_at", "seal").first()
        self.version: int = last[0] if last else 0
        self.last_instant: datetime | None = last[1] if last else None
        self.seal: str = last[2] if last else audit.INITIAL_HASH
        self.current = self.load_current(set(keys))
        self.index = IndexWriter()
        self.pending: list[tuple[Revision, Document]] = []
        self.superseded: list[Revision] = []
        self.pending_documents: dict[RecordKey, Document] = {}

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
        """Take the next place in the history and supersede what stood there."""
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
        """End what stood there, saved or about to be, where this revision begins."""
        key = (revision.kind, revision.record)
        old = self.current.get(key)
        if old and old.superseded_at is None:
            old.superseded_at, old.successor = revision.published_at, revision.id
            if not old._state.adding:
                self.superseded.append(old)
        self.current[key] = revision

    def commit(self) -> list[Revision]:
        """Write what ended and what was appended, with all that finds it and counts it."""
        revisions = self.flush()
        self.index.flush_counts()
        return revisions

    def flush(self) -> list[Revision]:
        """The same but for what is counted, which waits for the last piece of a load."""
        ends = [(old.superseded_at, old.pk) for old in self.superseded]
        with connection.cursor() as cursor:
            cursor.executemany("UPDATE policy_revision SET superseded_at = %s WHERE id = %s", ends)
        revisions = [revision for revision, _ in self.pending]
        for revision in revisions:
            self.seal = revision.seal = audit.seal(self.seal, revision)
        copy_rows("policy_revision", REVISION_COLUMNS, map(revision_values, revisions))
        self.index.mark_superseded(self.superseded)
        self.index.add(self.pending)
        self.pending, self.superseded = [], []
        return revisions


def revisions_by_key(rows: QuerySet[Revision], keys: set[RecordKey]) -> dict[RecordKey, Revision]:
    kinds, slugs = {kind for kind, _ in keys}, [slug for _, slug in keys]
    found = rows.filter(kind__in=kinds, record__in=slugs)
    return {(r.kind, r.record): r for r in found if (r.kind, r.record) in keys}


def record_key(record: Record) -> RecordKey:
    return record.KIND, record.slug
