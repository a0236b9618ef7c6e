"""Every error under /api/ is a problem document that says what to do."""

from html import unescape

import pytest
from django.db import connection
from django.test import Client

from api.http.problems import PROBLEM_TYPES
from api.views import records
from tests import factories as make

pytestmark = pytest.mark.django_db

ROUTES = [
    "",
    "actions/",
    "actions/count/",
    "actions/ban/",
    "actions/ban/revisions/",
    "actions/ban/revisions/1/",
    "agencies/",
    "agencies/count/",
    "agencies/ministry/",
    "entities/",
    "entities/count/",
    "sources/",
    "sources/count/",
    "sources/article/",
    "jurisdictions/",
    "jurisdictions/CN/",
    "terms/",
    "terms/unit.act/",
]


@pytest.fixture(scope="module")
def ban(shared):
    make.publish_new_action("ban", agency=make.agency("ministry"), source=make.source("article"))


def problem(response):
    assert response["Content-Type"] == "application/problem+json"
    return response.json()


@pytest.mark.parametrize("route", ROUTES)
def test_route_answers(client, ban, route):
    assert client.get(f"/api/v1/{route}").status_code == 200


@pytest.mark.parametrize("route", ROUTES)
def test_unknown_parameter_is_refused_on_every_route(client, ban, route):
    response = client.get(f"/api/v1/{route}", {"nosuch": "1"})
    body = problem(response)
    assert response.status_code == body["status"] == 400
    assert body["type"] == "/api/problems/unknown-parameter/"
    assert body["errors"][0]["parameter"] == "nosuch"
    assert body["instance"] == f"/api/v1/{route}?nosuch=1"


LISTS = ["actions/", "agencies/", "terms/", "jurisdictions/"]


@pytest.mark.parametrize("route", LISTS)
@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("page_size=", "page_size: The value is empty. Enter a value or remove the parameter."),
        ("page_size=%20", "page_size: The value is empty. Enter a value or remove the parameter."),
        ("page_size=1&page_size=2", "page_size: Specify this parameter only once."),
        ("cursor=" + "x" * 501, "cursor: The value is longer than 500 characters."),
        ("ordering=%00", "ordering: The value must be UTF-8 text without NUL characters."),
        ("ordering=%ff%fe", "ordering: The value must be UTF-8 text without NUL characters."),
    ],
)
def test_malformed_parameter_is_refused(client, ban, route, query, detail):
    response = client.get(f"/api/v1/{route}?{query}")
    assert (response.status_code, problem(response)["detail"]) == (400, detail)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/actions/nosuch/",
        "/api/v1/actions/a.b/",
        "/api/v1/actions/%00/",
        "/api/v1/actions/" + "9" * 5000 + "/",
        "/api/v1/actions/ban/revisions/9/",
        "/api/v1/actions/ban/revisions/0/",
        "/api/v1/actions/ban/revisions/99999999999999999999/",
        "/api/v1/actions/nosuch/revisions/",
        "/api/v1/terms/nosuch/",
        "/api/v1/jurisdictions/XX/",
        "/api/v1/nosuch/",
        "/api/nosuch/",
        "/api/v2/actions/",
    ],
)
def test_nothing_there_is_a_404_problem(client, ban, path):
    response = client.get(path)
    assert (response.status_code, problem(response)["title"]) == (404, "Not found")


@pytest.mark.parametrize(
    "path", ["jurisdictions/count/", "terms/count/", "agencies/aggregate/", "actions/export/"]
)
def test_only_what_is_counted_has_counts(client, ban, path):
    assert client.get(f"/api/v1/{path}").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_nothing_can_be_written(client, ban, method):
    response = getattr(client, method)("/api/v1/actions/")
    assert (response.status_code, problem(response)["title"]) == (405, "Method not allowed")
    assert response["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("route", "accept"),
    [
        ("actions/", "text/turtle"),
        ("actions/ban/", "text/csv"),
        ("actions/count/", "text/csv"),
        ("terms/", "application/x-ndjson"),
    ],
)
def test_other_formats_are_refused(client, ban, route, accept):
    response = client.get(f"/api/v1/{route}", headers={"accept": accept})
    assert (response.status_code, problem(response)["title"]) == (406, "Not acceptable")


def test_fault_of_ours_tells_nothing_and_is_logged(ban, monkeypatch, caplog):
    def broken(*args):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(records, "current_revision_sql", broken)
    response = Client(raise_request_exception=False).get("/api/v1/actions/ban/")
    assert (response.status_code, problem(response)["title"]) == (500, "Internal error")
    assert b"secret" not in response.content
    assert "secret detail" in caplog.text


def test_missing_slash_redirects_with_the_query(client, ban):
    response = client.get("/api/v1/actions?jurisdiction=CN")
    assert (response.status_code, response["Location"]) == (301, "/api/v1/actions/?jurisdiction=CN")
    assert client.get("/api//evil.example").status_code == 404


def test_head_has_the_headers_of_get(client, settled, ban):
    get, head = client.get("/api/v1/actions/ban/"), client.head("/api/v1/actions/ban/")
    names = [dict(response.headers) for response in (get, head)]
    assert names[0].pop("X-Request-ID") != names[1].pop("X-Request-ID")
    assert names[0] == names[1]
    assert head.content == b""


def test_reading_is_open_to_other_origins(client, ban):
    response = client.get("/api/v1/actions/", headers={"origin": "https://example.org"})
    assert response["Access-Control-Allow-Origin"] == "*"


def test_reading_starts_no_session(client, ban):
    response = client.get("/api/v1/actions/")
    assert not response.cookies
    assert connection.settings_dict["ATOMIC_REQUESTS"] is False


@pytest.mark.parametrize("kind", PROBLEM_TYPES)
def test_every_kind_has_its_page(client, kind):
    page = client.get(f"/api/problems/{kind}/").content.decode()
    assert PROBLEM_TYPES[kind].title in page
    assert PROBLEM_TYPES[kind].remedy in unescape(page)


def test_a_kind_that_is_none_has_no_page(client):
    assert client.get("/api/problems/nosuch/").status_code == 404


def test_a_host_that_is_not_ours_is_a_problem(settings):
    settings.ALLOWED_HOSTS = ["example.org"]
    response = Client(headers={"host": "evil.example"}).get("/api/v1/")
    assert (response.status_code, problem(response)["title"]) == (400, "Bad request")
    page = Client(headers={"host": "evil.example"}).get("/")
    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")


def test_what_breaks_outside_the_views_is_a_problem_too(monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("drf_spectacular.generators.SchemaGenerator.get_schema", broken)
    monkeypatch.setattr("config.middleware.request_id.get_request_id", broken)
    response = Client(raise_request_exception=False).get("/api/v1/")
    assert (response.status_code, problem(response)["title"]) == (500, "Internal error")
    assert b"secret" not in response.content


@pytest.mark.django_db
def test_an_answer_to_many_unknown_parameters_stays_small(client):
    names = [f"{'x' * 900}{number}" for number in range(280)]
    response = client.get(f"/api/v1/actions/?{'&'.join(f'{name}=1' for name in names)}")
    errors = response.json()["errors"]
    assert (response.status_code, len(errors)) == (400, 280)
    assert [("allowed" in row, len(row["parameter"])) for row in errors] == (
        [(True, 100)] * 10 + [(False, 100)] * 270
    )
    asked = len(response.json()["instance"])
    assert len(response.content) - asked < 2**17
