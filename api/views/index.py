"""TODO docstring."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import resolve
from rest_framework.request import Request
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from api.http import problems
from api.http.conditional import Validated
from api.query import parameters
from api.views.base import PLURALS, answer
from api.views.records import with_query
from policy.documents.coverage import totals
from policy.documents.record_schema import SCHEMA_VERSION
from policy.models import Coverage, FacetValue


class Index(Validated, APIView):
    """What this dataset is, which version it stands at, and where everything is."""

    def get(self, request: Request) -> HttpResponse:
        parameters.check(request.query_params, ())
        self.validate(request)
        return answer(
            {
                "title": settings.DATASET_TITLE,
                "version": self.state.version,
                "schema_version": SCHEMA_VERSION,
                "licence": settings.DATASET_LICENCE,
                "counts": FacetValue.objects.totals(),
                "coverage": totals(Coverage.objects.tally()),
                "links": {
                    **{
                        plural: reverse(f"v1:{kind}-list", request=request)
                        for kind, plural in PLURALS.items()
                    },
                    "schema": reverse("schema", request=request),
                    "docs": reverse("docs", request=request),
                },
            }
        )


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Every address under /api/ that no route answers."""
    if not request.path.endswith("/") and resolve(f"{request.path}/").func is not nothing_here:
        return HttpResponsePermanentRedirect(with_query(f"{request.path}/", request))
    return problems.response(request, "not-found", "There is nothing at this address.")
