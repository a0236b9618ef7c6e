"""Checks of a dataset against revisions and drafts in the database."""

from collections.abc import Sequence

import orjson

from policy.documents.build import build_draft
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.shape import ValidationContext
from policy.documents.types import Document
from policy.documents.validation import validate_document
from policy.exchange.folder import HISTORY_FILE, Dataset
from policy.exchange.history import HistoryReplay, LastRevision
from policy.exchange.write_rows import records_of_kind
from policy.models import RECORD_MODELS, Record, Revision
from policy.models.revision import LIVE_EVENTS
from policy.publishing.restore import batched

VALIDATION_BATCH_SIZE = 500
ANY_DOCUMENT = ValidationContext(is_draft=True)  # published ones, too
UNPUBLISHED_EDITS_MESSAGE = (
    "The record has unpublished edits. Publish or undo them, then load again."
)


def select_unpublished_documents(
    dataset: Dataset, kind: str, rows: dict[str, Document], history: HistoryReplay
) -> list[Document]:
    """Return the documents that are new or changed and that may be published.

    `rows` has validated documents by id. Faults are added to `dataset`.
    """
    unpublished = []
    for slugs in batched(rows, VALIDATION_BATCH_SIZE):
        stored, published = lock_records(kind, slugs), published_documents(kind, slugs)
        for slug in slugs:
            earlier = published[slug] + history.earlier_documents.get((kind, slug), [])
            if rows[slug] in earlier:
                continue
            if message := publish_obstacle_message(
                history.last_revisions.get((kind, slug)), stored.get(slug), published[slug]
            ):
                dataset.add_fault(dataset.record_file(kind, slug), message, slug)
            else:
                unpublished.append(rows[slug])
    return unpublished


def publish_obstacle_message(
    last: LastRevision | None, record: Record | None, published: list[Document]
) -> str:
    """Return why a changed file cannot become the next revision, or an empty string."""
    if last and last.event not in LIVE_EVENTS:
        removal = describe_removal(last.event, last.merged_into)
        remedy = ", or publish the record again first" if last.event == "withdraw" else ""
        return f"The record {removal} in this database. Remove the file{remedy}."
    return UNPUBLISHED_EDITS_MESSAGE if record and has_unpublished_edits(record, published) else ""


def describe_removal(event: str, merged_into: str) -> str:
    """Return the predicate of a sentence about the event of a tombstone."""
    predicates = {"withdraw": "was withdrawn", "takedown": "was taken down"}
    return predicates.get(event, f"was merged into {merged_into}")


def has_unpublished_edits(record: Record, published: list[Document]) -> bool:
    """Whether the draft of a record differs from its last published document."""
    return not published or normalize_document(record.KIND, build_draft(record)) != published[-1]


def lock_records(kind: str, slugs: Sequence[str]) -> dict[str, Record]:
    """Return drafts by id, locked until the end of the transaction."""
    rows = records_of_kind(kind).select_for_update().in_bulk(slugs, field_name="slug")
    return {str(slug): row for slug, row in rows.items()}


def published_documents(kind: str, slugs: Sequence[str]) -> dict[str, list[Document]]:
    """Return the normalized documents of live revisions by id, oldest first."""
    documents: dict[str, list[Document]] = {slug: [] for slug in slugs}
    live = Revision.objects.filter(kind=kind, record__in=slugs, event__in=LIVE_EVENTS)
    for revision in live.order_by("id"):
        body: Document = orjson.loads(revision.document)
        documents[revision.record].append(normalize_document(kind, body))
    return documents


def normalize_document(kind: str, body: Document) -> Document:
    """Return a document as validated, or unchanged if it does not match the current schema."""
    return validate_document(DOCUMENT_SCHEMAS[kind], body, ANY_DOCUMENT)[0] or body


def check_overwritten_edits(dataset: Dataset, history: HistoryReplay) -> None:
    """Add faults for records whose unpublished edits the restored history would overwrite."""
    for kind in RECORD_MODELS:
        new = [slug for of_kind, slug in history.latest_offsets if of_kind == kind]
        for slugs in batched(new, VALIDATION_BATCH_SIZE):
            stored = lock_records(kind, slugs)
            published = published_documents(kind, list(stored))
            for slug, record in stored.items():
                if has_unpublished_edits(record, published[slug]):
                    dataset.add_fault(HISTORY_FILE, UNPUBLISHED_EDITS_MESSAGE, f"{kind} {slug}")
