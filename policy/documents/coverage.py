"""Counts the values of actions by the basis of their evidence, and the fields without a value."""

from collections import Counter
from collections.abc import Iterable

from policy.documents import evidence
from policy.documents.types import AnyDocument, as_action
from policy.models.index import CoverageCounts

EVIDENCE_BASES = ("stated", "derived", "inferred")  # the strongest first
COVERAGE_BASES = (*EVIDENCE_BASES, "unbacked")
COVERAGE_GAPS = ("unknown", "unexplained")


def count_coverage(document: AnyDocument) -> CoverageCounts:
    """Count the values and the empty core fields of an action, by field and basis.

    A value counts once, with the strongest basis of its citations. An empty core field counts as
    `unknown` if the action gives a reason, and as `unexplained` if not.
    """
    unknowns = as_action(document)["unknowns"]
    bases = evidence.bases_by_key(document)
    counts: CoverageCounts = Counter()
    for key in evidence.coded_fields(document):
        counts[top_level_field(key), strongest_basis(bases.get(key, set()))] += 1
    for key in unknowns:
        counts[top_level_field(key), "unknown"] += 1
    for field in evidence.CORE_FIELDS:
        if field not in unknowns and evidence.is_core_field_empty(document, field):
            counts[field, "unexplained"] += 1
    return counts


def top_level_field(key: str) -> str:
    return key.partition("/")[0]


def strongest_basis(bases: Iterable[str]) -> str:
    return min(bases, key=EVIDENCE_BASES.index, default="unbacked")


def coverage_totals(counts: CoverageCounts) -> dict[str, int]:
    """Return the counts of all fields together, by basis or gap."""
    return {
        how: sum(number for (_, basis), number in counts.items() if basis == how)
        for how in (*COVERAGE_BASES, *COVERAGE_GAPS)
    }


def coverage_table(counts: CoverageCounts) -> list[list[str]]:
    """Return a table as rows of cells: a heading, one row for each field, and the totals."""
    fields = [*evidence.CODED_SCALAR_FIELDS, *evidence.CODED_LIST_FIELDS]
    rows = [
        [field, *(str(counts[field, how]) for how in (*COVERAGE_BASES, *COVERAGE_GAPS))]
        for field in fields
    ]
    return [
        ["field", *COVERAGE_BASES, *COVERAGE_GAPS],
        *rows,
        ["all", *map(str, coverage_totals(counts).values())],
    ]
