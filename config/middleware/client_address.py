"""Find the address of the client, with or without a trusted proxy (BEHIND_PROXY)."""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from config.middleware.request_id import GetResponse


class ClientAddressMiddleware:
    """Set `request.client_address`, which the rate limit and the login throttle read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.client_address = client_address(request.META)  # type: ignore[attr-defined]
        return self.get_response(request)


def client_address(meta: Mapping[str, object]) -> str:
    """Return the client's address from a WSGI environment or `request.META`.

    This is `REMOTE_ADDR`. Behind a trusted proxy it is the last address of `X-Forwarded-For`,
    because the client itself may have sent the others. The address is empty if there is none.
    """
    forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", ""))
    if settings.BEHIND_PROXY and forwarded:
        return forwarded.rpartition(",")[2].strip()
    return str(meta.get("REMOTE_ADDR", ""))
