"""Lists: every row of one version exactly once, page by page."""

import pytest
from django.core import signing

from api.query.orderings import DATE_ORDERINGS
from api.views.record_kinds import Actions
from policy.models import Action, Jurisdiction, Revision
from policy.publishing import publish
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def follow(client, url, link, **query):
    """Each page from one on. A link that leads back to a page that was seen would never end."""
    seen = []
    while url:
        assert url not in seen
        seen.append(url)
        page = client.get(url, query).json()
        yield page
        url, query = page[link], {}


def pages(client, path, **query):
    """Follow `next` to the end; returns the ids of each page."""
    found = follow(client, f"/api/v1/{path}", "next", **query)
    return [[row["id"] for row in page["results"]] for page in found]


DAYS = {"e": "2021-06-09", "b": "2021-06-09", "a": "2021-06-01", "d": None, "c": None}


@pytest.fixture(scope="module")
def five(shared):
    """Five actions, two on one day and two undated."""
    for slug, day in DAYS.items():
        row = make.action(slug)
        if day:
            row.dates.update(earliest=day, latest=day)
        else:
            make.remove_date(row)
        make.publish_all(row)


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("-date", ["e", "b", "a", "d", "c"]),
        ("date", ["c", "d", "a", "b", "e"]),
        ("id", ["a", "b", "c", "d", "e"]),
        ("published_at", ["e", "b", "a", "d", "c"]),
        ("-published_at", ["c", "d", "a", "b", "e"]),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_every_row_comes_once_in_every_order(client, five, ordering, expected, size):
    found = pages(client, "actions/", ordering=ordering, page_size=size)
    assert [row for page in found for row in page] == expected
    assert max(map(len, found)) == size


@pytest.mark.parametrize("ordering", ["-date", "date", "id", "published_at", "-published_at"])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_going_back_shows_the_pages_that_were_seen(client, five, ordering, size):
    query = {"ordering": ordering, "page_size": size}
    forward = list(follow(client, "/api/v1/actions/", "next", **query))
    backward = [forward[-1]]
    for page in follow(client, forward[-1]["previous"], "previous"):
        backward.append(page)
        assert client.get(page["next"]).json()["results"] == backward[-2]["results"]
    rows = [[row["id"] for row in page["results"]] for page in forward]
    again = [[row["id"] for row in page["results"]] for page in reversed(backward)]
    # from the last page, which may be short, the pages before are cut at the same places
    assert again == rows
    assert forward[0]["previous"] is None


def test_pages_hold_one_version_whatever_is_published_meanwhile(client, five):
    first = client.get("/api/v1/actions/", {"page_size": 2}).json()
    row = make.action("f", day="2021-06-05")
    make.publish_all(row)
    seen = Action.objects.get(slug="a")
    seen.dates.update(earliest="2022-01-01", latest="2022-01-01")
    publish.publish([seen], by=make.reviewer())
    publish.withdraw(Action.objects.get(slug="c"), make.reviewer(), "Misread.")
    second = client.get(first["next"]).json()
    third = client.get(second["next"]).json()
    assert [[r["id"] for r in page["results"]] for page in (first, second, third)] == [
        ["e", "b"],
        ["a", "d"],
        ["c"],
    ]
    assert {page["meta"]["version"] for page in (first, second, third)} == {
        first["meta"]["version"]
    }


def test_next_is_also_a_link_header(client, five):
    response = client.get("/api/v1/actions/", {"page_size": 2})
    assert response["Link"] == f'<{response.json()["next"]}>; rel="next"'
    body = client.get(response.json()["next"]).json()
    both = f'<{body["next"]}>; rel="next", <{body["previous"]}>; rel="previous"'
    assert client.get(response.json()["next"])["Link"] == both
    assert "Link" not in client.get("/api/v1/actions/")


def cursor_of(client, **query):
    url = client.get("/api/v1/actions/", {"page_size": 1, **query}).json()["next"]
    return url.partition("cursor=")[2].partition("&")[0].replace("%3A", ":")


def refusal(client, path="actions/", **query):
    response = client.get(f"/api/v1/{path}", query)
    assert response.status_code == 400, response.content
    return response.json()["detail"]


def test_cursor_belongs_to_its_question(client, five):
    cursor = cursor_of(client)
    other = "This cursor belongs to another query. Start again without a cursor."
    assert refusal(client, cursor=cursor, jurisdiction="CN") == other
    assert refusal(client, cursor=cursor, ordering="date") == other
    assert refusal(client, cursor=cursor, as_of="2021-01-01") == other
    assert refusal(client, "sources/", cursor=cursor) == other


def test_cursor_belongs_to_the_columns_of_its_order(client, five, monkeypatch):
    """An order of the same name may mean other columns after an upgrade."""
    with monkeypatch.context() as before:
        before.setattr(Actions, "orderings", {"-date": DATE_ORDERINGS["id"]})
        cursor = cursor_of(client)
    other = "This cursor belongs to another query. Start again without a cursor."
    assert refusal(client, cursor=cursor) == other


@pytest.mark.parametrize("cursor", ["abc", "a:b", "é", "%253D", ":", "." * 400])
def test_forged_cursor_is_refused(client, five, cursor):
    forged = "This cursor is not valid on this instance. Start again without a cursor."
    assert refusal(client, cursor=cursor) == forged


def test_cursor_signed_for_something_else_is_refused(client, five):
    token = signing.Signer(salt="other").sign_object({"k": [], "v": 1, "q": ""})
    assert refusal(client, cursor=token).startswith("This cursor is not valid on this instance.")


@pytest.mark.parametrize("size", ["0", "-1", "1001", "abc", "1.5", "١", "99999999999999999999"])
def test_page_size_is_1_to_1000(client, size):
    assert refusal(client, page_size=size) == "page_size: Use a number from 1 to 1000."


def test_largest_page_is_served(client, api):
    assert len(api("jurisdictions/", page_size=1000)["results"]) == 1000


def test_unknown_ordering_lists_the_known_ones(client):
    assert refusal(client, ordering="title") == (
        "ordering: Choose one of: -date, date, id, -published_at, published_at, relevance."
    )


def test_all_places_page_through_once(client):
    found = [code for page in pages(client, "jurisdictions/", page_size=1000) for code in page]
    assert found == sorted(set(found))
    assert len(found) == Jurisdiction.objects.count()


def test_empty_list_says_its_version(api, five):
    assert api("actions/", jurisdiction="FR") == {
        "results": [],
        "next": None,
        "previous": None,
        "count": "http://testserver/api/v1/actions/count/?jurisdiction=FR",
        "meta": {"version": str(Revision.objects.version()), "page_size": 50, "ordering": "-date"},
    }
