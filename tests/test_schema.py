"""The API's description is whole, true and agreed: it is compared with a committed file."""

import pytest
from django.core.management import call_command

from api.openapi.examples import OPENAPI_EXAMPLES
from policy.documents.action_schema import ActionDocument
from policy.documents.build import serialize_document
from policy.documents.columns import describe_field
from policy.documents.facets import compute_facets
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.shape import ValidationContext
from policy.documents.validation import validate_document
from tests import factories as make
from tests.openapi_document import OPENAPI_FILE, parse_openapi

# Django's tests with a database run first: without this, the fixtures would be made twice.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    path = tmp_path_factory.mktemp("schema") / "openapi.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(path))
    return path.read_text()


@pytest.fixture(scope="module")
def description(schema):
    return parse_openapi(schema)


def test_schema_is_the_one_agreed(schema):
    if schema != OPENAPI_FILE.read_text():
        OPENAPI_FILE.with_suffix(".new.yml").write_text(schema)
        pytest.fail("The schema changed. Compare tests/openapi.new.yml and move it over the other.")


def test_every_parameter_has_words_and_an_example(description):
    paths = description["paths"]
    parameters = [p for path in paths.values() for p in path["get"].get("parameters", [])]
    assert len(parameters) > 60
    silent = [p["name"] for p in parameters if not p.get("description")]
    bare = [p["name"] for p in parameters if "examples" not in p["schema"]]
    assert silent == []
    assert set(bare) == {"cursor"}  # a cursor is taken from a page, never written


def test_every_field_has_words_and_an_example(description):
    schemas = description["components"]["schemas"]
    fields = [
        (f"{name}.{field}", value)
        for name, component in schemas.items()
        if not name.endswith("Page")
        for field, value in component.get("properties", {}).items()
    ]
    assert len(fields) > 100
    assert [name for name, value in fields if not described(value)] == []
    assert [name for name, value in fields if "examples" not in value] == []


def described(field):
    return field.get("description") or field.get("title")


def test_every_operation_has_words_and_names_its_errors(description):
    for path in description["paths"].values():
        operation = path["get"]
        assert operation["summary"]
        assert operation["description"]
        problems = {c for c, answer in operation["responses"].items() if c != "200"}
        assert {"400", "405", "406", "500"} <= problems


def test_record_may_be_merged_or_gone(description):
    for path, row in description["paths"].items():
        ends = {"301", "451"} & row["get"]["responses"].keys()
        record = path.endswith("/{id}/") and not path.startswith(("/api/v1/j", "/api/v1/t"))
        may_be_taken_down = record or path.endswith("/diff/")
        assert ends == {*(["301"] if record else []), *(["451"] if may_be_taken_down else [])}, path
        assert "410" in row["get"]["responses"]


def test_text_that_may_be_empty_is_described_once(description):
    """An empty text must not fit two of several shapes of which exactly one may fit."""
    schemas = description["components"]["schemas"]
    row, source = schemas["AgencyInAction"]["properties"], schemas["SourceDocument"]["properties"]
    assert "oneOf" not in row["described_as"]
    assert row["described_as"]["type"] == "string"
    blank = {"type": "string", "maxLength": 0}
    assert source["url"]["anyOf"] == [{"type": "string", "format": "uri", "maxLength": 1000}, blank]


LISTS = ("actions", "agencies", "entities", "sources", "jurisdictions", "terms")


@pytest.mark.parametrize("name", LISTS)
def test_list_answers_with_one_page(description, name):
    answer = description["paths"][f"/api/v1/{name}/"]["get"]["responses"]["200"]
    page = {"$ref": f"#/components/schemas/{name.title()}Page"}
    assert answer["content"]["application/json"]["schema"] == page


@pytest.mark.parametrize("kind", DOCUMENT_SCHEMAS)
def test_example_has_exactly_the_fields_of_its_document(kind):
    plural = {"action": "actions", "agency": "agencies", "entity": "entities", "source": "sources"}
    assert list(OPENAPI_EXAMPLES[plural[kind]]) == list(DOCUMENT_SCHEMAS[kind].model_fields)
    published = ValidationContext(published=True)
    example = OPENAPI_EXAMPLES[plural[kind]]
    assert validate_document(DOCUMENT_SCHEMAS[kind], example, published)[1] == []


def test_example_rows_have_exactly_the_fields_of_their_shapes():
    for name in ActionDocument.model_fields:
        field = describe_field(ActionDocument, name)
        if field.is_shape:
            example = OPENAPI_EXAMPLES["actions"][name]
            row = example[0] if isinstance(example, list) else example
            assert list(row) == list(field.type.model_fields), name


def test_published_document_has_the_fields_that_the_schema_names(description, api):
    row = make.publish_new_action("ban")
    properties = description["components"]["schemas"]["ActionDocument"]["properties"]
    assert list(api(f"actions/{row.slug}/")) == list(properties)


def test_docs_and_schema_come_from_here(client):
    page = client.get("/api/docs/").content.decode()
    assert "swagger-ui" in page
    assert "cdn." not in page
    assert "https://" not in page.replace("https://github.com", "")
    assert client.get("/api/schema/").status_code == 200


def test_example_can_be_found_by_its_facets():
    found = compute_facets(
        OPENAPI_EXAMPLES["actions"], {"CN-QH": ("CN",)}, {"type.shut_down": ("type.enforcement",)}
    )
    assert {("jurisdiction", "CN"), ("type", "enforcement"), ("year", "2021")} <= found
    assert serialize_document(OPENAPI_EXAMPLES["actions"])
