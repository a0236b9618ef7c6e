"""The only writers of revisions: publish, withdraw, merge, restore.

Each takes the dataset's lock first and reads the current revision under it, so revisions commit
in the order of their ids and instants, and nobody sees revision n + 1 before n.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from policy import audit
from policy.documents import evidence, facets
from policy.documents.build import (
    Envelope,
    build_document,
    build_draft,
    build_tombstone,
    serialize_document,
    strip_envelope,
)
from policy.documents.schema import DOCUMENT_SERIALIZERS
from policy.documents.shapes import flattened
from policy.documents.types import Document, RecordKey
from policy.hashes import sha256_hex
from policy.models import Facet, Record, Revision
from policy.models.index import facet_value_id
from policy.models.revision import LIVE_EVENTS, RECORD_KINDS
from policy.progress import Progress, no_progress
from policy.publishing.approval import (
    Approval,
    PublishingConflict,
    PublishingError,
    close_reviews,
    get_approval,
    require_reviewers,
)
from policy.publishing.ledger import Ledger, record_key
from policy.sources import citations


def record_content_hash(record: Record, revision: Revision | None) -> str:
    """What a reviewer saw: the content to publish and the revision that it would replace."""
    return content_hash(build_draft(record), revision)


def content_hash(body: Document, revision: Revision | None) -> str:
    return sha256_hex(serialize_document({"content": body, "on": revision and revision.id}))


@transaction.atomic
def publish(
    records: Sequence[Record],
    by: User,
    reason: str = "",
    seen: Mapping[RecordKey, str] | None = None,
) -> list[Revision]:
    """Freeze records as their next revisions. Unchanged ones are left alone.

    `seen` holds the fingerprint of each record that the reviewer looked at. Returns the new
    revisions. Raises Refused, or Conflict when a record changed since it was seen.
    """
    require_permission(by, "publish")
    ledger = Ledger(map(record_key, records))
    rows = [lock_record(record) for record in records]
    for row in rows:
        if seen is not None and seen.get(record_key(row)) != record_content_hash(
            row, ledger.current_live(record_key(row))
        ):
            raise PublishingConflict(
                f"{row} changed since you looked at it. Look again, then publish."
            )
    revisions = append_and_commit(ledger, [(row, get_approval(row, by)) for row in rows], reason)
    record_publication(rows, revisions, by)
    return revisions


@transaction.atomic
def publish_loaded(
    records: Sequence[Record], dataset: str, watch: Progress = no_progress
) -> list[Revision]:
    """Publish what a command loaded, reviewed as far as the dataset that it came from."""
    ledger = Ledger(map(record_key, records))
    given = Approval("released", released_by=dataset)
    approved = [(record, given) for record in records]
    return append_and_commit(ledger, watch(approved, "Publishing", len(approved)), "")


def append_and_commit(
    ledger: Ledger, approved: Iterable[tuple[Record, Approval]], reason: str
) -> list[Revision]:
    for record, given in approved:
        append_record(ledger, record, given, reason)
    raise_if(unpublished_reference_faults(ledger))
    return ledger.commit()


def record_publication(rows: Sequence[Record], revisions: Sequence[Revision], by: User) -> None:
    """End the reviews of what was published, and say who published it."""
    records = {record_key(row): row for row in rows}
    for kind in {revision.kind for revision in revisions}:
        ids = [records[kind, r.record].pk for r in revisions if r.kind == kind]
        close_reviews(kind, ids, "published", by)
    audit.write_audit_events(
        [(r.event, records[r.kind, r.record], audit_detail(r)) for r in revisions], by
    )


def audit_detail(revision: Revision) -> Document:
    """What the trail keeps of a revision."""
    found = {"revision": revision.number, "reason": revision.reason, "into": revision.merged_into}
    told = {name: value for name, value in found.items() if value}
    return {**told, "versions": [revision.id, revision.id], "seal": revision.seal}


def audit_detail_since(version: int) -> Document:
    """The same of all revisions after a version of the dataset."""
    last = Revision.objects.latest("id")
    return {"versions": [version + 1, last.id], "seal": last.seal}


def append_record(ledger: Ledger, record: Record, given: Approval, reason: str) -> None:
    key, at = record_key(record), ledger.next_instant()
    standing, live = ledger.current.get(key), ledger.current_live(key)
    if standing and standing.closed_reason:
        raise PublishingError(f"{record} {standing.closed_reason}")
    envelope = Envelope(record.KIND, ledger.next_number(key), at)
    body = build_document(record, envelope, ledger.pending_documents)
    if live and strip_envelope(json.loads(live.document)) == strip_envelope(body):
        return
    raise_if(publishing_faults(record, body))
    body["review"] = require_reviewers(
        record, given, content_hash(strip_envelope(body), live)
    ).review(at)
    revision = new_revision(envelope, record, given, reason)
    revision.event = "revise" if live else "publish"
    ledger.append(revision, body)


def new_revision(envelope: Envelope, record: Record, given: Approval, reason: str) -> Revision:
    return Revision(
        kind=envelope.kind,
        record=record.slug,
        number=envelope.revision,
        published_at=envelope.published_at,
        reason=reason,
        review=given.state,
        edited_by=record.edited_by,
        published_by=given.by,
    )


@transaction.atomic
def withdraw(record: Record, by: User, reason: str) -> Revision:
    """Take a record back. Its address answers 410 with the reason, its history stays."""
    return retire(record, by, reason, "withdraw")


@transaction.atomic
def merge(record: Record, into: Record, by: User, reason: str) -> Revision:
    """Let another record of the same kind stand in for this one. Its address redirects."""
    return retire(record, by, reason, "merge", into)


def retire(
    record: Record, by: User, reason: str, event: str, into: Record | None = None
) -> Revision:
    require_permission(by, "withdraw")
    if not reason.strip():
        raise PublishingError("Give a reason: it is shown wherever the record stood.")
    ledger = Ledger([record_key(record), *([record_key(into)] if into else [])])
    row, key = lock_record(record), record_key(record)
    if not ledger.current_live(key):
        raise PublishingError(f"{record} is not published.")
    raise_if(merge_faults(ledger, row, into) if into else dependant_faults(key))
    given, at = get_approval(row, by), ledger.next_instant()
    envelope = Envelope(record.KIND, ledger.next_number(key), at)
    revision = new_revision(envelope, row, given, reason)
    revision.event, revision.merged_into = event, into.slug if into else ""
    ledger.append(
        revision, build_tombstone(envelope, row.slug, event, reason, revision.merged_into)
    )
    ledger.commit()
    close_reviews(row.KIND, [row.pk], "voided", by)
    audit.write_audit_event(event, row, by, **audit_detail(revision))
    return revision


def require_permission(by: User, permission: str) -> None:
    if not by.has_perm(f"policy.{permission}"):
        raise PublishingError(f"{by} may not {permission} records: that takes a reviewer.")


def lock_record(record: Record) -> Any:
    """The row as it stands, held until the transaction ends."""
    return (
        type(record)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
    )


def publishing_faults(record: Record, body: Document) -> list[str]:
    """Why a record may not be published."""
    shape = DOCUMENT_SERIALIZERS[record.KIND](data=body)
    if not shape.is_valid():
        return [f"{record.slug}: {path}: {message}" for path, message in flattened(shape.errors)]
    if record.KIND != "action":
        return []
    found = [
        *evidence.iter_key_problems(body),
        *evidence.iter_evidence_gaps(body),
        *citations.citation_faults(record),
    ]
    return [f"{record.slug}: {field}: {message}" for field, message in found]


def unpublished_reference_faults(ledger: Ledger) -> list[str]:
    wanted = {
        ((kind, name), revision.record)
        for revision, body in ledger.pending
        if revision.event in LIVE_EVENTS
        for kind, name in facets.required_references(body)
    }
    standing = ledger.load_current({key for key, _ in wanted}) | ledger.current
    live = {key for key, revision in standing.items() if revision.event in LIVE_EVENTS}
    return [
        f"{slug}: publish {kind} {name} first, or together with it."
        for (kind, name), slug in sorted(wanted)
        if (kind, name) not in live
    ]


def dependant_faults(key: RecordKey) -> list[str]:
    """Live records that refer to this one: they would be left dangling."""
    ids = [facet_value_id(kind, "refers_to", "/".join(key)) for kind in RECORD_KINDS]
    referring = Facet.objects.filter(superseded_by=None, value__in=ids)
    named = referring.values_list("value__kind", "record")
    return [f"The {kind} {slug} refers to it: revise that first." for kind, slug in named]


def merge_faults(ledger: Ledger, record: Record, into: Record) -> list[str]:
    if record_key(record) == record_key(into) or record.KIND != into.KIND:
        return ["Merge a record into another one of its kind."]
    if not ledger.current_live(record_key(into)):
        return [f"{into} is not published, so nothing can be merged into it."]
    return []


def raise_if(messages: list[str]) -> None:
    if messages:
        raise PublishingError(*messages)
