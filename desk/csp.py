"""What browsers may do on the desk's pages: run our own files, and nothing inside a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

DESK_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class ContentSecurityPolicyMiddleware:
    """Middleware. Pages of errors keep what Django shows developers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        if match and "admin" in match.app_names and response.status_code < 500:
            response.headers.setdefault("Content-Security-Policy", DESK_CSP)
        return response
