"""What is answered when the database refuses or says nothing, on whatever page that happens."""

import sys
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template import loader
from django.utils.cache import add_never_cache_headers

from api.http import problems
from api.http.problems import Problem
from config.postgres import timeouts
from config.postgres.timeouts import Limits
from web.views import frame

Answer = Callable[[HttpRequest], HttpResponseBase]
READERS = Limits.of_requests(settings.READER_TIMEOUT, lock=1)
DESK = Limits.of_requests(settings.DESK_TIMEOUT, lock=5)


class Trouble:
    """Middleware: limits how long a request may keep the database, and answers when it fails."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = timeouts.current.set(of_request(request))
        try:
            return self.get_response(request)
        finally:
            timeouts.current.reset(token)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        found = problems.of_database(error)
        return answer(request, found) if found else None


def of_request(request: HttpRequest) -> Limits:
    return DESK if request.path.startswith("/admin/") else READERS


def broken(request: HttpRequest) -> HttpResponse:
    """handler500: what fails outside of views, in a session's storage for example."""
    error = sys.exc_info()[1]
    found = problems.of_database(error) if isinstance(error, Exception) else None
    return answer(request, found) if found else frame.broken(request)


@frame.strict
def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    if frame.is_api(request):
        response = problems.response(request, problem.kind, str(problem.detail))
    else:
        page = f"{problem.status_code}.html"
        content = loader.render_to_string(page, {"detail": problem.detail})
        response = HttpResponse(content, status=problem.status_code)
    if problem.kind == "unavailable":
        response.headers["Retry-After"] = str(problems.RETRY)
    add_never_cache_headers(response)
    return response
