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

from api.http.problems import ApiProblem
from policy.models.sql import SqlFragment, SqlRow, fetch_all
from policy.search.version import DATASET_VERSION_SQL, DatasetVersion

VALIDATOR_META_KEY = (
    "policy_events.validator"  # where a request carries what reading it before gave, or met
)
CACHE_REVALIDATE = "public, max-age=0, must-revalidate"
CACHE_IMMUTABLE = "public, max-age=31536000, immutable"
CACHE_NO_STORE = (
    "no-store"  # a stream may be cut, which only the client that counts its rows notices
)


CONDITIONAL_META_KEYS = {
    *("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"),
    *("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE"),
}
STATE_AND_ROW_SQL = f"""
    SELECT state.*, found.* FROM ({DATASET_VERSION_SQL}) state
    LEFT JOIN LATERAL (SELECT true, given.* FROM ({{}}) given) found ON true
"""  # noqa: S608


@lru_cache(8)
def format_http_date(moment: int) -> str:
    return http_date(moment)


def is_conditional(request: Request) -> bool:
    """Whether the client says what it has."""
    return not CONDITIONAL_META_KEYS.isdisjoint(request.META)


class NotModified(exceptions.APIException):
    """The client has the answer already."""

    status_code = 304


class CacheValidator(DatasetVersion):
    """The state of the database, read before an answer is made of it.

    Should somebody publish in between, the answer is newer than its stamp, and the client that
    asks again gets it again. It is never the other way round.
    """

    @classmethod
    def load(cls) -> Self:
        (row,) = fetch_all(DATASET_VERSION_SQL)
        return cls(*row)

    @classmethod
    def load_with_row(cls, query: SqlFragment) -> tuple[Self, SqlRow | None]:
        """The state, and the one row that a statement gives, if any, of the very same state."""
        (row,) = fetch_all(STATE_AND_ROW_SQL.format(query.sql), query.values)
        return cls(*row[:3]), row[4:] if row[3] else None

    def etag(self, request: Request) -> str:
        media_type = request.accepted_renderer.media_type
        django_request = request._request
        representation = f"{django_request.scheme}://{django_request.get_host()}{django_request.get_full_path()} {media_type} {settings.SOFTWARE_VERSION}"
        digest = hashlib.sha256(representation.encode()).hexdigest()[:16]
        return f'W/"{self.version}.{self.reference}-{digest}"'

    @property
    def last_modified(self) -> int | None:
        """The end of its second; None until that has passed, for more may come within it."""
        end = math.ceil(self.at)
        return end if end <= time.time() else None

    def check_preconditions(self, request: Request, etag: str) -> None:
        """Raises Unmodified, or a problem where the client set a condition that fails."""
        if not is_conditional(request):
            return
        response: Any = get_conditional_response(request._request, etag, self.last_modified, None)
        if response is not None and response.status_code == 304:
            raise NotModified
        if response is not None:
            raise ApiProblem("precondition-failed", "What stands now is not what you have.")


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


class ConditionalGetMixin:
    """A view whose answers carry validators, and announce their own end."""

    validator: CacheValidator | None = None
    deprecation: Deprecation | None = None
    cache_control = CACHE_REVALIDATE
    cleared_attributes: tuple[str, ...] = ("response",)  # attributes that go when the answer does
    http_method_names: Sequence[str] = ("get", "head", "options")

    def perform_authentication(self, request: Request) -> None:
        """Readers are not told apart."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lets go of the answer. A view and its request hold each other until the collector comes:
        so long, whole pages would stay in memory."""
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        for name in self.cleared_attributes:
            vars(self).pop(name, None)
        return response

    def load_and_check_validator(self, request: Request) -> None:
        if request.method in ("GET", "HEAD"):
            if isinstance(preloaded := request.META.get(VALIDATOR_META_KEY), Exception):
                raise preloaded
            self.validator = self.load_validator(request)
            self.etag = self.validator.etag(request)
            self.validator.check_preconditions(request, self.etag)

    def load_validator(self, request: Request) -> CacheValidator:
        return request.META.get(VALIDATOR_META_KEY) or CacheValidator.load()

    @property
    def loaded_validator(self) -> CacheValidator:
        """What was read of the database before anything else."""
        assert self.validator, "only GET and HEAD are answered from the database"  # noqa: S101
        return self.validator

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if self.validator and response.status_code in (200, 304):
            response.validator = self.validator  # type: ignore[attr-defined]
            response.headers["ETag"] = self.etag
            streams = request.accepted_renderer.format != "json"
            response.headers["Cache-Control"] = CACHE_NO_STORE if streams else self.cache_control
            patch_vary_headers(response, ["Accept-Encoding"])
            if last_modified := self.validator.last_modified:
                response.headers["Last-Modified"] = format_http_date(last_modified)
        if self.deprecation:
            link = response.headers.get("Link")
            for name, value in self.deprecation.headers.items():
                response.headers[name] = f"{link}, {value}" if name == "Link" and link else value
        return response
