"""Writes documents as CSV rows. Each live revision has its row stored, and exports send that.

After a change of CSV_COLUMNS, add one to `policy.publishing.reindex.INDEX_VERSION`.
"""

import csv
import io
from collections.abc import Callable, Iterable

from policy.documents.csv_safe import escape_formula
from policy.documents.evidence import CODED_SCALAR_FIELDS
from policy.documents.periods import MAIN_DATE_KINDS
from policy.documents.types import AnyDocument, as_action

URL_COLUMN = "document_url"  # the last column: the URL of the revision
CSV_LIST_SEPARATOR = "; "
CSV_LINE_END = "\r\n"
CellGetter = Callable[[AnyDocument], object]  # from a document to the value of a cell


def csv_header(kind: str) -> str:
    """Return the header row of a kind, with its line end."""
    return format_csv_row([*CSV_COLUMNS[kind], URL_COLUMN]) + CSV_LINE_END


def csv_row(document: AnyDocument) -> str:
    """Return the row to store for a published document, without a line end.

    Its last cell is the path of the revision, relative to the list of its kind.
    """
    columns = CSV_COLUMNS[str(document["kind"])].values()
    path = f"{document['id']}/revisions/{document['revision']}/"
    return format_csv_row([*(format_csv_cell(column(document)) for column in columns), path])


def complete_csv_row(stored: str, list_url: str) -> str:
    """Return a stored row as it is sent: with the URL of the revision and a line end.

    `list_url` is the URL of the list of the kind. The path in the last cell contains no comma.
    """
    cells, _, path = stored.rpartition(",")
    return f"{cells},{list_url}{path}{CSV_LINE_END}"


def escape_csv_row(sent: str) -> str:
    """Return a row with every cell escaped that a spreadsheet would take for a formula."""
    csv.field_size_limit(max(csv.field_size_limit(), len(sent)))
    return format_csv_row(map(escape_formula, next(csv.reader([sent])))) + CSV_LINE_END


def format_csv_row(cells: Iterable[str]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator=CSV_LINE_END).writerow(cells)
    return target.getvalue().removesuffix(CSV_LINE_END)


def format_csv_cell(value: object) -> str:
    """Return a JSON value as the text of a cell. Repeated items of a list are written once."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return CSV_LIST_SEPARATOR.join(dict.fromkeys(str(item) for item in value))
    return "" if value is None else str(value)


def field_columns(*names: str) -> dict[str, CellGetter]:
    return {name: path_getter(name) for name in names}


def path_getter(*path: str) -> CellGetter:
    """Return a function that reads the value at a path; None if an object on the path is null."""

    def column(document: AnyDocument) -> object:
        value: object = document
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    return column


def list_getter(name: str, *path: str) -> CellGetter:
    """Return a function that reads the value at a path in every row of a list."""
    read = path_getter(*path)

    def column(document: AnyDocument) -> list[object]:
        rows = document[name]
        return [value for row in rows if (value := read(row))] if isinstance(rows, list) else []

    return column


def figure_getter(name: str) -> CellGetter:
    return lambda document: [
        f"{figure['kind']}={path_getter(name)(figure)}" for figure in as_action(document)["figures"]
    ]


def date_getter(kind: str, end: str) -> CellGetter:
    """Return a function that reads `earliest` or `latest` of the date of a kind."""
    read = path_getter(end)
    return lambda document: next(
        (read(date) for date in as_action(document)["dates"] if date["kind"] == kind), None
    )


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
        **field_columns("title", "summary", *CODED_SCALAR_FIELDS, "sort_date"),
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
        "unknowns": lambda document: list(as_action(document)["unknowns"]),
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
