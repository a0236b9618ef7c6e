"""Words find records in their weightier places first, and are shown where they stand."""

import pytest

from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture(scope="module")
def four(shared):
    """The word in the title, in an agency's name, in the summary, in a quote."""
    body = make.agency("watch", name="Zeppelin Watch")
    rows = [
        make.action("in-quote", place="FR"),
        make.action("in-summary", summary="It tells of a zeppelin over the <b>town</b> & more."),
        make.action("in-name", agency=body),
        make.action("in-title", title="Ban on zeppelins"),
        make.action("without"),
    ]
    rows[0].citations.update(quote="zeppelin banned")
    make.publish_all(*rows)


def ids(api, **query):
    return [row["id"] for row in api("actions/", query)["results"]]


def test_the_weightier_place_comes_first(api, four):
    found = ids(api, q="zeppelin", ordering="relevance")
    assert found == ["in-title", "in-name", "in-summary", "in-quote"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_match_comes_once_page_by_page(client, four, size):
    query = {"q": "zeppelin", "ordering": "relevance", "page_size": size}
    url, found = "/api/v1/actions/", []
    while url:
        body = client.get(url, query).json()
        found += [row["id"] for row in body["results"]]
        url, query = body["next"], {}
    assert found == ["in-title", "in-name", "in-summary", "in-quote"]


def test_relevance_goes_with_filters_files_and_the_past(client, api, four):
    assert ids(api, q="zeppelin", ordering="relevance", jurisdiction="FR") == ["in-quote"]
    response = client.get("/api/v1/actions/?q=zeppelin&ordering=relevance&format=ndjson")
    assert b"".join(response).count(b"\n") == 4
    assert ids(api, q="zeppelin", ordering="relevance", as_of="2020-01-01") == []


def test_words_are_shown_where_they_stand_and_markup_is_inert(api, four):
    body = api("actions/", q="zeppelin", highlight="true", ordering="relevance")
    zeppelin = "<mark>zeppelin</mark>"
    assert body["highlights"] == {
        "in-title": {"title": "Ban on <mark>zeppelins</mark>"},
        "in-name": {},
        "in-summary": {
            "summary": f"tells of a {zeppelin} over the &lt;b&gt;town&lt;/b&gt; &amp; more"
        },
        "in-quote": {"remarks": f"{zeppelin} banned"},
    }
    assert "highlights" not in api("actions/", q="zeppelin", highlight="false")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"ordering": "relevance"}, "ordering: Ordering by relevance requires the parameter q."),
        ({"highlight": "true"}, "highlight: Highlighting requires the parameter q."),
        ({"q": "a", "highlight": "yes"}, "highlight: Use true or false."),
        (
            {"q": "a", "highlight": "true", "format": "csv"},
            "highlight: Highlights are only available with format=json.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(api, four, query, message):
    assert api("actions/", query, status=400)["detail"] == message


def test_the_readers_list_can_be_ordered_by_relevance(client, four):
    page = client.get("/actions/?q=zeppelin&ordering=relevance").content.decode()
    assert page.index("Ban on zeppelins") < page.index("In-Name") < page.index("In-Quote")
    assert client.get("/actions/?ordering=relevance").status_code == 400


def test_agencies_are_ranked_too(api, four):
    found = api("agencies/", q="zeppelin", ordering="relevance")["results"]
    assert [row["id"] for row in found] == ["watch"]
