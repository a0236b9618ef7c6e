"""Check that a database contains complete acts only: each revision with all its index rows."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import orjson
from django.db import connection

from policy.documents import csv_rows, facets
from policy.documents.build import build_draft
from policy.documents.coverage import CoverageCounts
from policy.documents.reference import ReferenceTrees
from policy.documents.stored import read_document
from policy.hashes import sha256_hex
from policy.models import (
    RECORD_MODELS,
    Coverage,
    CsvRow,
    Facet,
    FacetValue,
    Interval,
    Revision,
    SearchEntry,
    SourceText,
)
from policy.models.index import facet_value_id
from policy.models.revision import LIVE_EVENTS
from policy.publishing.index import SEARCH_VECTOR_SQL, SEARCH_WEIGHTS, coverage_of_record

DocumentsByVersion = dict[int, dict[str, Any]]


def find_integrity_faults() -> list[str]:
    """Return a sentence for each inconsistency of the current database."""
    revisions = list(Revision.objects.order_by("id"))
    live = {r.id: read_document(r.document) for r in revisions if r.event in LIVE_EVENTS}
    return [
        *history_faults(revisions),
        *facet_faults(revisions, live),
        *interval_faults(live),
        *search_faults(live),
        *csv_row_faults(live),
        *count_faults(revisions, live),
        *workbench_faults(revisions),
        *text_faults(),
    ]


def group_by_record(revisions: list[Revision]) -> dict[tuple[str, str], list[Revision]]:
    found = defaultdict(list)
    for revision in revisions:
        found[revision.kind, revision.record].append(revision)
    return found


def history_faults(revisions: list[Revision]) -> Iterator[str]:
    """Check versions without gaps, increasing times, correct digests and one current revision."""
    for place, revision in enumerate(revisions, 1):
        if revision.id != place:
            yield f"{revision} is version {revision.id}, in place {place}"
        if sha256_hex(revision.document) != revision.digest:
            yield f"{revision} has another digest"
    for earlier, later in pairwise(revisions):
        if earlier.published_at >= later.published_at:
            yield f"{later} is not later than {earlier}"
    for history in group_by_record(revisions).values():
        yield from record_faults(history)


def record_faults(history: list[Revision]) -> Iterator[str]:
    for number, revision in enumerate(history, 1):
        if revision.number != number:
            yield f"{revision} should be number {number}"
    for old, new in pairwise(history):
        if old.superseded_at != new.published_at:
            yield f"{old} does not end where {new} begins"
    if history[-1].superseded_at is not None:
        yield f"{history[-1]} ended and nothing follows"


def successors(revisions: list[Revision]) -> dict[int, int | None]:
    found: dict[int, int | None] = {}
    for history in group_by_record(revisions).values():
        found |= {old.id: new.id for old, new in pairwise(history)} | {history[-1].id: None}
    return found


def facet_faults(revisions: list[Revision], live: DocumentsByVersion) -> Iterator[str]:
    trees, ends = ReferenceTrees.load(), successors(revisions)
    found = defaultdict(set)
    rows = Facet.objects.values_list("revision", "value", "date", "record", "superseded_by")
    for revision, value, date, *rest in rows:
        found[revision].add((value, date.isoformat().zfill(10), *rest))
    for revision in revisions:
        wanted = set()
        if body := live.get(revision.id):
            place = (facets.ordering_date(body), revision.record, ends[revision.id])
            pairs = facets.compute_facets(body, trees.places, trees.terms)
            wanted = {(facet_value_id(revision.kind, *pair), *place) for pair in pairs}
        if found[revision.id] != wanted:
            yield f"{revision} has {len(found[revision.id])} facets, not its {len(wanted)}"


def interval_faults(live: DocumentsByVersion) -> Iterator[str]:
    found = defaultdict(set)
    for revision, kind, *ends in Interval.objects.values_list(
        "revision", "date", "earliest", "latest"
    ):
        found[revision].add((kind, *(end and end.isoformat() for end in ends)))
    for revision in sorted(found.keys() | live.keys()):
        wanted = set(facets.iter_date_periods(live[revision])) if revision in live else set()
        if found[revision] != wanted:
            yield f"version {revision} has other intervals than its document"


def search_faults(live: DocumentsByVersion) -> Iterator[str]:
    words = [(id, facets.search_texts(body)) for id, body in live.items()]
    texts = [[found[weight] for _, found in words] for weight in SEARCH_WEIGHTS]
    arrays = ", ".join(["%s::text[]"] * len(SEARCH_WEIGHTS))
    columns = ", ".join(SEARCH_WEIGHTS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM unnest(%s::bigint[], {arrays}) AS given (id, {columns})"
            " LEFT JOIN policy_searchentry e ON e.revision_id = id"
            f" WHERE e.words IS DISTINCT FROM ({SEARCH_VECTOR_SQL}) ORDER BY id",
            [[id for id, _ in words], *texts],
        )
        for (id,) in cursor.fetchall():
            yield f"version {id} is found by other words than its document's"
    for entry in SearchEntry.objects.exclude(revision__in=live):
        yield f"version {entry.revision_id} is found by words, and is no document"


def csv_row_faults(live: DocumentsByVersion) -> Iterator[str]:
    found = dict(CsvRow.objects.values_list("revision", "text"))
    for revision in sorted(found.keys() | live.keys()):
        wanted = csv_rows.csv_row(live[revision]) if revision in live else None
        if found.get(revision) != wanted:
            yield f"version {revision} has another CSV row than its document's"


def count_faults(revisions: list[Revision], live: DocumentsByVersion) -> Iterator[str]:
    """Check the stored counts of values and coverage."""
    current = Counter(Facet.objects.filter(superseded_by=None).values_list("value", flat=True))
    for row in FacetValue.objects.order_by("kind", "facet", "value"):
        if row.id != facet_value_id(row.kind, row.facet, row.value):
            yield f"{row.kind} {row} has another id"
        if row.records != current[row.id]:
            yield f"{row.kind} {row} counts {row.records} records, not {current[row.id]}"
    stored: CoverageCounts = Counter(
        {key: n for key, n in Coverage.objects.to_counts().items() if n}
    )
    current_revisions = [r for r in revisions if r.superseded_at is None and r.id in live]
    counted = (coverage_of_record(r.kind, live[r.id]) for r in current_revisions)
    if stored != sum(counted, Counter()):
        yield "coverage counts other values than the current actions have"


def workbench_faults(revisions: list[Revision]) -> Iterator[str]:
    """Check that every published record has its editable row, with all citations."""
    for (kind, slug), history in group_by_record(revisions).items():
        record = RECORD_MODELS[kind].objects.filter(slug=slug).first()
        if record is None:
            yield f"{history[-1]} has no row to edit"
        elif kind == "action" and history[-1].event in LIVE_EVENTS:
            cited = orjson.loads(history[-1].document)["citations"]
            if len(build_draft(record)["citations"]) != len(cited):
                yield f"{history[-1]} has lost citations"


def text_faults() -> Iterator[str]:
    for stored in SourceText.objects.select_related("source"):
        source, raw = stored.source, bytes(stored.raw)
        stated = (source.sha256, source.bytes, source.text_sha256, source.characters)
        if stated != (sha256_hex(raw), len(raw), sha256_hex(stored.text), len(stored.text)):
            yield f"the text of {source.slug} is not what the source says"
