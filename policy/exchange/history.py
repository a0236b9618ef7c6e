"""revisions.ndjson: the form of its lines, how each follows the last, and what they become."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from sys import intern
from typing import Any, NamedTuple

import orjson

from policy.documents.build import format_timestamp, serialize_document
from policy.documents.record_schema import Tombstone
from policy.documents.schema import DOCUMENT_SERIALIZERS
from policy.documents.strictshape import Reader
from policy.documents.types import Document, RecordKey
from policy.exchange import folder as format
from policy.exchange import write_rows
from policy.exchange.folder import HISTORY_FILE, Dataset
from policy.exchange.history_line import (
    CitedExtents,
    HistoryLine,
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
from policy.strictjson import PathProblem

Supersession = tuple[int, datetime]  # the version that takes over, and when
HISTORY_BATCH_SIZE = 500


class LastRevision(NamedTuple):
    """How a record stands after its last revision."""

    version: int
    number: int
    event: str
    merged_into: str


class HistoryReplay:
    """What the lines of a dataset come to, on top of what the database holds."""

    def __init__(self, dataset: Dataset, ledger: Ledger, context: Document, shelf: Spool) -> None:
        self.dataset = dataset
        self.spool = shelf
        self.reader = Reader(context, published=True)
        self.initial_version = ledger.version
        self.version: int | None = ledger.version  # None: the last line could not be read
        self.last_instant = ledger.last_instant
        self.has_unreadable_line = (
            False  # a line could not be read, so nobody knows whose revision it was
        )
        self.last_revisions = load_last_revisions()
        self.file_keys = {(kind, slug) for kind, rows in dataset.records.items() for slug in rows}
        self.earlier_documents: dict[
            RecordKey, list[Document]
        ] = {}  # what records that are files, too, once asserted
        self.latest_offsets: dict[
            RecordKey, int
        ] = {}  # where on the shelf is what each new record asserts last
        self.supersessions: dict[int, Supersession] = {}  # by the version that it ends
        self.sources: dict[str, Document] = {}  # what new sources assert last
        self.cited_extents: dict[str, tuple[str, CitedExtents]] = {}  # how far actions cite sources

    def validate_line(
        self, where: str, line: Document, standing: dict[int, Revision]
    ) -> list[PathProblem]:
        """What is wrong with a line. It becomes the one that the next has to follow."""
        value, problems = self.reader.read(HistoryLine, line)
        if problems:
            self.mark_unreadable()
            return problems
        if value["version"] <= self.initial_version:
            return list(database_mismatches(standing.get(value["version"]), value))
        if value["event"] in LIVE_EVENTS:
            data, problems = self.validate_document(value)
        else:
            data, problems = {}, self.validate_tombstone(value)
        problems += self.iter_version_problems(value)
        self.apply_line(where, value, data)
        return problems

    def mark_unreadable(self) -> None:
        self.version, self.has_unreadable_line = None, True

    def validate_document(self, value: Document) -> tuple[Document, list[PathProblem]]:
        """What a document asserts, and what is wrong with it."""
        data, problems = self.reader.read(DOCUMENT_SERIALIZERS[value["kind"]], value["document"])
        if not problems:
            terms = self.reader.context["terms"]
            problems = [
                *write_rows.constraint_problems(value["kind"], data),
                *document_mismatches(value, terms),
            ]
        return data, [(f"document.{path}".rstrip("."), message) for path, message in problems]

    def validate_tombstone(self, value: Document) -> list[PathProblem]:
        _, problems = self.reader.read(Tombstone, value["document"])
        problems = problems or list(field_mismatches(value["document"], expected_tombstone(value)))
        return [(f"document.{path}".rstrip("."), message) for path, message in problems]

    def iter_version_problems(self, value: Document) -> Iterator[PathProblem]:
        """Why a line cannot stand where it stands."""
        if self.version is not None and value["version"] != self.version + 1:
            yield "version", f"Version {self.version + 1} comes next, not {value['version']}."
        if self.last_instant and value["published_at"] <= self.last_instant:
            yield (
                "published_at",
                f"The version before it came at {format_timestamp(self.last_instant)}.",
            )
        if not self.has_unreadable_line:
            yield from self.iter_sequence_problems(
                value, self.last_revisions.get((value["kind"], value["record"]))
            )

    def iter_sequence_problems(
        self, value: Document, end: LastRevision | None
    ) -> Iterator[PathProblem]:
        """Why a revision cannot come after the record's last one."""
        number, live = (end.number + 1 if end else 1), bool(end and end.event in LIVE_EVENTS)
        if value["revision"] != number:
            yield "revision", f"The record's next revision is {number}."
        if value["event"] == "takedown":  # of whatever stood there, which nobody may tell
            return
        if end and end.event == "takedown":
            yield "event", "The record was taken down."
        elif end and end.event == "merge":
            yield "event", f"The record was merged into {end.merged_into}."
        elif (value["event"] == "publish") == live:
            yield "event", f"The record is {'' if live else 'not '}published by then."
        into = self.last_revisions.get((value["kind"], value["merged_into"]))
        if value["event"] == "merge" and not (into and into.event in (*LIVE_EVENTS, "takedown")):
            yield "merged_into", f"There is no published {value['kind']} {value['merged_into']}."

    def apply_line(self, where: str, value: Document, data: Document) -> None:
        key = (value["kind"], intern(value["record"]))
        self.version, self.last_instant = value["version"], value["published_at"]
        if before := self.last_revisions.get(key):
            self.supersessions[before.version] = value["version"], value["published_at"]
        self.last_revisions[key] = LastRevision(
            value["version"], value["revision"], value["event"], value["merged_into"]
        )
        if not data:
            return
        self.latest_offsets[key] = self.spool.put(data)
        if key in self.file_keys:
            self.earlier_documents.setdefault(key, []).append(data)
        if value["kind"] == "source":
            self.sources[data["slug"]] = data
        if value["kind"] == "action":
            self.cited_extents[key[1]] = where, get_cited_extents(data)


def load_last_revisions() -> dict[RecordKey, LastRevision]:
    rows = (
        Revision.objects.filter(superseded_at=None)
        .values_list("kind", "record", "id", "number", "event", "merged_into")
        .iterator()
    )
    return {
        (kind, record): LastRevision(v, n, event, into) for kind, record, v, n, event, into in rows
    }


def collect_history_ids(dataset: Dataset) -> dict[str, set[str]]:
    """The ids that lines speak of, by kind. What cannot be read is told when lines are checked."""
    found: dict[str, set[str]] = {kind: set() for kind in RECORD_MODELS}
    for _, line in format.iter_history_lines(dataset, "Looking through revisions"):
        with suppress(orjson.JSONDecodeError):
            match orjson.loads(line):
                case {"kind": str(kind), "record": str(record)} if kind in RECORD_KINDS:
                    found[kind].add(intern(record))
    return found


def validate_history(
    dataset: Dataset, ledger: Ledger, context: Document, shelf: Spool
) -> HistoryReplay:
    """Check every line against its form, the lines before it and the database."""
    history = HistoryReplay(dataset, ledger, context, shelf)
    for batch in batched(
        format.parse_history_lines(dataset, "Checking revisions"), HISTORY_BATCH_SIZE
    ):
        versions = [line.get("version") for _, line, _ in batch]
        old = [v for v in versions if type(v) is int and v <= ledger.version]
        standing = Revision.objects.in_bulk(old)
        for number, line, problems in batch:
            where = f"line {number}"
            if problems:
                history.mark_unreadable()
            dataset.add_faults(
                HISTORY_FILE, where, problems or history.validate_line(where, line, standing)
            )
    return history


def check_history_citations(
    dataset: Dataset, history: HistoryReplay, lengths: Mapping[str, Any]
) -> None:
    """Citations of the last revisions lie inside the last revisions of their sources."""
    for where, cited in history.cited_extents.values():
        for source, end in cited:
            if end > lengths.get(source, end):
                message = f"{end} lies outside the {lengths[source]} characters of {source}."
                dataset.add_fault(HISTORY_FILE, message, where, "document.citations")


def iter_new_revisions(history: HistoryReplay) -> Iterator[tuple[Revision, Document]]:
    """The lines, once checked, as revisions to append. Each knows which one takes over."""
    for _, line in format.iter_history_lines(history.dataset, "Writing revisions"):
        value = orjson.loads(line)
        if value["version"] > history.initial_version:
            revision = build_restored_revision(value)
            takeover = history.supersessions.get(revision.id, (None, None))
            revision.successor, revision.superseded_at = takeover
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
        document=serialize_document(line["document"]),
    )
