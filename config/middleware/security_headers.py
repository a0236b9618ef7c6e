"""Set the security headers of every response, among them the Content-Security-Policy."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from config.middleware.request_id import GetResponse

DENY_ALL_CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE_CSP = (  # the site's own style sheet and images, and its search form
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ADMIN_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DOCS_CSP = (  # Swagger UI loads its icons from data: URLs, and sends requests to this site
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HTML_POLICIES = {  # by the beginning of the path; the first that fits
    settings.ADMIN_PREFIX: ADMIN_CSP,
    "/api/docs/": DOCS_CSP,
    "/api/problems/": PAGE_CSP,
    "/api/": DENY_ALL_CSP,
    "/": PAGE_CSP,
}
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

    Django's debug pages have no Content-Security-Policy.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if not (settings.DEBUG and response.status_code in (400, 404, 500)):
            policy = get_content_security_policy(request.path, response)
            response.headers["Content-Security-Policy"] = policy
        return response


def get_content_security_policy(path: str, response: HttpResponseBase) -> str:
    """Return what browsers may load and send for a response: nothing, unless it is a page."""
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return DENY_ALL_CSP
    return next(
        (policy for prefix, policy in HTML_POLICIES.items() if path.startswith(prefix)),
        DENY_ALL_CSP,
    )
