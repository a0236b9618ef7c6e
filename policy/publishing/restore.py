"""TODO docstring."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import reset_queries, transaction

from policy.documents.types import Document
from policy.models import Revision
from policy.publishing.approval import Refused
from policy.publishing.index import analyze
from policy.publishing.ledger import Ledger, by_key

BATCH = 1000  # revisions restored at once
MILESTONES = (5, 50, 500)  # batches after which the planner has to look again


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
