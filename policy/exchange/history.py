"""Validation of revisions.ndjson line by line, and the revisions to restore from it."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from sys import intern
from typing import NamedTuple

import orjson

from policy.documents.build import serialize_document
from policy.documents.record_schema import Tombstone
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.shape import ValidationContext
from policy.documents.times import format_timestamp
from policy.documents.types import Document, RecordKey
from policy.documents.validation import validate_document
from policy.exchange import folder as dataset_folder
from policy.exchange import write_rows
from policy.exchange.folder import HISTORY_FILE, Dataset
from policy.exchange.history_line import (
    CitedExtents,
    HistoryLine,
    RevisionLine,
    database_mismatches,
    document_mismatches,
    expected_tombstone,
    field_mismatches,
    get_cited_extents,
)
from policy.exchange.spool import Spool
from policy.models import RECORD_MODELS, Revision
from policy.models.revision import LIVE_EVENTS, RECORD_KINDS
from policy.publishing.ledger import Ledger
from policy.publishing.restore import batched
from policy.seals import compute_seal
from policy.strictjson import PathProblem

HISTORY_BATCH_SIZE = 500


class Supersession(NamedTuple):
    version: int  # of the revision that takes over
    at: datetime


class LineExtents(NamedTuple):
    where: str  # the line
    extents: CitedExtents


class LastRevision(NamedTuple):
    """The last revision of a record so far."""

    version: int
    number: int
    event: str
    merged_into: str


class HistoryReplay:
    """State after the lines that were read so far, starting from the state of the database."""

    def __init__(
        self, dataset: Dataset, ledger: Ledger, context: ValidationContext, spool: Spool
    ) -> None:
        self.dataset = dataset
        self.spool = spool
        self.context = context
        self.initial_version = ledger.version
        self.version: int | None = ledger.version  # None: the last line could not be read
        self.last_instant = ledger.last_instant
        self.seal: str | None = ledger.seal  # None: the last line could not be read
        self.has_unreadable_line = False  # it may have been a revision of any record
        self.last_revisions = load_last_revisions()
        self.file_keys = {(kind, slug) for kind, rows in dataset.records.items() for slug in rows}
        # Of records that are files, too: all their documents in the history.
        self.earlier_documents: dict[RecordKey, list[Document]] = {}
        # Where the spool holds the last live document of each record in new lines.
        self.latest_offsets: dict[RecordKey, int] = {}
        self.supersessions: dict[int, Supersession] = {}  # by the version that it ends
        self.latest_sources: dict[str, Document] = {}  # last live documents of new lines
        self.cited_extents: dict[str, LineExtents] = {}  # by action

    def validate_line(
        self, where: str, value: Document, stored: dict[int, Revision]
    ) -> list[PathProblem]:
        """Return the problems of a line, and apply it to the state.

        `where` names the line in faults. `stored` has revisions of the database by version.
        """
        fields, problems = validate_document(HistoryLine, value, self.context)
        if problems:
            self.mark_unreadable()
            return problems
        line = RevisionLine(**fields)
        if line.version <= self.initial_version:
            return list(database_mismatches(stored.get(line.version), line))
        data: Document = {}
        if line.event in LIVE_EVENTS:
            data, problems = self.validate_document(line)
        else:
            problems = self.validate_tombstone(line)
        problems += self.iter_version_problems(line)
        problems += self.iter_seal_problems(line)
        self.apply_line(where, line, data)
        return problems

    def mark_unreadable(self) -> None:
        self.version, self.seal, self.has_unreadable_line = None, None, True

    def validate_document(self, line: RevisionLine) -> tuple[Document, list[PathProblem]]:
        """Return the validated document of a line, and its problems."""
        data, problems = validate_document(DOCUMENT_SCHEMAS[line.kind], line.document, self.context)
        if not problems:
            problems = [
                *write_rows.constraint_problems(line.kind, data),
                *document_mismatches(line, self.context.terms or ()),
            ]
        return data, [(f"document.{path}".rstrip("."), message) for path, message in problems]

    def validate_tombstone(self, line: RevisionLine) -> list[PathProblem]:
        _, problems = validate_document(Tombstone, line.document, self.context)
        problems = problems or list(field_mismatches(line.document, expected_tombstone(line)))
        return [(f"document.{path}".rstrip("."), message) for path, message in problems]

    def iter_version_problems(self, line: RevisionLine) -> Iterator[PathProblem]:
        """Yield why a line cannot follow the line before it."""
        if self.version is not None and line.version != self.version + 1:
            yield "version", f"Must be {self.version + 1}, the next version, not {line.version}."
        if self.last_instant and line.published_at <= self.last_instant:
            previous = format_timestamp(self.last_instant)
            yield "published_at", f"Must be later than {previous}, the time of the version before."
        if not self.has_unreadable_line:
            yield from self.iter_sequence_problems(line, self.last_revisions.get(line.key))

    def iter_seal_problems(self, line: RevisionLine) -> Iterator[PathProblem]:
        """Yield why the leaf or the seal of a line is wrong, and keep its seal."""
        leaf = line.leaf if line.redacted else line.content_leaf
        if line.leaf and line.leaf != leaf:
            yield "leaf", "Does not match the SHA-256 of the values of this line."
        expected = compute_seal(self.seal, leaf) if self.seal else line.seal
        if line.seal and line.seal != expected:
            yield "seal", "Does not match the SHA-256 of the seal before it and of the leaf."
        self.seal = line.seal or expected or None

    def iter_sequence_problems(
        self, line: RevisionLine, last: LastRevision | None
    ) -> Iterator[PathProblem]:
        """Yield why a revision cannot follow the last revision of its record."""
        number, live = (last.number + 1 if last else 1), bool(last and last.event in LIVE_EVENTS)
        if line.revision != number:
            yield "revision", f"Must be {number}, the next revision of the record."
        if line.event == "takedown":  # the dump does not say what was taken down
            return
        if last and line.is_repeated_tombstone(last.event, last.merged_into):
            return
        if last and last.event == "takedown":
            yield "event", "The record was taken down."
        elif last and last.event == "merge":
            yield "event", f"The record was merged into {last.merged_into}."
        elif (line.event == "publish") == live:
            yield (
                "event",
                f"The record is {'already' if live else 'not'} published at this version.",
            )
        into = self.last_revisions.get((line.kind, line.merged_into))
        if line.event == "merge" and not (into and into.event in (*LIVE_EVENTS, "takedown")):
            yield "merged_into", f"There is no published {line.kind} {line.merged_into}."

    def apply_line(self, where: str, line: RevisionLine, data: Document) -> None:
        key = line.key
        self.version, self.last_instant = line.version, line.published_at
        if previous := self.last_revisions.get(key):
            self.supersessions[previous.version] = Supersession(line.version, line.published_at)
        self.last_revisions[key] = LastRevision(
            line.version, line.revision, line.event, line.merged_into
        )
        if not data:
            return
        self.latest_offsets[key] = self.spool.put(data)
        if key in self.file_keys:
            self.earlier_documents.setdefault(key, []).append(data)
        if line.kind == "source":
            self.latest_sources[data["slug"]] = data
        if line.kind == "action":
            self.cited_extents[line.record] = LineExtents(where, get_cited_extents(data))


def load_last_revisions() -> dict[RecordKey, LastRevision]:
    rows = Revision.objects.filter(superseded_at=None).values_list(
        "kind", "record", "id", "number", "event", "merged_into"
    )
    return {
        (kind, record): LastRevision(version, number, event, merged_into)
        for kind, record, version, number, event, merged_into in rows.iterator()
    }


def collect_history_ids(dataset: Dataset) -> dict[str, set[str]]:
    """Return the ids of records in the history, by kind. Unreadable lines are skipped."""
    ids: dict[str, set[str]] = {kind: set() for kind in RECORD_MODELS}
    for _, line in dataset_folder.iter_history_lines(dataset, "Scanning revisions"):
        with suppress(orjson.JSONDecodeError):
            match orjson.loads(line):
                case {"kind": str(kind), "record": str(record)} if kind in RECORD_KINDS:
                    ids[kind].add(intern(record))
    return ids


def validate_history(
    dataset: Dataset, ledger: Ledger, context: ValidationContext, spool: Spool
) -> HistoryReplay:
    """Validate every line against its schema, the lines before it and the database.

    Faults are added to `dataset`.
    """
    history = HistoryReplay(dataset, ledger, context, spool)
    for batch in batched(
        dataset_folder.parse_history_lines(dataset, "Checking revisions"), HISTORY_BATCH_SIZE
    ):
        versions = [line.value.get("version") for line in batch]
        old = [v for v in versions if type(v) is int and v <= ledger.version]
        stored = Revision.objects.in_bulk(old)
        for line in batch:
            where = f"line {line.number}"
            if line.problems:
                history.mark_unreadable()
            problems = line.problems or history.validate_line(where, line.value, stored)
            dataset.add_faults(HISTORY_FILE, where, problems)
    return history


def check_history_citations(
    dataset: Dataset, history: HistoryReplay, lengths: Mapping[str, int | None]
) -> None:
    """Add faults for citations that end after the end of their source.

    `lengths` has the number of characters by source.
    """
    for where, extents in history.cited_extents.values():
        for source, end in extents:
            length = lengths.get(source)
            if length is not None and end > length:
                message = f"A passage ends at {end}, but {source} has only {length} characters."
                dataset.add_fault(HISTORY_FILE, message, where, "document.citations")


def iter_new_revisions(history: HistoryReplay) -> Iterator[tuple[Revision, Document]]:
    """Yield the revisions that the database does not have, with their documents."""
    for _, line in dataset_folder.iter_history_lines(history.dataset, "Writing revisions"):
        value: Document = orjson.loads(line)
        if value["version"] > history.initial_version:
            revision = build_restored_revision(value)
            if supersession := history.supersessions.get(revision.id):
                revision.successor, revision.superseded_at = supersession
            yield revision, value["document"]


def build_restored_revision(line: Document) -> Revision:
    return Revision(
        id=line["version"],
        kind=line["kind"],
        record=line["record"],
        number=line["revision"],
        event=line["event"],
        published_at=datetime.fromisoformat(line["published_at"]),
        reason=line["reason"],
        merged_into=line["merged_into"],
        review=line["review"],
        digest=line["digest"],
        leaf=line.get("leaf", ""),
        seal=line.get("seal", ""),
        redacted=line.get("redacted", False),
        document=serialize_document(line["document"]),
    )
