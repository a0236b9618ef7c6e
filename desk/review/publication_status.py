"""Where a record stands: a comparison of what is public with what the workbench asserts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from policy.documents.build import READ, content, drafts
from policy.documents.types import Document
from policy.models import Record, Review, Revision
from policy.models.revision import LIVE


@dataclass(frozen=True)
class Standing:
    """The last revision, tombstones included, and whether the workbench says something else."""

    revision: Revision | None = None
    changed: bool = False
    review: Review | None = None  # the open one

    @property
    def live(self) -> bool:
        return self.revision is not None and self.revision.event in LIVE

    @property
    def mark(self) -> str:
        if not self.live:
            return "gone" if self.revision else "draft"
        return "changed" if self.changed else "live"

    @property
    def brief(self) -> str:
        """For a column of a list."""
        if self.revision is None or not self.live:
            return str(self)
        suffix = ", changed" if self.changed else ""
        return f"rev. {self.revision.number}{suffix}{self.reviewing}"

    @property
    def reviewing(self) -> str:
        return ", in review" if self.review else ""

    def __str__(self) -> str:
        return f"{self.publication}{self.reviewing}"

    @property
    def publication(self) -> str:
        if self.revision is None:
            return "draft"
        if self.revision.event == "merge":
            return f"merged into {self.revision.merged_into}"
        if not self.live:
            return {"withdraw": "withdrawn", "takedown": "taken down"}[self.revision.event]
        suffix = ", with unpublished changes" if self.changed else ""
        return f"published (revision {self.revision.number}){suffix}"


def public(revision: Revision) -> Document:
    """What a revision asserts."""
    return content(json.loads(revision.document))


def standings(records: Sequence[Record]) -> list[Standing]:
    """Of records of one kind."""
    return [standing for standing, _ in asserting(records)]


def asserting(records: Sequence[Record]) -> list[tuple[Standing, Document]]:
    """Where records of one kind stand, and what they assert now."""
    if not records:
        return []
    kind = records[0].KIND
    prefetch_related_objects(records, *READ[kind])
    slugs = [record.slug for record in records]
    last = {
        revision.record: revision
        for revision in Revision.objects.as_of(None).filter(kind=kind, record__in=slugs)
    }
    asked = Review.objects.filter(kind=kind, row__in=[record.pk for record in records], outcome="")
    asked = asked.select_related("asked_by").prefetch_related("acceptances__by")
    reviews = {review.row: review for review in asked}
    return [
        (compared(last.get(record.slug), asserted, reviews.get(record.pk)), asserted)
        for record, asserted in zip(records, drafts(records), strict=True)
    ]


def compared(last: Revision | None, asserted: Document, review: Review | None) -> Standing:
    live = last is not None and last.event in LIVE
    return Standing(last, bool(live and last and public(last) != asserted), review)
