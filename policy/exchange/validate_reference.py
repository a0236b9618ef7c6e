"""Validation of terms.json and jurisdictions.json."""

from collections.abc import Callable, Iterable, Sequence

from django.core.exceptions import ValidationError

from policy.documents.reference import (
    JurisdictionRow,
    ParentMap,
    TermRow,
    drop_defaults,
    get_ancestors,
    scheme_patterns,
    validate_pattern,
)
from policy.documents.shape import Shape, ValidationContext
from policy.documents.types import Document
from policy.documents.validation import validate_document
from policy.exchange.folder import Dataset
from policy.models import Jurisdiction, Term


def abstract_by_term(dataset: Dataset) -> dict[str, bool]:
    """Return, by id of a term in the database or the dataset, whether it is only a heading."""
    stored = dict(Term.objects.values_list("id", "abstract"))
    return stored | {get_term_id(row): bool(row.get("abstract")) for row in dataset.terms}


def patterns_by_scheme(dataset: Dataset) -> dict[str, str]:
    """Return the patterns of schemes in the database or the dataset, by id of the term."""
    stated = {get_term_id(row): str(row.get("pattern", "")) for row in dataset.terms}
    return scheme_patterns() | {id: text for id, text in stated.items() if is_pattern(text)}


def is_pattern(text: str) -> bool:
    try:
        validate_pattern(text)
    except ValidationError:
        return False  # check_terms reports it
    return True


def get_term_id(row: Document) -> str:
    return f"{row.get('vocabulary')}.{row.get('code')}"


def get_jurisdiction_code(row: Document) -> str:
    return str(row.get("code"))


def check_terms(dataset: Dataset, context: ValidationContext) -> list[Term]:
    file = "terms.json"
    if not dataset.terms:
        return []
    for row in dataset.terms:
        if "position" in row:
            message = "Unknown field. Terms have the order of their rows."
            dataset.add_fault(file, message, get_term_id(row), "position")
    rows = [{**row, "position": position} for position, row in enumerate(dataset.terms)]
    stored = {term.pk: TermRow.from_term(term) for term in Term.objects.all()}
    new_rows = select_new_rows(dataset, file, context, TermRow, rows, stored, get_term_id)
    parents = dict(Term.objects.values_list("id", "parent"))
    parents |= {row["id"]: row["parent_id"] for row in new_rows}
    check_cycles(dataset, lambda _: file, "parent", parents, [row["id"] for row in new_rows])
    return [Term(**row) for row in new_rows]


def check_jurisdictions(dataset: Dataset, context: ValidationContext) -> list[Jurisdiction]:
    file, rows = "jurisdictions.json", dataset.jurisdictions
    if not rows:
        return []
    stored = {
        place.pk: JurisdictionRow.from_jurisdiction(place) for place in Jurisdiction.objects.all()
    }
    new_rows = select_new_rows(
        dataset, file, context, JurisdictionRow, rows, stored, get_jurisdiction_code
    )
    parents = {code: row["parent"] for code, row in stored.items()}
    parents |= {row["code"]: row["parent_id"] for row in new_rows}
    check_cycles(dataset, lambda _: file, "parent", parents, [row["code"] for row in new_rows])
    return [Jurisdiction(**row) for row in new_rows]


def select_new_rows(
    dataset: Dataset,
    file: str,
    context: ValidationContext,
    schema: type[Shape],
    rows: Sequence[Document],
    stored: dict[str, Document],
    get_name: Callable[[Document], str],
) -> list[Document]:
    """Return the validated rows that are new or changed.

    `stored` has the rows of the database by name. Faults are added to `dataset`.
    """
    seen: set[str] = set()
    new_rows = []
    for row in rows:
        name = get_name(row)
        if name in seen:
            dataset.add_fault(file, "Occurs twice in this file.", name)
        seen.add(name)
        if stored.get(name) != drop_defaults(schema, row):
            data, problems = validate_document(schema, row, context)
            dataset.add_faults(file, name, problems)
            new_rows += [] if problems else [data]
    return new_rows


def check_cycles(
    dataset: Dataset,
    get_file: Callable[[str], str],
    field: str,
    parents: ParentMap,
    names: Iterable[str],
) -> None:
    for name in names:
        if name in get_ancestors(name, parents):
            dataset.add_fault(get_file(name), "It cannot be its own ancestor.", name, field)
