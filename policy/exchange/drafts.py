"""Drafts out of the workbench and back into it: all of a file or nothing, and nothing published."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from policy import audit
from policy.documents.strictshape import Reader
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
from policy.models import PARENT_FIELDS, RECORD_MODELS, Jurisdiction, Record, Revision, Source
from policy.models.revision import LIVE_EVENTS
from policy.publishing.restore import batched
from policy.strictjson import PathProblem

REMOVAL_MESSAGES = {
    "withdraw": "Was withdrawn",
    "merge": "Was merged into another",
    "takedown": "Was taken down",
}
SOURCE_FILE_FIELDS = ("sha256", "bytes", "text_sha256", "characters")


class DraftDataset(Dataset):
    """Entries, to be checked as a folder of files is."""

    def __init__(self, entries: Sequence[DraftEntry]) -> None:
        super().__init__(Path())
        self.locations = {entry.key: entry.location for entry in entries}
        self.ids = {kind: {e.slug for e in entries if e.kind == kind} for kind in RECORD_MODELS}

    def record_file(self, kind: str, slug: str) -> str:
        return self.locations[kind, slug]


# Out


# In


def import_drafts(entries: Sequence[DraftEntry], by: User) -> list[ImportOutcome]:
    """Check entries against everything, then write all, or none when any is faulty.

    Runs inside a transaction, holds the rows until its end, and raises DatabaseError.
    """
    flag_duplicate_entries(entries)
    outcomes = build_outcomes(entries)
    upload = DraftDataset(entries)
    validate_outcomes(upload, outcomes)
    validate_outcomes_together(upload, outcomes)
    faults: dict[str, list[PathProblem]] = {}
    for fault in upload.faults:
        faults.setdefault(fault.file, []).append((fault.field, fault.message))
    for outcome in outcomes:
        outcome.problems += faults.get(outcome.entry.location, [])
    if not any(outcome.problems for outcome in outcomes):
        write_outcomes(outcomes, by)
    return outcomes


def flag_duplicate_entries(entries: Sequence[DraftEntry]) -> None:
    first: dict[RecordKey, str] = {}
    for entry in entries:
        if first.setdefault(entry.key, entry.location) != entry.location:
            entry.problems.append(("id", f"{entry.slug} stands at {first[entry.key]} already."))


def build_outcomes(entries: Sequence[DraftEntry]) -> list[ImportOutcome]:
    found: dict[RecordKey, tuple[Record, Document]] = {}
    for kind in RECORD_MODELS:
        slugs = [entry.slug for entry in entries if entry.kind == kind]
        rows = list(validate_changes.lock_records(kind, slugs).values()) if slugs else []
        for row, body in zip(rows, build_draft_documents(rows), strict=True):
            found[kind, row.slug] = row, body
    return [build_outcome(entry, *found.get(entry.key, (None, {}))) for entry in entries]


def build_outcome(entry: DraftEntry, record: Record | None, before: Document) -> ImportOutcome:
    after = drop_read_only_fields(entry.kind, entry.body)
    if entry.partial and record:
        after = before | after
    return ImportOutcome(entry, record, before, after, problems=list(entry.problems))


def validate_outcomes(upload: DraftDataset, outcomes: Sequence[ImportOutcome]) -> None:
    reader = Reader(build_validation_context(upload))
    ends = fetch_last_revisions(outcomes)
    attached = set(Source.objects.filter(attached__isnull=False).values_list("slug", flat=True))
    for one in outcomes:
        if one.problems or is_unchanged(one):
            continue
        one.validated, found = validate.validate_record(
            one.entry.kind, one.entry.slug, one.entry.body | one.after, reader
        )
        if not found and is_equivalent(one):
            one.validated = {}
            continue
        one.problems += [*found, *iter_edit_conflicts(one, ends.get(one.entry.key))]
        if one.record and one.entry.kind == "source" and one.entry.slug in attached:
            one.problems += changed_file_problems(one)


def build_validation_context(upload: DraftDataset) -> Document:
    known = {
        kind: set(model.objects.values_list("slug", flat=True)) | upload.ids[kind]
        for kind, model in RECORD_MODELS.items()
    }
    known["jurisdiction"] = set(Jurisdiction.objects.values_list("code", flat=True))
    terms = validate_reference.abstract_by_term(upload)
    return {"terms": {term for term, abstract in terms.items() if not abstract}, "known": known}


def fetch_last_revisions(outcomes: Iterable[ImportOutcome]) -> dict[RecordKey, Revision]:
    slugs = [one.entry.slug for one in outcomes]
    rows = Revision.objects.as_of(None).filter(record__in=slugs).defer("document")
    return {(row.kind, row.record): row for row in rows}


def iter_edit_conflicts(one: ImportOutcome, last: Revision | None) -> Iterator[PathProblem]:
    """Why this record cannot be written now, whatever the file says."""
    record, given = one.record, one.entry.edition
    if last and last.event not in LIVE_EVENTS:
        yield "", f"{REMOVAL_MESSAGES[last.event]}: it is not edited any more. Take it out."
    elif record is None and given:
        yield "id", "There is no such record. An id never changes; a new record has no edition."
    elif record and not given:
        yield "edition", "Is missing: the record is here already. Export it and edit that file."
    elif record and given != format_edition(record):
        yield "edition", f"{format_last_save(record)} after this was exported. Export it again."


def format_last_save(record: Record) -> str:
    by = f" by {record.edited_by}" if record.edited_by else ""
    moment: datetime = record.edited_at
    return f"Was saved{by} on {moment:%Y-%m-%d at %H:%M} UTC"


def changed_file_problems(one: ImportOutcome) -> Iterator[PathProblem]:
    for name in SOURCE_FILE_FIELDS:
        if name in one.after and one.after[name] != one.before[name]:
            yield name, f"Its text is attached here: this stays {one.before[name]}."


def validate_outcomes_together(upload: DraftDataset, outcomes: Sequence[ImportOutcome]) -> None:
    """What no record can tell by itself."""
    sound = [one for one in outcomes if one.validated and not one.problems]
    rows: validate_sources.RecordsByKind = {
        kind: {one.entry.slug: one.validated for one in sound if one.entry.kind == kind}
        for kind in RECORD_MODELS
    }
    for kind, link in PARENT_FIELDS.items():
        validate.check_parent_cycles(upload, kind, link, rows[kind])
    validate_sources.check_duplicate_sources(upload, rows["source"])
    lengths: dict[str, int | None] = dict(Source.objects.values_list("slug", "characters"))
    validate_sources.check_record_citations(upload, rows, lengths)
    validate_sources.check_shortened_sources(
        upload, {kind: list(found.values()) for kind, found in rows.items()}
    )


def write_outcomes(outcomes: Sequence[ImportOutcome], by: User) -> None:
    valid = [one for one in outcomes if one.validated]
    changed = [one for one in valid if not is_note_only_change(one)]
    write_rows.delete_citations([one.entry.slug for one in changed if one.entry.kind == "action"])
    for kind in RECORD_MODELS:
        rows = [with_note(one) for one in changed if one.entry.kind == kind]
        old = {one.entry.slug for one in changed if one.record and one.entry.kind == kind}
        write_rows.write_records(kind, batched(rows, DRAFT_BATCH_SIZE), by, old)
    for one in valid:
        if one.record and is_note_only_change(one):
            row = RECORD_MODELS[one.entry.kind].objects.filter(pk=one.record.pk)
            row.update(note=one.entry.note or "", edited_at=timezone.now())
    connection.check_constraints()
    audit.write_audit_events(list(iter_import_events(valid)), by)


def is_note_only_change(one: ImportOutcome) -> bool:
    """A private note signs nothing: its writer does not answer for the rest."""
    said = validate_changes.normalize_document(one.entry.kind, one.before) if one.record else {}
    return one.record is not None and (one.before == one.after or said == one.validated)


def iter_import_events(changed: Sequence[ImportOutcome]) -> Iterator[audit.AuditEntry]:
    """What the trail keeps of an import."""
    for kind, model in RECORD_MODELS.items():
        own = {one.entry.slug: one for one in changed if one.entry.kind == kind}
        for row in model.objects.filter(slug__in=own).order_by("slug"):
            one = own[row.slug]
            detail: Document = {"imported": True}
            if is_note_only_change(one):
                detail |= audit.edit_detail(row, private=True)
            elif one.record:
                detail |= audit.edit_detail(row, changes=audit.get_changes(one.before, one.after))
            yield "edited" if one.record else "created", row, detail


def with_note(one: ImportOutcome) -> Document:
    return one.validated if one.entry.note is None else one.validated | {"note": one.entry.note}


def count_outcomes(outcomes: Iterable[ImportOutcome]) -> Counter[str]:
    return Counter(one.status for one in outcomes)
