"""TODO docstring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import orjson
from django.conf import settings

from policy.documents import evidence, facets
from policy.documents.record_schema import SCHEMA_VERSION
from policy.documents.schema import DOCUMENT_SERIALIZERS
from policy.documents.types import Document, RecordKey
from policy.models.record import Record
from policy.models.revision import LIVE_EVENTS, Revision

ENVELOPE_FIELDS = ("schema_version", "kind", "revision", "published_at", "review", "licence")
# Whatever a document reads, so that a page of records takes a constant number of queries.
DOCUMENT_PREFETCHES = {
    "agency": ("jurisdiction", "parent"),
    "entity": ("jurisdiction",),
    "source": ("derived_from",),
    "action": (
        "penalties",
        "jurisdictions",
        "activities",
        "agencies__agency",
        "entities__entity",
        "dates",
        "figures",
        "relations__target",
        "unknowns",
        "notes",
        "citations__source__derived_from",
    ),
}


@dataclass
class Envelope:
    """What publishing adds to a record's own content."""

    kind: str
    revision: int
    published_at: datetime
    review: Document | None = None
    schema_version: int = SCHEMA_VERSION
    licence: str = field(default_factory=lambda: settings.DATASET_LICENCE)


class PublishedReferences:
    """What stands in public of the records that documents refer to, read at once.

    Publishing must not carry a name or a judgement that nobody reviewed: a reference shows what
    its record says in public, or in `fresh`, the documents that are published along with it.
    """

    def __init__(self, bodies: Sequence[Document], fresh: Mapping[RecordKey, Document]) -> None:
        wanted = {key for body in bodies for key in facets.required_references(body)}
        self.documents = {key: body for key, body in fresh.items() if key in wanted}
        missing = [slug for kind, slug in wanted - self.documents.keys()]
        rows = Revision.objects.as_of(None).filter(record__in=missing, event__in=LIVE_EVENTS)
        for kind, slug, body in rows.values_list("kind", "record", "document") if missing else ():
            if (kind, slug) in wanted:
                self.documents[kind, slug] = orjson.loads(body)

    def name(self, kind: str, reference: Document) -> str:
        body = self.documents.get((kind, reference["id"]))
        return str(body.get("title") or body["name"]) if body else str(reference["name"])

    def source(self, source: Any) -> Any:
        """The source as evidence counts it."""
        body = self.documents.get(("source", source.slug))
        if body is None:
            return source
        return SimpleNamespace(
            slug=source.slug,
            publisher=body["publisher"],
            source_class_id=f"source_class.{body['source_class']}",
            derived_from=source.derived_from if body["derived_from"] else None,
        )

    def resolve_references(self, record: Any, body: Document) -> None:
        for kind, reference in facets.iter_record_references(body):
            if reference:
                reference["name"] = self.name(kind, reference)
        if record.KIND == "action":
            sources = [self.source(citation.source) for citation in record.citations.all()]
            body["evidence"] = evidence.summarize_evidence(body, sources)


def build_document(
    record: Record, envelope: Envelope, fresh: Mapping[RecordKey, Document] | None = None
) -> Document:
    """The public document of a workbench row, as it would be published now."""
    return build_documents([record], envelope, fresh or {})[0]


def build_documents(
    records: Sequence[Record], envelope: Envelope, fresh: Mapping[RecordKey, Document]
) -> list[Document]:
    bodies = []
    for record in records:
        record.envelope = envelope  # type: ignore[attr-defined]
        bodies.append(dict(DOCUMENT_SERIALIZERS[record.KIND](record).data))
    public = PublishedReferences(bodies, fresh)
    for record, body in zip(records, bodies, strict=True):
        public.resolve_references(record, body)
    return bodies


def build_drafts(records: Sequence[Record]) -> list[Document]:
    """What workbench rows of one kind assert now, before any publishing. One query for all."""
    if not records:
        return []
    never = Envelope(records[0].KIND, 0, datetime.min.replace(tzinfo=UTC))
    return [strip_envelope(body) for body in build_documents(records, never, {})]


def build_draft(record: Record) -> Document:
    return build_drafts([record])[0]


def build_tombstone(
    envelope: Envelope, slug: str, event: str, reason: str, into: str = "", **more: Any
) -> Document:
    return {
        "schema_version": envelope.schema_version,
        "kind": envelope.kind,
        "id": slug,
        "revision": envelope.revision,
        "published_at": format_timestamp(envelope.published_at),
        "event": event,
        "reason": reason,
        "merged_into": into or None,
        "licence": envelope.licence,
        **more,
    }


def strip_envelope(document: Document) -> Document:
    """What the record itself asserts: the document without its envelope."""
    return {name: value for name, value in document.items() if name not in ENVELOPE_FIELDS}


def format_timestamp(moment: datetime) -> str:
    """UTC, to the microsecond: 2026-11-22T09:30:00.000000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def serialize_document(document: Document) -> str:
    """The exact JSON text that is stored and served."""
    return orjson.dumps(document).decode()
