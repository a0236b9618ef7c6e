"""The publication status of records: what is public, compared with the current drafts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import prefetch_related_objects

from policy.documents.build import DOCUMENT_PREFETCHES, build_drafts, strip_envelope
from policy.documents.stored import read_document
from policy.documents.types import Document
from policy.models import Record, Review, Revision
from policy.models.revision import LIVE_EVENTS


@dataclass(frozen=True)
class PublicationStatus:
    """The last revision of a record, tombstones included, and whether the draft differs from it."""

    revision: Revision | None = None
    changed: bool = False
    review: Review | None = None  # the open one

    @property
    def is_published(self) -> bool:
        return self.revision is not None and self.revision.event in LIVE_EVENTS

    @property
    def state(self) -> str:
        """Return draft, live, changed or gone: a CSS class."""
        if not self.is_published:
            return "gone" if self.revision else "draft"
        return "changed" if self.changed else "live"

    @property
    def short_text(self) -> str:
        """Return the status for a column of a list."""
        if self.revision is None or not self.is_published:
            return str(self)
        suffix = ", changed" if self.changed else ""
        return f"rev. {self.revision.number}{suffix}{self.review_suffix}"

    @property
    def review_suffix(self) -> str:
        return ", in review" if self.review else ""

    def __str__(self) -> str:
        return f"{self.publication_text}{self.review_suffix}"

    @property
    def publication_text(self) -> str:
        if self.revision is None:
            return "draft"
        if self.revision.event == "merge":
            return f"merged into {self.revision.merged_into}"
        if not self.is_published:
            return {"withdraw": "withdrawn", "takedown": "taken down"}[self.revision.event]
        suffix = ", with unpublished changes" if self.changed else ""
        return f"published (revision {self.revision.number}){suffix}"


class StatusAndDraft(NamedTuple):
    status: PublicationStatus
    draft: Document


def revision_content(revision: Revision) -> Document:
    """Return what a revision asserts: its document without the data about the publication."""
    return strip_envelope(read_document(revision.document))


def get_publication_statuses(records: Sequence[Record]) -> list[PublicationStatus]:
    """Return the statuses of records of one kind, in the same order."""
    return [row.status for row in get_statuses_and_drafts(records)]


def get_statuses_and_drafts(records: Sequence[Record]) -> list[StatusAndDraft]:
    """Return the statuses and the drafts of records of one kind, in the same order.

    The number of queries does not depend on the number of records.
    """
    if not records:
        return []
    kind = records[0].KIND
    prefetch_related_objects(records, *DOCUMENT_PREFETCHES[kind])
    slugs = [record.slug for record in records]
    last_revisions = {
        revision.record: revision
        for revision in Revision.objects.as_of(None).filter(kind=kind, record__in=slugs)
    }
    rows = [record.pk for record in records]
    open_reviews = Review.objects.filter(kind=kind, row__in=rows, outcome="")
    open_reviews = open_reviews.select_related("asked_by").prefetch_related("acceptances__by")
    reviews = {review.row: review for review in open_reviews}
    return [
        StatusAndDraft(
            build_publication_status(
                last_revisions.get(record.slug), draft, reviews.get(record.pk)
            ),
            draft,
        )
        for record, draft in zip(records, build_drafts(records), strict=True)
    ]


def build_publication_status(
    last: Revision | None, draft: Document, review: Review | None
) -> PublicationStatus:
    is_published = last is not None and last.event in LIVE_EVENTS
    changed = last is not None and is_published and revision_content(last) != draft
    return PublicationStatus(last, changed, review)
