"""Actions that state something of their parts, and the places that they are aimed at."""

import json
from typing import Any

import pytest
from django.test import Client

from desk.coding.evidence_badges import EvidenceBadge
from policy.documents.build import build_draft
from policy.documents.diff import diff_documents
from policy.models import Action, ActionDate, ActionTarget, Figure
from tests import factories as make
from tests.admin_pages import (
    admin_url,
    get_form_data,
    get_form_errors,
    get_row_errors,
    inline_row,
    inline_rows,
    login_client,
    save_record,
)

pytestmark = pytest.mark.django_db

DAY = {
    "kind": "date.occurred",
    "earliest": "2021-07-01",
    "latest": "2021-07-01",
    "precision": "precision.day",
    "basis": "basis.stated",
}
FIGURE = {"kind": "figure.sites_closed", "comparator": "comparator.about", "unit": "sites"}
NO_SLUG = "Use lower-case letters, digits and single hyphens."
SAME = "Please correct the duplicate values below."
SAME_DATE = "This action already has a date of this kind for this part."
SAME_FIGURE = "This action already has a figure of this kind for this part."
SAME_TARGET = "This action already has this target in this role."
WHOLE_DIGITS = "Ensure that there are no more than 18 digits before the decimal point."
DECIMALS = "Ensure that there are no more than 6 decimal places."
TOO_EXACT = "Use at most 15 digits in a number with a decimal point."


@pytest.fixture
def curator(db: None) -> Client:
    return login_client(make.curator())


@pytest.fixture
def ban(db: None) -> Action:
    return make.action("ban", source=make.source("article"), agency=make.agency("ministry"))


def added_dates(*rows: dict[str, str]) -> dict[str, Any]:
    """Return the form data of dates below the one that the action has."""
    data: dict[str, Any] = {"dates-TOTAL_FORMS": 1 + len(rows)}
    for number, row in enumerate(rows, 1):
        data |= inline_row("dates", number, **row)
    return data


def draft(row: Action) -> dict[str, Any]:
    return build_draft(Action.objects.get(pk=row.pk))


PARTS = added_dates(DAY | {"part": "list-1"}, DAY | {"part": "list-2"}) | inline_rows(
    "figures",
    FIGURE | {"value": "20.5"},
    FIGURE | {"value": "999999999999999999", "part": "list-1"},
    FIGURE | {"value": "0.000001", "part": "list-2"},
)
TARGETS = inline_rows(
    "targets",
    {"jurisdiction": "RU", "role": "target_role.target"},
    {"jurisdiction": "RU", "role": "target_role.origin"},
    {"jurisdiction": "CN-QH", "role": "target_role.destination"},
)


def test_parts_and_targets_are_saved(curator, ban):
    assert save_record(curator, ban, **PARTS, **TARGETS).status_code == 302
    body = draft(ban)
    assert [(row["kind"], row["part"], row["earliest"]) for row in body["dates"]] == [
        ("occurred", "", "2021-06-09"),
        ("occurred", "list-1", "2021-07-01"),
        ("occurred", "list-2", "2021-07-01"),
    ]
    assert [(row["part"], row["value"]) for row in body["figures"]] == [
        ("", 20.5),
        ("list-1", 999_999_999_999_999_999),
        ("list-2", 0.000001),
    ]
    assert body["targets"] == [
        {"jurisdiction": {"id": "RU", "name": "Russia"}, "role": "target"},
        {"jurisdiction": {"id": "RU", "name": "Russia"}, "role": "origin"},
        {"jurisdiction": {"id": "CN-QH", "name": "Qinghai"}, "role": "destination"},
    ]


def test_the_form_shows_what_was_saved_and_saving_it_again_changes_nothing(curator, ban):
    save_record(curator, ban, **PARTS, **TARGETS)
    before = draft(ban)
    shown = get_form_data(curator, admin_url(ban))
    assert [shown[f"figures-{number}-value"] for number in range(3)] == [
        ["20.5"],
        ["999999999999999999"],
        ["0.000001"],
    ]
    assert [shown[f"dates-{number}-part"] for number in range(3)] == [[""], ["list-1"], ["list-2"]]
    page = curator.get(admin_url(ban)).content.decode()
    assert '<span class="row-summary">Occurred: 2021-07-01 to 2021-07-01, list-1</span>' in page
    assert '<span class="row-summary">Russia (RU), Origin</span>' in page
    assert save_record(curator, ban).status_code == 302
    assert draft(ban) == before


REFUSED = {
    "a part that is no slug": (
        added_dates(DAY | {"part": "List 1"})
        | inline_rows("figures", FIGURE | {"value": "1", "part": "list_1"}),
        [NO_SLUG],
    ),
    "a part twice": (
        added_dates(DAY | {"part": "list-1"}, DAY | {"part": "list-1"})
        | inline_rows(
            "figures",
            FIGURE | {"value": "1", "part": "list-1"},
            FIGURE | {"value": "2", "part": "list-1"},
        ),
        [SAME, SAME_DATE, SAME_FIGURE],
    ),
    "the whole act twice": (added_dates(DAY), [SAME, SAME_DATE]),
    "a target twice": (
        inline_rows("targets", *[{"jurisdiction": "RU", "role": "target_role.target"}] * 2),
        [SAME, SAME_TARGET],
    ),
    "a role of another vocabulary": (
        inline_rows("targets", {"jurisdiction": "RU", "role": "agency_role.issuer"}),
        ["Select a valid choice. That choice is not one of the available choices."],
    ),
    "a target without a place": (
        inline_rows("targets", {"role": "target_role.target"}),
        ["This field is required."],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_leaves_the_action_as_it_was(curator, ban, name):
    changes, messages = REFUSED[name]
    before = draft(ban)
    assert get_form_errors(save_record(curator, ban, **changes)) == sorted(messages)
    assert draft(ban) == before


def test_numbers_with_too_many_digits_are_refused(curator, ban):
    values = {
        "1000000000000000000": [WHOLE_DIGITS],
        "0.0000001": [DECIMALS],
        "123456789012.123456": [TOO_EXACT],
        "12345678901234.5": [],
    }
    rows = [FIGURE | {"value": value, "part": f"part-{n}"} for n, value in enumerate(values)]
    page = save_record(curator, ban, **inline_rows("figures", *rows))
    assert get_row_errors(page, "figures") == list(values.values())
    assert not Figure.objects.exists()


# Keys


@pytest.fixture
def lists(ban: Action) -> Action:
    """An action with two dates and two figures of a kind, and a target."""
    day = {"earliest": "2021-07-01", "latest": "2021-07-31", "precision_id": "precision.month"}
    ActionDate.objects.create(
        action=ban, kind_id="date.occurred", part="list-1", basis_id="basis.stated", **day
    )
    figure = {"kind_id": "figure.sites_closed", "comparator_id": "comparator.about"}
    for part, value in (("", 20), ("list-1", 3)):
        Figure.objects.create(action=ban, part=part, value=value, unit="sites", **figure)
    ActionTarget.objects.create(action=ban, jurisdiction_id="RU", role_id="target_role.target")
    return ban


def test_each_row_has_a_badge_of_its_own(curator, lists):
    supports = [{"field": "dates/occurred/list-1", "basis": "derived", "reason": ""}]
    lists.citations.update(supports=supports)
    badges = curator.get(admin_url(lists)).context["live"].badges
    rows = ("targets-0", "dates-0", "dates-1", "figures-0", "figures-1")
    assert [badge.key for name in rows for badge in badges[name]] == [
        "targets/RU/target",
        "dates/occurred",
        "dates/occurred/list-1",
        "figures/sites_closed",
        "figures/sites_closed/list-1",
    ]
    assert [badges[name][0].lacks_citation for name in rows] == [True, True, False, True, True]


def test_scalars_that_may_be_empty_have_a_badge_only_with_a_value(curator, ban):
    Action.objects.filter(pk=ban.pk).update(instrument="Order", identifiers=["celex:32024R1689"])
    badges = curator.get(admin_url(ban)).context["live"].badges
    assert {name: badges[name] for name in ("instrument", "provision", "identifiers")} == {
        "instrument": [EvidenceBadge("instrument")],
        "provision": [],
        "identifiers": [EvidenceBadge("identifiers/celex:32024R1689", "celex:32024R1689")],
    }


def test_the_preview_has_targets_parts_and_identifiers(curator, ban):
    text = {"instrument": "Order", "provision": "Article 5", "identifiers": "celex:32024R1689"}
    sent = get_form_data(curator, admin_url(ban), **PARTS, **TARGETS, **text)
    live = curator.post(admin_url(ban, "live"), sent).context["live"]
    assert live.errors == []
    curator.post(admin_url(ban), sent)
    assert json.loads(live.text) == draft(ban)


def test_an_unknown_date_of_a_part_is_explained_under_its_key(curator, ban):
    words = {"kind": "date.adopted", "part": "list-1", "when": "unknown", "basis": "basis.stated"}
    sent = get_form_data(curator, admin_url(ban), **added_dates(words))
    readings = curator.post(admin_url(ban, "live"), sent).context["live"].date_readings
    assert [reading.unknown for reading in readings if reading.unknown] == ["dates/adopted/list-1"]


def test_the_claim_of_a_part_is_named_by_its_key(curator, lists):
    Figure.objects.filter(part="list-1").update(claimed_by="agencies/nobody")
    gaps = curator.get(admin_url(lists)).context["live"].gaps
    assert [tuple(gap) for gap in gaps if gap[0].startswith("figures/")] == [
        (
            "figures/sites_closed/list-1",
            "claimed_by: this record has no actor with the key agencies/nobody.",
        ),
        ("figures/sites_closed", "No citation supports this value. Add one."),
        ("figures/sites_closed/list-1", "No citation supports this value. Add one."),
    ]


def test_changes_are_named_by_the_keys_of_rows(lists):
    before = draft(lists)
    Figure.objects.filter(part="list-1").update(value=4)
    ActionDate.objects.filter(part="list-1").update(resolution="Counted.")
    ActionTarget.objects.update(role_id="target_role.origin")
    Action.objects.update(identifiers=["celex:32024R1689"])
    changes = [(row.field, row.before, row.after) for row in diff_documents(before, draft(lists))]
    assert [change for change in changes if not change[0].startswith("evidence")] == [
        ("targets/RU/origin/jurisdiction/id", None, "RU"),
        ("targets/RU/origin/jurisdiction/name", None, "Russia"),
        ("targets/RU/origin/role", None, "origin"),
        ("dates/occurred/list-1/resolution", None, "Counted."),
        ("figures/sites_closed/list-1/value", "3", "4"),
        ("identifiers/celex:32024R1689/scheme", None, "celex"),
        ("identifiers/celex:32024R1689/value", None, "32024R1689"),
        ("targets/RU/target/jurisdiction/id", "RU", None),
        ("targets/RU/target/jurisdiction/name", "Russia", None),
        ("targets/RU/target/role", "target", None),
    ]


# Cite for …

WORDS = "In July 2021, officials closed 3 sites from Russia."


def test_a_passage_is_cited_for_parts_and_targets(curator, lists):
    source = make.source("report", text=WORDS)
    make.attach_source_text(source, WORDS)
    path = f"{admin_url(source, 'cite')}?start=0&end={len(WORDS)}&action={lists.pk}"
    form = curator.get(path).context["form"]
    rows = {key: (value, basis.value()) for key, value, basis, _ in form.rows}
    keys = ("targets", "dates", "figures")
    assert {key: row for key, row in rows.items() if key.startswith(keys)} == {
        "targets/RU/target": ("", "stated"),
        "dates/occurred": ("2021-06-09", ""),
        "dates/occurred/list-1": ("2021-07-01 2021-07-31", "stated"),
        "figures/sites_closed": ("20 sites", ""),
        "figures/sites_closed/list-1": ("3 sites", "stated"),
    }
    assert curator.post(path, get_form_data(curator, path)).status_code == 302
    cited = {row["field"] for row in source.citations.get().supports}
    assert cited >= {"targets/RU/target", "dates/occurred/list-1", "figures/sites_closed/list-1"}
