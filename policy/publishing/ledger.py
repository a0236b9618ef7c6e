"""TODO docstring."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter

from django.db import connection
from django.db.models import QuerySet

from policy import audit
from policy.documents.build import digest, text
from policy.documents.types import Document, Key
from policy.models import Record, Revision
from policy.models.revision import LIVE
from policy.publishing.index import LOCK, Index, copy

COLUMNS = [field.attname for field in Revision._meta.concrete_fields]
columns = attrgetter(*COLUMNS)
TICK = timedelta(microseconds=1)


class Ledger:
    """The dataset's history, opened for appending inside a transaction, under its lock."""

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute("SELECT clock_timestamp()")
            self.now: datetime = cursor.fetchone()[0]
        last = Revision.objects.order_by("-id").values_list("id", "published_at", "seal").first()
        self.version: int = last[0] if last else 0
        self.instant: datetime | None = last[1] if last else None
        self.seal: str = last[2] if last else audit.START
        self.current = self.standing(set(keys))
        self.index = Index()
        self.fresh: list[tuple[Revision, Document]] = []
        self.ended: list[Revision] = []
        self.bodies: dict[Key, Document] = {}

    @staticmethod
    def standing(keys: set[Key]) -> dict[Key, Revision]:
        return by_key(Revision.objects.filter(superseded_at=None), keys)

    def next_instant(self) -> datetime:
        return max(self.now, self.instant + TICK) if self.instant else self.now

    def next_number(self, key: Key) -> int:
        return self.current[key].number + 1 if key in self.current else 1

    def live(self, key: Key) -> Revision | None:
        revision = self.current.get(key)
        return revision if revision and revision.event in LIVE else None

    def append(self, revision: Revision, body: Document) -> Revision:
        """Take the next place in the history and supersede what stood there."""
        self.version += 1
        self.instant = revision.published_at
        revision.id, revision.document = self.version, text(body)
        revision.digest = digest(revision.document)
        self.succeed(revision)
        self.fresh.append((revision, body))
        if revision.event in LIVE:
            self.bodies[revision.kind, revision.record] = body
        return revision

    def succeed(self, revision: Revision) -> None:
        """End what stood there, saved or about to be, where this revision begins."""
        key = (revision.kind, revision.record)
        old = self.current.get(key)
        if old and old.superseded_at is None:
            old.superseded_at, old.successor = revision.published_at, revision.id
            if not old._state.adding:
                self.ended.append(old)
        self.current[key] = revision

    def close(self) -> list[Revision]:
        """Write what ended and what was appended, with all that finds it and counts it."""
        revisions = self.write()
        self.index.settle()
        return revisions

    def write(self) -> list[Revision]:
        """The same but for what is counted, which waits for the last piece of a load."""
        ends = [(old.superseded_at, old.pk) for old in self.ended]
        with connection.cursor() as cursor:
            cursor.executemany("UPDATE policy_revision SET superseded_at = %s WHERE id = %s", ends)
        revisions = [revision for revision, _ in self.fresh]
        for revision in revisions:
            self.seal = revision.seal = audit.seal(self.seal, revision)
        copy("policy_revision", COLUMNS, map(columns, revisions))
        self.index.end(self.ended)
        self.index.add(self.fresh)
        self.fresh, self.ended = [], []
        return revisions


def by_key(rows: QuerySet[Revision], keys: set[Key]) -> dict[Key, Revision]:
    kinds, slugs = {kind for kind, _ in keys}, [slug for _, slug in keys]
    found = rows.filter(kind__in=kinds, record__in=slugs)
    return {(r.kind, r.record): r for r in found if (r.kind, r.record) in keys}


def key_of(record: Record) -> Key:
    return record.KIND, record.slug
