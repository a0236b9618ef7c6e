"""The views of reference tables: jurisdictions and terms."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.serializers import ModelSerializer

from api.http.renderers import CSVRenderer, JSONRenderer
from api.query import export as exports
from api.query import filtersets, pagination
from api.query.csv_files import Table
from api.query.pagination import Ordering, Paginator
from api.serializers import reference
from api.views.base import StrictViewSet, json_response, page_response, table_response
from policy.models import Jurisdiction, Term


class ReferenceViewSet(StrictViewSet):
    """The rows of a reference table."""

    filterset: type[filtersets.ReferenceFilterSet]
    serializer_class: type[ModelSerializer[Any]]
    parameters_by_action = {"list": (*pagination.PAGINATION_PARAMETERS, *exports.TABLE_PARAMETERS)}
    formats_by_action = {"list": exports.TABLE_FORMATS}
    renderer_classes = (JSONRenderer, CSVRenderer)

    def get_parameter_names(self) -> list[str]:
        names = list(self.filterset.base_filters) if self.action == "list" else []
        return names + super().get_parameter_names()

    def list(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        format = request.accepted_renderer.format
        exports.validate_export_query(request.query_params, format, self.get_formats())
        paginator = Paginator(request, self.get_orderings())
        filterset = self.filterset(request.query_params.dict(), self.get_queryset())
        selected = filterset.apply_filters()
        if format == "csv":
            return self.export_response(paginator.ordering.apply(selected))
        version = self.loaded_validator.version
        paginator.require_version_of_cursor(version)
        page = paginator.build_page(paginator.fetch_rows(selected), version)
        return page_response(page, self.get_serializer(page.rows, many=True).data)

    def export_response(self, selected: QuerySet[Model]) -> StreamingHttpResponse:
        rows = self.get_serializer(selected, many=True).data
        columns = list(self.serializer_class().fields)
        table = Table(columns, [[row[name] for name in columns] for row in rows])
        version = self.loaded_validator.version
        return table_response(self.request, f"{self.basename}s", table, version)

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
