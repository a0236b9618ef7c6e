"""The only writers of revisions: publish, withdraw, merge, restore.

Each takes the dataset's lock first and reads the current revision under it, so revisions commit
in the order of their ids and instants, and nobody sees revision n + 1 before n.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from operator import attrgetter
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, reset_queries, transaction
from django.db.models import QuerySet

from policy import audit
from policy.documents import evidence, facets
from policy.documents.schema import (
    SHAPES,
    Document,
    Envelope,
    Key,
    content,
    digest,
    document,
    draft,
    text,
    tombstone,
)
from policy.documents.shapes import flattened
from policy.models import Facet, Record, Revision
from policy.models.revision import KINDS, LIVE, value_id
from policy.progress import Watch, unwatched
from policy.publishing.approval import Approval, Conflict, Refused, approval, close, reviewed
from policy.publishing.index import LOCK, Index, analyze, copy
from policy.sources import citations

COLUMNS = [field.attname for field in Revision._meta.concrete_fields]
columns = attrgetter(*COLUMNS)
BATCH = 1000  # revisions restored at once
MILESTONES = (5, 50, 500)  # batches after which the planner has to look again
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


@transaction.atomic
def restore(lines: Iterable[tuple[Revision, Document]]) -> int:
    """Append revisions exactly as a dump states them. Returns how many were new.

    Those that stand here already are passed over; a history that differs is refused.
    """
    ledger, added, known = Ledger(), 0, set[str]()
    for number, batch in enumerate(batched(lines, BATCH), 1):
        ledger.fresh = [(revision, body) for revision, body in batch if is_new(ledger, revision)]
        chain(ledger)
        added += len(ledger.write())
        reset_queries()  # which Django keeps, documents and all, where DEBUG is on
        kinds = {revision.kind for revision, _ in batch}
        if number in MILESTONES or not kinds <= known:  # it plans badly for kinds it knows not of
            analyze()
        known |= kinds
    ledger.index.settle()
    if added:
        analyze()
    return added


def is_new(ledger: Ledger, revision: Revision) -> bool:
    """Whether a dumped revision continues the history; False when it is in it."""
    if revision.id <= ledger.version:
        same = Revision.objects.filter(pk=revision.id, digest=revision.digest).exists()
        if not same:
            raise Refused(f"Version {revision.id} of this database holds another revision.")
        return False
    if revision.id != ledger.version + 1 or not follows(revision.published_at, ledger.instant):
        raise Refused(f"{revision} does not follow version {ledger.version}.")
    ledger.version, ledger.instant = revision.id, revision.published_at
    return True


def chain(ledger: Ledger) -> None:
    """Let each fresh revision take over from the one before, which may know of it already."""
    last = Revision.objects.order_by("kind", "record", "-number").distinct("kind", "record")
    ledger.current = by_key(last, {(r.kind, r.record) for r, _ in ledger.fresh})
    for revision, _ in ledger.fresh:
        if not takes_over(revision, ledger.current.get((revision.kind, revision.record))):
            raise Refused(f"{revision} does not follow the revisions before it.")
        ledger.succeed(revision)


def takes_over(revision: Revision, last: Revision | None) -> bool:
    if last is None:
        return revision.number == 1
    ends = last.superseded_at or revision.published_at
    return (revision.number, revision.published_at) == (last.number + 1, ends)


def batched(lines: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rows = iter(lines)
    while batch := list(islice(rows, size)):
        yield batch


def follows(moment: datetime, last: datetime | None) -> bool:
    return last is None or moment > last


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
