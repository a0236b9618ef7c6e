"""The list of actions. It takes the parameters of the API's list of actions, and no others."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from api.http.problems import ApiProblem
from api.query import pagination, parameters, positions
from api.query.filters import MAX_FILTER_VALUE_LENGTH
from api.query.filtersets import ActionFilters
from api.query.orderings import DATE_ORDERINGS
from api.query.pagination import Paginator
from policy.models import FacetValue, Jurisdiction, Term
from policy.search.query import IndexRow, IndexScan, Selection
from web.views.conditional import get_dataset_state
from web.views.rendering import load_summaries, render_public_page

MAX_PLACE_OPTIONS = 200  # places in the form, the most frequent ones
FILTER_TERM_FIELDS = ("activity", "type", "status", "stance", "attribution")
FILTER_FORM_FIELDS = ("q", "jurisdiction", *FILTER_TERM_FIELDS, "year")
# Filters without a visible field in the form. The form keeps them as hidden fields.
HIDDEN_FILTERS = set(ActionFilters.base_filters) - set(FILTER_FORM_FIELDS)
ACTION_LIST_PARAMETERS = (
    *ActionFilters.base_filters,
    *pagination.PAGINATION_PARAMETERS,
    *positions.POSITION_PARAMETERS,
)


@require_safe
def action_list(request: HttpRequest) -> HttpResponse:
    if (query := get_query_without_empty(request.GET)) is not None:
        return HttpResponseRedirect(f"{request.path}?{query}" if query else request.path)
    try:
        result_page = get_action_page(request)
    except ApiProblem as problem:
        return render_action_list(request, 400, problem=problem)
    return render_action_list(request, 200, result_page)


def get_query_without_empty(query: QueryDict) -> str | None:
    """Return the query string without the form fields that are empty; None if there are none."""
    filled = query.copy()
    for name in [name for name, values in query.lists() if values == [""]]:
        del filled[name]
    return None if len(filled) == len(query) else filled.urlencode()


def get_action_page(request: HttpRequest) -> pagination.ResultPage[IndexRow]:
    """Return the page that the API would return. Raise ApiProblem if a parameter is not valid."""
    parameters.validate_parameters(request.GET, ACTION_LIST_PARAMETERS)

    def get_rows(version: int | None) -> IndexScan:
        return ActionFilters(request.GET.dict(), Selection("action", version)).get_scan()

    paginator = Paginator(Request(request), DATE_ORDERINGS)
    position = positions.resolve_position(request.GET, get_dataset_state(request))
    return pagination.get_page(paginator, get_rows, position)


def render_action_list(
    request: HttpRequest,
    status: int,
    result_page: pagination.ResultPage[IndexRow] | None = None,
    problem: ApiProblem | None = None,
) -> HttpResponse:
    """Render the form with the page or, if the query is not valid, with the problem."""
    return render_public_page(
        request,
        "web/actions.html",
        status,
        title="Actions",
        description="Actions of public authorities, with the filters of the API.",
        actions=load_summaries(row.revision_id for row in result_page.rows) if result_page else [],
        max_length=MAX_FILTER_VALUE_LENGTH,
        form_fields=build_form_fields(request.GET),
        hidden_filters=[
            (name, value) for name, value in request.GET.items() if name in HIDDEN_FILTERS
        ],
        query=get_query_without_cursor(request.GET),
        api=reverse("v1:action-list"),
        result_page=result_page,
        problem=problem,
    )


def get_query_without_cursor(query: QueryDict) -> str:
    """Return the query string for the same list in the API, from its first page."""
    filters = query.copy()
    filters.pop("cursor", None)
    return filters.urlencode()


@dataclass(frozen=True)
class SelectField:
    """A select element of the form. `options` are pairs of value and label."""

    name: str
    label: str
    selected: str
    options: list[tuple[str, str]]


def build_form_fields(query: QueryDict) -> list[SelectField]:
    """Return the select elements, with the values that published actions have."""
    options = get_field_options()
    return [
        SelectField(
            name,
            name.replace("_", " ").capitalize() if name != "jurisdiction" else "Place",
            query.get(name, ""),
            options.get(name, []),
        )
        for name in ("jurisdiction", *FILTER_TERM_FIELDS, "year")
    ]


def get_field_options() -> dict[str, list[tuple[str, str]]]:
    """Return pairs of value and label for each field: terms in the order of the codebook, places by
    name, years in descending order."""
    values = FacetValue.objects.filter(kind="action", records__gt=0)
    used_codes: dict[str, set[str]] = {}
    for facet, value in values.filter(facet__in=FILTER_TERM_FIELDS).values_list("facet", "value"):
        used_codes.setdefault(facet, set()).add(value)
    terms = Term.objects.filter(vocabulary__in=FILTER_TERM_FIELDS).order_by(
        "vocabulary", "position"
    )
    options: dict[str, list[tuple[str, str]]] = {}
    for vocabulary, code, label in terms.values_list("vocabulary", "code", "label"):
        if code in used_codes.get(vocabulary, ()):
            options.setdefault(vocabulary, []).append((code, label))
    places = FacetValue.objects.of_facet("action", "jurisdiction").values("value")[
        :MAX_PLACE_OPTIONS
    ]
    years = values.filter(facet="year").order_by("-value").values_list("value", flat=True)
    return options | {
        "jurisdiction": list(
            Jurisdiction.objects.filter(pk__in=places).order_by("name").values_list("code", "name")
        ),
        "year": [(year, year) for year in years],
    }
