"""What curators write reaches the records as meant, and slips are said in the form."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from desk.base.record_form import EDIT_CONFLICT
from policy.documents.build import build_draft
from policy.models import RECORD_MODELS, Action, ActionAgency, ActionDate, Agency, AuditEvent
from tests import factories as make
from tests.admin_pages import (
    PageForm,
    admin_url,
    get_form_data,
    get_form_errors,
    get_messages,
    inline_row,
    inline_rows,
    login_client,
    save_record,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_places")]

ADD = "/admin/policy/action/add/"


@pytest.fixture
def curator(db: None) -> Client:
    return login_client(make.curator())


def new_action(client: Client, **changes: Any) -> dict[str, Any]:
    return get_form_data(
        client,
        ADD,
        **{
            "title": "Mining is banned",
            "slug": "mining-ban",
            "summary": "The ministry banned it.\r\nAt once.",
            "unit": "unit.act",
            "type": "type.regulate",
        }
        | changes,
    )


def test_a_curator_enters_an_action_with_all_its_parts(curator):
    agency, company = make.agency("ministry"), make.entity("company")
    source, earlier = make.source("article"), make.action("earlier")
    make.attach_source_text(source, make.SOURCE_TEXT)
    sent = new_action(
        curator,
        status="status.in_force",
        jurisdictions=["CN", "SV"],
        activities=["activity.mining"],
        penalties=["penalty.fine"],
    )
    sent |= inline_rows(
        "agencies", {"agency": agency.pk, "role": "agency_role.issuer", "naming": "naming.named"}
    )
    sent |= inline_rows(
        "entities",
        {"entity": company.pk, "role": "entity_role.affected", "naming": "naming.named"},
        {
            "described_as": "small miners",
            "role": "entity_role.affected",
            "naming": "naming.described",
        },
    )
    sent |= inline_rows(
        "dates",
        {
            "kind": "date.occurred",
            "earliest": "2021-06-09",
            "latest": "2021-06-09",
            "precision": "precision.day",
            "basis": "basis.stated",
        },
    )
    sent |= inline_rows(
        "figures",
        {
            "kind": "figure.persons_arrested",
            "value": "20",
            "comparator": "comparator.more_than",
            "unit": "persons",
        },
    )
    sent |= inline_rows(
        "relations",
        {"type": "relation.follows_up", "target": earlier.pk, "reason": "The words say so."},
    )
    sent |= inline_rows("unknowns", {"field": "stance", "reason": "It is not said."})
    sent |= inline_rows("notes", {"kind": "note.doubt", "text": "One voice only."})
    sent |= inline_rows(
        "citations",
        {
            "source": source.pk,
            "quote": "banned mining",
            "start": "0",
            "end": "37",
            "supports": "type stated\r\nunit derived\r\nagencies/ministry stated",
        },
    )
    assert curator.post(ADD, sent).status_code == 302
    row = Action.objects.get(slug="mining-ban")
    assert row.edited_by == make.curator()
    found = build_draft(row)
    assert found["summary"] == "The ministry banned it.\nAt once."
    assert [place["id"] for place in found["jurisdictions"]] == ["CN", "SV"]
    assert (found["activities"], found["penalty"]) == (["mining"], ["fine"])
    assert [agency["key"] for agency in found["agencies"]] == ["ministry"]
    assert [entity["key"] for entity in found["entities"]] == ["company", "small-miners"]
    assert [date["earliest"] for date in found["dates"]] == ["2021-06-09"]
    assert [figure["value"] for figure in found["figures"]] == [20]
    assert [relation["action"]["id"] for relation in found["relations"]] == ["earlier"]
    assert found["unknowns"] == {"stance": "It is not said."}
    assert [note["text"] for note in found["notes"]] == ["One voice only."]
    assert found["citations"] == [
        {
            "source": {"id": "article", "name": "Article"},
            "start": 0,
            "end": 37,
            "sha256": hashlib.sha256(make.SOURCE_TEXT[:37].encode()).hexdigest(),
            "paragraph": 1,
            "quote": "banned mining",
            "supports": [
                {"field": "type", "basis": "stated", "reason": ""},
                {"field": "unit", "basis": "derived", "reason": ""},
                {"field": "agencies/ministry", "basis": "stated", "reason": ""},
            ],
            "note": "",
        }
    ]


# Who saved it last


def age(row: Any) -> Any:
    """Let an hour pass since the row was saved."""
    before = timezone.now() - timedelta(hours=1)
    type(row).objects.filter(pk=row.pk).update(edited_at=before, edited_by=make.user("other"))
    return before


def signed(row: Any) -> str:
    found = type(row).objects.get(pk=row.pk)
    assert (found.edited_at > timezone.now() - timedelta(minutes=1)) == (
        found.edited_by.username != "other"
    )
    return found.edited_by.username


@pytest.mark.parametrize("kind", RECORD_MODELS)
def test_a_change_is_signed(curator, kind):
    row = getattr(make, kind)("record")
    age(row)
    name = "name" if kind in ("agency", "entity") else "title"
    assert save_record(curator, row, **{name: "Another"}).status_code == 302
    assert signed(row) == "curator"


def test_a_private_note_signs_nothing(curator):
    """Else whoever wrote a record could ask somebody for a note, and then publish alone."""
    row = make.agency("police")
    before = age(row)
    assert save_record(curator, row, note="For us.").status_code == 302
    row.refresh_from_db()
    assert (row.note, row.edited_by.username) == ("For us.", "other")
    assert row.edited_at > before
    audit_event = AuditEvent.objects.get()
    assert (audit_event.what, audit_event.by, audit_event.detail) == (
        "edited",
        make.curator(),
        {"private": True, "edition": row.edited_at.isoformat()},
    )


@pytest.mark.parametrize("kind", RECORD_MODELS)
def test_a_save_that_changes_nothing_signs_nothing(curator, kind):
    """Else whoever wrote a record could have someone press Save, and then publish alone."""
    texts = {"note": "Line one\nLine two"}
    row = getattr(make, kind)("record", **texts)
    age(row)
    before = build_draft(row)
    assert save_record(curator, row).status_code == 302
    assert signed(row) == "other"
    assert build_draft(type(row).objects.get(pk=row.pk)) == before


CHANGED_PARTS = {
    "changed": inline_row("unknowns", reason="Another reason."),
    "added": {"unknowns-TOTAL_FORMS": "2"}
    | inline_row("unknowns", 1, field="stance", reason="Unsaid."),
    "deleted": inline_row("unknowns", DELETE="on"),
}


@pytest.mark.parametrize("how", CHANGED_PARTS)
def test_a_change_of_parts_alone_is_signed(curator, how):
    row = make.action("ban")
    age(row)
    assert save_record(curator, row, **CHANGED_PARTS[how]).status_code == 302
    assert signed(row) == "curator"


def test_a_stale_form_overwrites_nothing(curator):
    row = make.agency("police")
    sent = get_form_data(curator, admin_url(row), name="Mine")
    assert (
        save_record(login_client(make.user("other", "Curator")), row, name="Theirs").status_code
        == 302
    )
    page = curator.post(admin_url(row), sent)
    when = f"{Agency.objects.get().edited_at:%Y-%m-%d %H:%M}"
    assert get_form_errors(page) == [EDIT_CONFLICT, f"other, {when} UTC: name: “Police” → “Theirs”"]
    assert Agency.objects.get().name == "Theirs"
    again = PageForm(page.content.decode()).values
    assert again["name"] == ["Mine"]
    assert curator.post(admin_url(row), again).status_code == 302
    assert Agency.objects.get().name == "Mine"


def test_every_edit_since_is_told_and_none_before(curator):
    row = make.agency("police")
    other = login_client(make.user("other", "Curator"))
    save_record(other, row, name="Before")
    sent = get_form_data(curator, admin_url(row), name="Mine")
    save_record(other, row, description="It polices.")
    save_record(other, row, aliases="PSB", note="Private.")
    save_record(other, row, note="Very private.")
    told = [
        line.partition(" UTC: ")[2]
        for line in get_form_errors(curator.post(admin_url(row), sent))[1:]
    ]
    assert sorted(told) == [
        "aliases/PSB: added “PSB”",
        "description: added “It polices.”",
        "the private note or the order of rows",
    ]


def test_an_edit_by_a_command_is_told_too(curator):
    row = make.agency("police")
    sent = get_form_data(curator, admin_url(row), name="Mine")
    row.save()
    when = f"{row.edited_at:%Y-%m-%d %H:%M}"
    assert get_form_errors(curator.post(admin_url(row), sent)) == sorted(
        [
            EDIT_CONFLICT,
            f"Saved by a command, {when} UTC. Open the record in another tab to compare.",
        ]
    )


def test_keys_that_name_nothing_are_told_when_saved(curator):
    row = make.action("ban")
    sent = get_form_data(curator, admin_url(row), **inline_row("unknowns", field="colour"))
    page = curator.post(admin_url(row), sent, follow=True)
    assert get_messages(page)[0] == "Saved, but unknowns/colour: There is no such field."


# Ids


@pytest.mark.parametrize("kind", RECORD_MODELS)
def test_an_id_is_fixed_once_published(curator, kind):
    make.publish_all(make.entity("one"), make.action("two"))
    row = RECORD_MODELS[kind].objects.first()
    assert 'name="slug"' not in curator.get(admin_url(row)).content.decode()
    assert save_record(curator, row, slug="another", note="x").status_code == 302
    assert type(row).objects.filter(slug="another").count() == 0


def test_an_id_changes_until_then(curator):
    row = make.agency("polise")
    assert save_record(curator, row, slug="police").status_code == 302
    assert Agency.objects.get().slug == "police"


@pytest.mark.parametrize(
    ("slug", "message"),
    [
        ("Two Words", "Use lower-case letters, digits and single hyphens."),
        ("bank", "Agency with this Id already exists."),
        ("count", "The id count is reserved. Choose another id."),
    ],
)
def test_a_bad_id_is_said(curator, slug, message):
    make.agency("bank")
    assert get_form_errors(save_record(curator, make.agency("police"), slug=slug)) == [message]


# What the database would refuse

NO_CHOICE = "Select a valid choice. That choice is not one of the available choices."
NO_PENALTY = "Select a valid choice. type.plan is not one of the available choices."
DAY = {"kind": "date.announced", "precision": "precision.range", "basis": "basis.stated"}
ROLE = {"role": "agency_role.enforcer", "naming": "naming.described"}
FIGURE = {"kind": "figure.sites_closed", "comparator": "comparator.about", "unit": "sites"}
SAME = "Please correct the duplicate values below."
SOMEONE = "Choose a record or enter the description from the source."
ROUNDS = [
    {
        "dates": (
            [DAY | {"earliest": "2021-06-09", "latest": "2021-06-01"}],
            ["The earliest day must not be after the latest day."],
        ),
        "agencies": ([ROLE], [SOMEONE]),
        "figures": (
            [FIGURE | {"value": "-1"}],
            ["A figure must not be negative."],
        ),
        "unknowns": ([{"field": "stance", "reason": "a\0b"}], ["Null characters are not allowed."]),
    },
    {
        "dates": (
            [DAY],
            ["Enter a first or last day, or remove the date and give the reason."],
        ),
        "agencies": ([ROLE | {"described_as": "公安"}], [SOMEONE]),
        "figures": ([FIGURE | {"value": "NaN"}], ["Enter a number."]),
        "unknowns": (
            [{"field": "penalty", "reason": "Again."}],
            [SAME, "This action already has a reason for this field."],
        ),
    },
    {
        "dates": (
            [DAY | {"earliest": "2021-06-01", "precision": "precision.day"}],
            ["With precision “day”, the earliest and the latest day must be the same."],
        ),
        "agencies": (
            [ROLE | {"described_as": "one two three four five six seven eight nine"}],
            ["Enter at most eight words."],
        ),
        "figures": (
            [FIGURE | {"value": "1e18"}],
            ["Ensure that there are no more than 18 digits before the decimal point."],
        ),
    },
    {
        "dates": (
            [DAY | {"kind": "date.occurred", "earliest": "2021-06-09"}],
            [SAME, "This action already has a date of this kind for this part."],
        ),
        "agencies": (
            [ROLE | {"described_as": "the police"}, ROLE | {"described_as": "the police"}],
            ["This action already has this agency in this role."],
        ),
    },
    {
        "dates": (
            [DAY | {"earliest": "2021-06-09"}, DAY | {"earliest": "2021-06-10"}],
            [SAME, "This action already has a date of this kind for this part."],
        ),
        "agencies": (
            [ROLE | {"described_as": "the police", "role": "entity_role.acted"}],
            [NO_CHOICE],
        ),
    },
]


@pytest.mark.parametrize("cases", ROUNDS)
def test_parts_that_the_database_refuses_are_refused_by_the_form(curator, cases):
    row = make.action("ban")
    before, sent = build_draft(row), {}
    for prefix, (rows, _) in cases.items():
        first = getattr(row, prefix).count()
        sent[f"{prefix}-TOTAL_FORMS"] = first + len(rows)
        for number, values in enumerate(rows, first):
            sent |= inline_row(prefix, number, **values)
    page = save_record(curator, row, **sent)
    expected = {message for _, messages in cases.values() for message in messages}
    assert get_form_errors(page) == sorted(expected)
    assert build_draft(Action.objects.get(pk=row.pk)) == before


def test_an_agency_has_each_role_once(curator):
    row = make.action("ban")
    same = ActionAgency.objects.get()
    sent = {"agencies-TOTAL_FORMS": 2} | inline_row(
        "agencies", 1, agency=same.agency_id, role=same.role_id, naming=same.naming_id
    )
    assert "This action already has this agency in this role." in get_form_errors(
        save_record(curator, row, **sent)
    )


def test_an_action_is_not_related_to_itself(curator):
    row = make.action("ban")
    sent = inline_rows("relations", {"type": "relation.amends", "target": row.pk})
    assert get_form_errors(save_record(curator, row, **sent)) == [
        "An action cannot be related to itself."
    ]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("type", "status.adopted", NO_CHOICE),
        ("type", "type.enforcement", NO_CHOICE),
        ("penalties", ["type.plan"], NO_PENALTY),
        ("title", "", "This field is required."),
        ("title", "x" * 301, "Ensure this value has at most 300 characters (it has 301)."),
        ("title", "a\0b", "Null characters are not allowed."),
        ("summary", "a\0b", "Null characters are not allowed."),
    ],
)
def test_fields_that_the_database_refuses_are_refused_by_the_form(curator, field, value, message):
    assert get_form_errors(save_record(curator, make.action("ban"), **{field: value})) == [message]


@pytest.mark.parametrize(("name", "kind"), [("parent", "agency"), ("derived_from", "source")])
def test_no_record_is_its_own_ancestor(curator, name, kind):
    upper = getattr(make, kind)("upper")
    lower = getattr(make, kind)("lower", **{name: upper})
    assert get_form_errors(save_record(curator, upper, **{name: lower.pk})) == [
        "A record cannot be its own ancestor."
    ]
    assert get_form_errors(save_record(curator, upper, **{name: upper.pk})) == [
        "A record cannot be its own ancestor."
    ]


def test_two_savers_at_once_get_no_server_error(curator, monkeypatch):
    """Both passed the form's checks: the database is the second net."""
    make.agency("police")
    monkeypatch.setattr(Agency, "validate_unique", lambda *args, **options: None)
    sent = get_form_data(
        curator,
        "/admin/policy/agency/add/",
        slug="police",
        name="Police",
        type="agency_kind.police",
        jurisdiction="CN",
    )
    page = curator.post("/admin/policy/agency/add/", sent)
    assert get_form_errors(page) == [
        'Nothing was saved: duplicate key value violates unique constraint "policy_agency_slug_key"'
    ]
    assert PageForm(page.content.decode()).values["name"] == ["Police"]
    assert Agency.objects.count() == 1


def deadlock(*args: Any, **options: Any) -> None:
    raise OperationalError("deadlock detected") from DeadlockDetected()


def lost(*args: Any, **options: Any) -> None:
    raise OperationalError("the connection is lost")


def test_a_deadlock_is_no_server_error(curator, monkeypatch):
    row = make.agency("police")
    sent = get_form_data(curator, admin_url(row), name="Another name")
    monkeypatch.setattr("desk.admin.records.RecordAdmin.record_edit", deadlock)
    page = curator.post(admin_url(row), sent)
    assert get_form_errors(page) == [
        "Nothing was saved: Someone else saved the same rows at the same time. Try again."
    ]
    assert PageForm(page.content.decode()).values["name"] == ["Another name"]
    monkeypatch.setattr("desk.admin.records.RecordAdmin.record_edit", lost)
    assert curator.post(admin_url(row), sent).status_code == 503


def test_every_form_stays_within_a_constant_number_of_queries(curator):
    """Rows cost what their search boxes show: one query each, and no more."""

    def cost(row: Action) -> int:
        with connection.execute_wrapper(counter):
            counter.count = 0
            curator.get(admin_url(row))
        return counter.count

    counter = Counter()
    row = make.action("ban")
    cost(row)  # Django remembers content types from here on
    before = cost(row)
    for kind in ("announced", "adopted", "effective"):
        make.add_date(row, "2021-06-09", kind)
    assert ActionDate.objects.count() == 4
    assert cost(row) == before


class Counter:
    count = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)
