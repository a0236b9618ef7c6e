"""Documents as lines of CSV. They are stored beside revisions, so that a file only sends them.

A line follows from its document. Whoever changes COLUMNS adds a migration that calls
`policy.publishing.index.make_lines_again`, as 0011 does, which made the first ones.
"""

import csv
import io
from collections.abc import Callable, Iterable
from typing import Any

from policy.documents.csv_safe import guarded
from policy.documents.facets import MAIN_DATES, Document

ADDRESS = "document_url"  # the last column: where this very revision is
SEPARATOR = "; "
END = "\r\n"
Column = Callable[[Document], Any]


def heading(kind: str) -> str:
    return written([*COLUMNS[kind], ADDRESS]) + END


def line(document: Document) -> str:
    """All cells, without a line end. The address in the last one begins at the list of its kind."""
    columns = COLUMNS[document["kind"]].values()
    place = f"{document['id']}/revisions/{document['revision']}/"
    return written([*(cell(column(document)) for column in columns), place])


def placed(stored: str, address: str) -> str:
    """A line as it is sent from a list that stands at an address. No comma is in its place."""
    cells, _, place = stored.rpartition(",")
    return f"{cells},{address}{place}{END}"


def guarded_line(sent: str) -> str:
    """The same without a cell that a spreadsheet takes for a formula."""
    csv.field_size_limit(max(csv.field_size_limit(), len(sent)))
    return written(map(guarded, next(csv.reader([sent])))) + END


def written(cells: Iterable[str]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator=END).writerow(cells)
    return target.getvalue().removesuffix(END)


def cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return SEPARATOR.join(dict.fromkeys(map(str, value)))
    return "" if value is None else str(value)


def plain(*names: str) -> dict[str, Column]:
    return {name: field(name) for name in names}


def field(name: str, *path: str) -> Column:
    """The value of a field, or of what lies in it; None when a part of the way is null."""

    def column(document: Document) -> Any:
        value: Any = document
        for step in (name, *path):
            value = value and value[step]
        return value

    return column


def each(name: str, *path: str) -> Column:
    """The value that every row of a list has at the end of the path."""
    inner = field(*path)
    return lambda document: [found for row in document[name] if (found := inner(row))]


def figures(name: str) -> Column:
    return lambda document: [f"{row['kind']}={row[name]}" for row in document["figures"]]


def date(kind: str, end: str) -> Column:
    """An end of the date of a kind."""
    return lambda document: next((d[end] for d in document["dates"] if d["kind"] == kind), None)


FIRST = plain("id")
LAST = {"review": field("review", "state"), **plain("revision", "published_at", "licence")}
NAMED = {
    **FIRST,
    **plain("name", "native_name", "aliases", "description", "type"),
    "jurisdiction": field("jurisdiction", "id"),
}
COLUMNS: dict[str, dict[str, Column]] = {
    "action": {
        **FIRST,
        **plain("title", "summary", "unit", "type", "status", "legal_force", "stance"),
        **plain("attribution", "sort_date"),
        **{
            f"{kind}_{end}": date(kind, end)
            for kind in MAIN_DATES
            for end in ("earliest", "latest")
        },
        "jurisdictions": each("jurisdictions", "id"),
        **plain("activities", "penalty"),
        "agencies": each("agencies", "agency", "id"),
        "entities": each("entities", "entity", "id"),
        "sources": each("citations", "source", "id"),
        "figures": figures("value"),
        "figure_comparators": figures("comparator"),
        "figure_units": figures("unit"),
        "related_to": each("relations", "action", "id"),
        "unknowns": lambda document: list(document["unknowns"]),
        "evidence": field("evidence", "level"),
        "reported_claim": field("evidence", "reported_claim"),
        "disputed": field("evidence", "disputed"),
        **LAST,
    },
    "agency": {**NAMED, "parent": field("parent", "id"), **LAST},
    "entity": {**NAMED, **LAST},
    "source": {
        **FIRST,
        **plain("title", "publisher", "authors", "url"),
        "published_earliest": field("published", "earliest"),
        "published_latest": field("published", "latest"),
        **plain("retrieved_at", "language", "source_class", "sha256", "bytes"),
        **plain("text_sha256", "characters"),
        "derived_from": field("derived_from", "id"),
        **LAST,
    },
}
