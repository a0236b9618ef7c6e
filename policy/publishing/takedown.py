"""Take what a court forbids out of every place where it is stored.

The one way around what is immutable, and only whoever owns the tables may go it (migration 0008).
What was removed is repeated nowhere. The trail says who did it and why, and what each deed that had
to change has become, so that `verify_audit` knows it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import connection, transaction

from policy import audit
from policy.documents.build import Envelope, instant, text, tombstone
from policy.documents.types import Document, Key
from policy.models import Facet, Record, Revision, Source
from policy.models.index import value_id
from policy.models.revision import KINDS, LIVE
from policy.publishing.approval import Approval, Refused
from policy.publishing.ledger import Ledger, key_of
from policy.publishing.publish import locked, new_revision, said_since
from policy.publishing.redaction import Redaction, named, silenced
from policy.publishing.restore import batched
from policy.publishing.traces import forget_statistics, traces

BATCH = 500


class Takedown:
    """Records that go, all in one transaction; what went, counted; what is left of deeds."""

    def __init__(
        self, records: Sequence[Record], by: User, reason: str, others: Iterable[Key] = ()
    ) -> None:
        self.by, self.reason = by, reason
        open_the_way()
        self.ledger = Ledger([*map(key_of, records), *others])
        self.version = self.ledger.version
        self.rows = {key_of(record): locked(record) for record in records}
        self.at = self.ledger.next_instant()
        self.redaction = Redaction()

    def refuse(self) -> None:
        """Raises Refused with every reason why not."""
        done = filter(self.is_done, self.rows.values())
        found = [f"{row.slug} is taken down already." for row in done]
        found += [] if self.reason.strip() else ["Give a reason: it is shown to everybody."]
        if found:
            raise Refused(*found)

    def refuse_dangling(self) -> None:
        """What stands, or stood last, must not rest on what says nothing."""
        found = [
            f"The {kind} {slug} refers to {row.slug}: revise it first, or take it down too."
            for row in self.rows.values()
            for kind, slug in sorted(self.dependants(key_of(row)) - self.rows.keys())
        ]
        if found:
            raise Refused(*found)

    def is_done(self, row: Record) -> bool:
        standing = self.ledger.current.get(key_of(row))
        return standing is not None and standing.event == "takedown"

    def dependants(self, key: Key) -> set[Key]:
        """Records whose last content refers to one, whether it stands or was withdrawn."""
        rows = referring(key).values_list("kind", "record", "number")
        last: dict[Key, int] = {}
        for kind, slug, number in rows:
            last[kind, slug] = max(number, last.get((kind, slug), 0))
        return {found for found, number in last.items() if number == last_content(found)}

    # What was published

    def bury(self, key: Key, row: Record) -> None:
        """A tombstone takes over, and every revision before it becomes one."""
        if key not in self.ledger.current:
            return  # a draft: nobody outside knows of it
        at = self.ledger.next_instant()
        envelope = Envelope(row.KIND, self.ledger.next_number(key), at)
        given = Approval("self_reviewed", self.by)
        revision = new_revision(envelope, row, given, self.reason)
        revision.event = "takedown"
        self.ledger.append(revision, self.stone(revision))

    def stone(self, revision: Revision) -> Document:
        envelope = Envelope(revision.kind, revision.number, revision.published_at)
        when = instant(self.at)
        return tombstone(envelope, revision.record, "takedown", self.reason, taken_down_at=when)

    def redact_own(self, key: Key) -> None:
        for batch in batched(Revision.objects.of(*key).exclude(event="takedown"), BATCH):
            for revision in batch:
                self.redaction.said |= named(orjson.loads(revision.document))
                revision.event, revision.merged_into = "takedown", ""
                revision.reason, revision.document = self.reason, text(self.stone(revision))
            self.redaction.rewrite(batch)
            self.redaction.unindex([revision.pk for revision in batch])
            self.redaction.went["revisions"] += len(batch)

    def redact_referring(self, key: Key, cited_only: bool = False) -> None:
        """What others said of it: only its id stays, or all but the words that they cite."""
        for batch in batched(referring(key).exclude(event="takedown"), BATCH):
            changed = []
            for revision in batch:
                body = orjson.loads(revision.document)
                self.redaction.said |= silenced(body, key, cited_only)
                if text(body) != revision.document:
                    revision.document = text(body)
                    changed.append((revision, body))
            self.redaction.rewrite([revision for revision, _ in changed])
            self.redaction.reword(changed)
            self.redaction.went["revisions of other records"] += len(changed)
            for revision, body in changed if cited_only else ():
                self.say_again(revision, body)

    def say_again(self, revision: Revision, body: Document) -> None:
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
        given = {"revision": again.number, "published_at": instant(again.published_at)}
        self.ledger.append(again, {**body, **given})

    def write_deeds(self, order: str, **more: Any) -> None:
        """One for each record; the first says what the others' rows have become."""
        detail = {"reason": self.reason, **({"order": order} if order else {}), **more}
        whole: Document = {
            "redacted": {"deeds": self.redaction.deeds, "revisions": self.redaction.revisions}
        }
        if self.ledger.version > self.version:
            whole |= said_since(self.version)
        told: list[audit.Told] = []
        for key, row in self.rows.items():
            revision = self.ledger.current.get(key)
            number = {"revision": revision.number} if revision else {}
            told.append(("takedown", row, {**number, **detail, **({} if told else whole)}))
        audit.write_all(told, self.by)


@transaction.atomic
def take_down(
    records: Sequence[Record], by: User, reason: str, order: str = "", words: Iterable[str] = ()
) -> Counter[str]:
    """Leave of records nothing but a tombstone that says why. Returns what went, counted.

    All or nothing, and nothing where one of `words` would still stand somewhere.
    """
    job = Takedown(records, by, reason)
    job.refuse()
    job.refuse_dangling()
    for key, row in job.rows.items():
        job.bury(key, row)
    job.ledger.close()
    for key in job.rows:
        job.redact_own(key)
    for key in job.rows:
        job.redact_referring(key)
    for row in job.rows.values():
        job.redaction.blank(row)
    finish(job, words, order)
    return job.redaction.went


@transaction.atomic
def take_passages_down(
    source: Source, by: User, reason: str, order: str = "", words: Iterable[str] = ()
) -> Counter[str]:
    """Leave a source what it is, and where its passages stand, without a word of them."""
    key = key_of(source)
    quoting = referring(key).values_list("kind", "record").distinct()
    job = Takedown([source], by, reason, others=quoting)
    job.refuse()
    job.redact_referring(key, cited_only=True)
    job.ledger.close()
    job.redaction.unquote(source)
    finish(job, words, order, passages=True)
    return job.redaction.went


def finish(job: Takedown, words: Iterable[str], order: str, **more: Any) -> None:
    for row in job.rows.values():
        job.redaction.hush(row)
    job.write_deeds(order, **more)
    forget_statistics()
    if left := [place for word in words for place in traces(word)]:
        raise Refused(*left)
    connection.check_constraints()


def open_the_way() -> None:
    """For this transaction. Triggers look whether whoever asks owns the tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('policy.take_down', 'on', true)")
        cursor.execute("SELECT policy_may_take_down()")
        if not cursor.fetchone()[0]:
            raise Refused("Only the role that owns the tables may take records down.")


def referring(key: Key) -> Any:
    """Every revision, past ones too, that refers to a record."""
    ids = [value_id(kind, "refers_to", "/".join(key)) for kind in KINDS]
    facets_of = Facet.objects.filter(value__in=ids)
    return Revision.objects.filter(pk__in=facets_of.values("revision")).order_by("pk")


def last_content(key: Key) -> int:
    """The number of a record's last revision that says something."""
    rows = Revision.objects.of(*key).filter(event__in=LIVE)
    return max(rows.values_list("number", flat=True), default=0)
