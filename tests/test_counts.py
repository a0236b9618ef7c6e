"""Counts and groups are the list's own numbers."""

import re
from collections import Counter
from itertools import combinations

import pytest
from django.test import Client

from api.query import aggregate
from policy.documents.periods import main_date
from tests import folders
from tests.conftest import FIXTURES

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
FIELDS = list(aggregate.GROUP_BY_FACETS)
PAIRS = [f"{a},{b}" for a, b in combinations(FIELDS, 2) if {a, b} != {"year", "month"}]
EXACTLY = {
    name: facet for name, facet in aggregate.GROUP_BY_FACETS.items() if facet.endswith("_exactly")
}
QUERIES = [
    {},
    {"jurisdiction": "CN"},
    {"jurisdiction": "FR"},
    {"year": "2021"},
    {"month": "2021-06"},
    {"jurisdiction": "CN", "type": "enforcement"},
    {"activity": "mining", "unit": "act", "stance": "prohibit"},
    {"occurred__overlaps": "2021-06"},
    {"jurisdiction": "CN", "announced__within": "2021"},
    {"q": "mining"},
    {"agency_role": "issuer", "q": "ban -mining"},
    {"agency": "peoples-bank-of-china", "agency_role": "issuer"},
]


@pytest.fixture(scope="module")
def seed_dataset(shared):
    folders.load_folder(FIXTURES)


@pytest.fixture(scope="module")
def documents(seed_dataset):
    """The whole list, read once: nothing is written here."""
    return Client().get("/api/v1/actions/", {"page_size": 1000}).json()["results"]


def test_count_is_the_length_of_the_list(api, seed_dataset):
    for query in QUERIES:
        page = api("actions/", query, page_size=1000)
        expected = {"count": len(page["results"]), "version": page["meta"]["version"]}
        assert (query, api("actions/count/", query)) == (query, expected)


def test_other_records_are_counted_too(api, seed_dataset):
    for kind in ("agencies", "entities", "sources"):
        for query in ({}, {"q": "china"}):
            length = len(api(f"{kind}/", query, page_size=1000)["results"])
            assert (kind, query, api(f"{kind}/count/", query)["count"]) == (kind, query, length)


def test_list_links_to_its_count(client, seed_dataset):
    for query in QUERIES:
        asked = query | {"page_size": 1, "ordering": "id", "format": "json"}
        page = client.get("/api/v1/actions/", asked).json()
        rows = client.get("/api/v1/actions/", query | {"page_size": 1000}).json()["results"]
        assert (query, client.get(page["count"]).json()["count"]) == (query, len(rows))
        assert not re.search("page_size|ordering|cursor|format", page["count"])


def groups(api, **query):
    return api("actions/aggregate/", query)["groups"]


def values(document, field):
    """What a document itself says, apart from all facets."""
    main = main_date(document["dates"], document["schema_version"]) or {}
    first, last = main.get("earliest") or "first", main.get("latest") or "last"
    found = {
        "jurisdiction": {place["id"] for place in document["jurisdictions"]},
        "agency": {row["agency"]["id"] for row in document["agencies"] if row["agency"]},
        "activity": set(document["activities"]),
        "source": {citation["source"]["id"] for citation in document["citations"]},
        "year": {first[:4].lstrip("0")} if first[:4] == last[:4] else set(),
        "month": {first[:7]} if first[:7] == last[:7] else set(),
    }
    return found.get(field, {document.get(field)}) or {None}


def test_groups_are_what_the_documents_say(api, documents):
    for asked in (*FIELDS, *PAIRS):
        fields = asked.split(",")
        expected = Counter()
        for document in documents:
            first, second = ([*(values(document, name) for name in fields), {""}] * 2)[:2]
            expected.update((a, b)[: len(fields)] for a in first for b in second)
        found = {
            tuple(group["keys"][name] for name in fields): group["count"]
            for group in groups(api, group_by=asked)
            if group["count"]  # a period that only may have records has none for sure
        }
        assert (asked, found) == (asked, dict(expected))


@pytest.mark.parametrize("query", [{}, {"jurisdiction": "CN"}, {"q": "mining"}], ids=str)
def test_a_list_filtered_by_a_key_has_as_many_rows(api, seed_dataset, query):
    for field in FIELDS:
        found = {
            group["keys"][field]: group["count"] for group in groups(api, group_by=field, **query)
        }
        assert (field, bool(found)) == (field, True)
        for key in found.keys() - {None}:
            filtered = query | {EXACTLY.get(field, field): key}
            rows = len(api("actions/", filtered, page_size=1000)["results"])
            counted = api("actions/count/", filtered)["count"]
            assert (filtered, rows, counted) == (filtered, found[key], found[key])


def test_groups_of_single_values_add_up_to_the_total(api, seed_dataset):
    for field in ("type", "status", "stance", "attribution", "year", "month"):
        body = api("actions/aggregate/", group_by=field)
        assert sum(group["count"] for group in body["groups"]) == body["total"] == 24
