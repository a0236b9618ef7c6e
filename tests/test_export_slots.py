"""Few exports at once: the threads of the server are left for pages."""

import gc

import pytest

from api.http import export_slots
from tests import factories as make

pytestmark = pytest.mark.django_db
EXPORTS = [
    *("actions/?format=ndjson", "actions/?format=csv&labels=true", "changes/?format=ndjson"),
    *("terms/?format=csv", "actions/aggregate/?group_by=type&format=csv"),
]


@pytest.fixture(autouse=True)
def running_exports(settings, monkeypatch):
    """The exports of this test, of which one may run at once."""
    settings.MAX_EXPORTS = 1
    monkeypatch.setattr(export_slots, "running_exports", limit := export_slots.ExportLimit())
    yield limit
    gc.collect()
    assert limit.count == 0


@pytest.fixture
def running(client, db):
    """An export of which a client has read the first rows."""
    make.publish_new_action("a")
    response = client.get("/api/v1/actions/?format=ndjson")
    assert response.status_code == 200
    yield response
    response.close()


@pytest.mark.parametrize("path", EXPORTS)
def test_one_too_many_is_told_to_come_back(client, running, path, django_assert_num_queries):
    url = f"/api/v1/{path}"
    with django_assert_num_queries(0):  # it costs the database nothing
        response = client.get(url)
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    assert (response["Retry-After"], response["Cache-Control"]) == ("5", "no-store")
    assert response.json() == {
        "type": "/api/problems/too-many-exports/",
        "title": "Too many exports",
        "status": 503,
        "detail": "This server process sends 1 CSV or NDJSON files at once, and no more. "
        "Try again when one of them is finished.",
        "instance": url,
        "request_id": response["X-Request-ID"],
    }
    assert len(list(running)) == 1
    assert client.get(url).status_code == 200


def test_what_is_no_export_needs_no_slot(client, running):
    paths = ("/api/v1/actions/", "/", "/livez", "/api/v1/actions/count/")
    assert [client.get(path).status_code for path in paths] == [200] * 4
    assert client.head("/api/v1/actions/?format=csv").status_code == 200


def test_an_export_that_was_read_gives_its_slot_back(client, running, running_exports):
    assert (len(list(running)), running_exports.count) == (1, 0)


@pytest.mark.parametrize(
    ("query", "status"),
    [("format=csv&labels=perhaps", 400), ("format=csv&type=nonsense", 400), ("format=csv", 304)],
)
def test_an_export_that_is_refused_gives_its_slot_back(
    client, settled, running_exports, query, status
):
    make.publish_new_action("a")
    etag = client.head("/api/v1/actions/?format=csv")["ETag"]
    response = client.get(f"/api/v1/actions/?{query}", headers={"If-None-Match": etag})
    assert (response.status_code, running_exports.count) == (status, 0)


def test_an_export_that_is_dropped_gives_its_slot_back(client, running_exports):
    """A layer that fails around the view never closes its response."""
    make.publish_new_action("a")
    response = client.get("/api/v1/actions/?format=csv")
    assert running_exports.count == 1
    del response
    gc.collect()
    assert running_exports.count == 0


def test_refused_exports_do_not_fill_the_log(client, running, caplog):
    client.get("/api/v1/actions/?format=csv")
    assert caplog.records == []
