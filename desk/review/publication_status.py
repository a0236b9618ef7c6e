"""Where a record stands: a comparison of what is public with what the workbench asserts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from policy.documents.build import DOCUMENT_PREFETCHES, build_drafts, strip_envelope
from policy.documents.types import Document
from policy.models import Record, Review, Revision
from policy.models.revision import LIVE_EVENTS


@dataclass(frozen=True)
class PublicationStatus:
    """The last revision, tombstones included, and whether the workbench says something else."""

    revision: Revision | None = None
    changed: bool = False
    review: Review | None = None  # the open one

    @property
    def is_published(self) -> bool:
        return self.revision is not None and self.revision.event in LIVE_EVENTS

    @property
    def state(self) -> str:
        if not self.is_published:
            return "gone" if self.revision else "draft"
        return "changed" if self.changed else "live"

    @property
    def short_text(self) -> str:
        """For a column of a list."""
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


def revision_content(revision: Revision) -> Document:
    """What a revision asserts."""
    return strip_envelope(json.loads(revision.document))


def get_publication_statuses(records: Sequence[Record]) -> list[PublicationStatus]:
    """Of records of one kind."""
    return [standing for standing, _ in get_statuses_and_drafts(records)]


def get_statuses_and_drafts(records: Sequence[Record]) -> list[tuple[PublicationStatus, Document]]:
    """Where records of one kind stand, and what they assert now."""
    if not records:
        return []
    kind = records[0].KIND
    prefetch_related_objects(records, *DOCUMENT_PREFETCHES[kind])
    slugs = [record.slug for record in records]
    last = {
        revision.record: revision
        for revision in Revision.objects.as_of(None).filter(kind=kind, record__in=slugs)
    }
    asked = Review.objects.filter(kind=kind, row__in=[record.pk for record in records], outcome="")
    asked = asked.select_related("asked_by").prefetch_related("acceptances__by")
    reviews = {review.row: review for review in asked}
    return [
        (
            build_publication_status(last.get(record.slug), asserted, reviews.get(record.pk)),
            asserted,
        )
        for record, asserted in zip(records, build_drafts(records), strict=True)
    ]


def build_publication_status(
    last: Revision | None, asserted: Document, review: Review | None
) -> PublicationStatus:
    live = last is not None and last.event in LIVE_EVENTS
    return PublicationStatus(
        last, bool(live and last and revision_content(last) != asserted), review
    )
