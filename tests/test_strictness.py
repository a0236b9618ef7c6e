"""No route overlooks anything: made from the schema, for every route and parameter it has."""

from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml

from api import urls
from api.query import parameters

pytestmark = pytest.mark.django_db

SCHEMA = Path(__file__).with_name("openapi.yml")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PATHS = yaml.load(SCHEMA.read_text(encoding="utf-8"), LOADER)["paths"]
QUERY = {
    path: {p["name"]: p["schema"] for p in row["get"].get("parameters", []) if p["in"] == "query"}
    for path, row in PATHS.items()
}
EVERY = {name for known in QUERY.values() for name in known}
TAKING = [path for path, known in QUERY.items() if known]


def address(path):
    for parameter in PATHS[path]["get"].get("parameters", []):
        if parameter["in"] == "path":
            value = str(parameter["schema"]["examples"][0])
            path = path.replace(f"{{{parameter['name']}}}", value)
    return path


def refused(client, path, query):
    """The parameters that a 400 blames, and the kind of problem."""
    response = client.get(f"{address(path)}?{query}")
    assert response.status_code == 400, (path, query, response.status_code)
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    return problem["type"].split("/")[-2], [row["parameter"] for row in problem["errors"]]


def test_schema_has_every_route():
    assert len(PATHS) == len(urls.v1) == 31
    assert sum(map(len, QUERY.values())) > 200


@pytest.mark.parametrize("path", PATHS)
def test_what_only_other_routes_know_is_unknown(client, path):
    foreign = sorted(EVERY - set(QUERY[path]))
    query = "&".join(f"{name}=1" for name in foreign)
    assert refused(client, path, query) == ("unknown-parameter", foreign)


@pytest.mark.parametrize("path", PATHS)
def test_invented_parameter_is_unknown(client, path):
    for name in ("nosuch", "", "%20", "id", "%00", "%FF", "q%5B%5D", "__proto__"):
        kind, blamed = refused(client, path, f"{name}=1")
        assert (kind, len(blamed)) == ("unknown-parameter", 1)


@pytest.mark.parametrize("path", TAKING)
def test_name_is_taken_to_the_letter(client, path):
    for spell in (str.upper, str.title, " {}".format, "{}_".format, "{}[]".format):
        spelled = [spell(name) for name in QUERY[path]]
        query = urlencode(dict.fromkeys(spelled, "1"))
        assert refused(client, path, query) == ("unknown-parameter", spelled)


@pytest.mark.parametrize("path", TAKING)
def test_empty_value_is_refused(client, path):
    for name in QUERY[path]:
        assert refused(client, path, f"{name}=") == ("invalid-value", [name])
    for empty in ("", "=%20", "=%E2%80%83%09"):
        query = "&".join(f"{name}{empty}" for name in QUERY[path])
        assert refused(client, path, query) == ("invalid-value", list(QUERY[path]))


@pytest.mark.parametrize("path", TAKING)
def test_repeated_parameter_is_refused(client, path):
    for name, schema in QUERY[path].items():
        value = str(schema.get("examples", ["1"])[0])
        for again in (value, "other"):
            query = urlencode([(name, value), (name, again)])
            assert refused(client, path, query) == ("invalid-value", [name])


@pytest.mark.parametrize("path", TAKING)
def test_value_that_is_no_text_or_too_long_is_refused(client, path):
    for value in ("a%00b", "%FF", "x" * 501):
        query = "&".join(f"{name}={value}" for name in QUERY[path])
        assert refused(client, path, query) == ("invalid-value", list(QUERY[path]))


@pytest.mark.parametrize("path", [path for path in TAKING if "group_by" in QUERY[path]])
def test_required_parameter_is_missed(client, path):
    assert refused(client, path, "") == ("invalid-value", ["group_by"])


@pytest.mark.parametrize("path", TAKING)
def test_defaults_may_be_said(client, path):
    """Generated clients send them all."""
    known = QUERY[path]
    said = {name: schema["default"] for name, schema in known.items() if "default" in schema}
    answers = [client.get(f"{address(path)}?{urlencode(query)}") for query in (said, {})]
    assert len({answer.status_code for answer in answers}) == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_method_is_refused_before_its_parameters(client, path, method):
    response = getattr(client, method)(f"{address(path)}?nosuch=1")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("text", ["", "CN", "-date", "a b", "é&=+", "~._-", "中", "\n", "%41"])
def test_addresses_are_written_as_everywhere(text):
    assert parameters.encode_query([(text, text)]) == urlencode({text: text})
