"""Every example in the schema is a request that works, asked of the seed dataset as it stands."""

import pytest
from django.core.management import call_command

from api.openapi.examples import SEED_RECORD_IDS
from policy.models import RECORD_MODELS
from policy.models.revision import PLURAL_BY_KIND
from policy.publishing import publish
from tests import factories as make
from tests.conftest import FIXTURES
from tests.openapi_document import OPENAPI

TOGETHER = {"highlight": {"q": "mining"}, "safe": {"format": "csv"}}  # they need another one

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def dataset(shared):
    """The seed, and a second revision of what the examples name, so that it can be compared."""
    call_command("load_dataset", FIXTURES, verbosity=0)
    for kind, folder in PLURAL_BY_KIND.items():
        record = RECORD_MODELS[kind].objects.get(slug=SEED_RECORD_IDS[folder])
        setattr(record, "title" if hasattr(record, "title") else "name", "Renamed")
        record.save()
        publish.publish([record], by=make.reviewer(), reason="To compare.")


def example(parameter):
    return parameter["schema"]["examples"][0]


def requests():
    """(address, query, parameter) of each example, with what the operation requires."""
    for path, operations in OPENAPI["paths"].items():
        parameters = operations["get"].get("parameters", [])
        places = {p["name"]: example(p) for p in parameters if p["in"] == "path"}
        asked = [p for p in parameters if p["in"] == "query" and p["name"] != "cursor"]
        required = {p["name"]: example(p) for p in asked if p.get("required")}
        yield path.format(**places), required, ""
        for parameter in asked:
            name = parameter["name"]
            query = required | TOGETHER.get(name, {}) | {name: example(parameter)}
            yield path.format(**places), query, name


def expected_status(address, query):
    if "version" in query:
        return 410  # another history has this version
    past = "as_of" in query and address.split("/")[-2] in SEED_RECORD_IDS.values()  # it came later
    return 404 if past else 200


def test_examples_work(client):
    asked = list(requests())
    assert len(asked) > 400
    found = {(path, name): client.get(path, query).status_code for path, query, name in asked}
    wanted = {(path, name): expected_status(path, query) for path, query, name in asked}
    assert found == wanted
