"""Writes documents as CSV rows. Each live revision has its row stored, and exports send that."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from policy.documents.csv_columns import CSV_COLUMNS
from policy.documents.csv_safe import FORMULA_PREFIXES, escape_formula
from policy.documents.types import AnyDocument

URL_COLUMNS = ("page_url", "document_url")  # the last columns: of the record, of the revision
CSV_LIST_SEPARATOR = "; "
CSV_LINE_END = "\r\n"
# Finds every row with such a cell, and few others: most rows need not be parsed.
MAY_HAVE_FORMULA = re.compile(rf""",["']*[{re.escape("".join(FORMULA_PREFIXES))}]""")


class BaseUrls(NamedTuple):
    """The URLs that the paths in the rows of a kind are relative to.

    `pages` is that of the pages of the website, `documents` that of the list of the API.
    """

    pages: str
    documents: str


def csv_header(columns: Iterable[str]) -> str:
    """Return the header row of records with these columns, without a line end."""
    return format_csv_row([*columns, *URL_COLUMNS])


def csv_row(document: AnyDocument) -> str:
    """Return the row to store for a published document, without a line end.

    Its last cells are the paths of the page of the record and of the revision, as in BaseUrls.
    """
    path = f"{document['id']}/"
    values = (column(document) for column in CSV_COLUMNS[str(document["kind"])].values())
    paths = [path, f"{path}revisions/{document['revision']}/"]
    return format_csv_row([*map(format_csv_cell, values), *paths])


def complete_csv_row(stored: str, urls: BaseUrls) -> str:
    """Return a stored row with both URLs. No path has a comma."""
    cells, page_path, document_path = stored.rsplit(",", 2)
    pages, documents = urls
    return f"{cells},{pages}{page_path},{documents}{document_path}"


def split_csv_rows(rows: Sequence[str]) -> Iterator[list[str]]:
    """Yield the cells of rows without line ends."""
    csv.field_size_limit(max(csv.field_size_limit(), *map(len, rows), 0))
    return csv.reader(rows)


def escape_csv_rows(rows: Iterable[str]) -> list[str]:
    """Return rows with every cell escaped that a spreadsheet would take for a formula."""
    return [escape_csv_row(row) if MAY_HAVE_FORMULA.search(f",{row}") else row for row in rows]


def escape_csv_row(row: str) -> str:
    return format_csv_row(map(escape_formula, next(split_csv_rows([row]))))


def join_csv_rows(rows: Iterable[str]) -> bytes:
    """Return rows as they are sent, with line ends."""
    return "".join([f"{row}{CSV_LINE_END}" for row in rows]).encode()


def format_csv_row(cells: Iterable[str]) -> str:
    """Return cells as a row without a line end."""
    return format_csv_rows([cells])[0]


def format_csv_rows(rows: Iterable[Iterable[str]]) -> list[str]:
    """Return the cells of rows as rows without line ends."""
    written = WrittenRows()
    csv.writer(written, lineterminator=CSV_LINE_END).writerows(rows)
    return [row.removesuffix(CSV_LINE_END) for row in written]


class WrittenRows(list[str]):
    """A file for csv.writer, which calls `write` once for each row."""

    write = list.append


def format_csv_cell(value: object) -> str:
    """Return a JSON value as the text of a cell. Repeated items of a list are written once."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return CSV_LIST_SEPARATOR.join(dict.fromkeys(str(item) for item in value))
    return "" if value is None else str(value)
