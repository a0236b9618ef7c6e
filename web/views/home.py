"""The home page: counts, a timeline, charts, the latest actions and the limits of the dataset."""

from dataclasses import dataclass
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from api.query.kinds import COLLECTION_BY_KIND
from policy.documents.coverage import EVIDENCE_BASES, coverage_totals
from policy.models import Coverage, FacetValue
from policy.models.revision import RECORD_KINDS
from policy.search.acts import count_acts
from policy.search.query import Selection
from policy.search.version import DatasetState
from web import text_formats
from web.charts import get_charts
from web.code_labels import ACTION_FIELD_LABELS
from web.timeline import Timeline
from web.views.conditional import get_dataset_state
from web.views.rendering import load_summaries, render_public_page

MAX_LATEST_ACTIONS, MAX_TIMELINE_ACTIONS = 10, 100
EXAMPLE_QUERIES = [
    ("Actions in China, including its provinces", "jurisdiction=CN"),
    ("All types of enforcement", "type=enforcement"),
    ("Actions that may have occurred in June 2021", "occurred__overlaps=2021-06"),
]


class RecordCountLink(NamedTuple):
    """The number of records of a kind, with the noun to print after it and a URL to list them."""

    noun: str
    number: int
    href: str


class DatasetVersionText(NamedTuple):
    """The version of the dataset, and when it was published; empty if nothing was."""

    name: str
    at: str


@dataclass(frozen=True)
class DatasetScope:
    """What the dataset is based on. `official` is the number of official sources, `values` that
    of all coded values, `most_unknown` are the fields that are unknown most often."""

    sources: str
    official: int
    values: int
    stated: int
    derived: int
    inferred: int
    unknown: int
    most_unknown: list[tuple[str, int]]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    latest = load_summaries(Selection("action").to_scan().newest_ids(MAX_TIMELINE_ACTIONS))
    totals = FacetValue.objects.totals()
    return render_public_page(
        request,
        "web/home.html",
        counts=get_record_counts(totals),
        version=describe_version(get_dataset_state(request)),
        timeline=Timeline(latest),
        timeline_count=len(latest),
        total_actions=totals["action"],
        acts=text_formats.describe_acts(count_acts(Selection("action")), totals["action"]),
        actions=latest[:MAX_LATEST_ACTIONS],
        charts=get_charts(),
        scope=describe_scope(totals["source"]),
        examples=EXAMPLE_QUERIES,
    )


def get_record_counts(totals: dict[str, int]) -> list[RecordCountLink]:
    """Return the number of records of each kind, actions first."""
    return [
        RecordCountLink(
            kind if totals[kind] == 1 else COLLECTION_BY_KIND[kind],
            totals[kind],
            get_list_url(kind),
        )
        for kind in reversed(RECORD_KINDS)
    ]


def get_list_url(kind: str) -> str:
    return reverse("web:actions" if kind == "action" else f"v1:{kind}-list")


def describe_version(state: DatasetState) -> DatasetVersionText:
    if state.published_at is None:
        return DatasetVersionText("", "")
    at = text_formats.format_utc_instant(state.published_at)
    return DatasetVersionText(str(state.version), at)


def describe_scope(sources: int) -> DatasetScope:
    """Return the scope of the dataset, which has so many sources."""
    coverage = Coverage.objects.to_counts()
    totals = coverage_totals(coverage)
    official = FacetValue.objects.filter(
        kind="source", facet="source_class", value__startswith="official_", records__gt=0
    )
    unknown = sorted(
        ((coverage[field, "unknown"], label) for field, label in ACTION_FIELD_LABELS.items()),
        reverse=True,
    )
    return DatasetScope(
        sources=text_formats.format_count(sources, "source", "sources"),
        official=sum(official.values_list("records", flat=True)),
        values=sum(totals[basis] for basis in EVIDENCE_BASES),
        stated=totals["stated"],
        derived=totals["derived"],
        inferred=totals["inferred"],
        unknown=totals["unknown"],
        most_unknown=[(label.lower(), number) for number, label in unknown[:4] if number],
    )
