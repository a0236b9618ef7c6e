"""Identifiers and classifications in forms: one a line, and each line is checked."""

from typing import Any

import pytest
from django.test import Client

from policy.documents.build import build_draft
from policy.models import RECORD_MODELS
from tests import factories as make
from tests.admin_pages import admin_url, get_form_data, get_form_errors, login_client, save_record

pytestmark = pytest.mark.django_db

SCHEMES = "The schemes are celex, eli, ecli, federal_register, docket, doi, wikidata, lei, ror."
CLASSIFICATIONS = "The schemes are hs, isic, nace, cpc, eccn."
CELEX = r"[0-9CE][0-9]{4}[A-Z]{1,2}[0-9]{4}(\([0-9]{2}\))?(-[0-9]{8})?"


@pytest.fixture
def curator(db: None) -> Client:
    return login_client(make.curator())


def draft(row: Any) -> dict[str, Any]:
    """Return what the form can change: the evidence is computed from it."""
    body = build_draft(type(row).objects.get(pk=row.pk))
    return {name: value for name, value in body.items() if name != "evidence"}


@pytest.mark.parametrize("kind", RECORD_MODELS)
def test_each_kind_of_record_has_them(curator, kind):
    row = getattr(make, kind)("record")
    typed = {
        "identifiers": " wikidata:Q42 \r\n\r\ndoi:10.1000/a:b;c\r\n",
        "classifications": "hs:8542\r\nhs:85",
    }
    assert save_record(curator, row, **typed).status_code == 302
    body = draft(row)
    assert body["identifiers"] == [
        {"scheme": "doi", "value": "10.1000/a:b;c"},
        {"scheme": "wikidata", "value": "Q42"},
    ]
    assert body["classifications"] == [
        {"scheme": "hs", "value": "85"},
        {"scheme": "hs", "value": "8542"},
    ]
    shown = get_form_data(curator, admin_url(row))
    assert shown["identifiers"] == ["doi:10.1000/a:b;c\r\nwikidata:Q42"]
    assert shown["classifications"] == ["hs:85\r\nhs:8542"]
    assert save_record(curator, row, identifiers="").status_code == 302
    assert draft(row) == body | {"identifiers": []}


@pytest.mark.parametrize(
    ("name", "text", "messages"),
    [
        (
            "identifiers",
            "celx:32024R1689",
            [
                "Line 1, “celx:32024R1689”: The vocabulary identifier_scheme has no term celx. "
                f"Did you mean celex? {SCHEMES}"
            ],
        ),
        (
            "identifiers",
            "doi:10.1000/a\nhs:8542",
            [
                "Line 2, “hs:8542”: The vocabulary identifier_scheme has no term hs. " + SCHEMES,
            ],
        ),
        (
            "identifiers",
            "doi:10.1000/a\n\ncelex:2024",
            [
                f"Line 3, “celex:2024”: Is no value of the scheme celex: values must match {CELEX}",
            ],
        ),
        (
            "identifiers",
            "celex: 32024R1689",
            ["Line 1, “celex: 32024R1689”: Must not contain white space."],
        ),
        ("identifiers", "doi:", ["Line 1, “doi:”: Must not be empty."]),
        (
            "identifiers",
            "32024R1689",
            [f"Line 1, “32024R1689”: Write a scheme, a colon and a value. {SCHEMES}"],
        ),
        (
            "identifiers",
            "doi:10.1000/a\nwikidata:Q42\n doi:10.1000/a",
            ["Line 3, “doi:10.1000/a”: Is the same as line 1. Remove one of them."],
        ),
        (
            "identifiers",
            "docket:" + "x" * 121,
            [f"Line 1, “docket:{'x' * 121}”: Use at most 120 characters."],
        ),
        ("identifiers", "doi:10.1000/\0", ["Null characters are not allowed."]),
        (
            "classifications",
            "isco:85\nhs:8\nnace",
            [
                "Line 1, “isco:85”: The vocabulary classification_scheme has no term isco. "
                f"Did you mean isic? {CLASSIFICATIONS}",
                "Line 2, “hs:8”: Is no value of the scheme hs: values must match "
                "[0-9]{2}([0-9]{2}([0-9]{2})?)?",
                f"Line 3, “nace”: Write a scheme, a colon and a value. {CLASSIFICATIONS}",
            ],
        ),
    ],
)
def test_lines_that_are_refused_are_named_and_nothing_is_saved(curator, name, text, messages):
    row = make.agency("police", identifiers=["wikidata:Q42"])
    before = draft(row)
    page = save_record(curator, row, name="Another", **{name: text})
    assert get_form_errors(page) == messages
    assert draft(row) == before


def test_the_form_lists_the_schemes(curator):
    fields = curator.get(admin_url(make.source())).context["adminform"].form.fields
    assert {name: fields[name].help_text for name in ("identifiers", "classifications")} == {
        "identifiers": "What others call it: a scheme and a value, for example celex:32024R1689. "
        "One per line. Schemes: celex, eli, ecli, federal_register, docket, doi, wikidata, lei, "
        "ror.",
        "classifications": "What it is about: a scheme and a code, for example hs:8542. "
        "One per line. Schemes: hs, isic, nace, cpc, eccn.",
    }
