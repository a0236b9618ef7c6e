"""A date that is resolved on an inferred day of publication is itself inferred."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from policy.models import Action, ActionDate, Citation, Source
from tests import factories as make
from tests.admin_pages import admin_url, get_form_data, login_client

pytestmark = pytest.mark.django_db

WORDS = "Chilean police arrested 20 people on Wednesday. It is banned since 9 May 2021."
REASON = "The day of publication is itself inferred."
OWN = {"title": "Police arrest 20", "slug": "arrests", "summary": "Ours.", "unit": "unit.act"}


@pytest.fixture
def curator(db: None) -> Client:
    return login_client(make.curator())


def article(basis: str) -> Source:
    source = make.source(
        "article",
        text=WORDS,
        published_earliest=date(2021, 6, 10),
        published_latest=date(2021, 6, 10),
        published_precision_id="precision.day",
        published_basis_id=f"basis.{basis}",
    )
    make.attach_source_text(source, WORDS)
    return source


def saved_date(client: Client, basis: str, words: str) -> dict[str, Any]:
    """Save the proposal for a passage, and return its date and the support of the date."""
    start = WORDS.index(words)
    query = f"?source={article(basis).pk}&start={start}&end={start + len(words)}"
    path = f"/admin/policy/action/add/{query}"
    assert client.post(path, get_form_data(client, path, **OWN)).status_code == 302
    row, supports = ActionDate.objects.get(), Citation.objects.get().supports
    (support,) = [support for support in supports if support["field"].startswith("dates/")]
    return support | {"of_row": row.basis_id, "resolution": row.resolution}


RELATIVE, ABSOLUTE = WORDS.split(". ")
RESOLVED = "“on Wednesday” in a source dated 10 June 2021."


@pytest.mark.parametrize("basis", ["stated", "derived"])
def test_a_relative_date_is_derived(curator, basis):
    assert saved_date(curator, basis, RELATIVE) == {
        "field": "dates/occurred",
        "basis": "derived",
        "reason": "",
        "of_row": "basis.derived",
        "resolution": RESOLVED,
    }


def test_a_relative_date_in_a_source_of_inferred_day_is_inferred(curator):
    assert saved_date(curator, "inferred", RELATIVE) == {
        "field": "dates/occurred",
        "basis": "inferred",
        "reason": REASON,
        "of_row": "basis.inferred",
        "resolution": f"{RESOLVED} {REASON}",
    }


def test_a_full_date_is_stated_all_the_same(curator):
    assert saved_date(curator, "inferred", ABSOLUTE) == {
        "field": "dates/announced",
        "basis": "stated",
        "reason": "",
        "of_row": "basis.stated",
        "resolution": "",
    }


@pytest.mark.parametrize(
    ("basis", "support"),
    [
        ("stated", {"basis": "derived", "reason": ""}),
        ("inferred", {"basis": "inferred", "reason": REASON}),
    ],
)
def test_citing_for_an_action_proposes_the_same(curator, basis, support):
    source, row = article(basis), make.action("arrests", type_id="type.arrest", place="CL")
    path = f"{admin_url(source, 'cite')}?start=0&end={len(RELATIVE)}&action={row.pk}"
    assert curator.post(path, get_form_data(curator, path)).status_code == 302
    supports = Citation.objects.get(source=source).supports
    assert {"field": "dates/occurred", **support} in supports
    assert [row["field"] for row in supports if row["reason"]] == (
        ["dates/occurred"] if basis == "inferred" else []
    )
    assert Action.objects.count() == 1
