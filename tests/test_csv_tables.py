"""Groups, terms and jurisdictions as CSV: the same rows as in JSON, with the headers of exports."""

import json
from urllib.parse import parse_qsl

import pytest

from api.query.aggregate import AggregateQuery
from api.query.csv_files import Table, build_aggregate_table, iter_table
from policy.models import Figure, Jurisdiction, Revision, Term
from tests import factories as make
from tests.api_requests import get_json
from tests.test_exports import download, table

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
GROUPS = "actions/aggregate/"
FILES = {
    "terms/": {},
    "jurisdictions/": {"parent": "CN"},
    GROUPS: {"group_by": "type"},
}
NAMES = {"terms/": "terms", "jurisdictions/": "jurisdictions", GROUPS: "actions-aggregate"}


@pytest.fixture(scope="module")
def raids(shared):
    rows = [make.action(f"a-{n}", type_id="type.arrest", place="CN-QH") for n in range(3)]
    rows.append(make.action("none", type_id=None))
    rows[3].unknowns.create(field="type", reason="Several.")
    for row, (value, comparator, unit) in zip(
        rows,
        [(20, "exactly", "persons"), (5.5, "at_least", "persons"), (3, "exactly", "groups")],
        strict=False,
    ):
        Figure.objects.create(
            action=row,
            kind_id="figure.persons_arrested",
            value=value,
            comparator_id=f"comparator.{comparator}",
            unit=unit,
        )
        where = row.citations.get().source
        row.citations.all().delete()
        make.cite(row, where)
    make.publish_all(*rows)


def flat(value):
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "; ".join(value)
    return "" if value is None else str(value)


def all_rows(path, query):
    rows, page = [], get_json(f"/api/v1/{path}", {"page_size": 1000, **query})
    while page["next"]:
        rows += page["results"]
        page = get_json(page["next"])
    return rows + page["results"]


@pytest.mark.parametrize(
    ("path", "query", "model"),
    [
        ("terms/", {}, Term),
        ("terms/", {"ordering": "id", "vocabulary": "type"}, None),
        ("jurisdictions/", {}, Jurisdiction),
        ("jurisdictions/", {"parent": "CN", "kind": "subdivision"}, None),
    ],
)
def test_a_reference_table_has_the_rows_of_its_list(client, db, path, query, model):
    expected = [{k: flat(v) for k, v in row.items()} for row in all_rows(path, query)]
    response, text = download(client, path, query, format="csv")
    assert table(text) == expected
    assert response["Row-Count"] == str(len(expected))
    assert model is None or len(expected) == model.objects.count()


def test_an_empty_table_has_its_columns(client, db):
    _, text = download(client, "jurisdictions/", format="csv", q="Atlantis")
    (row, *_) = get_json("/api/v1/jurisdictions/")["results"]
    assert text == ",".join(row) + "\r\n"
    _, text = download(client, GROUPS, format="csv", group_by="type,year", sum="persons_arrested")
    sums = "sum,sum_unit,sum_at_least,sum_comparators,sum_records"
    head, _, tail = text.partition(",count,")
    assert (head, tail.endswith(f"{sums}\r\n")) == ("type,type_label,year,year_label", True)


def test_groups_have_their_keys_labels_and_numbers(client, raids):
    query = {"group_by": "type,jurisdiction"}
    response, text = download(client, GROUPS, query, format="csv")
    groups = get_json(f"/api/v1/{GROUPS}", query)["groups"]
    expected = [
        {
            "type": flat(group["keys"]["type"]),
            "type_label": flat(group["labels"]["type"]),
            "jurisdiction": group["keys"]["jurisdiction"],
            "jurisdiction_label": group["labels"]["jurisdiction"],
            **{name: flat(value) for name, value in group.items() if isinstance(value, int)},
        }
        for group in groups
    ]
    assert table(text) == expected
    assert [row["count"] for row in expected] == ["3", "1"]
    assert response["Row-Count"] == "2"


def test_sums_have_a_row_for_each_unit(client, raids):
    query = {"group_by": "type", "sum": "persons_arrested"}
    response, text = download(client, GROUPS, query, format="csv")
    names = ("type", "count", "sum", "sum_unit", "sum_at_least", "sum_comparators", "sum_records")
    assert [tuple(row[name] for name in names) for row in table(text)] == [
        ("arrest", "3", "3", "groups", "false", "exactly", "1"),
        ("arrest", "3", "25.5", "persons", "true", "at_least; exactly", "2"),
        ("", "1", "", "", "", "", ""),
    ]
    assert response["Row-Count"] == "3"


def test_every_number_of_a_group_is_a_column():
    group = {"labels": {"year": "2021"}, "count": 3, "acts": 2, "share": 0.5, "note": "x"}
    groups = [{"keys": {"year": "2021"}, **group}, {"keys": {"year": None}, **group, "more": 1}]
    groups[1]["labels"] = {"year": None}
    columns, rows = build_aggregate_table(AggregateQuery(["year"], None), {"groups": groups})
    assert columns == ["year", "year_label", "count", "acts", "share", "more"]
    assert rows == [["2021", "2021", 3, 2, 0.5, None], [None, None, 3, 2, 0.5, 1]]


@pytest.mark.parametrize(
    ("safe", "expected"),
    [
        (False, 'a,b\r\n=1,"{""x"":""é""}"\r\n,true\r\n'),
        (True, '\ufeffa,b\r\n\'=1,"{""x"":""é""}"\r\n,true\r\n'),
    ],
)
def test_cells_of_tables(safe, expected):
    content = Table(["a", "b"], [["=1", {"x": "é"}], [None, True]])
    assert b"".join(iter_table(content, safe)).decode() == expected


@pytest.mark.parametrize("path", FILES)
def test_a_safe_table_begins_with_a_byte_order_mark(client, db, path):
    _, plain = download(client, path, FILES[path], format="csv")
    _, safe = download(client, path, FILES[path], format="csv", safe="true")
    assert (plain[0] != "\ufeff", safe) == (True, f"\ufeff{plain}")


@pytest.mark.parametrize("path", FILES)
def test_tables_have_the_headers_of_exports(client, raids, settled, path):
    asked = {**FILES[path], "format": "csv"}
    response, text = download(client, path, asked)
    version = Revision.objects.version()
    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response["Cache-Control"] == "no-store"
    assert response["Dataset-Version"] == str(version)
    name = f"{NAMES[path]}-{version}.csv"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    head = client.head(f"/api/v1/{path}", asked)
    for name in ("ETag", "Last-Modified", "Row-Count", "Vary"):
        assert head[name] == response[name]
    assert b"".join(head) == b""
    again = client.get(f"/api/v1/{path}", asked, headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(f"/api/v1/{path}", FILES[path])
    assert other["ETag"] != response["ETag"]
    chosen = client.get(f"/api/v1/{path}", FILES[path], headers={"accept": "text/csv"})
    assert b"".join(chosen).decode() == text
    assert "Accept" in chosen["Vary"]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("format=ndjson", "format: Choose one of: json, csv."),
        ("format=CSV", "format: Choose one of: json, csv."),
        ("format=csv&safe=yes", "safe: Use true or false."),
        ("safe=true", "safe: `safe` is only valid with format=csv."),
    ],
)
@pytest.mark.parametrize("path", FILES)
def test_what_makes_no_sense_of_a_table_is_refused(client, db, path, query, detail):
    response = client.get(f"/api/v1/{path}", FILES[path] | dict(parse_qsl(query)))
    assert (response.status_code, response.json()["detail"]) == (400, detail)


@pytest.mark.parametrize("path", ["terms/", "jurisdictions/"])
def test_pages_of_a_table_are_refused(client, db, path):
    response = client.get(f"/api/v1/{path}", {"format": "csv", "page_size": 5})
    detail = "page_size: Exports are not paginated; remove this parameter."
    assert (response.status_code, response.json()["detail"]) == (400, detail)


@pytest.mark.parametrize("path", FILES)
def test_other_formats_are_not_acceptable(client, db, path):
    asked = {"accept": "application/x-ndjson"}
    response = client.get(f"/api/v1/{path}", FILES[path], headers=asked)
    assert response.json()["type"] == "/api/problems/not-acceptable/"
