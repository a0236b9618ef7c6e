"""The list of actions. Its address takes the parameters of the API's list, and no others."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from api.http.problems import ApiProblem
from api.query import pagination, parameters
from api.query.filtersets import ActionFilters
from api.query.pagination import Paginator
from api.query.orderings import DATE_ORDERINGS
from policy.models import FacetValue, Jurisdiction, Term
from policy.search.query import IndexScan, Selection
from web.views.rendering import load_summaries, render_public_page, set_csp

MAX_PLACE_OPTIONS = 200  # places in the form, the commonest first
FILTER_TERM_FIELDS = ("activity", "type", "status", "stance", "attribution")
FILTER_FORM_FIELDS = ("q", "jurisdiction", *FILTER_TERM_FIELDS, "year")
HIDDEN_FILTERS = set(ActionFilters.base_filters) - set(
    FILTER_FORM_FIELDS
)  # not in the form, but kept
ACTION_LIST_PARAMETERS = (*ActionFilters.base_filters, *pagination.PAGINATION_PARAMETERS, "as_of")


@set_csp
@require_safe
def action_list(request: HttpRequest) -> HttpResponse:
    if given := get_query_without_empty(request.GET):
        return HttpResponseRedirect(f"{request.path}?{given}" if given != "&" else request.path)
    try:
        result_page = get_action_page(request)
    except ApiProblem as problem:
        return render_action_list(request, 400, problem=problem)
    return render_action_list(
        request, 200, result_page=result_page, rows=[row.revision_id for row in result_page.rows]
    )


def get_query_without_empty(query: QueryDict) -> str:
    """The query without the fields of the form that were left empty; nothing if none were."""
    kept = query.copy()
    for name in [name for name, values in query.lists() if values == [""]]:
        del kept[name]
    return "" if len(kept) == len(query) else kept.urlencode() or "&"


def get_action_page(request: HttpRequest) -> pagination.ResultPage:
    """The page that the API would answer with."""
    parameters.validate_parameters(request.GET, ACTION_LIST_PARAMETERS)

    def select(version: int | None) -> IndexScan:
        return ActionFilters(request.GET.dict(), Selection("action", version)).get_scan()

    paginator = Paginator(Request(request), DATE_ORDERINGS)
    return pagination.get_page(paginator, select, parameters.get_version_as_of(request.GET))


def render_action_list(
    request: HttpRequest, status: int, rows: list[int] | None = None, **context: Any
) -> HttpResponse:
    return render_public_page(
        request,
        "web/actions.html",
        status,
        title="Actions",
        description="Actions of public authorities, filtered as the API filters them.",
        actions=load_summaries(rows or []),
        form_fields=build_form_fields(request.GET),
        hidden_filters=[(name, value) for name, value in request.GET.items() if name in HIDDEN_FILTERS],
        query=get_query_without_cursor(request.GET),
        api=reverse("v1:action-list"),
        **context,
    )


def get_query_without_cursor(query: QueryDict) -> str:
    """The filters without the place on a page: what the API is asked for the same view."""
    kept = query.copy()
    kept.pop("cursor", None)
    return kept.urlencode()


def build_form_fields(query: QueryDict) -> list[dict[str, Any]]:
    """The selects of the form: what any published action has."""
    offers = get_field_options()
    return [
        {
            "name": name,
            "label": name.replace("_", " ").capitalize() if name != "jurisdiction" else "Place",
            "chosen": query.get(name, ""),
            "options": offers.get(name, []),
        }
        for name in ("jurisdiction", *FILTER_TERM_FIELDS, "year")
    ]


def get_field_options() -> dict[str, list[tuple[str, str]]]:
    """(value, label) by field. Terms come in the codebook's order, places by name."""
    values = FacetValue.objects.filter(kind="action", records__gt=0)
    held: dict[str, set[str]] = {}
    for facet, value in values.filter(facet__in=FILTER_TERM_FIELDS).values_list("facet", "value"):
        held.setdefault(facet, set()).add(value)
    terms = Term.objects.filter(vocabulary__in=FILTER_TERM_FIELDS).order_by(
        "vocabulary", "position"
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for vocabulary, code, label in terms.values_list("vocabulary", "code", "label"):
        if code in held.get(vocabulary, ()):
            found.setdefault(vocabulary, []).append((code, label))
    places = FacetValue.objects.of_facet("action", "jurisdiction").values("value")[
        :MAX_PLACE_OPTIONS
    ]
    years = values.filter(facet="year").order_by("-value").values_list("value", flat=True)
    return found | {
        "jurisdiction": list(
            Jurisdiction.objects.filter(pk__in=places).order_by("name").values_list("code", "name")
        ),
        "year": [(year, year) for year in years],
    }
