"""Refuse requests before a view reads them: wrong host or port, too many parameters, too large."""

from collections.abc import Iterator

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.http.request import split_domain_port

from api.http.problems import ApiProblem
from config.middleware.request_id import GetResponse
from web.views import rendering

MAX_QUERY_PARAMETERS = 300  # our pages and clients send fewer than 150


class RequestLimitsMiddleware:
    """Must come before any layer that puts the host into a link, or reads query or body."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        for problem in find_request_faults(request):
            return rendering.render_problem(request, problem)
        return self.get_response(request)


def find_request_faults(request: HttpRequest) -> Iterator[ApiProblem]:
    """Yield each reason to refuse a request."""
    query: str = request.META.get("QUERY_STRING", "")
    if query.count("&") >= MAX_QUERY_PARAMETERS:
        yield ApiProblem(
            "bad-request",
            f"The URL has more than {MAX_QUERY_PARAMETERS} parameters. Send fewer.",
        )
    # Django would write files of any size to disk before a view could refuse them.
    if get_content_length(request) > settings.MAX_REQUEST_BYTES:
        yield ApiProblem(
            "too-large", f"Uploads are limited to {settings.MAX_UPLOAD_BYTES // 2**20} MB."
        )
    try:
        port = split_domain_port(request.get_host())[1]
    except DisallowedHost:
        yield ApiProblem(
            "bad-request", "This site does not serve the requested host. Check the host name."
        )
    else:
        if settings.ALLOWED_HOSTS and port not in get_allowed_ports(request):
            yield ApiProblem(
                "bad-request", "This site does not serve the requested port. Check the port."
            )


def get_allowed_ports(request: HttpRequest) -> set[str]:
    """Return the ports that a Host header may name.

    With any other port, an attacker could put that port into links that caches store for others.
    """
    return {"", str(request.META.get("SERVER_PORT", "")), *settings.HOST_PORTS}


def get_content_length(request: HttpRequest) -> int:
    """Return the stated length of the body in bytes; WSGI servers pass no body without one."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(length) if length.isascii() and length.isdigit() else 0
