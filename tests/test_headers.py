"""Every class of answer says what browsers may do with it, and scores as the best sites do."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import clear_url_caches, path

from config import urls
from tests import factories as make
from tests.admin_pages import login_client

pytestmark = pytest.mark.django_db

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DOCS = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
DESK = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
}
BODY = {"content_type": "application/octet-stream", "data": b""}
ANSWERS = [  # what is asked, the status, the policy
    ("/", 200, PAGE),
    ("/actions/ban/", 200, PAGE),
    ("/nosuch/", 404, PAGE),
    ("/robots.txt", 200, NOTHING),
    ("/sitemap.xml", 200, NOTHING),
    ("/livez", 200, NOTHING),
    ("/api/v1/", 200, NOTHING),
    ("/api/v1/actions/?format=csv", 200, NOTHING),
    ("/api/v1/actions/?format=ndjson", 200, NOTHING),
    ("/api/v1/actions", 301, NOTHING),
    ("/api/v1/actions/?nosuch=1", 400, NOTHING),
    ("/api/v1/nosuch/", 404, NOTHING),
    ("/api/schema/", 200, NOTHING),
    ("/api/docs/", 200, DOCS),
    ("/admin/", 302, DESK),
    ("/admin/login/", 200, DESK),
    ("/static/web/site.css", 200, NOTHING),
    ("/broken/", 500, PAGE),
    ("/api/v1/broken/", 500, NOTHING),
]


def broken(request) -> HttpResponse:
    raise RuntimeError("on purpose")


@pytest.fixture(scope="module")
def records(shared):
    make.publish_new_action("ban")


@pytest.fixture
def production(settings, monkeypatch):
    """What production differs in, here where a proxy speaks TLS."""
    settings.SECURE_SSL_REDIRECT, settings.BEHIND_PROXY = True, True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.ALLOWED_HOSTS = ["policy.example"]
    more = [path("broken/", broken), path("api/v1/broken/", broken)]
    with monkeypatch.context() as patch:
        patch.setattr(urls, "urlpatterns", [*more, *urls.urlpatterns])
        clear_url_caches()
        yield
    clear_url_caches()  # or else a crawl in this process would find these addresses


@pytest.fixture
def ask(production, records):
    client = Client(
        raise_request_exception=False,
        headers={"host": "policy.example", "x-forwarded-proto": "https"},
    )
    return client.generic


def told(response) -> dict[str, str]:
    return {name: response.headers.get(name) for name in (*ALWAYS, "Content-Security-Policy")}


def test_every_class_of_answer_is_strict(ask):
    for address, status, policy in ANSWERS:
        for method in ("GET", "HEAD"):
            response = ask(method, address)
            b"".join(response)  # closes the file, if it is one
            wanted = {**ALWAYS, "Content-Security-Policy": policy}
            assert (address, response.status_code, told(response)) == (address, status, wanted)


REFUSED = [
    ("POST", "/", {}, 403, PAGE),
    ("POST", "/admin/login/", {}, 403, DESK),
    ("OPTIONS", "/api/v1/actions/", {}, 200, NOTHING),
    ("GET", "/api/v1/actions/", {"accept": "image/png"}, 406, NOTHING),
]


@pytest.mark.parametrize(("method", "address", "headers", "status", "policy"), REFUSED)
def test_refusals_are_as_strict(production, method, address, headers, status, policy):
    given = {"host": "policy.example", "x-forwarded-proto": "https", **headers}
    client = Client(enforce_csrf_checks=True, headers=given)
    response = client.generic(method, address)
    assert response.status_code == status
    assert told(response) == {**ALWAYS, "Content-Security-Policy": policy}


TURNED_AWAY = [
    ("GET", {"host": "evil.example"}, 400),
    ("POST", {"host": "policy.example", "content-length": "99999999"}, 413),
]


@pytest.mark.parametrize(("method", "headers", "status"), TURNED_AWAY)
def test_what_is_refused_before_any_view_gets_no_hsts_header(production, method, headers, status):
    response = Client(headers={"x-forwarded-proto": "https", **headers}).generic(method, "/")
    assert response.status_code == status
    wanted = {**ALWAYS, "Strict-Transport-Security": None, "Content-Security-Policy": PAGE}
    assert told(response) == wanted


def test_unchanged_answer_and_redirect_to_https_are_as_strict(ask):
    etag = ask("GET", "/api/v1/").headers["ETag"]
    answer = ask("GET", "/api/v1/", headers={"if-none-match": etag})
    assert (answer.status_code, told(answer)) == (
        304,
        {**ALWAYS, "Content-Security-Policy": NOTHING},
    )
    plain = ask("GET", "/api/v1/", headers={"x-forwarded-proto": "http"})
    assert (plain.status_code, plain["Location"]) == (301, "https://policy.example/api/v1/")
    missing = {"Strict-Transport-Security": None}  # browsers must not believe it over HTTP
    assert told(plain) == {**ALWAYS, **missing, "Content-Security-Policy": NOTHING}


def test_what_signed_in_people_see_is_kept_nowhere(production):
    client = login_client(make.curator())
    client.defaults |= {"HTTP_HOST": "policy.example", "HTTP_X_FORWARDED_PROTO": "https"}
    cached = client.get("/admin/").headers["Cache-Control"].split(", ")
    assert {"private", "no-store"} <= set(cached)


# The score of the HTTP Observatory: the rules of its published table that a single site can meet
# by its answers, each with what it gives. https://github.com/mdn/mdn-http-observatory

PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
SIX_MONTHS = 15_768_000


def policy_of(response) -> dict[str, str]:
    parts = response.headers.get("Content-Security-Policy", "").split(";")
    return {name: value for name, _, value in (part.strip().partition(" ") for part in parts)}


def content_policy(response) -> int:
    policy = policy_of(response)
    if not policy.get("default-src"):
        return -25
    if re.search("unsafe-|https?:|[*]", response.headers["Content-Security-Policy"]):
        return -20
    closed = policy["default-src"] == "'none'" and policy.get("form-action") in ("'none'", "'self'")
    return 10 if closed else 5


def cookies(response) -> int:
    found = response.cookies.values()
    if any(not cookie["secure"] for cookie in found):
        return -40
    if any(cookie["samesite"] not in ("Lax", "Strict") for cookie in found):
        return -20
    return 5 if found else 0


def cross_origin(response) -> int:
    with_credentials = response.headers.get("Access-Control-Allow-Credentials") == "true"
    return -50 if with_credentials else 0


def transport(response) -> int:
    age = re.search("max-age=([0-9]+)", response.headers.get("Strict-Transport-Security", ""))
    if not age:
        return -20
    return 0 if int(age[1]) >= SIX_MONTHS else -10


def referrer(response) -> int:
    said = response.headers.get("Referrer-Policy")
    return 5 if said in PRIVATE else -5 if said else 0


def framing(response) -> int:
    if "frame-ancestors" in policy_of(response):
        return 5
    return 0 if response.headers.get("X-Frame-Options") in ("DENY", "SAMEORIGIN") else -20


def sniffing(response) -> int:
    return 0 if response.headers.get("X-Content-Type-Options") == "nosniff" else -5


def resources(response) -> int:
    said = response.headers.get("Cross-Origin-Resource-Policy")
    return 10 if said in ("same-origin", "same-site") else 0


def scripts(response) -> int:
    """No gain without integrity hashes; a loss where a script comes from elsewhere."""
    sources = re.findall(rb'<script[^>]* src="([^"]*)"', response.content)
    return -50 if any(not re.match(b"/[^/]", source) for source in sources) else 0


RULES = [
    *(content_policy, cookies, cross_origin, transport, referrer),
    *(framing, sniffing, resources, scripts),
]


def score(response) -> int:
    """Losses count; gains only where no more than ten points were lost."""
    given = [rule(response) for rule in RULES]
    base = 100 + sum(points for points in given if points < 0)
    return base + sum(points for points in given if points > 0) if base >= 90 else base


@pytest.mark.parametrize(
    ("address", "points"),
    [("/", 130), ("/api/v1/", 130), ("/api/docs/", 130), ("/admin/login/", 135)],
)
def test_observatory_would_give_more_than_115(ask, address, points):
    response = ask("GET", address)
    assert response.status_code == 200
    assert score(response) == points


def test_score_sees_what_is_missing():
    assert score(HttpResponse("")) == 100 - 25 - 20 - 20 - 5
