"""Cache API responses in memory while the dataset is unchanged.

The cache is a WSGI application in front of Django. It therefore repeats the few things that differ
between two requests for the same response: the request id and the headers of the rate limit.
"""

import sys
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import NamedTuple, Self
from wsgiref.types import StartResponse, WSGIEnvironment

from django import db
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse, HttpResponseBase

from api.http.conditional import CONDITIONAL_META_KEYS, VALIDATOR_META_KEY, CacheValidator
from api.query.positions import MIN_VERSION_META_KEY
from config.middleware import request_id
from config.middleware.client_address import client_network
from config.middleware.database_errors import READER_LIMITS
from config.middleware.rate_limit import RATE_LIMIT_HEADERS, ClientThrottle
from config.postgres import timeouts

API_PREFIX = "/api/v1/"
MAX_CACHED_BODY_BYTES = 2**20  # of one response
MAX_CACHE_KEY_LENGTH = 2000  # characters
# The bytes that an entry takes besides its texts: in the dictionary, as a tuple, for its state of
# the database and in malloc. Measured with tracemalloc, and rounded up.
ENTRY_OVERHEAD_BYTES = 500
CACHE_KEY_VARIABLES = (
    *("wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "HTTP_HOST", "SERVER_PORT", "SCRIPT_NAME"),
    *("PATH_INFO", "QUERY_STRING", "CONTENT_LENGTH"),
    *("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ORIGIN", MIN_VERSION_META_KEY),
    *sorted(CONDITIONAL_META_KEYS),
)
CACHEABLE_STATUSES = (200, 304)
Header = tuple[str, str]
WSGIResponse = HttpResponseBase | list[bytes]
CacheKey = str  # the values of CACHE_KEY_VARIABLES


class CachedResponse(NamedTuple):
    """A response, and the state of the database before it was computed.

    The headers are one text, in which names and values alternate, each in a line of its own: as
    objects of their own they would take ten times as much.
    """

    validator: CacheValidator
    status: str
    header_lines: str
    body: bytes

    @classmethod
    def build(
        cls, validator: CacheValidator, status: str, headers: Iterable[Header], body: bytes
    ) -> Self:
        lines = "\n".join(text for header in headers for text in header)
        # A copy: orjson returns bytes that occupy 4 kB, however short they are.
        return cls(validator, sys.intern(status), lines, bytes(memoryview(body)))

    @property
    def headers(self) -> list[Header]:
        lines = self.header_lines.split("\n")
        return list(zip(lines[::2], lines[1::2], strict=True))


class ResponseCache:
    """A thread-safe cache that evicts the responses that were used least recently."""

    def __init__(self, max_bytes: int) -> None:
        """`max_bytes` limits the memory that all entries take."""
        self.max_bytes, self.size_bytes, self.lock = max_bytes, 0, Lock()
        self.entries: OrderedDict[CacheKey, CachedResponse] = OrderedDict()

    def get(self, key: CacheKey) -> CachedResponse | None:
        with self.lock:
            if cached := self.entries.get(key):
                self.entries.move_to_end(key)
            return cached

    def set(self, key: CacheKey, response: CachedResponse) -> None:
        with self.lock:
            self.evict(key)
            self.entries[key] = response
            self.size_bytes += get_cached_size(key, response)
            while self.size_bytes > self.max_bytes:
                self.evict(next(iter(self.entries)))

    def evict(self, key: CacheKey) -> None:
        """Remove an entry, if it is there. The caller must hold the lock."""
        if evicted := self.entries.pop(key, None):
            self.size_bytes -= get_cached_size(key, evicted)


def get_cached_size(key: CacheKey, response: CachedResponse) -> int:
    """Return the bytes of memory that an entry takes."""
    texts = (key, response.header_lines, response.body)
    return ENTRY_OVERHEAD_BYTES + sum(map(sys.getsizeof, texts))


class CachingApplication:
    """A WSGI application that answers from the cache, or else calls Django.

    It uses a cached response only if the database, which it asks each time, has not changed since
    the response was computed. So no client gets an outdated response.
    """

    def __init__(self, application: WSGIHandler, max_bytes: int) -> None:
        self.application, self.cache = application, ResponseCache(max_bytes)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> WSGIResponse:
        key = get_cache_key(environ)
        if key is None:
            return self.application(environ, start_response)
        cached = self.cache.get(key)
        if (
            cached
            and read_current_validator(environ) == cached.validator
            and (limit_headers := self.rate_limit_headers(environ)) is not None
        ):
            headers = [*cached.headers, *limit_headers, get_request_id_header(environ)]
            start_response(cached.status, headers)
            return [cached.body]
        response = self.application(environ, start_response)
        if cacheable := get_cacheable(response):
            self.cache.set(key, cacheable)
        return response

    @staticmethod
    def rate_limit_headers(environ: WSGIEnvironment) -> list[Header] | None:
        """Count this request and return the headers that state the rate limit.

        Return None if the limit is exceeded: then Django refuses the request.
        """
        if not settings.RATE_LIMIT:
            return []
        throttle = ClientThrottle(client_network(environ))
        return list(throttle.headers.items()) if throttle.count() else None


def add_response_cache(application: WSGIHandler) -> WSGIHandler | CachingApplication:
    """Wrap an application in a cache of `settings.MEMORY` megabytes; 0 means no cache."""
    if not settings.MEMORY:
        return application
    return CachingApplication(application, settings.MEMORY * 2**20)


def get_cache_key(environ: WSGIEnvironment) -> CacheKey | None:
    """Return all parts of a request that affect its response, or None if it is never cached."""
    if environ["REQUEST_METHOD"] != "GET" or not environ["PATH_INFO"].startswith(API_PREFIX):
        return None
    key = repr([environ.get(name) for name in CACHE_KEY_VARIABLES])
    return key if len(key) <= MAX_CACHE_KEY_LENGTH else None


def read_current_validator(environ: WSGIEnvironment) -> CacheValidator | None:
    """Read the state of the database, and store it in `environ` for the view.

    Return None if the database fails. Then the view answers with the stored error and does not
    wait for the database again.
    """
    token = timeouts.current_limits.set(READER_LIMITS)
    db.close_old_connections()
    try:
        validator = CacheValidator.load()
    except db.Error as error:
        environ[VALIDATOR_META_KEY] = error
        return None
    else:
        environ[VALIDATOR_META_KEY] = validator
        return validator
    finally:
        db.close_old_connections()
        timeouts.current_limits.reset(token)


def get_request_id_header(environ: WSGIEnvironment) -> Header:
    return request_id.REQUEST_ID_HEADER, request_id.get_request_id(environ)


UNCACHED_HEADERS = {  # each response gets its own
    request_id.REQUEST_ID_HEADER.lower(),
    *(name.lower() for name in RATE_LIMIT_HEADERS),
}


def get_cacheable(response: HttpResponseBase) -> CachedResponse | None:
    """Return what to cache of a response of Django, or None.

    In the second of a publication, `last_modified` is None and nothing is cached: later in that
    second, the same state can have another header.
    """
    validator: CacheValidator | None = getattr(response, "validator", None)
    if not isinstance(response, HttpResponse) or not validator or not validator.last_modified:
        return None
    if response.status_code not in CACHEABLE_STATUSES:
        return None
    if len(response.content) > MAX_CACHED_BODY_BYTES:
        return None
    status = f"{response.status_code} {response.reason_phrase}"
    headers = iter_cached_headers(response)
    return CachedResponse.build(validator, status, headers, response.content)


def iter_cached_headers(response: HttpResponse) -> Iterator[Header]:
    for name, value in response.items():
        if name.lower() not in UNCACHED_HEADERS:
            yield name, value
