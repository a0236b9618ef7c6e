"""The columns of the CSV rows of each kind of record, and how to read their values.

After a change of CSV_COLUMNS, add one to `policy.publishing.reindex.INDEX_VERSION`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from policy.documents.evidence import ACTOR_KINDS, CODED_SCALAR_FIELDS, CODED_VOCABULARIES, item_key
from policy.documents.periods import MAIN_DATE_KINDS
from policy.documents.types import AnyDocument, as_action

CellGetter = Callable[[AnyDocument], object]  # from a document to the value of a cell
Item = Mapping[str, Any]  # an item of a list in a document


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
    return item_getter(name, path_getter(*path))


def item_getter(name: str, read: Callable[[Item], object]) -> CellGetter:
    """Return a function that reads a value of every row of a list, without empty values."""

    def column(document: AnyDocument) -> list[object]:
        rows = document[name]
        return [value for row in rows if (value := read(row))] if isinstance(rows, list) else []

    return column


def actor_getter(name: str) -> CellGetter:
    """Return a function that writes each actor as role=id, or as role="words of the source"."""
    kind = ACTOR_KINDS[name]

    def read(row: Item) -> str:
        actor = row[kind]
        return f"{row['role']}={actor['id'] if actor else quote(row['described_as'])}"

    return item_getter(name, read)


def quote(text: str) -> str:
    """Return a text in double quotes. Those inside it become single quotes."""
    return '"' + text.replace('"', "'") + '"'


def reference_getter(name: str, key: str, reference: str) -> CellGetter:
    """Return a function that writes each reference of a list as key=id, such as role=CN."""
    return item_getter(name, lambda row: f"{row[key]}={row[reference]['id']}")


def scheme_columns() -> dict[str, CellGetter]:
    return {
        name: item_getter(name, lambda row: f"{row['scheme']}:{row['value']}")
        for name in ("identifiers", "classifications")
    }


def figure_getter(name: str) -> CellGetter:
    """Return a function that writes a member of each figure as kind=value or kind/part=value."""
    return item_getter("figures", lambda row: f"{item_key('figures', row)}={row[name]}")


def date_getter(kind: str, end: str, choose: Callable[[Iterable[str]], str]) -> CellGetter:
    """Return a function that reads an end of the dates of a kind, over the act and its parts.

    It is None if one of them has no limit there, or if there are none.
    """

    def column(document: AnyDocument) -> str | None:
        days = [row[end] for row in as_action(document)["dates"] if row["kind"] == kind]  # type: ignore[literal-required]
        return choose(days) if days and None not in days else None

    return column


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
        **field_columns("title", "summary", *CODED_VOCABULARIES, "sort_date"),
        **{
            f"{kind}_{end}": date_getter(kind, end, choose)
            for kind in MAIN_DATE_KINDS
            for end, choose in (("earliest", min), ("latest", max))
        },
        "jurisdictions": list_getter("jurisdictions", "id"),
        **field_columns("activities", "penalty"),
        **{name: actor_getter(name) for name in ACTOR_KINDS},
        "sources": list_getter("citations", "source", "id"),
        "figures": figure_getter("value"),
        "figure_comparators": figure_getter("comparator"),
        "figure_units": figure_getter("unit"),
        "relations": reference_getter("relations", "type", "action"),
        "targets": reference_getter("targets", "role", "jurisdiction"),
        **field_columns(*(name for name in CODED_SCALAR_FIELDS if name not in CODED_VOCABULARIES)),
        **scheme_columns(),
        "unknowns": lambda document: list(as_action(document)["unknowns"]),
        "evidence": path_getter("evidence", "level"),
        "reported_claim": path_getter("evidence", "reported_claim"),
        "disputed": path_getter("evidence", "disputed"),
        **TRAILING_COLUMNS,
    },
    "agency": {
        **NAMED_RECORD_COLUMNS,
        "parent": path_getter("parent", "id"),
        **scheme_columns(),
        **TRAILING_COLUMNS,
    },
    "entity": {**NAMED_RECORD_COLUMNS, **scheme_columns(), **TRAILING_COLUMNS},
    "source": {
        **LEADING_COLUMNS,
        **field_columns("title", "publisher", "authors", "url"),
        "published_earliest": path_getter("published", "earliest"),
        "published_latest": path_getter("published", "latest"),
        **field_columns("retrieved_at", "language", "source_class", "sha256", "bytes"),
        **field_columns("text_sha256", "characters"),
        "derived_from": path_getter("derived_from", "id"),
        **scheme_columns(),
        **TRAILING_COLUMNS,
    },
}
