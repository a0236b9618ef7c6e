"""TODO docstring."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import QuerySet, prefetch_related_objects

from policy.documents import evidence
from policy.documents.build import READ, drafts, instant
from policy.documents.diff import Difference, differences
from policy.documents.schema import SHAPES
from policy.documents.types import Document, Key
from policy.exchange import validate_changes
from policy.models import Record
from policy.publishing.restore import batched
from policy.strictjson import Problem

BATCH = 500


@dataclass
class Entry:
    """One record as a file states it."""

    kind: str
    slug: str
    place: str  # where it stands in the file
    body: Document
    note: str | None = None  # None: the file does not say
    edition: str = ""
    partial: bool = False  # what is left out stays as it is
    problems: list[Problem] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return self.kind, self.slug


def edition(record: Record) -> str:
    """Which saving of a record this is, in a form that no spreadsheet takes for a date."""
    return f"saved {instant(record.edited_at)}"


def written(rows: QuerySet[Any]) -> Iterator[tuple[Record, Document]]:
    """Records with what they assert, without what is computed and without names of others."""
    for batch in batched(rows.iterator(BATCH), BATCH):
        yield from zip(batch, stated(batch), strict=True)


def stated(records: Sequence[Record]) -> list[Document]:
    if not records:
        return []
    kind = records[0].KIND
    prefetch_related_objects(records, *READ[kind])
    return [asserted(kind, body) for body in drafts(records)]


def asserted(kind: str, body: Document) -> Document:
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


@dataclass
class Outcome:
    """What a file does, or would do, to one record."""

    entry: Entry
    record: Record | None
    before: Document
    after: Document
    valid: Document = field(default_factory=dict)
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


def is_unchanged(one: Outcome) -> bool:
    noted = one.record is None or one.entry.note in (None, one.record.note)
    return one.record is not None and noted and one.before == one.after


def same(one: Outcome) -> bool:
    """Whether it says the same in other words, such as a set in another order."""
    if one.record is None or one.entry.note not in (None, one.record.note):
        return False
    return validate_changes.asserted(one.entry.kind, one.before) == one.valid
