"""TODO docstring."""

from collections.abc import Sequence

import orjson

from policy.documents.build import build_draft
from policy.documents.schema import DOCUMENT_SERIALIZERS
from policy.documents.strictshape import Reader
from policy.documents.types import Document
from policy.exchange import history
from policy.exchange.folder import HISTORY_FILE, Dataset
from policy.exchange.history import HistoryReplay
from policy.models import RECORD_MODELS, Record, Revision
from policy.models.revision import LIVE_EVENTS
from policy.publishing.restore import batched

VALIDATION_BATCH_SIZE = 500
PUBLISHED_READER = Reader(published=True)
UNPUBLISHED_EDITS_MESSAGE = (
    "Has edits that were not published. Publish or undo them, then load again."
)


def select_unpublished_documents(
    dataset: Dataset, kind: str, rows: dict[str, Document], past: HistoryReplay
) -> list[Document]:
    """The documents that were never published as they are, and may be."""
    found = []
    for slugs in batched(rows, VALIDATION_BATCH_SIZE):
        standing, published = lock_records(kind, slugs), published_documents(kind, slugs)
        for slug in slugs:
            before = published[slug] + past.earlier_documents.get((kind, slug), [])
            if rows[slug] in before:
                continue
            if message := publish_obstacle_message(
                past.last_revisions.get((kind, slug)), standing.get(slug), published[slug]
            ):
                dataset.add_fault(dataset.record_file(kind, slug), message, slug)
            else:
                found.append(rows[slug])
    return found


def publish_obstacle_message(
    end: history.LastRevision | None, record: Record | None, published: list[Document]
) -> str:
    """Why a changed file cannot become a record's next revision."""
    if end and end.event == "withdraw":
        return "Was withdrawn here: take the file out, or publish the record again first."
    if end and end.event == "merge":
        return f"Was merged into {end.merged_into} here: take the file out."
    if end and end.event == "takedown":
        return "Was taken down here: take the file out."
    return UNPUBLISHED_EDITS_MESSAGE if record and has_unpublished_edits(record, published) else ""


def has_unpublished_edits(record: Record, published: list[Document]) -> bool:
    """Whether a row asserts something else than the last of these documents."""
    return not published or normalize_document(record.KIND, build_draft(record)) != published[-1]


def lock_records(kind: str, slugs: Sequence[str]) -> dict[str, Record]:
    """Rows of the workbench, held until the load is over."""
    rows = RECORD_MODELS[kind].objects.select_for_update()
    return dict(rows.in_bulk(slugs, field_name="slug"))


def published_documents(kind: str, slugs: Sequence[str]) -> dict[str, list[Document]]:
    """What each live revision of these records asserted, the oldest first."""
    found: dict[str, list[Document]] = {slug: [] for slug in slugs}
    history = Revision.objects.filter(kind=kind, record__in=slugs, event__in=LIVE_EVENTS)
    for revision in history.order_by("id"):
        found[revision.record].append(normalize_document(kind, orjson.loads(revision.document)))
    return found


def normalize_document(kind: str, body: Document) -> Document:
    """A document as loading reads it; as it stands when it has another shape."""
    return PUBLISHED_READER.read(DOCUMENT_SERIALIZERS[kind], body)[0] or body


def check_overwritten_edits(dataset: Dataset, past: HistoryReplay) -> None:
    """Restoring brings rows to where the history ends: nobody's edits may be lost by that."""
    for kind in RECORD_MODELS:
        new = [slug for of_kind, slug in past.latest_offsets if of_kind == kind]
        for slugs in batched(new, VALIDATION_BATCH_SIZE):
            standing = lock_records(kind, slugs)
            published = published_documents(kind, list(standing))
            for slug, record in standing.items():
                if has_unpublished_edits(record, published[slug]):
                    dataset.add_fault(HISTORY_FILE, UNPUBLISHED_EDITS_MESSAGE, f"{kind} {slug}")
