"""Withdrawing and merging from the desk, who may, and the history that nobody may touch."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from policy.models import RECORD_MODELS, Action, Agency, AuditEvent, Revision
from policy.publishing import publish
from tests import factories as make
from tests.admin_pages import (
    admin_url,
    get_form_data,
    get_form_errors,
    get_messages,
    get_obstacles,
    get_refusal,
    login_client,
    save_record,
    submit_page,
)

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql, pytest.mark.usefixtures("few_places")]


@pytest.fixture
def reviewer(db: None) -> Client:
    return login_client(make.reviewer())


def test_withdrawing_needs_a_reason(reviewer):
    row = make.publish_new_action("ban")
    for reason in ("", "   "):
        assert get_refusal(submit_page(reviewer, row, "withdraw", reason=reason), 400) == [
            "Reason: This field is required."
        ]
    page = submit_page(reviewer, row, "withdraw", reason="It never happened.")
    assert get_messages(page) == ["action ban@2 is withdrawn."]
    assert str(page.context["publication_status"]) == "withdrawn"
    assert [label for label, _ in page.context["object_tools"]] == [
        "Preview and publish",
        "Send to review",
        "Public page",
        "API",
        "Revisions",
    ]


def test_a_withdrawn_record_is_published_again(reviewer):
    row = make.publish_new_action("ban")
    submit_page(reviewer, row, "withdraw", reason="It never happened.")
    assert get_messages(submit_page(reviewer, row)) == ["action ban@3 is public."]


def test_what_others_refer_to_is_not_withdrawn(reviewer):
    make.publish_new_action("ban", agency=make.agency("ministry"))
    row = Agency.objects.get()
    message = ["The action ban refers to this record. Revise it first."]
    assert get_obstacles(reviewer, row, "withdraw") == message
    page = reviewer.post(admin_url(row, "withdraw"), {"reason": "No longer."})
    assert get_refusal(page, 400) == message


def test_a_draft_is_neither_withdrawn_nor_merged(reviewer):
    row, other = make.agency("police"), make.agency("bank")
    assert get_obstacles(reviewer, row, "withdraw") == ["It is not published."]
    page = reviewer.post(admin_url(row, "merge"), {"into": other.pk, "reason": "Duplicates."})
    assert get_refusal(page, 400) == ["Police is not published."]


@pytest.mark.parametrize("kind", RECORD_MODELS)
def test_a_record_is_merged_into_another(reviewer, kind):
    twin, kept = getattr(make, kind)("twin"), getattr(make, kind)("kept")
    make.publish_all(*{twin, kept} if kind == "action" else ())
    assert get_refusal(submit_page(reviewer, twin, "merge", reason="The same."), 400) == [
        "Into: This field is required."
    ]
    page = submit_page(reviewer, twin, "merge", into=kept.pk, reason="The same.")
    assert get_messages(page) == [f"{kind} twin@2 is merged."]
    assert str(page.context["publication_status"]) == "merged into kept"
    assert get_obstacles(reviewer, twin)[0] == "It was merged into kept. Edit that record instead."
    found = Revision.objects.latest("id")
    assert (found.event, found.merged_into, found.reason) == ("merge", "kept", "The same.")


def test_nothing_is_merged_into_itself_or_into_a_draft(reviewer):
    row, draft = make.publish_new_action("ban"), make.action("draft")
    form = {"into": row.pk, "reason": "Duplicates."}
    assert get_refusal(reviewer.post(admin_url(row, "merge"), form), 400) == [
        "Into: Select a valid choice. That choice is not one of the available choices."
    ]
    assert get_refusal(reviewer.post(admin_url(row, "merge"), form | {"into": draft.pk}), 400) == [
        "Draft is not published. Choose a published record to merge into."
    ]


def test_the_last_editor_neither_withdraws_nor_merges(reviewer):
    row = make.publish_new_action("ban")
    Action.objects.filter(pk=row.pk).update(edited_by=make.reviewer())
    message = "You were the last to edit Ban. Someone else must review it."
    for page in ("withdraw", "merge"):
        assert get_obstacles(reviewer, row, page) == [message]
    assert get_refusal(reviewer.post(admin_url(row, "withdraw"), {"reason": "So."}), 400) == [
        message
    ]


# Permissions and history


@pytest.mark.parametrize("page", ["publish", "withdraw", "merge"])
@pytest.mark.parametrize("group", ["Curator", "Administrator", "Auditor", ""])
def test_others_post_in_vain(group, page):
    row, other = make.publish_new_action("ban"), make.publish_new_action("other")
    Action.objects.filter(pk=row.pk).update(title="A ban")
    seen = get_form_data(login_client(make.reviewer()), admin_url(row, "publish"))
    client = login_client(make.user("someone", *filter(None, [group])))
    before = Revision.objects.count()
    sent = seen | {"reason": "Mine.", "into": other.pk}
    assert client.post(admin_url(row, page), sent).status_code == 403
    assert Revision.objects.count() == before


def test_publishing_takes_sight_of_the_record():
    """The permission to publish alone shows nothing that its holder may not see."""
    person = make.user("odd")
    person.user_permissions.set(Permission.objects.filter(codename__in=["publish", "withdraw"]))
    row = make.publish_new_action("ban")
    client = login_client(person)
    for page in ("publish", "withdraw", "merge"):
        assert client.get(admin_url(row, page)).status_code == 403


@pytest.mark.parametrize("page", ["publish", "withdraw", "merge"])
def test_forged_posts_from_elsewhere_are_refused(page):
    row = make.publish_new_action("ban")
    client = Client(enforce_csrf_checks=True)
    client.force_login(make.reviewer())
    assert client.post(admin_url(row, page), {"reason": "Forged."}).status_code == 403


@pytest.mark.parametrize("group", ["Administrator", "Reviewer"])
def test_history_is_read_and_never_written(group):
    make.publish_new_action("ban")
    revision = Revision.objects.latest("id")
    clients = (
        login_client(make.user("someone", group)),
        login_client(User.objects.create_superuser("root")),
    )
    for client in clients:
        page = client.get(admin_url(revision)).content.decode()
        assert revision.digest in page
        assert "&quot;id&quot;: &quot;ban&quot;" in page
        assert 'name="reason"' not in page
        assert client.post(admin_url(revision), {"reason": "Mine."}).status_code == 403
        assert client.post(admin_url(revision, "delete"), {"post": "yes"}).status_code == 403
        assert client.get("/admin/policy/revision/add/").status_code == 403
        assert client.post("/admin/policy/revision/add/", {}).status_code == 403


def test_a_revision_shows_what_it_changed(reviewer):
    row = make.publish_new_action("ban")
    Action.objects.filter(pk=row.pk).update(title="A ban")
    publish.publish([row], make.reviewer(), "A better title.")
    page = reviewer.get(admin_url(Revision.objects.latest("id"))).content.decode()
    assert "<del>Ban</del>" in page
    assert "<ins>A ban</ins>" in page
    assert "A better title." in page


def test_what_was_done_stands_in_the_log(reviewer):
    row = make.agency("police")
    submit_page(reviewer, row)
    page = reviewer.get(admin_url(row, "history")).content.decode()
    assert "agency police@1 is public" in page


def test_the_audit_log_is_read_and_never_written(reviewer):
    row = make.agency("police")
    publish.publish([row], make.reviewer())
    audit_event = AuditEvent.objects.get()
    auditor = login_client(make.user("auditor", "Auditor"))
    for client in (auditor, login_client(User.objects.create_superuser("root"))):
        assert (
            client.get("/admin/policy/auditevent/?kind=agency&what=publish&q=police")
            .context["cl"]
            .result_count
            == 1
        )
        assert audit_event.hash in client.get(admin_url(audit_event)).content.decode()
        assert client.post(admin_url(audit_event), {"what": "edited"}).status_code == 403
        assert client.post(admin_url(audit_event, "delete"), {"post": "yes"}).status_code == 403
        assert client.get("/admin/policy/auditevent/add/").status_code == 403
    history = auditor.get(admin_url(row, "history")).content.decode()
    assert "agency police@1 is public" in history


@pytest.mark.parametrize("rows", [1, 3])
def test_the_audit_log_takes_a_constant_number_of_queries(
    reviewer, django_assert_num_queries, rows
):
    for _ in range(rows):
        publish.publish([make.agency()], make.reviewer())
    with django_assert_num_queries(6):  # session, person, two of permissions, count, rows
        reviewer.get("/admin/policy/auditevent/")


def test_a_refused_form_does_not_change_where_a_record_stands(reviewer):
    row = make.publish_new_action("ban")
    page = save_record(reviewer, row, title="")
    assert get_form_errors(page) == ["This field is required."]
    assert str(page.context["publication_status"]) == "published (revision 1)"
