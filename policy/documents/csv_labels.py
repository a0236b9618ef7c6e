"""Writes documents as CSV rows with labels: after each column of codes, what the codes mean."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from policy.documents.columns import describe_field
from policy.documents.csv_columns import CSV_COLUMNS, CellGetter, list_getter, path_getter
from policy.documents.csv_rows import CSV_LIST_SEPARATOR, format_record_row
from policy.documents.markers import CodeOf, RefersTo
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.types import AnyDocument
from policy.models import Term

Labels = Mapping[str, str]  # by id of the term
LabelGetter = Callable[[AnyDocument, Labels], list[str]]  # in the order of the codes


def load_labels() -> Labels:
    """Return the labels of all terms, by id."""
    return dict(Term.objects.values_list("id", "label"))


def labelled_columns(kind: str) -> list[str]:
    """Return the names of the columns of a kind, each column of codes followed by its labels."""
    label_getters = label_columns(kind)
    return [
        column
        for name in CSV_COLUMNS[kind]
        for column in (name, *([f"{name}_label"] if name in label_getters else []))
    ]


def labelled_csv_row(document: AnyDocument, labels: Labels) -> str:
    """Return the row of a published document with labels, otherwise like `csv_rows.csv_row`."""
    return format_record_row(document, iter_labelled_values(document, labels))


def iter_labelled_values(document: AnyDocument, labels: Labels) -> Iterator[object]:
    kind = str(document["kind"])
    label_getters = label_columns(kind)
    for name, column in CSV_COLUMNS[kind].items():
        yield column(document)
        if name in label_getters:
            yield CSV_LIST_SEPARATOR.join(label_getters[name](document, labels))


@cache
def label_columns(kind: str) -> dict[str, LabelGetter]:
    """Return how to read the labels of each column of codes of terms or of places."""
    getters: dict[str, LabelGetter] = {}
    schema = DOCUMENT_SCHEMAS[kind]
    for name, column in CSV_COLUMNS[kind].items():
        if name in OTHER_COLUMNS:
            getters[name] = OTHER_COLUMNS[name]
        elif name in schema.model_fields:
            field = describe_field(schema, name)
            reference = field.find(RefersTo)
            if code := field.find(CodeOf):
                getters[name] = term_labels(code.vocabulary, column)
            elif reference and reference.kind == "jurisdiction":
                read = list_getter if field.is_list else path_getter
                getters[name] = place_names(read(name, "name"))
    return getters


def term_labels(vocabulary: str, read: CellGetter) -> LabelGetter:
    """Return a function that reads the labels of codes. A code without a term is its own label."""
    return lambda document, labels: [
        labels.get(f"{vocabulary}.{code}", code) for code in to_texts(read(document))
    ]


def place_names(read: CellGetter) -> LabelGetter:
    """Return a function that reads the names that places had when the document was published."""
    return lambda document, labels: to_texts(read(document))


def to_texts(value: object) -> list[str]:
    return [*map(str, value)] if isinstance(value, list) else [str(value)] if value else []


# Columns that are not named after a field with these codes.
OTHER_COLUMNS: dict[str, LabelGetter] = {
    "evidence": term_labels("evidence", path_getter("evidence", "level")),
    "targets": place_names(list_getter("targets", "jurisdiction", "name")),
}
