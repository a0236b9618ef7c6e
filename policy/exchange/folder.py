"""The one format of fixtures, dumps and imports: a folder of JSON files.

    dataset.json            name, title, version, schema_version, licence
    terms.json              the controlled vocabularies
    jurisdictions.json      the places
    agencies/<id>.json      records to publish as they stand, one file each; likewise
                            entities/, sources/ and actions/
    revisions.ndjson        history to restore as it was, one revision a line
    releases.json           named moments

Every part may be missing. Reading checks everything and reports every fault.
"""

import hashlib
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from policy import strictjson
from policy.documents.shapes import nearest
from policy.documents.types import Document
from policy.progress import Watch, unwatched
from policy.strictjson import Problem

FOLDERS = {"agency": "agencies", "entity": "entities", "source": "sources", "action": "actions"}
HISTORY = "revisions.ndjson"
TABLES = ("terms", "jurisdictions", "releases")
FILES = ("dataset.json", *(f"{name}.json" for name in TABLES), HISTORY)
KNOWN = (*FILES, *FOLDERS.values())
LARGEST = 20 * 2**20  # bytes in one JSON file, or in one line of the history
JSON = {".json", ".jsonl", ".ndjson"}
WORDS = {dict: "object", list: "array"}
T = TypeVar("T", dict[str, Any], list[Any])


def printable(text: str) -> str:
    """A file's words in one line that does nothing to a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


@dataclass(frozen=True)
class Fault:
    """One thing to mend, and where it stands."""

    file: str
    record: str
    field: str
    message: str

    def __str__(self) -> str:
        parts = (self.file, self.record, self.field, self.message)
        return printable(": ".join(part for part in parts if part))


class BadDataset(Exception):
    """Nothing was loaded. `faults` name everything that has to be mended."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.file)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass
class Dataset:
    """A folder's content, parsed and not yet checked against anything."""

    folder: Path
    watch: Watch = unwatched
    present: set[str] = field(default_factory=set)
    about: Document = field(default_factory=dict)
    terms: list[Document] = field(default_factory=list)
    jurisdictions: list[Document] = field(default_factory=list)
    releases: list[Document] = field(default_factory=list)
    records: dict[str, dict[str, Document]] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)  # of records, unreadable ones included
    digests: set[str] = field(default_factory=set)  # of the history, as often as it was read
    faults: list[Fault] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What its records are released by."""
        name = self.about.get("name", self.folder.resolve().name)
        return f"{name}@{self.about.get('version', '0')}"

    def fault(self, file: str, message: str, record: str = "", field: str = "") -> None:
        self.faults.append(Fault(file, record, field, message))

    def note(self, file: str, record: str, problems: Iterable[Problem]) -> None:
        """A fault for each problem of one record."""
        self.faults += [Fault(file, record, path, message) for path, message in problems]

    def parse(self, path: Path, kind: type[T], record: str = "") -> T | None:
        """A file's value; None, and a fault, when it cannot be read."""
        file = path.relative_to(self.folder).as_posix()
        try:
            value = strictjson.read(content(path))
        except strictjson.BadJSON as bad:
            self.note(file, record, bad.problems)
        except OSError as error:
            self.fault(file, f"cannot be read: {error.strerror}.", record)
        else:
            if isinstance(value, kind):
                return value
            self.fault(file, f"must hold one JSON {WORDS[kind]}.", record)
        return None

    def file_of(self, kind: str, slug: str) -> str:
        return f"{FOLDERS[kind]}/{slug}.json"


def content(path: Path) -> bytes:
    """A file's bytes. Raises OSError, also for what is no file or is too large."""
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise OSError(0, "it is not a file")
    if about.st_size > LARGEST:
        raise OSError(0, f"it is larger than {LARGEST // 2**20} MB")
    return path.read_bytes()


def read(folder: Path, watch: Watch = unwatched) -> Dataset:
    """Parse a folder. Raises BadDataset when there is nothing to read."""
    dataset = Dataset(folder, watch)
    paths = listed(dataset, folder)
    dataset.present = {path.name for path in paths if path.name in KNOWN}
    for path in paths:
        if path.name not in KNOWN and seems_meant(path):
            message = f"not a part of a dataset.{nearest(path.name, KNOWN)}"
            dataset.fault(path.name, f"{message} Known: {', '.join(KNOWN)}.")
    if not dataset.present and not dataset.faults:
        dataset.fault(str(folder), f"holds no dataset. Known: {', '.join(KNOWN)}.")
    if not dataset.present:
        raise BadDataset(dataset.faults)
    read_parts(dataset)
    return dataset


def read_parts(dataset: Dataset) -> None:
    if "dataset.json" in dataset.present:
        dataset.about = dataset.parse(dataset.folder / "dataset.json", dict) or {}
    for name in TABLES:
        if f"{name}.json" in dataset.present:
            setattr(dataset, name, read_rows(dataset, f"{name}.json"))
    for kind, plural in FOLDERS.items():
        paths = listed(dataset, dataset.folder / plural) if plural in dataset.present else []
        dataset.ids[kind] = {path.stem for path in paths if path.suffix == ".json"}
        dataset.records[kind] = read_records(dataset, paths)
    if HISTORY in dataset.present:
        check_readable(dataset, dataset.folder / HISTORY)


def listed(dataset: Dataset, folder: Path) -> list[Path]:
    """What a folder holds. Nothing, and a fault, when it cannot be opened."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        name = "" if folder == dataset.folder else folder.name
        dataset.fault(name or str(folder), f"cannot be opened: {error.strerror}.")
        return []


def seems_meant(path: Path) -> bool:
    """Whether somebody may have thought that this would be loaded."""
    return path.suffix.lower() in JSON or any(path.glob("*.json"))


def check_readable(dataset: Dataset, path: Path) -> None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(0, "it is not a file")
        path.open("rb").close()
    except OSError as error:
        dataset.fault(path.name, f"cannot be read: {error.strerror}.")
        dataset.present.remove(path.name)


def read_rows(dataset: Dataset, name: str) -> list[Document]:
    rows = dataset.parse(dataset.folder / name, list) or []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            dataset.fault(name, "must be a JSON object.", f"row {number}")
    return [row for row in rows if isinstance(row, dict)]


def read_records(dataset: Dataset, paths: Sequence[Path]) -> dict[str, Document]:
    found = {}
    for path in dataset.watch(paths, "Reading files", len(paths)):
        file = path.relative_to(dataset.folder).as_posix()
        if path.suffix == ".json":
            value = dataset.parse(path, dict, path.stem)
            if value is not None:
                found[path.stem] = value
        elif path.is_dir() or path.suffix.lower() in JSON:
            dataset.fault(file, "is no record: records are files named <id>.json.")
    return found


def lines(dataset: Dataset, doing: str) -> Iterator[tuple[int, bytes]]:
    """(number, line) of each line of the history."""
    if HISTORY not in dataset.present:
        return
    path, digest = dataset.folder / HISTORY, hashlib.sha256()
    with path.open("rb") as file:
        found = iter(partial(file.readline, LARGEST), b"")
        for number, line in enumerate(dataset.watch(found, doing, path.stat().st_size, len), 1):
            digest.update(line)
            yield number, line
    dataset.digests.add(digest.hexdigest())


def history(dataset: Dataset, doing: str) -> Iterator[tuple[int, Document, list[Problem]]]:
    """(line number, revision, what is wrong with the line) of each line of the history."""
    for number, line in lines(dataset, doing):
        try:
            value = strictjson.read(line)
        except strictjson.BadJSON as bad:
            yield number, {}, list(bad.problems)
            continue
        if isinstance(value, dict):
            yield number, value, []
        else:
            yield number, {}, [("", "must hold one JSON object a line.")]
