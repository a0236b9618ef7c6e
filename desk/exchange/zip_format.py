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

from desk.exchange.csv_format import BadFile, decoded, line, records
from policy import strictjson
from policy.documents.record_schema import SCHEMA_VERSION
from policy.documents.strictshape import Reader
from policy.documents.types import Document
from policy.exchange.draft_entries import Entry, edition
from policy.exchange.folder import FILES, FOLDERS, printable
from policy.exchange.validate import About
from policy.models import Record

MAGIC = b"PK"
SIDE = "drafts.csv"
COLUMNS = ["kind", "id", "edition", "note"]
KINDS = {plural: kind for kind, plural in FOLDERS.items()}
LARGEST = 20 * 2**20  # bytes, unpacked
BROKEN = (  # what zipfile raises at hostile bytes
    *(BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError),
    *(struct.error, zlib.error),
)
LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db")


# Writing


class Pipe(io.RawIOBase):
    """Where an archive is written to, and taken from piece by piece."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self.parts.append(bytes(part))
        return len(part)

    def take(self) -> bytes:
        taken, self.parts = b"".join(self.parts), []
        return taken


def archive(kind: str, rows: Iterable[tuple[Record, Document]]) -> Iterator[bytes]:
    pipe, side = Pipe(), [line(COLUMNS)]
    with ZipFile(pipe, "w", ZIP_DEFLATED) as packed:
        packed.writestr("dataset.json", spelled({"schema_version": SCHEMA_VERSION}))
        for record, body in rows:
            packed.writestr(f"{FOLDERS[kind]}/{record.slug}.json", spelled(body))
            side.append(line([kind, record.slug, edition(record), record.note]))
            yield pipe.take()
        packed.writestr(SIDE, b"".join(side))
    yield pipe.take()


def spelled(value: Document) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


# Reading


def entries(raw: bytes, most: int) -> list[Entry]:
    """The records of an archive. Raises BadFile when nothing can be told of any."""
    files = contents(raw, most)
    side = read_side(files.pop(SIDE, b""), most)
    check_about(files.pop("dataset.json", b"{}"))
    if misplaced := [name for name in files if not kind_of(name)]:
        raise BadFile(" ".join(map(why_not, misplaced[:10])))
    if not files:
        raise BadFile("It holds no records: agencies/<id>.json, actions/<id>.json and so on.")
    return [entry(name, content, side) for name, content in files.items()]


def contents(raw: bytes, most: int) -> dict[str, bytes]:
    """Every file by its path inside the dataset's folder. Nothing touches the disk."""
    try:
        with ZipFile(io.BytesIO(raw)) as packed:
            items = [item for item in packed.infolist() if is_meant(item)]
            if len(items) > most + len(FILES) + 1:
                raise BadFile(f"More than {most} records. Import it in parts.")
            return unpacked(packed, items)
    except BadFile:
        raise
    except BROKEN as error:
        raise BadFile(f"It is no .zip that can be read: {printable(str(error))}.") from None


def is_meant(item: ZipInfo) -> bool:
    folder = item.filename.endswith("/")
    return not (folder or set(LITTER) & set(PurePosixPath(item.filename).parts))


def unpacked(packed: ZipFile, items: list[ZipInfo]) -> dict[str, bytes]:
    left = LARGEST
    top = common_folder(items)
    found: dict[str, bytes] = {}
    for item in items:
        name = item.filename.removeprefix(top)
        if item.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise BadFile(f"{printable(name)} is packed in an unusual way: pack it as plain .zip.")
        with packed.open(item) as file:
            content = file.read(left + 1)  # whatever its header claims
        left -= len(content)
        if left < 0:
            raise BadFile(f"Unpacked it is larger than {LARGEST // 2**20} MB. Import it in parts.")
        if name in found:
            raise BadFile(f"{printable(name)} stands in it twice.")
        found[name] = content
    return found


def common_folder(items: list[ZipInfo]) -> str:
    """The folder that was packed as a whole, unless it is a part of the dataset."""
    tops = {item.filename.partition("/")[0] + "/" for item in items if "/" in item.filename}
    alone = len(tops) == 1 and all("/" in item.filename for item in items)
    (top,) = tops if alone else {""}
    return "" if top.rstrip("/") in KINDS else top


def kind_of(name: str) -> str | None:
    folder, _, file = name.partition("/")
    return KINDS.get(folder) if file.endswith(".json") and "/" not in file else None


def why_not(name: str) -> str:
    if name in FILES:
        return f"{name} is not imported here, only drafts are: take it out."
    return f"{printable(name)} is no part of a dataset: records are agencies/<id>.json and so on."


def check_about(raw: bytes) -> None:
    try:
        problems = Reader().read(About, strictjson.read(raw))[1]
    except strictjson.BadJSON as error:
        problems = list(error.problems)
    if problems:
        raise BadFile(" ".join(f"dataset.json: {field} {why}" for field, why in problems))


def read_side(raw: bytes, most: int) -> dict[tuple[str, str], tuple[str, str]]:
    """(edition, note) by kind and id."""
    if not raw:
        return {}
    names, *rows = records(decoded(raw), most)
    if names != COLUMNS or any(len(row) != len(COLUMNS) for row in rows if row):
        raise BadFile(f"{SIDE} must have the columns {', '.join(COLUMNS)}.")
    return {(row[0], row[1]): (row[2], row[3]) for row in rows if row}


def entry(name: str, raw: bytes, side: dict[tuple[str, str], tuple[str, str]]) -> Entry:
    kind, slug = str(kind_of(name)), name.partition("/")[2].removesuffix(".json")
    saved, note = side.get((kind, slug), ("", None))
    try:
        body = strictjson.read(raw)
    except strictjson.BadJSON as error:
        return Entry(kind, slug, name, {}, problems=list(error.problems))
    if not isinstance(body, dict):
        return Entry(kind, slug, name, {}, problems=[("", "Must hold one JSON object.")])
    return Entry(kind, slug, name, {"id": slug} | body, note, saved)
