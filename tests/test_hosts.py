"""Links name this site alone: no host, port or scheme that a stranger sends ever reaches one."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from config import environment
from tests import factories as make

pytestmark = pytest.mark.django_db

LINKS = [
    *("/", "/actions/", "/actions/ban/", "/sitemap.xml", "/sitemap-action.xml", "/robots.txt"),
    *("/llms.txt", "/api/v1/", "/api/v1/actions/?page_size=1", "/api/v1/actions/?format=csv"),
    *("/api/v1/changes/", "/api/schema/", "/api/v1/actions/ban", "/api/v1/actions/double/"),
    *("/actions/ban/revisions/1/citation.txt", "/admin/", "/api/v1/nosuch/", "/nosuch/"),
]
FORGED = {
    "x-forwarded-host": "evil.example",
    "x-forwarded-port": "6666",
    "x-forwarded-proto": "gopher",
    "x-forwarded-server": "evil.example",
    "x-original-host": "evil.example",
    "x-original-url": "https://evil.example/",
    "x-rewrite-url": "https://evil.example/",
    "x-host": "evil.example",
    "forwarded": "for=evil.example;host=evil.example;proto=gopher",
    "referer": "https://evil.example/",
    "origin": "https://evil.example",
}
EVIL = re.compile(r"evil|\b6666\b|gopher")  # a digest may hold 6666 by chance, among other digits


@pytest.fixture(scope="module")
def records(shared):
    make.publish_new_action("ban")
    make.publish_new_action("another")


@pytest.fixture
def site(settings, records):
    settings.ALLOWED_HOSTS, settings.HOST_PORTS = environment_hosts("policy.example")
    return settings


def environment_hosts(value: str, debug: bool = False):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALLOWED_HOSTS", value)
        return environment.get_hosts_and_ports("ALLOWED_HOSTS", debug)


def answer(address: str, **headers: str) -> tuple[int, str]:
    response = Client(headers={"host": "policy.example", **headers}).get(address)
    body = b"".join(response) if response.streaming else response.content
    named = {k: v for k, v in response.headers.items() if k != "X-Request-ID"}
    return response.status_code, f"{named} {body.decode()}"


@pytest.mark.parametrize("believed", [False, True])
@pytest.mark.parametrize("address", LINKS)
def test_forged_headers_reach_no_link(site, address, believed):
    site.BEHIND_PROXY = believed
    site.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if believed else None
    status, text = answer(address, **FORGED)
    assert (status, EVIL.findall(text)) == (answer(address)[0], [])


HOSTILE = [
    *("evil.example", "policy.example.evil.example", "policy.example:6666", "evil@policy.example"),
    *("policy.example:80@evil.example", "policy.example/evil", "policy.example, evil.example"),
    *("policy.example:", "[::1]", "127.0.0.1", "", "policy.example.:6666", "policy.example:65536"),
]


@pytest.mark.parametrize("host", HOSTILE)
@pytest.mark.parametrize(
    "address", ["/", "/api/v1/actions/", "/admin/login/", "/static/web/site.css"]
)
def test_other_names_and_ports_are_refused_and_not_repeated(site, host, address):
    status, text = answer(address, host=host)
    assert status == 400
    assert not host or host not in text
    assert "evil" not in text


def test_a_port_of_ones_own_is_named_with_the_host(site):
    site.ALLOWED_HOSTS, site.HOST_PORTS = environment_hosts("policy.example:8443, other.example")
    assert site.ALLOWED_HOSTS == ["policy.example", "other.example"]
    for host in ("policy.example:8443", "other.example", "policy.example:443"):
        assert answer("/", host=host)[0] == 200
    assert answer("/", host="policy.example:8444")[0] == 400


def test_production_must_name_its_hosts():
    with pytest.raises(ImproperlyConfigured, match=r"^ALLOWED_HOSTS must list host names: \* "):
        environment_hosts("*")
    assert environment_hosts("*", debug=True)[0] == ["*"]
    assert environment_hosts("[::1]:8000,[::1]")[0] == ["[::1]", "[::1]"]


@pytest.mark.parametrize(
    ("believed", "said", "scheme"),
    [
        (True, "https", "https"),
        (True, "http", "http"),
        (True, "", "http"),
        (False, "https", "http"),
    ],
)
def test_only_a_proxy_that_may_be_believed_tells_the_scheme(site, believed, said, scheme):
    site.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if believed else None
    _, text = answer("/api/v1/", **({"x-forwarded-proto": said} if said else {}))
    assert f'"{scheme}://policy.example/api/v1/actions/"' in text


def test_after_signing_in_nobody_is_sent_elsewhere(site, quickly):
    person = make.user("curator", "Curator")
    person.set_password("a-long-passphrase-1")
    person.save()
    for forged in (
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:evil",
    ):
        form = {"username": "curator", "password": "a-long-passphrase-1", "next": forged}
        client = Client(headers={"host": "policy.example"})
        assert client.post("/admin/login/", form)["Location"] == "/admin/"
