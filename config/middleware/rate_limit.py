"""The limit on the number of requests from one client, if the setting RATE_LIMIT sets one."""

import math
import re
from typing import cast

from django.conf import settings
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from api.http.problems import ApiProblem
from config.middleware.request_id import GetResponse
from web.views import rendering

RATE_PATTERN = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})", re.ASCII)
RATE_LIMIT_HEADERS = ("RateLimit-Policy", "RateLimit")
# The desk has a login throttle of its own, and monitors ask often whether the process lives.
UNLIMITED_PATHS = (settings.ADMIN_PREFIX, "/livez", "/readyz")


class ClientThrottle(SimpleRateThrottle):
    """The requests of one client in a moving window. Each process counts separately.

    A client is an IPv4 address or a /64 of IPv6 addresses.
    """

    cache = caches["throttle"]
    num_requests: int | None  # in `duration` seconds; None: no limit
    duration: int | None

    def __init__(self, network: str) -> None:
        self.network = network
        super().__init__()

    def get_rate(self) -> str | None:
        return settings.RATE_LIMIT or None

    def parse_rate(self, rate: str | None) -> tuple[int | None, int | None]:
        """Return the number and the seconds of "600/3600". Raise ImproperlyConfigured."""
        if rate is None:
            return None, None
        if not (match := RATE_PATTERN.fullmatch(rate)):
            raise ImproperlyConfigured(
                f"RATE_LIMIT={rate}: use requests/seconds, such as 600/3600."
            )
        return int(match[1]), int(match[2])

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"throttle:{self.network}"

    def count(self) -> bool:
        """Count a request. Return False if the client has used up the limit."""
        return self.allow_request(cast(Request, None), cast(APIView, None))

    @property
    def seconds_left(self) -> int:
        """The seconds until the oldest request that was counted no longer counts."""
        oldest = self.history[-1] if self.history else self.now
        return max(math.ceil(oldest + (self.duration or 0) - self.now), 1)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a response to a request that was counted."""
        if self.num_requests is None:
            return {}
        remaining = max(self.num_requests - len(self.history), 0)
        values = (
            f'"anon";q={self.num_requests};w={self.duration}',
            f'"anon";r={remaining};t={self.seconds_left}',
        )
        return dict(zip(RATE_LIMIT_HEADERS, values, strict=True))


class RateLimitMiddleware:
    """State the limit in the headers of every response, and answer 429 beyond it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        ClientThrottle("")  # raises ImproperlyConfigured when the process starts

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not settings.RATE_LIMIT or request.path.startswith(UNLIMITED_PATHS):
            return self.get_response(request)
        network: str = request.client_network  # type: ignore[attr-defined]  # client_address.py
        throttle = ClientThrottle(network)
        response = self.get_response(request) if throttle.count() else refuse(request, throttle)
        for name, value in throttle.headers.items():
            response.headers[name] = value
        return response


def refuse(request: HttpRequest, throttle: ClientThrottle) -> HttpResponseBase:
    seconds = throttle.seconds_left
    detail = (
        f"Too many requests. Try again in {seconds} seconds. Use `as_of` and ETags to send "
        "fewer requests."
    )
    response = rendering.render_problem(request, ApiProblem("rate-limited", detail))
    response.headers["Retry-After"] = str(seconds)
    return response
