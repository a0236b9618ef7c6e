"""Withdrawing and merging from the desk, who may, and the history that nobody may touch."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from policy.models import RECORDS, Action, Agency, Deed, Revision
from policy.publishing import publish
from tests import factories as make
from tests.desk import address, browser, errors, filled, messages, obstacles, press, refused, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(db: None) -> Client:
    return browser(make.reviewer())


def test_withdrawing_needs_a_reason(reviewer):
    row = make.published("ban")
    for reason in ("", "   "):
        assert refused(press(reviewer, row, "withdraw", reason=reason), 400) == [
            "Reason: This field is required."
        ]
    page = press(reviewer, row, "withdraw", reason="It never happened.")
    assert messages(page) == ["action ban@2 is withdrawn."]
    assert str(page.context["standing"]) == "withdrawn"
    assert [label for label, _ in page.context["doors"]] == [
        "Preview and publish",
        "Send to review",
        "Public page",
        "API",
        "Revisions",
    ]


def test_a_withdrawn_record_is_published_again(reviewer):
    row = make.published("ban")
    press(reviewer, row, "withdraw", reason="It never happened.")
    assert messages(press(reviewer, row)) == ["action ban@3 is public."]


def test_what_others_refer_to_is_not_withdrawn(reviewer):
    make.published("ban", agency=make.agency("ministry"))
    row = Agency.objects.get()
    message = ["The action ban refers to it: revise that first."]
    assert obstacles(reviewer, row, "withdraw") == message
    page = reviewer.post(address(row, "withdraw"), {"reason": "No longer."})
    assert refused(page, 400) == message


def test_a_draft_is_neither_withdrawn_nor_merged(reviewer):
    row, other = make.agency("police"), make.agency("bank")
    assert obstacles(reviewer, row, "withdraw") == ["It is not published."]
    page = reviewer.post(address(row, "merge"), {"into": other.pk, "reason": "Twins."})
    assert refused(page, 400) == ["Police is not published."]


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_is_merged_into_another(reviewer, kind):
    twin, kept = getattr(make, kind)("twin"), getattr(make, kind)("kept")
    make.publish_all(*{twin, kept} if kind == "action" else ())
    assert refused(press(reviewer, twin, "merge", reason="The same."), 400) == [
        "Into: This field is required."
    ]
    page = press(reviewer, twin, "merge", into=kept.pk, reason="The same.")
    assert messages(page) == [f"{kind} twin@2 is merged."]
    assert str(page.context["standing"]) == "merged into kept"
    assert obstacles(reviewer, twin)[0] == "It was merged into kept: edit that one instead."
    found = Revision.objects.latest("id")
    assert (found.event, found.merged_into, found.reason) == ("merge", "kept", "The same.")


def test_nothing_is_merged_into_itself_or_into_a_draft(reviewer):
    row, draft = make.published("ban"), make.action("draft")
    form = {"into": row.pk, "reason": "Twins."}
    assert refused(reviewer.post(address(row, "merge"), form), 400) == [
        "Into: Select a valid choice. That choice is not one of the available choices."
    ]
    assert refused(reviewer.post(address(row, "merge"), form | {"into": draft.pk}), 400) == [
        "Draft is not published, so nothing can be merged into it."
    ]


def test_the_last_editor_neither_withdraws_nor_merges(reviewer):
    row = make.published("ban")
    Action.objects.filter(pk=row.pk).update(edited_by=make.reviewer())
    message = "You edited Ban last, so someone else must review it."
    for page in ("withdraw", "merge"):
        assert obstacles(reviewer, row, page) == [message]
    assert refused(reviewer.post(address(row, "withdraw"), {"reason": "So."}), 400) == [message]


# Doors and history


@pytest.mark.parametrize("page", ["publish", "withdraw", "merge"])
@pytest.mark.parametrize("group", ["Curator", "Administrator", "Auditor", ""])
def test_others_post_in_vain(group, page):
    row, other = make.published("ban"), make.published("other")
    Action.objects.filter(pk=row.pk).update(title="A ban")
    seen = filled(browser(make.reviewer()), address(row, "publish"))
    client = browser(make.user("someone", *filter(None, [group])))
    before = Revision.objects.count()
    sent = seen | {"reason": "Mine.", "into": other.pk}
    assert client.post(address(row, page), sent).status_code == 403
    assert Revision.objects.count() == before


def test_publishing_takes_sight_of_the_record():
    """The permission to publish alone shows nothing that its holder may not see."""
    person = make.user("odd")
    person.user_permissions.set(Permission.objects.filter(codename__in=["publish", "withdraw"]))
    row = make.published("ban")
    client = browser(person)
    for page in ("publish", "withdraw", "merge"):
        assert client.get(address(row, page)).status_code == 403


@pytest.mark.parametrize("page", ["publish", "withdraw", "merge"])
def test_forged_posts_from_elsewhere_are_refused(page):
    row = make.published("ban")
    client = Client(enforce_csrf_checks=True)
    client.force_login(make.reviewer())
    assert client.post(address(row, page), {"reason": "Forged."}).status_code == 403


@pytest.mark.parametrize("group", ["Administrator", "Reviewer"])
def test_history_is_read_and_never_written(group):
    make.published("ban")
    revision = Revision.objects.latest("id")
    clients = browser(make.user("someone", group)), browser(User.objects.create_superuser("root"))
    for client in clients:
        page = client.get(address(revision)).content.decode()
        assert revision.digest in page
        assert "&quot;id&quot;: &quot;ban&quot;" in page
        assert 'name="reason"' not in page
        assert client.post(address(revision), {"reason": "Mine."}).status_code == 403
        assert client.post(address(revision, "delete"), {"post": "yes"}).status_code == 403
        assert client.get("/admin/policy/revision/add/").status_code == 403
        assert client.post("/admin/policy/revision/add/", {}).status_code == 403


def test_a_revision_shows_what_it_changed(reviewer):
    row = make.published("ban")
    Action.objects.filter(pk=row.pk).update(title="A ban")
    publish.publish([row], make.reviewer(), "A better title.")
    page = reviewer.get(address(Revision.objects.latest("id"))).content.decode()
    assert "<del>Ban</del>" in page
    assert "<ins>A ban</ins>" in page
    assert "A better title." in page


def test_what_was_done_stands_in_the_log(reviewer):
    row = make.agency("police")
    press(reviewer, row)
    page = reviewer.get(address(row, "history")).content.decode()
    assert "agency police@1 is public" in page


def test_the_trail_is_read_and_never_written(reviewer):
    row = make.agency("police")
    publish.publish([row], make.reviewer())
    deed = Deed.objects.get()
    auditor = browser(make.user("auditor", "Auditor"))
    for client in (auditor, browser(User.objects.create_superuser("root"))):
        assert (
            client.get("/admin/policy/deed/?kind=agency&what=publish&q=police")
            .context["cl"]
            .result_count
            == 1
        )
        assert deed.hash in client.get(address(deed)).content.decode()
        assert client.post(address(deed), {"what": "edited"}).status_code == 403
        assert client.post(address(deed, "delete"), {"post": "yes"}).status_code == 403
        assert client.get("/admin/policy/deed/add/").status_code == 403
    history = auditor.get(address(row, "history")).content.decode()
    assert "agency police@1 is public" in history


@pytest.mark.parametrize("rows", [1, 3])
def test_the_trail_takes_a_constant_number_of_queries(reviewer, django_assert_num_queries, rows):
    for _ in range(rows):
        publish.publish([make.agency()], make.reviewer())
    with django_assert_num_queries(6):  # session, person, two of permissions, count, rows
        reviewer.get("/admin/policy/deed/")


def test_a_refused_form_does_not_change_where_a_record_stands(reviewer):
    row = make.published("ban")
    page = save(reviewer, row, title="")
    assert errors(page) == ["This field is required."]
    assert str(page.context["standing"]) == "published (revision 1)"
