"""The views of each kind of published record."""

from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from api.query import aggregate, filtersets, include, parameters
from api.query.orderings import DATE_ORDERINGS
from api.views.base import json_response
from api.views.records import RecordViewSet
from policy.search.query import Selection


class Actions(RecordViewSet):
    kind, filterset, orderings = "action", filtersets.ActionFilters, DATE_ORDERINGS
    includes = include.INCLUDE_DESCRIPTIONS

    @action(detail=False)
    def aggregate(self, request: Request) -> HttpResponse:
        query = aggregate.parse_aggregate_query(request.query_params)
        pinned_version = parameters.get_version_as_of(request.query_params)
        return json_response(aggregate.build_aggregate(query, self.select, pinned_version))

    def select(self, version: int | None) -> Selection:
        return self.get_filterset(version).apply_filters()


class Agencies(RecordViewSet):
    kind, filterset = "agency", filtersets.AgencyFilters


class Entities(RecordViewSet):
    kind, filterset = "entity", filtersets.EntityFilters


class Sources(RecordViewSet):
    kind, filterset, orderings = "source", filtersets.SourceFilters, DATE_ORDERINGS
