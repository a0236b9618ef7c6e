"""Builds documents: of records as published, of drafts, and tombstones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import orjson
from django.conf import settings

from policy.documents import evidence, facets
from policy.documents.columns import build_content, relation_paths
from policy.documents.evidence import CitedSource
from policy.documents.periods import sort_date
from policy.documents.record_schema import SCHEMA_VERSION
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.stored import read_document
from policy.documents.times import format_timestamp
from policy.documents.types import (
    AnyDocument,
    Document,
    RecordKey,
    ReferenceContent,
    ReviewContent,
    TombstoneContent,
    as_action,
)
from policy.models.action import Action
from policy.models.record import Record
from policy.models.revision import LIVE_EVENTS, Revision
from policy.models.source import Source

ENVELOPE_FIELDS = ("schema_version", "kind", "revision", "published_at", "review", "licence")
EVIDENCE_PREFETCHES = {"action": ("citations__source__derived_from",)}
# Prefetch these, so that building the documents of many records takes a constant number of queries.
DOCUMENT_PREFETCHES = {
    kind: (*relation_paths(schema), *EVIDENCE_PREFETCHES.get(kind, ()))
    for kind, schema in DOCUMENT_SCHEMAS.items()
}


@dataclass
class Envelope:
    """The fields that publishing adds to the content of a record."""

    kind: str
    revision: int
    published_at: datetime
    review: ReviewContent | None = None
    schema_version: int = SCHEMA_VERSION
    licence: str = field(default_factory=lambda: settings.DATASET_LICENCE)

    def as_content(self) -> Document:
        return {
            "schema_version": self.schema_version,
            "kind": self.kind,
            "revision": self.revision,
            "published_at": format_timestamp(self.published_at),
            "review": self.review,
            "licence": self.licence,
        }


class PublishedSource:
    """A source as published, and the published source that it repeats. See evidence.CitedSource."""

    def __init__(self, document: AnyDocument, references: "PublishedReferences") -> None:
        self.slug, self.publisher = str(document["id"]), str(document["publisher"])
        self.source_class_id = f"source_class.{document['source_class']}"
        self.document, self.references = document, references

    @property
    def derived_from(self) -> "PublishedSource | None":
        original = cast(ReferenceContent | None, self.document["derived_from"])
        body = self.references.documents.get(("source", original["id"])) if original else None
        return PublishedSource(body, self.references) if body else None


class PublishedReferences:
    """The published documents of the records that some documents refer to.

    A published document must not contain a name or a judgement that nobody reviewed. So it takes
    the names of referenced records from their published documents, or from `pending`: documents
    that are published in the same transaction.
    """

    def __init__(
        self, bodies: Sequence[Document], pending: Mapping[RecordKey, AnyDocument]
    ) -> None:
        self.documents: dict[RecordKey, AnyDocument] = {}
        keys = {key for body in bodies for key in facets.required_references(body)}
        while keys:
            found = self.load(keys, pending)
            self.documents |= found
            # the sources that a source repeats: their publishers count as evidence
            repeated = [body for (kind, _), body in found.items() if kind == "source"]
            keys = {key for body in repeated for key in facets.required_references(body)}
            keys -= self.documents.keys()

    def load(
        self, keys: set[RecordKey], pending: Mapping[RecordKey, AnyDocument]
    ) -> dict[RecordKey, AnyDocument]:
        found = {key: pending[key] for key in keys & pending.keys()}
        missing = [slug for _, slug in keys - found.keys()]
        rows = Revision.objects.as_of(None).filter(record__in=missing, event__in=LIVE_EVENTS)
        for kind, slug, body in rows.values_list("kind", "record", "document") if missing else ():
            if (kind, slug) in keys:
                found[kind, slug] = read_document(body)
        return found

    def name(self, kind: str, reference: ReferenceContent) -> str:
        """Return the published name or title of a record, or else the name in the reference."""
        body = self.documents.get((kind, reference["id"]))
        return str(body.get("title") or body["name"]) if body else str(reference["name"])

    def source(self, source: Source) -> CitedSource:
        """Return a source as published, or the source itself if it is not published."""
        body = self.documents.get(("source", source.slug))
        return source if body is None else PublishedSource(body, self)

    def resolve_references(self, record: Record, body: Document) -> None:
        """Set the names of references, and the evidence of an action, to what is published."""
        for kind, reference in facets.iter_record_references(body):
            if reference:
                reference["name"] = self.name(kind, reference)
        if record.KIND == "action":
            citations = cast(Action, record).citations.all()  # may be an unsaved look-alike
            sources = [self.source(citation.source) for citation in citations]
            body["evidence"] = evidence.summarize_evidence(body, sources)


def build_document(
    record: Record, envelope: Envelope, pending: Mapping[RecordKey, AnyDocument] | None = None
) -> Document:
    """Return the document of a draft as it would be published now.

    `pending` has the documents that are published in the same transaction.
    """
    return build_documents([record], envelope, pending or {})[0]


def build_documents(
    records: Sequence[Record], envelope: Envelope, pending: Mapping[RecordKey, AnyDocument]
) -> list[Document]:
    bodies: list[Document] = []
    for record in records:
        body = build_content(DOCUMENT_SCHEMAS[record.KIND], record)
        if record.KIND == "action":
            body["sort_date"] = sort_date(as_action(body)["dates"], envelope.schema_version)
        bodies.append(body | envelope.as_content())
    published = PublishedReferences(bodies, pending)
    for record, body in zip(records, bodies, strict=True):
        published.resolve_references(record, body)
    return bodies


def build_drafts(records: Sequence[Record]) -> list[Document]:
    """Return the content of drafts of one kind, without envelopes.

    It takes a constant number of queries if DOCUMENT_PREFETCHES were prefetched.
    """
    if not records:
        return []
    unpublished = Envelope(records[0].KIND, 0, datetime.min.replace(tzinfo=UTC))
    return [strip_envelope(body) for body in build_documents(records, unpublished, {})]


def build_draft(record: Record) -> Document:
    return build_drafts([record])[0]


def build_tombstone(
    envelope: Envelope,
    slug: str,
    event: str,
    reason: str,
    into: str = "",
    *,
    taken_down_at: str | None = None,
) -> Document:
    """Return the document of a revision that withdraws, merges or takes down a record.

    `into` is the id of the record that replaces a merged one. `taken_down_at` is set for a
    takedown only.
    """
    tombstone: TombstoneContent = {
        "schema_version": envelope.schema_version,
        "kind": envelope.kind,
        "id": slug,
        "revision": envelope.revision,
        "published_at": format_timestamp(envelope.published_at),
        "event": event,
        "reason": reason,
        "merged_into": into or None,
        "licence": envelope.licence,
    }
    if taken_down_at is not None:
        tombstone["taken_down_at"] = taken_down_at
    return {**tombstone}


def strip_envelope(document: AnyDocument) -> Document:
    """Return the content of the record: a document without the fields in ENVELOPE_FIELDS."""
    return {name: value for name, value in document.items() if name not in ENVELOPE_FIELDS}


def serialize_document(document: AnyDocument) -> str:
    """Return the exact JSON text that is stored and served."""
    return orjson.dumps(document).decode()
