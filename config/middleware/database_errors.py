"""What is answered when the database refuses or says nothing, on whatever page that happens."""

import sys
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template import loader
from django.utils.cache import add_never_cache_headers

from api.http import problems
from api.http.problems import ApiProblem
from config.postgres import timeouts
from config.postgres.timeouts import TimeLimits
from web.views import rendering

GetResponse = Callable[[HttpRequest], HttpResponseBase]
READER_LIMITS = TimeLimits.for_requests(settings.READER_TIMEOUT, lock=1)
DESK_LIMITS = TimeLimits.for_requests(settings.DESK_TIMEOUT, lock=5)


class DatabaseErrorsMiddleware:
    """Middleware: limits how long a request may keep the database, and answers when it fails."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = timeouts.current_limits.set(limits_for_request(request))
        try:
            return self.get_response(request)
        finally:
            timeouts.current_limits.reset(token)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        found = problems.problem_from_database_error(error)
        return render_problem(request, found) if found else None


def limits_for_request(request: HttpRequest) -> TimeLimits:
    return DESK_LIMITS if request.path.startswith("/admin/") else READER_LIMITS


def handle_server_error(request: HttpRequest) -> HttpResponse:
    """handler500: what fails outside of views, in a session's storage for example."""
    error = sys.exc_info()[1]
    found = problems.problem_from_database_error(error) if isinstance(error, Exception) else None
    return render_problem(request, found) if found else rendering.render_server_error(request)


@rendering.set_csp
def render_problem(request: HttpRequest, problem: ApiProblem) -> HttpResponse:
    if rendering.is_api_request(request):
        response = problems.problem_response(request, problem.kind, str(problem.detail))
    else:
        page = f"{problem.status_code}.html"
        content = loader.render_to_string(page, {"detail": problem.detail})
        response = HttpResponse(content, status=problem.status_code)
    if problem.kind == "unavailable":
        response.headers["Retry-After"] = str(problems.RETRY_AFTER_SECONDS)
    add_never_cache_headers(response)
    return response
