"""revisions.ndjson: the form of its lines, how each follows the last, and what they become."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from sys import intern
from typing import Any, NamedTuple

import orjson

from policy.documents.build import instant, text
from policy.documents.record_schema import Tombstone
from policy.documents.schema import SHAPES
from policy.documents.strictshape import Reader
from policy.documents.types import Document, Key
from policy.exchange import folder as format
from policy.exchange import write_rows
from policy.exchange.folder import HISTORY, Dataset
from policy.exchange.history_line import (
    Line,
    Reach,
    contradictions,
    differences,
    reach,
    stone,
    unlike,
)
from policy.exchange.spool import Shelf
from policy.models import RECORDS, Revision
from policy.models.revision import KINDS, LIVE
from policy.publishing.ledger import Ledger
from policy.publishing.restore import batched
from policy.strictjson import Problem

Takeover = tuple[int, datetime]  # the version that takes over, and when
BATCH = 500


class End(NamedTuple):
    """How a record stands after its last revision."""

    version: int
    number: int
    event: str
    merged_into: str


class History:
    """What the lines of a dataset come to, on top of what the database holds."""

    def __init__(self, dataset: Dataset, ledger: Ledger, context: Document, shelf: Shelf) -> None:
        self.dataset = dataset
        self.shelf = shelf
        self.reader = Reader(context, published=True)
        self.before = ledger.version
        self.version: int | None = ledger.version  # None: the last line could not be read
        self.instant = ledger.instant
        self.broken = False  # a line could not be read, so nobody knows whose revision it was
        self.ends = ends_in_database()
        self.files = {(kind, slug) for kind, rows in dataset.records.items() for slug in rows}
        self.past: dict[Key, list[Document]] = {}  # what records that are files, too, once asserted
        self.latest: dict[Key, int] = {}  # where on the shelf is what each new record asserts last
        self.takeovers: dict[int, Takeover] = {}  # by the version that it ends
        self.sources: dict[str, Document] = {}  # what new sources assert last
        self.reach: dict[str, tuple[str, Reach]] = {}  # how far actions cite sources

    def problems(self, where: str, line: Document, standing: dict[int, Revision]) -> list[Problem]:
        """What is wrong with a line. It becomes the one that the next has to follow."""
        value, problems = self.reader.read(Line, line)
        if problems:
            self.lose()
            return problems
        if value["version"] <= self.before:
            return list(contradictions(standing.get(value["version"]), value))
        if value["event"] in LIVE:
            data, problems = self.live(value)
        else:
            data, problems = {}, self.buried(value)
        problems += self.misplaced(value)
        self.follow(where, value, data)
        return problems

    def lose(self) -> None:
        self.version, self.broken = None, True

    def live(self, value: Document) -> tuple[Document, list[Problem]]:
        """What a document asserts, and what is wrong with it."""
        data, problems = self.reader.read(SHAPES[value["kind"]], value["document"])
        if not problems:
            terms = self.reader.context["terms"]
            problems = [*write_rows.refused(value["kind"], data), *differences(value, terms)]
        return data, [(f"document.{path}".rstrip("."), message) for path, message in problems]

    def buried(self, value: Document) -> list[Problem]:
        _, problems = self.reader.read(Tombstone, value["document"])
        problems = problems or list(unlike(value["document"], stone(value)))
        return [(f"document.{path}".rstrip("."), message) for path, message in problems]

    def misplaced(self, value: Document) -> Iterator[Problem]:
        """Why a line cannot stand where it stands."""
        if self.version is not None and value["version"] != self.version + 1:
            yield "version", f"Version {self.version + 1} comes next, not {value['version']}."
        if self.instant and value["published_at"] <= self.instant:
            yield "published_at", f"The version before it came at {instant(self.instant)}."
        if not self.broken:
            yield from self.out_of_turn(value, self.ends.get((value["kind"], value["record"])))

    def out_of_turn(self, value: Document, end: End | None) -> Iterator[Problem]:
        """Why a revision cannot come after the record's last one."""
        number, live = (end.number + 1 if end else 1), bool(end and end.event in LIVE)
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
        into = self.ends.get((value["kind"], value["merged_into"]))
        if value["event"] == "merge" and not (into and into.event in (*LIVE, "takedown")):
            yield "merged_into", f"There is no published {value['kind']} {value['merged_into']}."

    def follow(self, where: str, value: Document, data: Document) -> None:
        key = (value["kind"], intern(value["record"]))
        self.version, self.instant = value["version"], value["published_at"]
        if before := self.ends.get(key):
            self.takeovers[before.version] = value["version"], value["published_at"]
        self.ends[key] = End(
            value["version"], value["revision"], value["event"], value["merged_into"]
        )
        if not data:
            return
        self.latest[key] = self.shelf.put(data)
        if key in self.files:
            self.past.setdefault(key, []).append(data)
        if value["kind"] == "source":
            self.sources[data["slug"]] = data
        if value["kind"] == "action":
            self.reach[key[1]] = where, reach(data)


def ends_in_database() -> dict[Key, End]:
    rows = (
        Revision.objects.filter(superseded_at=None)
        .values_list("kind", "record", "id", "number", "event", "merged_into")
        .iterator()
    )
    return {(kind, record): End(v, n, event, into) for kind, record, v, n, event, into in rows}


def mentioned(dataset: Dataset) -> dict[str, set[str]]:
    """The ids that lines speak of, by kind. What cannot be read is told when lines are checked."""
    found: dict[str, set[str]] = {kind: set() for kind in RECORDS}
    for _, line in format.lines(dataset, "Looking through revisions"):
        with suppress(orjson.JSONDecodeError):
            match orjson.loads(line):
                case {"kind": str(kind), "record": str(record)} if kind in KINDS:
                    found[kind].add(intern(record))
    return found


def check(dataset: Dataset, ledger: Ledger, context: Document, shelf: Shelf) -> History:
    """Check every line against its form, the lines before it and the database."""
    history = History(dataset, ledger, context, shelf)
    for batch in batched(format.history(dataset, "Checking revisions"), BATCH):
        versions = [line.get("version") for _, line, _ in batch]
        old = [v for v in versions if type(v) is int and v <= ledger.version]
        standing = Revision.objects.in_bulk(old)
        for number, line, problems in batch:
            where = f"line {number}"
            if problems:
                history.lose()
            dataset.note(HISTORY, where, problems or history.problems(where, line, standing))
    return history


def check_reach(dataset: Dataset, history: History, lengths: Mapping[str, Any]) -> None:
    """Citations of the last revisions lie inside the last revisions of their sources."""
    for where, cited in history.reach.values():
        for source, end in cited:
            if end > lengths.get(source, end):
                message = f"{end} lies outside the {lengths[source]} characters of {source}."
                dataset.fault(HISTORY, message, where, "document.citations")


def revisions(history: History) -> Iterator[tuple[Revision, Document]]:
    """The lines, once checked, as revisions to append. Each knows which one takes over."""
    for _, line in format.lines(history.dataset, "Writing revisions"):
        value = orjson.loads(line)
        if value["version"] > history.before:
            revision = revision_of(value)
            takeover = history.takeovers.get(revision.id, (None, None))
            revision.successor, revision.superseded_at = takeover
            yield revision, value["document"]


def revision_of(line: Document) -> Revision:
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
        document=text(line["document"]),
    )
