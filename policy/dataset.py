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

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policy import strictjson
from policy.models import RECORDS, Jurisdiction, Term

FOLDERS = {"agency": "agencies", "entity": "entities", "source": "sources", "action": "actions"}
HISTORY = "revisions.ndjson"
KNOWN = {"dataset.json", "terms.json", "jurisdictions.json", "releases.json", HISTORY}
LARGEST = 20 * 2**20  # bytes in one JSON file


@dataclass(frozen=True)
class Fault:
    """One thing to mend, and where it stands."""

    file: str
    record: str
    field: str
    message: str

    def __str__(self) -> str:
        return ": ".join(
            part for part in (self.file, self.record, self.field, self.message) if part
        )


class BadDataset(Exception):
    """Nothing was loaded. `faults` name everything that has to be mended."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


@dataclass
class Dataset:
    """A folder's content, parsed and not yet checked against anything."""

    folder: Path
    about: dict[str, Any] = field(default_factory=dict)
    terms: list[dict[str, Any]] = field(default_factory=list)
    jurisdictions: list[dict[str, Any]] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)
    records: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What its records are released by."""
        return f"{self.about.get('name', self.folder.name)}@{self.about.get('version', '0')}"

    def fault(self, file: str, message: str, record: str = "", field: str = "") -> None:
        self.faults.append(Fault(file, record, field, message))

    def parse(self, path: Path) -> Any:
        """A file's value; None, and a fault, when it cannot be read."""
        name = path.relative_to(self.folder).as_posix()
        try:
            if path.stat().st_size > LARGEST:
                self.fault(name, f"larger than {LARGEST // 2**20} MB.")
                return None
            return strictjson.read(path.read_bytes())
        except strictjson.BadJSON as error:
            self.fault(name, str(error))
        except OSError as error:
            self.fault(name, f"cannot be read: {error.strerror}.")
        return None

    def file_of(self, kind: str, slug: str) -> str:
        return f"{FOLDERS[kind]}/{slug}.json"


def read(folder: Path) -> Dataset:
    """Parse a folder. Raises BadDataset when it is none."""
    if not folder.is_dir():
        raise BadDataset([Fault(str(folder), "", "", "there is no such folder.")])
    dataset = Dataset(folder)
    for path in sorted(folder.iterdir()):
        if path.suffix in (".json", ".ndjson") and path.name not in KNOWN:
            dataset.fault(path.name, f"not a file of a dataset. Known: {', '.join(sorted(KNOWN))}.")
    dataset.about = read_object(dataset, "dataset.json")
    for name in ("terms", "jurisdictions", "releases"):
        setattr(dataset, name, read_array(dataset, f"{name}.json"))
    for kind, plural in FOLDERS.items():
        dataset.records[kind] = read_records(dataset, folder / plural)
    return dataset


def read_object(dataset: Dataset, name: str) -> dict[str, Any]:
    path = dataset.folder / name
    value = dataset.parse(path) if path.exists() else {}
    if not isinstance(value, dict):
        if value is not None:
            dataset.fault(name, "must hold one JSON object.")
        return {}
    return value


def read_array(dataset: Dataset, name: str) -> list[dict[str, Any]]:
    path = dataset.folder / name
    value = dataset.parse(path) if path.exists() else []
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        if value is not None:
            dataset.fault(name, "must hold an array of JSON objects.")
        return []
    return value


def read_records(dataset: Dataset, folder: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted(folder.glob("*.json")):
        name = path.relative_to(dataset.folder).as_posix()
        value = dataset.parse(path)
        if isinstance(value, dict):
            found[path.stem] = value
            if value.get("id") != path.stem:
                dataset.fault(
                    name,
                    f"the file is named {path.stem}, its id is {value.get('id')!r}.",
                    path.stem,
                    "id",
                )
        elif value is not None:
            dataset.fault(name, "must hold one JSON object.")
    return found


def history(dataset: Dataset) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, revision) of the history; faults are noted and passed over."""
    path = dataset.folder / HISTORY
    if not path.exists():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                value = strictjson.read(line)
            except strictjson.BadJSON as error:
                dataset.fault(HISTORY, str(error), f"line {number}")
                continue
            if isinstance(value, dict):
                yield number, value
            else:
                dataset.fault(HISTORY, "must hold one JSON object a line.", f"line {number}")


def known_ids(dataset: Dataset) -> dict[str, set[str]]:
    """Every id that a file may refer to: those in the dataset and those in the database."""
    known = {
        kind: set(dataset.records[kind]) | set(model.objects.values_list("slug", flat=True))
        for kind, model in RECORDS.items()
    }
    places = {row.get("code") for row in dataset.jurisdictions}
    known["jurisdiction"] = places | set(Jurisdiction.objects.values_list("code", flat=True))
    return known


def known_terms(dataset: Dataset) -> set[str]:
    """The ids of all terms that a record may carry."""
    fresh = {f"{t.get('vocabulary')}.{t.get('code')}": t.get("abstract") for t in dataset.terms}
    standing = dict(Term.objects.values_list("id", "abstract"))
    return {term for term, abstract in (standing | fresh).items() if not abstract}
