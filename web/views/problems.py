"""What each kind of problem means: the pages that problem documents name as their type."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from api.http.problems import KINDS
from web.views.frame import missing, page, strict


@strict
@require_safe
def problem(request: HttpRequest, kind: str) -> HttpResponse:
    found = KINDS.get(kind)
    if found is None:
        return missing(request, f"No problem is called {kind}.")
    return page(
        request,
        "web/problem.html",
        title=f"{found.status} {found.title}",
        description=found.cause,
        name=kind,
        problem=found,
        others=[(other, KINDS[other]) for other in KINDS if other != kind],
    )
