"""Records of an import of drafts, and what the import does to each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import QuerySet, prefetch_related_objects

from policy.documents import evidence
from policy.documents.build import DOCUMENT_PREFETCHES, build_drafts
from policy.documents.columns import get_stored_fields
from policy.documents.diff import Difference, diff_documents
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.times import format_timestamp
from policy.documents.types import Document, RecordKey
from policy.exchange import validate_changes
from policy.models import Record
from policy.publishing.publish import RecordT
from policy.publishing.restore import batched
from policy.strictjson import PathProblem

DRAFT_BATCH_SIZE = 500


@dataclass
class DraftEntry:
    """One record in a file that is imported as drafts."""

    kind: str
    slug: str
    location: str  # the place in the file, for people
    body: Document
    note: str | None = None  # None: not in the file
    edition: str = ""
    partial: bool = False  # fields that are not in `body` stay unchanged
    problems: list[PathProblem] = field(default_factory=list)

    @property
    def key(self) -> RecordKey:
        return self.kind, self.slug


def format_edition(record: Record) -> str:
    """Return when a record was saved last. Spreadsheets do not convert this text to a date."""
    return f"saved {format_timestamp(record.edited_at)}"


def iter_draft_documents(rows: QuerySet[RecordT]) -> Iterator[tuple[RecordT, Document]]:
    """Yield records with their documents, without computed fields and names of other records."""
    batch: list[RecordT]
    for batch in batched(rows.iterator(DRAFT_BATCH_SIZE), DRAFT_BATCH_SIZE):
        yield from zip(batch, build_draft_documents(batch), strict=True)


def build_draft_documents(records: Sequence[Record]) -> list[Document]:
    if not records:
        return []
    kind = records[0].KIND
    prefetch_related_objects(records, *DOCUMENT_PREFETCHES[kind])
    return [drop_read_only_fields(kind, body) for body in build_drafts(records)]


def drop_read_only_fields(kind: str, body: Document) -> Document:
    """Return the fields of a document that an import may set."""
    schema = DOCUMENT_SCHEMAS[kind]
    stored = get_stored_fields(schema)
    return {
        name: drop_computed_fields(value)
        for name, value in body.items()
        if name in stored or name not in schema.model_fields
    }


def drop_computed_fields(value: object) -> object:
    if isinstance(value, list):
        return [drop_computed_fields(item) for item in value]
    if not isinstance(value, dict):
        return value
    computed = {"name"} if "id" in value else {"key"} if "role" in value else set()
    return {
        name: drop_computed_fields(item) for name, item in value.items() if name not in computed
    }


@dataclass
class ImportOutcome:
    """The effect of an import on one record. `validated` is empty if nothing changes."""

    entry: DraftEntry
    record: Record | None
    before: Document
    after: Document
    validated: Document = field(default_factory=dict)
    problems: list[PathProblem] = field(default_factory=list)

    @property
    def status(self) -> str:
        if self.problems:
            return "faulty"
        if not self.validated:
            return "unchanged"
        return "changed" if self.record else "new"

    @property
    def name(self) -> str:
        stated = self.after.get("title") or self.after.get("name") or self.entry.slug
        return str(self.record or stated)

    @cached_property
    def differences(self) -> list[Difference]:
        if self.status not in ("new", "changed"):
            return []
        old = self.record.note if self.record else ""
        new = old if self.entry.note is None else self.entry.note
        return diff_documents({**self.before, "note": old}, {**self.after, "note": new})

    @property
    def warnings(self) -> list[PathProblem]:
        """Problems with keys of citations, notes and unknowns. They do not stop the import."""
        if self.entry.kind != "action" or not self.differences:
            return []
        return list(evidence.iter_key_problems(self.after))


def has_new_note(outcome: ImportOutcome) -> bool:
    stored = outcome.record.note if outcome.record else None
    return outcome.entry.note not in (None, stored)


def is_unchanged(outcome: ImportOutcome) -> bool:
    unchanged = outcome.record is not None and outcome.before == outcome.after
    return unchanged and not has_new_note(outcome)


def is_equivalent(outcome: ImportOutcome) -> bool:
    """Whether both documents have the same meaning, such as a set in another order."""
    if outcome.record is None or has_new_note(outcome):
        return False
    before = validate_changes.normalize_document(outcome.entry.kind, outcome.before)
    return before == outcome.validated
