"""What is refused before any page reads it: too many parameters, a port that is not ours."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.http.request import split_domain_port

from api.problems import Problem
from config import trouble

MOST = 300  # parameters of an address; no page or client of ours sends half as many
Answer = Callable[[HttpRequest], HttpResponseBase]


class Refusals:
    """Middleware. Comes before whatever writes the host into a link, or reads the query."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if why := fault(request):
            return trouble.answer(request, Problem("bad-request", why))
        return self.get_response(request)


def fault(request: HttpRequest) -> str:
    if request.META.get("QUERY_STRING", "").count("&") >= MOST:
        return f"The address has more than {MOST} parameters."
    try:
        port = split_domain_port(request.get_host())[1]
    except DisallowedHost:
        return "This instance does not answer to the host that was named."
    known = not settings.ALLOWED_HOSTS or port in ports(request)
    return "" if known else "This instance does not answer at this port."


def ports(request: HttpRequest) -> set[str]:
    """Else a stranger could have any port written into links that caches keep for others."""
    return {"", request.META.get("SERVER_PORT", ""), *settings.HOST_PORTS}
