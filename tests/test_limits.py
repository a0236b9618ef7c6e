"""An instance may limit how often one client asks; it says so beforehand, and when to return."""

import pytest
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured

from config.middleware.client_address import client_network
from config.middleware.rate_limit import ClientThrottle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(monkeypatch, settings):
    caches["throttle"].clear()
    settings.RATE_LIMIT = "2/60"
    now = [1_800_000_000.0]
    monkeypatch.setattr(ClientThrottle, "timer", lambda throttle: now[0])
    yield now
    caches["throttle"].clear()


def ask(client, path="/api/v1/terms/", **headers):
    return client.get(path, headers=headers)


def test_each_answer_says_what_remains(client, clock):
    first = ask(client)
    clock[0] += 10
    second = ask(client)
    assert first["RateLimit-Policy"] == '"anon";q=2;w=60'
    assert (first["RateLimit"], second["RateLimit"]) == ('"anon";r=1;t=60', '"anon";r=0;t=50')


def test_one_too_many_is_refused_until_the_first_is_over(client, clock):
    ask(client)
    clock[0] += 10
    ask(client)
    refused = ask(client)
    assert (refused.status_code, refused["Retry-After"]) == (429, "50")
    assert refused.json()["type"] == "/api/problems/rate-limited/"
    assert refused["RateLimit"] == '"anon";r=0;t=50'
    clock[0] += 50
    assert [ask(client).status_code for _ in range(2)] == [200, 429]
    clock[0] += 10
    assert ask(client).status_code == 200


def test_refusals_can_be_read_from_other_origins(client):
    ask(client), ask(client)
    assert ask(client, origin="https://example.org")["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/", "/codebook/", "/sitemap.xml", "/api/schema/", "/api/docs/"])
def test_pages_and_the_schema_are_limited_too(client, path):
    ask(client), ask(client)
    refused = ask(client, path)
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    if not path.startswith("/api/"):
        assert "<h1>Too many requests</h1>" in refused.content.decode()


def test_health_files_and_the_admin_are_not_limited(client):
    for _ in range(3):
        for path in ("/livez", "/static/web/site.css", "/admin/login/"):
            response = ask(client, path)
            b"".join(response)  # closes the file, if it is one
            assert (response.status_code, "RateLimit" in response) == (200, False)


def test_no_client_is_forgotten_because_others_ask(client):
    ask(client), ask(client)
    for number in range(1000):
        ClientThrottle(f"192.0.{number // 256}.{number % 256}").count()
    assert ask(client).status_code == 429


def network(settings, remote="", forwarded="", believed=False):
    settings.BEHIND_PROXY = believed
    return client_network({"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_FOR": forwarded})


def test_addresses_count_as_their_holders_have_them(settings):
    assert network(settings, "192.0.2.1") == "192.0.2.1"
    assert network(settings, "::ffff:192.0.2.1") == "192.0.2.1"
    assert network(settings, "2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert network(settings, "2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert network(settings, "2001:db8:1:3::1") == "2001:db8:1:3::/64"
    assert (network(settings, ""), network(settings, "no address")) == ("", "")


def test_only_what_a_trusted_proxy_added_names_the_client(settings):
    for first in ("10.9.9.9", "192.0.2.99", "junk"):  # the client itself may have sent these
        forwarded = f"{first}, 192.0.2.5"
        assert network(settings, "127.0.0.1", forwarded, believed=True) == "192.0.2.5"
        assert network(settings, "127.0.0.1", forwarded, believed=False) == "127.0.0.1"
    assert network(settings, "127.0.0.1", "192.0.2.5, 192.0.2.6", believed=True) == "192.0.2.6"


@pytest.mark.parametrize("forged", ["10.0.0.1", "10.0.0.2"])
def test_a_client_that_forges_its_address_stays_one_client(client, settings, forged):
    settings.BEHIND_PROXY = True
    for start in ("10.0.0.7", "10.0.0.8"):
        ask(client, **{"x-forwarded-for": f"{start}, 192.0.2.1"})
    assert ask(client, **{"x-forwarded-for": f"{forged}, 192.0.2.1"}).status_code == 429
    assert ask(client, **{"x-forwarded-for": f"{forged}, 192.0.2.2"}).status_code == 200


def test_without_a_limit_nothing_is_said(client, settings):
    settings.RATE_LIMIT = ""
    assert "RateLimit" not in ask(client)


@pytest.mark.parametrize("text", ["600", "a/b", "600/", "0/60", "60/0", "-1/60"])
def test_a_setting_that_makes_no_sense_is_refused(settings, text):
    settings.RATE_LIMIT = text
    with pytest.raises(ImproperlyConfigured, match="use requests/seconds, such as 600/3600"):
        ClientThrottle("")
