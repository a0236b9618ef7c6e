"""The Content-Security-Policy of the admin: only this site's own files, and nothing inline."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

DESK_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class ContentSecurityPolicyMiddleware:
    """Set the header on pages of the admin. Error pages keep what Django shows to developers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        if match and "admin" in match.app_names and response.status_code < 500:
            response.headers.setdefault("Content-Security-Policy", DESK_CSP)
        return response
