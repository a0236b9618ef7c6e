"""Pages beside the record: lists, histories, sources, bodies, places, codebook."""

import json

import pytest
from django.core.management import call_command

from policy.models import Action, Revision
from policy.publishing import publish
from tests import factories as make
from tests.conftest import FIXTURES
from tests.test_web import elements, links, text, texts, tree

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def story(shared):
    """ban: published, revised, withdrawn. copy: merged into other. other: stands. draft: never."""
    by, police = make.reviewer(), make.agency("police", native_name="公安部")
    source = make.source("article", url="https://example.org/a")
    ban = make.publish_new_action("ban", agency=police, source=source, place="CN-NM")
    copy = make.publish_new_action("copy", source=source)
    other = make.publish_new_action("other", source=source, agency=police, day="2020-01-02")
    ban.title = "A wider ban"
    ban.save()
    publish.publish([ban], by=by, reason="Wider than thought.")
    publish.withdraw(ban, by=by, reason="Misread.")
    publish.merge(copy, other, by=by, reason="Told twice.")
    make.action("draft", title="A draft", agency=police, source=source, place="CN-NM")


def shown(response) -> list[str]:
    assert response.status_code == 200, response.status_code
    return texts(tree(response), "h3")


# The list


def test_the_list_takes_the_filters_of_the_api(client, story):
    assert shown(client.get("/actions/")) == ["Other"]
    assert shown(client.get("/actions/?agency=police&occurred__within=2020")) == ["Other"]
    assert shown(client.get("/actions/?stance=promote")) == []
    assert shown(client.get("/actions/?ordering=id&page_size=5")) == ["Other"]


def test_the_list_goes_back_in_time(client, story):
    moment = Revision.objects.of_record("action", "ban").first().published_at.isoformat()
    assert shown(client.get("/actions/", {"as_of": moment})) == ["Ban"]


def test_the_list_links_the_same_view_as_data(client, story):
    page = tree(client.get("/actions/?agency=police&q=other"))
    found = [address for address in links(page) if address.startswith("/api/v1/actions/?")]
    assert set(found) == {
        "/api/v1/actions/?agency=police&q=other",
        "/api/v1/actions/?agency=police&q=other&format=csv",
    }


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("nosuch=1", "nosuch : Unknown parameter."),
        ("stance=prohibti", "stance : There is no prohibti. Did you mean prohibit?"),
        ("stance=restrict&stance=permit", "stance : Specify this parameter only once."),
        ("cursor=abc", "This cursor is not valid on this instance. Start again without a cursor."),
        ("page_size=0", "page_size : Use a number from 1 to 1000."),
        ("as_of=2999-01-01", "as_of : Use a time that is not in the future."),
    ],
)
def test_a_bad_filter_is_named_and_nothing_is_listed(client, story, query, said):
    response = client.get(f"/actions/?{query}")
    assert response.status_code == 400
    (problem,) = elements(tree(response), "div", " problem ")
    assert texts(problem, "li")[0].startswith(said)
    assert texts(tree(response), "h3") == []


def test_fields_left_empty_leave_the_address(client, story):
    response = client.get("/actions/?q=&stance=&agency=police")
    assert (response.status_code, response["Location"]) == (302, "/actions/?agency=police")
    assert client.get("/actions/?q=&stance=")["Location"] == "/actions/"


def test_the_form_offers_what_is_published_and_keeps_what_was_asked(client, story):
    page = tree(client.get("/actions/?agency=police&stance=prohibit"))
    options = {
        dict(select.attributes)["name"]: texts(select, "option")
        for select in elements(page, "select")
    }
    assert options == {
        "jurisdiction": ["Any", "China"],
        "activity": ["Any", "Crypto-assets", "Mining"],
        "type": ["Any", "Rule-making", "Regulate"],
        "status": ["Any", "In force"],
        "stance": ["Any", "Prohibit"],
        "attribution": ["Any", "Government"],
        "year": ["Any", "2020"],
    }
    kept = [dict(i.attributes) for i in elements(page, "input")]
    assert {i["name"]: i["value"] for i in kept if i["type"] == "hidden"} == {"agency": "police"}


def test_pages_of_the_list_follow_one_another(client):
    make.publish_all(*(make.action(f"a-{n}", day=f"2021-01-0{n}", place="FR") for n in range(1, 6)))
    url, found = "/actions/?page_size=2&jurisdiction=FR", []
    while url:
        page = tree(client.get(url))
        found += texts(page, "h3")
        around = links(elements(page, "nav", " more ")[0])
        url = around[-1] if len(found) < 5 else None
    assert texts(tree(client.get(around[0])), "h3") == ["A-3", "A-2"]
    assert found == ["A-5", "A-4", "A-3", "A-2", "A-1"]


# What became of records


def test_a_revision_keeps_its_page_whatever_became_of_it(client, story):
    first = client.get("/actions/ban/revisions/1/")
    assert texts(tree(first), "h1") == ["Ban"]
    assert "A later revision replaced it" in text(elements(tree(first), "p", " banner ")[0])
    assert client.get("/actions/ban/revisions/3/").status_code == 410
    assert client.get("/actions/ban/revisions/4/").status_code == 404
    assert client.get("/actions/draft/revisions/1/").status_code == 404


def test_the_history_says_what_each_revision_changed(client, story):
    page = tree(client.get("/actions/ban/revisions/"))
    steps = elements(page, "li", " step ")
    assert texts(page, "h2") == [
        "Revision 3: Withdrawn",
        "Revision 2: Revised",
        "Revision 1: Published",
    ]
    assert [texts(step, "td") for step in steps] == [[], ["Ban", "A wider ban"], []]
    assert "Misread." in text(steps[0])
    assert "Wider than thought." in text(steps[1])
    merged = tree(client.get("/actions/copy/revisions/"))
    assert "Merged into other ." in text(elements(merged, "li", " step ")[0])
    assert client.get("/actions/draft/revisions/").status_code == 404


# What actions refer to


def test_a_source_shows_what_rests_on_it_and_none_of_its_text(client, story):
    response = client.get("/sources/article/")
    assert shown(response) == ["Other"]
    assert "https://example.org/a" in links(tree(response))
    assert make.SOURCE_TEXT[:20] not in response.content.decode()


def test_bodies_show_the_actions_that_name_them(client, story):
    response = client.get("/agencies/police/")
    assert shown(response) == ["Other"]
    assert "公安部" in response.content.decode()
    assert client.get("/agencies/nosuch/").status_code == 404
    assert client.get("/entities/police/").status_code == 404


def test_places_show_what_lies_inside_them(client, story):
    assert shown(client.get("/jurisdictions/CN/")) == ["Other"]
    empty = client.get("/jurisdictions/FR/")
    assert "This does not mean that nothing happened." in text(tree(empty))
    assert client.get("/jurisdictions/XX/").status_code == 404


def test_the_codebook_has_every_term(client):
    page = tree(client.get("/codebook/"))
    terms = json.loads((FIXTURES / "terms.json").read_bytes())
    assert len(elements(page, "dt")) == len(terms)
    assert len(elements(page, "section", " vocabulary ")) == len({t["vocabulary"] for t in terms})


# Machines


def test_sitemaps_name_every_page_that_stands(client, story):
    index = client.get("/sitemap.xml").content.decode()
    assert index.count("<sitemap>") == 5
    actions = client.get("/sitemap-action.xml").content.decode()
    assert actions.count("<url>") == 1
    assert "<loc>http://testserver/actions/other/</loc>" in actions
    pages = client.get("/sitemap-pages.xml").content.decode()
    assert pages.count("<url>") == 4
    assert "Sitemap: http://testserver/sitemap.xml" in client.get("/robots.txt").content.decode()


def test_every_page_says_what_it_is(client, story):
    paths = ["/", "/actions/", "/actions/other/", "/sources/article/", "/agencies/police/"]
    titles = set()
    for path in [*paths, "/jurisdictions/CN/", "/codebook/", "/actions/ban/revisions/"]:
        head = elements(tree(client.get(path)), "head")[0]
        metas = [dict(meta.attributes) for meta in elements(head, "meta")]
        said = {meta.get("property") or meta.get("name"): meta.get("content") for meta in metas}
        assert said["description"] == said["og:description"] != ""
        assert said["og:url"] == f"http://testserver{path}"
        assert said["og:image"].endswith("/static/web/card.png")
        titles.add(texts(head, "title")[0])
    assert len(titles) == 8


def test_errors_are_reported_where_the_instance_says(client, story, settings):
    assert "Report an error" not in client.get("/actions/other/").content.decode()
    settings.CONTACT = "mailto:desk@example.org?subject={record}"
    for path in ("/actions/other/", "/agencies/police/"):
        (address,) = [a for a in links(tree(client.get(path))) if a.startswith("mailto:")]
        assert address.startswith("mailto:desk@example.org?subject=")
        assert address.endswith("%2C%20revision%201")


# Who sees the cited passages


def test_only_curators_open_the_cited_words(client, story):
    row = Action.objects.get(slug="other")
    make.attach_source_text(row.citations.get().source, make.SOURCE_TEXT)
    page = client.get("/actions/other/")
    assert "The cited passage" not in page.content.decode()
    client.force_login(make.user("somebody"))
    assert "The cited passage" not in client.get("/actions/other/").content.decode()
    client.force_login(make.curator())
    page = client.get("/actions/other/")
    assert texts(elements(tree(page), "details", " passage ")[0], "p") == [make.SOURCE_TEXT[:37]]
    assert "no-store" in page["Cache-Control"]


def test_the_codebook_document_does_not_lag(capsys):
    call_command("codebook")
    printed = capsys.readouterr().out
    assert (FIXTURES.parent / "docs" / "codebook.md").read_text() == printed
