"""The audit log: writes audit events, and verifies the chains of audit events and revisions.

The hash of each audit event includes the hash of the previous one. The seals of revisions do the
same.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q, QuerySet

from policy.documents.build import build_draft
from policy.documents.diff import diff_documents
from policy.documents.types import AnyDocument, Document
from policy.hashes import sha256_hex
from policy.models import AuditEvent, Record, Revision
from policy.progress import Progress, no_progress
from policy.seals import compute_seal, revision_leaf
from policy.versions import INITIAL_SEAL

AuditEntry = tuple[str, Record | None, Document]  # one of AUDIT_EVENT_TYPES, record, detail
VERIFY_BATCH_SIZE = 500  # revisions
MAX_AUDITED_VALUE_LENGTH = 500  # characters of a value in the detail of an event
AUDIT_CHAIN_SQL = """
SELECT id, previous, hash, jsonb_build_array(
    id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), by_id,
    kind, "row", record, what, detail, previous)::text
FROM policy_auditevent ORDER BY id
"""


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


def seal_detail(revisions: Iterable[Revision]) -> Document:
    """Return the part of the detail of an audit event that names the revisions that were appended:
    the first and the last version, the last seal, by version the people of each revision (who
    edited and who published it, if somebody did), and the content of those that are redacted.
    There must be at least one."""
    first: int | None = None
    people: dict[int, list[int | None]] = {}
    redacted: dict[int, str] = {}
    for row in revisions:
        first = row.id if first is None else first
        last = row
        if row.edited_by_id or row.published_by_id:
            people[row.id] = [row.edited_by_id, row.published_by_id]
        if row.redacted:
            redacted[row.id] = revision_leaf(row)
    detail: Document = {"versions": [first, last.id], "seal": last.seal}
    detail |= {"people": people} if people else {}
    return detail | ({"redacted": {"audit_events": {}, "revisions": redacted}} if redacted else {})


def audit_faults(progress: Progress = no_progress) -> Iterator[str]:
    """Yield a message for every fault in the audit log and in the history of revisions.

    The hashes are computed here, not by the database. Rows that a takedown changed must have the
    hashes in its audit event.
    """
    stated = read_stated_history()
    yield from event_faults(stated.redacted_events, progress)
    yield from revision_faults(stated, progress)


@dataclass
class StatedHistory:
    """What audit events say of the history. Later events rule.

    `seals` has the versions that events name, each with its seal, or an empty text for all but the
    last version of an event. `people` has who edited and who published a revision, by version.
    `authors` has who made or edited the record last before a version, if the log knows it.
    `redacted_events` and `redacted_revisions` have the hashes of rows that a takedown changed.
    """

    seals: dict[int, str] = field(default_factory=dict)
    people: dict[int, list[int | None]] = field(default_factory=dict)
    authors: dict[int, int] = field(default_factory=dict)
    redacted_events: dict[int, str] = field(default_factory=dict)
    redacted_revisions: dict[int, str] = field(default_factory=dict)

    def add(self, detail: Document) -> None:
        if "versions" in detail:
            first, last = detail["versions"]
            self.seals |= dict.fromkeys(range(first, last), "") | {last: detail["seal"]}
            self.people |= {int(id): people for id, people in detail.get("people", {}).items()}
        if redacted := detail.get("redacted"):
            self.redacted_events |= by_number(redacted["audit_events"])
            self.redacted_revisions |= by_number(redacted["revisions"])


def by_number(hashes: dict[str, str]) -> dict[int, str]:
    return {int(id): hash for id, hash in hashes.items()}


def read_stated_history() -> StatedHistory:
    """Read the audit events, the oldest first."""
    stated, authors = StatedHistory(), dict[tuple[str, int | None], int]()
    events = AuditEvent.objects.filter(
        Q(detail__has_any_keys=["versions", "redacted"]) | Q(what__in=["created", "edited"])
    )
    rows = events.order_by("id").values_list("what", "kind", "row", "by", "detail")
    for what, kind, row, by, detail in rows.iterator():
        if what in ("created", "edited") and by:
            authors[kind, row] = by
        stated.add(detail)
        if "versions" in detail and (kind, row) in authors:
            stated.authors[detail["versions"][1]] = authors[kind, row]
    return stated


def event_faults(redacted: dict[int, str], progress: Progress) -> Iterator[str]:
    number, last = 0, INITIAL_SEAL
    chain = progress(iter_audit_chain(), "Verifying audit events", AuditEvent.objects.count())
    for id, previous, hash, text in chain:
        number += 1
        if id != number:
            yield f"Audit event {number} is missing."
        elif previous != last:
            yield f"Audit event {id} does not follow the audit event before it."
        elif sha256_hex(text) != redacted.get(id, hash):
            yield f"Audit event {id} was changed."
        number, last = id, hash


def iter_audit_chain() -> Iterator[tuple[int, str, str, str]]:
    """Yield the id, the previous hash, the hash and the hashed text of each audit event."""
    with connection.cursor() as cursor:
        cursor.execute(AUDIT_CHAIN_SQL)
        while rows := cursor.fetchmany(5000):
            yield from rows


def revision_faults(stated: StatedHistory, progress: Progress) -> Iterator[str]:
    """Yield the faults of revisions: gaps, wrong ends, wrong seals and missing audit events."""
    number, last = 0, INITIAL_SEAL
    ends: dict[tuple[str, str], Revision] = {}
    rows = Revision.objects.order_by("id").iterator(VERIFY_BATCH_SIZE)
    for row in progress(rows, "Verifying revisions", Revision.objects.count()):
        before = ends.get((row.kind, row.record))
        if before and before.superseded_at != row.published_at:
            yield f"Revision {before.pk} ({before}) does not end where the next one begins."
        missing = range(number + 1, row.pk)
        yield from (f"Revision {id} is missing." for id in missing)
        if not (missing or is_intact(row, last, stated)):
            yield f"Revision {row.pk} ({row}) was changed."
        if row.pk not in stated.seals:
            yield f"Revision {row.pk} ({row}) was added without an audit event."
        elif stated.seals[row.pk] not in ("", row.seal):
            yield f"Revision {row.pk} ({row}) differs from its audit event."
        elif row.review == "reviewed" and row.published_by_id == stated.authors.get(row.pk, 0):
            yield f"Revision {row.pk} ({row}) was reviewed by {row.published_by}, its author."
        elif stated.people.get(row.pk, [None, None]) != [row.edited_by_id, row.published_by_id]:
            yield f"The people of revision {row.pk} ({row}) differ from its audit event."
        row.document = ""
        ends[row.kind, row.record], number, last = row, row.pk, row.seal
    yield from (f"Revision {id} is missing." for id in stated.seals if id > number)
    yield from (
        f"Revision {row.pk} ({row}) was superseded, but no later revision exists."
        for row in ends.values()
        if row.superseded_at is not None
    )


def is_intact(row: Revision, previous_seal: str, stated: StatedHistory) -> bool:
    """Return whether a revision has the content that was published, or that a takedown left."""
    leaf = stated.redacted_revisions.get(row.pk) if row.redacted else row.leaf
    return (
        revision_leaf(row) == leaf
        and sha256_hex(row.document) == row.digest
        and compute_seal(previous_seal, row.leaf) == row.seal
    )
