"""Answers that are kept in memory, for as long as the dataset is what it was.

They are given in front of Django: of its work only that stands here which differs between two
requests that ask the same.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, NamedTuple

from django import db
from django.conf import settings

from api.http.conditional import CONDITIONAL_META_KEYS, VALIDATOR_META_KEY, CacheValidator
from api.http.throttling import PREFIX, Limit, announced
from config.middleware import request_id
from config.middleware.client_address import client_address
from config.middleware.database_errors import READER_LIMITS
from config.postgres import timeouts

MAX_CACHED_BODY_BYTES = 2**20  # bytes of one answer
MAX_CACHE_KEY_LENGTH = 2000  # characters of what is asked
CACHE_KEY_VARIABLES = (
    *("wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "HTTP_HOST", "SERVER_PORT", "SCRIPT_NAME"),
    *("PATH_INFO", "QUERY_STRING", "CONTENT_LENGTH"),
    *("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ORIGIN", *sorted(CONDITIONAL_META_KEYS)),
)
CACHEABLE_STATUSES = (200, 304)
Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WSGIApplication = Callable[[Environ, StartResponse], Iterable[bytes]]
CacheKey = tuple[str | None, ...]


class CachedResponse(NamedTuple):
    """An answer, and the state of the database that was read before it was made."""

    validator: CacheValidator
    status: str
    headers: list[tuple[str, str]]
    body: bytes


class ResponseCache:
    """What was asked for last, so much of it that its bytes find room."""

    def __init__(self, max_bytes: int) -> None:
        """`max_bytes`: bytes of questions and answers."""
        self.max_bytes, self.size_bytes, self.lock = max_bytes, 0, Lock()
        self.entries: OrderedDict[CacheKey, CachedResponse] = OrderedDict()

    def get(self, question: CacheKey) -> CachedResponse | None:
        with self.lock:
            if found := self.entries.get(question):
                self.entries.move_to_end(question)
            return found

    def set(self, question: CacheKey, kept: CachedResponse) -> None:
        with self.lock:
            self.evict(question)
            self.entries[question] = kept
            self.size_bytes += get_cached_size(question, kept)
            while self.size_bytes > self.max_bytes:
                self.evict(next(iter(self.entries)))

    def evict(self, question: CacheKey) -> None:
        if gone := self.entries.pop(question, None):
            self.size_bytes -= get_cached_size(question, gone)


def get_cached_size(question: CacheKey, kept: CachedResponse) -> int:
    said = sum(len(name) + len(value) for name, value in kept.headers)
    return len(kept.body) + said + sum(len(part or "") for part in question)


class CachingApplication:
    """A WSGI application. An answer is given again only if the database, asked anew, still stands
    where it stood before that answer was made: nobody is told less than the database had when they
    asked. All else is Django's."""

    def __init__(self, application: WSGIApplication, max_bytes: int) -> None:
        self.application, self.cache = application, ResponseCache(max_bytes)
        self.limit = Limit.read(settings.RATE_LIMIT)

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        question = get_cache_key(environ)
        if question is None:
            return self.application(environ, start)
        kept = self.cache.get(question)
        if (
            kept
            and read_current_validator(environ) == kept.validator
            and (more := self.rate_limit_headers(environ)) is not None
        ):
            start(kept.status, [*kept.headers, *more, get_request_id_header(environ)])
            return [kept.body]
        response = self.application(environ, start)
        if answer := get_cacheable(response):
            self.cache.set(question, answer)
        return response

    def rate_limit_headers(self, environ: Environ) -> list[tuple[str, str]] | None:
        """What tells a client of the limit. None beyond it: Django refuses."""
        if self.limit is None:
            return []
        remain, seconds = self.limit.count(client_address(environ))
        return list(announced(self.limit, remain, seconds).items()) if remain >= 0 else None


def add_response_cache(application: WSGIApplication) -> WSGIApplication:
    """A memory of so many MB as settings say, where they say any."""
    if not settings.MEMORY:
        return application
    return CachingApplication(application, settings.MEMORY * 2**20)


def get_cache_key(environ: Environ) -> CacheKey | None:
    """All that an answer depends on besides the database; None where none is kept."""
    if environ["REQUEST_METHOD"] != "GET" or not environ["PATH_INFO"].startswith(PREFIX):
        return None
    found = tuple(map(environ.get, CACHE_KEY_VARIABLES))
    return found if sum(len(part) for part in found if part) <= MAX_CACHE_KEY_LENGTH else None


def read_current_validator(environ: Environ) -> CacheValidator | None:
    """Where the database stands, as a request asks it; left for the view, should it be needed.
    None where that cannot be told: the view says why, and does not wait for it a second time."""
    token = timeouts.current_limits.set(READER_LIMITS)
    db.close_old_connections()
    try:
        environ[VALIDATOR_META_KEY] = CacheValidator.read()
    except db.Error as error:
        environ[VALIDATOR_META_KEY] = error
        return None
    finally:
        db.close_old_connections()
        timeouts.current_limits.reset(token)
    return environ[VALIDATOR_META_KEY]  # type: ignore[no-any-return]


def get_request_id_header(environ: Environ) -> tuple[str, str]:
    return request_id.REQUEST_ID_HEADER, request_id.get_request_id(environ)


UNCACHED_HEADERS = {
    request_id.REQUEST_ID_HEADER.lower(),
    *(name.lower() for name in announced(Limit(0, 1), 0, 0)),
}


def get_cacheable(response: Any) -> CachedResponse | None:
    """Whole answers of a settled second: within it the same state can get another header."""
    stamp: CacheValidator | None = getattr(response, "validator", None)
    if response.status_code not in CACHEABLE_STATUSES or response.streaming or not stamp:
        return None
    body = response.content
    if not stamp.last_modified or len(body) > MAX_CACHED_BODY_BYTES:
        return None
    headers = [(k, v) for k, v in response.items() if k.lower() not in UNCACHED_HEADERS]
    return CachedResponse(stamp, f"{response.status_code} {response.reason_phrase}", headers, body)
