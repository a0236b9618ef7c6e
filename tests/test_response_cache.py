"""A response is served from the cache only while the database is unchanged."""

import json
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
from django import db
from django.core.cache import caches
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from api.http.conditional import CacheValidator
from api.query.dates import UpdatedSinceFilter
from api.views import records
from config.middleware import response_cache
from config.middleware.database_errors import READER_LIMITS
from config.middleware.response_cache import (
    CachedResponse,
    CachingApplication,
    ResponseCache,
    add_response_cache,
    get_cached_size,
)
from config.postgres import timeouts
from policy.models import Action, Term
from policy.publishing.takedown import take_down
from tests import factories as make
from tests.test_caching import ROUTES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_places", "settled")]
PASSING = "X-Request-ID"
WHOLE = [route for route in ROUTES if "format=" not in route]  # files stream, and are not kept


@pytest.fixture(autouse=True)
def one_connection(monkeypatch):
    """As Django's own client does, whose connection is in a test's transaction."""
    monkeypatch.setattr(db, "close_old_connections", lambda: None)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def ban(shared):
    return make.publish_new_action("ban")


@pytest.fixture
def server():
    return fresh()


def fresh(max_bytes=2**24):
    """An application with an empty cache, as a process starts."""
    return CachingApplication(WSGIHandler(), max_bytes)


def told(server, route, **headers):
    """An answer, and how many statements it took."""
    begun = []
    environ = RequestFactory(headers=headers).get(f"/api/v1/{route}").environ
    with CaptureQueriesContext(connection) as asked:
        body = b"".join(server(environ, lambda *given: begun.extend(given)))
    status, headers = begun[0], dict(begun[1])
    assert len(headers) == len(begun[1])  # none is sent twice
    passing = headers.pop(PASSING)
    return (int(status[:3]), headers, body.replace(passing.encode(), b"")), len(asked)


@pytest.mark.parametrize("route", WHOLE)
def test_what_is_asked_again_costs_the_question_whether_it_still_stands(
    server, ban, route, monkeypatch
):
    first, _ = told(server, route)
    monkeypatch.setattr(server, "application", Mock(side_effect=AssertionError("it was asked")))
    assert told(server, route) == (first, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda: make.publish_new_action("another", place="FR"),
        lambda: Term.objects.filter(pk="unit.act").update(label="One act"),
        lambda: take_down([Action.objects.get(slug="ban")], make.reviewer(), "An order."),
    ],
    ids=["published", "renamed", "taken down"],
)
@pytest.mark.parametrize("route", WHOLE)
def test_after_any_change_it_is_asked_of_the_database(server, ban, route, change):
    tag = told(server, route)[0][1]["ETag"]
    had = {"if-none-match": tag}
    assert told(server, route, **had)[0][0] == 304
    change()
    assert told(server, route)[0] == told(fresh(), route)[0]
    assert told(server, route, **had)[0] == told(fresh(), route, **had)[0]
    assert told(server, route, **had)[0][0] != 304


def test_what_was_published_while_an_answer_was_made_is_in_the_next(server, ban, monkeypatch):
    listing = records.page_response

    def published_meanwhile(*args, **options):
        answer = listing(*args, **options)
        make.publish_new_action("late")
        return answer

    monkeypatch.setattr(records, "page_response", published_meanwhile)
    first, _ = told(server, "actions/")
    monkeypatch.setattr(records, "page_response", listing)
    assert (b'"late"' in first[2], b'"late"' in told(server, "actions/")[0][2]) == (False, True)


def test_what_was_published_while_a_question_was_made_ready_is_not_missed(server, ban, monkeypatch):
    """A moment is looked up before the rows are: what is published between belongs to the next."""
    ready = UpdatedSinceFilter.filter

    def published_meanwhile(*args):
        found = ready(*args)
        make.publish_new_action("late")
        return found

    monkeypatch.setattr(UpdatedSinceFilter, "filter", published_meanwhile)
    told(server, "actions/?updated_since=2020-01-01")
    monkeypatch.setattr(UpdatedSinceFilter, "filter", ready)
    assert told(server, "actions/?updated_since=2020-01-01")[1] > 1  # made anew


def test_a_client_that_has_it_is_told_so_from_the_cache(server, ban, monkeypatch):
    first, _ = told(server, "actions/")
    tag = first[1]["ETag"]
    made = told(server, "actions/", **{"if-none-match": tag})
    (status, headers, body), asked = made
    assert (status, body, headers["ETag"], asked) == (304, b"", tag, 1)
    monkeypatch.setattr(server, "application", None)  # only the cache can answer now
    assert told(server, "actions/", **{"if-none-match": tag}) == made


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "localhost"},
        {"accept": "text/csv"},
        {"accept": ""},  # takes nothing: other than not saying what it takes
        {"accept-encoding": "gzip"},
        {"if-match": 'W/"other"'},
        {"if-modified-since": "Tue, 14 Nov 2023 22:13:20 GMT"},
        {"origin": "https://example.org"},
        {"x-forwarded-proto": "https"},
        {"content-length": "99999999999"},  # more than the site accepts
    ],
)
def test_asked_otherwise_the_answer_is_another(server, ban, headers):
    told(server, "actions/")
    assert told(server, "actions/", **headers)[0] == told(fresh(), "actions/", **headers)[0]


def test_a_link_has_the_scheme_that_a_trusted_proxy_names(server, ban, settings):
    settings.BEHIND_PROXY = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for scheme in ("http", "https", "http"):
        (_, _, body), _ = told(server, "actions/", **{"x-forwarded-proto": scheme})
        assert json.loads(body)["count"].startswith(f"{scheme}://testserver")


def test_what_is_kept_packed_is_unpacked_the_same(server, ban):
    plain, _ = told(server, "actions/")
    for _ in range(2):
        packed, _ = told(server, "actions/", **{"accept-encoding": "gzip"})
        assert zlib.decompress(packed[2], wbits=31) == plain[2]


@pytest.mark.parametrize("route", ["actions/?format=csv", "actions/?nosuch=1", "actions/none/"])
def test_files_and_refusals_are_not_kept(server, ban, route, monkeypatch):
    kept = []
    monkeypatch.setattr(ResponseCache, "set", lambda self, *found: kept.append(found))
    told(server, route)
    assert kept == []
    told(server, "actions/")
    assert len(kept) == 1


def test_within_the_second_of_a_publication_nothing_is_kept(server, ban, monkeypatch):
    monkeypatch.setattr(CacheValidator, "last_modified", None)
    assert told(server, "changes/")[1] == told(server, "changes/")[1] == 2


def test_cache_can_be_switched_off(settings):
    settings.MEMORY = 0
    django = WSGIHandler()
    assert add_response_cache(django) is django


@pytest.mark.parametrize("route", WHOLE)
def test_without_the_database_nothing_is_told_and_nobody_waits_twice(
    server, ban, route, monkeypatch
):
    told(server, route)
    asked = Mock(side_effect=db.OperationalError("it is locked"))
    monkeypatch.setattr(CacheValidator, "load", asked)
    (status, _, _), statements = told(server, route)
    assert (status, asked.call_count, statements) == (503, 1, 0)


def test_the_question_whether_it_still_stands_has_the_time_of_a_request(server, ban, monkeypatch):
    told(server, "actions/")
    limits, load = [], CacheValidator.load

    def within_limits():
        limits.append(timeouts.current_limits.get())
        return load()

    monkeypatch.setattr(CacheValidator, "load", within_limits)
    told(server, "actions/")
    assert (limits, timeouts.current_limits.get()) == ([READER_LIMITS], timeouts.UNLIMITED)


def test_cached_answers_count_against_the_limit(ban, settings):
    settings.RATE_LIMIT = "2/3600"
    server = fresh()
    caches["throttle"].clear()
    assert [told(server, "actions/")[0][0] for _ in range(3)] == [200, 200, 429]
    caches["throttle"].clear()
    left = [told(server, "actions/")[0][1]["RateLimit"] for _ in range(2)]
    assert [value.split(";")[1] for value in left] == ["r=1", "r=0"]
    caches["throttle"].clear()


def kept(size):
    return CachedResponse.build(state(1), "200 OK", [], b"x" * size)


def state(number):
    """A state of the dataset, made of objects of its own as each that is read."""
    seal = f"{number:064x}"
    published_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    return CacheValidator(number, seal, published_at, number + 1, published_at + timedelta(1))


def test_cache_holds_what_was_asked_for_last():
    alone = get_cached_size("a", kept(0))
    found = ResponseCache(max_bytes=2 * alone + 7)
    for name in "abc":
        found.set(name, kept(3))
        found.get("a")
    assert [list(found.entries), found.size_bytes] == [["c", "a"], 2 * alone + 6]
    found.set("a", kept(0))
    assert found.size_bytes == 2 * alone + 3
    found.set("d", kept(alone + 7))
    assert [list(found.entries), found.size_bytes] == [["d"], 2 * alone + 7]


@pytest.mark.parametrize("size", [0, 60, 400, 20_000], ids=lambda size: f"{size} bytes")
def test_cache_takes_the_memory_that_it_may(size):
    """Each entry is made of objects of its own, as for a request of its own."""
    limit, headers = 2**21, [("Content-Type", "application/json")] * 20
    tracemalloc.start()
    try:
        found, number = ResponseCache(limit), 0
        while len(found.entries) == number:  # until one was evicted
            number += 1
            given = [(name, f"{value}; number={number}") for name, value in headers]
            response = CachedResponse.build(state(number), "200 OK", given, bytes(size + 1))
            found.set(f"a question that is asked once: {number}", response)
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 0.75 * limit < taken < 1.05 * limit
    assert found.get(f"a question that is asked once: {number}").headers == given


def test_an_answer_or_a_question_beyond_measure_is_not_kept(server, ban, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(response_cache, "MAX_CACHED_BODY_BYTES", 100)
        assert told(server, "changes/")[1] == told(server, "changes/")[1] == 2
    long = {"accept": ", ".join(["application/json"] * response_cache.MAX_CACHE_KEY_LENGTH)}
    assert told(server, "changes/", **long)[1] == told(server, "changes/", **long)[1] == 2
