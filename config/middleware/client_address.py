"""Find the client of a request, with or without a trusted proxy (BEHIND_PROXY)."""

import ipaddress
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from config.middleware.request_id import GetResponse

IPV6_PREFIX_LENGTH = 64  # one household or company holds at least these addresses


class ClientAddressMiddleware:
    """Set `request.client_network`, which the rate limit and the login throttle read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.client_network = client_network(request.META)  # type: ignore[attr-defined]
        return self.get_response(request)


def client_network(meta: Mapping[str, object]) -> str:
    """Return the client of a WSGI environment or of `request.META`.

    This is an IPv4 address or the /64 of an IPv6 address; empty if there is no valid address. An
    IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
    """
    try:
        address = ipaddress.ip_address(client_address(meta))
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_PREFIX_LENGTH), strict=False))


def client_address(meta: Mapping[str, object]) -> str:
    """Return `REMOTE_ADDR`, or behind a trusted proxy the last address of `X-Forwarded-For`.

    The client itself may have sent the other addresses of `X-Forwarded-For`.
    """
    forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", ""))
    if settings.BEHIND_PROXY and forwarded:
        return forwarded.rpartition(",")[2].strip()
    return str(meta.get("REMOTE_ADDR", ""))
