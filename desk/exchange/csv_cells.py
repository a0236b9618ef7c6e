"""How the values of a draft are written into the cells of a CSV table, and read from them.

A list is written in a short notation. If reading the notation back would not give exactly the same
value, the cell holds JSON instead. JSON can be read wherever a list is possible.
"""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar, get_origin

from desk.base.fields import SupportRow, format_support, split_support, support_line_error
from policy import strictjson
from policy.documents.columns import FieldDescription, describe_fields, is_of_type, split_key
from policy.documents.fields import HonestDate, Number, Reference
from policy.documents.markers import CodeOf, NotStored, StoredAsKeys
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.shape import Shape
from policy.documents.types import Document
from policy.models.action_parts import DECIMAL_DIGITS_MESSAGE

CellValue = TypeVar("CellValue")
CellNumber = int | float | str | None
ReferenceValue = dict[str, str] | None
COLUMN_SEPARATOR, ITEM_SEPARATOR, SUPPORT_INDENT = " | ", "; ", "    "
PUBLISHED_DATE_PARTS = tuple(HonestDate.model_fields)


class UnreadableCell(ValueError):
    """A cell that cannot be read. The message says why."""


class CellCodec(NamedTuple, Generic[CellValue]):
    """How values are written into a cell and read from it. Reading may raise UnreadableCell."""

    format_value: Callable[[CellValue], str]
    parse_value: Callable[[str], CellValue]


AnyCodec = CellCodec[Any]


def text_codec(nullable: bool = False) -> CellCodec[str | None]:
    return CellCodec(lambda value: value or "", lambda cell: cell or (None if nullable else ""))


def format_cell_number(value: CellNumber) -> str:
    return "" if value is None else f"{Decimal(str(value)):f}"


def parse_cell_number(cell: str) -> CellNumber:
    """Return a number, or the text itself if it is none: the document's schema then refuses it.

    Raise UnreadableCell if JSON would hold another number.
    """
    number = re.fullmatch(r"-?\d{1,40}(\.\d{1,40})?", cell)
    if not number:
        return cell
    if not number[1]:
        return int(cell)
    if Decimal(repr(float(cell))) != Decimal(cell):
        raise UnreadableCell(f"{cell} has too many digits. {DECIMAL_DIGITS_MESSAGE}")
    return float(cell)


def format_cell_reference(value: ReferenceValue) -> str:
    return value["id"] if value else ""


def parse_cell_reference(cell: str) -> ReferenceValue:
    return {"id": cell} if cell else None


def format_cell_key(value: dict[str, str]) -> str:
    return f"{value['scheme']}:{value['value']}"


NUMBER_CODEC = CellCodec(format_cell_number, parse_cell_number)
REFERENCE_CODEC = CellCodec(format_cell_reference, parse_cell_reference)
KEY_CODEC = CellCodec(format_cell_key, split_key)


def scalar_codec(field: FieldDescription) -> AnyCodec:
    """Return the codec of a field with a single value."""
    if field.type is Reference:
        return REFERENCE_CODEC
    if field.type is int or is_of_type(field, Number):
        return NUMBER_CODEC
    return text_codec(field.is_nullable)


def with_json_fallback(plain: CellCodec[CellValue]) -> CellCodec[CellValue]:
    """Return a codec that writes JSON if the plain notation would not be read back exactly."""

    def format_value(value: CellValue) -> str:
        text = plain.format_value(value)
        try:
            exact = not looks_like_json(text) and plain.parse_value(text) == value
        except UnreadableCell:
            exact = False
        return text if exact else json.dumps(value, ensure_ascii=False)

    def parse_value(cell: str) -> CellValue:
        if not looks_like_json(cell):
            return plain.parse_value(cell)
        value: CellValue = parse_json_cell(cell)
        return value

    return CellCodec(format_value, parse_value)


def looks_like_json(cell: str) -> bool:
    return cell.lstrip().startswith(("[", "{"))


def parse_json_cell(cell: str) -> Any:
    try:
        return strictjson.parse_json(cell.encode())
    except strictjson.BadJSON as error:
        raise UnreadableCell(f"starts like JSON, but is not valid: {error}") from None


def list_codec(item: CellCodec[CellValue], separator: str) -> CellCodec[list[CellValue]]:
    def format_value(values: list[CellValue]) -> str:
        return separator.join(map(item.format_value, values))

    def parse_value(cell: str) -> list[CellValue]:
        parts = (part.strip() for part in cell.split(separator.strip(" ")))
        return [item.parse_value(part) for part in parts if part]

    return with_json_fallback(CellCodec(format_value, parse_value))


def format_unknowns(value: dict[str, str]) -> str:
    return "\n".join(f"{field}: {reason}" for field, reason in value.items())


def parse_unknowns(cell: str) -> dict[str, str]:
    unknowns: dict[str, str] = {}
    for number, line in enumerate(nonblank_lines(cell), 1):
        field, colon, reason = (part.strip() for part in line.partition(":"))
        if not colon or field in unknowns:
            fault = "is listed twice" if colon else "needs a colon and a reason after it"
            raise UnreadableCell(f"line {number}: {field} {fault}.")
        unknowns[field] = reason
    return unknowns


def nonblank_lines(cell: str) -> list[str]:
    return [line for line in cell.split("\n") if line.strip()]


class RowsCodec:
    """The rows of a list: one per line, values between bars, empty values at the end left out.

    Fields that were added to the schema later come last, so that older files still mean the same.
    The supports of a citation are indented lines below it.
    """

    def __init__(self, schema: type[Shape]) -> None:
        fields = describe_fields(schema)
        fields = {name: field for name, field in fields.items() if not field.find(NotStored)}
        self.nested_supports = fields.pop("supports", None) is not None
        names = sorted(fields, key=lambda name: name in schema.later)
        self.fields = {name: scalar_codec(fields[name]) for name in names}

    @property
    def columns(self) -> str:
        return COLUMN_SEPARATOR.join(self.fields)

    @property
    def codec(self) -> CellCodec[list[Document]]:
        return with_json_fallback(CellCodec(self.format_value, self.parse_value))

    def format_value(self, rows: list[Document]) -> str:
        return "\n".join(line for row in rows for line in self.format_row(row))

    def format_row(self, row: Document) -> Iterator[str]:
        cells = [codec.format_value(row[name]) for name, codec in self.fields.items()]
        yield COLUMN_SEPARATOR.join(cells).rstrip(" |")
        supports: list[SupportRow] = row.get("supports", [])
        for support in supports:
            yield SUPPORT_INDENT + format_support(support)

    def parse_value(self, cell: str) -> list[Document]:
        rows: list[Document] = []
        for number, line in enumerate(nonblank_lines(cell), 1):
            try:
                if self.nested_supports and rows and line[0].isspace():
                    supports: list[SupportRow] = rows[-1]["supports"]
                    supports.append(parse_support_cell(line.strip()))
                else:
                    rows.append(self.parse_row(line))
            except UnreadableCell as error:
                raise UnreadableCell(f"line {number}: {error}") from None
        return rows

    def parse_row(self, line: str) -> Document:
        cells = [part.strip() for part in line.split("|")]
        if len(cells) > len(self.fields):
            raise UnreadableCell(
                f"there are {len(cells)} values between bars, but only {len(self.fields)} columns: "
                f"{self.columns}."
            )
        cells += [""] * (len(self.fields) - len(cells))
        pairs = zip(self.fields.items(), cells, strict=True)
        row: Document = {name: codec.parse_value(part) for (name, codec), part in pairs}
        return {**row, "supports": []} if self.nested_supports else row


def parse_support_cell(line: str) -> SupportRow:
    support = split_support(line)
    if support is None:
        raise UnreadableCell(support_line_error(line))
    return support


def codec_for_field(field: FieldDescription) -> AnyCodec:
    """Return the codec of a field of a document."""
    if get_origin(field.type) is dict:
        return with_json_fallback(CellCodec(format_unknowns, parse_unknowns))
    if not field.is_list:
        return scalar_codec(field)
    if field.type is Reference:
        return list_codec(REFERENCE_CODEC, ITEM_SEPARATOR)
    if field.find(CodeOf):
        return list_codec(text_codec(), ITEM_SEPARATOR)
    if field.find(StoredAsKeys):
        return list_codec(KEY_CODEC, "\n")
    return RowsCodec(field.type).codec if field.is_shape else list_codec(text_codec(), "\n")


def describe_row_columns(kind: str) -> dict[str, str]:
    """Return the columns of each list of rows of a kind, as they stand between the bars."""
    return {
        name: RowsCodec(field.type).columns
        for name, field in describe_fields(DOCUMENT_SCHEMAS[kind]).items()
        if field.is_list and field.is_shape and not is_plain_list(field)
    }


def is_plain_list(field: FieldDescription) -> bool:
    """Return whether the items of a list are written as single words."""
    return field.type is Reference or field.find(StoredAsKeys) is not None
