"""What language models are told is true: every address in it answers."""

import re

from policy.documents.schema import DOCUMENT_SCHEMAS


def test_every_address_answers(seed, client):
    response = client.get("/llms.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    found = re.findall(r"\]\(http://testserver(\S+)\)", response.content.decode())
    assert len(found) == 10
    assert {path: client.get(path).status_code for path in found} == dict.fromkeys(found, 200)


def test_it_may_only_be_read(client):
    assert client.post("/llms.txt").status_code == 405


def test_every_name_in_it_exists(client):
    text = client.get("/llms.txt").content.decode()
    fields = {"earliest", "latest", "unknowns", "sort_date", "unit", "id", "revision"}
    assert {name for name in fields if f"`{name}`" in text} == fields
    assert {"unknowns", "sort_date", "unit", "id", "revision"} < set(
        DOCUMENT_SCHEMAS["action"].model_fields
    )
