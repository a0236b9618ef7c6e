"""Drafts as a dataset: a .zip of the folder that load_dataset reads. It is read in memory.

drafts.csv holds the private data. load_dataset ignores it.
"""

import io
import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from desk.exchange.csv_format import BadFile, decode_csv, format_csv_line, parse_csv_rows
from policy import strictjson
from policy.documents.record_schema import SCHEMA_VERSION
from policy.documents.shape import ValidationContext
from policy.documents.types import Document, RecordKey
from policy.documents.validation import validate_document
from policy.exchange.draft_entries import DraftEntry, format_edition
from policy.exchange.folder import DATASET_FILES, escape_unprintable
from policy.exchange.validate import DatasetMetadata
from policy.models import Record
from policy.models.revision import KIND_BY_PLURAL, PLURAL_BY_KIND

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

ZIP_SIGNATURE = b"PK"
PRIVATE_FILE = "drafts.csv"
PRIVATE_FILE_COLUMNS = ["kind", "id", "edition", "note"]
MAX_UNPACKED_SIZE = 20 * 2**20  # bytes of all files together
ZIP_ERRORS = (  # raised by zipfile for malformed files
    *(BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError),
    *(struct.error, zlib.error),
)
IGNORED_FILES = ("__MACOSX", ".DS_Store", "Thumbs.db")


# Writing


class PrivateData(NamedTuple):
    """What drafts.csv holds about a record. A note of None leaves the record's note unchanged."""

    edition: str = ""
    note: str | None = None


class ChunkBuffer(io.RawIOBase):
    """A file to write to, from which the bytes written so far are taken in chunks."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: "ReadableBuffer") -> int:
        chunk = bytes(part)
        self.parts.append(chunk)
        return len(chunk)

    def drain(self) -> bytes:
        chunk, self.parts = b"".join(self.parts), []
        return chunk


def iter_draft_zip(kind: str, rows: Iterable[tuple[Record, Document]]) -> Iterator[bytes]:
    """Yield a .zip of records of a kind and their drafts, in chunks."""
    buffer, private = ChunkBuffer(), [format_csv_line(PRIVATE_FILE_COLUMNS)]
    with ZipFile(buffer, "w", ZIP_DEFLATED) as packed:
        packed.writestr("dataset.json", format_draft_json({"schema_version": SCHEMA_VERSION}))
        for record, body in rows:
            packed.writestr(f"{PLURAL_BY_KIND[kind]}/{record.slug}.json", format_draft_json(body))
            private.append(
                format_csv_line([kind, record.slug, format_edition(record), record.note])
            )
            yield buffer.drain()
        packed.writestr(PRIVATE_FILE, b"".join(private))
    yield buffer.drain()


def format_draft_json(value: Document) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


# Reading


def parse_zip_entries(raw: bytes, max_records: int) -> list[DraftEntry]:
    """Return the records of a .zip. Errors in a single file are problems of its entry.

    Raise BadFile if the .zip as a whole cannot be read or has more than `max_records` records.
    """
    files = read_zip_files(raw, max_records)
    private = parse_private_file(files.pop(PRIVATE_FILE, b""), max_records)
    check_dataset_json(files.pop("dataset.json", b"{}"))
    if misplaced := [name for name in files if not kind_from_path(name)]:
        raise BadFile(" ".join(map(unexpected_file_message, misplaced[:10])))
    if not files:
        raise BadFile(
            "The file contains no records, such as agencies/<id>.json or actions/<id>.json."
        )
    return [entry_from_json_file(name, content, private) for name, content in files.items()]


def read_zip_files(raw: bytes, max_records: int) -> dict[str, bytes]:
    """Return the files of a .zip by their paths in the dataset's folder. Raise BadFile."""
    try:
        with ZipFile(io.BytesIO(raw)) as packed:
            items = [item for item in packed.infolist() if is_dataset_file(item)]
            if len(items) > max_records + len(DATASET_FILES) + 1:
                raise BadFile(
                    f"The file has more than {max_records} records. Split it and import the parts."
                )
            return unpack_files(packed, items)
    except BadFile:
        raise
    except ZIP_ERRORS as error:
        raise BadFile(f"The .zip file cannot be read: {escape_unprintable(str(error))}.") from None


def is_dataset_file(item: ZipInfo) -> bool:
    folder = item.filename.endswith("/")
    return not (folder or set(IGNORED_FILES) & set(PurePosixPath(item.filename).parts))


def unpack_files(packed: ZipFile, items: list[ZipInfo]) -> dict[str, bytes]:
    left = MAX_UNPACKED_SIZE
    top = common_folder(items)
    contents: dict[str, bytes] = {}
    for item in items:
        name = item.filename.removeprefix(top)
        if item.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise BadFile(
                f"{escape_unprintable(name)} uses a compression method that is not supported. "
                "Use “deflate”, as most programs do."
            )
        with packed.open(item) as file:
            content = file.read(left + 1)  # the size in the header may be wrong
        left -= len(content)
        if left < 0:
            raise BadFile(
                f"The unpacked files are larger than {MAX_UNPACKED_SIZE // 2**20} MB. "
                "Split the file and import the parts."
            )
        if name in contents:
            raise BadFile(f"{escape_unprintable(name)} is in the .zip file more than once.")
        contents[name] = content
    return contents


def common_folder(items: list[ZipInfo]) -> str:
    """Return the folder that contains all files, with a slash, unless it belongs to the dataset."""
    tops = {item.filename.partition("/")[0] + "/" for item in items if "/" in item.filename}
    is_single = len(tops) == 1 and all("/" in item.filename for item in items)
    (top,) = tops if is_single else {""}
    return "" if top.rstrip("/") in KIND_BY_PLURAL else top


def kind_from_path(name: str) -> str | None:
    folder, _, file = name.partition("/")
    return KIND_BY_PLURAL.get(folder) if file.endswith(".json") and "/" not in file else None


def unexpected_file_message(name: str) -> str:
    if name in DATASET_FILES:
        return f"{name} cannot be imported here, only drafts can. Remove it."
    return (
        f"{escape_unprintable(name)} does not belong to a dataset. Records are files such as "
        "agencies/<id>.json."
    )


def check_dataset_json(raw: bytes) -> None:
    try:
        metadata = strictjson.parse_json(raw)
        _, problems = validate_document(DatasetMetadata, metadata, ValidationContext())
    except strictjson.BadJSON as error:
        problems = list(error.problems)
    if problems:
        raise BadFile(" ".join(f"dataset.json: {field} {message}" for field, message in problems))


def parse_private_file(raw: bytes, max_records: int) -> dict[RecordKey, PrivateData]:
    """Return the rows of drafts.csv by kind and id. Raise BadFile."""
    if not raw:
        return {}
    names, *rows = parse_csv_rows(decode_csv(raw), max_records)
    if names != PRIVATE_FILE_COLUMNS or any(
        len(row) != len(PRIVATE_FILE_COLUMNS) for row in rows if row
    ):
        raise BadFile(f"{PRIVATE_FILE} must have the columns {', '.join(PRIVATE_FILE_COLUMNS)}.")
    return {(row[0], row[1]): PrivateData(row[2], row[3]) for row in rows if row}


def entry_from_json_file(
    name: str, raw: bytes, private: dict[RecordKey, PrivateData]
) -> DraftEntry:
    kind, slug = str(kind_from_path(name)), name.partition("/")[2].removesuffix(".json")
    edition, note = private.get((kind, slug), PrivateData())
    try:
        body: object = strictjson.parse_json(raw)
    except strictjson.BadJSON as error:
        return DraftEntry(kind, slug, name, {}, problems=list(error.problems))
    if not isinstance(body, dict):
        return DraftEntry(
            kind, slug, name, {}, problems=[("", "The file must contain one JSON object.")]
        )
    return DraftEntry(kind, slug, name, {"id": slug} | body, note, edition)
