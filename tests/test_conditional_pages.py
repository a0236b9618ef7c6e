"""Pages, sitemaps and the schema: 304 before the work, and never for curators."""

import pytest
from django.test import Client

from api.openapi import schema_view
from policy.models import Revision
from policy.publishing import publish
from tests import factories as make
from tests.admin_pages import login_client

pytestmark = pytest.mark.django_db

REVALIDATE = "public, max-age=0, must-revalidate"
DATASET_PAGES = [
    *("/", "/actions/", "/actions/?year=2021", "/actions/ban/", "/actions/ban/revisions/"),
    *("/actions/ban/revisions/1/", "/actions/ban/revisions/1/citation.bib", "/sources/article/"),
    *("/jurisdictions/CN/", "/codebook/", "/sitemap.xml", "/sitemap-action.xml"),
]
FIXED_PAGES = [
    *("/robots.txt", "/llms.txt", "/api/docs/", "/api/problems/unavailable/"),
    *("/api/schema/", "/api/schema/?format=json"),
]


@pytest.fixture
def ban(settled):
    return make.publish_new_action("ban", source=make.source("article"))


def publish_again(action):
    action.title = "Another title"
    action.save()
    publish.publish([action], by=make.reviewer())


def ask_again(client, path, etag, method="GET", **more):
    return client.generic(method, path, headers={"If-None-Match": etag}, **more)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", DATASET_PAGES)
def test_an_unchanged_page_costs_one_query(client, ban, django_assert_num_queries, path, method):
    first = client.get(path)
    assert (first.status_code, first["Cache-Control"]) == (200, REVALIDATE)
    with django_assert_num_queries(1):  # the version of the dataset
        again = ask_again(client, path, first["ETag"], method)
    assert (again.status_code, again.content) == (304, b"")
    same = ("ETag", "Cache-Control", "Last-Modified", "Dataset-Version")
    assert [again[name] for name in same] == [first[name] for name in same]
    assert first["Dataset-Version"] == str(Revision.objects.version())


@pytest.mark.parametrize("path", DATASET_PAGES)
def test_a_changed_page_is_sent(client, ban, path):
    first = client.get(path)
    publish_again(ban)
    again = ask_again(client, path, first["ETag"])
    assert again.status_code == 200
    assert (again["ETag"] != first["ETag"], len(again.content) > 0) == (True, True)
    numbers = [int(page["Dataset-Version"].partition(".")[0]) for page in (first, again)]
    assert numbers[1] == numbers[0] + 1


@pytest.mark.parametrize("path", FIXED_PAGES)
def test_what_never_changes_needs_no_database(client, db, django_assert_num_queries, path):
    with django_assert_num_queries(0):
        first = client.get(path)
        again = ask_again(client, path, first["ETag"])
    assert (first.status_code, first["Cache-Control"]) == (
        200,
        REVALIDATE,
    )
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


def test_the_schema_is_built_once_for_each_format(client, monkeypatch):
    monkeypatch.setattr(schema_view.SpectacularAPIView, "generator_class", built := CountedSchema())
    schema_view.build_schema.cache_clear()
    for query in ("format=json", "format=yaml", "format=json&version=7", "version=8", "lang=de"):
        assert client.get(f"/api/schema/?{query}").status_code == 200
    schema_view.build_schema.cache_clear()
    assert built.count == 2


class CountedSchema:
    count = 0

    def __call__(self):
        return self

    def get_schema(self, **options):
        self.count += 1
        return {"openapi": "3.1.1"}


def test_pages_differ_by_address_and_by_static_files(client, ban, monkeypatch):
    etags = {client.get(path)["ETag"] for path in DATASET_PAGES}
    assert len(etags) == len(DATASET_PAGES)
    monkeypatch.setattr("web.views.conditional.static", lambda name: f"/static/new/{name}")
    assert client.get("/")["ETag"] not in etags


@pytest.mark.parametrize("path", ["/actions/ban/", "/actions/ban/revisions/1/"])
def test_a_curator_never_gets_what_the_public_gets(client, ban, path):
    """The browser of a curator may have the public page from before the sign-in."""
    etag = client.get(path)["ETag"]
    curator = login_client(make.curator())
    page = ask_again(curator, path, etag)
    assert (page.status_code, "ETag" in page, "no-store" in page["Cache-Control"]) == (
        *(200, False, True),
    )
    assert page["Dataset-Version"] == str(Revision.objects.version())
    assert "Cookie" in ask_again(Client(), path, etag)["Vary"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/actions/nosuch/", 404), ("/actions/?nosuch=1", 400), ("/actions/?q=", 302)],
)
def test_errors_and_redirects_have_no_validator(client, ban, path, status):
    response = client.get(path)
    assert (response.status_code, "ETag" in response) == (status, False)
    assert response["Dataset-Version"] == str(Revision.objects.version())


def test_a_condition_that_does_not_hold_is_412(client, ban):
    response = client.get("/actions/ban/", headers={"If-Match": '"other"'})
    assert (response.status_code, b"Page changed" in response.content) == (412, True)
