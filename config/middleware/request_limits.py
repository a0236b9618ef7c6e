"""What is refused before any page reads it: names and ports that are not ours, and too much."""

from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.http.request import split_domain_port

from api.http.problems import ApiProblem
from config.middleware import database_errors

MAX_QUERY_PARAMETERS = 300  # parameters of an address; no page or client of ours sends half as many
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestLimitsMiddleware:
    """Middleware. Comes before whatever writes the host into a link, or reads query and body."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        for problem in find_request_faults(request):
            return database_errors.render_problem(request, problem)
        return self.get_response(request)


def find_request_faults(request: HttpRequest) -> Iterator[ApiProblem]:
    if request.META.get("QUERY_STRING", "").count("&") >= MAX_QUERY_PARAMETERS:
        yield ApiProblem(
            "bad-request", f"The address has more than {MAX_QUERY_PARAMETERS} parameters."
        )
    # Django would keep files of any size on disk before a view could refuse them.
    if get_content_length(request) > settings.MAX_REQUEST_BYTES:
        yield ApiProblem("too-large", "20 MB at most.")
    try:
        port = split_domain_port(request.get_host())[1]
    except DisallowedHost:
        yield ApiProblem("bad-request", "This instance does not answer to the host that was named.")
    else:
        if settings.ALLOWED_HOSTS and port not in get_allowed_ports(request):
            yield ApiProblem("bad-request", "This instance does not answer at this port.")


def get_allowed_ports(request: HttpRequest) -> set[str]:
    """Else a stranger could have any port written into links that caches keep for others."""
    return {"", request.META.get("SERVER_PORT", ""), *settings.HOST_PORTS}


def get_content_length(request: HttpRequest) -> int:
    """Without a length, WSGI servers hand over no body."""
    stated = request.META.get("CONTENT_LENGTH") or "0"
    return int(stated) if stated.isascii() and stated.isdigit() else 0
