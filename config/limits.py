"""What is turned away before anything reads it: bodies too large."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template import loader

Answer = Callable[[HttpRequest], HttpResponseBase]


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
