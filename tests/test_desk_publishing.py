"""Reviewers see what they publish, and publish what they saw."""

import json
from typing import Any

import pytest
from django.core import signing
from django.db import OperationalError
from django.test import Client
from psycopg.errors import DeadlockDetected

from policy.models import Action, Agency, Revision
from policy.models.action_parts import Relation
from policy.publishing import publish
from tests import factories as make
from tests.admin_pages import (
    admin_url,
    get_form_data,
    get_messages,
    get_obstacles,
    get_refusal,
    inline_rows,
    login_client,
    save_record,
    submit_page,
)

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture
def reviewer(db: None) -> Client:
    return login_client(make.reviewer())


def differences(client: Client, row: Any) -> list[tuple[str, str | None, str | None]]:
    preview = client.get(admin_url(row, "publish")).context["preview"]
    return [(d.field, d.before, d.after) for d in preview.differences]


# What the page shows


def test_a_draft_is_shown_as_the_document_it_would_be(reviewer):
    row = make.agency("police")
    page = reviewer.get(admin_url(row, "publish"))
    assert json.loads(page.context["preview"].text) == {
        "id": "police",
        "name": "Police",
        "native_name": "",
        "aliases": [],
        "description": "",
        "type": "ministry",
        "jurisdiction": {"id": "CN", "name": "China"},
        "parent": None,
        "identifiers": [],
        "classifications": [],
    }
    assert "The record is not public now" in page.content.decode()


def test_a_revision_is_shown_value_by_value(reviewer):
    row = make.publish_new_action("ban")
    Action.objects.filter(pk=row.pk).update(title="A ban", stance=None)
    row.dates.update(latest="2021-06-10", precision_id="precision.range")
    row.unknowns.all().delete()
    row.agencies.create(
        described_as="the police", role_id="agency_role.enforcer", naming_id="naming.described"
    )
    citation = f"citations/{row.citations.get().source.slug} 0-37"
    row.citations.update(note="Read twice.")
    assert differences(reviewer, row) == [
        ("title", "Ban", "A ban"),
        ("agencies/the-police/enforcer/key", None, "the-police"),
        ("agencies/the-police/enforcer/role", None, "enforcer"),
        ("agencies/the-police/enforcer/naming", None, "described"),
        ("agencies/the-police/enforcer/described_as", None, "the police"),
        ("dates/occurred/latest", "2021-06-09", "2021-06-10"),
        ("dates/occurred/precision", "day", "range"),
        (f"{citation}/note", None, "Read twice."),
        ("stance", "prohibit", None),
        ("unknowns/penalty", "The source names none.", None),
        ("evidence/fields/stance", "single_source", None),
    ]


def test_the_order_of_rows_alone_is_told(reviewer):
    row = make.action("ban")
    for words in ("the police", "the army"):
        row.agencies.create(
            described_as=words, role_id="agency_role.addressee", naming_id="naming.described"
        )
    row.citations.all().delete()
    make.cite(row, make.source())
    make.publish_all(row)
    first, second = row.agencies.filter(agency=None)
    for agency, words in ((first, "a"), (second, "the police"), (first, "the army")):
        agency.described_as = words
        agency.save()
    page = reviewer.get(admin_url(row, "publish"))
    assert page.context["preview"].differences == []
    assert "Only the order of rows differs." in page.content.decode()


def test_all_that_stands_in_the_way_is_listed_at_once(reviewer):
    row = make.action("ban", edited_by=make.reviewer(), attribution_id=None)
    row.unknowns.create(field="colour", reason="Unseen.")
    source = row.citations.get().source
    make.attach_source_text(source, make.SOURCE_TEXT)
    row.citations.update(quote="no such words")
    assert get_obstacles(reviewer, row) == [
        "You were the last to edit Ban. Someone else must review it.",
        "unknowns/colour: There is no such field.",
        "attribution: The field is empty. Give the reason under unknowns.",
        f"citations/{source.slug}/0/quote: the quote does not occur in the passage at 0-37.",
    ]
    assert '<input type="submit" class="default" value="Publish">' not in (
        reviewer.get(admin_url(row, "publish")).content.decode()
    )


def test_curators_see_what_is_missing_on_the_record():
    row = make.action("ban", attribution_id=None)
    page = login_client(make.curator()).get(admin_url(row))
    assert page.context["draft_problems"] == [
        ("attribution", "The field is empty. Give the reason under unknowns.")
    ]
    assert "1 problem to solve before publication" in page.content.decode()


# Publishing


def test_a_reviewer_publishes_what_the_preview_showed(reviewer):
    row = make.agency("police", edited_by=make.curator())
    shown = json.loads(reviewer.get(admin_url(row, "publish")).context["preview"].text)
    page = submit_page(reviewer, row)
    assert (page.redirect_chain, get_messages(page)) == (
        [(admin_url(row), 302)],
        ["agency police@1 is public."],
    )
    revision = Revision.objects.get()
    document = json.loads(revision.document)
    assert {name: document[name] for name in shown} == shown
    assert (revision.review, revision.published_by, revision.edited_by) == (
        "reviewed",
        make.reviewer(),
        make.curator(),
    )
    assert str(page.context["publication_status"]) == "published (revision 1)"


def test_a_revision_needs_its_reason(reviewer):
    row = make.publish_new_action("ban")
    Action.objects.filter(pk=row.pk).update(title="A ban")
    assert get_refusal(submit_page(reviewer, row), 400) == ["Reason: This field is required."]
    assert submit_page(reviewer, row, reason="A better title.").status_code == 200
    found = Revision.objects.latest("id")
    assert (found.event, found.reason) == ("revise", "A better title.")


def test_nothing_is_published_that_is_public_already(reviewer):
    row = make.publish_new_action("ban")
    page = reviewer.get(admin_url(row, "publish")).content.decode()
    assert "Nothing. The public revision has the same content." in page
    assert 'value="Publish"' not in page


def test_the_last_editor_does_not_publish_and_another_reviewer_does():
    one, two = make.user("one", "Reviewer"), make.user("two", "Reviewer")
    row = make.agency("police")
    assert save_record(login_client(one), row, description="It polices.").status_code == 302
    sent = get_form_data(login_client(two), admin_url(row, "publish"))
    forged = signing.dumps(
        [one.pk, *signing.loads(sent["seen"][0], salt="desk.publishing")[1:]],
        salt="desk.publishing",
    )
    mine = login_client(one).post(admin_url(row, "publish"), sent | {"seen": forged})
    assert get_refusal(mine, 400) == [
        "You were the last to edit Police. Someone else must review it."
    ]
    assert login_client(two).post(admin_url(row, "publish"), sent).status_code == 302
    assert Revision.objects.get().published_by == two


def test_a_change_of_parts_alone_counts_as_an_edit(reviewer):
    row = make.action("ban", edited_by=make.curator())
    sent = inline_rows("notes", {"kind": "note.doubt", "text": "One voice only."})
    assert save_record(reviewer, row, **sent).status_code == 302
    assert get_obstacles(reviewer, row) == [
        "You were the last to edit Ban. Someone else must review it."
    ]


def test_a_team_of_one_may_review_itself(reviewer, settings):
    settings.SELF_REVIEW = True
    row = make.agency("police", edited_by=make.reviewer())
    assert get_messages(submit_page(reviewer, row)) == ["agency police@1 is public."]
    assert Revision.objects.get().review == "self_reviewed"


def test_a_stale_preview_publishes_nothing(reviewer):
    row = make.agency("police")
    sent = get_form_data(reviewer, admin_url(row, "publish"), reason="Because.")
    assert save_record(login_client(make.curator()), row, name="Something else").status_code == 302
    page = reviewer.post(admin_url(row, "publish"), sent)
    assert get_refusal(page, 409) == [
        "Something else changed since you opened it. Review it again."
    ]
    assert Revision.objects.count() == 0
    assert 'value="Publish"' in page.content.decode()
    assert page.context["form"].initial["reason"] == "Because."
    assert reviewer.post(admin_url(row, "publish"), sent).status_code == 409
    assert get_messages(submit_page(reviewer, row)) == ["agency police@1 is public."]


def test_a_preview_is_used_once(reviewer):
    row = make.agency("police")
    sent = get_form_data(reviewer, admin_url(row, "publish"))
    assert reviewer.post(admin_url(row, "publish"), sent).status_code == 302
    assert reviewer.post(admin_url(row, "publish"), sent).status_code != 302
    assert Revision.objects.count() == 1


def test_a_preview_is_of_one_record_and_for_one_reader(reviewer):
    police, bank = make.agency("police"), make.agency("bank")
    mine = get_form_data(reviewer, admin_url(police, "publish"))
    other = login_client(make.user("other", "Reviewer"))
    message = [
        "This preview was made for another user or record. Reload the page, check the preview, "
        "then publish."
    ]
    for client, row, seen in (
        (reviewer, bank, mine["seen"]),
        (other, police, mine["seen"]),
        (reviewer, police, "nonsense"),
        (reviewer, police, signing.dumps([make.reviewer().pk, "agency/police", {}])),
    ):
        page = client.post(admin_url(row, "publish"), {"seen": seen})
        assert get_refusal(page, 400) == message
    assert Revision.objects.count() == 0


def test_a_record_that_is_gone_is_a_conflict(reviewer):
    row, parent = make.agency("police"), make.agency("ministry")
    Agency.objects.filter(pk=row.pk).update(parent=parent)
    sent = get_form_data(reviewer, admin_url(row, "publish"))
    Agency.objects.filter(pk=row.pk).update(parent=None)
    parent.delete()
    page = reviewer.post(admin_url(row, "publish"), sent)
    assert get_refusal(page, 409) == [
        "A record on this page does not exist any more. Check the page again, then publish."
    ]


def test_a_deadlock_is_a_conflict(reviewer, monkeypatch):
    def deadlock(*args: Any) -> None:
        raise OperationalError("deadlock detected") from DeadlockDetected()

    row = make.agency("police")
    monkeypatch.setattr(publish, "lock_record", deadlock)
    assert get_refusal(submit_page(reviewer, row), 409) == [
        "Someone else saved the same rows at the same time. Try again."
    ]


def test_more_words_than_can_be_searched_are_no_server_error(reviewer):
    row = make.agency("police", description=" ".join(f"word{n}" for n in range(150_000)))
    (message,) = get_refusal(submit_page(reviewer, row), 409)
    assert message.startswith("string is too long for tsvector")
    assert Revision.objects.count() == 0


# Together


def chain() -> Action:
    """A draft that refers to drafts, one of them through another."""
    parent = make.agency("state")
    agency = make.agency("ministry", parent=parent)
    row = make.action("ban", agency=agency, source=make.source("article"))
    target = make.action("plan", agency=agency, source=make.source("earlier-article"))
    Relation.objects.create(action=row, type_id="relation.implements", target=target)
    row.citations.all().delete()
    make.cite(row, make.Source.objects.get(slug="article"))
    return row


def test_unpublished_references_are_published_together(reviewer):
    row = chain()
    rest = reviewer.get(admin_url(row, "publish")).context["unpublished_references"]
    assert [page.key for page in rest] == [
        "agency/ministry",
        "agency/state",
        "source/article",
        "source/earlier-article",
        "action/plan",
    ]
    page = submit_page(reviewer, row)
    assert sorted(get_messages(page)) == [
        "action ban@1 is public.",
        "action plan@1 is public.",
        "agency ministry@1 is public.",
        "agency state@1 is public.",
        "source article@1 is public.",
        "source earlier-article@1 is public.",
    ]


def test_what_is_left_out_is_named(reviewer):
    row = chain()
    page = submit_page(reviewer, row, together=["agency/ministry", "source/article"])
    assert get_refusal(page, 400) == [
        "ban: publish the action plan first, or both together.",
        "ministry: publish the agency state first, or both together.",
    ]
    assert page.context["selected_keys"] == ["agency/ministry", "source/article"]
    assert Revision.objects.count() == 0


def test_a_reference_that_changed_since_is_a_conflict(reviewer):
    row = chain()
    sent = get_form_data(reviewer, admin_url(row, "publish"))
    Agency.objects.filter(slug="state").update(description="All of it.")
    assert get_refusal(reviewer.post(admin_url(row, "publish"), sent), 409) == [
        "State changed since you opened it. Review it again."
    ]
    assert Revision.objects.count() == 0


def test_references_have_their_own_last_editors(reviewer):
    row = chain()
    Agency.objects.filter(slug="state").update(edited_by=make.reviewer())
    rest = reviewer.get(admin_url(row, "publish")).context["unpublished_references"]
    assert {page.key: page.obstacles for page in rest if page.obstacles} == {
        "agency/state": ["You were the last to edit State. Someone else must review it."]
    }
    assert get_refusal(submit_page(reviewer, row), 400) == [
        "You were the last to edit State. Someone else must review it."
    ]


def test_records_that_nobody_showed_are_not_published(reviewer):
    row, other = make.agency("police"), make.agency("bank")
    assert get_messages(
        submit_page(reviewer, row, together=["agency/bank", "x", "agency/none"])
    ) == ["agency police@1 is public."]
    assert other.current is None
