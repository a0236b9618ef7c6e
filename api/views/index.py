"""The index of the API, and the response for unknown paths."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import resolve
from rest_framework.request import Request
from rest_framework.reverse import reverse

from api.http import problems
from api.query import parameters
from api.query.kinds import COLLECTION_BY_KIND
from api.views.base import DatasetView, add_query_string, json_response
from policy.documents.coverage import coverage_totals
from policy.documents.record_schema import SCHEMA_VERSION
from policy.documents.times import format_timestamp
from policy.models import Coverage, FacetValue


class Index(DatasetView):
    """The dataset, its version and links to its parts."""

    def get(self, request: Request) -> HttpResponse:
        parameters.validate_parameters(request.query_params, ())
        self.load_and_check_validator(request)
        list_urls = {
            plural: reverse(f"v1:{kind}-list", request=request)
            for kind, plural in COLLECTION_BY_KIND.items()
        }
        return json_response(
            {
                "title": settings.DATASET_TITLE,
                "version": str(self.loaded_validator.version),
                "software_version": settings.SOFTWARE_VERSION,
                "schema_version": SCHEMA_VERSION,
                "licence": settings.DATASET_LICENCE,
                "counts": FacetValue.objects.totals(),
                "coverage": coverage_totals(Coverage.objects.to_counts()),
                "links": {
                    **list_urls,
                    "head": reverse("v1:head", request=request),
                    "schema": reverse("schema", request=request),
                    "docs": reverse("docs", request=request),
                },
            }
        )


class Head(DatasetView):
    """The end of the history of the dataset: its version, full seal and instant."""

    def get(self, request: Request) -> HttpResponse:
        parameters.validate_parameters(request.query_params, ())
        self.load_and_check_validator(request)
        state = self.loaded_validator
        published_at = state.published_at and format_timestamp(state.published_at)
        return json_response(
            {"version": str(state.version), "seal": state.seal, "published_at": published_at}
        )


def api_not_found(request: HttpRequest) -> HttpResponse:
    """Answer every path under /api/ that has no route: redirect if only the final slash is
    missing, otherwise 404."""
    if not request.path.endswith("/") and resolve(f"{request.path}/").func is not api_not_found:
        return HttpResponsePermanentRedirect(add_query_string(f"{request.path}/", request))
    return problems.problem_response(request, "not-found", problems.NOT_FOUND_DETAIL)
