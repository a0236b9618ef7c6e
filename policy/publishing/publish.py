"""Publishes, withdraws and merges records. `restore` and `takedown` also write revisions.

Each function takes the publishing lock first and reads the current revision under it. So
revisions are committed in the order of their ids and times, and no reader sees revision n + 1
before revision n.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from policy import audit
from policy.documents.build import (
    Envelope,
    build_document,
    build_draft,
    build_tombstone,
    serialize_document,
    strip_envelope,
)
from policy.documents.stored import read_document
from policy.documents.types import AnyDocument, Document, RecordKey
from policy.hashes import sha256_hex
from policy.models import Record, Revision
from policy.progress import Progress, no_progress
from policy.publishing.approval import (
    Approval,
    PublishingConflict,
    PublishingError,
    close_reviews,
    get_approval,
    get_controlled_accounts,
    require_reviewers,
)
from policy.publishing.checks import (
    dependant_faults,
    merge_faults,
    publishing_faults,
    raise_if,
    unpublished_reference_faults,
)
from policy.publishing.ledger import Ledger, record_key

RecordT = TypeVar("RecordT", bound=Record)


def record_content_hash(record: Record, revision: Revision | None) -> str:
    """Return the hash of what a reviewer sees. See `content_hash`."""
    return content_hash(build_draft(record), revision)


def content_hash(body: AnyDocument, revision: Revision | None) -> str:
    """Return the SHA-256 of the content to publish and of the live revision that it replaces."""
    return sha256_hex(serialize_document({"content": body, "on": revision and revision.id}))


@transaction.atomic
def publish(
    records: Sequence[Record],
    by: User,
    reason: str = "",
    seen: Mapping[RecordKey, str] | None = None,
) -> list[Revision]:
    """Publish drafts as new revisions, and return these. Unchanged records are skipped.

    `seen` has the hash of each record that the reviewer saw, see `record_content_hash`. Raise
    PublishingConflict if a record changed since, and PublishingError for any other obstacle.
    """
    require_permission(by, "publish")
    ledger = Ledger(map(record_key, records))
    rows = [lock_record(record) for record in records]
    for row in rows:
        if seen is not None and seen.get(record_key(row)) != record_content_hash(
            row, ledger.current_live(record_key(row))
        ):
            raise PublishingConflict(f"{row} changed since you opened it. Review it again.")
    controlled = get_controlled_accounts(by)
    approved = [(row, get_approval(row, by, controlled)) for row in rows]
    revisions = append_and_commit(ledger, approved, reason)
    record_publication(rows, revisions, by)
    return revisions


@transaction.atomic
def publish_loaded(
    records: Sequence[Record], dataset: str, progress: Progress = no_progress
) -> list[Revision]:
    """Publish records that a command loaded from a released dataset with this label."""
    ledger = Ledger(map(record_key, records))
    approval = Approval("released", released_by=dataset)
    approved = [(record, approval) for record in records]
    return append_and_commit(ledger, progress(approved, "Publishing", len(approved)), "")


def append_and_commit(
    ledger: Ledger, approved: Iterable[tuple[Record, Approval]], reason: str
) -> list[Revision]:
    for record, approval in approved:
        append_record(ledger, record, approval, reason)
    raise_if(unpublished_reference_faults(ledger))
    return ledger.commit()


def record_publication(rows: Sequence[Record], revisions: Sequence[Revision], by: User) -> None:
    """Close the reviews of published records, and write the audit events."""
    records = {record_key(row): row for row in rows}
    for kind in {revision.kind for revision in revisions}:
        ids = [records[kind, r.record].pk for r in revisions if r.kind == kind]
        close_reviews(kind, ids, "published", by)
    audit.write_audit_events(
        [(r.event, records[r.kind, r.record], audit_detail(r)) for r in revisions], by
    )


def audit_detail(revision: Revision) -> Document:
    """Return the detail of the audit event of a revision."""
    values = {"revision": revision.number, "reason": revision.reason, "into": revision.merged_into}
    filled = {name: value for name, value in values.items() if value}
    return {**filled, **audit.seal_detail([revision])}


def audit_detail_since(version: int) -> Document:
    """Return the detail of an audit event about all revisions after a version of the dataset."""
    later = Revision.objects.filter(id__gt=version).defer("document").order_by("id")
    return audit.seal_detail(later.iterator())


def append_record(ledger: Ledger, record: Record, approval: Approval, reason: str) -> None:
    """Append the draft of a record as its next revision, if it differs from the current one.

    Raise PublishingError if it is not complete, not approved or cannot be published again.
    """
    key, at = record_key(record), ledger.next_instant()
    current, live = ledger.current.get(key), ledger.current_live(key)
    if current and current.closed_reason:
        raise PublishingError(f"{record} {current.closed_reason}")
    envelope = Envelope(record.KIND, ledger.next_number(key), at)
    body = build_document(record, envelope, ledger.pending_documents)
    content = strip_envelope(body)
    if live and has_same_content(live, content):
        return
    raise_if(publishing_faults(record, body))
    reviewed = require_reviewers(record, approval, content_hash(content, live))
    body["review"] = reviewed.review_document(at)
    revision = new_revision(envelope, record, approval, reason)
    revision.event = "revise" if live else "publish"
    ledger.append(revision, body)


def has_same_content(revision: Revision, content: AnyDocument) -> bool:
    """Return whether a live revision has this content, apart from its envelope."""
    return strip_envelope(read_document(revision.document)) == content


def new_revision(envelope: Envelope, record: Record, approval: Approval, reason: str) -> Revision:
    """Return an unsaved revision without event and document."""
    return Revision(
        kind=envelope.kind,
        record=record.slug,
        number=envelope.revision,
        published_at=envelope.published_at,
        reason=reason,
        review=approval.state,
        edited_by=record.edited_by,
        published_by=approval.by,
    )


@transaction.atomic
def withdraw(record: Record, by: User, reason: str) -> Revision:
    """Withdraw a record. Its URL answers 410 with the reason. Its past revisions stay public."""
    return retire(record, by, reason, "withdraw")


@transaction.atomic
def merge(record: Record, into: Record, by: User, reason: str) -> Revision:
    """Replace a record by another one of the same kind. Its URL redirects there."""
    return retire(record, by, reason, "merge", into)


def retire(
    record: Record, by: User, reason: str, event: str, into: Record | None = None
) -> Revision:
    """Append a tombstone. Raise PublishingError if this is not allowed."""
    require_permission(by, "withdraw")
    if not reason.strip():
        raise PublishingError("Enter a reason. It is shown to everyone in place of the record.")
    ledger = Ledger([record_key(record), *([record_key(into)] if into else [])])
    row, key = lock_record(record), record_key(record)
    if not ledger.current_live(key):
        raise PublishingError(f"{record} is not published.")
    raise_if(merge_faults(ledger, row, into) if into else dependant_faults(key))
    approval, at = get_approval(row, by), ledger.next_instant()
    envelope = Envelope(record.KIND, ledger.next_number(key), at)
    revision = new_revision(envelope, row, approval, reason)
    revision.event, revision.merged_into = event, into.slug if into else ""
    ledger.append(
        revision, build_tombstone(envelope, row.slug, event, reason, revision.merged_into)
    )
    ledger.commit()
    close_reviews(row.KIND, [row.pk], "voided", by)
    audit.write_audit_event(event, row, by, **audit_detail(revision))
    return revision


def require_permission(by: User, permission: str, refusal: str = "") -> None:
    """Raise PublishingError if a user lacks a permission. `refusal` completes “<user> may not”."""
    if not by.has_perm(f"policy.{permission}"):
        refusal = refusal or f"{permission} records. Ask a reviewer."
        raise PublishingError(f"{by} may not {refusal}")


def lock_record(record: RecordT) -> RecordT:
    """Return the record as stored now, with its row locked until the transaction ends."""
    rows: QuerySet[RecordT] = QuerySet(type(record))
    return rows.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
