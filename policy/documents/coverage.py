"""How well published actions are evidenced: what backs each value, and why others are missing."""

from collections import Counter
from collections.abc import Iterable

from policy.documents import evidence
from policy.documents.types import Document
from policy.models.index import CoverageCounts

EVIDENCE_BASES = ("stated", "derived", "inferred")  # the strongest first
COVERAGE_BASES = (*EVIDENCE_BASES, "unbacked")
COVERAGE_GAPS = ("unknown", "unexplained")


def count_coverage(document: Document) -> CoverageCounts:
    """How many values of each field stand on what, and how many are missing.

    A value counts by the strongest basis of its citations. `unknown` has a reason, `unexplained`
    has none.
    """
    bases = evidence.bases_by_key(document)
    counts: CoverageCounts = Counter()
    for key in evidence.coded_fields(document):
        counts[top_level_field(key), strongest_basis(bases.get(key, set()))] += 1
    for key in document["unknowns"]:
        counts[top_level_field(key), "unknown"] += 1
    for field in evidence.CORE_FIELDS:
        if field not in document["unknowns"] and evidence.is_core_field_empty(document, field):
            counts[field, "unexplained"] += 1
    return counts


def top_level_field(key: str) -> str:
    return key.partition("/")[0]


def strongest_basis(bases: Iterable[str]) -> str:
    return min(bases, key=EVIDENCE_BASES.index, default="unbacked")


def coverage_totals(counts: CoverageCounts) -> dict[str, int]:
    """The counts of all fields together."""
    return {
        how: sum(number for (_, found), number in counts.items() if found == how)
        for how in (*COVERAGE_BASES, *COVERAGE_GAPS)
    }


def coverage_table(counts: CoverageCounts) -> list[list[str]]:
    """A line a field, with a heading and a sum."""
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
