"""How well published actions are evidenced: what backs each value, and why others are missing."""

from collections import Counter
from collections.abc import Iterable

from policy.documents import evidence
from policy.documents.types import Document
from policy.models.index import Tally

BASES = ("stated", "derived", "inferred")  # the strongest first
VALUES = (*BASES, "unbacked")
GAPS = ("unknown", "unexplained")


def tally(document: Document) -> Tally:
    """How many values of each field stand on what, and how many are missing.

    A value counts by the strongest basis of its citations. `unknown` has a reason, `unexplained`
    has none.
    """
    bases = evidence.bases(document)
    counts: Tally = Counter()
    for key in evidence.coded_fields(document):
        counts[field_of(key), strongest(bases.get(key, set()))] += 1
    for key in document["unknowns"]:
        counts[field_of(key), "unknown"] += 1
    for field in evidence.CORE:
        if field not in document["unknowns"] and evidence.is_silent(document, field):
            counts[field, "unexplained"] += 1
    return counts


def field_of(key: str) -> str:
    return key.partition("/")[0]


def strongest(bases: Iterable[str]) -> str:
    return min(bases, key=BASES.index, default="unbacked")


def totals(counts: Tally) -> dict[str, int]:
    """The counts of all fields together."""
    return {
        how: sum(number for (_, found), number in counts.items() if found == how)
        for how in (*VALUES, *GAPS)
    }


def table(counts: Tally) -> list[list[str]]:
    """A line a field, with a heading and a sum."""
    fields = [*evidence.SCALARS, *evidence.EVERY_LIST]
    rows = [[field, *(str(counts[field, how]) for how in (*VALUES, *GAPS))] for field in fields]
    return [["field", *VALUES, *GAPS], *rows, ["all", *map(str, totals(counts).values())]]
