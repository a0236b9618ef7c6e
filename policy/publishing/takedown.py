"""Takes records down: removes them from every place in the database, for a legal reason.

Only a takedown changes revisions and audit events, and only the role that owns the tables can run
one. The removed words are stored nowhere. The audit log has who took the records down, the reason,
and the new hashes of changed revisions and audit events, so that `verify_audit` accepts them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import orjson
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import QuerySet

from policy import audit
from policy.documents.build import Envelope, build_tombstone, serialize_document
from policy.documents.stored import read_document
from policy.documents.times import format_timestamp
from policy.documents.types import Document, RecordKey
from policy.models import Facet, Record, Revision, Source
from policy.models.index import referring_value_ids
from policy.models.revision import LIVE_EVENTS
from policy.publishing.approval import Approval, PublishingError
from policy.publishing.checks import raise_if
from policy.publishing.ledger import Ledger, record_key
from policy.publishing.mentions import collect_names, remove_mentions
from policy.publishing.publish import audit_detail_since, lock_record, new_revision
from policy.publishing.redaction import Redaction
from policy.publishing.restore import batched
from policy.publishing.word_search import analyze_all_tables, find_word

TAKEDOWN_BATCH_SIZE = 500


class Takedown:
    """A takedown of records in one transaction.

    `others` are further records of which revisions will be appended.
    """

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
        """Raise PublishingError if there is no reason, or if a record is already taken down."""
        done = filter(self.is_taken_down, self.rows.values())
        messages = [f"{row.slug} is already taken down." for row in done]
        messages += [] if self.reason.strip() else ["Enter a reason. It is shown to everyone."]
        raise_if(messages)

    def require_no_dependants(self) -> None:
        """Raise PublishingError if the last content of another record refers to one of these."""
        messages = [
            f"The {kind} {slug} refers to {row.slug}. Revise it first, or take it down, too."
            for row in self.rows.values()
            for kind, slug in sorted(self.find_dependants(record_key(row)) - self.rows.keys())
        ]
        raise_if(messages)

    def is_taken_down(self, row: Record) -> bool:
        current = self.ledger.current.get(record_key(row))
        return current is not None and current.event == "takedown"

    def find_dependants(self, key: RecordKey) -> set[RecordKey]:
        """Return the records whose last live revision refers to a record.

        This includes records that were withdrawn since.
        """
        rows = revisions_referring_to(key).values_list("kind", "record", "number")
        last: dict[RecordKey, int] = {}
        for kind, slug, number in rows:
            last[kind, slug] = max(number, last.get((kind, slug), 0))
        return {other for other, number in last.items() if number == last_live_number(other)}

    # Revisions

    def append_tombstone(self, key: RecordKey, row: Record) -> None:
        """Append a tombstone to a record that was ever published."""
        if key not in self.ledger.current:
            return
        at = self.ledger.next_instant()
        envelope = Envelope(row.KIND, self.ledger.next_number(key), at)
        approval = Approval("self_reviewed", self.by)
        revision = new_revision(envelope, row, approval, self.reason)
        revision.event = "takedown"
        self.ledger.append(revision, self.tombstone_for(revision))

    def tombstone_for(self, revision: Revision) -> Document:
        envelope = Envelope(revision.kind, revision.number, revision.published_at)
        when = format_timestamp(self.at)
        return build_tombstone(
            envelope, revision.record, "takedown", self.reason, taken_down_at=when
        )

    def redact_own_revisions(self, key: RecordKey) -> None:
        """Replace every revision of a record by a tombstone."""
        revisions = Revision.objects.of_record(*key).exclude(event="takedown")
        for batch in batched(revisions, TAKEDOWN_BATCH_SIZE):
            for revision in batch:
                self.redaction.removed_words |= collect_names(read_document(revision.document))
                revision.event, revision.merged_into = "takedown", ""
                revision.reason = self.reason
                revision.document = serialize_document(self.tombstone_for(revision))
            self.redaction.save_revisions(batch)
            self.redaction.delete_index_rows([revision.pk for revision in batch])
            self.redaction.removed_counts["revisions"] += len(batch)

    def redact_referring_revisions(self, key: RecordKey, cited_only: bool = False) -> None:
        """Remove from revisions of other records what they say about a record.

        If `cited_only`, remove only quotes and notes of citations, and publish the result.
        """
        revisions = revisions_referring_to(key).exclude(event="takedown")
        for batch in batched(revisions, TAKEDOWN_BATCH_SIZE):
            changed: list[tuple[Revision, Document]] = []
            for revision in batch:
                body: Document = orjson.loads(revision.document)
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
        """Append a current revision again, as redacted, so that mirrors receive the change."""
        if revision.superseded_at is None:
            self.republish(revision, body)

    def republish_source(self, key: RecordKey) -> None:
        """If no revision was appended yet, append the current one of a source again: a takedown
        always makes a new version, because it changes what past versions say."""
        revision = self.ledger.current.get(key)
        if revision and self.ledger.version == self.version:
            self.republish(revision, orjson.loads(revision.document))

    def republish(self, revision: Revision, body: Document) -> None:
        """Append a revision with the same content; of a tombstone, a tombstone."""
        envelope = Envelope(revision.kind, revision.number + 1, self.ledger.next_instant())
        again = Revision(
            kind=revision.kind,
            record=revision.record,
            number=envelope.revision,
            event="revise" if revision.event in LIVE_EVENTS else revision.event,
            published_at=envelope.published_at,
            reason=self.reason if revision.event in LIVE_EVENTS else revision.reason,
            merged_into=revision.merged_into,
            review=revision.review,
        )
        new = {"revision": again.number, "published_at": format_timestamp(again.published_at)}
        self.ledger.append(again, {**body, **new})

    def write_takedown_events(self, order: str, passages: bool) -> None:
        """Write an audit event for each record. The first has the hashes of changed rows."""
        detail: Document = {"reason": self.reason}
        detail |= {"order": order} if order else {}
        detail |= {"passages": True} if passages else {}
        appended = self.ledger.version > self.version
        changes = audit_detail_since(self.version) if appended else {}
        changes["redacted"] = {
            "audit_events": self.redaction.event_hashes,
            "revisions": self.redaction.revision_hashes,
        }
        entries: list[audit.AuditEntry] = []
        for key, row in self.rows.items():
            revision = self.ledger.current.get(key)
            number = {"revision": revision.number} if revision else {}
            entries.append(("takedown", row, {**number, **detail, **({} if entries else changes)}))
        audit.write_audit_events(entries, self.by)


@transaction.atomic
def take_down(
    records: Sequence[Record], by: User, reason: str, order: str = "", words: Iterable[str] = ()
) -> Counter[str]:
    """Remove records from the database except for a tombstone with the reason.

    `order` is a private file number. Return the numbers of removed or changed rows, by what they
    are. Raise PublishingError, and change nothing, if this is not allowed or if a table still
    contains one of `words`.
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
    """Remove the text of a source and everything that was quoted from it. The source stays.

    The parameters and the result are those of `take_down`.
    """
    key = record_key(source)
    quoting = revisions_referring_to(key).values_list("kind", "record").distinct()
    job = Takedown([source], by, reason, others=quoting)
    job.require_allowed()
    job.redact_referring_revisions(key, cited_only=True)
    job.republish_source(key)
    job.ledger.commit()
    job.redaction.clear_quotes(source)
    finish_takedown(job, words, order, passages=True)
    return job.redaction.removed_counts


def finish_takedown(
    job: Takedown, words: Iterable[str], order: str, passages: bool = False
) -> None:
    for row in job.rows.values():
        job.redaction.redact_logs(row)
    job.write_takedown_events(order, passages)
    analyze_all_tables()
    raise_if([message for word in words for message in find_word(word)])
    connection.check_constraints()


def enable_takedown() -> None:
    """Allow this transaction to change revisions. Raise PublishingError for another role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('policy.take_down', 'on', true)")
        cursor.execute("SELECT policy_may_take_down()")
        if not cursor.fetchone()[0]:
            raise PublishingError("Only the role that owns the tables can take records down.")


def revisions_referring_to(key: RecordKey) -> QuerySet[Revision]:
    """Return every revision, past ones included, that refers to a record."""
    facets_of = Facet.objects.filter(value__in=referring_value_ids(key))
    return Revision.objects.filter(pk__in=facets_of.values("revision")).order_by("pk")


def last_live_number(key: RecordKey) -> int:
    """Return the number of the last live revision of a record, or 0."""
    rows = Revision.objects.of_record(*key).filter(event__in=LIVE_EVENTS)
    return max(rows.values_list("number", flat=True), default=0)
