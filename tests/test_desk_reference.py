"""Names, places and terms: what their forms take and refuse."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

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
