"""Import of drafts: all records of a file are saved, or none. Nothing is published."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from policy import audit
from policy.documents.reference import scheme_patterns
from policy.documents.shape import ValidationContext
from policy.documents.types import Document, RecordKey
from policy.exchange import (
    validate,
    validate_changes,
    validate_reference,
    validate_sources,
    write_rows,
)
from policy.exchange.draft_entries import (
    DRAFT_BATCH_SIZE,
    DraftEntry,
    ImportOutcome,
    build_draft_documents,
    drop_read_only_fields,
    format_edition,
    is_equivalent,
    is_unchanged,
)
from policy.exchange.folder import Dataset
from policy.exchange.validate_changes import describe_removal
from policy.models import PARENT_FIELDS, RECORD_MODELS, Jurisdiction, Record, Revision, Source
from policy.models.revision import LIVE_EVENTS
from policy.publishing.restore import batched
from policy.sources.citations import SOURCE_MEASURES
from policy.strictjson import PathProblem


class DraftDataset(Dataset):
    """Entries in the form that the validation of a dataset folder takes."""

    def __init__(self, entries: Sequence[DraftEntry]) -> None:
        super().__init__(Path())
        self.locations = {entry.key: entry.location for entry in entries}
        self.ids = {
            kind: {entry.slug for entry in entries if entry.kind == kind} for kind in RECORD_MODELS
        }

    def record_file(self, kind: str, slug: str) -> str:
        return self.locations[kind, slug]


def import_drafts(entries: Sequence[DraftEntry], by: User) -> list[ImportOutcome]:
    """Validate entries, then save all of them, or none if any has problems.

    Call it inside a transaction: it locks the rows. Returns an outcome for each entry, in order.
    Raises DatabaseError.
    """
    flag_duplicate_entries(entries)
    outcomes = build_outcomes(entries)
    dataset = DraftDataset(entries)
    validate_outcomes(dataset, outcomes)
    validate_outcomes_together(dataset, outcomes)
    problems: dict[str, list[PathProblem]] = {}
    for fault in dataset.faults:
        problems.setdefault(fault.file, []).append((fault.field, fault.message))
    for outcome in outcomes:
        outcome.problems += problems.get(outcome.entry.location, [])
    if not any(outcome.problems for outcome in outcomes):
        write_outcomes(outcomes, by)
    return outcomes


def flag_duplicate_entries(entries: Sequence[DraftEntry]) -> None:
    first: dict[RecordKey, str] = {}
    for entry in entries:
        if first.setdefault(entry.key, entry.location) != entry.location:
            entry.problems.append(("id", f"{entry.slug} is already at {first[entry.key]}."))


def build_outcomes(entries: Sequence[DraftEntry]) -> list[ImportOutcome]:
    stored: dict[RecordKey, tuple[Record, Document]] = {}
    for kind in RECORD_MODELS:
        slugs = [entry.slug for entry in entries if entry.kind == kind]
        rows = list(validate_changes.lock_records(kind, slugs).values()) if slugs else []
        for row, body in zip(rows, build_draft_documents(rows), strict=True):
            stored[kind, row.slug] = row, body
    return [build_outcome(entry, *stored.get(entry.key, (None, {}))) for entry in entries]


def build_outcome(entry: DraftEntry, record: Record | None, before: Document) -> ImportOutcome:
    after = drop_read_only_fields(entry.kind, entry.body)
    if entry.partial and record:
        after = before | after
    return ImportOutcome(entry, record, before, after, problems=list(entry.problems))


def validate_outcomes(dataset: DraftDataset, outcomes: Sequence[ImportOutcome]) -> None:
    context = build_validation_context(dataset)
    last_revisions = fetch_last_revisions(outcomes)
    attached = set(Source.objects.filter(attached__isnull=False).values_list("slug", flat=True))
    for outcome in outcomes:
        entry = outcome.entry
        if outcome.problems or is_unchanged(outcome):
            continue
        outcome.validated, problems = validate.validate_record(
            entry.kind, entry.slug, entry.body | outcome.after, context
        )
        if not problems and is_equivalent(outcome):
            outcome.validated = {}
            continue
        conflicts = iter_edit_conflicts(outcome, last_revisions.get(entry.key))
        outcome.problems += [*problems, *conflicts]
        if outcome.record and entry.kind == "source" and entry.slug in attached:
            outcome.problems += changed_file_problems(outcome)


def build_validation_context(dataset: DraftDataset) -> ValidationContext:
    known = {kind: write_rows.slugs_of_kind(kind) | dataset.ids[kind] for kind in RECORD_MODELS}
    known["jurisdiction"] = set(Jurisdiction.objects.values_list("code", flat=True))
    terms = validate_reference.abstract_by_term(dataset)
    return ValidationContext(
        terms={term for term, abstract in terms.items() if not abstract},
        known=known,
        patterns=scheme_patterns(),
    )


def fetch_last_revisions(outcomes: Iterable[ImportOutcome]) -> dict[RecordKey, Revision]:
    slugs = [outcome.entry.slug for outcome in outcomes]
    rows = Revision.objects.as_of(None).filter(record__in=slugs).defer("document")
    return {(row.kind, row.record): row for row in rows}


def iter_edit_conflicts(outcome: ImportOutcome, last: Revision | None) -> Iterator[PathProblem]:
    """Yield why the record cannot be saved: it was removed, is new, or has changed since."""
    record, edition = outcome.record, outcome.entry.edition
    if last and last.event not in LIVE_EVENTS:
        removal = describe_removal(last.event, last.merged_into)
        yield "", f"The record {removal} and can no longer be edited. Remove it from the file."
    elif record is None and edition:
        yield "id", "There is no record with this id. Leave edition empty for a new record."
    elif record and not edition:
        yield (
            "edition",
            "Required: the record exists already. Export it, and edit the exported file.",
        )
    elif record and edition != format_edition(record):
        yield "edition", f"{format_last_save(record)}, after this was exported. Export it again."


def format_last_save(record: Record) -> str:
    by = f" by {record.edited_by}" if record.edited_by else ""
    moment: datetime = record.edited_at
    return f"The record was saved{by} on {moment:%Y-%m-%d at %H:%M} UTC"


def changed_file_problems(outcome: ImportOutcome) -> Iterator[PathProblem]:
    before, after = outcome.before, outcome.after
    for name in SOURCE_MEASURES:
        if name in after and after[name] != before[name]:
            yield name, f"Must stay {before[name]}, because the text of the source is attached."


def validate_outcomes_together(dataset: DraftDataset, outcomes: Sequence[ImportOutcome]) -> None:
    """Validate what depends on several records: cycles, duplicate sources and citations."""
    rows: validate_sources.RecordsByKind = {kind: {} for kind in RECORD_MODELS}
    for outcome in outcomes:
        if outcome.validated and not outcome.problems:
            rows[outcome.entry.kind][outcome.entry.slug] = outcome.validated
    for kind, link in PARENT_FIELDS.items():
        validate.check_parent_cycles(dataset, kind, link, rows[kind])
    validate_sources.check_duplicate_sources(dataset, rows["source"])
    lengths: dict[str, int | None] = dict(Source.objects.values_list("slug", "characters"))
    validate_sources.check_record_citations(dataset, rows, lengths)
    validate_sources.check_shortened_sources(
        dataset, {kind: list(documents.values()) for kind, documents in rows.items()}
    )


def write_outcomes(outcomes: Sequence[ImportOutcome], by: User) -> None:
    written = [outcome for outcome in outcomes if outcome.validated]
    changed = [outcome for outcome in written if not is_note_only_change(outcome)]
    actions = [outcome.entry.slug for outcome in changed if outcome.entry.kind == "action"]
    write_rows.delete_citations(actions)
    for kind in RECORD_MODELS:
        of_kind = [outcome for outcome in changed if outcome.entry.kind == kind]
        batches = batched(map(with_note, of_kind), DRAFT_BATCH_SIZE)
        old = {outcome.entry.slug for outcome in of_kind if outcome.record}
        write_rows.write_records(kind, batches, by, old)
    for outcome in written:
        if outcome.record and is_note_only_change(outcome):
            row = write_rows.records_of_kind(outcome.entry.kind).filter(pk=outcome.record.pk)
            row.update(note=outcome.entry.note or "", edited_at=timezone.now())
    connection.check_constraints()
    audit.write_audit_events(list(iter_import_events(written)), by)


def is_note_only_change(outcome: ImportOutcome) -> bool:
    """Whether only the private note changes. Its author is then not the editor of the record."""
    if outcome.record is None:
        return False
    before = validate_changes.normalize_document(outcome.entry.kind, outcome.before)
    return outcome.before == outcome.after or before == outcome.validated


def iter_import_events(written: Sequence[ImportOutcome]) -> Iterator[audit.AuditEntry]:
    """Yield the entries of the audit log, ordered by kind and id."""
    for kind in RECORD_MODELS:
        by_slug = {outcome.entry.slug: outcome for outcome in written if outcome.entry.kind == kind}
        rows = write_rows.records_of_kind(kind).filter(slug__in=by_slug)
        for row in rows.order_by("slug"):
            outcome = by_slug[row.slug]
            detail: Document = {"imported": True}
            if is_note_only_change(outcome):
                detail |= audit.edit_detail(row, private=True)
            elif outcome.record:
                changes = audit.get_changes(outcome.before, outcome.after)
                detail |= audit.edit_detail(row, changes=changes)
            yield "edited" if outcome.record else "created", row, detail


def with_note(outcome: ImportOutcome) -> Document:
    note = outcome.entry.note
    return outcome.validated if note is None else outcome.validated | {"note": note}


def count_outcomes(outcomes: Iterable[ImportOutcome]) -> Counter[str]:
    return Counter(outcome.status for outcome in outcomes)
