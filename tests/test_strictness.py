"""No route overlooks anything: made from the schema, for every route and parameter it has."""

from urllib.parse import urlencode

import pytest

from api import urls
from api.query import parameters
from tests.openapi_document import OPENAPI

pytestmark = pytest.mark.django_db

PATHS = OPENAPI["paths"]
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


def refusal(client, path, query):
    """The kind of problem, and the parameters that a 400 blames. Anything else fails."""
    response = client.get(f"{address(path)}?{query}")
    asked = (path, query, response.status_code, response["Content-Type"])
    assert asked == (path, query, 400, "application/problem+json")
    problem = response.json()
    return problem["type"].split("/")[-2], [row["parameter"] for row in problem["errors"]]


def test_schema_has_every_route():
    assert len(PATHS) == len(urls.v1) == 32
    assert sum(map(len, QUERY.values())) > 200


def test_what_only_other_routes_know_is_unknown(client):
    foreign = {path: sorted(EVERY - set(QUERY[path])) for path in PATHS}
    found = {
        path: refusal(client, path, "&".join(f"{name}=1" for name in names))
        for path, names in foreign.items()
    }
    assert found == {path: ("unknown-parameter", names) for path, names in foreign.items()}


def test_invented_parameter_is_unknown(client):
    for path in PATHS:
        for name in ("nosuch", "", "%20", "id", "%00", "%FF", "q%5B%5D", "__proto__"):
            kind, blamed = refusal(client, path, f"{name}=1")
            assert (path, name, kind, len(blamed)) == (path, name, "unknown-parameter", 1)


def test_name_is_taken_to_the_letter(client):
    for path in TAKING:
        for spell in (str.upper, str.title, " {}".format, "{}_".format, "{}[]".format):
            spelled = [spell(name) for name in QUERY[path]]
            found = refusal(client, path, urlencode(dict.fromkeys(spelled, "1")))
            assert (path, found) == (path, ("unknown-parameter", spelled))


def test_empty_value_is_refused(client):
    for path in TAKING:
        for name in QUERY[path]:
            found = refusal(client, path, f"{name}=")
            assert (path, found) == (path, ("invalid-value", [name]))
        for empty in ("", "=%20", "=%E2%80%83%09"):
            found = refusal(client, path, "&".join(f"{name}{empty}" for name in QUERY[path]))
            assert (path, empty, found) == (path, empty, ("invalid-value", list(QUERY[path])))


def test_repeated_parameter_is_refused(client):
    for path in TAKING:
        for name, schema in QUERY[path].items():
            value = str(schema.get("examples", ["1"])[0])
            for again in (value, "other"):
                found = refusal(client, path, urlencode([(name, value), (name, again)]))
                assert (path, found) == (path, ("invalid-value", [name]))


def test_value_that_is_no_text_or_too_long_is_refused(client):
    for path in TAKING:
        for value in ("a%00b", "%FF", "x" * 501):
            found = refusal(client, path, "&".join(f"{name}={value}" for name in QUERY[path]))
            assert (path, value, found) == (path, value, ("invalid-value", list(QUERY[path])))


def test_required_parameter_is_missed(client):
    (path,) = [path for path in TAKING if "group_by" in QUERY[path]]
    assert refusal(client, path, "") == ("invalid-value", ["group_by"])


def test_defaults_may_be_said(client):
    """Generated clients send them all."""
    differing = []
    for path in TAKING:
        known = QUERY[path]
        said = {name: schema["default"] for name, schema in known.items() if "default" in schema}
        answers = [client.get(f"{address(path)}?{urlencode(query)}") for query in (said, {})]
        if len({answer.status_code for answer in answers}) > 1:
            differing.append(path)
    assert differing == []


def test_method_is_refused_before_its_parameters(client):
    found = {}
    for path in PATHS:
        for method in ("post", "put", "patch", "delete", "trace"):
            response = getattr(client, method)(f"{address(path)}?nosuch=1")
            found[path, method] = (response.status_code, response.get("Allow"))
    assert found == dict.fromkeys(found, (405, "GET, HEAD, OPTIONS"))
    assert len(found) == 5 * len(PATHS)


@pytest.mark.parametrize("text", ["", "CN", "-date", "a b", "é&=+", "~._-", "中", "\n", "%41"])
def test_addresses_are_written_as_everywhere(text):
    assert parameters.encode_query([(text, text)]) == urlencode({text: text})
