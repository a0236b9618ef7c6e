"""Drafts as a CSV table: a row for each record, a column for each field."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from functools import cache

from desk.base.fields import find_repeated_words
from desk.exchange.csv_cells import (
    PUBLISHED_DATE_PARTS,
    AnyCodec,
    UnreadableCell,
    codec_for_field,
    scalar_codec,
)
from policy.documents.columns import describe_field, get_stored_fields
from policy.documents.csv_safe import escape_formula, unescape_formula
from policy.documents.fields import HonestDate
from policy.documents.nearest import nearest
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.types import Document
from policy.exchange.draft_entries import DraftEntry, format_edition
from policy.models import Record
from policy.strictjson import PathProblem

PRIVATE_COLUMNS = ("edition", "note")
UTF8_BOM = "\ufeff"  # spreadsheets need it to recognise UTF-8
DELIMITERS = ",;\t"


class BadFile(ValueError):
    """A file that cannot be read at all. The message says why."""


# Columns


@cache
def column_codecs(kind: str) -> dict[str, AnyCodec]:
    """Return the codecs of all columns of a kind, without the private columns."""
    codecs: dict[str, AnyCodec] = {}
    for name, field in get_stored_fields(DOCUMENT_SCHEMAS[kind]).items():
        if field.type is HonestDate:
            for part in HonestDate.model_fields:
                codecs[f"{name}_{part}"] = scalar_codec(describe_field(HonestDate, part))
        else:
            codecs[name] = codec_for_field(field)
    return codecs


def draft_csv_header(kind: str) -> list[str]:
    first, *others = column_codecs(kind)
    return [first, *PRIVATE_COLUMNS, *others]


def flatten_published_date(kind: str, body: Document) -> Document:
    """Return a draft in which the parts of a source's date are fields of their own."""
    if kind != "source":
        return body
    published: dict[str, object] | None = body["published"]
    parts = published or dict.fromkeys(PUBLISHED_DATE_PARTS)
    return body | {f"published_{part}": parts[part] for part in PUBLISHED_DATE_PARTS}


def nest_published_date(body: Document) -> Document:
    """Undo `flatten_published_date`. A date without any part is None."""
    parts: dict[str, object] = {
        part: body.pop(f"published_{part}")
        for part in PUBLISHED_DATE_PARTS
        if f"published_{part}" in body
    }
    if not parts:
        return body
    return {**body, "published": parts if any(parts.values()) else None}


# Writing


def iter_draft_csv(kind: str, rows: Iterable[tuple[Record, Document]]) -> Iterator[bytes]:
    """Yield the table of records of a kind and their drafts, in UTF-8, row by row."""
    yield UTF8_BOM.encode() + format_csv_line(draft_csv_header(kind))
    for record, body in rows:
        yield format_csv_line(format_draft_cells(kind, record, flatten_published_date(kind, body)))


def format_draft_cells(kind: str, record: Record, body: Document) -> list[str]:
    first, *others = (codec.format_value(body[name]) for name, codec in column_codecs(kind).items())
    return [first, format_edition(record), record.note, *others]


def format_csv_line(values: Iterable[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(map(escape_formula, values))
    return buffer.getvalue().encode()


# Reading


def parse_csv_entries(kind: str, raw: bytes, max_records: int) -> list[DraftEntry]:
    """Return the records of a table. Errors in single cells are problems of their entries.

    Raise BadFile if the file as a whole cannot be read or has more than `max_records` rows.
    """
    names, *rows = parse_csv_rows(decode_csv(raw), max_records)
    check_header(names, draft_csv_header(kind))
    return [
        entry_from_csv_row(kind, number, names, row)
        for number, row in enumerate(rows, 2)
        if any(row)
    ]


def decode_csv(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadFile("The file is in UTF-16. Save it as “CSV UTF-8”.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadFile(f"The file is not UTF-8: see line {line}. Save it as “CSV UTF-8”.") from None
    if "\0" in text:
        raise BadFile("The file contains the NUL character, so it is not a CSV table.")
    return text


def parse_csv_rows(text: str, max_records: int) -> list[list[str]]:
    """Return the header and all rows of a table with any of the delimiters. Raise BadFile."""
    first_line = re.split("[\r\n]", text, maxsplit=1)[0]
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=detect_delimiter(first_line), strict=True
    )
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append([unescape_formula(cell) for cell in row])
            if len(rows) > max_records + 1:
                raise BadFile(
                    f"The file has more than {max_records} rows. Split it and import the parts."
                )
    except csv.Error as error:
        raise BadFile(f"The file is not valid CSV: line {reader.line_num}: {error}.") from None
    if len(rows) < 2:
        raise BadFile(
            "The file contains no records. It needs a row with the column names, then one row for "
            "each record."
        )
    return rows


def detect_delimiter(first_line: str) -> str:
    return max(DELIMITERS, key=first_line.count)


def check_header(names: list[str], known: list[str]) -> None:
    """Raise BadFile if a column is unknown or repeated, or if there is no id."""
    faults = [
        f"There is no column {name!r}.{nearest(name, known)}" for name in names if name not in known
    ]
    repeated = sorted(find_repeated_words(names))
    faults += [f"The column {name} occurs more than once." for name in repeated]
    if "id" not in names:
        faults.append("The column id is missing.")
    if faults:
        raise BadFile(" ".join(faults))


def entry_from_csv_row(kind: str, number: int, names: list[str], row: list[str]) -> DraftEntry:
    """Return the record of a row. `number` counts the rows of the file from 1."""
    location = f"row {number}"
    if len(row) != len(names):
        fault = f"This row has {len(row)} cells, but the first row has {len(names)}."
        return DraftEntry(kind, row[0], location, {}, problems=[("", fault)])
    cells = dict(zip(names, row, strict=True))
    note, edition = cells.pop("note", None), cells.pop("edition", "")
    body, problems = parse_cells(kind, cells)
    return DraftEntry(
        kind, cells["id"], location, nest_published_date(body), note, edition, True, problems
    )


def parse_cells(kind: str, cells: dict[str, str]) -> tuple[Document, list[PathProblem]]:
    """Return the values of the readable cells, and (column, message) for each of the others."""
    body: Document = {}
    problems: list[PathProblem] = []
    for name, cell in cells.items():
        try:
            body[name] = column_codecs(kind)[name].parse_value(cell)
        except UnreadableCell as error:
            problems.append((name, str(error)))
    return body, problems
