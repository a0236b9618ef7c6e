"""Set the security headers of every response."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from config.middleware.request_id import GetResponse

DENY_ALL_CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SecurityHeadersMiddleware:
    """Must be among the first middleware, so that error pages and redirects get the headers too.

    A page that needs scripts, styles or forms sets its own Content-Security-Policy. Django's
    debug pages have none.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if not (settings.DEBUG and response.status_code in (400, 404, 500)):
            response.headers.setdefault("Content-Security-Policy", DENY_ALL_CSP)
        return response
