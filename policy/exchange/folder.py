"""Reader of dataset folders: the format of fixtures, dumps and imports.

    dataset.json            name, title, version, schema_version, licence
    terms.json              the controlled vocabularies
    jurisdictions.json      the jurisdictions
    agencies/<id>.json      records to publish, one file each; the same for entities/, sources/
                            and actions/
    revisions.ndjson        history to restore, one revision per line
    releases.json           the releases

Every part is optional. The reader reports all faults, not only the first.
"""

import hashlib
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from policy import strictjson
from policy.documents.nearest import nearest
from policy.documents.types import Document
from policy.models.revision import PLURAL_BY_KIND
from policy.progress import Progress, no_progress
from policy.strictjson import PathProblem

HISTORY_FILE = "revisions.ndjson"
TABLE_PARTS = ("terms", "jurisdictions", "releases")
DATASET_FILES = ("dataset.json", *(f"{name}.json" for name in TABLE_PARTS), HISTORY_FILE)
DATASET_PARTS = (*DATASET_FILES, *PLURAL_BY_KIND.values())
MAX_JSON_BYTES = 20 * 2**20  # of one JSON file, or of one line of the history
JSON_SUFFIXES = {".json", ".jsonl", ".ndjson"}
JSON_TYPE_NAMES: dict[type, str] = {dict: "object", list: "array"}
ContainerT = TypeVar("ContainerT", dict[str, object], list[object])


def escape_unprintable(text: str) -> str:
    """Escape control characters, so that a text is safe to print on a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


@dataclass(frozen=True)
class DatasetFault:
    """One error in a dataset, and its place."""

    file: str
    record: str
    field: str
    message: str

    def __str__(self) -> str:
        parts = (self.file, self.record, self.field, self.message)
        return escape_unprintable(": ".join(part for part in parts if part))


class BadDataset(Exception):
    """The dataset has faults. Nothing was loaded. `faults` has all of them, ordered by file."""

    def __init__(self, faults: Iterable[DatasetFault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.file)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass
class Dataset:
    """The parsed content of a folder. It is not validated yet."""

    folder: Path
    watch: Progress = no_progress
    present_parts: set[str] = field(default_factory=set)
    about: Document = field(default_factory=dict)
    terms: list[Document] = field(default_factory=list)
    jurisdictions: list[Document] = field(default_factory=list)
    releases: list[Document] = field(default_factory=list)
    records: dict[str, dict[str, Document]] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)  # of records, unreadable ones included
    # SHA-256 of the history, each time it was read.
    history_digests: set[str] = field(default_factory=set)
    faults: list[DatasetFault] = field(default_factory=list)

    @property
    def label(self) -> str:
        """Name and version, as in `released_by` of the records."""
        name = self.about.get("name", self.folder.resolve().name)
        return f"{name}@{self.about.get('version', '0')}"

    def add_fault(self, file: str, message: str, record: str = "", field: str = "") -> None:
        self.faults.append(DatasetFault(file, record, field, message))

    def add_faults(self, file: str, record: str, problems: Iterable[PathProblem]) -> None:
        """Add a fault for each problem of one record."""
        self.faults += [DatasetFault(file, record, path, message) for path, message in problems]

    def parse_file(self, path: Path, kind: type[ContainerT], record: str = "") -> ContainerT | None:
        """Return the value of a JSON file. Add a fault and return None if it cannot be read."""
        file = path.relative_to(self.folder).as_posix()
        try:
            value: object = strictjson.parse_json(read_regular_file(path))
        except strictjson.BadJSON as bad:
            self.add_faults(file, record, bad.problems)
        except OSError as error:
            self.add_fault(file, f"cannot be read: {error.strerror}.", record)
        else:
            if isinstance(value, kind):
                return value
            self.add_fault(file, f"must contain one JSON {JSON_TYPE_NAMES[kind]}.", record)
        return None

    def record_file(self, kind: str, slug: str) -> str:
        return f"{PLURAL_BY_KIND[kind]}/{slug}.json"


def read_regular_file(path: Path) -> bytes:
    """Return the bytes of a file. Raises OSError, also if it is not a file or too large."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a file")
    if status.st_size > MAX_JSON_BYTES:
        raise OSError(0, f"it is larger than {MAX_JSON_BYTES // 2**20} MB")
    return path.read_bytes()


def read_dataset(folder: Path, watch: Progress = no_progress) -> Dataset:
    """Parse a folder. Raises BadDataset if it has no part of a dataset.

    Other faults are collected in `faults` of the result.
    """
    dataset = Dataset(folder, watch)
    paths = list_folder(dataset, folder)
    dataset.present_parts = {path.name for path in paths if path.name in DATASET_PARTS}
    for path in paths:
        if path.name not in DATASET_PARTS and looks_like_dataset_part(path):
            message = f"is not part of a dataset.{nearest(path.name, DATASET_PARTS)}"
            dataset.add_fault(path.name, f"{message} Allowed: {', '.join(DATASET_PARTS)}.")
    if not dataset.present_parts and not dataset.faults:
        dataset.add_fault(str(folder), f"contains no dataset. Allowed: {', '.join(DATASET_PARTS)}.")
    if not dataset.present_parts:
        raise BadDataset(dataset.faults)
    read_dataset_parts(dataset)
    return dataset


def read_dataset_parts(dataset: Dataset) -> None:
    if "dataset.json" in dataset.present_parts:
        dataset.about = dataset.parse_file(dataset.folder / "dataset.json", dict) or {}
    for name in TABLE_PARTS:
        if f"{name}.json" in dataset.present_parts:
            setattr(dataset, name, read_row_file(dataset, f"{name}.json"))
    for kind, plural in PLURAL_BY_KIND.items():
        paths = (
            list_folder(dataset, dataset.folder / plural) if plural in dataset.present_parts else []
        )
        dataset.ids[kind] = {path.stem for path in paths if path.suffix == ".json"}
        dataset.records[kind] = read_record_files(dataset, paths)
    if HISTORY_FILE in dataset.present_parts:
        check_history_readable(dataset, dataset.folder / HISTORY_FILE)


def list_folder(dataset: Dataset, folder: Path) -> list[Path]:
    """Return the sorted paths in a folder. Add a fault and return none if it cannot be opened."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        name = "" if folder == dataset.folder else folder.name
        dataset.add_fault(name or str(folder), f"cannot be opened: {error.strerror}.")
        return []


def looks_like_dataset_part(path: Path) -> bool:
    """Whether someone may expect that this file or folder is loaded."""
    return path.suffix.lower() in JSON_SUFFIXES or any(path.glob("*.json"))


def check_history_readable(dataset: Dataset, path: Path) -> None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(0, "it is not a file")
        path.open("rb").close()
    except OSError as error:
        dataset.add_fault(path.name, f"cannot be read: {error.strerror}.")
        dataset.present_parts.remove(path.name)


def read_row_file(dataset: Dataset, name: str) -> list[Document]:
    rows = dataset.parse_file(dataset.folder / name, list) or []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            dataset.add_fault(name, "must be a JSON object.", f"row {number}")
    return [row for row in rows if isinstance(row, dict)]


def read_record_files(dataset: Dataset, paths: Sequence[Path]) -> dict[str, Document]:
    records: dict[str, Document] = {}
    for path in dataset.watch(paths, "Reading files", len(paths)):
        file = path.relative_to(dataset.folder).as_posix()
        if path.suffix == ".json":
            value = dataset.parse_file(path, dict, path.stem)
            if value is not None:
                records[path.stem] = value
        elif path.is_dir() or path.suffix.lower() in JSON_SUFFIXES:
            dataset.add_fault(file, "is not a record. Name the file of a record <id>.json.")
    return records


def iter_history_lines(dataset: Dataset, doing: str) -> Iterator[tuple[int, bytes]]:
    """Yield the number, from 1, and the bytes of each line of the history."""
    if HISTORY_FILE not in dataset.present_parts:
        return
    path, digest = dataset.folder / HISTORY_FILE, hashlib.sha256()
    with path.open("rb") as file:
        lines = iter(partial(file.readline, MAX_JSON_BYTES), b"")
        for number, line in enumerate(dataset.watch(lines, doing, path.stat().st_size, len), 1):
            digest.update(line)
            yield number, line
    dataset.history_digests.add(digest.hexdigest())


class ParsedLine(NamedTuple):
    number: int  # from 1
    value: Document  # empty where there are problems
    problems: list[PathProblem]


def parse_history_lines(dataset: Dataset, doing: str) -> Iterator[ParsedLine]:
    for number, line in iter_history_lines(dataset, doing):
        try:
            value: object = strictjson.parse_json(line)
        except strictjson.BadJSON as bad:
            yield ParsedLine(number, {}, list(bad.problems))
            continue
        if isinstance(value, dict):
            yield ParsedLine(number, value, [])
        else:
            yield ParsedLine(number, {}, [("", "must contain one JSON object per line.")])
