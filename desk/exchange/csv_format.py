"""Drafts as a table: a row a record, lists in the plain grammar of their cells.

A value that its plain grammar could not carry back exactly is written as JSON, and JSON is read
wherever a list may stand.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from functools import cache

from desk.exchange.csv_cells import DATE, Grammar, Unreadable, grammar_of, single
from policy.documents.csv_safe import guarded, unguarded
from policy.documents.schema import SHAPES
from policy.documents.shapes import HonestDate, nearest
from policy.documents.types import Document
from policy.exchange.draft_entries import Entry, edition
from policy.models import Record
from policy.strictjson import Problem

PRIVATE = ("edition", "note")
MARK = "\ufeff"  # without it spreadsheets take UTF-8 for something else
DELIMITERS = ",;\t"


class BadFile(ValueError):
    """What is wrong with a whole file."""


# Single values


# Lists


# Columns


@cache
def columns(kind: str) -> dict[str, Grammar]:
    """Every column of a kind's table, bar those about the row itself."""
    found = {}
    for name, field in SHAPES[kind]().fields.items():
        if isinstance(field, HonestDate):
            found |= {f"{name}_{part}": single(inner) for part, inner in field.fields.items()}
        elif not field.read_only:
            found[name] = grammar_of(field)
    return found


def header(kind: str) -> list[str]:
    first, *rest = columns(kind)
    return [first, *PRIVATE, *rest]


def flat(kind: str, body: Document) -> Document:
    """A source's date of publication is a column a part."""
    if kind != "source":
        return body
    date = body["published"] or dict.fromkeys(DATE)
    return body | {f"published_{part}": date[part] for part in DATE}


def folded(body: Document) -> Document:
    parts = {part: body.pop(f"published_{part}") for part in DATE if f"published_{part}" in body}
    if not parts:
        return body
    known = any(parts.values())
    return {**body, "published": parts if known else None}


# Writing


def table(kind: str, rows: Iterable[tuple[Record, Document]]) -> Iterator[bytes]:
    yield MARK.encode() + line(header(kind))
    for record, body in rows:
        yield line(cells(kind, record, flat(kind, body)))


def cells(kind: str, record: Record, body: Document) -> list[str]:
    first, *rest = (grammar.spell(body[name]) for name, grammar in columns(kind).items())
    return [first, edition(record), record.note, *rest]


def line(values: Iterable[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow(map(guarded, values))
    return written.getvalue().encode()


# Reading


def entries(kind: str, raw: bytes, most: int) -> list[Entry]:
    """The records of a table. Raises BadFile when nothing can be told of any."""
    names, *rows = records(decoded(raw), most)
    check_header(names, header(kind))
    return [entry(kind, number, names, row) for number, row in enumerate(rows, 2) if any(row)]


def decoded(raw: bytes) -> str:
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


def records(words: str, most: int) -> list[list[str]]:
    """Every row, the header first, however the spreadsheet parts its cells."""
    head = re.split("[\r\n]", words, maxsplit=1)[0]
    csv.field_size_limit(max(csv.field_size_limit(), len(words)))
    reader = csv.reader(io.StringIO(words, newline=""), delimiter=delimiter(head), strict=True)
    found: list[list[str]] = []
    try:
        for row in reader:
            found.append([unguarded(cell) for cell in row])
            if len(found) > most + 1:
                raise BadFile(f"More than {most} rows. Import it in parts.")
    except csv.Error as error:
        raise BadFile(f"Not CSV in line {reader.line_num}: {error}.") from None
    if len(found) < 2:
        raise BadFile("It holds no records: a line of names, then a line a record.")
    return found


def delimiter(head: str) -> str:
    return max(DELIMITERS, key=head.count)


def check_header(names: list[str], known: list[str]) -> None:
    faults = [
        f"There is no column {name!r}.{nearest(name, known)}" for name in unknown(names, known)
    ]
    faults += [f"The column {name} stands twice." for name in repeated(names)]
    if "id" not in names:
        faults.append("The column id is missing.")
    if faults:
        raise BadFile(" ".join(faults))


def unknown(names: list[str], known: list[str]) -> list[str]:
    return [name for name in names if name not in known]


def repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def entry(kind: str, number: int, names: list[str], row: list[str]) -> Entry:
    place = f"row {number}"
    if len(row) != len(names):
        fault = f"Has {len(row)} cells, where the first row has {len(names)}."
        return Entry(kind, row[0], place, {}, problems=[("", fault)])
    given = dict(zip(names, row, strict=True))
    note, saved = given.pop("note", None), given.pop("edition", "")
    body, problems = read_cells(kind, given)
    return Entry(kind, given["id"], place, folded(body), note, saved, True, problems)


def read_cells(kind: str, given: dict[str, str]) -> tuple[Document, list[Problem]]:
    body: Document = {}
    problems: list[Problem] = []
    for name, cell in given.items():
        try:
            body[name] = columns(kind)[name].read(cell)
        except Unreadable as error:
            problems.append((name, str(error)))
    return body, problems
