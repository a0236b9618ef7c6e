"""The views of reference tables: jurisdictions and terms."""

from django.http import Http404, HttpResponse
from rest_framework.request import Request

from api.query import filtersets, pagination
from api.query.pagination import Ordering, Paginator
from api.serializers import reference
from api.views.base import StrictViewSet, json_response, page_response
from policy.models import Jurisdiction, Term


class ReferenceViewSet(StrictViewSet):
    """The rows of a reference table."""

    filterset: type[filtersets.ReferenceFilterSet]
    parameters_by_action = {"list": pagination.PAGINATION_PARAMETERS}

    def get_parameter_names(self) -> list[str]:
        names = list(self.filterset.base_filters) if self.action == "list" else []
        return names + super().get_parameter_names()

    def list(self, request: Request) -> HttpResponse:
        paginator = Paginator(request, self.get_orderings())
        filterset = self.filterset(request.query_params.dict(), self.get_queryset())
        rows = paginator.fetch_rows(filterset.apply_filters())
        page = paginator.build_page(rows, self.loaded_validator.version)
        return page_response(page, self.get_serializer(page.rows, many=True).data)

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        row = self.get_queryset().filter(pk=id).first()
        if row is None:
            raise Http404(f"There is nothing with the id {id}.")
        return json_response(self.get_serializer(row).data)


class Jurisdictions(ReferenceViewSet):
    lookup_value_regex = "[A-Z0-9-]{1,10}"
    queryset = Jurisdiction.objects.all()
    filterset, orderings = filtersets.JurisdictionFilters, {"id": Ordering(("pk",))}
    serializer_class = reference.JurisdictionSerializer


class Terms(ReferenceViewSet):
    lookup_value_regex = "[a-z0-9_]{1,60}[.][a-z0-9_]{1,60}"
    queryset = Term.objects.all()
    filterset = filtersets.TermFilters
    orderings = {"position": Ordering(("vocabulary", "position")), "id": Ordering(("pk",))}
    serializer_class = reference.TermSerializer
