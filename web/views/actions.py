"""The list of actions. Its address takes the parameters of the API's list, and no others."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from api.http.problems import Problem
from api.query import pagination, parameters
from api.query.filtersets import ActionFilters
from api.query.pagination import Paginator
from api.views.records import BY_DATE
from policy.models import FacetValue, Jurisdiction, Term
from policy.search.query import Selection, Walk
from web.views.frame import headlines, page, strict

OFFERED = 200  # places in the form, the commonest first
CHOICES = ("activity", "type", "status", "stance", "attribution")
ASKED = ("q", "jurisdiction", *CHOICES, "year")
OTHERS = set(ActionFilters.base_filters) - set(ASKED)  # not in the form, but kept
PARAMETERS = (*ActionFilters.base_filters, *pagination.PARAMETERS, "as_of")


@strict
@require_safe
def actions(request: HttpRequest) -> HttpResponse:
    if given := empty(request.GET):
        return HttpResponseRedirect(f"{request.path}?{given}" if given != "&" else request.path)
    try:
        found = cut(request)
    except Problem as problem:
        return listed(request, 400, problem=problem)
    return listed(request, 200, found=found, rows=[row.revision_id for row in found.rows])


def empty(query: QueryDict) -> str:
    """The query without the fields of the form that were left empty; nothing if none were."""
    kept = query.copy()
    for name in [name for name, values in query.lists() if values == [""]]:
        del kept[name]
    return "" if len(kept) == len(query) else kept.urlencode() or "&"


def cut(request: HttpRequest) -> pagination.Page:
    """The page that the API would answer with."""
    parameters.check(request.GET, PARAMETERS)

    def select(version: int | None) -> Walk:
        return ActionFilters(request.GET.dict(), Selection("action", version)).selected()

    paginator = Paginator(Request(request), BY_DATE)
    return pagination.snapshot(paginator, select, parameters.version_as_of(request.GET))


def listed(
    request: HttpRequest, status: int, rows: list[int] | None = None, **context: Any
) -> HttpResponse:
    return page(
        request,
        "web/actions.html",
        status,
        title="Actions",
        description="Actions of public authorities, filtered as the API filters them.",
        actions=headlines(rows or []),
        fields=fields(request.GET),
        others=[(name, value) for name, value in request.GET.items() if name in OTHERS],
        query=same_question(request.GET),
        api=reverse("v1:action-list"),
        **context,
    )


def same_question(query: QueryDict) -> str:
    """The filters without the place on a page: what the API is asked for the same view."""
    kept = query.copy()
    kept.pop("cursor", None)
    return kept.urlencode()


def fields(query: QueryDict) -> list[dict[str, Any]]:
    """The selects of the form: what any published action has."""
    offers = offered()
    return [
        {
            "name": name,
            "label": name.replace("_", " ").capitalize() if name != "jurisdiction" else "Place",
            "chosen": query.get(name, ""),
            "options": offers.get(name, []),
        }
        for name in ("jurisdiction", *CHOICES, "year")
    ]


def offered() -> dict[str, list[tuple[str, str]]]:
    """(value, label) by field. Terms come in the codebook's order, places by name."""
    values = FacetValue.objects.filter(kind="action", records__gt=0)
    held: dict[str, set[str]] = {}
    for facet, value in values.filter(facet__in=CHOICES).values_list("facet", "value"):
        held.setdefault(facet, set()).add(value)
    terms = Term.objects.filter(vocabulary__in=CHOICES).order_by("vocabulary", "position")
    found: dict[str, list[tuple[str, str]]] = {}
    for vocabulary, code, label in terms.values_list("vocabulary", "code", "label"):
        if code in held.get(vocabulary, ()):
            found.setdefault(vocabulary, []).append((code, label))
    places = FacetValue.objects.of("action", "jurisdiction").values("value")[:OFFERED]
    years = values.filter(facet="year").order_by("-value").values_list("value", flat=True)
    return found | {
        "jurisdiction": list(
            Jurisdiction.objects.filter(pk__in=places).order_by("name").values_list("code", "name")
        ),
        "year": [(year, year) for year in years],
    }
