"""A citation names one revision, with the digest of its bytes, in forms that programs read."""

import hashlib
import json
from datetime import UTC, datetime

import pytest

from policy.models import Revision
from tests import factories as make
from web.cite import RecordCitation

CITE = RecordCitation(
    "Events & Co",
    r"50% of {banks}: a_b #1 \ ~",
    "a-ban",
    3,
    datetime(2026, 11, 22, 23, 30, tzinfo=UTC),
    "ab" * 32,
    "https://example.org/actions/a-ban/revisions/3/",
)


def test_text_says_what_when_and_which_bytes():
    assert CITE.text == (
        r"Events & Co (2026). 50% of {banks}: a_b #1 \ ~. Record a-ban, revision 3, published "
        f"22 November 2026. SHA-256 {'ab' * 32}. https://example.org/actions/a-ban/revisions/3/"
    )


def test_bibtex_is_escaped():
    assert CITE.bibtex == (
        "@misc{a-ban-3,\n"
        "  author = {{Events \\& Co}},\n"
        "  title = {{50\\% of \\{banks\\}: a\\_b \\#1 \\textbackslash{} \\textasciitilde{}}},\n"
        "  year = {2026},\n"
        "  month = {11},\n"
        f"  note = {{Record a-ban, revision 3, SHA-256 {'ab' * 32}}},\n"
        "  url = {https://example.org/actions/a-ban/revisions/3/},\n"
        "}\n"
    )


@pytest.mark.django_db
def test_files_cite_the_bytes_that_the_api_serves(client):
    make.publish_new_action("ban")
    served = client.get("/api/v1/actions/ban/revisions/1/").content
    digest = hashlib.sha256(served).hexdigest()
    assert Revision.objects.get(record="ban").digest == digest
    base = "/actions/ban/revisions/1/citation"
    (csl,) = json.loads(client.get(f"{base}.json").content)
    assert csl["id"] == "ban@1"
    assert csl["type"] == "dataset"
    assert csl["URL"] == "http://testserver/actions/ban/revisions/1/"
    assert client.get(csl["URL"].removeprefix("http://testserver")).status_code == 200
    for form, kind in (
        ("txt", "text/plain; charset=utf-8"),
        ("bib", "application/x-bibtex; charset=utf-8"),
        ("json", "application/vnd.citationstyles.csl+json"),
    ):
        response = client.get(f"{base}.{form}")
        assert response["Content-Type"] == kind
        assert digest in response.content.decode()


@pytest.mark.django_db
def test_what_was_never_published_is_not_cited(client):
    make.action("draft")
    assert client.get("/actions/draft/revisions/1/citation.txt").status_code == 404
