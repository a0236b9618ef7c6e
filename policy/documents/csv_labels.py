"""Labels in CSV rows: after each column of codes, a column that says what the codes mean."""

from collections.abc import Mapping, Sequence
from functools import cache

from policy.documents.columns import describe_field
from policy.documents.csv_columns import CSV_COLUMNS
from policy.documents.csv_rows import CSV_LIST_SEPARATOR, format_csv_rows, split_csv_rows
from policy.documents.markers import CodeOf, RefersTo
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.models import Jurisdiction, Term

Labels = Mapping[str, str]  # by vocabulary.code
PLACES = "jurisdiction"  # in place of a vocabulary
# Columns that are not named after a field with these codes.
OTHER_COLUMNS = {"evidence": "evidence", "targets": PLACES}


def load_labels() -> Labels:
    """Return the labels of all terms and the names of all places."""
    places = Jurisdiction.objects.values_list("pk", "name")
    terms = Term.objects.values_list("id", "label")
    return {**dict(terms), **{f"{PLACES}.{code}": name for code, name in places}}


def labelled_columns(kind: str) -> list[str]:
    """Return the names of the columns of a kind, each column of codes followed by its labels."""
    vocabularies = column_vocabularies(kind)
    return [
        column
        for name in CSV_COLUMNS[kind]
        for column in (name, *([f"{name}_label"] if name in vocabularies else []))
    ]


@cache
def column_vocabularies(kind: str) -> dict[str, str]:
    """Return the vocabulary of each column of codes, or PLACES."""
    schema, vocabularies = DOCUMENT_SCHEMAS[kind], {}
    for name in CSV_COLUMNS[kind]:
        if name in OTHER_COLUMNS:
            vocabularies[name] = OTHER_COLUMNS[name]
        elif name in schema.model_fields:
            field = describe_field(schema, name)
            reference = field.find(RefersTo)
            if code := field.find(CodeOf):
                vocabularies[name] = code.vocabulary
            elif reference and reference.kind == PLACES:
                vocabularies[name] = PLACES
    return vocabularies


class CellLabeller:
    """Adds the labels to rows of a kind. It remembers the labels of each cell that it has seen."""

    def __init__(self, kind: str, labels: Labels) -> None:
        self.columns: list[tuple[int, int, str]] = []  # first and last of some cells, vocabulary
        start, vocabularies = 0, column_vocabularies(kind)
        for position, name in enumerate(CSV_COLUMNS[kind]):
            if name in vocabularies:
                self.columns.append((start, position, vocabularies[name]))
                start = position + 1
        self.rest = start
        self.labels = labels
        self.labels_by_cell: dict[tuple[str, str], str] = {}

    def label_rows(self, rows: Sequence[str]) -> list[str]:
        """Return stored rows with labels."""
        return format_csv_rows(map(self.add_labels, split_csv_rows(rows)))

    def add_labels(self, cells: list[str]) -> list[str]:
        """Return cells with the labels after each cell with codes."""
        labelled: list[str] = []
        for start, position, vocabulary in self.columns:
            cell = (vocabulary, cells[position])
            label = self.labels_by_cell.get(cell)
            if label is None:
                label = self.labels_by_cell[cell] = self.describe(*cell)
            labelled += cells[start : position + 1]
            labelled.append(label)
        return labelled + cells[self.rest :]

    def describe(self, vocabulary: str, text: str) -> str:
        """Return the labels of the codes in a cell. A code without a label is its own label.

        A code may follow a role, as in target=CN.
        """
        codes = text.split(CSV_LIST_SEPARATOR) if text else []
        names = (code.rpartition("=")[2] for code in codes)
        return CSV_LIST_SEPARATOR.join(
            self.labels.get(f"{vocabulary}.{name}", name) for name in names
        )
