"""Appends the revisions of a dump to the history of the dataset."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TypeVar

from django.db import reset_queries, transaction

from policy.documents.types import Document
from policy.models import Revision
from policy.publishing.approval import PublishingError
from policy.publishing.index import analyze_tables
from policy.publishing.ledger import Ledger, revisions_by_key

ItemT = TypeVar("ItemT")
RESTORE_BATCH_SIZE = 1000  # revisions
ANALYZE_AFTER_BATCHES = (5, 50, 500)  # update the planner's statistics after these batches


@transaction.atomic
def restore(revisions: Iterable[tuple[Revision, Document]]) -> int:
    """Append the revisions of a dump, with their documents. Return how many were new.

    Revisions that this database already has are skipped. Raise PublishingError if the database has
    another history than the dump.
    """
    ledger, added, known = Ledger(), 0, set[str]()
    for number, batch in enumerate(batched(revisions, RESTORE_BATCH_SIZE), 1):
        ledger.pending = [
            (revision, body) for revision, body in batch if is_new_revision(ledger, revision)
        ]
        supersede_predecessors(ledger)
        added += len(ledger.flush())
        reset_queries()  # with DEBUG, Django keeps all queries in memory
        kinds = {revision.kind for revision, _ in batch}
        # Without statistics on a kind, the planner reads the whole table.
        if number in ANALYZE_AFTER_BATCHES or not kinds <= known:
            analyze_tables()
        known |= kinds
    ledger.index.flush_counts()
    if added:
        analyze_tables()
    return added


def is_new_revision(ledger: Ledger, revision: Revision) -> bool:
    """Return whether a dumped revision is new; False if the database already has it.

    Raise PublishingError if it does not continue the history of the database.
    """
    if revision.id <= ledger.version:
        same = Revision.objects.filter(pk=revision.id, digest=revision.digest)
        if not (same.filter(seal=revision.seal) if revision.seal else same).exists():
            raise PublishingError(f"Version {revision.id} of this database is another revision.")
        return False
    if revision.id != ledger.version + 1 or not is_later(
        revision.published_at, ledger.last_instant
    ):
        raise PublishingError(f"{revision} does not follow version {ledger.version}.")
    ledger.version, ledger.last_instant = revision.id, revision.published_at
    return True


def supersede_predecessors(ledger: Ledger) -> None:
    """Supersede the predecessor of each pending revision.

    Raise PublishingError if a revision does not follow its predecessor.
    """
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


def batched(items: Iterable[ItemT], size: int) -> Iterator[list[ItemT]]:
    """Yield the items in lists of `size`. The last list may be shorter."""
    rows = iter(items)
    while batch := list(islice(rows, size)):
        yield batch


def is_later(moment: datetime, last: datetime | None) -> bool:
    return last is None or moment > last
