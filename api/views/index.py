"""TODO docstring."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import resolve
from rest_framework.request import Request
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from api.http import problems
from api.http.conditional import ConditionalGetMixin
from api.query import parameters
from api.views.base import PLURAL_BY_KIND, json_response
from api.views.records import add_query_string
from policy.documents.coverage import coverage_totals
from policy.documents.record_schema import SCHEMA_VERSION
from policy.models import Coverage, FacetValue


class Index(ConditionalGetMixin, APIView):
    """What this dataset is, which version it stands at, and where everything is."""

    def get(self, request: Request) -> HttpResponse:
        parameters.validate_parameters(request.query_params, ())
        self.load_and_check_validator(request)
        return json_response(
            {
                "title": settings.DATASET_TITLE,
                "version": self.loaded_validator.version,
                "software_version": settings.SOFTWARE_VERSION,
                "schema_version": SCHEMA_VERSION,
                "licence": settings.DATASET_LICENCE,
                "counts": FacetValue.objects.totals(),
                "coverage": coverage_totals(Coverage.objects.to_counts()),
                "links": {
                    **{
                        plural: reverse(f"v1:{kind}-list", request=request)
                        for kind, plural in PLURAL_BY_KIND.items()
                    },
                    "schema": reverse("schema", request=request),
                    "docs": reverse("docs", request=request),
                },
            }
        )


def api_not_found(request: HttpRequest) -> HttpResponse:
    """Every address under /api/ that no route answers."""
    if not request.path.endswith("/") and resolve(f"{request.path}/").func is not api_not_found:
        return HttpResponsePermanentRedirect(add_query_string(f"{request.path}/", request))
    return problems.problem_response(request, "not-found", "There is nothing at this address.")
