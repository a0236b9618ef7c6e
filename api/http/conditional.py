"""HTTP validators and caching headers, and conditional requests decided before a view runs."""

import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Self

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date, parse_http_date_safe
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.http.problems import ApiProblem
from policy.models.sql import SqlFragment, SqlRow, fetch_all
from policy.search.version import DATASET_STATE_SQL, DatasetState

# In request.META: the CacheValidator that the response cache has loaded for this request, or the
# exception that was raised while loading it.
VALIDATOR_META_KEY = "policy_events.validator"
VERSION_HEADER = "Dataset-Version"
CACHE_REVALIDATE = "public, max-age=0, must-revalidate"
CACHE_IMMUTABLE = "public, max-age=31536000, immutable"
# For streams. One may be truncated, and only a client that counts the rows notices.
CACHE_NO_STORE = "no-store"
CONDITIONAL_META_KEYS = {
    *("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"),
    *("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE"),
}
STATE_AND_ROW_SQL = f"""
    SELECT state.*, found.* FROM ({DATASET_STATE_SQL}) state
    LEFT JOIN LATERAL (SELECT true, given.* FROM ({{}}) given) found ON true
"""  # noqa: S608


@lru_cache(8)
def format_http_date(timestamp: int) -> str:
    return http_date(timestamp)


def is_conditional(request: HttpRequest) -> bool:
    """Return whether the request has a conditional header, such as If-None-Match."""
    return not CONDITIONAL_META_KEYS.isdisjoint(request.META)


class NotModified(exceptions.APIException):
    """The client already has the current response."""

    status_code = 304


class CacheValidator(DatasetState):
    """The state of the dataset, from which ETag and Last-Modified are computed.

    It is loaded before the response is built. If something is published in between, the response
    is newer than its ETag, and the client downloads it once more. It is never older.
    """

    @classmethod
    def load(cls) -> Self:
        (row,) = fetch_all(DATASET_STATE_SQL)
        return cls(*row)

    @classmethod
    def load_with_row(cls, query: SqlFragment) -> tuple[Self, SqlRow | None]:
        """Run a statement that returns at most one row. Return the dataset's version and that row,
        both from the same snapshot of the database; None instead of a row if there is none."""
        (row,) = fetch_all(STATE_AND_ROW_SQL.format(query.sql), query.values)
        size = len(cls._fields)
        return cls(*row[:size]), row[size + 1 :] if row[size] else None

    def etag(self, request: HttpRequest, media_type: str) -> str:
        url = f"{request.scheme}://{request.get_host()}{request.get_full_path()}"
        reference = f"{self.reference} {self.reference_changed_at.timestamp()}"
        representation = f"{url} {media_type} {reference} {instance_fingerprint()}"
        digest = hashlib.sha256(representation.encode()).hexdigest()[:16]
        return f'W/"{self.version}-{digest}"'

    @property
    def last_modified(self) -> int | None:
        """The time of the last change in seconds since 1970, rounded up; None until that second
        has passed, because there may be another change within it."""
        end = math.ceil(self.changed_at.timestamp())
        return end if end <= time.time() else None

    def check_preconditions(self, request: HttpRequest, etag: str) -> None:
        """Raise NotModified if the client has the current response, and ApiProblem if a condition
        of the request is not met."""
        if not is_conditional(request):
            return
        last_modified = self.last_modified if self.is_of_clients_second(request) else None
        response = get_conditional_response(request, etag, last_modified, None)
        if response is not None and response.status_code == 304:
            raise NotModified
        if response is not None:
            raise ApiProblem(
                "precondition-failed",
                "The resource has changed: a condition of the request is not met.",
            )

    def add_headers(self, response: HttpResponseBase, etag: str) -> None:
        """Add ETag and, when it is known, Last-Modified."""
        response.headers["ETag"] = etag
        if last_modified := self.last_modified:
            response.headers["Last-Modified"] = format_http_date(last_modified)

    def is_of_clients_second(self, request: HttpRequest) -> bool:
        """Return whether If-Modified-Since, if the client sent it, is the second of Last-Modified.

        After a restore the dataset is older than the copies that clients have of what was lost. So
        a later second does not mean that a copy is current.
        """
        since = request.META.get("HTTP_IF_MODIFIED_SINCE")
        return since is None or parse_http_date_safe(since) == self.last_modified


def instance_fingerprint() -> str:
    """Return what all responses of a process depend on besides the database: settings, code."""
    stated = (settings.DATASET_TITLE, settings.DATASET_LICENCE, settings.CONTACT, settings.DESK)
    return f"{settings.SOFTWARE_VERSION} {stated} {hash_of_code()}"


@cache
def hash_of_code() -> str:
    """Return a hash of the files that decide what the API and the public pages return."""
    code = hashlib.sha256()
    for name in ("api", "policy", "web"):
        for path in sorted((settings.BASE_DIR / name).rglob("*.[pht]*")):
            if path.suffix in (".py", ".html", ".txt"):
                code.update(path.read_bytes())
    return code.hexdigest()


@dataclass(frozen=True)
class Deprecation:
    """When an endpoint was deprecated, when it will be removed, and where that is documented."""

    since: datetime
    sunset: datetime
    link: str

    @property
    def headers(self) -> dict[str, str]:
        """The headers of RFC 9745 and RFC 8594."""
        return {
            "Deprecation": f"@{int(self.since.timestamp())}",
            "Sunset": http_date(self.sunset.timestamp()),
            "Link": f'<{self.link}>; rel="deprecation"; type="text/html"',
        }


class ConditionalGetView(APIView):
    """A read-only view whose responses carry validators and, if set, its deprecation."""

    validator: CacheValidator | None = None
    deprecation: Deprecation | None = None
    cache_control = CACHE_REVALIDATE
    cleared_attributes: tuple[str, ...] = ("response",)
    http_method_names: Sequence[str] = ("get", "head", "options")

    def perform_authentication(self, request: Request) -> None:
        """Do nothing: the API answers everybody in the same way."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Handle a request, then delete the `cleared_attributes` of the view.

        A view and its request refer to each other until the garbage collector runs. Without this,
        whole responses would stay in memory for as long.
        """
        response = super().dispatch(request, *args, **kwargs)
        for name in self.cleared_attributes:
            vars(self).pop(name, None)
        return response

    def load_and_check_validator(self, request: Request) -> None:
        """Load the validator of a GET or HEAD request and check the conditions of the request.

        Raise NotModified or ApiProblem as check_preconditions() does, and the database error that
        the response cache met.
        """
        if request.method in ("GET", "HEAD"):
            preloaded: object = request.META.get(VALIDATOR_META_KEY)
            if isinstance(preloaded, Exception):
                raise preloaded
            self.validator = self.load_validator(request)
            self.check_named_versions(request, self.validator)
            media_type = request.accepted_renderer.media_type
            self.etag = self.validator.etag(request._request, media_type)
            self.validator.check_preconditions(request._request, self.etag)

    def load_validator(self, request: Request) -> CacheValidator:
        preloaded: object = request.META.get(VALIDATOR_META_KEY)
        return preloaded if isinstance(preloaded, CacheValidator) else CacheValidator.load()

    def check_named_versions(self, request: Request, validator: CacheValidator) -> None:
        """Raise ApiProblem if the request names a version that this instance does not have."""

    @property
    def loaded_validator(self) -> CacheValidator:
        """The validator, which every GET and HEAD request has."""
        assert self.validator, "only GET and HEAD are answered from the database"  # noqa: S101
        return self.validator

    def finalize_response(
        self, request: Request, response: Response, *args: object, **kwargs: object
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.validator:
            response.headers.setdefault(VERSION_HEADER, str(self.validator.version))
        if self.validator and response.status_code in (200, 304):
            response.validator = self.validator  # type: ignore[attr-defined]  # for ResponseCache
            self.validator.add_headers(response, self.etag)
            is_stream = request.accepted_renderer.format != "json"
            response.headers["Cache-Control"] = CACHE_NO_STORE if is_stream else self.cache_control
            patch_vary_headers(response, ["Accept-Encoding"])
        if self.deprecation:
            link = response.headers.get("Link")
            for name, value in self.deprecation.headers.items():
                response.headers[name] = f"{link}, {value}" if name == "Link" and link else value
        return response
