"""Writes documents as CSV rows. Each live revision has its row stored, and exports send that."""

import csv
import io
from collections.abc import Iterable
from typing import NamedTuple

from policy.documents.csv_columns import CSV_COLUMNS
from policy.documents.csv_safe import escape_formula
from policy.documents.types import AnyDocument

URL_COLUMNS = ("page_url", "document_url")  # the last columns: of the record, of the revision
CSV_LIST_SEPARATOR = "; "
CSV_LINE_END = "\r\n"


class BaseUrls(NamedTuple):
    """The URLs that the paths in the rows of a kind are relative to.

    `pages` is that of the pages of the website, `documents` that of the list of the API.
    """

    pages: str
    documents: str


def csv_header(columns: Iterable[str]) -> str:
    """Return the header row of records with these columns, with its line end."""
    return format_csv_row([*columns, *URL_COLUMNS]) + CSV_LINE_END


def csv_row(document: AnyDocument) -> str:
    """Return the row to store for a published document, without a line end.

    Its last cells are the paths of the page of the record and of the revision, as in BaseUrls.
    """
    columns = CSV_COLUMNS[str(document["kind"])].values()
    return format_record_row(document, (column(document) for column in columns))


def format_record_row(document: AnyDocument, values: Iterable[object]) -> str:
    """Return a row of a document without a line end: these values, then both paths."""
    path = f"{document['id']}/"
    paths = [path, f"{path}revisions/{document['revision']}/"]
    return format_csv_row([*map(format_csv_cell, values), *paths])


def complete_csv_row(stored: str, urls: BaseUrls) -> str:
    """Return a stored row as it is sent: with both URLs and a line end. No path has a comma."""
    cells, page_path, document_path = stored.rsplit(",", 2)
    pages, documents = urls
    return f"{cells},{pages}{page_path},{documents}{document_path}{CSV_LINE_END}"


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
