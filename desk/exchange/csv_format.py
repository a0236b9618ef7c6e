"""Drafts as a table: a row a record, lists in the plain grammar of their cells.

A value that its plain grammar could not carry back exactly is written as JSON, and JSON is read
wherever a list may stand.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from functools import cache

from desk.exchange.csv_cells import (
    PUBLISHED_DATE_PARTS,
    CellCodec,
    UnreadableCell,
    codec_for_field,
    scalar_codec,
)
from policy.documents.csv_safe import escape_formula, unescape_formula
from policy.documents.schema import DOCUMENT_SERIALIZERS
from policy.documents.shapes import HonestDate, nearest
from policy.documents.types import Document
from policy.exchange.draft_entries import DraftEntry, format_edition
from policy.models import Record
from policy.strictjson import PathProblem

PRIVATE_COLUMNS = ("edition", "note")
UTF8_BOM = "\ufeff"  # without it spreadsheets take UTF-8 for something else
DELIMITERS = ",;\t"


class BadFile(ValueError):
    """What is wrong with a whole file."""


# Single values


# Lists


# Columns


@cache
def column_codecs(kind: str) -> dict[str, CellCodec]:
    """Every column of a kind's table, bar those about the row itself."""
    found = {}
    for name, field in DOCUMENT_SERIALIZERS[kind]().fields.items():
        if isinstance(field, HonestDate):
            found |= {f"{name}_{part}": scalar_codec(inner) for part, inner in field.fields.items()}
        elif not field.read_only:
            found[name] = codec_for_field(field)
    return found


def draft_csv_header(kind: str) -> list[str]:
    first, *rest = column_codecs(kind)
    return [first, *PRIVATE_COLUMNS, *rest]


def flatten_published_date(kind: str, body: Document) -> Document:
    """A source's date of publication is a column a part."""
    if kind != "source":
        return body
    date = body["published"] or dict.fromkeys(PUBLISHED_DATE_PARTS)
    return body | {f"published_{part}": date[part] for part in PUBLISHED_DATE_PARTS}


def nest_published_date(body: Document) -> Document:
    parts = {
        part: body.pop(f"published_{part}")
        for part in PUBLISHED_DATE_PARTS
        if f"published_{part}" in body
    }
    if not parts:
        return body
    known = any(parts.values())
    return {**body, "published": parts if known else None}


# Writing


def iter_draft_csv(kind: str, rows: Iterable[tuple[Record, Document]]) -> Iterator[bytes]:
    yield UTF8_BOM.encode() + format_csv_line(draft_csv_header(kind))
    for record, body in rows:
        yield format_csv_line(format_draft_cells(kind, record, flatten_published_date(kind, body)))


def format_draft_cells(kind: str, record: Record, body: Document) -> list[str]:
    first, *rest = (
        grammar.format_value(body[name]) for name, grammar in column_codecs(kind).items()
    )
    return [first, format_edition(record), record.note, *rest]


def format_csv_line(values: Iterable[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow(map(escape_formula, values))
    return written.getvalue().encode()


# Reading


def parse_csv_entries(kind: str, raw: bytes, most: int) -> list[DraftEntry]:
    """The records of a table. Raises BadFile when nothing can be told of any."""
    names, *rows = parse_csv_rows(decode_csv(raw), most)
    check_header(names, draft_csv_header(kind))
    return [
        entry_from_csv_row(kind, number, names, row)
        for number, row in enumerate(rows, 2)
        if any(row)
    ]


def decode_csv(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadFile("It is UTF-16. Save it as “CSV UTF-8”.")
    try:
        words = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        raise BadFile(f"Not UTF-8 in line {row}. Save it as “CSV UTF-8”.") from None
    if "\0" in words:
        raise BadFile("It holds NUL: this is no table of text.")
    return words


def parse_csv_rows(words: str, most: int) -> list[list[str]]:
    """Every row, the header first, however the spreadsheet parts its cells."""
    head = re.split("[\r\n]", words, maxsplit=1)[0]
    csv.field_size_limit(max(csv.field_size_limit(), len(words)))
    reader = csv.reader(
        io.StringIO(words, newline=""), delimiter=detect_delimiter(head), strict=True
    )
    found: list[list[str]] = []
    try:
        for row in reader:
            found.append([unescape_formula(cell) for cell in row])
            if len(found) > most + 1:
                raise BadFile(f"More than {most} rows. Import it in parts.")
    except csv.Error as error:
        raise BadFile(f"Not CSV in line {reader.line_num}: {error}.") from None
    if len(found) < 2:
        raise BadFile("It holds no records: a line of names, then a line a record.")
    return found


def detect_delimiter(head: str) -> str:
    return max(DELIMITERS, key=head.count)


def check_header(names: list[str], known: list[str]) -> None:
    faults = [
        f"There is no column {name!r}.{nearest(name, known)}"
        for name in unknown_columns(names, known)
    ]
    faults += [f"The column {name} stands twice." for name in find_repeated_words(names)]
    if "id" not in names:
        faults.append("The column id is missing.")
    if faults:
        raise BadFile(" ".join(faults))


def unknown_columns(names: list[str], known: list[str]) -> list[str]:
    return [name for name in names if name not in known]


def find_repeated_words(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def entry_from_csv_row(kind: str, number: int, names: list[str], row: list[str]) -> DraftEntry:
    place = f"row {number}"
    if len(row) != len(names):
        fault = f"Has {len(row)} cells, where the first row has {len(names)}."
        return DraftEntry(kind, row[0], place, {}, problems=[("", fault)])
    given = dict(zip(names, row, strict=True))
    note, saved = given.pop("note", None), given.pop("edition", "")
    body, problems = parse_cells(kind, given)
    return DraftEntry(
        kind, given["id"], place, nest_published_date(body), note, saved, True, problems
    )


def parse_cells(kind: str, given: dict[str, str]) -> tuple[Document, list[PathProblem]]:
    body: Document = {}
    problems: list[PathProblem] = []
    for name, cell in given.items():
        try:
            body[name] = column_codecs(kind)[name].parse_value(cell)
        except UnreadableCell as error:
            problems.append((name, str(error)))
    return body, problems
