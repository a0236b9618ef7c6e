"""Drafts as a dataset: a .zip of the folder that load_dataset reads, read here without unpacking.

What is private stands beside it in drafts.csv, which loading leaves alone.
"""

import io
import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from desk.exchange.csv_format import BadFile, decode_csv, format_csv_line, parse_csv_rows
from policy import strictjson
from policy.documents.record_schema import SCHEMA_VERSION
from policy.documents.strictshape import Reader
from policy.documents.types import Document
from policy.exchange.draft_entries import DraftEntry, format_edition
from policy.exchange.folder import DATASET_FILES, escape_unprintable
from policy.exchange.validate import DatasetMetadata
from policy.models import Record
from policy.models.revision import PLURAL_BY_KIND

ZIP_SIGNATURE = b"PK"
PRIVATE_FILE = "drafts.csv"
PRIVATE_FILE_COLUMNS = ["kind", "id", "edition", "note"]
KIND_BY_FOLDER = {plural: kind for kind, plural in PLURAL_BY_KIND.items()}
MAX_UNPACKED_SIZE = 20 * 2**20  # bytes, unpacked
ZIP_ERRORS = (  # what zipfile raises at hostile bytes
    *(BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError),
    *(struct.error, zlib.error),
)
IGNORED_FILES = ("__MACOSX", ".DS_Store", "Thumbs.db")


# Writing


class ChunkBuffer(io.RawIOBase):
    """Where an archive is written to, and taken from piece by piece."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self.parts.append(bytes(part))
        return len(part)

    def drain(self) -> bytes:
        taken, self.parts = b"".join(self.parts), []
        return taken


def iter_draft_zip(kind: str, rows: Iterable[tuple[Record, Document]]) -> Iterator[bytes]:
    pipe, side = ChunkBuffer(), [format_csv_line(PRIVATE_FILE_COLUMNS)]
    with ZipFile(pipe, "w", ZIP_DEFLATED) as packed:
        packed.writestr("dataset.json", format_draft_json({"schema_version": SCHEMA_VERSION}))
        for record, body in rows:
            packed.writestr(f"{PLURAL_BY_KIND[kind]}/{record.slug}.json", format_draft_json(body))
            side.append(format_csv_line([kind, record.slug, format_edition(record), record.note]))
            yield pipe.drain()
        packed.writestr(PRIVATE_FILE, b"".join(side))
    yield pipe.drain()


def format_draft_json(value: Document) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


# Reading


def parse_zip_entries(raw: bytes, most: int) -> list[DraftEntry]:
    """The records of an archive. Raises BadFile when nothing can be told of any."""
    files = read_zip_files(raw, most)
    side = parse_private_file(files.pop(PRIVATE_FILE, b""), most)
    check_dataset_json(files.pop("dataset.json", b"{}"))
    if misplaced := [name for name in files if not kind_from_path(name)]:
        raise BadFile(" ".join(map(unexpected_file_message, misplaced[:10])))
    if not files:
        raise BadFile("It holds no records: agencies/<id>.json, actions/<id>.json and so on.")
    return [entry_from_json_file(name, content, side) for name, content in files.items()]


def read_zip_files(raw: bytes, most: int) -> dict[str, bytes]:
    """Every file by its path inside the dataset's folder. Nothing touches the disk."""
    try:
        with ZipFile(io.BytesIO(raw)) as packed:
            items = [item for item in packed.infolist() if is_dataset_file(item)]
            if len(items) > most + len(DATASET_FILES) + 1:
                raise BadFile(f"More than {most} records. Import it in parts.")
            return unpack_files(packed, items)
    except BadFile:
        raise
    except ZIP_ERRORS as error:
        raise BadFile(
            f"It is no .zip that can be read: {escape_unprintable(str(error))}."
        ) from None


def is_dataset_file(item: ZipInfo) -> bool:
    folder = item.filename.endswith("/")
    return not (folder or set(IGNORED_FILES) & set(PurePosixPath(item.filename).parts))


def unpack_files(packed: ZipFile, items: list[ZipInfo]) -> dict[str, bytes]:
    left = MAX_UNPACKED_SIZE
    top = common_folder(items)
    found: dict[str, bytes] = {}
    for item in items:
        name = item.filename.removeprefix(top)
        if item.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise BadFile(
                f"{escape_unprintable(name)} is packed in an unusual way: pack it as plain .zip."
            )
        with packed.open(item) as file:
            content = file.read(left + 1)  # whatever its header claims
        left -= len(content)
        if left < 0:
            raise BadFile(
                f"Unpacked it is larger than {MAX_UNPACKED_SIZE // 2**20} MB. Import it in parts."
            )
        if name in found:
            raise BadFile(f"{escape_unprintable(name)} stands in it twice.")
        found[name] = content
    return found


def common_folder(items: list[ZipInfo]) -> str:
    """The folder that was packed as a whole, unless it is a part of the dataset."""
    tops = {item.filename.partition("/")[0] + "/" for item in items if "/" in item.filename}
    alone = len(tops) == 1 and all("/" in item.filename for item in items)
    (top,) = tops if alone else {""}
    return "" if top.rstrip("/") in KIND_BY_FOLDER else top


def kind_from_path(name: str) -> str | None:
    folder, _, file = name.partition("/")
    return KIND_BY_FOLDER.get(folder) if file.endswith(".json") and "/" not in file else None


def unexpected_file_message(name: str) -> str:
    if name in DATASET_FILES:
        return f"{name} is not imported here, only drafts are: take it out."
    return f"{escape_unprintable(name)} is no part of a dataset: records are agencies/<id>.json and so on."


def check_dataset_json(raw: bytes) -> None:
    try:
        problems = Reader().read(DatasetMetadata, strictjson.parse_json(raw))[1]
    except strictjson.BadJSON as error:
        problems = list(error.problems)
    if problems:
        raise BadFile(" ".join(f"dataset.json: {field} {why}" for field, why in problems))


def parse_private_file(raw: bytes, most: int) -> dict[tuple[str, str], tuple[str, str]]:
    """(edition, note) by kind and id."""
    if not raw:
        return {}
    names, *rows = parse_csv_rows(decode_csv(raw), most)
    if names != PRIVATE_FILE_COLUMNS or any(
        len(row) != len(PRIVATE_FILE_COLUMNS) for row in rows if row
    ):
        raise BadFile(f"{PRIVATE_FILE} must have the columns {', '.join(PRIVATE_FILE_COLUMNS)}.")
    return {(row[0], row[1]): (row[2], row[3]) for row in rows if row}


def entry_from_json_file(
    name: str, raw: bytes, side: dict[tuple[str, str], tuple[str, str]]
) -> DraftEntry:
    kind, slug = str(kind_from_path(name)), name.partition("/")[2].removesuffix(".json")
    saved, note = side.get((kind, slug), ("", None))
    try:
        body = strictjson.parse_json(raw)
    except strictjson.BadJSON as error:
        return DraftEntry(kind, slug, name, {}, problems=list(error.problems))
    if not isinstance(body, dict):
        return DraftEntry(kind, slug, name, {}, problems=[("", "Must hold one JSON object.")])
    return DraftEntry(kind, slug, name, {"id": slug} | body, note, saved)
