"""The pages that explain the types of problem documents."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from api.http.problems import PROBLEM_TYPES
from web.views.rendering import render_not_found, render_public_page


@require_safe
def problem(request: HttpRequest, kind: str) -> HttpResponse:
    problem_type = PROBLEM_TYPES.get(kind)
    if problem_type is None:
        return render_not_found(request, f"There is no problem type {kind}.")
    return render_public_page(
        request,
        "web/problem.html",
        title=f"{problem_type.status} {problem_type.title}",
        description=problem_type.cause,
        name=kind,
        problem=problem_type,
        other_types=[(other, PROBLEM_TYPES[other]) for other in PROBLEM_TYPES if other != kind],
    )
