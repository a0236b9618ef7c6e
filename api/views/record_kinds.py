"""The views of each kind of published record."""

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from api.http.conditional import VERSION_HEADER
from api.query import aggregate, filtersets, include
from api.query import export as exports
from api.query.csv_files import build_aggregate_table
from api.query.orderings import DATE_ORDERINGS
from api.views.base import json_response, table_response
from api.views.records import RecordViewSet
from policy.search.query import Selection


class Actions(RecordViewSet):
    kind, filterset, orderings = "action", filtersets.ActionFilters, DATE_ORDERINGS
    includes = include.INCLUDE_DESCRIPTIONS

    @action(detail=False)
    def aggregate(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        format = request.accepted_renderer.format
        exports.validate_export_query(request.query_params, format, self.get_formats())
        query = aggregate.parse_aggregate_query(request.query_params)
        pinned_version = self.get_position()
        data = aggregate.build_aggregate(query, self.select, pinned_version)
        if format == "csv":
            table = build_aggregate_table(query, data)
            return table_response(request, "actions-aggregate", table, data["version"])
        version = str(data["version"])
        return json_response({**data, "version": version}, {VERSION_HEADER: version})

    def select(self, version: int | None) -> Selection:
        return self.get_filterset(version).apply_filters()


class Agencies(RecordViewSet):
    kind, filterset = "agency", filtersets.AgencyFilters


class Entities(RecordViewSet):
    kind, filterset = "entity", filtersets.EntityFilters


class Sources(RecordViewSet):
    kind, filterset, orderings = "source", filtersets.SourceFilters, DATE_ORDERINGS
