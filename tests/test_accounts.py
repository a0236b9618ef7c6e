"""Nobody alone gives the right to publish: such a change of an account sleeps until confirmed."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.test import Client

from desk.accounts import access
from desk.models import AccessRequest
from policy import audit
from policy.models import Agency, AuditEvent, Revision
from policy.publishing import publish
from policy.publishing.approval import PublishingError
from tests import factories as make
from tests.admin_pages import get_form_data, login_client
from tests.test_audit import tampered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quickly")]
PASSWORD, OTHER_PASSWORD = "a-long-passphrase-1", "another-passphrase-2"


def page(person) -> str:
    return f"/admin/auth/user/{person.pk}/change/"


def administrator(name="boss") -> User:
    return make.user(name, "Administrator")


def superuser(name="root") -> User:
    User.objects.filter(pk=make.user(name).pk).update(is_superuser=True)
    return User.objects.get(username=name)


def put_into(by, person, *groups, **fields):
    """Save the page of an account with these groups."""
    client = login_client(by)
    chosen = [*Group.objects.filter(name__in=groups).values_list("pk", flat=True)]
    fields = {"is_active": "on"} | ({"is_staff": "on"} if by.is_superuser else {}) | fields
    answer = client.post(page(person), get_form_data(client, page(person), groups=chosen, **fields))
    assert answer.status_code == 302, answer.content.decode()
    return client.get(page(person)).content.decode()


def set_password(by, person, password):
    client = login_client(by)
    form = {"password1": password, "password2": password, "usable_password": "true"}
    answer = client.post(f"/admin/auth/user/{person.pk}/password/", form)
    assert answer.status_code == 302
    return client.get(page(person)).content.decode()


def decide(by, person, decision="confirm"):
    client = login_client(by)
    answer = client.post(f"/admin/auth/user/{person.pk}/access/", {decision: "1"})
    return client.get(page(person)).content.decode() if answer.status_code == 302 else answer


def groups_of(person) -> list[str]:
    return sorted(User.objects.get(pk=person.pk).groups.values_list("name", flat=True))


def may_publish(person) -> bool:
    return User.objects.get(pk=person.pk).has_perm("policy.publish")


def signs_in(person, password) -> bool:
    form = {"username": person.username, "password": password}
    return Client().post("/admin/login/", form).status_code == 302


def account_events():
    rows = AuditEvent.objects.filter(what="account").order_by("pk")
    return [(row.by and row.by.username, row.detail) for row in rows]


# Rights


@pytest.mark.parametrize("by", [administrator, superuser])
@pytest.mark.parametrize("group", ["Reviewer", "Administrator"])
def test_a_right_that_reviews_sleeps_until_a_second_account_confirms_it(by, group):
    ada, boss, other = make.user("ada", "Curator"), by(), administrator("other")
    told = put_into(boss, ada, "Curator", group)
    assert f"ada would join the group {group}" in told
    assert groups_of(ada) == ["Curator"]
    assert not may_publish(ada)
    assert "You asked for this. Somebody else must confirm it." in decide(boss, ada)
    assert groups_of(ada) == ["Curator"]
    assert "Confirm the change" in login_client(other).get(page(ada)).content.decode()
    assert "The change of ada has effect now." in decide(other, ada)
    assert groups_of(ada) == sorted(["Curator", group])
    assert not AccessRequest.objects.exists()
    asked = {"account": ada.pk, "name": "ada", "asked": {"groups": [group]}}
    confirmed = {"account": ada.pk, "name": "ada", "confirmed": {"groups": [group]}}
    confirmed |= {"asked_by": boss.pk}
    assert account_events() == [(boss.username, asked), ("other", confirmed)]
    assert list(audit.audit_faults()) == []


def test_administrators_cannot_make_themselves_reviewers():
    boss = administrator()
    put_into(boss, boss, "Administrator", "Reviewer")
    assert groups_of(boss) == ["Administrator"]
    assert "You asked for this." in decide(boss, boss)
    # somebody else asked: it is still one's own account
    other = administrator("other")
    put_into(other, boss, "Administrator", "Reviewer")
    assert "This is your own account." in decide(boss, boss)
    assert groups_of(boss) == ["Administrator"]


def test_an_account_that_sleeps_confirms_nothing():
    """One Administrator makes a second one, and confirms with it."""
    boss, puppet = administrator(), make.user("puppet", "Curator")
    put_into(boss, puppet, "Curator", "Administrator")
    ada = make.user("ada", "Curator")
    put_into(boss, ada, "Curator", "Reviewer")
    answer = login_client(puppet).post(f"/admin/auth/user/{ada.pk}/access/", {"confirm": "1"})
    assert answer.status_code == 403
    assert (may_publish(ada), groups_of(puppet)) == (False, ["Curator"])


def test_a_new_account_sleeps_like_an_old_one():
    root = superuser()
    client = login_client(root)
    sent = {"username": "new", "usable_password": "true"}
    sent |= {"password1": PASSWORD, "password2": PASSWORD}
    path = "/admin/auth/user/add/"
    assert client.post(path, get_form_data(client, path, **sent)).status_code == 302
    new = User.objects.get(username="new")
    put_into(root, new, "Reviewer", is_superuser="on")
    new.refresh_from_db()
    assert (groups_of(new), new.is_superuser, may_publish(new)) == ([], False, False)
    (request,) = AccessRequest.objects.all()
    assert access.describe(request) == {"groups": ["Reviewer"], "superuser": True}
    # whoever is no superuser cannot make one
    assert "Only an account that may give these rights" in access.reason_against(
        request, administrator()
    )
    decide(superuser("second"), new)
    new.refresh_from_db()
    assert (groups_of(new), new.is_superuser) == (["Reviewer"], True)


@pytest.mark.parametrize("codename", ["publish", "withdraw", "add_acceptance", "change_user"])
def test_a_permission_sleeps_like_a_group(codename):
    root, ada = superuser(), make.user("ada", "Curator")
    permission = Permission.objects.get(codename=codename)
    put_into(root, ada, "Curator", user_permissions=[permission.pk])
    assert not User.objects.get(pk=ada.pk).user_permissions.exists()
    decide(superuser("second"), ada)
    assert User.objects.get(pk=ada.pk).user_permissions.get() == permission


def test_rights_that_review_nothing_are_given_at_once():
    boss, ada = administrator(), make.user("ada")
    put_into(boss, ada, "Curator", "Auditor")
    assert groups_of(ada) == ["Auditor", "Curator"]
    put_into(boss, ada, "Auditor")
    assert groups_of(ada) == ["Auditor"]
    detail = {"account": ada.pk, "name": "ada"}
    assert account_events() == [
        ("boss", {**detail, "groups_added": ["Auditor", "Curator"]}),
        ("boss", {**detail, "groups_removed": ["Curator"]}),
    ]


def test_a_reviewer_stays_one_when_the_page_is_saved_and_leaves_at_once():
    boss, ada = administrator(), make.user("ada", "Reviewer")
    put_into(boss, ada, "Reviewer", first_name="Ada")
    assert (groups_of(ada), AccessRequest.objects.count()) == (["Reviewer"], 0)
    put_into(boss, ada)
    assert groups_of(ada) == []


def test_no_group_is_given_the_right_to_publish_in_the_admin():
    client, group = login_client(superuser()), Group.objects.get(name="Curator")
    path = f"/admin/auth/group/{group.pk}/change/"
    had = [*group.permissions.values_list("pk", flat=True)]
    more = Permission.objects.get(codename="publish").pk
    answer = client.post(path, get_form_data(client, path, permissions=[*had, more]))
    assert answer.status_code == 200
    assert "A group cannot be given these permissions here: Can publish a record" in (
        answer.content.decode()
    )
    assert set(group.permissions.values_list("pk", flat=True)) == set(had)
    # the group Reviewer, which has it, can still be saved
    reviewers = Group.objects.get(name="Reviewer")
    path = f"/admin/auth/group/{reviewers.pk}/change/"
    had = [*reviewers.permissions.values_list("pk", flat=True)]
    assert client.post(path, get_form_data(client, path, permissions=had)).status_code == 302


def test_a_request_is_refused_by_who_may_confirm_it_and_by_who_asked():
    boss, other, ada = administrator(), administrator("other"), make.user("ada", "Curator")
    for by in (boss, other):
        put_into(boss, ada, "Curator", "Reviewer")
        assert "The change of ada was refused." in decide(by, ada, "refuse")
        assert (AccessRequest.objects.count(), groups_of(ada)) == (0, ["Curator"])
    assert decide(other, ada).status_code == 404
    curator = make.user("carl", "Curator")
    put_into(boss, ada, "Curator", "Reviewer")
    assert decide(curator, ada, "refuse").status_code == 403
    assert AccessRequest.objects.count() == 1
    answer = login_client(other).get(f"/admin/auth/user/{ada.pk}/access/")
    assert answer.status_code == 403


@pytest.mark.parametrize("second", [("Curator", "Administrator"), ("Curator", "Reviewer")])
def test_nobody_confirms_what_they_asked_after_somebody_else_asked_for_more(second):
    ada, boss, other = make.user("ada", "Curator"), administrator(), administrator("other")
    put_into(boss, ada, "Curator", "Reviewer")
    put_into(other, ada, *second)
    (request,) = AccessRequest.objects.all()
    assert (request.asked_by, request.groups) == (other, [second[1]])
    refused = {"account": ada.pk, "name": "ada", "refused": {"groups": ["Reviewer"]}}
    assert ("other", refused) in account_events()
    decide(boss, ada)
    assert groups_of(ada) == sorted(second)
    assert not AccessRequest.objects.exists()


def test_a_password_that_waits_is_dropped_when_somebody_else_asks():
    ada, boss, other = make.user("ada", "Reviewer"), administrator(), administrator("other")
    ada.set_password(PASSWORD)
    ada.save()
    set_password(boss, ada, OTHER_PASSWORD)
    put_into(other, ada, "Reviewer", "Administrator")
    decide(boss, ada)
    assert groups_of(ada) == ["Administrator", "Reviewer"]
    assert (signs_in(ada, PASSWORD), signs_in(ada, OTHER_PASSWORD)) == (True, False)


# Passwords


@pytest.mark.parametrize("group", ["Reviewer", "Administrator"])
def test_a_password_that_somebody_else_sets_sleeps(group):
    boss, ada = administrator(), make.user("ada", group)
    ada.set_password(PASSWORD)
    ada.save()
    told = set_password(boss, ada, OTHER_PASSWORD)
    assert "Not done yet: ada would get a new password. This has no effect before" in told
    assert "Password changed successfully" not in told
    assert (signs_in(ada, PASSWORD), signs_in(ada, OTHER_PASSWORD)) == (True, False)
    decide(administrator("other"), ada)
    assert (signs_in(ada, PASSWORD), signs_in(ada, OTHER_PASSWORD)) == (False, True)
    assert [detail.get("password") for _, detail in account_events()] == [None, None]
    kept = str([row.detail for row in AuditEvent.objects.all()])
    assert PASSWORD not in kept and "argon2" not in kept  # noqa: PT018


def test_other_passwords_are_set_at_once_and_recorded():
    boss, ada = administrator(), make.user("ada", "Curator")
    assert "Password changed successfully." in set_password(boss, ada, PASSWORD)
    assert signs_in(ada, PASSWORD)
    client = login_client(User.objects.get(pk=ada.pk))
    form = {"old_password": PASSWORD}
    form |= {"new_password1": OTHER_PASSWORD, "new_password2": OTHER_PASSWORD}
    assert client.post("/admin/password_change/", form).status_code == 302
    detail = {"account": ada.pk, "name": "ada", "password": True}
    assert account_events() == [("boss", detail), ("ada", detail)]


def test_own_passwords_need_nobody():
    ada = make.user("ada", "Reviewer")
    ada.set_password(PASSWORD)
    ada.save()
    form = {"old_password": PASSWORD}
    form |= {"new_password1": OTHER_PASSWORD, "new_password2": OTHER_PASSWORD}
    client = Client()
    client.post("/admin/login/", {"username": "ada", "password": PASSWORD})
    assert client.post("/admin/password_change/", form).status_code == 302
    assert signs_in(ada, OTHER_PASSWORD)


# The machine


def command(*arguments) -> str:
    output = StringIO()
    call_command("confirm_account", *arguments, stdout=output)
    return output.getvalue().strip()


def test_the_operator_confirms_on_the_machine():
    boss, ada = administrator(), make.user("ada", "Curator")
    put_into(boss, ada, "Curator", "Reviewer")
    assert command("ada") == "Confirmed that ada would join the group Reviewer."
    assert may_publish(ada)
    put_into(boss, ada, "Curator", "Administrator")
    assert command("ada", "--refuse") == "Refused that ada would join the group Administrator."
    assert "Administrator" not in groups_of(ada)
    with pytest.raises(CommandError, match=r"^There is no account nobody\.$"):
        command("nobody")
    with pytest.raises(CommandError, match=r"^No change of ada waits to be confirmed\.$"):
        command("ada", "--refuse")


def test_accounts_made_on_the_machine_are_recorded(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", username="op", email="op@example.org", verbosity=0)
    person = User.objects.get(username="op")
    detail = {"account": person.pk, "name": "op"}
    assert account_events() == [(None, {**detail, "created": True, "superuser": True})]
    monkeypatch.setattr("getpass.getpass", lambda prompt="": OTHER_PASSWORD)
    call_command("changepassword", "op", stdout=StringIO())
    assert account_events()[-1] == (None, {**detail, "password": True})
    assert "example.org" not in str(account_events())


# One person with two accounts


def edited_by(person) -> Agency:
    row = make.agency("police")
    audit.record_edit(row, person)
    return row


def test_who_made_an_account_does_not_review_its_work():
    boss = make.user("boss", "Administrator", "Reviewer")
    client, path = login_client(boss), "/admin/auth/user/add/"
    sent = {"username": "puppet", "usable_password": "true"}
    sent |= {"password1": PASSWORD, "password2": PASSWORD}
    assert client.post(path, get_form_data(client, path, **sent)).status_code == 302
    puppet = User.objects.get(username="puppet")
    put_into(boss, puppet, "Curator")
    row = edited_by(puppet)
    with pytest.raises(PublishingError) as error:
        publish.publish([row], by=User.objects.get(pk=boss.pk))
    assert error.value.messages == [
        f"puppet was the last to edit {row}, and you made that account or set its password. "
        "Someone else must review it, or the operator runs manage.py confirm_account puppet."
    ]
    # a new password of one's own does not change whose account it is
    audit.write_audit_event("account", None, puppet, account=puppet.pk, password=True)
    with pytest.raises(PublishingError):
        publish.publish([row], by=User.objects.get(pk=boss.pk))
    assert command("puppet") == "puppet is confirmed as an account of a person of its own."
    assert len(publish.publish([row], by=User.objects.get(pk=boss.pk))) == 1


def test_who_knows_a_confirmed_password_does_not_review_the_work_of_its_account():
    boss = make.user("boss", "Administrator", "Reviewer")
    ada = make.user("ada", "Curator", "Reviewer")
    set_password(boss, ada, OTHER_PASSWORD)
    decide(administrator("other"), ada)
    row, boss = edited_by(ada), User.objects.get(pk=boss.pk)
    with pytest.raises(PublishingError, match="set its password"):
        publish.publish([row], by=boss)
    # the operator gives a password that only ada gets
    audit.write_audit_event("account", None, None, account=ada.pk, name="ada", password=True)
    assert len(publish.publish([row], by=boss)) == 1


def test_who_confirms_a_password_may_review_the_work_of_its_account():
    boss, ada = administrator(), make.user("ada", "Curator", "Reviewer")
    set_password(boss, ada, OTHER_PASSWORD)
    other = make.user("other", "Administrator", "Reviewer")
    decide(other, ada)
    row = edited_by(ada)
    assert len(publish.publish([row], by=User.objects.get(pk=other.pk))) == 1


def test_others_review_the_work_of_an_account():
    puppet = make.user("puppet", "Curator")
    audit.write_audit_event("account", None, administrator(), account=puppet.pk, created=True)
    assert len(publish.publish([edited_by(puppet)], by=make.reviewer())) == 1


def test_who_works_alone_says_so_also_with_two_accounts(settings):
    settings.SELF_REVIEW = True
    boss, puppet = make.reviewer(), make.user("puppet", "Curator")
    audit.write_audit_event("account", None, boss, account=puppet.pk, created=True)
    (revision,) = publish.publish([edited_by(puppet)], by=boss)
    assert revision.review == "self_reviewed"


def test_a_review_of_ones_own_work_is_found_in_the_history():
    row = edited_by(make.curator())
    publish.publish([row], by=make.reviewer())
    assert list(audit.audit_faults()) == []
    # the author publishes, and the columns hide it
    reviewer, curator = make.reviewer().pk, make.curator().pk
    tampered(
        f"UPDATE policy_revision SET edited_by_id = {reviewer}, published_by_id = {curator}",
        "policy_revision",
    )
    revision = Revision.objects.get()
    assert list(audit.audit_faults()) == [
        f"Revision 1 ({revision}) was reviewed by curator, its author."
    ]
