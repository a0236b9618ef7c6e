"""Whether a database holds whole acts only: every revision with all that finds it, and no more."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import orjson
from django.db import connection

from policy.documents import csv_rows, facets
from policy.documents.build import digest, draft
from policy.documents.coverage import Tally
from policy.documents.reference import Trees
from policy.models import (
    RECORDS,
    Coverage,
    Facet,
    FacetValue,
    Interval,
    Line,
    Revision,
    SearchEntry,
    SourceText,
)
from policy.models.index import value_id
from policy.models.revision import LIVE
from policy.publishing.index import VECTOR, WEIGHTS, tally_of
from policy.sources.citations import sha256

Bodies = dict[int, dict[str, Any]]


def faults() -> list[str]:
    revisions = list(Revision.objects.order_by("id"))
    live = {r.id: orjson.loads(r.document) for r in revisions if r.event in LIVE}
    return [
        *history_faults(revisions),
        *facet_faults(revisions, live),
        *interval_faults(live),
        *word_faults(live),
        *line_faults(live),
        *count_faults(revisions, live),
        *workbench_faults(revisions),
        *text_faults(),
    ]


def lives(revisions: list[Revision]) -> dict[tuple[str, str], list[Revision]]:
    found = defaultdict(list)
    for revision in revisions:
        found[revision.kind, revision.record].append(revision)
    return found


def history_faults(revisions: list[Revision]) -> Iterator[str]:
    """No gaps, no turning back, one current revision of each record, true digests."""
    for place, revision in enumerate(revisions, 1):
        if revision.id != place:
            yield f"{revision} is version {revision.id}, in place {place}"
        if digest(revision.document) != revision.digest:
            yield f"{revision} has another digest"
    for earlier, later in pairwise(revisions):
        if earlier.published_at >= later.published_at:
            yield f"{later} is not later than {earlier}"
    for history in lives(revisions).values():
        yield from life_faults(history)


def life_faults(history: list[Revision]) -> Iterator[str]:
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
    for history in lives(revisions).values():
        found |= {old.id: new.id for old, new in pairwise(history)} | {history[-1].id: None}
    return found


def facet_faults(revisions: list[Revision], live: Bodies) -> Iterator[str]:
    trees, ends = Trees.read(), successors(revisions)
    found = defaultdict(set)
    rows = Facet.objects.values_list("revision", "value", "date", "record", "superseded_by")
    for revision, value, date, *rest in rows:
        found[revision].add((value, date.isoformat().zfill(10), *rest))
    for revision in revisions:
        wanted = set()
        if body := live.get(revision.id):
            place = (facets.day(body), revision.record, ends[revision.id])
            pairs = facets.facets(body, trees.places, trees.terms)
            wanted = {(value_id(revision.kind, *pair), *place) for pair in pairs}
        if found[revision.id] != wanted:
            yield f"{revision} has {len(found[revision.id])} facets, not its {len(wanted)}"


def interval_faults(live: Bodies) -> Iterator[str]:
    found = defaultdict(set)
    for revision, kind, *ends in Interval.objects.values_list(
        "revision", "date", "earliest", "latest"
    ):
        found[revision].add((kind, *(end and end.isoformat() for end in ends)))
    for revision in sorted(found.keys() | live.keys()):
        wanted = set(facets.intervals(live[revision])) if revision in live else set()
        if found[revision] != wanted:
            yield f"version {revision} has other intervals than its document"


def word_faults(live: Bodies) -> Iterator[str]:
    words = [(id, facets.words(body)) for id, body in live.items()]
    texts = [[found[weight] for _, found in words] for weight in WEIGHTS]
    arrays = ", ".join(["%s::text[]"] * len(WEIGHTS))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM unnest(%s::bigint[], {arrays}) AS given (id, {', '.join(WEIGHTS)})"
            " LEFT JOIN policy_searchentry e ON e.revision_id = id"
            f" WHERE e.words IS DISTINCT FROM ({VECTOR}) ORDER BY id",
            [[id for id, _ in words], *texts],
        )
        for (id,) in cursor.fetchall():
            yield f"version {id} is found by other words than its document's"
    for entry in SearchEntry.objects.exclude(revision__in=live):
        yield f"version {entry.revision_id} is found by words, and is no document"


def line_faults(live: Bodies) -> Iterator[str]:
    found = dict(Line.objects.values_list("revision", "text"))
    for revision in sorted(found.keys() | live.keys()):
        wanted = csv_rows.line(live[revision]) if revision in live else None
        if found.get(revision) != wanted:
            yield f"version {revision} has another line than its document's"


def count_faults(revisions: list[Revision], live: Bodies) -> Iterator[str]:
    """What is counted in advance is what there is."""
    standing = Counter(Facet.objects.filter(superseded_by=None).values_list("value", flat=True))
    for row in FacetValue.objects.order_by("kind", "facet", "value"):
        if row.id != value_id(row.kind, row.facet, row.value):
            yield f"{row.kind} {row} has another id"
        if row.records != standing[row.id]:
            yield f"{row.kind} {row} counts {row.records} records, not {standing[row.id]}"
    kept: Tally = Counter({key: n for key, n in Coverage.objects.tally().items() if n})
    now = [r for r in revisions if r.superseded_at is None and r.id in live]
    if kept != sum((tally_of(r.kind, live[r.id]) for r in now), Counter()):
        yield "coverage counts other values than the standing actions have"


def workbench_faults(revisions: list[Revision]) -> Iterator[str]:
    """Every published record has its row; one that nobody edited says what was published."""
    for (kind, slug), history in lives(revisions).items():
        record = RECORDS[kind].objects.filter(slug=slug).first()
        if record is None:
            yield f"{history[-1]} has no row to edit"
        elif kind == "action" and history[-1].event in LIVE:
            cited = orjson.loads(history[-1].document)["citations"]
            if len(draft(record)["citations"]) != len(cited):
                yield f"{history[-1]} has lost citations"


def text_faults() -> Iterator[str]:
    for kept in SourceText.objects.select_related("source"):
        source, raw = kept.source, bytes(kept.raw)
        stated = (source.sha256, source.bytes, source.text_sha256, source.characters)
        if stated != (sha256(raw), len(raw), sha256(kept.text.encode()), len(kept.text)):
            yield f"the text of {source.slug} is not what the source says"
