"""Documents as lines of CSV. They are stored beside revisions, so that a file only sends them.

A line follows from its document. Whoever changes COLUMNS adds a migration that calls
`policy.publishing.index.make_lines_again`, as 0011 does, which made the first ones.
"""

import csv
import io
from collections.abc import Callable, Iterable
from typing import Any

from policy.documents.csv_safe import escape_formula
from policy.documents.facets import MAIN_DATE_KINDS, Document

URL_COLUMN = "document_url"  # the last column: where this very revision is
CSV_LIST_SEPARATOR = "; "
CSV_LINE_END = "\r\n"
CellGetter = Callable[[Document], Any]


def csv_header(kind: str) -> str:
    return format_csv_row([*CSV_COLUMNS[kind], URL_COLUMN]) + CSV_LINE_END


def csv_row(document: Document) -> str:
    """All cells, without a line end. The address in the last one begins at the list of its kind."""
    columns = CSV_COLUMNS[document["kind"]].values()
    place = f"{document['id']}/revisions/{document['revision']}/"
    return format_csv_row([*(format_csv_cell(column(document)) for column in columns), place])


def complete_csv_row(stored: str, address: str) -> str:
    """A line as it is sent from a list that stands at an address. No comma is in its place."""
    cells, _, place = stored.rpartition(",")
    return f"{cells},{address}{place}{CSV_LINE_END}"


def escape_csv_row(sent: str) -> str:
    """The same without a cell that a spreadsheet takes for a formula."""
    csv.field_size_limit(max(csv.field_size_limit(), len(sent)))
    return format_csv_row(map(escape_formula, next(csv.reader([sent])))) + CSV_LINE_END


def format_csv_row(cells: Iterable[str]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator=CSV_LINE_END).writerow(cells)
    return target.getvalue().removesuffix(CSV_LINE_END)


def format_csv_cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return CSV_LIST_SEPARATOR.join(dict.fromkeys(map(str, value)))
    return "" if value is None else str(value)


def field_columns(*names: str) -> dict[str, CellGetter]:
    return {name: path_getter(name) for name in names}


def path_getter(name: str, *path: str) -> CellGetter:
    """The value of a field, or of what lies in it; None when a part of the way is null."""

    def column(document: Document) -> Any:
        value: Any = document
        for step in (name, *path):
            value = value and value[step]
        return value

    return column


def list_getter(name: str, *path: str) -> CellGetter:
    """The value that every row of a list has at the end of the path."""
    inner = path_getter(*path)
    return lambda document: [found for row in document[name] if (found := inner(row))]


def figure_getter(name: str) -> CellGetter:
    return lambda document: [f"{row['kind']}={row[name]}" for row in document["figures"]]


def date_getter(kind: str, end: str) -> CellGetter:
    """An end of the date of a kind."""
    return lambda document: next((d[end] for d in document["dates"] if d["kind"] == kind), None)


LEADING_COLUMNS = field_columns("id")
TRAILING_COLUMNS = {
    "review": path_getter("review", "state"),
    **field_columns("revision", "published_at", "licence"),
}
NAMED_RECORD_COLUMNS = {
    **LEADING_COLUMNS,
    **field_columns("name", "native_name", "aliases", "description", "type"),
    "jurisdiction": path_getter("jurisdiction", "id"),
}
CSV_COLUMNS: dict[str, dict[str, CellGetter]] = {
    "action": {
        **LEADING_COLUMNS,
        **field_columns("title", "summary", "unit", "type", "status", "legal_force", "stance"),
        **field_columns("attribution", "sort_date"),
        **{
            f"{kind}_{end}": date_getter(kind, end)
            for kind in MAIN_DATE_KINDS
            for end in ("earliest", "latest")
        },
        "jurisdictions": list_getter("jurisdictions", "id"),
        **field_columns("activities", "penalty"),
        "agencies": list_getter("agencies", "agency", "id"),
        "entities": list_getter("entities", "entity", "id"),
        "sources": list_getter("citations", "source", "id"),
        "figures": figure_getter("value"),
        "figure_comparators": figure_getter("comparator"),
        "figure_units": figure_getter("unit"),
        "related_to": list_getter("relations", "action", "id"),
        "unknowns": lambda document: list(document["unknowns"]),
        "evidence": path_getter("evidence", "level"),
        "reported_claim": path_getter("evidence", "reported_claim"),
        "disputed": path_getter("evidence", "disputed"),
        **TRAILING_COLUMNS,
    },
    "agency": {**NAMED_RECORD_COLUMNS, "parent": path_getter("parent", "id"), **TRAILING_COLUMNS},
    "entity": {**NAMED_RECORD_COLUMNS, **TRAILING_COLUMNS},
    "source": {
        **LEADING_COLUMNS,
        **field_columns("title", "publisher", "authors", "url"),
        "published_earliest": path_getter("published", "earliest"),
        "published_latest": path_getter("published", "latest"),
        **field_columns("retrieved_at", "language", "source_class", "sha256", "bytes"),
        **field_columns("text_sha256", "characters"),
        "derived_from": path_getter("derived_from", "id"),
        **TRAILING_COLUMNS,
    },
}
