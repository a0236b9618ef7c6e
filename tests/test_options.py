"""OPTIONS on a list tells what it can be asked, and all that it tells can be asked."""

import pytest

from api.query import filtersets
from api.query.orderings import DATE_ORDERINGS
from policy.models import Term

pytestmark = pytest.mark.django_db

LISTS = {
    "actions": filtersets.ActionFilters,
    "agencies": filtersets.AgencyFilters,
    "entities": filtersets.EntityFilters,
    "sources": filtersets.SourceFilters,
    "jurisdictions": filtersets.JurisdictionFilters,
    "terms": filtersets.TermFilters,
}


def options(client, path):
    response = client.options(f"/api/v1/{path}/")
    assert response.status_code == 200
    assert response["Allow"] == "GET, HEAD, OPTIONS"
    return response.json()


@pytest.mark.parametrize("name", LISTS)
def test_list_tells_all_its_filters(client, name):
    told = options(client, name)
    assert list(told["filters"]) == list(LISTS[name].base_filters)
    for row in told["filters"].values():
        assert set(row) - {"choices"} == {"type", "lookup", "description", "example"}


def test_filters_carry_types_lookups_and_choices(client):
    told = options(client, "actions")["filters"]
    assert told["year"]["type"] == "integer"
    assert told["has_doubt"]["choices"] == ["true", "false"]
    assert told["occurred__within"]["lookup"] == "within"
    assert told["status"]["lookup"] == "exact"
    statuses = Term.objects.filter(vocabulary="status").order_by("position")
    assert told["status"]["choices"] == list(statuses.values_list("code", flat=True))
    assert "choices" not in told["jurisdiction"]
    assert "choices" not in told["q"]


def test_orderings_are_told(client):
    assert options(client, "actions")["orderings"] == list(DATE_ORDERINGS)


@pytest.mark.parametrize("name", LISTS)
def test_every_choice_can_be_asked(client, name):
    for parameter, row in options(client, name)["filters"].items():
        for choice in row.get("choices", [])[:3]:
            assert client.get(f"/api/v1/{name}/", {parameter: choice}).status_code == 200


@pytest.mark.parametrize("path", ["actions/count", "actions/one", "terms/unit.act"])
def test_other_addresses_have_no_filters(client, path):
    assert "filters" not in options(client, path)


def test_vocabularies_are_read_once(client, django_assert_num_queries):
    with django_assert_num_queries(1):  # the terms
        options(client, "actions")
