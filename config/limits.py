"""What is turned away before anything reads it: names that are not ours, bodies too large."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import split_domain_port
from django.template import loader

Answer = Callable[[HttpRequest], HttpResponseBase]


class KnownHost:
    """Middleware. Django checks the name that was asked for, but not the port behind it, and both
    stand in every link."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        host = request.get_host()
        port = split_domain_port(host)[1]
        if not settings.DEBUG and port and port not in settings.HOST_PORTS:
            raise DisallowedHost(f"Invalid port in {host!r}. Write it in ALLOWED_HOSTS.")
        return self.get_response(request)


class Bounded:
    """Middleware. Django would keep files of any size on disk before a view could refuse them."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if length_of(request) > settings.LARGEST_REQUEST:
            return HttpResponse(loader.render_to_string("413.html"), status=413)
        return self.get_response(request)


def length_of(request: HttpRequest) -> int:
    """Without a length, WSGI servers hand over no body."""
    stated = request.META.get("CONTENT_LENGTH") or "0"
    return int(stated) if stated.isascii() and stated.isdigit() else 0
