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
from policy.documents.types import Document, Key
from policy.exchange import (
    validate,
    validate_changes,
    validate_reference,
    validate_sources,
    write_rows,
)
from policy.exchange.draft_entries import (
    BATCH,
    Entry,
    Outcome,
    asserted,
    edition,
    is_unchanged,
    same,
    stated,
)
from policy.exchange.folder import Dataset
from policy.models import PARENT_FIELDS, RECORDS, Jurisdiction, Record, Revision, Source
from policy.models.revision import LIVE
from policy.publishing.restore import batched
from policy.strictjson import Problem

GONE = {
    "withdraw": "Was withdrawn",
    "merge": "Was merged into another",
    "takedown": "Was taken down",
}
BYTES = ("sha256", "bytes", "text_sha256", "characters")


class Upload(Dataset):
    """Entries, to be checked as a folder of files is."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__(Path())
        self.places = {entry.key: entry.place for entry in entries}
        self.ids = {kind: {e.slug for e in entries if e.kind == kind} for kind in RECORDS}

    def file_of(self, kind: str, slug: str) -> str:
        return self.places[kind, slug]


# Out


# In


def bring_in(entries: Sequence[Entry], by: User) -> list[Outcome]:
    """Check entries against everything, then write all, or none when any is faulty.

    Runs inside a transaction, holds the rows until its end, and raises DatabaseError.
    """
    mark_doubles(entries)
    outcomes = compared(entries)
    upload = Upload(entries)
    check_each(upload, outcomes)
    check_together(upload, outcomes)
    faults: dict[str, list[Problem]] = {}
    for fault in upload.faults:
        faults.setdefault(fault.file, []).append((fault.field, fault.message))
    for outcome in outcomes:
        outcome.problems += faults.get(outcome.entry.place, [])
    if not any(outcome.problems for outcome in outcomes):
        write(outcomes, by)
    return outcomes


def mark_doubles(entries: Sequence[Entry]) -> None:
    first: dict[Key, str] = {}
    for entry in entries:
        if first.setdefault(entry.key, entry.place) != entry.place:
            entry.problems.append(("id", f"{entry.slug} stands at {first[entry.key]} already."))


def compared(entries: Sequence[Entry]) -> list[Outcome]:
    found: dict[Key, tuple[Record, Document]] = {}
    for kind in RECORDS:
        slugs = [entry.slug for entry in entries if entry.kind == kind]
        rows = list(validate_changes.standing_rows(kind, slugs).values()) if slugs else []
        for row, body in zip(rows, stated(rows), strict=True):
            found[kind, row.slug] = row, body
    return [outcome(entry, *found.get(entry.key, (None, {}))) for entry in entries]


def outcome(entry: Entry, record: Record | None, before: Document) -> Outcome:
    after = asserted(entry.kind, entry.body)
    if entry.partial and record:
        after = before | after
    return Outcome(entry, record, before, after, problems=list(entry.problems))


def check_each(upload: Upload, outcomes: Sequence[Outcome]) -> None:
    reader = Reader(context(upload))
    ends = last_revisions(outcomes)
    attached = set(Source.objects.filter(attached__isnull=False).values_list("slug", flat=True))
    for one in outcomes:
        if one.problems or is_unchanged(one):
            continue
        one.valid, found = validate.read_record(
            one.entry.kind, one.entry.slug, one.entry.body | one.after, reader
        )
        if not found and same(one):
            one.valid = {}
            continue
        one.problems += [*found, *obstacles(one, ends.get(one.entry.key))]
        if one.record and one.entry.kind == "source" and one.entry.slug in attached:
            one.problems += bytes_changed(one)


def context(upload: Upload) -> Document:
    known = {
        kind: set(model.objects.values_list("slug", flat=True)) | upload.ids[kind]
        for kind, model in RECORDS.items()
    }
    known["jurisdiction"] = set(Jurisdiction.objects.values_list("code", flat=True))
    terms = validate_reference.known_terms(upload)
    return {"terms": {term for term, abstract in terms.items() if not abstract}, "known": known}


def last_revisions(outcomes: Iterable[Outcome]) -> dict[Key, Revision]:
    slugs = [one.entry.slug for one in outcomes]
    rows = Revision.objects.as_of(None).filter(record__in=slugs).defer("document")
    return {(row.kind, row.record): row for row in rows}


def obstacles(one: Outcome, last: Revision | None) -> Iterator[Problem]:
    """Why this record cannot be written now, whatever the file says."""
    record, given = one.record, one.entry.edition
    if last and last.event not in LIVE:
        yield "", f"{GONE[last.event]}: it is not edited any more. Take it out."
    elif record is None and given:
        yield "id", "There is no such record. An id never changes; a new record has no edition."
    elif record and not given:
        yield "edition", "Is missing: the record is here already. Export it and edit that file."
    elif record and given != edition(record):
        yield "edition", f"{saved(record)} after this was exported. Export it again."


def saved(record: Record) -> str:
    by = f" by {record.edited_by}" if record.edited_by else ""
    moment: datetime = record.edited_at
    return f"Was saved{by} on {moment:%Y-%m-%d at %H:%M} UTC"


def bytes_changed(one: Outcome) -> Iterator[Problem]:
    for name in BYTES:
        if name in one.after and one.after[name] != one.before[name]:
            yield name, f"Its text is attached here: this stays {one.before[name]}."


def check_together(upload: Upload, outcomes: Sequence[Outcome]) -> None:
    """What no record can tell by itself."""
    sound = [one for one in outcomes if one.valid and not one.problems]
    rows: validate_sources.Rows = {
        kind: {one.entry.slug: one.valid for one in sound if one.entry.kind == kind}
        for kind in RECORDS
    }
    for kind, link in PARENT_FIELDS.items():
        validate.check_links(upload, kind, link, rows[kind])
    validate_sources.check_sources(upload, rows["source"])
    lengths: dict[str, int | None] = dict(Source.objects.values_list("slug", "characters"))
    validate_sources.check_citations(upload, rows, lengths)
    validate_sources.check_shortened(
        upload, {kind: list(found.values()) for kind, found in rows.items()}
    )


def write(outcomes: Sequence[Outcome], by: User) -> None:
    valid = [one for one in outcomes if one.valid]
    changed = [one for one in valid if not only_noted(one)]
    write_rows.drop_citations([one.entry.slug for one in changed if one.entry.kind == "action"])
    for kind in RECORDS:
        rows = [noted(one) for one in changed if one.entry.kind == kind]
        old = {one.entry.slug for one in changed if one.record and one.entry.kind == kind}
        write_rows.write(kind, batched(rows, BATCH), by, old)
    for one in valid:
        if one.record and only_noted(one):
            row = RECORDS[one.entry.kind].objects.filter(pk=one.record.pk)
            row.update(note=one.entry.note or "", edited_at=timezone.now())
    connection.check_constraints()
    audit.write_all(list(deeds(valid)), by)


def only_noted(one: Outcome) -> bool:
    """A private note signs nothing: its writer does not answer for the rest."""
    said = validate_changes.asserted(one.entry.kind, one.before) if one.record else {}
    return one.record is not None and (one.before == one.after or said == one.valid)


def deeds(changed: Sequence[Outcome]) -> Iterator[audit.Told]:
    """What the trail keeps of an import."""
    for kind, model in RECORDS.items():
        own = {one.entry.slug: one for one in changed if one.entry.kind == kind}
        for row in model.objects.filter(slug__in=own).order_by("slug"):
            one = own[row.slug]
            detail: Document = {"imported": True}
            if only_noted(one):
                detail |= audit.detail(row, private=True)
            elif one.record:
                detail |= audit.detail(row, changes=audit.changes(one.before, one.after))
            yield "edited" if one.record else "created", row, detail


def noted(one: Outcome) -> Document:
    return one.valid if one.entry.note is None else one.valid | {"note": one.entry.note}


def tally(outcomes: Iterable[Outcome]) -> Counter[str]:
    return Counter(one.mark for one in outcomes)
