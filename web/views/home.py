"""The start: what there is, when, where, and what is not covered."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from policy.documents.coverage import EVIDENCE_BASES, coverage_totals
from policy.models import Coverage, FacetValue, Revision
from policy.models.revision import RECORD_KINDS
from policy.search.query import Selection
from web import text_formats
from web.charts import get_charts
from web.code_labels import ACTION_FIELD_LABELS
from web.timeline import Timeline
from web.views.rendering import Document, load_summaries, render_public_page, set_csp

MAX_LATEST_ACTIONS, MAX_TIMELINE_ACTIONS = 10, 100
RECORD_PLURALS = {
    "action": "actions",
    "agency": "agencies",
    "entity": "entities",
    "source": "sources",
}
EXAMPLE_QUERIES = [
    ("What happened in China, its provinces included", "jurisdiction=CN"),
    ("Every kind of enforcement", "type=enforcement"),
    ("What may have been done in June 2021", "occurred__overlaps=2021-06"),
]


@set_csp
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    latest = load_summaries(Selection("action").to_scan().newest_ids(MAX_TIMELINE_ACTIONS))
    found = FacetValue.objects.totals()
    return render_public_page(
        request,
        "web/home.html",
        counts=get_record_counts(found),
        version=get_dataset_version(),
        timeline=Timeline(latest),
        timeline_count=len(latest),
        total_actions=found["action"],
        actions=latest[:MAX_LATEST_ACTIONS],
        charts=get_charts(),
        scope=describe_scope(found["source"]),
        examples=EXAMPLE_QUERIES,
    )


def get_record_counts(found: dict[str, int]) -> list[tuple[str, int, str]]:
    """(noun, how many, where to list them) for each kind of record, actions first."""
    return [
        (kind if found[kind] == 1 else RECORD_PLURALS[kind], found[kind], get_list_url(kind))
        for kind in reversed(RECORD_KINDS)
    ]


def get_list_url(kind: str) -> str:
    return reverse("web:actions" if kind == "action" else f"v1:{kind}-list")


def get_dataset_version() -> Document:
    last = Revision.objects.order_by("-id").values_list("id", "published_at").first()
    return (
        {"number": last[0], "at": text_formats.format_utc_instant(last[1])}
        if last
        else {"number": 0, "at": ""}
    )


def describe_scope(sources: int) -> Document:
    """What the dataset rests on and what it leaves out, as far as its counts tell."""
    tally = Coverage.objects.to_counts()
    found = coverage_totals(tally)
    official = FacetValue.objects.filter(
        kind="source", facet="source_class", value__startswith="official_", records__gt=0
    )
    silent = sorted(
        ((tally[field, "unknown"], label) for field, label in ACTION_FIELD_LABELS.items()),
        reverse=True,
    )
    return {
        "sources": text_formats.format_count(sources, "source", "sources"),
        "official": sum(official.values_list("records", flat=True)),
        "values": sum(found[basis] for basis in EVIDENCE_BASES),
        "unknown": found["unknown"],
        **{basis: found[basis] for basis in EVIDENCE_BASES},
        "most_unknown": [(label.lower(), number) for number, label in silent[:4] if number],
    }
