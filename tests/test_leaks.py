"""Nothing unpublished is ever served: poison the drafts, crawl every address, find no trace."""

import json
import re
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from policy import audit
from policy.models import RECORD_MODELS, SourceText
from policy.publishing import publish, review
from tests import factories as make
from tests import folders
from tests.conftest import FIXTURES
from tests.sentinel import PART_MODELS, SENTINEL, add_sentinel_review, write_sentinel_everywhere
from tests.test_seed import PLURALS

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql, pytest.mark.slow]

FORMS = ("txt", "bib", "json")


@pytest.fixture(scope="module")
def poisoned(shared):
    """The seed dataset, published, then every text of the drafts replaced, and drafts beside."""
    folders.load_folder(FIXTURES)
    publish_under_their_names()
    write_sentinel_everywhere()
    draft = make.action(
        f"{SENTINEL}-draft", title=SENTINEL, agency=make.agency(f"{SENTINEL}-agency")
    )
    add_sentinel_review(draft)
    make.entity(f"{SENTINEL}-entity", name=SENTINEL)
    assert draft.citations.exists()


def publish_under_their_names() -> None:
    """A revision whose editor and reviewer never chose to be named."""
    curator = make.user(f"{SENTINEL}-curator", "Curator")
    row = RECORD_MODELS["agency"].objects.first()
    before = audit.reload_draft(row)
    row.description = "What its name says."
    row.save()
    audit.record_edit(row, curator, before)
    review.request_review(row, curator, SENTINEL)
    publish.publish([row], make.user(f"{SENTINEL}-reviewer", "Reviewer"), "Told more.")


def addresses() -> list[str]:
    """Every address of the schema with every published id, and the pages of the site."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    client, found = Client(), ["/", "/api/schema/", "/api/docs/", "/nosuch/"]
    ids = {
        name: [row["id"] for row in client.get(f"/api/v1/{name}/?page_size=20").json()["results"]]
        for name in ("actions", "agencies", "entities", "sources", "jurisdictions", "terms")
    }
    for path, operation in schema["paths"].items():
        name = path.split("/")[3]
        asked = required(operation["get"].get("parameters", []))
        for id in ids.get(name, [""]) if "{id}" in path else [""]:
            found.append(path.replace("{id}", id).replace("{number}", "1") + asked)
    records = ("actions", "agencies", "entities", "sources")
    found += [f"/api/v1/{name}/?format={form}" for name in records for form in ("csv", "ndjson")]
    found += [f"/api/v1/actions/{id}/diff/?from=1&to=1" for id in ids["actions"]]
    shaped = ("fields=id,title", "omit=title", "include=agencies,entities,sources,related")
    found += [f"/api/v1/actions/?page_size=1000&{query}" for query in shaped]
    found += [f"/api/v1/actions/{id}/?{query}" for id in ids["actions"] for query in shaped]
    feed = "/api/v1/changes/?include=document"
    found += [f"{feed}&page_size=1000", f"{feed}&format=ndjson"]
    return found + list(pages(ids))


def pages(ids: dict[str, list[str]]) -> Iterator[str]:
    """The readers' pages, of every published id."""
    yield from ("/actions/", "/codebook/", "/robots.txt", "/llms.txt")
    yield from ("/sitemap.xml", "/sitemap-pages.xml")
    for kind, plural in PLURALS.items():
        yield f"/sitemap-{kind}.xml"
        yield from (f"/{plural}/{id}/" for id in ids[plural])
    for id in ids["actions"]:
        yield f"/actions/{id}/revisions/"
        yield f"/actions/{id}/revisions/1/"
        yield from (f"/actions/{id}/revisions/1/citation.{form}" for form in FORMS)
    yield from (f"/jurisdictions/{code}/" for code in (*ids["jurisdictions"], "CN", "CN-QH", "SV"))


def required(parameters: list[dict]) -> str:
    """A query with an example of every parameter that must be given."""
    asked = [p for p in parameters if p["in"] == "query" and p.get("required")]
    return "".join(f"?{p['name']}={p['schema']['examples'][0]}" for p in asked)


FILTERED = [
    "actions/?",
    "actions/?format=csv&",
    "actions/?format=ndjson&",
    "actions/count/?",
    "actions/aggregate/?group_by=agency,source&",
    "actions/aggregate/?group_by=jurisdiction,activity&sum=persons_arrested&",
]


def filters() -> list[str]:
    """Every parameter of the list of actions, asked for the poison; tests/test_no_trace.py asks
    for whatever else there is."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    names = [p["name"] for p in schema["paths"]["/api/v1/actions/"]["get"]["parameters"]]
    return [f"/api/v1/{path}{name}={SENTINEL}" for path in FILTERED for name in names]


def body_of(response) -> str:
    return (b"".join(response) if response.streaming else response.content).decode()


def test_no_address_serves_the_workbench(poisoned):
    client = Client()
    served = [(address, client.get(address)) for address in addresses()]
    assert len(served) > 100
    for address, response in served:
        head = " ".join(f"{name}: {value}" for name, value in response.headers.items())
        assert SENTINEL not in body_of(response), address
        assert SENTINEL not in head, address
        assert response.status_code in (200, 404), address


def test_no_filter_or_search_finds_the_workbench(poisoned):
    client = Client()
    for address in filters():
        response = client.get(address)
        assert response.status_code in (200, 400), address
        if response.status_code == 200:
            body = re.sub(r'"(next|count)":"[^"]*"', "", body_of(response))
            assert SENTINEL not in body, address
            assert nothing(response, body), address


def nothing(response, body: str) -> bool:
    """Whether a list, a file, a count or groups hold no record."""
    if "Row-Count" in response:
        return response["Row-Count"] == "0" and body.count("\n") <= 1
    answer = response.json()
    return answer.get("results", answer.get("count", answer.get("groups"))) in ([], 0)


def test_draft_answers_like_an_id_that_never_was(poisoned, client):
    draft = client.get(f"/api/v1/actions/{SENTINEL}-draft/")
    nothing = client.get("/api/v1/actions/never-was/")
    assert draft.status_code == nothing.status_code == 404
    said, expected = draft.json(), nothing.json()
    assert said.pop("request_id") != expected.pop("request_id")
    assert json.dumps(said).replace(f"{SENTINEL}-draft", "never-was") == json.dumps(expected)
    history = client.get(f"/api/v1/actions/{SENTINEL}-draft/revisions/")
    assert history.status_code == 404


def test_dump_holds_nothing_of_the_workbench(poisoned, tmp_path):
    call_command("dump_dataset", tmp_path, verbosity=0)
    assert all(SENTINEL not in path.read_text() for path in tmp_path.iterdir())


def test_windows_read_no_workbench_table(poisoned):
    tables = {m._meta.db_table for m in [*RECORD_MODELS.values(), *PART_MODELS, SourceText]}
    seen: list[str] = []

    def note(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    client = Client()
    with connection.execute_wrapper(note):
        for address in addresses():
            assert body_of(client.get(address))
    used = {table for sql in seen for table in re.findall(r'"(policy_\w+)"', sql)}
    assert len(seen) > 100
    assert used & tables == set()
