"""What everybody gets alike is packed as small as the client can unpack it."""

import sys
import zlib

import pytest

from config.middleware.compression import parse_accept_encoding
from tests import factories as make
from tests.admin_pages import login_client

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = pytest.mark.django_db
LIST = "/api/v1/actions/"
FILES = [LIST, f"{LIST}?format=csv", f"{LIST}?format=ndjson", "/", "/api/schema/"]
UNPACK = {
    "zstd": zstd.decompress,
    "gzip": lambda packed: zlib.decompress(packed, wbits=31),
    "": bytes,
}


def asked(client, path, accepted):
    response = client.get(path, headers={"accept-encoding": accepted})
    return response, b"".join(response)


@pytest.fixture(scope="module")
def bans(shared):
    make.publish_all(*(make.action(f"ban-{number}") for number in range(3)))


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0, gzip", "gzip"),
        ("gzip;q=0.5", "gzip"),
        ("GZIP", "gzip"),
        ("br", ""),
        ("gzip;q=0.0", ""),
        ("", ""),
    ],
)
def test_it_comes_in_the_best_coding_that_the_client_takes(client, bans, path, accepted, coding):
    _, plain = asked(client, path, "")
    response, body = asked(client, path, accepted)
    assert UNPACK[coding](body) == plain
    assert response.get("Content-Encoding", "") == coding
    assert "Accept-Encoding" in response["Vary"]
    if not response.streaming:
        assert response["Content-Length"] == str(len(body))
        assert not coding or len(body) < len(plain) / 2


def test_what_is_short_stays_as_it_is(client):
    response, body = asked(client, "/livez", "gzip, zstd")
    assert ("Content-Encoding" in response, body) == (False, b'{"status": "ok"}')


def test_of_a_page_of_the_desk_the_length_tells_nothing():
    client = login_client(make.user("ann", "Curator"))
    packed = [asked(client, "/admin/password_change/", "zstd, gzip") for _ in range(20)]
    assert {response["Content-Encoding"] for response, _ in packed} == {"gzip"}
    assert len({len(body) for _, body in packed}) > 5  # Django adds a name of random length


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip, zstd;q=0.1", {"gzip", "zstd"}),
        ("gzip; q=0", set()),
        ("gzip;q=0.000, br;q=1.0", {"br"}),
        ("*;q=0", set()),
        ("", set()),
    ],
)
def test_codings_are_taken_unless_they_weigh_nothing(header, taken):
    assert parse_accept_encoding(header) == taken
