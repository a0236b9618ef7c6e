"""TODO docstring."""

from collections.abc import Callable, Iterable, Sequence

from policy.documents.reference import JurisdictionRow, ParentMap, TermRow, get_ancestors
from policy.documents.shapes import Shape
from policy.documents.strictshape import Reader
from policy.documents.types import Document
from policy.exchange.folder import Dataset
from policy.models import Jurisdiction, Term


def abstract_by_term(dataset: Dataset) -> dict[str, bool]:
    """Every term's id, and whether it is a heading that records never carry."""
    standing = dict(Term.objects.values_list("id", "abstract"))
    return standing | {get_term_id(row): bool(row.get("abstract")) for row in dataset.terms}


def get_term_id(row: Document) -> str:
    return f"{row.get('vocabulary')}.{row.get('code')}"


def get_jurisdiction_code(row: Document) -> str:
    return str(row.get("code"))


def check_terms(dataset: Dataset, reader: Reader) -> list[Term]:
    file = "terms.json"
    if not dataset.terms:
        return []
    for row in dataset.terms:
        if "position" in row:
            message = "Unknown field. Terms are in order of their rows."
            dataset.add_fault(file, message, get_term_id(row), "position")
    rows = [{**row, "position": place} for place, row in enumerate(dataset.terms)]
    standing = {term.pk: TermRow.to_row(term) for term in Term.objects.all()}
    found = select_new_rows(dataset, file, reader, TermRow, rows, standing, get_term_id)
    parents = dict(Term.objects.values_list("id", "parent"))
    parents |= {row["id"]: row["parent_id"] for row in found}
    check_cycles(dataset, lambda _: file, "parent", parents, [row["id"] for row in found])
    return [Term(**row) for row in found]


def check_jurisdictions(dataset: Dataset, reader: Reader) -> list[Jurisdiction]:
    file, rows = "jurisdictions.json", dataset.jurisdictions
    if not rows:
        return []
    standing = {place.pk: JurisdictionRow.to_row(place) for place in Jurisdiction.objects.all()}
    found = select_new_rows(
        dataset, file, reader, JurisdictionRow, rows, standing, get_jurisdiction_code
    )
    parents = {code: row["parent"] for code, row in standing.items()}
    parents |= {row["code"]: row["parent_id"] for row in found}
    check_cycles(dataset, lambda _: file, "parent", parents, [row["code"] for row in found])
    return [Jurisdiction(**row) for row in found]


def select_new_rows(
    dataset: Dataset,
    file: str,
    reader: Reader,
    shape: type[Shape],
    rows: Sequence[Document],
    standing: dict[str, Document],
    name: Callable[[Document], str],
) -> list[Document]:
    """The rows, validated, that the database does not hold yet as they are."""
    seen: set[str] = set()
    found = []
    for row in rows:
        if name(row) in seen:
            dataset.add_fault(file, "Stands here twice.", name(row))
        seen.add(name(row))
        if standing.get(name(row)) != row:
            data, problems = reader.read(shape, row)
            dataset.add_faults(file, name(row), problems)
            found += [] if problems else [data]
    return found


def check_cycles(
    dataset: Dataset,
    file_of: Callable[[str], str],
    field: str,
    parents: ParentMap,
    names: Iterable[str],
) -> None:
    for name in names:
        if name in get_ancestors(name, parents):
            dataset.add_fault(file_of(name), "It lies inside itself.", name, field)
