"""TODO docstring."""

from collections.abc import Sequence

import orjson

from policy.documents.build import draft
from policy.documents.schema import SHAPES
from policy.documents.strictshape import Reader
from policy.documents.types import Document
from policy.exchange import history
from policy.exchange.folder import HISTORY, Dataset
from policy.exchange.history import History
from policy.models import RECORDS, Record, Revision
from policy.models.revision import LIVE
from policy.publishing.restore import batched

BATCH = 500
AS_PUBLISHED = Reader(published=True)
EDITED = "Has edits that were not published. Publish or undo them, then load again."


def check_news(
    dataset: Dataset, kind: str, rows: dict[str, Document], past: History
) -> list[Document]:
    """The documents that were never published as they are, and may be."""
    found = []
    for slugs in batched(rows, BATCH):
        standing, published = standing_rows(kind, slugs), assertions(kind, slugs)
        for slug in slugs:
            before = published[slug] + past.past.get((kind, slug), [])
            if rows[slug] in before:
                continue
            if message := obstacle(
                past.ends.get((kind, slug)), standing.get(slug), published[slug]
            ):
                dataset.fault(dataset.file_of(kind, slug), message, slug)
            else:
                found.append(rows[slug])
    return found


def obstacle(end: history.End | None, record: Record | None, published: list[Document]) -> str:
    """Why a changed file cannot become a record's next revision."""
    if end and end.event == "withdraw":
        return "Was withdrawn here: take the file out, or publish the record again first."
    if end and end.event == "merge":
        return f"Was merged into {end.merged_into} here: take the file out."
    if end and end.event == "takedown":
        return "Was taken down here: take the file out."
    return EDITED if record and is_edited(record, published) else ""


def is_edited(record: Record, published: list[Document]) -> bool:
    """Whether a row asserts something else than the last of these documents."""
    return not published or asserted(record.KIND, draft(record)) != published[-1]


def standing_rows(kind: str, slugs: Sequence[str]) -> dict[str, Record]:
    """Rows of the workbench, held until the load is over."""
    rows = RECORDS[kind].objects.select_for_update()
    return dict(rows.in_bulk(slugs, field_name="slug"))


def assertions(kind: str, slugs: Sequence[str]) -> dict[str, list[Document]]:
    """What each live revision of these records asserted, the oldest first."""
    found: dict[str, list[Document]] = {slug: [] for slug in slugs}
    history = Revision.objects.filter(kind=kind, record__in=slugs, event__in=LIVE)
    for revision in history.order_by("id"):
        found[revision.record].append(asserted(kind, orjson.loads(revision.document)))
    return found


def asserted(kind: str, body: Document) -> Document:
    """A document as loading reads it; as it stands when it has another shape."""
    return AS_PUBLISHED.read(SHAPES[kind], body)[0] or body


def check_overwritten(dataset: Dataset, past: History) -> None:
    """Restoring brings rows to where the history ends: nobody's edits may be lost by that."""
    for kind in RECORDS:
        new = [slug for of_kind, slug in past.latest if of_kind == kind]
        for slugs in batched(new, BATCH):
            standing = standing_rows(kind, slugs)
            published = assertions(kind, list(standing))
            for slug, record in standing.items():
                if is_edited(record, published[slug]):
                    dataset.fault(HISTORY, EDITED, f"{kind} {slug}")
