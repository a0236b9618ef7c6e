"""Take what a court forbids out of every place where it is stored.

The one way around what is immutable, and only whoever owns the tables may go it (migration 0008).
What was removed is repeated nowhere. The trail says who did it and why, and what each audit event that had
to change has become, so that `verify_audit` knows it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import connection, transaction

from policy import audit
from policy.documents.build import Envelope, build_tombstone, format_timestamp, serialize_document
from policy.documents.types import Document, RecordKey
from policy.models import Facet, Record, Revision, Source
from policy.models.index import facet_value_id
from policy.models.revision import LIVE_EVENTS, RECORD_KINDS
from policy.publishing.approval import Approval, PublishingError
from policy.publishing.ledger import Ledger, record_key
from policy.publishing.publish import audit_detail_since, lock_record, new_revision
from policy.publishing.redaction import Redaction, collect_names, remove_mentions
from policy.publishing.restore import batched
from policy.publishing.word_search import analyze_all_tables, find_word

TAKEDOWN_BATCH_SIZE = 500


class Takedown:
    """Records that go, all in one transaction; what went, counted; what is left of audit events."""

    def __init__(
        self, records: Sequence[Record], by: User, reason: str, others: Iterable[RecordKey] = ()
    ) -> None:
        self.by, self.reason = by, reason
        enable_takedown()
        self.ledger = Ledger([*map(record_key, records), *others])
        self.version = self.ledger.version
        self.rows = {record_key(record): lock_record(record) for record in records}
        self.at = self.ledger.next_instant()
        self.redaction = Redaction()

    def require_allowed(self) -> None:
        """Raises Refused with every reason why not."""
        done = filter(self.is_taken_down, self.rows.values())
        found = [f"{row.slug} is taken down already." for row in done]
        found += [] if self.reason.strip() else ["Give a reason: it is shown to everybody."]
        if found:
            raise PublishingError(*found)

    def require_no_dependants(self) -> None:
        """What stands, or stood last, must not rest on what says nothing."""
        found = [
            f"The {kind} {slug} refers to {row.slug}: revise it first, or take it down too."
            for row in self.rows.values()
            for kind, slug in sorted(self.find_dependants(record_key(row)) - self.rows.keys())
        ]
        if found:
            raise PublishingError(*found)

    def is_taken_down(self, row: Record) -> bool:
        standing = self.ledger.current.get(record_key(row))
        return standing is not None and standing.event == "takedown"

    def find_dependants(self, key: RecordKey) -> set[RecordKey]:
        """Records whose last content refers to one, whether it stands or was withdrawn."""
        rows = revisions_referring_to(key).values_list("kind", "record", "number")
        last: dict[RecordKey, int] = {}
        for kind, slug, number in rows:
            last[kind, slug] = max(number, last.get((kind, slug), 0))
        return {found for found, number in last.items() if number == last_content_number(found)}

    # What was published

    def append_tombstone(self, key: RecordKey, row: Record) -> None:
        """A tombstone takes over, and every revision before it becomes one."""
        if key not in self.ledger.current:
            return  # a draft: nobody outside knows of it
        at = self.ledger.next_instant()
        envelope = Envelope(row.KIND, self.ledger.next_number(key), at)
        given = Approval("self_reviewed", self.by)
        revision = new_revision(envelope, row, given, self.reason)
        revision.event = "takedown"
        self.ledger.append(revision, self.tombstone_for(revision))

    def tombstone_for(self, revision: Revision) -> Document:
        envelope = Envelope(revision.kind, revision.number, revision.published_at)
        when = format_timestamp(self.at)
        return build_tombstone(
            envelope, revision.record, "takedown", self.reason, taken_down_at=when
        )

    def redact_own_revisions(self, key: RecordKey) -> None:
        for batch in batched(
            Revision.objects.of_record(*key).exclude(event="takedown"), TAKEDOWN_BATCH_SIZE
        ):
            for revision in batch:
                self.redaction.removed_words |= collect_names(orjson.loads(revision.document))
                revision.event, revision.merged_into = "takedown", ""
                revision.reason, revision.document = (
                    self.reason,
                    serialize_document(self.tombstone_for(revision)),
                )
            self.redaction.save_revisions(batch)
            self.redaction.delete_index_rows([revision.pk for revision in batch])
            self.redaction.removed_counts["revisions"] += len(batch)

    def redact_referring_revisions(self, key: RecordKey, cited_only: bool = False) -> None:
        """What others said of it: only its id stays, or all but the words that they cite."""
        for batch in batched(
            revisions_referring_to(key).exclude(event="takedown"), TAKEDOWN_BATCH_SIZE
        ):
            changed = []
            for revision in batch:
                body = orjson.loads(revision.document)
                self.redaction.removed_words |= remove_mentions(body, key, cited_only)
                if serialize_document(body) != revision.document:
                    revision.document = serialize_document(body)
                    changed.append((revision, body))
            self.redaction.save_revisions([revision for revision, _ in changed])
            self.redaction.rebuild_search_rows(changed)
            self.redaction.removed_counts["revisions of other records"] += len(changed)
            for revision, body in changed if cited_only else ():
                self.republish_redacted(revision, body)

    def republish_redacted(self, revision: Revision, body: Document) -> None:
        """What stands, without what was taken out of it, so that copies learn of it."""
        if revision.superseded_at is not None:
            return
        envelope = Envelope(revision.kind, revision.number + 1, self.ledger.next_instant())
        again = Revision(
            kind=revision.kind,
            record=revision.record,
            number=envelope.revision,
            event="revise",
            published_at=envelope.published_at,
            reason=self.reason,
            review=revision.review,
        )
        given = {"revision": again.number, "published_at": format_timestamp(again.published_at)}
        self.ledger.append(again, {**body, **given})

    def write_takedown_events(self, order: str, **more: Any) -> None:
        """One for each record; the first says what the others' rows have become."""
        detail = {"reason": self.reason, **({"order": order} if order else {}), **more}
        whole: Document = {
            "redacted": {
                "audit_events": self.redaction.event_hashes,
                "revisions": self.redaction.revision_hashes,
            }
        }
        if self.ledger.version > self.version:
            whole |= audit_detail_since(self.version)
        told: list[audit.AuditEntry] = []
        for key, row in self.rows.items():
            revision = self.ledger.current.get(key)
            number = {"revision": revision.number} if revision else {}
            told.append(("takedown", row, {**number, **detail, **({} if told else whole)}))
        audit.write_audit_events(told, self.by)


@transaction.atomic
def take_down(
    records: Sequence[Record], by: User, reason: str, order: str = "", words: Iterable[str] = ()
) -> Counter[str]:
    """Leave of records nothing but a tombstone that says why. Returns what went, counted.

    All or nothing, and nothing where one of `words` would still stand somewhere.
    """
    job = Takedown(records, by, reason)
    job.require_allowed()
    job.require_no_dependants()
    for key, row in job.rows.items():
        job.append_tombstone(key, row)
    job.ledger.commit()
    for key in job.rows:
        job.redact_own_revisions(key)
    for key in job.rows:
        job.redact_referring_revisions(key)
    for row in job.rows.values():
        job.redaction.clear_record(row)
    finish_takedown(job, words, order)
    return job.redaction.removed_counts


@transaction.atomic
def take_down_passages(
    source: Source, by: User, reason: str, order: str = "", words: Iterable[str] = ()
) -> Counter[str]:
    """Leave a source what it is, and where its passages stand, without a word of them."""
    key = record_key(source)
    quoting = revisions_referring_to(key).values_list("kind", "record").distinct()
    job = Takedown([source], by, reason, others=quoting)
    job.require_allowed()
    job.redact_referring_revisions(key, cited_only=True)
    job.ledger.commit()
    job.redaction.clear_quotes(source)
    finish_takedown(job, words, order, passages=True)
    return job.redaction.removed_counts


def finish_takedown(job: Takedown, words: Iterable[str], order: str, **more: Any) -> None:
    for row in job.rows.values():
        job.redaction.redact_logs(row)
    job.write_takedown_events(order, **more)
    analyze_all_tables()
    if left := [place for word in words for place in find_word(word)]:
        raise PublishingError(*left)
    connection.check_constraints()


def enable_takedown() -> None:
    """For this transaction. Triggers look whether whoever asks owns the tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('policy.take_down', 'on', true)")
        cursor.execute("SELECT policy_may_take_down()")
        if not cursor.fetchone()[0]:
            raise PublishingError("Only the role that owns the tables may take records down.")


def revisions_referring_to(key: RecordKey) -> Any:
    """Every revision, past ones too, that refers to a record."""
    ids = [facet_value_id(kind, "refers_to", "/".join(key)) for kind in RECORD_KINDS]
    facets_of = Facet.objects.filter(value__in=ids)
    return Revision.objects.filter(pk__in=facets_of.values("revision")).order_by("pk")


def last_content_number(key: RecordKey) -> int:
    """The number of a record's last revision that says something."""
    rows = Revision.objects.of_record(*key).filter(event__in=LIVE_EVENTS)
    return max(rows.values_list("number", flat=True), default=0)
