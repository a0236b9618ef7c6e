"""Whoever edits last, by whatever path, finds every path to approving it closed."""

import pytest
from django.db import IntegrityError, transaction

from policy import audit
from policy.models import Acceptance, Revision
from policy.publishing import publish, review
from tests import factories as make
from tests.admin_pages import (
    get_form_data,
    get_refusal,
    inline_row,
    inline_rows,
    login_client,
    save_record,
    submit_page,
)
from tests.drafts import export_edited_csv, import_draft_file
from tests.test_review import forged

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql, pytest.mark.slow]

MINE = "You were the last to edit Ban. Someone else must review it."


def by_form(row, me):
    assert save_record(login_client(me), row, summary="Mine.").status_code == 302


def by_new_part(row, me):
    sent = inline_rows("notes", {"kind": "note.doubt", "text": "Mine."})
    assert save_record(login_client(me), row, **sent).status_code == 302


def by_changed_part(row, me):
    sent = inline_row("unknowns", reason="Mine.")
    assert save_record(login_client(me), row, **sent).status_code == 302


def by_function(row, me):
    before = audit.reload_draft(row)
    row.unknowns.update(reason="Mine.")
    assert audit.record_edit(row, me, before)


def by_shell(row, me):
    row.summary, row.edited_by = "Mine.", me
    row.save()


def by_import(row, me):
    raw = export_edited_csv(ban={"summary": "Mine."})
    assert [one.status for one in import_draft_file(raw, by=me) if one.entry.slug == "ban"] == [
        "changed"
    ]


@pytest.mark.parametrize(
    "edit", [by_import, by_form, by_new_part, by_changed_part, by_function, by_shell]
)
def test_no_path_leads_from_an_edit_to_its_own_approval(edit):
    me, other = make.reviewer(), make.user("other", "Reviewer")
    make.publish_new_action("elsewhere")
    row = make.action("ban", edited_by=make.curator())
    review.request_review(row, make.curator())
    review.accept(row, me, publish.record_content_hash(row, None))
    edit(row, me)
    row.refresh_from_db()
    before = Revision.objects.count()
    assert row.edited_by == me
    assert review.reviews_of(row).get().outcome == "voided"
    mine, seen = review.request_review(row, me), publish.record_content_hash(row, None)

    for act in (
        lambda: publish.publish([row], me),
        lambda: publish.publish([row], me, seen={("action", "ban"): seen}),
        lambda: review.accept(row, me, seen),
    ):
        with pytest.raises(publish.PublishingError, match="Someone else must review"):
            act()
    for act in (
        lambda: Acceptance.objects.create(review=mine, by=me, fingerprint=seen),
        lambda: forged(row, published_by=me),
        lambda: forged(row, published_by=me, edited_by=None),
        lambda: forged(row, published_by=other),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    client = login_client(me)
    assert get_refusal(submit_page(client, row), 400) == [MINE]
    assert get_refusal(submit_page(client, row, accept="x"), 400) == [MINE]
    bulk = f"/admin/policy/action/publish/?id={row.pk}"
    sent = get_form_data(client, bulk, together=["action/ban"], reason="Mine.")
    assert get_refusal(client.post(bulk, sent), 400) == [MINE]

    assert Revision.objects.count() == before
    assert not mine.acceptances.exists()
    make.publish_all()
    assert publish.publish([row], other)[0].published_by == other
