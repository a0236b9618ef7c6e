"""Drafts out of the workbench and back into it: all of a file or nothing, and nothing published."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet, prefetch_related_objects
from django.utils import timezone

from policy import audit
from policy.documents import evidence
from policy.documents.diff import Difference, differences
from policy.documents.schema import READ, SHAPES, drafts, instant
from policy.documents.strictshape import Reader
from policy.exchange import validate, write_rows
from policy.exchange.folder import Dataset
from policy.models import RECORDS, Jurisdiction, Record, Revision, Source
from policy.models.revision import LIVE
from policy.publishing.publish import Key, batched
from policy.strictjson import Problem

Data = dict[str, Any]
BATCH = 500
GONE = {
    "withdraw": "Was withdrawn",
    "merge": "Was merged into another",
    "takedown": "Was taken down",
}
BYTES = ("sha256", "bytes", "text_sha256", "characters")


@dataclass
class Entry:
    """One record as a file states it."""

    kind: str
    slug: str
    place: str  # where it stands in the file
    body: Data
    note: str | None = None  # None: the file does not say
    edition: str = ""
    partial: bool = False  # what is left out stays as it is
    problems: list[Problem] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return self.kind, self.slug


@dataclass
class Outcome:
    """What a file does, or would do, to one record."""

    entry: Entry
    record: Record | None
    before: Data
    after: Data
    valid: Data = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def mark(self) -> str:
        if self.problems:
            return "faulty"
        if not self.valid:
            return "unchanged"
        return "changed" if self.record else "new"

    @property
    def name(self) -> str:
        given = self.after.get("title") or self.after.get("name") or self.entry.slug
        return str(self.record or given)

    @cached_property
    def differences(self) -> list[Difference]:
        if self.mark not in ("new", "changed"):
            return []
        old = self.record.note if self.record else ""
        new = old if self.entry.note is None else self.entry.note
        return differences({**self.before, "note": old}, {**self.after, "note": new})

    @property
    def remarks(self) -> list[Problem]:
        """Keys that name nothing: likely a slip, which the forms say and save, too."""
        coded = self.entry.kind == "action" and bool(self.differences)
        return list(evidence.form_problems(self.after)) if coded else []


class Upload(Dataset):
    """Entries, to be checked as a folder of files is."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__(Path())
        self.places = {entry.key: entry.place for entry in entries}
        self.ids = {kind: {e.slug for e in entries if e.kind == kind} for kind in RECORDS}

    def file_of(self, kind: str, slug: str) -> str:
        return self.places[kind, slug]


# Out


def edition(record: Record) -> str:
    """Which saving of a record this is, in a form that no spreadsheet takes for a date."""
    return f"saved {instant(record.edited_at)}"


def written(rows: QuerySet[Any]) -> Iterator[tuple[Record, Data]]:
    """Records with what they assert, without what is computed and without names of others."""
    for batch in batched(rows.iterator(BATCH), BATCH):
        yield from zip(batch, stated(batch), strict=True)


def stated(records: Sequence[Record]) -> list[Data]:
    if not records:
        return []
    kind = records[0].KIND
    prefetch_related_objects(records, *READ[kind])
    return [asserted(kind, body) for body in drafts(records)]


def asserted(kind: str, body: Data) -> Data:
    """What of a document people may write."""
    fields = SHAPES[kind]().fields
    return {
        name: bare(value)
        for name, value in body.items()
        if name not in fields or not fields[name].read_only
    }


def bare(value: Any) -> Any:
    if isinstance(value, list):
        return [bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    computed = {"name"} if "id" in value else {"key"} if "role" in value else set()
    return {name: bare(item) for name, item in value.items() if name not in computed}


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
    found: dict[Key, tuple[Record, Data]] = {}
    for kind in RECORDS:
        slugs = [entry.slug for entry in entries if entry.kind == kind]
        rows = list(validate.standing_rows(kind, slugs).values()) if slugs else []
        for row, body in zip(rows, stated(rows), strict=True):
            found[kind, row.slug] = row, body
    return [outcome(entry, *found.get(entry.key, (None, {}))) for entry in entries]


def outcome(entry: Entry, record: Record | None, before: Data) -> Outcome:
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


def context(upload: Upload) -> Data:
    known = {
        kind: set(model.objects.values_list("slug", flat=True)) | upload.ids[kind]
        for kind, model in RECORDS.items()
    }
    known["jurisdiction"] = set(Jurisdiction.objects.values_list("code", flat=True))
    terms = validate.known_terms(upload)
    return {"terms": {term for term, abstract in terms.items() if not abstract}, "known": known}


def is_unchanged(one: Outcome) -> bool:
    noted = one.record is None or one.entry.note in (None, one.record.note)
    return one.record is not None and noted and one.before == one.after


def same(one: Outcome) -> bool:
    """Whether it says the same in other words, such as a set in another order."""
    if one.record is None or one.entry.note not in (None, one.record.note):
        return False
    return validate.asserted(one.entry.kind, one.before) == one.valid


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
    rows: validate.Rows = {
        kind: {one.entry.slug: one.valid for one in sound if one.entry.kind == kind}
        for kind in RECORDS
    }
    for kind, link in write_rows.LINKS.items():
        validate.check_links(upload, kind, link, rows[kind])
    validate.check_sources(upload, rows["source"])
    lengths: dict[str, int | None] = dict(Source.objects.values_list("slug", "characters"))
    validate.check_citations(upload, rows, lengths)
    validate.check_shortened(upload, {kind: list(found.values()) for kind, found in rows.items()})


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
    said = validate.asserted(one.entry.kind, one.before) if one.record else {}
    return one.record is not None and (one.before == one.after or said == one.valid)


def deeds(changed: Sequence[Outcome]) -> Iterator[audit.Told]:
    """What the trail keeps of an import."""
    for kind, model in RECORDS.items():
        own = {one.entry.slug: one for one in changed if one.entry.kind == kind}
        for row in model.objects.filter(slug__in=own).order_by("slug"):
            one = own[row.slug]
            detail: Data = {"imported": True}
            if only_noted(one):
                detail |= audit.detail(row, private=True)
            elif one.record:
                detail |= audit.detail(row, changes=audit.changes(one.before, one.after))
            yield "edited" if one.record else "created", row, detail


def noted(one: Outcome) -> Data:
    return one.valid if one.entry.note is None else one.valid | {"note": one.entry.note}


def tally(outcomes: Iterable[Outcome]) -> Counter[str]:
    return Counter(one.mark for one in outcomes)
