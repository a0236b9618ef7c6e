"""How often one address may ask, where the instance sets a limit (RATE_LIMIT)."""

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
    """So many requests in so many seconds. Counted per process, or in a shared cache."""

    requests: int
    seconds: int

    @classmethod
    def read(cls, text: str) -> "Limit | None":
        """600/3600: 600 requests an hour. Empty: no limit."""
        if not text:
            return None
        if not (match := WRITTEN.fullmatch(text)):
            raise ImproperlyConfigured(f"RATE_LIMIT={text}: write requests/seconds, as 600/3600.")
        return cls(int(match[1]), int(match[2]))

    def count(self, client: str) -> tuple[int, int]:
        """(requests that remain, seconds until they are renewed), this one counted."""
        window, passed = divmod(int(time.time()), self.seconds)
        key = f"rate:{client}:{window}"
        cache.add(key, 0, self.seconds)
        try:
            used = cache.incr(key)
        except ValueError:  # it ran out in this very moment
            used = 1
        return self.requests - used, self.seconds - passed


class RateLimited:
    """Middleware: announces the limit in every answer, and answers 429 beyond it."""

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
    detail = f"You may ask again in {seconds} seconds. `as_of` and ETags save requests."
    response = problems.problem_response(request, "rate-limited", detail)
    response.headers["Retry-After"] = str(seconds)
    return response
