"""The limit on the number of requests from one client, if the setting RATE_LIMIT sets one."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase

from api.http import problems

Answer = Callable[[HttpRequest], HttpResponseBase]
PREFIX = "/api/v1/"
WRITTEN = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})", re.ASCII)


@dataclass(frozen=True)
class Limit:
    """At most `requests` in `seconds`, counted in Django's cache, per process or shared."""

    requests: int
    seconds: int

    @classmethod
    def read(cls, text: str) -> "Limit | None":
        """Parse "600/3600", 600 requests in 3600 seconds. An empty text means no limit. Raise
        ImproperlyConfigured for any other text."""
        if not text:
            return None
        if not (match := WRITTEN.fullmatch(text)):
            raise ImproperlyConfigured(
                f"RATE_LIMIT={text}: use requests/seconds, such as 600/3600."
            )
        return cls(int(match[1]), int(match[2]))

    def count(self, client: str) -> tuple[int, int]:
        """Count a request. Return the remaining requests, which is negative beyond the limit, and
        the seconds until the count starts again."""
        window, passed = divmod(int(time.time()), self.seconds)
        key = f"rate:{client}:{window}"
        cache.add(key, 0, self.seconds)
        try:
            used = cache.incr(key)
        except ValueError:  # the key expired since cache.add()
            used = 1
        return self.requests - used, self.seconds - passed


class RateLimited:
    """Middleware: sends the limit in the headers of every response, and 429 beyond it."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.limit = Limit.read(settings.RATE_LIMIT)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        limit = self.limit
        if limit is None or not request.path.startswith(PREFIX):
            return self.get_response(request)
        address: str = request.client_address  # type: ignore[attr-defined]  # config.middleware
        remain, seconds = limit.count(address)
        response = self.get_response(request) if remain >= 0 else refused(request, seconds)
        for name, value in announced(limit, remain, seconds).items():
            response.headers[name] = value
        return response


def announced(limit: Limit, remain: int, seconds: int) -> dict[str, str]:
    return {
        "RateLimit-Policy": f'"anon";q={limit.requests};w={limit.seconds}',
        "RateLimit": f'"anon";r={max(remain, 0)};t={seconds}',
    }


def refused(request: HttpRequest, seconds: int) -> HttpResponseBase:
    detail = (
        f"Too many requests. Try again in {seconds} seconds. Use `as_of` and ETags to send "
        "fewer requests."
    )
    response = problems.problem_response(request, "rate-limited", detail)
    response.headers["Retry-After"] = str(seconds)
    return response
