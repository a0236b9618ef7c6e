"""Names, places and terms: what their forms take and refuse."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy.documents.reference import TermRow
from policy.models import Agency, Jurisdiction, Term
from tests import factories as make
from tests.admin_pages import admin_url, get_form_data, get_form_errors, login_client, save_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(db: None) -> Client:
    return login_client(make.curator())


def test_names_are_written_one_a_line(curator):
    row = make.agency("police", aliases=["MPS", "Ministry, the"])
    assert get_form_data(curator, admin_url(row))["aliases"] == ["MPS\r\nMinistry, the"]
    assert save_record(curator, row, aliases=" MPS \r\n\r\n公安部\r\n").status_code == 302
    assert Agency.objects.get().aliases == ["MPS", "公安部"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}}", "Not valid: not JSON at line 1, column 3: Extra data."),
        ("[1]", "Enter one JSON object: {…}."),
        ('{"a": "\\u0000"}', "Not valid: a: contains NUL or half of a surrogate pair."),
        ('{"a": NaN}', "Not valid: a: is not a finite number."),
        ("[" * 100_000, "Not valid: nested deeper than 32 levels."),
    ],
)
def test_json_that_cannot_be_kept_is_refused(text, message):
    root = login_client(User.objects.create_superuser("root"))
    row = make.term("type", "plan")
    page = root.post(admin_url(row), get_form_data(root, admin_url(row), crosswalk=text))
    assert get_form_errors(page) == [message]
    assert Term.objects.get(pk=row.pk).crosswalk == row.crosswalk


def test_a_term_lies_under_one_of_its_own_vocabulary():
    root = login_client(User.objects.create_superuser("root"))
    row, head = make.term("type", "plan"), make.term("type", "rule_making")
    sent = get_form_data(root, admin_url(row), parent="activity.crypto")
    assert get_form_errors(root.post(admin_url(row), sent)) == [
        "Choose a term of the same vocabulary."
    ]
    sent = get_form_data(root, admin_url(head), parent=row.pk)
    assert get_form_errors(root.post(admin_url(head), sent)) == [
        "A record cannot be its own ancestor."
    ]


def test_a_place_does_not_lie_in_itself():
    root = login_client(User.objects.create_superuser("root"))
    row = Jurisdiction.objects.get(pk="CN")
    sent = get_form_data(root, admin_url(row), parent="CN-QH")
    assert get_form_errors(root.post(admin_url(row), sent)) == [
        "A record cannot be its own ancestor."
    ]


SCHEME = {"vocabulary": "identifier_scheme", "code": "celex"}
HTTPS = "Enter an address that starts with https:// and contains {value}."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"pattern": "[0-9"},
            "Is no regular expression: unterminated character set at position 0.",
        ),
        (
            {"pattern": "a{99999999999}"},
            "Is no regular expression: the repetition number is too large.",
        ),
        ({"pattern": "x" * 201}, "Ensure this value has at most 200 characters (it has 201)."),
        ({"url_template": "http://example.org/{value}"}, HTTPS),
        ({"url_template": "https://example.org/"}, HTTPS),
    ],
)
def test_a_scheme_has_a_pattern_and_an_address_that_work(changes, message):
    root = login_client(User.objects.create_superuser("root"))
    row = make.term(**SCHEME)
    page = root.post(admin_url(row), get_form_data(root, admin_url(row), **changes))
    assert get_form_errors(page) == [message]
    assert TermRow.from_term(Term.objects.get(pk=row.pk)) == TermRow.from_term(row)


def test_a_scheme_is_saved_and_used_at_once(curator):
    root = login_client(User.objects.create_superuser("root"))
    row = make.term(**SCHEME)
    changes = {"pattern": "[a-z]+", "url_template": "https://example.org/{value}"}
    sent = get_form_data(root, admin_url(row), **changes)
    del sent["sum"]
    assert root.post(admin_url(row), sent).status_code == 302
    assert TermRow.from_term(Term.objects.get(pk=row.pk)) == {
        **TermRow.from_term(row),
        **changes,
        "sum": False,
    }
    agency = make.agency("police")
    assert save_record(curator, agency, identifiers="celex:abc").status_code == 302
    assert Agency.objects.get().identifiers == ["celex:abc"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"iso3": "chn"}, "Enter three capital letters, for example CHN."),
        ({"m49": "15"}, "Enter three digits, for example 156."),
        ({"m49": "1567"}, "Ensure this value has at most 3 characters (it has 4)."),
    ],
)
def test_codes_of_places_that_are_none_are_refused(changes, message):
    root = login_client(User.objects.create_superuser("root"))
    row = Jurisdiction.objects.get(pk="CN")
    page = root.post(admin_url(row), get_form_data(root, admin_url(row), **changes))
    assert message in get_form_errors(page)
    assert Jurisdiction.objects.filter(pk="CN").values().get() == {
        field.attname: getattr(row, field.attname) for field in Jurisdiction._meta.fields
    }


def test_codes_of_places_are_saved():
    root = login_client(User.objects.create_superuser("root"))
    row = Jurisdiction.objects.get(pk="CN")
    sent = get_form_data(root, admin_url(row), iso3="XYZ", m49="999")
    assert root.post(admin_url(row), sent).status_code == 302
    row = Jurisdiction.objects.get(pk="CN")
    assert (row.iso3, row.m49, row.name) == ("XYZ", "999", "China")
    assert root.post(admin_url(row), sent | {"iso3": "", "m49": ""}).status_code == 302
    assert Jurisdiction.objects.filter(pk="CN", iso3="", m49="").count() == 1


def test_curators_read_the_pattern_of_a_scheme(curator):
    page = curator.get(admin_url(make.term(**SCHEME))).content.decode()
    assert "For schemes and figures" in page
    assert "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:{value}" in page
