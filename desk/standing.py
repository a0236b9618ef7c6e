"""Where a record stands: a comparison of what is public with what the workbench asserts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from policy.document import READ, Document, content, draft, drafts
from policy.models import Record, Revision
from policy.models.revision import LIVE


@dataclass(frozen=True)
class Standing:
    """The last revision, tombstones included, and whether the workbench says something else."""

    revision: Revision | None = None
    changed: bool = False

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
        return f"rev. {self.revision.number}" + (", changed" if self.changed else "")

    def __str__(self) -> str:
        if self.revision is None:
            return "draft"
        if self.revision.event == "merge":
            return f"merged into {self.revision.merged_into}"
        if self.revision.event == "withdraw":
            return "withdrawn"
        suffix = ", with unpublished changes" if self.changed else ""
        return f"published (revision {self.revision.number}){suffix}"


def public(revision: Revision) -> Document:
    """What a revision asserts."""
    return content(json.loads(revision.document))


def standings(records: Sequence[Record]) -> list[Standing]:
    """Of records of one kind."""
    if not records:
        return []
    kind = records[0].KIND
    prefetch_related_objects(records, *READ[kind])
    slugs = [record.slug for record in records]
    last = {
        revision.record: revision
        for revision in Revision.objects.as_of(None).filter(kind=kind, record__in=slugs)
    }
    pairs = zip(records, drafts(records), strict=True)
    return [compared(last.get(record.slug), asserted) for record, asserted in pairs]


def standing(record: Record, last: Revision | None) -> Standing:
    return compared(last, draft(record))


def compared(last: Revision | None, asserted: Document) -> Standing:
    live = last is not None and last.event in LIVE
    return Standing(last, bool(live and last and public(last) != asserted))
