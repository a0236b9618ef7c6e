"""What publishing would change, and what stands in its way."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone

from desk.standing import Standing, public, standing
from policy import citations, evidence, facets, publish
from policy.differences import Difference, differences
from policy.document import READ, Document, Envelope, content, document
from policy.models import RECORDS, Record, Revision


@dataclass
class Preview:
    """One record, as it would be published now."""

    record: Record
    by: User
    standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        kind, slug = key = publish.key_of(self.record)
        last = Revision.objects.as_of(None).filter(kind=kind, record=slug).first()
        # Read once: the fingerprint is then of exactly what this page shows.
        prefetch_related_objects([self.record], *READ[kind])
        self.fingerprint = publish.fingerprint(self.record, self.record.current)
        self.standing = standing(self.record, last)
        self.key = "/".join(key)
        number = last.number + 1 if last else 1
        self.body = document(self.record, Envelope(kind, number, timezone.now()))
        self.obstacles = list(self.find_obstacles())

    @property
    def address(self) -> str:
        """Of this page."""
        return reverse(f"admin:policy_{self.record.KIND}_publish", args=[self.record.pk])

    @property
    def unchanged(self) -> bool:
        return self.standing.live and not self.standing.changed

    @property
    def text(self) -> str:
        return pretty(content(self.body))

    @property
    def differences(self) -> list[Difference]:
        revision = self.standing.revision
        before = public(revision) if revision and self.standing.live else {}
        return differences(before, content(self.body))

    def find_obstacles(self) -> Iterator[str]:
        if self.standing.revision and self.standing.revision.event == "merge":
            yield f"It was {self.standing}: edit that one instead."
        try:
            publish.approval(self.record, self.by)
        except publish.Refused as refusal:
            yield from refusal.messages
        yield from (f"{name}: {message}" for name, message in missing(self.record, self.body))


def missing(record: Record, body: Document) -> Iterator[tuple[str, str]]:
    """(field, message) for all that an action lacks before it can be published."""
    if record.KIND == "action":
        yield from evidence.form_problems(body)
        yield from evidence.gaps(body)
        yield from citations.faults(record)


def unpublished(preview: Preview) -> list[Preview]:
    """Every record that this one refers to, directly or through others, and that is not public."""
    found = {publish.key_of(preview.record): preview}
    waiting = [preview]
    while waiting:
        for kind, slug in sorted(facets.references(waiting.pop().body) - set(found)):
            record = RECORDS[kind]._default_manager.filter(slug=slug).first()
            if record and not record.current:
                found[kind, slug] = Preview(record, preview.by)
                waiting.append(found[kind, slug])
    order = list(RECORDS)
    return sorted(
        (page for page in found.values() if page is not preview),
        key=lambda page: (order.index(page.record.KIND), page.record.slug),
    )


def pretty(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
