"""TODO docstring."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import reset_queries, transaction

from policy.documents.types import Document
from policy.models import Revision
from policy.publishing.approval import PublishingError
from policy.publishing.index import analyze_tables
from policy.publishing.ledger import Ledger, revisions_by_key

RESTORE_BATCH_SIZE = 1000  # revisions restored at once
ANALYZE_AFTER_BATCHES = (5, 50, 500)  # batches after which the planner has to look again


@transaction.atomic
def restore(lines: Iterable[tuple[Revision, Document]]) -> int:
    """Append revisions exactly as a dump states them. Returns how many were new.

    Those that stand here already are passed over; a history that differs is refused.
    """
    ledger, added, known = Ledger(), 0, set[str]()
    for number, batch in enumerate(batched(lines, RESTORE_BATCH_SIZE), 1):
        ledger.pending = [
            (revision, body) for revision, body in batch if is_new_revision(ledger, revision)
        ]
        supersede_predecessors(ledger)
        added += len(ledger.flush())
        reset_queries()  # which Django keeps, documents and all, where DEBUG is on
        kinds = {revision.kind for revision, _ in batch}
        if (
            number in ANALYZE_AFTER_BATCHES or not kinds <= known
        ):  # it plans badly for kinds it knows not of
            analyze_tables()
        known |= kinds
    ledger.index.flush_counts()
    if added:
        analyze_tables()
    return added


def is_new_revision(ledger: Ledger, revision: Revision) -> bool:
    """Whether a dumped revision continues the history; False when it is in it."""
    if revision.id <= ledger.version:
        same = Revision.objects.filter(pk=revision.id, digest=revision.digest).exists()
        if not same:
            raise PublishingError(f"Version {revision.id} of this database holds another revision.")
        return False
    if revision.id != ledger.version + 1 or not is_later(
        revision.published_at, ledger.last_instant
    ):
        raise PublishingError(f"{revision} does not follow version {ledger.version}.")
    ledger.version, ledger.last_instant = revision.id, revision.published_at
    return True


def supersede_predecessors(ledger: Ledger) -> None:
    """Let each fresh revision take over from the one before, which may know of it already."""
    last = Revision.objects.order_by("kind", "record", "-number").distinct("kind", "record")
    ledger.current = revisions_by_key(last, {(r.kind, r.record) for r, _ in ledger.pending})
    for revision, _ in ledger.pending:
        if not is_successor(revision, ledger.current.get((revision.kind, revision.record))):
            raise PublishingError(f"{revision} does not follow the revisions before it.")
        ledger.supersede(revision)


def is_successor(revision: Revision, last: Revision | None) -> bool:
    if last is None:
        return revision.number == 1
    ends = last.superseded_at or revision.published_at
    return (revision.number, revision.published_at) == (last.number + 1, ends)


def batched(lines: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rows = iter(lines)
    while batch := list(islice(rows, size)):
        yield batch


def is_later(moment: datetime, last: datetime | None) -> bool:
    return last is None or moment > last
