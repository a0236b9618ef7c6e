"""Exports of whole lists as CSV or NDJSON: streams of rows of one version of the dataset."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.http import QueryDict, StreamingHttpResponse

from api.http.conditional import VERSION_HEADER
from api.query import parameters, sparse_fields
from policy.search.counts import RecordCount

LIST_FORMATS = ("json", "csv", "ndjson")
TABLE_FORMATS = ("json", "csv")
TABLE_PARAMETERS = ("format", "safe")
CSV_FLAGS = ("safe", "labels")
EXPORT_PARAMETERS = ("format", *CSV_FLAGS)
EXPORT_CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "ndjson": "application/x-ndjson",
}
Batch = TypeVar("Batch")


def validate_export_query(query: QueryDict, format: str, formats: Sequence[str]) -> None:
    """Raise ApiProblem if `format`, `safe` or `labels` is not valid, or if a parameter does not
    apply to the format of the response."""
    errors = []
    if query.get("format", format) not in formats:
        errors.append(parameters.parameter_error("format", f"Choose one of: {', '.join(formats)}."))
    for name in CSV_FLAGS:
        if reason := parameters.validate_flag(query, name):
            errors.append(parameters.parameter_error(name, reason))
        elif query.get(name) == "true" and format != "csv":
            reason = f"`{name}` is only valid with format=csv."
            errors.append(parameters.parameter_error(name, reason))
    if format == "csv":
        reason = "The columns of CSV are fixed; remove this parameter."
        errors += [
            parameters.parameter_error(name, reason)
            for name in sparse_fields.SPARSE_FIELDS_PARAMETERS
            if name in query
        ]
    if format != "json":
        reason = "Exports are not paginated; remove this parameter."
        errors += [
            parameters.parameter_error(name, reason)
            for name in ("cursor", "page_size")
            if name in query
        ]
    if errors:
        raise parameters.invalid_value_problem(errors)


def is_on(query: QueryDict, flag: str) -> bool:
    return query.get(flag) == "true"


def export_response(
    name: str, format: str, chunks: Iterable[bytes], count: RecordCount
) -> StreamingHttpResponse:
    """Return a streamed file. The header Row-Count lets clients notice a truncated stream."""
    return StreamingHttpResponse(
        prefetch_first(chunks),
        content_type=EXPORT_CONTENT_TYPES[format],
        headers={
            "Row-Count": str(count.records),
            VERSION_HEADER: str(count.version),
            "Content-Disposition": f'attachment; filename="{name}-{count.version}.{format}"',
        },
    )


def prefetch_first(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Compute the header and the first batch at once, while the response can still be an error."""
    rest = iter(chunks)
    return chain_closing(list(islice(rest, 2)), rest)


def chain_closing(*parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield from the parts in turn. Closing this generator closes the current part, so that its
    database cursor is closed before the request ends."""
    for part in parts:
        yield from part


def read_ahead(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the batches, and read the next one while the caller sends the current one.

    Another thread reads, on the database connection of this thread. This thread must not use the
    connection until the end.
    """
    rest, connection, context = iter(batches), connections[DEFAULT_DB_ALIAS], copy_context()

    def share_connection() -> None:
        connections[DEFAULT_DB_ALIAS] = connection

    def read() -> Batch | None:
        return next(rest, None)

    connection.inc_thread_sharing()
    try:
        with ThreadPoolExecutor(1, initializer=share_connection) as reader:
            next_batch = reader.submit(context.run, read)
            while (batch := next_batch.result()) is not None:
                next_batch = reader.submit(context.run, read)
                yield batch
    finally:
        connection.dec_thread_sharing()


def iter_ndjson(batches: Iterable[Iterable[str]]) -> Iterator[bytes]:
    """Yield batches of documents, one document on each line."""
    for documents in batches:
        yield b"\n".join([*map(str.encode, documents), b""])
