"""TODO docstring."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from rest_framework import serializers

from desk.base.fields import LINE, spell_support
from policy import strictjson
from policy.documents.action_schema import Unknowns
from policy.documents.schema import SHAPES
from policy.documents.shapes import (
    HonestDate,
    NumberField,
    Reference,
    References,
    SortedList,
    TermField,
)
from policy.documents.types import Document

BAR, SEMICOLON, INDENT = " | ", "; ", "    "
DATE = tuple(HonestDate().fields)


class Unreadable(ValueError):
    """What is wrong with a cell."""


class Grammar(NamedTuple):
    """How a value is written into a cell and read from it."""

    spell: Callable[[Any], str]
    read: Callable[[str], Any]


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


def grammars(kind: str) -> dict[str, str]:
    """What the rows of each list hold between their bars."""
    shape = SHAPES[kind]()
    return {
        name: Rows(field.child).columns
        for name, field in shape.fields.items()
        if isinstance(field, serializers.ListSerializer) and not isinstance(field, References)
    }
