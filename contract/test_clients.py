"""Clients made from the schema alone read the whole dataset, and find what SQL finds."""

import importlib
import json
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from django.db import connection

from contract.tools import FOLDER, HERE, SCHEMA, install, run, tool
from contract.values import KINDS

SIZE = 7  # rows on a page: the seed dataset fills several, and the last one not quite
LARGE = 1000  # for thousands of places
STANDING = """
    SELECT record FROM policy_revision
    WHERE kind = %s AND superseded_at IS NULL AND event IN ('publish', 'revise')
"""
TABLES = {
    "jurisdictions": "SELECT code FROM policy_jurisdiction",
    "terms": "SELECT vocabulary || '.' || code FROM policy_term",
}


@pytest.fixture
def expected(live):
    """Sorted ids of every list, as SQL has them."""
    with connection.cursor() as cursor:
        found = {name: ids(cursor, STANDING, [kind]) for name, kind in KINDS.items()}
        found |= {name: ids(cursor, query, []) for name, query in TABLES.items()}
    assert {name: len(rows) > SIZE for name, rows in found.items()} == {
        **dict.fromkeys(found, True),
        "agencies": False,
        "sources": False,
    }
    return found


def ids(cursor, query, values):
    cursor.execute(query, values)
    return sorted(row[0] for row in cursor.fetchall())


@pytest.mark.django_db
def test_schema_is_the_one_that_is_served(client):
    served = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi"})
    assert yaml.safe_load(served.content) == yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


def in_order(found):
    return {name: sorted(rows) for name, rows in found.items()}


def test_typescript_client_reads_everything(live, expected):
    install()
    for name in ("client.mts", "tsconfig.json"):
        shutil.copy(HERE / name, FOLDER)
    tool("openapi-typescript", SCHEMA, "-o", "api.d.ts")
    tool("tsc", "-p", "tsconfig.json")
    found = json.loads(run("node", "out/client.mjs", live, str(SIZE)))
    assert in_order(found) == expected


@pytest.fixture
def client_package(tmp_path, monkeypatch):
    """A Python package, generated."""
    target = tmp_path / "generated_client"
    openapi = ["--path", str(SCHEMA), "--meta", "none", "--output-path", str(target)]
    run("openapi-python-client", "generate", "--fail-on-warning", *openapi)
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module("generated_client")


def operation(noun, name):
    return importlib.import_module(f"generated_client.api.{noun}.{noun}_{name}").sync


def pages(client, noun, size):
    """The ids of all pages, from first to last."""
    cursor = {}
    while True:
        page = operation(noun, "list")(client=client, page_size=size, **cursor)
        yield from (row.id for row in page.results)
        if page.next_ is None:
            return
        cursor = {"cursor": parse_qs(urlsplit(page.next_).query)["cursor"][0]}


def test_python_client_reads_everything(live, expected, client_package):
    with client_package.Client(base_url=live, raise_on_unexpected_status=True) as client:
        found = {
            noun: list(pages(client, noun, LARGE if noun == "jurisdictions" else SIZE))
            for noun in expected
        }
        assert in_order(found) == expected
        for noun, kind in KINDS.items():
            counted = operation(noun, "count")(client=client)
            assert counted.count == len(expected[noun])
            for record in expected[noun]:
                document = operation(noun, "retrieve")(record, client=client)
                assert (document.id, document.revision) == (record, 1), kind


def test_python_client_reads_mistakes_as_problems(live, client_package):
    problem = importlib.import_module("generated_client.models.problem").Problem
    with client_package.Client(base_url=live, raise_on_unexpected_status=True) as client:
        wrong = operation("actions", "list")(client=client, type_="nosuch")
        none = operation("actions", "retrieve")("nosuch", client=client)
        gone = operation("actions", "retrieve")("withdrawn", client=client)
    assert [type(answer) for answer in (wrong, none, gone)] == [problem] * 3
    assert [answer.status for answer in (wrong, none, gone)] == [400, 404, 410]
    assert wrong.errors[0].parameter == "type"
    assert gone.reason == "It may not have happened."
