"""Limit the database time of requests, and answer errors of the database with 503 or 400."""

import sys

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from api.http import problems
from config.middleware.request_id import GetResponse
from config.postgres import timeouts
from config.postgres.timeouts import TimeLimits
from web.views import rendering

READER_LIMITS = TimeLimits.for_requests(settings.READER_TIMEOUT, settings.READER_LOCK_TIMEOUT)
DESK_LIMITS = TimeLimits.for_requests(settings.DESK_TIMEOUT, settings.DESK_LOCK_TIMEOUT)


class DatabaseErrorsMiddleware:
    """Set the time limits of a request, and answer database errors of its view."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = timeouts.current_limits.set(limits_for_request(request))
        try:
            return self.get_response(request)
        finally:
            timeouts.current_limits.reset(token)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        problem = problems.problem_from_database_error(error)
        return rendering.render_problem(request, problem) if problem else None


def limits_for_request(request: HttpRequest) -> TimeLimits:
    return DESK_LIMITS if request.path.startswith(settings.ADMIN_PREFIX) else READER_LIMITS


def handle_server_error(request: HttpRequest) -> HttpResponse:
    """Answer an error outside of views, for example in the storage of sessions (handler500)."""
    error = sys.exc_info()[1]
    problem = problems.problem_from_database_error(error) if isinstance(error, Exception) else None
    return (
        rendering.render_problem(request, problem)
        if problem
        else rendering.render_server_error(request)
    )
