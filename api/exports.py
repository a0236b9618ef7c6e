"""Whole answers as files: CSV and NDJSON, streamed, all of one version of the dataset."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import orjson
from django.http import QueryDict, StreamingHttpResponse

from api import parameters, parts
from policy.counts import Count
from policy.facets import MAIN_DATES, Document
from policy.spreadsheet import guarded

FORMATS = ("json", "csv", "ndjson")
PARAMETERS = ("format", "safe")
CONTENT = {"csv": "text/csv; charset=utf-8; header=present", "ndjson": "application/x-ndjson"}
SEPARATOR = "; "
Column = Callable[[Document], Any]


def check(query: QueryDict, format: str, formats: Sequence[str] = FORMATS) -> None:
    """Refuse what makes no sense of a file."""
    errors = []
    if query.get("format", format) not in formats:
        errors.append(parameters.error("format", f"Choose one of: {', '.join(formats)}."))
    if query.get("safe", "true") not in ("true", "false"):
        errors.append(parameters.error("safe", "Choose one of: true, false."))
    elif query.get("safe") == "true" and format != "csv":
        errors.append(parameters.error("safe", "It belongs to format=csv alone."))
    if format == "csv":
        reason = "CSV has columns of its own: leave this out."
        errors += [parameters.error(n, reason) for n in parts.PARAMETERS if n in query]
    if format != "json":
        reason = f"As {format} the whole answer comes at once: leave this out."
        errors += [parameters.error(n, reason) for n in ("cursor", "page_size") if n in query]
    if errors:
        raise parameters.invalid(errors)


def response(
    name: str, format: str, chunks: Iterable[bytes], count: Count
) -> StreamingHttpResponse:
    """The number of rows is promised in front, so that a stream that was cut is noticed."""
    return StreamingHttpResponse(
        begun(chunks),
        content_type=CONTENT[format],
        headers={
            "Row-Count": str(count.records),
            "Dataset-Version": str(count.version),
            "Content-Disposition": f'attachment; filename="{name}-{count.version}.{format}"',
        },
    )


def begun(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The heading and a first batch are made before the answer begins, while it can still fail."""
    rest = iter(chunks)
    return chain(list(islice(rest, 2)), rest)


def ndjson(batches: Iterable[Iterable[str]]) -> Iterator[bytes]:
    """Documents, one a line."""
    for documents in batches:
        yield "".join(f"{document}\n" for document in documents).encode()


def table(batches: Iterable[list[str]], kind: str, address: str, safe: bool) -> Iterator[bytes]:
    """CSV: a line of names, then a line a record."""
    columns = COLUMNS[kind]
    yield line([*columns, "document_url"])
    for documents in batches:
        rows = (cells(columns, orjson.loads(document), address) for document in documents)
        yield b"".join(line(map(guarded, found) if safe else found) for found in rows)


def cells(columns: dict[str, Column], document: Document, address: str) -> list[str]:
    url = f"{address}{document['id']}/revisions/{document['revision']}/"
    return [*(cell(column(document)) for column in columns.values()), url]


def line(values: Iterable[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow(values)
    return written.getvalue().encode()


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
