"""The trail: every audit event is a row, and each row's hash covers the row before. So do revisions."""

import hashlib
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from policy.documents.build import build_draft, format_timestamp
from policy.documents.diff import diff_documents
from policy.documents.types import Document
from policy.hashes import sha256_hex
from policy.models import AuditEvent, Record, Revision
from policy.progress import Progress, no_progress

AuditEntry = tuple[str, Record | None, Document]  # what was done, to which record, and its detail
VERIFY_BATCH_SIZE = 500
MAX_AUDITED_VALUE_LENGTH = 500  # characters of a value in the trail
INITIAL_HASH = "0" * 64
AUDIT_CHAIN_SQL = """
SELECT id, previous, hash, jsonb_build_array(
    id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), by_id,
    kind, "row", record, what, detail, previous)::text
FROM policy_auditevent ORDER BY id
"""


def write_audit_event(
    what: str, record: Record | None = None, by: User | None = None, **detail: Any
) -> AuditEvent:
    return write_audit_events([(what, record, detail)], by)[0]


def write_audit_events(audit_events: list[AuditEntry], by: User | None) -> list[AuditEvent]:
    """Audit events of one person at one time. The database numbers, dates and chains them."""
    return AuditEvent.objects.bulk_create(
        AuditEvent(
            by=by,
            what=what,
            kind=record.KIND if record else "",
            row=record.pk if record else None,
            record=record.slug if record else "",
            detail=detail,
        )
        for what, record, detail in audit_events
    )


def reload_draft(record: Record) -> Document:
    """What a record asserts, read anew."""
    return build_draft(type(record)._default_manager.get(pk=record.pk))


def record_edit(record: Record, by: User, before: Document | None = None) -> bool:
    """Let `by` answer for what a record asserts now, if that differs from what it did.

    `before` is what `asserted` said before the edit; None for a record that is new. A save that
    changes nothing signs nothing: it would hide who wrote what stands there.
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


def write_edit_event(record: Record, by: User, **found: Any) -> AuditEvent:
    return write_audit_event("edited", record, by, **edit_detail(record, **found))


def edit_detail(record: Record, **found: Any) -> Document:
    """Of an edit: which saving it made, and what that changed."""
    return {"edition": record.edited_at.isoformat(), **found}


def get_changes(before: Document, after: Document) -> list[list[str | None]]:
    """[field, before, after] of every value that differs; none where only the order does."""
    found = diff_documents(before, after)
    return [
        [row.field, truncate_audited_value(row.before), truncate_audited_value(row.after)]
        for row in found
    ]


def truncate_audited_value(value: str | None) -> str | None:
    return (
        value
        if value is None or len(value) <= MAX_AUDITED_VALUE_LENGTH
        else value[: MAX_AUDITED_VALUE_LENGTH - 1] + "…"
    )


def events_about(record: Record) -> Any:
    """The audit events about a record, the last one first."""
    audit_events = AuditEvent.objects.filter(kind=record.KIND, row=record.pk)
    return audit_events.select_related("by").order_by("-pk")


def seal(previous: str, revision: Revision) -> str:
    """A digest of a revision and of the seal before it."""
    at = format_timestamp(revision.published_at)
    people = (revision.edited_by_id, revision.published_by_id)
    parts = (revision.id, revision.kind, revision.record, revision.number, revision.event, at)
    ended = (revision.merged_into, revision.review, *people, revision.digest, revision.reason)
    return hashlib.sha256("\n".join(map(str, (previous, *parts, *ended))).encode()).hexdigest()


def audit_faults(watch: Progress = no_progress) -> Iterator[str]:
    """What is wrong with the trail and with the history, in order. Computed here, not by the
    database. Rows that were taken down must be what the audit event of that says."""
    taken = AuditEvent.objects.filter(what="takedown", detail__has_key="redacted").order_by("id")
    redacted: dict[str, dict[str, str]] = {"audit_events": {}, "revisions": {}}
    for detail in taken.values_list("detail", flat=True):
        for name, rows in detail["redacted"].items():
            redacted[name] |= rows
    yield from event_faults(redacted["audit_events"], watch)
    yield from revision_faults(redacted["revisions"], watch)


def event_faults(redacted: dict[str, str], watch: Progress) -> Iterator[str]:
    number, last = 0, INITIAL_HASH
    for id, previous, stated, text in watch(
        iter_audit_chain(), "Verifying audit events", AuditEvent.objects.count()
    ):
        number += 1
        if id != number:
            yield f"Audit event {number} is missing."
        elif previous != last:
            yield f"Audit event {id} does not follow the audit event before it."
        elif sha256_hex(text) != redacted.get(str(id), stated):
            yield f"Audit event {id} was changed."
        number, last = id, stated


def iter_audit_chain() -> Iterator[tuple[int, str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(AUDIT_CHAIN_SQL)
        while rows := cursor.fetchmany(5000):
            yield from rows


def revision_faults(redacted: dict[str, str], watch: Progress) -> Iterator[str]:
    """Each revision is sealed with the one before, and a audit event keeps the seal of the last."""
    number, last, told = 0, INITIAL_HASH, seals_by_version()
    ends: dict[tuple[str, str], Revision] = {}
    rows = Revision.objects.order_by("id").iterator(VERIFY_BATCH_SIZE)
    for row in watch(rows, "Verifying revisions", Revision.objects.count()):
        before = ends.get((row.kind, row.record))
        if before and before.superseded_at != row.published_at:
            yield f"Revision {before.pk} ({before}) does not end where the next one begins."
        missing = range(number + 1, row.pk)
        yield from (f"Revision {id} is missing." for id in missing)
        wanted = redacted.get(str(row.pk))
        sealed = seal("", row) == wanted if wanted else seal(last, row) == row.seal
        if not missing and not (sealed and sha256_hex(row.document) == row.digest):
            yield f"Revision {row.pk} ({row}) was changed."
        if row.pk not in told:
            yield f"Revision {row.pk} ({row}) was added: no audit event tells of it."
        elif told[row.pk] not in ("", row.seal):
            yield f"Revision {row.pk} ({row}) is not what its audit event tells of."
        row.document = ""
        ends[row.kind, row.record], number, last = row, row.pk, row.seal
    yield from (f"Revision {id} is missing." for id in told if id > number)
    yield from (
        f"Revision {row.pk} ({row}) ended, and no other took over."
        for row in ends.values()
        if row.superseded_at is not None
    )


def seals_by_version() -> dict[int, str]:
    """Every version that a audit event tells of, with its seal where the audit event has it: of its last one."""
    found: dict[int, str] = {}
    rows = AuditEvent.objects.filter(detail__has_key="seal").order_by("id")
    for detail in rows.values_list("detail", flat=True):
        first, last = detail["versions"]
        found |= dict.fromkeys(range(first, last), "") | {last: detail["seal"]}
    return found
