"""The audit log: writes audit events, and verifies the chains of audit events and revisions.

The hash of each audit event includes the hash of the previous one. The seals of revisions do the
same.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypedDict

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet

from policy.documents.build import build_draft
from policy.documents.diff import diff_documents
from policy.documents.times import format_timestamp
from policy.documents.types import AnyDocument, Document
from policy.hashes import sha256_hex
from policy.models import AuditEvent, Record, Revision
from policy.progress import Progress, no_progress

AuditEntry = tuple[str, Record | None, Document]  # one of AUDIT_EVENT_TYPES, record, detail
VERIFY_BATCH_SIZE = 500  # revisions
MAX_AUDITED_VALUE_LENGTH = 500  # characters of a value in the detail of an event
INITIAL_HASH = "0" * 64
AUDIT_CHAIN_SQL = """
SELECT id, previous, hash, jsonb_build_array(
    id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), by_id,
    kind, "row", record, what, detail, previous)::text
FROM policy_auditevent ORDER BY id
"""


class RedactedHashes(TypedDict):
    """The new hashes of rows that a takedown changed, by id."""

    audit_events: dict[str, str]
    revisions: dict[str, str]


class TakedownDetail(TypedDict):
    """A part of the detail of a takedown."""

    redacted: RedactedHashes


class SealDetail(TypedDict):
    """A part of the detail of an event that appended revisions: the first and the last id."""

    versions: tuple[int, int]
    seal: str


def write_audit_event(
    what: str, record: Record | None = None, by: User | None = None, **detail: object
) -> AuditEvent:
    return write_audit_events([(what, record, detail)], by)[0]


def write_audit_events(entries: Sequence[AuditEntry], by: User | None) -> list[AuditEvent]:
    """Write audit events of one user. A trigger numbers, dates and chains them."""
    return AuditEvent.objects.bulk_create(
        AuditEvent(
            by=by,
            what=what,
            kind=record.KIND if record else "",
            row=record.pk if record else None,
            record=record.slug if record else "",
            detail=detail,
        )
        for what, record, detail in entries
    )


def reload_draft(record: Record) -> Document:
    """Return the content of a draft as stored now."""
    return build_draft(type(record)._default_manager.get(pk=record.pk))


def record_edit(record: Record, by: User, before: Document | None = None) -> bool:
    """Record that a user edited or created a record. Return whether its content changed.

    `before` is the content before the edit, see `reload_draft`; None for a new record. If the
    content did not change, `edited_by` stays: it must be the author of the current content.
    """
    after = reload_draft(record)
    if after == before:
        return False
    record.edited_by = by
    record.save(update_fields=["edited_by", "edited_at"])
    if before is None:
        write_audit_event("created", record, by)
    else:
        write_edit_event(record, by, changes=get_changes(before, after))
    return True


def write_edit_event(record: Record, by: User, **detail: object) -> AuditEvent:
    return write_audit_event("edited", record, by, **edit_detail(record, **detail))


def edit_detail(record: Record, **detail: object) -> Document:
    """Return the detail of an edit, with the time of the edit as `edition`."""
    return {"edition": record.edited_at.isoformat(), **detail}


def get_changes(before: AnyDocument, after: AnyDocument) -> list[list[str | None]]:
    """Return the field, the old and the new value of every difference.

    Long values are truncated. A different order of items is no difference.
    """
    return [
        [row.field, truncate_audited_value(row.before), truncate_audited_value(row.after)]
        for row in diff_documents(before, after)
    ]


def truncate_audited_value(value: str | None) -> str | None:
    if value is None or len(value) <= MAX_AUDITED_VALUE_LENGTH:
        return value
    return value[: MAX_AUDITED_VALUE_LENGTH - 1] + "…"


def events_about(record: Record) -> QuerySet[AuditEvent]:
    """Return the audit events about a record, the newest first."""
    audit_events = AuditEvent.objects.filter(kind=record.KIND, row=record.pk)
    return audit_events.select_related("by").order_by("-pk")


def seal(previous: str, revision: Revision) -> str:
    """Return the seal of a revision: a SHA-256 of its columns and of the previous seal."""
    at = format_timestamp(revision.published_at)
    people = (revision.edited_by_id, revision.published_by_id)
    parts = (revision.id, revision.kind, revision.record, revision.number, revision.event, at)
    rest = (revision.merged_into, revision.review, *people, revision.digest, revision.reason)
    return sha256_hex("\n".join(map(str, (previous, *parts, *rest))))


def audit_faults(progress: Progress = no_progress) -> Iterator[str]:
    """Yield a message for every fault in the audit log and in the history of revisions.

    The hashes are computed here, not by the database. Rows that a takedown changed must have the
    hashes in its audit event.
    """
    takedowns = AuditEvent.objects.filter(what="takedown", detail__has_key="redacted")
    details: Iterable[TakedownDetail] = takedowns.order_by("id").values_list("detail", flat=True)
    events: dict[str, str] = {}
    revisions: dict[str, str] = {}
    for detail in details:
        events |= detail["redacted"]["audit_events"]
        revisions |= detail["redacted"]["revisions"]
    yield from event_faults(events, progress)
    yield from revision_faults(revisions, progress)


def event_faults(redacted: dict[str, str], progress: Progress) -> Iterator[str]:
    number, last = 0, INITIAL_HASH
    chain = progress(iter_audit_chain(), "Verifying audit events", AuditEvent.objects.count())
    for id, previous, stated, text in chain:
        number += 1
        if id != number:
            yield f"Audit event {number} is missing."
        elif previous != last:
            yield f"Audit event {id} does not follow the audit event before it."
        elif sha256_hex(text) != redacted.get(str(id), stated):
            yield f"Audit event {id} was changed."
        number, last = id, stated


def iter_audit_chain() -> Iterator[tuple[int, str, str, str]]:
    """Yield the id, the previous hash, the hash and the hashed text of each audit event."""
    with connection.cursor() as cursor:
        cursor.execute(AUDIT_CHAIN_SQL)
        while rows := cursor.fetchmany(5000):
            yield from rows


def revision_faults(redacted: dict[str, str], progress: Progress) -> Iterator[str]:
    """Yield the faults of revisions: gaps, wrong ends, wrong seals and missing audit events."""
    number, last, seals = 0, INITIAL_HASH, seals_by_version()
    ends: dict[tuple[str, str], Revision] = {}
    rows = Revision.objects.order_by("id").iterator(VERIFY_BATCH_SIZE)
    for row in progress(rows, "Verifying revisions", Revision.objects.count()):
        before = ends.get((row.kind, row.record))
        if before and before.superseded_at != row.published_at:
            yield f"Revision {before.pk} ({before}) does not end where the next one begins."
        missing = range(number + 1, row.pk)
        yield from (f"Revision {id} is missing." for id in missing)
        expected = redacted.get(str(row.pk))
        sealed = seal("", row) == expected if expected else seal(last, row) == row.seal
        if not missing and not (sealed and sha256_hex(row.document) == row.digest):
            yield f"Revision {row.pk} ({row}) was changed."
        if row.pk not in seals:
            yield f"Revision {row.pk} ({row}) was added without an audit event."
        elif seals[row.pk] not in ("", row.seal):
            yield f"Revision {row.pk} ({row}) differs from its audit event."
        row.document = ""
        ends[row.kind, row.record], number, last = row, row.pk, row.seal
    yield from (f"Revision {id} is missing." for id in seals if id > number)
    yield from (
        f"Revision {row.pk} ({row}) was superseded, but no later revision exists."
        for row in ends.values()
        if row.superseded_at is not None
    )


def seals_by_version() -> dict[int, str]:
    """Return the versions in audit events, each with its seal.

    An audit event has only the seal of the last of its versions. The others have an empty one.
    """
    seals: dict[int, str] = {}
    rows = AuditEvent.objects.filter(detail__has_key="seal").order_by("id")
    details: Iterable[SealDetail] = rows.values_list("detail", flat=True)
    for detail in details:
        first, last = detail["versions"]
        seals |= dict.fromkeys(range(first, last), "") | {last: detail["seal"]}
    return seals
