"""The feed of changes: who replays it holds the dataset, and nothing that is not in it."""

import json

import pytest

from api.query import pagination
from policy.documents.build import strip_envelope
from policy.documents.diff import changed_fields
from policy.models import Action, Revision
from policy.publishing import publish
from tests import factories as make
from tests import folders

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
PLURALS = {"agency": "agencies", "entity": "entities", "source": "sources", "action": "actions"}
LIVE = ("publish", "revise")


@pytest.fixture(scope="module")
def story(shared):
    """Every event and every kind of record, and drafts beside them."""
    folders.make_full_history()
    make.action("draft")
    seen = Action.objects.get(slug="ban")
    seen.title = "Never reviewed"
    seen.save()


def pages(client, **query):
    """Each page from the first to the last."""
    url = "/api/v1/changes/"
    while url:
        response = client.get(url, query)
        assert response.status_code == 200, response.content
        page = response.json()
        yield page
        url, query = page["next"], {}


def entries(client, **query):
    return [row for page in pages(client, **query) for row in page["results"]]


def number_of(row):
    return int(row["version"].partition(".")[0])


def version_of(number):
    return str(Revision.objects.get(pk=number).version)


def replay(copy, rows):
    """What the guide tells a client to do with entries."""
    for row in rows:
        copy[row["kind"], row["id"]] = row
    return copy


def check(client, copy):
    """The copy is what the lists serve, and what addresses answer for the rest."""
    for kind, plural in PLURALS.items():
        listed = client.get(f"/api/v1/{plural}/", {"page_size": 1000, "ordering": "published_at"})
        held = [r["document"] for r in copy.values() if r["kind"] == kind and r["event"] in LIVE]
        assert sorted(held, key=lambda body: body["published_at"]) == listed.json()["results"]
    for (kind, id), row in copy.items():
        if row["event"] not in LIVE:
            response = client.get(f"/api/v1/{PLURALS[kind]}/{id}/")
            if row["event"] == "withdraw":
                assert (response.status_code, response.json()["reason"]) == (410, row["reason"])
            else:
                into = f"http://testserver/api/v1/{PLURALS[kind]}/{row['merged_into']}/"
                assert (response.status_code, response["Location"]) == (301, into)
    assert len(copy) == Revision.objects.values("kind", "record").distinct().count()


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_replaying_the_feed_gives_the_dataset(client, story, size):
    check(client, replay({}, entries(client, include="document", page_size=size)))


def test_replaying_resumes_after_any_version(client, story):
    every = entries(client, include="document")
    for number, version in enumerate(["0", *(row["version"] for row in every)]):
        copy = replay({}, every[:number])
        check(client, replay(copy, entries(client, include="document", after=version)))


def test_what_is_published_between_pages_comes_with_the_next_round(client, story):
    walk = pages(client, include="document", page_size=3)
    first = next(walk)
    make.publish_new_action("later")
    publish.withdraw(Action.objects.get(slug="raid"), make.reviewer(), "Misread.")
    rest = list(walk)
    version = first["meta"]["version"]
    assert {page["meta"]["version"] for page in rest} == {version}
    copy = replay({}, [row for page in [first, *rest] for row in page["results"]])
    assert max(copy.values(), key=number_of)["version"] == version
    check(client, replay(copy, entries(client, include="document", after=version)))


def test_entry_says_what_happened(api, story):
    merge = api("changes/", kind="action", after=version_of(9))["results"][0]
    revision = Revision.objects.get(event="merge")
    assert merge == {
        "version": f"{revision.pk}.{revision.seal[:8]}",
        "kind": "action",
        "id": "twin",
        "revision": 2,
        "event": "merge",
        "published_at": revision.published_at.isoformat().replace("+00:00", "Z"),
        "reason": "The same ban.",
        "merged_into": "ban",
        "digest": revision.digest,
        "changed": [],
        "url": "http://testserver/api/v1/actions/twin/revisions/2/",
    }


def test_every_revision_comes_once_in_order(client, story):
    rows = entries(client, page_size=2)
    assert [number_of(row) for row in rows] == [*range(1, Revision.objects.count() + 1)]
    assert rows[-1]["version"] == str(Revision.objects.version())
    assert {row["event"] for row in rows} == {"publish", "revise", "withdraw", "merge"}
    for row in rows:
        document = client.get(row["url"]).json()
        assert (document["kind"], document["id"]) == (row["kind"], row["id"])
        assert document["revision"] == row["revision"]


def test_fields_that_changed_are_named(client, story):
    rows = {(row["id"], row["revision"]): row for row in entries(client)}
    first = json.loads(Revision.objects.get(record="ban", number=1).document)
    assert rows["ban", 1]["changed"] == list(strip_envelope(first))
    assert rows["ban", 2]["changed"] == ["title"]
    assert rows["raid", 2]["changed"] == []  # withdrawn
    assert rows["raid", 3]["changed"] == ["relations"]  # the ban has another name


def test_a_field_that_comes_or_goes_has_changed():
    assert changed_fields({"a": 1, "b": None}, {"a": 1, "b": None}) == []
    assert changed_fields({"a": 1, "gone": None}, {"new": None, "a": 2}) == ["new", "a", "gone"]


def test_documents_are_the_bytes_that_were_stored(client, story):
    body = client.get("/api/v1/changes/", {"include": "document"}).content.decode()
    for revision in Revision.objects.all():
        assert f'"document":{revision.document}}}' in body
    assert b'"document"' not in client.get("/api/v1/changes/").content


def test_kinds_part_the_feed(client, story):
    every = entries(client)
    for kind in PLURALS:
        found = entries(client, kind=kind, page_size=2)
        assert found == [row for row in every if row["kind"] == kind] != []


@pytest.mark.parametrize("after", [0, 5, 14])
@pytest.mark.parametrize("batch", [1, 500])
def test_a_file_holds_the_same_entries(client, story, monkeypatch, batch, after):
    monkeypatch.setattr(pagination, "STREAM_BATCH_SIZE", batch)
    asked = {"after": version_of(after) if after else 0, "include": "document"}
    response = client.get("/api/v1/changes/", asked | {"format": "ndjson"})
    rows = [json.loads(line) for line in b"".join(response).decode().splitlines()]
    assert rows == entries(client, **asked)
    assert response["Row-Count"] == str(len(rows))
    assert response["Dataset-Version"] == str(Revision.objects.version())
    head = client.head("/api/v1/changes/", asked | {"format": "ndjson"})
    assert (head["Row-Count"], b"".join(head)) == (response["Row-Count"], b"")


def test_drafts_are_not_in_it(client, story):
    body = client.get("/api/v1/changes/", {"include": "document"}).content.decode()
    assert "Never reviewed" not in body
    assert '"draft"' not in body


def test_nothing_comes_after_the_last_version(api, story):
    assert api("changes/", after=version_of(14)) == {
        "results": [],
        "next": None,
        "previous": None,
        "meta": {"version": version_of(14), "page_size": 50, "ordering": "version"},
    }


REFUSED = [
    *(
        (
            f"after={value}",
            "after: Use a version as `meta.version` states it, for example 46.73d53380. "
            "To begin, use 0.",
        )
        for value in ("-1", "1.5", "%D9%A1", "5", "00", "5.73D53380", f"{'9' * 19}.73d53380")
    ),
    ("kind=acton", "kind: There is no acton. Did you mean action?"),
    ("kind=source&kind=source", "kind: Specify this parameter only once."),
    ("include=documents", "include: There is no documents. Did you mean document?"),
    ("include=document,document", "include: Use each name only once."),
    ("include=document,", "include: There is no empty name."),
    ("format=csv", "format: Choose one of: json, ndjson."),
    ("format=ndjson&page_size=5", "page_size: Exports are not paginated; "),
    ("ordering=version", "ordering: Unknown parameter."),
    ("as_of=2021", "as_of: Unknown parameter."),
    ("cursor=x", "This cursor is not valid on this instance. Start again without a cursor."),
]


@pytest.mark.parametrize(("query", "detail"), REFUSED)
def test_what_is_not_understood_is_refused(client, db, query, detail):
    response = client.get(f"/api/v1/changes/?{query}")
    assert response.status_code == 400
    assert response.json()["detail"].startswith(detail)
    assert response["Content-Type"] == "application/problem+json"


def test_cursor_belongs_to_its_feed(client, story):
    url = client.get("/api/v1/changes/", {"page_size": 1}).json()["next"]
    response = client.get(f"{url}&after={version_of(3)}")
    assert response.json()["type"] == "/api/problems/invalid-cursor/"
