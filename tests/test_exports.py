"""Files: the whole answer to a query, every row of one version exactly once."""

import csv
import io
import json

import pytest

from api.query import pagination
from policy.documents.csv_columns import CSV_COLUMNS
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.models import Action, Revision
from policy.publishing import publish
from tests import factories as make
from tests import folders
from tests.conftest import FIXTURES

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
KINDS = {"actions": "action", "agencies": "agency", "entities": "entity", "sources": "source"}
QUERIES = [
    {},
    {"ordering": "id"},
    {"ordering": "date"},
    {"ordering": "-published_at"},
    {"jurisdiction": "CN", "ordering": "published_at"},
    {"activity": "mining", "q": "ban"},
    {"occurred__overlaps": "2021-06"},
    {"jurisdiction": "FR"},
]


@pytest.fixture(scope="module")
def seed_dataset(shared):
    folders.load_folder(FIXTURES)


def download(client, path, query=None, /, **more):
    response = client.get(f"/api/v1/{path}", (query or {}) | more)
    assert response.status_code == 200, response.content
    return response, b"".join(response).decode()


def table(text):
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def listed(client, path, query):
    return client.get(f"/api/v1/{path}", query | {"page_size": 1000}).json()["results"]


@pytest.fixture(params=[1, 2, 500])
def batch(request, monkeypatch):
    monkeypatch.setattr(pagination, "STREAM_BATCH_SIZE", request.param)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_files_hold_what_the_list_holds(client, seed_dataset, batch, query):
    expected = listed(client, "actions/", query)
    count = client.get("/api/v1/actions/", query).json()["count"]
    lines, text = download(client, "actions/", query, format="ndjson")
    rows, cells = download(client, "actions/", query, format="csv")
    assert [json.loads(line) for line in text.splitlines()] == expected
    assert [row["id"] for row in table(cells)] == [row["id"] for row in expected]
    number = str(client.get(count).json()["count"])
    assert lines["Row-Count"] == rows["Row-Count"] == number == str(len(expected))
    version = str(Revision.objects.version())
    assert lines["Dataset-Version"] == rows["Dataset-Version"] == version


@pytest.mark.parametrize("name", KINDS)
def test_a_row_of_ndjson_is_a_document_byte_for_byte(client, seed_dataset, name):
    _, text = download(client, f"{name}/", format="ndjson", ordering="published_at")
    stored = Revision.objects.current(KINDS[name]).order_by("id")
    assert text.split("\n") == [*stored.values_list("document", flat=True), ""]


@pytest.mark.parametrize("name", KINDS)
def test_a_table_holds_what_the_documents_say(client, seed_dataset, name):
    _, text = download(client, f"{name}/", format="csv")
    rows, documents = table(text), listed(client, f"{name}/", {})
    assert len(rows) == len(documents) > 0
    for row, document in zip(rows, documents, strict=True):
        assert list(row) == [*CSV_COLUMNS[KINDS[name]], "page_url", "document_url"]
        for column in row.keys() & document.keys():
            assert row[column] == plainly(column, document[column]), column
        assert client.get(row["document_url"]).json() == document


def plainly(column, value):
    """A cell, spelled out again from what the guide promises."""
    if column == "evidence":
        return value["level"]
    if column == "review":
        return value["state"]
    if column in ("agencies", "entities"):
        value = [f"{row['role']}={name_of(row, KINDS[column])}" for row in value]
    if column == "relations":
        value = [f"{row['type']}={row['action']['id']}" for row in value]
    if column == "figures":
        value = [f"{figure['kind']}={figure['value']}" for figure in value]
    if isinstance(value, dict) and "id" not in value:
        value = list(value)  # unknowns: the fields
    if not isinstance(value, list):
        value = [] if value is None else [value]
    names = [str(part["id"] if isinstance(part, dict) else part) for part in value]
    return "; ".join(dict.fromkeys(names))


def name_of(row, kind):
    return row[kind]["id"] if row[kind] else f'"{row["described_as"]}"'


# What tells all records nothing, or needs more than a cell.
ENVELOPE = {"schema_version", "kind"}
LEFT_OUT = {"action": {"dates", "notes", "citations"}, "source": {"published"}}


@pytest.mark.parametrize("kind", CSV_COLUMNS)
def test_every_other_field_has_a_column(kind):
    missing = set(DOCUMENT_SCHEMAS[kind].model_fields) - set(CSV_COLUMNS[kind])
    assert missing == ENVELOPE | LEFT_OUT.get(kind, set())


def test_dates_stand_in_columns(client, seed_dataset):
    _, text = download(client, "actions/", format="csv")
    for row, document in zip(table(text), listed(client, "actions/", {}), strict=True):
        dates = {date["kind"]: date for date in document["dates"]}
        for column in row:
            kind, _, end = column.rpartition("_")
            if end in ("earliest", "latest"):
                assert row[column] == (dates.get(kind, {}).get(end) or "")


@pytest.mark.parametrize(
    ("accept", "content"),
    [
        ("text/csv", "text/csv; charset=utf-8; header=present"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
    ],
)
def test_accept_chooses_the_format(client, seed_dataset, accept, content):
    response = client.get("/api/v1/agencies/", headers={"accept": accept})
    assert response["Content-Type"] == content
    assert "Accept" in response["Vary"]


def test_format_goes_before_accept(client, seed_dataset):
    asked = {"accept": "application/json"}
    response = client.get("/api/v1/agencies/", {"format": "csv"}, headers=asked)
    assert response["Content-Type"].startswith("text/csv")
    response = client.get("/api/v1/agencies/", {"format": "json"}, headers={"accept": "text/csv"})
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_file_is_named_after_its_version(client, seed_dataset, format):
    response, _ = download(client, "sources/", format=format)
    name = f"sources-{Revision.objects.version()}.{format}"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_head_has_the_headers_of_get(client, settled, seed_dataset, format):
    get, _ = download(client, "actions/", format=format)
    head = client.head("/api/v1/actions/", {"format": format})
    names = [dict(response.headers) for response in (get, head)]
    assert names[0].pop("X-Request-ID") != names[1].pop("X-Request-ID")
    assert names[0] == names[1]
    assert b"".join(head) == b""


def test_other_origins_may_read_the_number_of_rows(client, seed_dataset):
    asked = {"origin": "https://example.org"}
    response = client.get("/api/v1/actions/", {"format": "csv"}, headers=asked)
    exposed = response["Access-Control-Expose-Headers"].split(", ")
    assert {"Row-Count", "Dataset-Version", "Content-Disposition"} <= set(exposed)


REFUSED = [
    ("format=xml", "format: Choose one of: json, csv, ndjson."),
    ("format=CSV", "format: Choose one of: json, csv, ndjson."),
    ("format=", "format: The value is empty. Enter a value or remove the parameter."),
    ("format=csv&format=csv", "format: Specify this parameter only once."),
    ("format=csv&page_size=5", "page_size: Exports are not paginated; remove this parameter."),
    ("format=ndjson&cursor=x", "cursor: Exports are not paginated; remove this parameter."),
    ("format=csv&safe=yes", "safe: Use true or false."),
    ("safe=true", "safe: `safe` is only valid with format=csv."),
    ("format=ndjson&safe=true", "safe: `safe` is only valid with format=csv."),
    ("format=csv&labels=yes", "labels: Use true or false."),
    ("labels=true", "labels: `labels` is only valid with format=csv."),
    ("format=ndjson&labels=true", "labels: `labels` is only valid with format=csv."),
    ("format=csv&type=arest", "type: There is no arest. Did you mean arrest?"),
    (
        "format=csv&ordering=x",
        "ordering: Choose one of: -date, date, id, -published_at, published_at, relevance.",
    ),
    ("format=csv&as_of=2999-01-01", "as_of: Use a time that is not in the future."),
]


@pytest.mark.parametrize(("query", "detail"), REFUSED)
def test_what_makes_no_sense_of_a_file_is_refused(client, db, query, detail):
    response = client.get(f"/api/v1/actions/?{query}")
    assert (response.status_code, response.json()["detail"]) == (400, detail)
    assert response["Content-Type"] == "application/problem+json"


def test_pages_are_refused_when_accept_asks_for_a_file(client, db):
    response = client.get("/api/v1/actions/?page_size=5", headers={"accept": "text/csv"})
    assert response.json()["errors"][0]["parameter"] == "page_size"


@pytest.mark.parametrize("format", ["csv", "ndjson"])
@pytest.mark.parametrize("path", ["actions/count/", "actions/ban/", "terms/unit.act/"])
def test_only_lists_and_groups_are_files(client, db, path, format):
    response = client.get(f"/api/v1/{path}", {"format": format})
    assert response.json()["type"] == "/api/problems/unknown-parameter/"


def test_a_file_of_the_past_says_what_stood_then(client, seed_dataset):
    moment = Revision.objects.latest("id").published_at.isoformat()
    before, then = download(client, "actions/", format="ndjson", as_of=moment)
    publish.withdraw(
        Action.objects.get(slug="weibo-crypto-account-bans"),
        make.reviewer(),
        "Misread.",
    )
    after, still = download(client, "actions/", format="ndjson", as_of=moment)
    now, rows = download(client, "actions/", format="ndjson")
    assert (then, before["Row-Count"]) == (still, after["Row-Count"])
    assert int(now["Row-Count"]) == rows.count("\n") == int(before["Row-Count"]) - 1
    assert after["Dataset-Version"] == before["Dataset-Version"] != now["Dataset-Version"]
