"""What an answer costs does not grow with its rows: literal counts of queries.

The state of the database, for the validators of the answer, is read first, or along with a record.
"""

import pytest
from django.db import transaction
from django.utils import timezone

from api.query import pagination
from policy.models import Action, Revision
from policy.publishing import publish
from tests import factories as make
from tests import folders

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture(scope="module", params=[2, 4], autouse=True)
def count(request, django_db_setup, django_db_blocker):
    """So many actions: `first`, and others with every part that refer to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        publish_actions(request.param)
        yield request.param
        transaction.set_rollback(True)


def publish_actions(count):
    police, source, app = make.agency("police"), make.source("article"), make.entity("exchange")
    first = make.action("first", place="CN-QH")
    for number in range(count - 1):
        row = make.action(f"a-{number}", place="CN-QH")
        row.agencies.create(agency=police, role_id="agency_role.issuer", naming_id="naming.named")
        folders.add_every_part(row, first, app)
        make.cite(row, source, 39, 71)
    make.publish_all(first, *Action.objects.all())


def publish_again(slug, times):
    row = Action.objects.get(slug=slug)
    for number in range(times):
        row.title = f"Title {number}"
        row.save()
        publish.publish([row], by=make.reviewer())


def test_actions_cost_two_queries(client, django_assert_num_queries, count):
    # 1 the state; 2 the walk over facets, with the page's documents
    with django_assert_num_queries(2):
        response = client.get("/api/v1/actions/")
    assert len(response.json()["results"]) == count


@pytest.mark.parametrize("kind", ["agencies", "entities", "sources"])
def test_other_records_cost_two_queries(client, django_assert_num_queries, kind, count):
    # 1 the state; 2 the walk over facets, with the page's documents
    with django_assert_num_queries(2):
        response = client.get(f"/api/v1/{kind}/")
    found = len(response.json()["results"])
    assert found == (1 if kind == "entities" else count + 1)


@pytest.mark.parametrize("name", ["terms", "jurisdictions"])
def test_reference_tables_cost_two_queries(client, django_assert_num_queries, name, count):
    # 1 the state; 2 the rows
    with django_assert_num_queries(2):
        response = client.get(f"/api/v1/{name}/", {"page_size": count})
    assert len(response.json()["results"]) == count


@pytest.mark.parametrize(("place", "queries", "rows"), [("SV", 5, 1), ("FR", 6, 0)])
def test_filters_add_a_query_each_to_know_their_values(
    client, django_assert_num_queries, place, queries, rows
):
    make.publish_new_action("ban", place="SV")
    # 1 the state; 2 the places that exist; 3 the terms of type; 4 which of the two values is rarer;
    # 5 the walk; without rows, 6 the dataset's version
    with django_assert_num_queries(queries):
        response = client.get("/api/v1/actions/", {"jurisdiction": place, "type": "regulate"})
    assert len(response.json()["results"]) == rows


def test_updated_since_costs_one_query_more(client, django_assert_num_queries, count):
    # 1 the state; 2 the version before that moment; 3 the walk
    with django_assert_num_queries(3):
        response = client.get("/api/v1/actions/", {"updated_since": "2020-01-01"})
    assert len(response.json()["results"]) == count


def test_one_record_costs_one_query(client, django_assert_num_queries):
    with django_assert_num_queries(1):  # 1 the revision that stands, with the state
        assert client.get("/api/v1/actions/a-0/").status_code == 200


def test_history_costs_two_queries(client, django_assert_num_queries, count):
    publish_again("a-0", count - 1)
    # 1 the state; 2 the revisions, documents left out
    with django_assert_num_queries(2):
        response = client.get("/api/v1/actions/a-0/revisions/")
    assert len(response.json()["results"]) == count


def test_differences_cost_three_queries(client, django_assert_num_queries, count):
    publish_again("a-0", count)
    # 1 the state; 2 the numbers and events of its revisions; 2 the documents of two
    with django_assert_num_queries(3):
        response = client.get("/api/v1/actions/a-0/diff/", {"from": 1})
    assert response.json()["to"] == count + 1


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        # each: 1 the state, and what is named here
        # the walk; documents, terms, parents of places; four for the form
        ("/actions/", 9),
        # the revision; sources; terms, parents of places
        ("/actions/a-0/revisions/1/", 5),
        ("/actions/a-0/revisions/", 2),
        # the revision; its terms; the walk, documents, terms, parents of places; how many
        ("/sources/article/", 8),
        ("/agencies/police/", 8),
        # the place; both walks and documents, terms, places; how many; two for what lies inside
        ("/jurisdictions/CN/", 11),
        ("/codebook/", 2),
    ],
)
def test_pages_cost_a_constant_number_of_queries(client, django_assert_num_queries, path, queries):
    with django_assert_num_queries(queries):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("query", "of_list", "of_record"),
    [
        # the state and the walk, or the record with the state
        ({"fields": "id,dates.kind"}, 2, 1),
        ({"omit": "citations"}, 2, 1),
        # those, the agencies
        ({"include": "agencies"}, 3, 2),
        # one a kind, and one to find the actions that name these
        ({"include": "agencies,entities,sources,related"}, 7, 6),
    ],
)
def test_parts_and_what_is_included_cost_a_constant_number_of_queries(
    client, django_assert_num_queries, query, of_list, of_record, count
):
    rows = count - 1  # those with every part come first
    with django_assert_num_queries(of_list):
        response = client.get("/api/v1/actions/", query | {"page_size": rows, "ordering": "id"})
    assert len(response.json()["results"]) == rows
    with django_assert_num_queries(of_record):
        assert client.get("/api/v1/actions/a-0/", query).status_code == 200


def test_a_count_of_one_value_is_read(client, django_assert_num_queries, count):
    # 1 the state; 2 the value's number and the dataset's version
    with django_assert_num_queries(2):
        assert client.get("/api/v1/actions/count/").json()["count"] == count
    # 1 the state; 2 the places that exist; 3 the value's number and the version
    with django_assert_num_queries(3):
        client.get("/api/v1/actions/count/", {"jurisdiction": "CN"})


def test_other_counts_cost_two_queries(client, django_assert_num_queries, count):
    with django_assert_num_queries(2):  # 1 the state; 2 the walk is counted, with the version
        response = client.get("/api/v1/actions/count/", {"occurred__within": "2021"})
    assert response.json()["count"] == count
    # 1 the state; 2 the version at that moment; 3 the walk
    last = Revision.objects.latest("id").published_at
    with django_assert_num_queries(3):
        response = client.get("/api/v1/actions/count/", {"as_of": last.isoformat()})
    assert response.json()["count"] == count
    # 1 the state; 2 to 6 a transaction in which no publication is being written; 7 and 8 as before
    now = timezone.now().isoformat()
    with django_assert_num_queries(7):
        response = client.get("/api/v1/actions/count/", {"as_of": now})
    assert response.json()["count"] == count
    # 1 the state, which has the version; 2 the walk
    with django_assert_num_queries(2):
        query = {"version": response.json()["version"]}
        response = client.get("/api/v1/actions/count/", query)
    assert response.json()["count"] == count


def test_groups_cost_a_query_and_one_a_field_and_sums_two(client, django_assert_num_queries, count):
    # 1 the state; 2 the groups, with the total and the version; 3 the terms; 4 agencies' names;
    # 5 the acts
    with django_assert_num_queries(5):
        response = client.get("/api/v1/actions/aggregate/", {"group_by": "type,agency"})
    assert len(response.json()["groups"]) == count + 1
    # 1 the state; 2 the figures that exist; 3 the groups; 4 the possible years; 5 the terms;
    # 6 the sums; 7 the acts
    with django_assert_num_queries(7):
        query = {"group_by": "type,year", "sum": "persons_arrested"}
        response = client.get("/api/v1/actions/aggregate/", query)
    assert response.json()["groups"][0]["count"] == count


@pytest.mark.parametrize("asked", [{}, {"include": "document"}, {"after": "0", "kind": "action"}])
def test_changes_cost_two_queries(client, django_assert_num_queries, count, asked):
    # 1 the state; 2 the entries
    with django_assert_num_queries(2):
        response = client.get("/api/v1/changes/", asked)
    assert [row["kind"] for row in response.json()["results"]].count("action") == count


def test_a_file_of_changes_costs_three_queries(client, django_assert_num_queries, count):
    # 1 the state; 2 how many entries; 3 the entries
    with django_assert_num_queries(3):
        response = client.get("/api/v1/changes/", {"format": "ndjson", "kind": "action"})
        b"".join(response)
    assert response["Row-Count"] == str(count)


@pytest.mark.parametrize(
    "query", [{"format": "csv"}, {"format": "ndjson"}, {"format": "ndjson", "fields": "id"}]
)
def test_files_cost_three_queries(client, django_assert_num_queries, query, count):
    # 1 the state; 2 the number of rows, with the version; 3 the walk with its texts
    with django_assert_num_queries(3):
        response = client.get("/api/v1/actions/", query)
        b"".join(response)
    assert response["Row-Count"] == str(count)


def test_labels_cost_two_queries_more(client, django_assert_num_queries, count):
    # 1 the state; 2 the number of rows, with the version; 3 the places; 4 the terms; 5 the walk
    # with its texts
    with django_assert_num_queries(5):
        response = client.get("/api/v1/actions/", {"format": "csv", "labels": "true"})
        b"".join(response)
    assert response["Row-Count"] == str(count)


@pytest.mark.parametrize("name", ["terms", "jurisdictions"])
def test_files_of_reference_tables_cost_two_queries(client, django_assert_num_queries, name):
    # 1 the state; 2 the rows
    with django_assert_num_queries(2):
        response = client.get(f"/api/v1/{name}/", {"format": "csv"})
        b"".join(response)
    assert int(response["Row-Count"]) > 100


def test_files_of_groups_cost_as_many_queries(client, django_assert_num_queries, count):
    # 1 the state; 2 the groups, with the total and the version; 3 the terms; 4 agencies' names;
    # 5 the acts
    with django_assert_num_queries(5):
        query = {"group_by": "type,agency", "format": "csv"}
        response = client.get("/api/v1/actions/aggregate/", query)
        b"".join(response)
    assert response["Row-Count"] == str(count + 1)


def test_batches_of_a_file_cost_a_query_each(client, django_assert_num_queries, monkeypatch, count):
    monkeypatch.setattr(pagination, "STREAM_BATCH_SIZE", 2)
    make.publish_all(*(make.action(f"ban-{number}") for number in range(5 - count)))
    # 1 the state; 2 the number of rows; then three times the walk with its documents
    with django_assert_num_queries(5):
        b"".join(client.get("/api/v1/actions/", {"format": "ndjson"}))
