"""CSV files of records, of groups of records, and of reference tables."""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast, get_type_hints

import orjson

from api.query.aggregate import AggregateData, AggregateQuery, GroupData, SumData
from policy.documents import csv_labels, csv_rows
from policy.documents.csv_columns import CSV_COLUMNS

MISSING_CSV_ROW_MESSAGE = (
    "A revision has no CSV row: an older version of the software published it. Stop that version, "
    "then run manage.py reindex."
)
TextBatches = Iterable[list[str | None]]  # stored texts of revisions; None for one that is missing


class Table(NamedTuple):
    """The columns of a CSV file, and the JSON values of its rows."""

    columns: list[str]
    rows: list[Sequence[object]]


def iter_stored_rows(
    batches: TextBatches, kind: str, urls: csv_rows.BaseUrls, safe: bool
) -> Iterator[bytes]:
    """Yield the header, then batches of stored CSV rows, completed with their URLs. `safe` makes
    the file safe for spreadsheets."""
    rows = (require_csv_rows(batch) for batch in batches)
    return iter_record_rows(CSV_COLUMNS[kind], rows, urls, safe)


def iter_labelled_rows(
    batches: TextBatches, kind: str, urls: csv_rows.BaseUrls, safe: bool
) -> Iterator[bytes]:
    """Do as iter_stored_rows(), with labels. They are read at once."""
    labeller = csv_labels.CellLabeller(kind, csv_labels.load_labels())
    rows = (labeller.label_rows(require_csv_rows(batch)) for batch in batches)
    return iter_record_rows(csv_labels.labelled_columns(kind), rows, urls, safe)


def iter_record_rows(
    columns: Iterable[str], batches: Iterable[list[str]], urls: csv_rows.BaseUrls, safe: bool
) -> Iterator[bytes]:
    yield encode_header(csv_rows.csv_header(columns), safe)
    for batch in batches:
        rows = [csv_rows.complete_csv_row(row, urls) for row in batch]
        yield csv_rows.join_csv_rows(csv_rows.escape_csv_rows(rows) if safe else rows)


def require_csv_rows(batch: list[str | None]) -> list[str]:
    """Return the rows. Raise RuntimeError if one is missing."""
    rows = [row for row in batch if row is not None]
    if len(rows) < len(batch):
        raise RuntimeError(MISSING_CSV_ROW_MESSAGE)
    return rows


def encode_header(header: str, safe: bool) -> bytes:
    """Return a header row as it is sent. In a safe file it follows a byte-order mark, by which
    spreadsheets recognize UTF-8."""
    return (BOM_UTF8 if safe else b"") + csv_rows.join_csv_rows([header])


def iter_table(table: Table, safe: bool) -> Iterator[bytes]:
    """Yield the header and the rows of a table. `safe` is as in iter_stored_rows()."""
    yield encode_header(csv_rows.format_csv_row(table.columns), safe)
    rows = csv_rows.format_csv_rows([*map(format_cell, row)] for row in table.rows)
    yield csv_rows.join_csv_rows(csv_rows.escape_csv_rows(rows) if safe else rows)


def format_cell(value: object) -> str:
    """Return a JSON value as the text of a cell: an object as JSON."""
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    return csv_rows.format_csv_cell(value)


REQUIRED_NUMBERS = [
    name
    for name, type_ in get_type_hints(GroupData).items()
    if type_ is int and name in GroupData.__required_keys__
]
SUM_COLUMNS = {"value": "sum"} | {
    name: f"sum_{name}" for name in SumData.__annotations__ if name != "value"
}


def build_aggregate_table(query: AggregateQuery, data: AggregateData) -> Table:
    """Return one row for each group: its keys with labels, then its numbers. With `sum` it is one
    row for each unit of a group; a group without figures has one row, without a sum."""
    groups = [cast(Mapping[str, Any], group) for group in data["groups"]]
    numbers = [*dict.fromkeys([*REQUIRED_NUMBERS, *iter_number_names(groups)])]
    sums = SUM_COLUMNS if query.figure else {}
    keys = [column for name in query.fields for column in (name, f"{name}_label")]
    rows: list[Sequence[object]] = [
        [
            *(group[part][name] for name in query.fields for part in ("keys", "labels")),
            *(group.get(name) for name in numbers),
            *(figure_sum.get(name) for name in sums),
        ]
        for group in groups
        for figure_sum in group.get("sums") or [{}]
    ]
    return Table([*keys, *numbers, *sums.values()], rows)


def iter_number_names(groups: Iterable[Mapping[str, object]]) -> Iterator[str]:
    for group in groups:
        yield from (name for name, value in group.items() if isinstance(value, int | float))
