"""TODO docstring."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from rest_framework import serializers

from desk.base.fields import SUPPORT_LINE, format_support
from policy import strictjson
from policy.documents.action_part_schema import UnknownsField
from policy.documents.schema import DOCUMENT_SERIALIZERS
from policy.documents.shapes import (
    HonestDate,
    NumberField,
    Reference,
    References,
    SortedList,
    TermField,
)
from policy.documents.types import Document

COLUMN_SEPARATOR, ITEM_SEPARATOR, SUPPORT_INDENT = " | ", "; ", "    "
PUBLISHED_DATE_PARTS = tuple(HonestDate().fields)


class UnreadableCell(ValueError):
    """What is wrong with a cell."""


class CellCodec(NamedTuple):
    """How a value is written into a cell and read from it."""

    format_value: Callable[[Any], str]
    parse_value: Callable[[str], Any]


def text_codec(nullable: bool = False) -> CellCodec:
    return CellCodec(lambda value: value or "", lambda cell: cell or (None if nullable else ""))


def parse_cell_number(cell: str) -> Any:
    """A number, or the words that stand in its place, for the shape to refuse."""
    number = re.fullmatch(r"-?\d{1,40}(\.\d{1,40})?", cell)
    return (float if number[1] else int)(cell) if number else cell


def parse_cell_reference(cell: str) -> Document | None:
    return {"id": cell} if cell else None


NUMBER_CODEC = CellCodec(lambda value: "" if value is None else str(value), parse_cell_number)
REFERENCE_CODEC = CellCodec(lambda value: value["id"] if value else "", parse_cell_reference)


def scalar_codec(field: Any) -> CellCodec:
    if isinstance(field, Reference):
        return REFERENCE_CODEC
    if isinstance(field, NumberField | serializers.IntegerField):
        return NUMBER_CODEC
    nullable = isinstance(field, TermField | serializers.DateField) and field.allow_null
    return text_codec(nullable)


def with_json_fallback(plain: CellCodec) -> CellCodec:
    """JSON wherever the plain words would not be read back as they were meant."""

    def spell(value: Any) -> str:
        words = plain.format_value(value)
        try:
            exact = not looks_like_json(words) and plain.parse_value(words) == value
        except UnreadableCell:
            exact = False
        return words if exact else json.dumps(value, ensure_ascii=False)

    def read(cell: str) -> Any:
        return parse_json_cell(cell) if looks_like_json(cell) else plain.parse_value(cell)

    return CellCodec(spell, read)


def looks_like_json(cell: str) -> bool:
    return cell.lstrip().startswith(("[", "{"))


def parse_json_cell(cell: str) -> Any:
    try:
        return strictjson.parse_json(cell.encode())
    except strictjson.BadJSON as error:
        raise UnreadableCell(f"begins like JSON, but {error}") from None


def list_codec(item: CellCodec, separator: str) -> CellCodec:
    def spell(values: list[Any]) -> str:
        return separator.join(map(item.format_value, values))

    def read(cell: str) -> list[Any]:
        parts = (part.strip() for part in cell.split(separator.strip(" ")))
        return [item.parse_value(part) for part in parts if part]

    return with_json_fallback(CellCodec(spell, read))


def format_unknowns(value: Document) -> str:
    return "\n".join(f"{field}: {reason}" for field, reason in value.items())


def parse_unknowns(cell: str) -> Document:
    found: Document = {}
    for number, line in enumerate(nonblank_lines(cell), 1):
        field, colon, reason = (part.strip() for part in line.partition(":"))
        if not colon or field in found:
            fault = "stands here twice" if colon else "needs a colon behind the field"
            raise UnreadableCell(f"line {number}: {field} {fault}.")
        found[field] = reason
    return found


def nonblank_lines(cell: str) -> list[str]:
    return [line for line in cell.split("\n") if line.strip()]


class RowsCodec:
    """Rows of a list, one a line, their values between bars; empty ones at the end left out."""

    def __init__(self, shape: Any) -> None:
        fields = {name: field for name, field in shape.fields.items() if name != "key"}
        self.nested_supports = fields.pop("supports", None)
        self.fields = {name: scalar_codec(field) for name, field in fields.items()}

    @property
    def columns(self) -> str:
        return COLUMN_SEPARATOR.join(self.fields)

    @property
    def codec(self) -> CellCodec:
        return with_json_fallback(CellCodec(self.format_value, self.parse_value))

    def format_value(self, rows: list[Document]) -> str:
        return "\n".join(line for row in rows for line in self.spell_row(row))

    def spell_row(self, row: Document) -> Iterator[str]:
        cells = [grammar.format_value(row[name]) for name, grammar in self.fields.items()]
        yield COLUMN_SEPARATOR.join(cells).rstrip(" |")
        for support in row.get("supports", ()):
            yield SUPPORT_INDENT + format_support(support)

    def parse_value(self, cell: str) -> list[Document]:
        rows: list[Document] = []
        for number, line in enumerate(nonblank_lines(cell), 1):
            try:
                if self.nested_supports and rows and line[0].isspace():
                    rows[-1]["supports"].append(parse_support_cell(line.strip()))
                else:
                    rows.append(self.read_row(line))
            except UnreadableCell as error:
                raise UnreadableCell(f"line {number}: {error}") from None
        return rows

    def read_row(self, line: str) -> Document:
        cells = [part.strip() for part in line.split("|")]
        if len(cells) > len(self.fields):
            raise UnreadableCell(f"{len(cells)} values stand between bars, of {self.columns}.")
        cells += [""] * (len(self.fields) - len(cells))
        pairs = zip(self.fields.items(), cells, strict=True)
        row: Document = {name: grammar.parse_value(part) for (name, grammar), part in pairs}
        return {**row, "supports": []} if self.nested_supports else row


def parse_support_cell(line: str) -> Document:
    match = SUPPORT_LINE.fullmatch(line)
    if not match:
        raise UnreadableCell(f"“{line}” is not a field, a basis and perhaps “: reason”.")
    return match.groupdict(default="")


def codec_for_field(field: Any) -> CellCodec:
    if isinstance(field, References):
        return list_codec(REFERENCE_CODEC, ITEM_SEPARATOR)
    if isinstance(field, SortedList):
        return list_codec(text_codec(), ITEM_SEPARATOR)
    if isinstance(field, UnknownsField):
        return with_json_fallback(CellCodec(format_unknowns, parse_unknowns))
    if isinstance(field, serializers.ListField):
        return list_codec(text_codec(), "\n")
    if isinstance(field, serializers.ListSerializer):
        return RowsCodec(field.child).codec
    return scalar_codec(field)


def describe_row_columns(kind: str) -> dict[str, str]:
    """What the rows of each list hold between their bars."""
    shape = DOCUMENT_SERIALIZERS[kind]()
    return {
        name: RowsCodec(field.child).columns
        for name, field in shape.fields.items()
        if isinstance(field, serializers.ListSerializer) and not isinstance(field, References)
    }
