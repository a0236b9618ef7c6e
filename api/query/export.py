"""Whole answers as files: CSV and NDJSON, streamed, all of one version of the dataset."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.http import QueryDict, StreamingHttpResponse

from api.query import parameters, sparse_fields
from policy.documents import csv_rows
from policy.search.counts import RecordCount

LIST_FORMATS = ("json", "csv", "ndjson")
EXPORT_PARAMETERS = ("format", "safe")
EXPORT_CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "ndjson": "application/x-ndjson",
}

MISSING_CSV_ROW_MESSAGE = (
    "A revision has no line: the software before migration 0010 published it after that. "
    "Stop it, then run policy.index.make_lines_again() in manage.py shell."
)
CsvRowBatches = Iterable[list[str | None]]  # of stored lines; None where one is missing
Batch = TypeVar("Batch")


def validate_export_query(
    query: QueryDict, format: str, formats: Sequence[str] = LIST_FORMATS
) -> None:
    """Refuse what makes no sense of a file."""
    errors = []
    if query.get("format", format) not in formats:
        errors.append(parameters.parameter_error("format", f"Choose one of: {', '.join(formats)}."))
    if query.get("safe", "true") not in ("true", "false"):
        errors.append(parameters.parameter_error("safe", "Choose one of: true, false."))
    elif query.get("safe") == "true" and format != "csv":
        errors.append(parameters.parameter_error("safe", "It belongs to format=csv alone."))
    if format == "csv":
        reason = "CSV has columns of its own: leave this out."
        errors += [
            parameters.parameter_error(n, reason)
            for n in sparse_fields.SPARSE_FIELDS_PARAMETERS
            if n in query
        ]
    if format != "json":
        reason = f"As {format} the whole answer comes at once: leave this out."
        errors += [
            parameters.parameter_error(n, reason) for n in ("cursor", "page_size") if n in query
        ]
    if errors:
        raise parameters.invalid_value_problem(errors)


def export_response(
    name: str, format: str, chunks: Iterable[bytes], count: RecordCount
) -> StreamingHttpResponse:
    """The number of rows is promised in front, so that a stream that was cut is noticed."""
    return StreamingHttpResponse(
        prefetch_first(chunks),
        content_type=EXPORT_CONTENT_TYPES[format],
        headers={
            "Row-Count": str(count.records),
            "Dataset-Version": str(count.version),
            "Content-Disposition": f'attachment; filename="{name}-{count.version}.{format}"',
        },
    )


def prefetch_first(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The heading and a first batch are made before the answer begins, while it can still fail."""
    rest = iter(chunks)
    return chain_closing(list(islice(rest, 2)), rest)


def chain_closing(*parts: Iterable[bytes]) -> Iterator[bytes]:
    """One after the other. When this is closed they are, before the request is over."""
    for part in parts:
        yield from part


def read_ahead(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Each is read while the one before it is sent.

    Another thread reads, on the connection of this one, which leaves it alone until the end.
    """
    rest, lent, context = iter(batches), connections[DEFAULT_DB_ALIAS], copy_context()

    def borrow() -> None:
        connections[DEFAULT_DB_ALIAS] = lent

    def read() -> Batch | None:
        return next(rest, None)

    lent.inc_thread_sharing()
    try:
        with ThreadPoolExecutor(1, initializer=borrow) as reader:
            coming = reader.submit(context.run, read)
            while (batch := coming.result()) is not None:
                coming = reader.submit(context.run, read)
                yield batch
    finally:
        lent.dec_thread_sharing()


def iter_ndjson(batches: Iterable[Iterable[str]]) -> Iterator[bytes]:
    """Documents, one a line."""
    for documents in batches:
        yield b"\n".join([*map(str.encode, documents), b""])


def iter_csv(batches: CsvRowBatches, kind: str, address: str, safe: bool) -> Iterator[bytes]:
    """CSV: a line of names, then a stored line a record."""
    yield csv_rows.csv_header(kind).encode()
    for batch in batches:
        sent = (csv_rows.complete_csv_row(line, address) for line in require_csv_rows(batch))
        yield b"".join(map(str.encode, map(csv_rows.escape_csv_row, sent) if safe else sent))


def require_csv_rows(batch: list[str | None]) -> list[str]:
    found = [line for line in batch if line is not None]
    if len(found) < len(batch):
        raise RuntimeError(MISSING_CSV_ROW_MESSAGE)
    return found
