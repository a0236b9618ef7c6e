"""Every example in the schema is a request that works, asked of the seed dataset as it stands."""

from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

from api.openapi.examples import SEED_RECORD_IDS
from policy.models import RECORD_MODELS
from policy.models.revision import PLURAL_BY_KIND
from policy.publishing import publish
from tests import factories as make
from tests.conftest import FIXTURES

SCHEMA = yaml.safe_load((Path(__file__).parent / "openapi.yml").read_text(encoding="utf-8"))
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
    for path, operations in SCHEMA["paths"].items():
        parameters = operations["get"].get("parameters", [])
        places = {p["name"]: example(p) for p in parameters if p["in"] == "path"}
        asked = [p for p in parameters if p["in"] == "query" and p["name"] != "cursor"]
        required = {p["name"]: example(p) for p in asked if p.get("required")}
        yield path.format(**places), required, ""
        for parameter in asked:
            name = parameter["name"]
            query = required | TOGETHER.get(name, {}) | {name: example(parameter)}
            yield path.format(**places), query, name


CASES = [pytest.param(path, query, id=f"{path} {name}") for path, query, name in requests()]


@pytest.mark.parametrize(("address", "query"), CASES)
def test_example_works(client, address, query):
    past = "as_of" in query and address.split("/")[-2] in SEED_RECORD_IDS.values()  # it came later
    assert client.get(address, query).status_code == (404 if past else 200)
