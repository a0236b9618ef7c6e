"""An instance may limit how often one address asks; it says so beforehand, and when to return."""

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured

from api.http import throttling
from api.http.throttling import Limit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(monkeypatch, settings):
    cache.clear()
    settings.RATE_LIMIT = "2/60"
    now = [1_800_000_010.0]
    monkeypatch.setattr(throttling.time, "time", lambda: now[0])
    yield now
    cache.clear()


def ask(client, path="/api/v1/terms/", **headers):
    return client.get(path, headers=headers)


def test_each_answer_says_what_remains(client):
    first, second = ask(client), ask(client)
    assert first["RateLimit-Policy"] == '"anon";q=2;w=60'
    assert (first["RateLimit"], second["RateLimit"]) == ('"anon";r=1;t=50', '"anon";r=0;t=50')


def test_one_too_many_is_refused_until_the_window_is_over(client, clock):
    ask(client), ask(client)
    refused = ask(client)
    assert (refused.status_code, refused["Retry-After"]) == (429, "50")
    assert refused.json()["type"] == "/api/problems/rate-limited/"
    assert refused["RateLimit"] == '"anon";r=0;t=50'
    clock[0] += 50
    assert ask(client).status_code == 200


def test_refusals_can_be_read_from_other_origins(client):
    ask(client), ask(client)
    assert ask(client, origin="https://example.org")["Access-Control-Allow-Origin"] == "*"


def test_pages_health_and_docs_are_not_limited(client):
    for _ in range(3):
        for path in ("/", "/livez", "/api/docs/"):
            assert "RateLimit" not in ask(client, path)


@pytest.mark.parametrize(("believed", "status"), [(True, 200), (False, 429)])
def test_only_a_proxy_that_may_be_believed_tells_addresses_apart(
    client, settings, believed, status
):
    settings.BEHIND_PROXY = believed
    for last in ("192.0.2.1", "192.0.2.1"):
        ask(client, **{"x-forwarded-for": f"10.0.0.1, {last}"})
    answer = ask(client, **{"x-forwarded-for": "192.0.2.1, 192.0.2.2"})
    assert answer.status_code == status


def test_without_a_limit_nothing_is_said(client, settings):
    settings.RATE_LIMIT = ""
    assert "RateLimit" not in ask(client)


@pytest.mark.parametrize(("text", "limit"), [("", None), ("600/3600", Limit(600, 3600))])
def test_the_setting_is_requests_and_seconds(text, limit):
    assert Limit.read(text) == limit


@pytest.mark.parametrize("text", ["600", "a/b", "600/", "0/60", "60/0", "-1/60"])
def test_a_setting_that_makes_no_sense_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="use requests/seconds, such as 600/3600"):
        Limit.read(text)
