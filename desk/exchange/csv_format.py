"""Drafts as a table: a row a record, lists in the plain grammar of their cells.

A value that its plain grammar could not carry back exactly is written as JSON, and JSON is read
wherever a list may stand.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from rest_framework import serializers

from desk.base.fields import LINE, spell_support
from policy import strictjson
from policy.documents.action_schema import Unknowns
from policy.documents.csv_safe import guarded, unguarded
from policy.documents.schema import SHAPES
from policy.documents.shapes import (
    HonestDate,
    NumberField,
    Reference,
    References,
    SortedList,
    TermField,
    nearest,
)
from policy.documents.types import Document
from policy.exchange.draft_entries import Entry, edition
from policy.models import Record
from policy.strictjson import Problem

BAR, SEMICOLON, INDENT = " | ", "; ", "    "
PRIVATE = ("edition", "note")
MARK = "\ufeff"  # without it spreadsheets take UTF-8 for something else
DELIMITERS = ",;\t"
DATE = tuple(HonestDate().fields)


class Unreadable(ValueError):
    """What is wrong with a cell."""


class BadFile(ValueError):
    """What is wrong with a whole file."""


class Grammar(NamedTuple):
    """How a value is written into a cell and read from it."""

    spell: Callable[[Any], str]
    read: Callable[[str], Any]


# Single values


def text(nullable: bool = False) -> Grammar:
    return Grammar(lambda value: value or "", lambda cell: cell or (None if nullable else ""))


def read_number(cell: str) -> Any:
    """A number, or the words that stand in its place, for the shape to refuse."""
    number = re.fullmatch(r"-?\d{1,40}(\.\d{1,40})?", cell)
    return (float if number[1] else int)(cell) if number else cell


def read_reference(cell: str) -> Document | None:
    return {"id": cell} if cell else None


NUMBER = Grammar(lambda value: "" if value is None else str(value), read_number)
REFERENCE = Grammar(lambda value: value["id"] if value else "", read_reference)


def single(field: Any) -> Grammar:
    if isinstance(field, Reference):
        return REFERENCE
    if isinstance(field, NumberField | serializers.IntegerField):
        return NUMBER
    nullable = isinstance(field, TermField | serializers.DateField) and field.allow_null
    return text(nullable)


# Lists


def safely(plain: Grammar) -> Grammar:
    """JSON wherever the plain words would not be read back as they were meant."""

    def spell(value: Any) -> str:
        words = plain.spell(value)
        try:
            exact = not is_json(words) and plain.read(words) == value
        except Unreadable:
            exact = False
        return words if exact else json.dumps(value, ensure_ascii=False)

    def read(cell: str) -> Any:
        return read_json(cell) if is_json(cell) else plain.read(cell)

    return Grammar(spell, read)


def is_json(cell: str) -> bool:
    return cell.lstrip().startswith(("[", "{"))


def read_json(cell: str) -> Any:
    try:
        return strictjson.read(cell.encode())
    except strictjson.BadJSON as error:
        raise Unreadable(f"begins like JSON, but {error}") from None


def listed(item: Grammar, separator: str) -> Grammar:
    def spell(values: list[Any]) -> str:
        return separator.join(map(item.spell, values))

    def read(cell: str) -> list[Any]:
        parts = (part.strip() for part in cell.split(separator.strip(" ")))
        return [item.read(part) for part in parts if part]

    return safely(Grammar(spell, read))


def spell_unknowns(value: Document) -> str:
    return "\n".join(f"{field}: {reason}" for field, reason in value.items())


def read_unknowns(cell: str) -> Document:
    found: Document = {}
    for number, line in enumerate(lines(cell), 1):
        field, colon, reason = (part.strip() for part in line.partition(":"))
        if not colon or field in found:
            fault = "stands here twice" if colon else "needs a colon behind the field"
            raise Unreadable(f"line {number}: {field} {fault}.")
        found[field] = reason
    return found


def lines(cell: str) -> list[str]:
    return [line for line in cell.split("\n") if line.strip()]


class Rows:
    """Rows of a list, one a line, their values between bars; empty ones at the end left out."""

    def __init__(self, shape: Any) -> None:
        fields = {name: field for name, field in shape.fields.items() if name != "key"}
        self.nested = fields.pop("supports", None)
        self.fields = {name: single(field) for name, field in fields.items()}

    @property
    def columns(self) -> str:
        return BAR.join(self.fields)

    @property
    def grammar(self) -> Grammar:
        return safely(Grammar(self.spell, self.read))

    def spell(self, rows: list[Document]) -> str:
        return "\n".join(line for row in rows for line in self.spell_row(row))

    def spell_row(self, row: Document) -> Iterator[str]:
        cells = [grammar.spell(row[name]) for name, grammar in self.fields.items()]
        yield BAR.join(cells).rstrip(" |")
        for support in row.get("supports", ()):
            yield INDENT + spell_support(support)

    def read(self, cell: str) -> list[Document]:
        rows: list[Document] = []
        for number, line in enumerate(lines(cell), 1):
            try:
                if self.nested and rows and line[0].isspace():
                    rows[-1]["supports"].append(read_support(line.strip()))
                else:
                    rows.append(self.read_row(line))
            except Unreadable as error:
                raise Unreadable(f"line {number}: {error}") from None
        return rows

    def read_row(self, line: str) -> Document:
        cells = [part.strip() for part in line.split("|")]
        if len(cells) > len(self.fields):
            raise Unreadable(f"{len(cells)} values stand between bars, of {self.columns}.")
        cells += [""] * (len(self.fields) - len(cells))
        pairs = zip(self.fields.items(), cells, strict=True)
        row: Document = {name: grammar.read(part) for (name, grammar), part in pairs}
        return {**row, "supports": []} if self.nested else row


def read_support(line: str) -> Document:
    match = LINE.fullmatch(line)
    if not match:
        raise Unreadable(f"“{line}” is not a field, a basis and perhaps “: reason”.")
    return match.groupdict(default="")


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


def grammar_of(field: Any) -> Grammar:
    if isinstance(field, References):
        return listed(REFERENCE, SEMICOLON)
    if isinstance(field, SortedList):
        return listed(text(), SEMICOLON)
    if isinstance(field, Unknowns):
        return safely(Grammar(spell_unknowns, read_unknowns))
    if isinstance(field, serializers.ListField):
        return listed(text(), "\n")
    if isinstance(field, serializers.ListSerializer):
        return Rows(field.child).grammar
    return single(field)


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


def grammars(kind: str) -> dict[str, str]:
    """What the rows of each list hold between their bars."""
    shape = SHAPES[kind]()
    return {
        name: Rows(field.child).columns
        for name, field in shape.fields.items()
        if isinstance(field, serializers.ListSerializer) and not isinstance(field, References)
    }
