"""What publishing would change, and what stands in its way."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone

from desk.standing import READ, Standing, public, standing
from policy import citations, evidence, facets, publish
from policy.document import Document, Envelope, content, document
from policy.models import RECORDS, Record, Revision


@dataclass(frozen=True)
class Difference:
    """One value, by the key that names it, as it is public and as it would be."""

    field: str
    before: str | None
    after: str | None

    @property
    def mark(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


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


def differences(before: Document, after: Document) -> list[Difference]:
    """Value by value, in the order of the document."""
    old, new = dict(leaves(before)), dict(leaves(after))
    return [
        Difference(key, old.get(key), new.get(key))
        for key in dict.fromkeys([*new, *old])
        if old.get(key) != new.get(key)
    ]


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """(key, text) of every single value. Items of lists go by what names them."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, f"{key}/{name}" if key else name)
    elif isinstance(value, list):
        seen: dict[str, int] = {}
        for item in value:
            name = name_of(item)
            seen[name] = seen.get(name, 0) + 1
            name += f" ({seen[name]})" if seen[name] > 1 else ""
            yield from leaves(item, f"{key}/{name}")
    elif value not in (None, ""):
        yield key, value if isinstance(value, str) else json.dumps(value)


def name_of(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    if "source" in item:
        return f"{item['source']['id']} {item['start']}-{item['end']}"
    if "action" in item:
        return f"{item['type']}/{item['action']['id']}"
    if "role" in item:
        return f"{evidence.actor_key(item)}/{item['role']}"
    return str(item.get("id") or item.get("kind") or item.get("field"))


def pretty(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
