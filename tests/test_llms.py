"""The overview for language models: plain, and every address in it answers."""

import re

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(client):
    response = client.get("/llms.txt")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    return response.content.decode()


def links(told):
    return re.findall(r"\]\(([^)]+)\)", told)


def test_it_says_what_this_is_and_where(told, settings):
    assert told.startswith(f"# {settings.DATASET_TITLE}\n\n> ")
    assert "Base address: http://testserver/api/v1/\n" in told
    assert "&amp;" not in told
    assert "{" not in told


def test_every_address_in_it_answers(client, told):
    assert len(links(told)) == 7
    for link in links(told):
        assert client.get(link).status_code == 200, link


def test_its_five_questions_find_something(client, told, seed):
    questions = [link for link in links(told) if "?" in link]
    answers = [client.get(link).json() for link in questions]
    assert [len(a["groups"] if "groups" in a else a["results"]) > 0 for a in answers] == [True] * 5


def test_it_may_only_be_read(client):
    assert client.post("/llms.txt").status_code == 405
