"""What the dataset said at any moment, before and after every kind of event."""

import pytest
from django.utils import timezone

from policy.models import Revision
from policy.publishing import ledger, publish
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def stamp(row):
    """The instant at which a record's last revision began to stand."""
    revision = Revision.objects.of_record(row.KIND, row.slug).last()
    return revision.published_at


def before(moment):
    return (moment - ledger.ONE_MICROSECOND).isoformat()


@pytest.fixture(scope="module")
def story(shared):
    """ban: published, revised, withdrawn. copy: published, merged into other."""
    by = make.reviewer()
    ban, copy, other = (
        make.publish_new_action("ban"),
        make.publish_new_action("copy"),
        make.publish_new_action("other"),
    )
    moments = {"published": stamp(ban), "first": stamp(other)}
    ban.title = "A wider ban"
    ban.save()
    publish.publish([ban], by=by, reason="Wider.")
    moments["revised"] = stamp(ban)
    publish.withdraw(ban, by=by, reason="Misread.")
    moments["withdrawn"] = stamp(ban)
    publish.merge(copy, other, by=by, reason="Told twice.")
    moments["merged"] = stamp(copy)
    return moments


def ids(api, **query):
    return [row["id"] for row in api("actions/", ordering="id", **query)["results"]]


def test_lists_before_and_after_each_event(api, story):
    assert ids(api, as_of=before(story["published"])) == []
    assert ids(api, as_of=story["published"].isoformat()) == ["ban"]
    assert ids(api, as_of=before(story["revised"])) == ["ban", "copy", "other"]
    assert ids(api, as_of=before(story["withdrawn"])) == ["ban", "copy", "other"]
    assert ids(api, as_of=story["withdrawn"].isoformat()) == ["copy", "other"]
    assert ids(api, as_of=before(story["merged"])) == ["copy", "other"]
    assert ids(api, as_of=story["merged"].isoformat()) == ["other"]
    assert ids(api) == ["other"]


def test_filters_see_the_same_past(api, story):
    assert ids(api, as_of=before(story["revised"]), q="wider") == []
    assert ids(api, as_of=story["revised"].isoformat(), q="wider") == ["ban"]
    assert ids(api, q="wider") == []
    assert ids(api, as_of=story["revised"].isoformat(), jurisdiction="CN", type="regulate") == [
        "ban",
        "copy",
        "other",
    ]


def test_one_record_before_and_after_each_event(api, story):
    missing = api("actions/ban/", status=404, as_of=before(story["published"]))
    assert missing["detail"] == "There is no action ban at that time."
    assert api("actions/ban/", as_of=before(story["revised"]))["title"] == "Ban"
    assert api("actions/ban/", as_of=story["revised"].isoformat())["title"] == "A wider ban"
    gone = api("actions/ban/", status=410)
    assert (gone["title"], gone["reason"]) == ("Withdrawn", "Misread.")
    assert api("actions/copy/", as_of=before(story["merged"]))["id"] == "copy"


def test_merged_id_redirects_to_the_record_that_took_over(client, story):
    response = client.get("/api/v1/actions/copy/")
    assert response.status_code == 301
    assert response["Location"] == "http://testserver/api/v1/actions/other/"


def test_history_lists_every_revision(api, story):
    rows = api("actions/ban/revisions/")["results"]
    assert [(r["revision"], r["event"], r["reason"]) for r in rows] == [
        (1, "publish", ""),
        (2, "revise", "Wider."),
        (3, "withdraw", "Misread."),
    ]
    assert [r["superseded_at"] for r in rows] == [
        rows[1]["published_at"],
        rows[2]["published_at"],
        None,
    ]
    newest = api("actions/ban/revisions/", ordering="-number", page_size=1)
    assert [r["revision"] for r in newest["results"]] == [3]


def test_one_revision_is_served_as_it_was_stored(client, story):
    for number in (1, 2, 3):
        stored = Revision.objects.get(kind="action", record="ban", number=number)
        response = client.get(f"/api/v1/actions/ban/revisions/{number}/")
        assert response.content.decode() == stored.document
        assert response["Repr-Digest"].startswith("sha-256=:")


def test_as_of_a_day_is_its_end_and_never_the_future(api, story):
    assert ids(api, as_of="2020-01-01") == []
    today = timezone.now().date().isoformat()
    problem = api("actions/", status=400, as_of=today)
    assert problem["detail"].startswith(
        f"as_of: This day is not over in UTC. Use a time until now, for example {today}T"
    )
    for moment in ("2999-01-01", "2999-01-01T00:00:00Z"):
        problem = api("actions/", status=400, as_of=moment)
        assert problem["detail"] == "as_of: Use a time that is not in the future."


NO_MOMENTS = ["yesterday", "2021-06-09T10:00:00", "2021-02-30", "0000-01-01", "2021"]


@pytest.mark.parametrize("moment", [*NO_MOMENTS, "2021-06-09 10:00:00Z"])
def test_as_of_takes_an_instant_with_its_zone_or_a_date(api, moment):
    problem = api("actions/", status=400, as_of=moment)
    assert problem["errors"][0]["parameter"] == "as_of"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_as_of_at_the_edge_of_time_is_no_server_error(client, moment):
    assert client.get("/api/v1/actions/", {"as_of": moment}).status_code in (200, 400)


def test_reference_tables_have_no_past(api):
    problem = api("terms/", status=400, as_of="2021-01-01")
    assert problem["type"] == "/api/problems/unknown-parameter/"
