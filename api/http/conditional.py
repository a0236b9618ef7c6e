"""What lets a client keep the answer that it has: validators, decided before the answer is made."""

import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Self

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from api.http.problems import Problem
from policy.models.sql import Condition, Row, fetched
from policy.search.version import STATE, State

STAMP = "policy_events.stamp"  # where a request carries what reading it before gave, or met
ALWAYS_ASK = "public, max-age=0, must-revalidate"
FOR_EVER = "public, max-age=31536000, immutable"
FOR_NOBODY = "no-store"  # a stream may be cut, which only the client that counts its rows notices


CONDITIONS = {
    *("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"),
    *("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE"),
}
WITH = f"""
    SELECT state.*, found.* FROM ({STATE}) state
    LEFT JOIN LATERAL (SELECT true, given.* FROM ({{}}) given) found ON true
"""  # noqa: S608


@lru_cache(8)
def dated(moment: int) -> str:
    return http_date(moment)


def conditional(request: Request) -> bool:
    """Whether the client says what it has."""
    return not CONDITIONS.isdisjoint(request.META)


class Unmodified(exceptions.APIException):
    """The client has the answer already."""

    status_code = 304


class Stamp(State):
    """The state of the database, read before an answer is made of it.

    Should somebody publish in between, the answer is newer than its stamp, and the client that
    asks again gets it again. It is never the other way round.
    """

    @classmethod
    def read(cls) -> Self:
        (row,) = fetched(STATE)
        return cls(*row)

    @classmethod
    def read_with(cls, question: Condition) -> tuple[Self, Row | None]:
        """The state, and the one row that a statement gives, if any, of the very same state."""
        (row,) = fetched(WITH.format(question.sql), question.values)
        return cls(*row[:3]), row[4:] if row[3] else None

    def etag(self, request: Request) -> str:
        media = request.accepted_renderer.media_type
        http = request._request
        asked = (
            f"{http.scheme}://{http.get_host()}{http.get_full_path()} {media} {settings.RELEASE}"
        )
        digest = hashlib.sha256(asked.encode()).hexdigest()[:16]
        return f'W/"{self.version}.{self.reference}-{digest}"'

    @property
    def last_modified(self) -> int | None:
        """The end of its second; None until that has passed, for more may come within it."""
        end = math.ceil(self.at)
        return end if end <= time.time() else None

    def check(self, request: Request, etag: str) -> None:
        """Raises Unmodified, or a problem where the client set a condition that fails."""
        if not conditional(request):
            return
        found: Any = get_conditional_response(request._request, etag, self.last_modified, None)
        if found is not None and found.status_code == 304:
            raise Unmodified
        if found is not None:
            raise Problem("precondition-failed", "What stands now is not what you have.")


@dataclass(frozen=True)
class Deprecation:
    """When an address fell out of favour, when it goes, and where to read of it."""

    since: datetime
    sunset: datetime
    link: str

    @property
    def headers(self) -> dict[str, str]:
        """RFC 9745 and RFC 8594."""
        return {
            "Deprecation": f"@{int(self.since.timestamp())}",
            "Sunset": http_date(self.sunset.timestamp()),
            "Link": f'<{self.link}>; rel="deprecation"; type="text/html"',
        }


class Validated:
    """A view whose answers carry validators, and announce their own end."""

    stamp: Stamp | None = None
    deprecation: Deprecation | None = None
    caching = ALWAYS_ASK
    passing: tuple[str, ...] = ("response",)  # attributes that go when the answer does
    http_method_names: Sequence[str] = ("get", "head", "options")

    def perform_authentication(self, request: Request) -> None:
        """Readers are not told apart."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lets go of the answer. A view and its request hold each other until the collector comes:
        so long, whole pages would stay in memory."""
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        for name in self.passing:
            vars(self).pop(name, None)
        return response

    def validate(self, request: Request) -> None:
        if request.method in ("GET", "HEAD"):
            if isinstance(met := request.META.get(STAMP), Exception):
                raise met
            self.stamp = self.stamped(request)
            self.etag = self.stamp.etag(request)
            self.stamp.check(request, self.etag)

    def stamped(self, request: Request) -> Stamp:
        return request.META.get(STAMP) or Stamp.read()

    @property
    def state(self) -> Stamp:
        """What was read of the database before anything else."""
        assert self.stamp, "only GET and HEAD are answered from the database"  # noqa: S101
        return self.stamp

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if self.stamp and response.status_code in (200, 304):
            response.stamp = self.stamp  # type: ignore[attr-defined]
            response.headers["ETag"] = self.etag
            streams = request.accepted_renderer.format != "json"
            response.headers["Cache-Control"] = FOR_NOBODY if streams else self.caching
            patch_vary_headers(response, ["Accept-Encoding"])
            if moment := self.stamp.last_modified:
                response.headers["Last-Modified"] = dated(moment)
        if self.deprecation:
            link = response.headers.get("Link")
            for name, value in self.deprecation.headers.items():
                response.headers[name] = f"{link}, {value}" if name == "Link" and link else value
        return response
