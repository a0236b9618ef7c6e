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
from policy.documents.build import Envelope, content, digest, document, draft, text, tombstone
from policy.documents.schema import SHAPES
from policy.documents.shapes import flattened
from policy.documents.types import Document, Key
from policy.models import Facet, Record, Revision
from policy.models.index import value_id
from policy.models.revision import KINDS, LIVE
from policy.progress import Watch, unwatched
from policy.publishing.approval import Approval, Conflict, Refused, approval, close, reviewed
from policy.publishing.ledger import Ledger, key_of
from policy.sources import citations


def fingerprint(record: Record, revision: Revision | None) -> str:
    """What a reviewer saw: the content to publish and the revision that it would replace."""
    return mark(draft(record), revision)


def mark(body: Document, revision: Revision | None) -> str:
    return digest(text({"content": body, "on": revision and revision.id}))


@transaction.atomic
def publish(
    records: Sequence[Record],
    by: User,
    reason: str = "",
    seen: Mapping[Key, str] | None = None,
) -> list[Revision]:
    """Freeze records as their next revisions. Unchanged ones are left alone.

    `seen` holds the fingerprint of each record that the reviewer looked at. Returns the new
    revisions. Raises Refused, or Conflict when a record changed since it was seen.
    """
    allow(by, "publish")
    ledger = Ledger(map(key_of, records))
    rows = [locked(record) for record in records]
    for row in rows:
        if seen is not None and seen.get(key_of(row)) != fingerprint(row, ledger.live(key_of(row))):
            raise Conflict(f"{row} changed since you looked at it. Look again, then publish.")
    revisions = freeze(ledger, [(row, approval(row, by)) for row in rows], reason)
    settle(rows, revisions, by)
    return revisions


@transaction.atomic
def publish_loaded(
    records: Sequence[Record], dataset: str, watch: Watch = unwatched
) -> list[Revision]:
    """Publish what a command loaded, reviewed as far as the dataset that it came from."""
    ledger = Ledger(map(key_of, records))
    given = Approval("released", released_by=dataset)
    approved = [(record, given) for record in records]
    return freeze(ledger, watch(approved, "Publishing", len(approved)), "")


def freeze(
    ledger: Ledger, approved: Iterable[tuple[Record, Approval]], reason: str
) -> list[Revision]:
    for record, given in approved:
        append_record(ledger, record, given, reason)
    refuse(unpublished_references(ledger))
    return ledger.close()


def settle(rows: Sequence[Record], revisions: Sequence[Revision], by: User) -> None:
    """End the reviews of what was published, and say who published it."""
    records = {key_of(row): row for row in rows}
    for kind in {revision.kind for revision in revisions}:
        ids = [records[kind, r.record].pk for r in revisions if r.kind == kind]
        close(kind, ids, "published", by)
    audit.write_all([(r.event, records[r.kind, r.record], said(r)) for r in revisions], by)


def said(revision: Revision) -> Document:
    """What the trail keeps of a revision."""
    found = {"revision": revision.number, "reason": revision.reason, "into": revision.merged_into}
    told = {name: value for name, value in found.items() if value}
    return {**told, "versions": [revision.id, revision.id], "seal": revision.seal}


def said_since(version: int) -> Document:
    """The same of all revisions after a version of the dataset."""
    last = Revision.objects.latest("id")
    return {"versions": [version + 1, last.id], "seal": last.seal}


def append_record(ledger: Ledger, record: Record, given: Approval, reason: str) -> None:
    key, at = key_of(record), ledger.next_instant()
    standing, live = ledger.current.get(key), ledger.live(key)
    if standing and standing.end:
        raise Refused(f"{record} {standing.end}")
    envelope = Envelope(record.KIND, ledger.next_number(key), at)
    body = document(record, envelope, ledger.bodies)
    if live and content(json.loads(live.document)) == content(body):
        return
    refuse(faults(record, body))
    body["review"] = reviewed(record, given, mark(content(body), live)).review(at)
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
    return bury(record, by, reason, "withdraw")


@transaction.atomic
def merge(record: Record, into: Record, by: User, reason: str) -> Revision:
    """Let another record of the same kind stand in for this one. Its address redirects."""
    return bury(record, by, reason, "merge", into)


def bury(record: Record, by: User, reason: str, event: str, into: Record | None = None) -> Revision:
    allow(by, "withdraw")
    if not reason.strip():
        raise Refused("Give a reason: it is shown wherever the record stood.")
    ledger = Ledger([key_of(record), *([key_of(into)] if into else [])])
    row, key = locked(record), key_of(record)
    if not ledger.live(key):
        raise Refused(f"{record} is not published.")
    refuse(merge_faults(ledger, row, into) if into else dependants(key))
    given, at = approval(row, by), ledger.next_instant()
    envelope = Envelope(record.KIND, ledger.next_number(key), at)
    revision = new_revision(envelope, row, given, reason)
    revision.event, revision.merged_into = event, into.slug if into else ""
    ledger.append(revision, tombstone(envelope, row.slug, event, reason, revision.merged_into))
    ledger.close()
    close(row.KIND, [row.pk], "voided", by)
    audit.write(event, row, by, **said(revision))
    return revision


def allow(by: User, permission: str) -> None:
    if not by.has_perm(f"policy.{permission}"):
        raise Refused(f"{by} may not {permission} records: that takes a reviewer.")


def locked(record: Record) -> Any:
    """The row as it stands, held until the transaction ends."""
    return (
        type(record)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
    )


def faults(record: Record, body: Document) -> list[str]:
    """Why a record may not be published."""
    shape = SHAPES[record.KIND](data=body)
    if not shape.is_valid():
        return [f"{record.slug}: {path}: {message}" for path, message in flattened(shape.errors)]
    if record.KIND != "action":
        return []
    found = [*evidence.form_problems(body), *evidence.gaps(body), *citations.faults(record)]
    return [f"{record.slug}: {field}: {message}" for field, message in found]


def unpublished_references(ledger: Ledger) -> list[str]:
    wanted = {
        ((kind, name), revision.record)
        for revision, body in ledger.fresh
        if revision.event in LIVE
        for kind, name in facets.references(body)
    }
    standing = ledger.standing({key for key, _ in wanted}) | ledger.current
    live = {key for key, revision in standing.items() if revision.event in LIVE}
    return [
        f"{slug}: publish {kind} {name} first, or together with it."
        for (kind, name), slug in sorted(wanted)
        if (kind, name) not in live
    ]


def dependants(key: Key) -> list[str]:
    """Live records that refer to this one: they would be left dangling."""
    ids = [value_id(kind, "refers_to", "/".join(key)) for kind in KINDS]
    referring = Facet.objects.filter(superseded_by=None, value__in=ids)
    named = referring.values_list("value__kind", "record")
    return [f"The {kind} {slug} refers to it: revise that first." for kind, slug in named]


def merge_faults(ledger: Ledger, record: Record, into: Record) -> list[str]:
    if key_of(record) == key_of(into) or record.KIND != into.KIND:
        return ["Merge a record into another one of its kind."]
    if not ledger.live(key_of(into)):
        return [f"{into} is not published, so nothing can be merged into it."]
    return []


def refuse(messages: list[str]) -> None:
    if messages:
        raise Refused(*messages)
