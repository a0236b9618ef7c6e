"""Checks before publishing, withdrawing and merging. Each returns a list of messages."""

from policy.documents import evidence, facets
from policy.documents.reference import scheme_patterns
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.shape import ValidationContext
from policy.documents.types import AnyDocument, RecordKey
from policy.documents.validation import validate_document
from policy.models import Facet, Record
from policy.models.index import referring_value_ids
from policy.models.revision import LIVE_EVENTS
from policy.publishing.approval import PublishingError
from policy.publishing.ledger import Ledger, record_key
from policy.sources import citations


def raise_if(messages: list[str]) -> None:
    """Raise PublishingError with these messages, if there are any."""
    if messages:
        raise PublishingError(*messages)


def publishing_faults(record: Record, body: AnyDocument) -> list[str]:
    """Return what prevents the publication of a record. `body` is the document to publish."""
    schema, draft = (
        DOCUMENT_SCHEMAS[record.KIND],
        ValidationContext(is_draft=True, patterns=scheme_patterns()),
    )
    _, errors = validate_document(schema, body, draft)
    if errors:
        return [f"{record.slug}: {path}: {message}" for path, message in errors]
    if record.KIND != "action":
        return []
    problems = [
        *evidence.iter_key_problems(body),
        *evidence.iter_evidence_gaps(body),
        *citations.citation_faults(record),
    ]
    return [f"{record.slug}: {field}: {message}" for field, message in problems]


def unpublished_reference_faults(ledger: Ledger) -> list[str]:
    """Return a message for each reference to a record that is neither live nor appended."""
    required = {
        ((kind, name), revision.record)
        for revision, body in ledger.pending
        if revision.event in LIVE_EVENTS
        for kind, name in facets.required_references(body)
    }
    current = ledger.load_current({key for key, _ in required}) | ledger.current
    live = {key for key, revision in current.items() if revision.event in LIVE_EVENTS}
    return [
        f"{slug}: publish the {kind} {name} first, or both together."
        for (kind, name), slug in sorted(required)
        if (kind, name) not in live
    ]


def dependant_faults(key: RecordKey) -> list[str]:
    """Return a message for each live record that refers to this one."""
    referring = Facet.objects.filter(superseded_by=None, value__in=referring_value_ids(key))
    keys = referring.values_list("value__kind", "record")
    return [f"The {kind} {slug} refers to this record. Revise it first." for kind, slug in keys]


def merge_faults(ledger: Ledger, record: Record, into: Record) -> list[str]:
    if record_key(record) == record_key(into) or record.KIND != into.KIND:
        return ["Choose another record of the same kind to merge into."]
    if not ledger.current_live(record_key(into)):
        return [f"{into} is not published. Choose a published record to merge into."]
    return []
