"""The start: what there is, when, where, and what is not covered."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from policy.documents.coverage import BASES, totals
from policy.models import Coverage, FacetValue, Revision
from policy.models.revision import KINDS
from policy.search.query import Selection
from web import words
from web.charts import charts
from web.codebook import FIELDS
from web.timeline import Timeline
from web.views.frame import Document, headlines, page, strict

SHOWN, PICTURED = 10, 100
PLURALS = {"action": "actions", "agency": "agencies", "entity": "entities", "source": "sources"}
EXAMPLES = [
    ("What happened in China, its provinces included", "jurisdiction=CN"),
    ("Every kind of enforcement", "type=enforcement"),
    ("What may have been done in June 2021", "occurred__overlaps=2021-06"),
]


@strict
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    latest = headlines(Selection("action").walked().newest(PICTURED))
    found = FacetValue.objects.totals()
    return page(
        request,
        "web/home.html",
        counts=counts(found),
        version=version(),
        timeline=Timeline(latest),
        pictured=len(latest),
        every=found["action"],
        actions=latest[:SHOWN],
        charts=charts(),
        scope=scope(found["source"]),
        examples=EXAMPLES,
    )


def counts(found: dict[str, int]) -> list[tuple[str, int, str]]:
    """(noun, how many, where to list them) for each kind of record, actions first."""
    return [
        (kind if found[kind] == 1 else PLURALS[kind], found[kind], listing(kind))
        for kind in reversed(KINDS)
    ]


def listing(kind: str) -> str:
    return reverse("web:actions" if kind == "action" else f"v1:{kind}-list")


def version() -> Document:
    last = Revision.objects.order_by("-id").values_list("id", "published_at").first()
    return {"number": last[0], "at": words.moment(last[1])} if last else {"number": 0, "at": ""}


def scope(sources: int) -> Document:
    """What the dataset rests on and what it leaves out, as far as its counts tell."""
    tally = Coverage.objects.tally()
    found = totals(tally)
    official = FacetValue.objects.filter(
        kind="source", facet="source_class", value__startswith="official_", records__gt=0
    )
    silent = sorted(
        ((tally[field, "unknown"], label) for field, label in FIELDS.items()), reverse=True
    )
    return {
        "sources": words.count(sources, "source", "sources"),
        "official": sum(official.values_list("records", flat=True)),
        "values": sum(found[basis] for basis in BASES),
        "unknown": found["unknown"],
        **{basis: found[basis] for basis in BASES},
        "silent": [(label.lower(), number) for number, label in silent[:4] if number],
    }
